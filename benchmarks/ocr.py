"""What OCR loses: scans against the digital documents they were made from.

usage: python benchmarks/ocr.py [--sample] [--dpi N] [--scan DIGITAL=SCAN.pdf ...] [DIGITAL ...]
       where DIGITAL is NAME.pdf or NAME.pdf:FIRST-LAST

Every digital document (or its pages FIRST to LAST) is compared with the scan named, or else with
one made as an office copier does of its pages with 100 words and more: grey pictures at --dpi
(150), a little askew and soft, JPEG.
Both are read as `chna scan` reads them and tagged. Printed are

    accuracy     1 - edits / characters, page by page, over the text the scan reads from the page
                 (letters, digits and signs in reading order; white space and forms of quotes apart)
    words        words of the digital page that are among those of the scanned one, each once
    mentions     counted mentions of the digital text that are found again: same lesson, same
                 assertion, in a passage that is nearly the same (0.9); and those only the scan has
    statuses     of 15 lessons, how many are the same
    cost         processor seconds a page, those of tesseract among them

and how like the digital page passages of five words and more are, by their confidence: on that
`setting_aside.DOUBTFUL` rests. Labels in charts that are pictures count as wrong, though they are not.
"""

from __future__ import annotations

import argparse
import io
import re
import statistics
import sys
import tempfile
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2
from PIL import Image, ImageFilter
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from chna_toolkit.extraction import ExtractionSettings, read_document
from chna_toolkit.extraction.ocr import Ocr, find_engine
from chna_toolkit.extraction.watch import Watch
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Document, Mention, PageStatus
from chna_toolkit.scoring import score
from chna_toolkit.tagging import Tagger

SKEW = (0.35, -0.2, 0.15, -0.45, 0.1, 0.3, -0.3, 0.2)  # degrees, page after page
WORDS = 100
SAMPLE = Path(__file__).parent.parent / "sample_reports" / "dunmere-community-hospital-chna-2022-scanned.pdf"
BINS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.01)


@dataclass
class Sums:
    """What is added up over documents."""

    pages: int = 0
    seconds: float = 0.0
    characters: int = 0
    edits: int = 0
    words: int = 0
    words_found: int = 0
    mentions: int = 0
    mentions_found: int = 0
    mentions_new: int = 0
    doubtful: int = 0
    statuses: int = 0
    documents: int = 0
    by_confidence: dict[float, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Sums) -> None:
        for name, value in vars(other).items():
            if name != "by_confidence":
                setattr(self, name, getattr(self, name) + value)
        for top, values in other.by_confidence.items():
            self.by_confidence[top] += values

    def line(self, name: str) -> str:
        return (
            f"{name[:44]:<44} {self.pages:>5} {1 - self.edits / max(1, self.characters):>8.4f} "
            f"{self.words_found / max(1, self.words):>6.3f} {self.mentions_found:>5}/{self.mentions:<5} "
            f"{self.mentions_new:>4} {self.doubtful:>4} {self.statuses:>4}/{15 * self.documents:<4} "
            f"{self.seconds / max(1, self.pages):>6.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--dpi", type=int, default=150)
    parser.add_argument("--scan", action="append", default=[], metavar="DIGITAL=SCAN")
    parser.add_argument("--sample", action="store_true", help="the sample document that is a scan")
    parser.add_argument("digital", nargs="*")
    arguments = parser.parse_args()
    engine, tagger = find_engine(), Tagger(load_lexicon())
    if arguments.sample:
        arguments.scan.append(f"{sample_twin(Path(tempfile.mkdtemp()))}={SAMPLE}")
    pairs = [tuple(pair.split("=")) for pair in arguments.scan] + [(one, "") for one in arguments.digital]
    print(f"{engine.key}; made scans at {arguments.dpi} dpi")
    print(f"{'document':<44} pages accuracy  words   mentions  new  set  statuses   cost")
    total = Sums()
    for digital, scan in pairs:
        with tempfile.TemporaryDirectory() as folder:
            truth = cut(digital, Path(folder), 0 if scan else WORDS)
            copied = Path(scan) if scan else copy(truth, Path(folder) / "scan.pdf", arguments.dpi)
            sums = compare(truth, copied, Ocr(engine), tagger)
        total.add(sums)
        print(sums.line(Path(scan or digital).name), flush=True)
    print(total.line("all"))
    print("\nconfidence of a passage   passages   its accuracy (mean, lowest tenth)")
    for low, top in zip((0.0, *BINS), BINS, strict=False):
        values = sorted(total.by_confidence[top])
        if values:
            print(f"{low:>8.1f} to {min(1.0, top):.1f} {len(values):>17} {statistics.fmean(values):>14.3f} ", end="")
            print(f"{values[len(values) // 10]:>8.3f}")


