"""The words of a page's picture, read by the program tesseract where it is installed.

`find_engine` says which program and languages there are, `Engine.read` turns a picture into words
such as the text layer gives, each with a confidence. The program gets the picture through its
stdin and no path; it runs on one thread, in this process's group, and is killed when its time is up.
"""

from __future__ import annotations

import hashlib
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.extraction.quality import judge_page
from chna_toolkit.extraction.words import OcrWord, Style, Word
from chna_toolkit.model import PageStatus

if TYPE_CHECKING:  # to look for the program, PDFium need not be loaded
    from chna_toolkit.extraction.pdfium import Pdf
    from chna_toolkit.extraction.rendering import Picture

PROGRAM = "tesseract"
DEFAULT_LANGUAGE = "eng"
DPI = 300
MAX_PAGES = 1_000  # read by OCR in one document
PAGE_SECONDS = 60.0  # for one look at a page; a dense one takes six
PAGE_LOOKS = 3  # at most: as it is, which way is up, turned
GIVE_UP = 3  # pages in a row that failed: the rest of the document would too
INSTALL = "Install tesseract (on Debian or Ubuntu, apt install tesseract-ocr; on macOS, brew install tesseract)"
BETTER = "Look at the pages: if there is text on them, ask the publisher for a better copy."
NOTHING_READ, NOTHING_READ_HINT = "Its pages are pictures in which OCR found no word.", BETTER

_SPECK = 0.3  # confidence below which a token of one or two characters, or of very many, is dirt
_LONGEST = 25  # letters of a word; longer ones of such confidence are smears
_SPARSE = 40  # a picture with fewer words and hardly a sure one holds no text
_FEW = 10  # words that a picture may seem to hold and not be text
_UPRIGHT = 0.6  # below it, the page may stand on its side
_UNSURE = 0.5  # confidence of half of a page's words: below it, it is not read but guessed
_TURN_SURE = 5.0  # what tesseract thinks of the direction it found: of a page of text, 20
_RULINGS = frozenset("|_—–-=~'`´‘’.,:;\\/")
_BULLETS = frozenset("e¢°®©«»*+")  # what a bullet looks like to the program
_LEADER = re.compile(r"\.{4,}.*")
_LANGUAGE = re.compile(r"[A-Za-z][\w/]*")
_ASCENDING = re.compile(r"[A-Z0-9bdfhklt!?%&$#@ÁÉÍÓÚÑ]")
_DESCENDING = re.compile(r"[gjpqyQ,;()\[\]{}$@ç]")
# Height of a word's box in em, by whether a letter ascends and one descends; above the baseline alone.
_HEIGHTS = {(False, False): 0.49, (True, False): 0.70, (False, True): 0.70, (True, True): 0.91}
_SAME_SIZE = 1.12  # times the smallest of a group
_DESCENT = 0.21  # em below the baseline; with what the heights leave out, a line is 1.2 em as in PDFium's boxes
_ASCENT = 0.95


