"""Invented hospitals and documents, built from text: what the tests of results and reports share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from chna_toolkit.lexicon.model import Example, Lesson, Lexicon, Origin, Rule
from chna_toolkit.lexicon.phrases import Speller
from chna_toolkit.model import (
    Assertion,
    Assessed,
    Document,
    DocumentStatus,
    Identity,
    Kind,
    Mention,
    Page,
    PageStatus,
    Passage,
)
from chna_toolkit.results.run import InputFile, Manifest, Run, Setting
from chna_toolkit.results.summary import closing_sentence, count
from chna_toolkit.results.tables import Failure, build_tables
from chna_toolkit.scoring import DEFAULT_THRESHOLDS, score

TITLES = (
    ("enterprise-strategy", "Embed community collaboration into enterprise strategy"),
    ("internal-alignment", "Secure internal alignment and buy-in"),
    ("community-priorities", "Begin with community priorities"),
    ("co-design", "Design interventions with communities"),
    ("know-your-role", "Know your role"),
    ("close-to-home", "Keep things as close as possible"),
    ("transparency", "Be transparent"),
    ("community-members-on-teams", "Embed community members into hospital teams"),
    ("clear-owners", "Assign clear owners"),
    ("formal-agreements", "Formalize expectations"),
    ("partner-limitations", "Plan for partner limitations"),
    ("quality-improvement", "Apply quality improvement methods"),
    ("train-partners", "Train community partners"),
    ("data-infrastructure", "Build dedicated data infrastructure"),
    ("long-haul", "Design for the long haul"),
)
LESSONS = tuple(f"L{number:02}" for number in range(1, len(TITLES) + 1))

# A sentence that bears each lesson, the words that show it, and the same as a plan.
PRACTICE = (
    ("The board's strategic plan names community health as one of its four pillars.", "strategic plan"),
    ("A cross-department steering group has met each month since spring.", "cross-department steering group"),
    ("Twelve focus groups with residents decided the order of the needs.", "focus groups with residents"),
    ("Parents and staff designed the asthma visits together.", "designed the asthma visits together"),
    ("Housing is not addressed, because the county housing trust leads on it.", "not addressed"),
    ("The mobile clinic stops at six schools each week.", "mobile clinic"),
    ("Results were presented at a public meeting in the library.", "public meeting"),
    ("Three residents hold paid seats on the advisory council.", "hold paid seats"),
    ("Lead: Harbor Family Center, contact named in Appendix B.", "Lead: Harbor Family Center"),
    ("A memorandum of understanding with the food bank is in force.", "memorandum of understanding"),
    ("Reports were shortened, because partners lost staff.", "partners lost staff"),
    ("Two PDSA cycles changed how families are called back.", "PDSA cycles"),
    ("School nurses were trained as asthma coaches.", "trained as asthma coaches"),
    ("A shared dashboard tracks referrals across the four partners.", "shared dashboard"),
    ("The endowment pays for the programme until 2040.", "endowment pays"),
)
FILLER = "The county has a river, two bridges and a long winter that everybody there speaks about. "


@dataclass
class Writer:
    """Writes one document page by page and remembers its mentions."""

    pages: list[Page] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    section: tuple[str, ...] = ()
    _texts: list[str] = field(default_factory=list)

    def say(self, text: str, kind: Kind = Kind.PARAGRAPH, row: str = "", column: str = "") -> Writer:
        """Add a passage to the current page."""
        if not self._texts:
            self.turn()
        page = len(self._texts)
        before = self._texts[-1]
        start = len(before) + 1 if before else 0
        self._texts[-1] = f"{before}\n{text}" if before else text
        top = 72.0 + 14 * len(self.passages) % 600
        self.passages.append(
            Passage(
                index=len(self.passages),
                page=page,
                page_label=str(page),
                kind=kind,
                text=text,
                start=start,
                end=start + len(text),
                box=(72.0, top, 540.25, top + 12),
                section=self.section,
                row_header=row,
                column_header=column,
            )
        )
        return self

    def bears(
        self,
        lesson: str,
        words: str,
        assertion: Assertion = Assertion.PRACTICE,
        confidence: float = 0.8,
        set_aside: str = "",
        rule: str = "",
        cue: str = "",
    ) -> Writer:
        """Mark words of the last passage as a mention."""
        passage = self.passages[-1]
        start = passage.text.index(words)
        span = (start, start + len(words))
        self.mentions.append(
            Mention(
                lesson=lesson,
                rule=rule or f"{lesson}.{words.split()[0].casefold().strip(':')}",
                passage=passage.index,
                start=span[0],
                end=span[1],
                parts=(span,),
                assertion=assertion,
                confidence=confidence,
                counted=not set_aside,
                set_aside=set_aside,
                cue=cue,
            )
        )
        return self

    def shows(self, *numbers: int) -> Writer:
        """Add the practice sentences of these lessons, one a page."""
        for number in numbers:
            text, words = PRACTICE[number - 1]
            self.turn().fill().say(text).bears(LESSONS[number - 1], words)
        return self

    def plans(self, *numbers: int) -> Writer:
        """Add sentences that plan these lessons."""
        self.turn()
        for number in numbers:
            words = PRACTICE[number - 1][1]
            text = f"By 2027 the hospital will see to this: {words}."
            self.say(text, Kind.LIST_ITEM).bears(LESSONS[number - 1], words, Assertion.PLAN, 0.7, cue="will")
        return self

    def fill(self, sentences: int = 20) -> Writer:
        """Add words that bear nothing."""
        for number in range(sentences):
            self.say(f"{FILLER}({len(self.pages)}.{len(self._texts)}.{number})")
        return self

    def turn(self) -> Writer:
        """Begin a new page."""
        self._texts.append("")
        return self

    def under(self, *section: str) -> Writer:
        """Set the headings of what follows."""
        self.section = section
        return self

    def done(
        self,
        file: str,
        *identities: Identity,
        status: DocumentStatus = DocumentStatus.OK,
        reason: str = "",
        hint: str = "",
        unread: int = 0,
        ocr: float | None = None,
        lessons: Sequence[str] = LESSONS,
        content: str = "",
        metadata: dict[str, str] | None = None,
    ) -> Assessed:
        """Close the document; `unread` more pages are pictures; `ocr`: with what confidence the others were read."""
        state = PageStatus.OK if ocr is None else PageStatus.OCR
        pages = [
            Page(number, str(number), 612, 792, state, text, len(text.split()), ocr_confidence=ocr)
            for number, text in enumerate(self._texts, 1)
        ]
        passages = [replace(passage, ocr_confidence=ocr) for passage in self.passages]
        for _ in range(unread):
            pages.append(Page(len(pages) + 1, "", 612, 792, PageStatus.IMAGE_ONLY, "", 0))
        document = Document(
            sha256=hashlib.sha256((content or file).encode("utf-8", "surrogateescape")).hexdigest(),
            status=status,
            reason=reason,
            hint=hint,
            pages=tuple(pages),
            passages=tuple(passages),
            metadata=metadata or {},
        )
        mentions = tuple(self.mentions)
        results = score(document, mentions, lessons)
        return Assessed(file, 4096, document, mentions, results, identities or (Identity(""),))


def write() -> Writer:
    """Begin a document."""
    return Writer()


def lexicon(lessons: Sequence[str] = LESSONS) -> Lexicon:
    """Return a small lexicon with a codebook entry and two rules for each lesson."""
    origin = Origin(Path("lexicons/made-up.toml"), 1)
    return Lexicon(
        name="made-up",
        version="2026.1",
        hash=hashlib.sha256(b"made-up").hexdigest(),
        lessons=tuple(_lesson(lesson, origin) for lesson in lessons),
        classes={},
        exclusions=(),
        cues=(),
        path=Path("lexicons"),
        speller=Speller({}),
    )


def _lesson(lesson: str, origin: Origin) -> Lesson:
    number = int(lesson[1:])
    slug, title = TITLES[number - 1]
    text, words = PRACTICE[number - 1]
    return Lesson(
        id=lesson,
        number=number,
        slug=slug,
        title=title,
        brief=f"What it takes to {title[0].lower()}{title[1:]}.",
        definition=f"The organisation sees to it: {title.lower()}, and can point at how it does so.",
        code_when="Code a sentence that says who does it, with whom, and since when.",
        do_not_code_when="Do not code a mission statement or a bare list of names.",
        recommendation="Name one person who answers for it, and write down what is expected by when.",
        rules=tuple(Rule(f"{lesson}.r{n}", lesson, ((words,),), origin) for n in (1, 2)),
        exclusions=(),
        examples=(
            Example(text.replace(words, f"[[{words}]]"), "match", lesson, origin),
            Example("A history of the building fills the last page.", "no_match", lesson, origin),
        ),
    )


def harbor() -> Identity:
    """A hospital that everything is known of, with leading zeros."""
    return Identity(
        "Harbor Point Children's Hospital", "05001F", "012345678", "Tidewater Health", "CA", 2024, "chna",
        "hospitals_csv",
    )  # fmt: skip


def sample_assessed() -> list[Assessed]:
    """Ten documents of nine hospitals with all that can happen to them."""
    pine = Identity("Pine County Medical Center", year=2022, source="guess", document_type="chna")
    stone = Identity("Stonebridge General", "330044", "", "Stonebridge", "NY", 2019, "chna", "hospitals_csv")
    later = Identity("Stonebridge General", "330044", "", "Stonebridge", "NY", 2025, "chna", "hospitals_csv")
    east = Identity("Two Rivers East", "110001", "", "Two Rivers", "GA", 2023, "joint_chna", "hospitals_csv")
    west = Identity("Two Rivers West", "110002", "", "Two Rivers", "GA", 2023, "joint_chna", "hospitals_csv")
    rich = (
        write().under("Our work", "Partners").shows(1, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14)
        .under("Action plan").plans(2, 15)
        .say("Owner: Harbor Family Center", Kind.TABLE_CELL, "Expand visits", "Responsible")
        .bears("L09", "Owner: Harbor Family Center", confidence=0.9, rule="L09.owner-cell")
        .say("Partners told us that short grants hinder them: there is no bridge money.")
        .bears("L11", "no bridge money", Assertion.LACK, 0.7, cue="no")
        .say("The hospital accepts contracts with all payers.")
        .bears("L10", "contracts", set_aside="excluded: L10.x.payer", confidence=0.6)
    )  # fmt: skip
    middling = (
        write().under("Findings").shows(3, 6, 14).plans(1, 7, 9)
        .under("Voices").say("Participants recommended a youth council that shapes the programmes.")
        .bears("L04", "youth council", Assertion.CALL, 0.7, cue="recommended")
        .say("Partners sign a contract with the consultant who wrote this.")
        .bears("L10", "contract", set_aside="excluded: L10.x.consultant", confidence=0.5)
        .say("The dashboard of the car was not looked at.").bears("L14", "dashboard", set_aside="weak")
    )  # fmt: skip
    hostile = (
        write().under("<b>Bold</b> & [/x]").fill(25)
        .say('=HYPERLINK("https://evil.example/","open") | <script>alert(1)</script> [/x] a, "b"')
        .bears("L14", "<script>alert(1)</script>")
        .say("- a \u202emirror\u202c\nsecond line | `code` *star*", Kind.LIST_ITEM).bears("L03", "- a")
        .say("+1 000 residents <img src=x onerror=alert(1)> joined\r.").bears("L08", "+1 000 residents")
    )  # fmt: skip
    return [
        rich.done("harbor/harbor-point-chna-2024.pdf", harbor(), metadata={"title": "CHNA 2024"}),
        write().fill(22).plans(5, 11, 13).done("harbor/implementation strategy #1.pdf", harbor()),
        middling.done("two-rivers-joint.pdf", east, west),
        write().shows(1, 3).fill(30).done("stonebridge-2019.pdf", stone),
        write().shows(1, 3, 5, 7, 9, 10, 15).plans(2).done("stonebridge-2025.pdf", later),
        write().fill(40).shows(3).done(
            "pine-2022.pdf", pine, status=DocumentStatus.PARTIAL, unread=1, reason="1 of 2 pages has no text"
        ),
        write().done(
            "old-mill-scan.pdf",
            Identity("Old Mill Hospital", state="VT", year=2021, source="guess"),
            status=DocumentStatus.NEEDS_OCR,
            reason="24 of 24 pages are pictures",
            hint="Install tesseract and scan with --ocr.",
            unread=24,
        ),
        write().done(
            "locked.pdf", Identity("locked.pdf"), status=DocumentStatus.ENCRYPTED,
            reason="needs a password", hint="Save it without a password.",
        ),
        write().fill(3).done("leaflet.pdf", Identity("Leaflet Clinic", source="guess")),
        hostile.done(
            "=cmd|x <b>.pdf",
            Identity('<script>alert("name")</script> [/x] | \u202eHospital', source="guess", year=2020),
        ),
    ]  # fmt: skip


def sample_failures() -> list[Failure]:
    """One file that could not even be opened."""
    return [Failure("gone.pdf", "open", "unreadable", "no permission to read it", "Ask its owner.")]


def make_run(assessed: Sequence[Assessed], failures: Sequence[Failure] = (), book: Lexicon | None = None) -> Run:
    """Return the run that these documents give."""
    book = book or lexicon()
    tables = build_tables(assessed, book, failures, DEFAULT_THRESHOLDS)
    counts = count(tables)
    manifest = Manifest(
        tool_version="0.1.0",
        lexicon_name=book.name,
        lexicon_version=book.version,
        lexicon_hash=book.hash,
        libraries={"pypdfium2": "5.9.0", "spacy": "3.8.7"},
        python="3.11.7",
        platform="Linux-x86_64",
        command=("chna", "scan", "pdfs", "-o", "out"),
        started="2026-03-01T09:00:00Z",
        ended="2026-03-01T09:00:42Z",
        settings={
            "tables": Setting("auto", "default"),
            "workers": Setting(2, "argument"),
            "lexicon": Setting("/home/somebody/own rules", "argument --lexicon"),
            "hospitals": Setting(None, "default"),
        },
        thresholds={"covered": 0.6, "planned": 0.6, "acknowledged": 0.5},
        inputs=tuple(InputFile(one.file, one.document.sha256, one.size, f"../pdfs/{one.file}") for one in assessed),
        counts=counts,
        seconds={"extract": 30.5, "tag": 4.25},
        extra={"lexicon_note": book.note},
        exit_code=4,
        closing=closing_sentence(counts),
    )
    return Run(manifest, tables)


def sample_run() -> Run:
    """Return the run over all invented documents."""
    return make_run(sample_assessed(), sample_failures())