def sample_twin(folder: Path) -> Path:
    """The scanned sample document as it was before it went through the copier."""
    sys.path.insert(0, str(SAMPLE.parent))
    import make

    path = folder / "digital.pdf"
    make.register_fonts()
    make.rasterise = lambda pdf, out: (path.write_bytes(pdf), out.write_bytes(pdf))
    make.make_document(make.read_source(SAMPLE.parent / "sources" / f"{SAMPLE.stem}.md"), make.read_hyphens())
    return path


def cut(digital: str, folder: Path, words: int) -> Path:
    """The pages that `name.pdf:FIRST-LAST` names and that have so many words, as a PDF of their own."""
    name, _, span = digital.rpartition(":") if re.search(r":\d+-\d+$", digital) else (digital, "", "")
    source, target = pypdfium2.PdfDocument(name), pypdfium2.PdfDocument.new()
    first, last = map(int, span.split("-")) if span else (1, len(source))
    texts = {page: source[page].get_textpage().get_text_range() for page in range(first - 1, min(last, len(source)))}
    target.import_pages(source, [page for page, text in texts.items() if len(text.split()) >= words])
    path = folder / "digital.pdf"
    target.save(path)
    return path


def copy(digital: Path, path: Path, dpi: int) -> Path:
    """What an office copier makes of a document."""
    pictures = []
    document = pypdfium2.PdfDocument(digital)
    for number, page in enumerate(document):
        picture = page.render(scale=dpi / 72).to_pil().convert("L")
        skewed = picture.rotate(SKEW[number % len(SKEW)], Image.Resampling.BICUBIC, fillcolor=255)
        soft = skewed.filter(ImageFilter.GaussianBlur(0.4)).point(lambda grey: 18 + grey * 228 // 255)
        jpeg = io.BytesIO()
        soft.save(jpeg, "JPEG", quality=50)
        pictures.append(Image.open(jpeg))
    pictures[0].save(path, save_all=True, append_images=pictures[1:], resolution=dpi)
    return path


def compare(digital: Path, scan: Path, ocr: Ocr, tagger: Tagger) -> Sums:
    watch = Watch()
    truth, found = read_document(digital), read_document(scan, ExtractionSettings(ocr=ocr), watch)
    sums = Sums(documents=1, seconds=watch.costs.get("ocr", 0.0))
    for page, other in zip(truth.pages, found.pages, strict=True):
        if other.status is PageStatus.OCR:
            _compare_pages(page.text, other.text, sums)
    _compare_passages(truth, found, sums)
    _compare_mentions(truth, found, tagger, sums)
    return sums


def _compare_pages(text: str, other: str, sums: Sums) -> None:
    text, other = plain(text), plain(other)
    sums.pages += 1
    sums.characters += len(text)
    sums.edits += min(len(text), Levenshtein.distance(text, other))
    words, others = Counter(text.casefold().split()), Counter(other.casefold().split())
    sums.words += words.total()
    sums.words_found += (words & others).total()


def _compare_passages(truth: Document, found: Document, sums: Sums) -> None:
    texts = {page.number: plain(page.text) for page in truth.pages}
    for passage in found.passages:
        if passage.ocr_confidence is not None and len(passage.text.split()) > 4:
            likeness = fuzz.partial_ratio(plain(passage.text), texts[passage.page]) / 100
            sums.by_confidence[next(top for top in BINS if passage.ocr_confidence < top)].append(likeness)


def _compare_mentions(truth: Document, found: Document, tagger: Tagger, sums: Sums) -> None:
    lessons = [f"L{number:02}" for number in range(1, 16)]
    before, after = tagger.tag(truth), tagger.tag(found)
    old, new = _counted(truth, before), _counted(found, after)
    sums.mentions += len(old)
    sums.mentions_found += sum(any(_same(one, other) for other in new) for one in old)
    sums.mentions_new += sum(not any(_same(one, other) for other in old) for one in new)
    sums.doubtful += sum(mention.set_aside.startswith("ocr:") for mention in after)
    results = zip(score(truth, before, lessons), score(found, after, lessons), strict=True)
    sums.statuses += sum(one.status is other.status for one, other in results)


def _counted(document: Document, mentions: list[Mention]) -> set[tuple[str, str, int, str]]:
    """Lesson, assertion, page and text of the passages with counted mentions."""
    passages = [(mention, document.passages[mention.passage]) for mention in mentions if mention.counted]
    return {(one.lesson, str(one.assertion), passage.page, plain(passage.text)) for one, passage in passages}


def _same(one: tuple[str, str, int, str], other: tuple[str, str, int, str]) -> bool:
    near = abs(one[2] - other[2]) < 2
    return one[:2] == other[:2] and near and fuzz.partial_ratio(one[3], other[3], score_cutoff=90) > 0


def plain(text: str) -> str:
    """The text with one form of each quote and dash, ligatures as letters, and single spaces."""
    text = unicodedata.normalize("NFKC", text).translate(str.maketrans("‘’“”–—‑•", "''\"\"---•"))
    return " ".join(text.split())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