class OcrError(Exception):
    """OCR is not to be had, or failed on a page; the text says why, `hint` what to do."""

    def __init__(self, reason: str, hint: str = "", *, is_missing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.is_missing = is_missing  # the program is not there at all


@dataclass(frozen=True, slots=True)
class Engine:
    """A program that can read pictures in some languages. Small: it travels to the workers."""

    program: str  # path
    version: str  # such as "5.3.0"
    languages: str  # such as "eng+spa"
    models: str = ""  # hash of the languages' data, which decide the text as the program does

    @property
    def key(self) -> str:
        """What decides the words besides the picture; part of the cache key."""
        return f"tesseract {self.version} {self.languages} {self.models} {DPI} dpi"

    def read(self, picture: Picture, seconds: float = PAGE_SECONDS) -> list[OcrWord]:
        """Words in reading order, boxes in points from the top left. Raises `OcrError`."""
        output = self._ask(picture, seconds, "-l", self.languages, "--psm", "3", "tsv")
        return words_of_tsv(output, picture.scale)

    def turn(self, picture: Picture, seconds: float = PAGE_SECONDS) -> int:
        """By how many quarters to turn the picture clockwise for its text to stand upright; 0 if nobody knows."""
        try:
            output = self._ask(picture, seconds, "--psm", "0")
        except OcrError:  # too few letters, or its data for this is not installed
            return 0
        said = dict(line.split(": ", 1) for line in output.splitlines() if ": " in line)
        degrees, sure = said.get("Rotate", ""), said.get("Orientation confidence", "")
        if not degrees.isdecimal() or not re.fullmatch(r"\d+\.?\d*", sure) or float(sure) < _TURN_SURE:
            return 0
        return int(degrees) // 90 % 4

    def _ask(self, picture: Picture, seconds: float, *arguments: str) -> str:
        header = f"P5 {picture.width} {picture.height} 255\n".encode()
        command = [self.program, "-", "-", "--dpi", str(round(picture.scale * 72)), *arguments]
        return _run(command, header + picture.grey, seconds).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Ocr:
    """Which pages are read by OCR, and by what: those without a usable text layer, or `always`."""

    engine: Engine
    always: bool = False

    @property
    def key(self) -> str:
        """What decides the words besides the file; part of the cache key."""
        return f"{'force' if self.always else 'auto'} {self.engine.key}"


def find_engine(languages: str = DEFAULT_LANGUAGE) -> Engine:
    """The installed program, able to read all `languages` (joined by `+`). Raises `OcrError`."""
    program = shutil.which(PROGRAM)
    if not program:
        raise OcrError("tesseract is not installed", f"{INSTALL}.", is_missing=True)
    folder, known = installed_languages(program)
    wanted = languages.split("+")
    missing = [name for name in wanted if name not in known]
    if missing:
        packages = " ".join(f"tesseract-ocr-{name.replace('_', '-').lower()}" for name in missing)
        raise OcrError(
            f"tesseract has no data for the language {', '.join(missing)}; it knows {', '.join(known) or 'none'}",
            f"Install it (on Debian or Ubuntu, apt install {packages}), or name another with --ocr-language.",
        )
    return Engine(program, program_version(program), languages, _hash_of(folder, wanted))


def is_language(text: str) -> bool:
    """Whether a text can name languages: codes of letters, joined by `+`."""
    return all(_LANGUAGE.fullmatch(name) for name in text.split("+"))


def program_version(program: str) -> str:
    """Version of the program at this path. Raises `OcrError` if it does not run."""
    first = _run([program, "--version"], b"", 20.0, both=True).decode("utf-8", "replace").partition("\n")[0]
    return first.removeprefix(PROGRAM).strip() or "unknown"


def installed_languages(program: str) -> tuple[Path | None, tuple[str, ...]]:
    """Folder of the language data, if the program tells it, and the languages. Raises `OcrError`."""
    head, *names = _run([program, "--list-langs"], b"", 20.0, both=True).decode("utf-8", "replace").splitlines() or [""]
    folder = re.search(r'"(.+)"', head)
    return Path(folder[1]) if folder else None, tuple(sorted(name.strip() for name in names if name.strip() != "osd"))


def _hash_of(folder: Path | None, languages: Iterable[str]) -> str:
    """Eight hexadecimal digits of the languages' data; "" where it cannot be found."""
    digest = hashlib.sha256()
    try:
        for name in languages if folder else ():
            with (Path(folder or "") / f"{name}.traineddata").open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    except OSError:
        return ""
    return digest.hexdigest()[:8] if folder else ""


def _run(command: Sequence[str], data: bytes, seconds: float, both: bool = False) -> bytes:
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # worker processes already fill the machine
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=seconds, check=False, env=environment)
    except subprocess.TimeoutExpired:
        raise OcrError(f"tesseract was not finished after {seconds:g} seconds") from None
    except OSError as error:
        raise OcrError(f"tesseract does not run: {error.strerror or error}", f"{INSTALL} again.") from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = f": {said[-1][:200]}" if said else ""
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
        raise OcrError(f"tesseract failed with {how}{why}", "Run `chna doctor`.")
    return done.stdout + done.stderr if both else done.stdout


def words_of_tsv(text: str, scale: float) -> list[OcrWord]:
    """Words of tesseract's table; `scale` is pixels per point. Rows that make no sense are left out."""
    rows: list[tuple[tuple[str, ...], OcrWord]] = []
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) < 12 or fields[0] != "5":
            continue
        try:
            left, top, width, height, sure = (float(field) for field in fields[6:11])
        except ValueError:
            continue
        if not all(map(math.isfinite, (left, top, width, height, sure))):
            continue
        token = "".join(c for c in " ".join(fields[11:]).strip() if c.isprintable())
        token, confidence = _leader_cut(token, min(1.0, max(0.0, sure / 100)))
        if token and width >= 1 and height >= 1 and not _is_dirt(token, confidence):
            place = left / scale, top / scale, (left + width) / scale, (top + height) / scale
            rows.append((tuple(fields[1:5]), OcrWord(token, *place, confidence)))
    lines = [[word for _, word in group] for _, group in groupby(rows, key=lambda row: row[0])]
    _straighten(lines)
    for words in lines:
        _set_line(words)
    words = [word for line in lines for word in line]
    for order, word in enumerate(words):
        word.order = order
    return words


def _leader_cut(token: str, confidence: float) -> tuple[str, float]:
    """Dots that lead to a page number, of which the program makes letters: five dots, and sure."""
    dots = _LEADER.search(token)
    if not dots:
        return token, confidence
    return f"{token[: dots.start()]}.....", confidence if dots.start() else 1.0


def _is_dirt(token: str, confidence: float) -> bool:
    """Rulings, specks and smears that were taken for letters."""
    if token.strip("|_") == "" or (len(token) > 1 and set(token) <= _RULINGS and token not in ("--", "...", ".....")):
        return True
    is_odd = not 2 < len(token) < _LONGEST or not any(c.isalnum() for c in token)
    return confidence < _SPECK and is_odd


def _straighten(lines: Sequence[Sequence[Word]]) -> None:
    """Undo the tilt of the paper: shift words up or down so that lines are level."""
    slopes = []
    for words in lines:
        flat = [word for word in words if not _DESCENDING.search(word.text)]
        if len(flat) > 4 and flat[-1].x0 - flat[0].x0 > 100:
            slopes.append((flat[-1].bottom - flat[0].bottom) / (flat[-1].x1 - flat[0].x1))
    slope = statistics.median(slopes) if slopes else 0.0
    if not 0.001 < abs(slope) < 0.1:
        return
    edges = [edge for words in lines for word in words for edge in (word.x0, word.x1)]
    middle = (min(edges) + max(edges)) / 2
    for words in lines:
        for word in words:
            shift = slope * ((word.x0 + word.x1) / 2 - middle)
            word.top, word.bottom = max(0.0, word.top - shift), max(0.1, word.bottom - shift)


def _set_line(words: list[OcrWord]) -> None:
    """Give the words of a line one height and size, as a font's would be, and its bullet its form.

    The program draws boxes tightly round the ink: that of `area` is lower than that of `depth`.
    """
    sizes, feet = [], []
    for word in words:
        ascends, descends = bool(_ASCENDING.search(word.text)), bool(_DESCENDING.search(word.text))
        if any(c.isalnum() for c in word.text):
            size = word.height / _HEIGHTS[ascends, descends]
            sizes += [size] * len(word.text)
            feet += [word.bottom - (_DESCENT * size if descends else 0.0)] * len(word.text)
    if not sizes:
        return
    size, foot = statistics.median(sizes), statistics.median(feet)
    style = Style(round(size, 1), False, False, 0)
    for word in words:
        word.style = style
        word.top, word.bottom = foot - _ASCENT * size, foot + (1.2 - _ASCENT) * size
    if len(words) > 1 and words[0].text in _BULLETS and any(c.isalpha() for c in words[1].text):
        words[0].text = "•"


def settle_sizes(pages: Iterable[Sequence[Word]]) -> None:
    """Make sizes that differ by measurement alone one size, over all pages read by OCR."""
    words = [word for page in pages for word in page]
    weights: dict[float, int] = {}
    for word in words:
        weights[word.style.size] = weights.get(word.style.size, 0) + len(word.text)
    if not weights:
        return
    body = statistics.median(size for size, weight in weights.items() for _ in range(weight))
    styles: dict[float, Style] = {}
    group: list[float] = []
    for size in [*sorted(weights), math.inf]:
        if 0.87 * body < size < 1.13 * body:
            styles[size] = Style(round(body * 2) / 2, False, False, 0)
            continue
        if group and size > _SAME_SIZE * group[0]:
            settled = Style(round(statistics.median(group) * 2) / 2, False, False, 0)
            styles.update(dict.fromkeys(group, settled))
            group = []
        group.append(size)
    for word in words:
        word.style = styles.get(word.style.size, word.style)


class PictureReader:
    """The reading of one document's pictures: how often, and why it failed.

    `seconds` is what the last page cost in other processes, and `turn` by how many quarters it was
    turned clockwise for its words to stand upright: on the page so turned are their boxes.
    """

    def __init__(self, pdf: Pdf, engine: Engine) -> None:
        self._pdf, self._engine = pdf, engine
        self._tried = self._failed = self._unclear = self._in_a_row = 0
        self._why = ""
        self.hint = ""
        self.seconds = 0.0
        self.turn = 0
        self.warnings: set[str] = set()

    def words(self, number: int) -> list[OcrWord] | None:
        """Words of a page, counting from 1; None if they could not be read."""
        self.seconds, self.turn = 0.0, 0
        if self._in_a_row >= GIVE_UP or self._tried >= MAX_PAGES:
            self.warnings.add("ocr_pages_skipped")
            return None
        self._tried += 1
        before = _child_seconds()
        try:
            words = self._read(number)
        except (OcrError, RuntimeError) as error:  # RuntimeError: PDFium's own
            self._fail(error)
            return None
        finally:
            self.seconds = _child_seconds() - before
        self._in_a_row = 0
        sure = words
        if len(words) < _SPARSE:  # a photograph or a cover: what is not sure is its pattern
            sure = [word for word in words if word.confidence >= _UNSURE]
        if _is_guessed(words, sure):
            self._unclear += 1
            self.hint = self.hint or BETTER
            self.warnings.add("ocr_unclear")
            return None
        return sure

    def _read(self, number: int) -> list[OcrWord]:
        """Words of a page, turned if it stands on its side or head."""
        engine, picture = _here(self._engine), self._pdf.picture(number, DPI)
        words = engine.read(picture)
        if not is_upright(words) and (turn := engine.turn(picture)):
            again = engine.read(self._pdf.picture(number, DPI, turn))
            if is_upright(again):
                self.turn = turn
                return again
        return words

    def _fail(self, error: Exception) -> None:
        self._failed += 1
        self._in_a_row += 1
        self.warnings.add("ocr_failed")
        if not self._why:
            self._why = error.reason if isinstance(error, OcrError) else f"it could not be drawn ({error})"
            self.hint = getattr(error, "hint", "") or "Run `chna doctor`, and the same command again."

    @property
    def failures(self) -> str:
        """What went wrong, in a sentence; "" if nothing did."""
        parts = []
        if self._failed:
            parts.append(f"OCR failed on {self._failed} of {self._tried} pages: {self._why}.")
        if self._unclear:
            parts.append(f"OCR could make no sense of {self._unclear} of {self._tried} pages.")
        return " ".join(parts)


def is_upright(words: Sequence[OcrWord]) -> bool:
    """Whether words are read with some certainty, and along the lines rather than up or down the page."""
    long = [word for word in words if len(word.text) > 3]
    tall = sum(word.bottom - word.top > word.x1 - word.x0 for word in long)
    return not long or (tall < 0.5 * len(long) and _usual_confidence(words) >= _UPRIGHT)


def _usual_confidence(words: Sequence[OcrWord]) -> float:
    return statistics.median(word.confidence for word in words)


def _is_guessed(words: Sequence[OcrWord], sure: Sequence[OcrWord]) -> bool:
    """Whether a page was not read but guessed: nobody can say what stands on it."""
    doubtful = len(words) - len(sure)
    if doubtful > _FEW and doubtful > len(sure):
        return True
    text = " ".join(word.text for word in sure)
    is_garbage = judge_page(text, len(text), 0.0) is PageStatus.GARBAGE
    return bool(sure) and (is_garbage or _usual_confidence(sure) < _UNSURE)


@lru_cache(maxsize=1)
def _here(engine: Engine) -> Engine:
    """The same engine on this machine, which may be another than that of the scan. Raises `OcrError`."""
    found = engine if Path(engine.program).exists() else find_engine(engine.languages)
    if found.key != engine.key:
        raise OcrError(f"this machine has {found.key}, not {engine.key}", "Install the same one on all machines.")
    return found


def _child_seconds() -> float:
    """CPU seconds of ended child processes (on Windows, which does not tell, the time on the clock)."""
    spent = os.times()
    return spent.elapsed if sys.platform == "win32" else spent.children_user + spent.children_system
