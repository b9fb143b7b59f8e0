"""The main job: a folder of PDFs becomes a run folder.

    inputs ──> worker pool: assess each, through the store ──> tables ──> run folder ──> reports

Results are assembled in the order of the names shown, so that neither the number of workers nor
the cache shows in them. Interrupted at any moment, the same command goes on from what the store
holds.
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from chna_toolkit.assess import Finding, Obstacle, Plan, Stages, assess, failed, is_done
from chna_toolkit.batch import as_finished, known_hash, open_executor
from chna_toolkit.cache import Store, default_folder
from chna_toolkit.config import Settings
from chna_toolkit.errors import ChnaError, ExitCode, MissingDependencyError, OutputError, UsageError
from chna_toolkit.extraction.ocr import Ocr, OcrError, find_engine
from chna_toolkit.extraction.watch import CUT
from chna_toolkit.hospitals import HospitalList, read_hospitals
from chna_toolkit.inputs import Input, find_inputs, join_copies
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.model import Assessed
from chna_toolkit.passwords import Passwords, is_open_to_others, load_passwords
from chna_toolkit.provenance import Course, has_lost_links, make_manifest, now
from chna_toolkit.storage import Place, published

if TYPE_CHECKING:  # it brings pandas
    from chna_toolkit.results.frames import DataFrame
    from chna_toolkit.results.run import Run
    from chna_toolkit.results.tables import Failure

_NO_LINKS = (
    "the report looks for the PDFs beside itself, since links to where they are would tell the folders of this "
    "machine; keep PDFs and results under one folder of yours, or scan with --absolute-paths"
)
_ASKING = 32  # questions to a store elsewhere at a time


class Progress(Protocol):
    """Told what happens during a scan; called in the process and thread that scans."""

    def start(self, total: int, done: int) -> None:
        """Documents to do in all, and how many of them the cache seems to hold."""

    def advance(self, finding: Finding) -> None:
        """A document is finished."""

    def tell(self, message: str) -> None:
        """Something begins that takes its time."""

    def warn(self, message: str) -> None:
        """Something is odd, and the scan goes on."""

    def stop(self) -> None:
        """No document is left, or the scan was interrupted."""


class Silent:
    """Progress that nobody watches."""

    def start(self, total: int, done: int) -> None:
        """Ignore it."""

    def advance(self, finding: Finding) -> None:
        """Ignore it."""

    def tell(self, message: str) -> None:
        """Ignore it."""

    def warn(self, message: str) -> None:
        """Ignore it."""

    def stop(self) -> None:
        """Ignore it."""


@dataclass(frozen=True)
class ScanOutcome:
    """A finished scan: the run as written to `out`, and the exit code it calls for."""

    run: Run
    out: Place
    exit_code: ExitCode


@dataclass
class _Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, time.perf_counter() - start)

    def add(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds


def scan(
    paths: Sequence[str],
    settings: Settings,
    progress: Progress | None = None,
    *,
    listed: Iterable[str] = (),
    force: bool = False,
    command: Sequence[str] = (),
    stages: Stages | None = None,
    explains: bool = False,
) -> ScanOutcome:
    """Scan the PDFs that `paths` name and write the run folder `settings.output` with its reports.

    `listed` are the paths that `-` stands for, `force` writes into a folder that holds other
    files, `command` goes into `run.json`, `stages` exchanges what does the work, and with
    `explains` the progress hears what was left out of each document.
    Raises `UsageError`, `LexiconError`, `NoInputError`, `OutputError`; a document that cannot be
    read is no error but a row in `failures.csv`. `KeyboardInterrupt` leaves what is finished in
    the cache.
    """
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.results.run import check_output

    progress, started, clock = progress or Silent(), now(), _Clock()
    if settings.output is None:
        raise UsageError("no output folder", "Name one with -o, such as -o results.")
    for message in settings.warnings:
        progress.warn(message)
    lexicon = load_lexicon(settings.lexicon)
    lessons = select_lessons(lexicon, settings.select)
    hospitals = read_hospitals(settings.hospitals) if settings.hospitals else None
    with clock.time("hash"):
        inputs = find_inputs(paths, listed)
    check_output(settings.output, force=force)
    plan = make_plan(settings, lexicon.hash, lessons, progress, stages, explains=explains)
    inputs, findings = _assess_all(inputs, plan, lexicon, settings, progress)
    cpu = _Clock()
    for finding in findings:
        for stage, seconds in finding.seconds.items():
            clock.add(stage, seconds)
        for stage, seconds in finding.costs.items():
            cpu.add(stage, seconds)
    assessed = _identify(inputs, findings, hospitals, progress)
    course = Course(
        command=command,
        started=started,
        seconds=clock.seconds,
        cpu_seconds=cpu.seconds,
        cached=sum(finding.is_cached for finding in findings),
        exit_code=exit_code(findings),
        ocr=plan.ocr,
    )
    tables = _tabulate(assessed, lexicon, settings, clock, progress)
    del findings, assessed  # of hundreds of documents, a few hundred megabytes
    run = _make_run(settings, lexicon, inputs, tables, course)
    if has_lost_links(inputs, settings):
        progress.warn(_NO_LINKS)
    _write(run, inputs, plan, settings, progress)
    return ScanOutcome(run, settings.output, ExitCode(course.exit_code))


def select_lessons(lexicon: Lexicon, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the lessons named (by id, number or slug), in the lexicon's order; all if none is."""
    chosen = set()
    for key in keys:
        try:
            chosen.add(lexicon.lesson(_plain_key(key)).id)
        except KeyError:
            known = [name for lesson in lexicon.lessons for name in (lesson.id, lesson.slug)]
            close = difflib.get_close_matches(key.strip().lower(), known[1::2], n=1)
            hint = f"Did you mean {close[0]}?" if close else f"Lessons are {', '.join(known[::2])}."
            raise UsageError(f"unknown lesson {key!r}", hint) from None
    return tuple(lesson.id for lesson in lexicon.lessons if lesson.id in chosen or not chosen)


def _plain_key(key: str) -> str:
    """Return what people write for a lesson as the lexicon knows it: `05` and `l5` as `5`, words with hyphens."""
    number = re.fullmatch(r"\s*[Ll]?0*(\d+)\s*", key)
    return number[1] if number else "-".join(key.lower().split())


def make_plan(
    settings: Settings,
    lexicon_hash: str = "",
    lessons: tuple[str, ...] = (),
    progress: Progress | None = None,
    stages: Stages | None = None,
    *,
    explains: bool = False,
) -> Plan:
    """Return how each document is to be assessed, or, without a lexicon, only read.

    A cache folder that cannot be written is an error if it was named, else a warning. With
    `explains` the findings tell what was left out of the text.
    """
    stages = stages or Stages()
    store = None
    try:
        if settings.cache:
            store = Store(settings.cache_dir or default_folder())
            store.prepare()
    except OutputError as error:
        if settings.cache_dir:
            raise
        store = None  # nobody asked for this folder: go on without
        (progress or Silent()).warn(f"{error.message}; going on without a cache")
    return Plan(
        store=store,
        lexicon=settings.lexicon,
        lexicon_hash=lexicon_hash,
        lessons=lessons,
        thresholds=settings.thresholds,
        method=settings.method,
        tables=settings.tables,
        timeout=settings.timeout,
        versions=stages.versions(),
        stages=stages,
        memory_mb=settings.memory_mb,
        passwords=_passwords(settings, progress),
        ocr=_ocr(settings, progress or Silent()),
        explains=explains,
    )


def _ocr(settings: Settings, progress: Progress) -> Ocr | None:
    """Return how pages are read by OCR; None if they are not. What is missing is an error if it was asked for."""
    if settings.ocr == "off":
        return None
    try:
        return Ocr(find_engine(settings.ocr_language), settings.ocr == "force")
    except OcrError as error:
        if settings.wants_ocr:
            raise MissingDependencyError(error.reason, error.hint) from error
        if not error.is_missing:  # what is missing, documents that need it say
            progress.warn(f"{error.reason}; going on without OCR")
        return None


def _passwords(settings: Settings, progress: Progress | None) -> Passwords:
    path = settings.passwords
    found = load_passwords(path, settings.keyring)
    if path and is_open_to_others(path):
        (progress or Silent()).warn(f"{path}: other users of this machine can read the passwords; try chmod 600")
    return found


def exit_code(findings: Sequence[Finding]) -> ExitCode:
    """Return the exit code a scan with these findings calls for."""
    documents = [finding.assessed.document for finding in findings]
    failures = sum(not document.status.is_searchable for document in documents)
    if failures == len(findings):
        return ExitCode.NO_INPUT  # of all that was named, nothing could be used
    is_cut = any(not CUT.isdisjoint(document.warnings) for document in documents)
    return ExitCode.PARTIAL if failures or is_cut else ExitCode.OK


def _assess_all(
    inputs: Sequence[Input], plan: Plan, lexicon: Lexicon, settings: Settings, progress: Progress
) -> tuple[list[Input], list[Finding]]:
    """Assess all inputs in worker processes; return them in order, with what became known of them, and the findings."""
    known = _recall(inputs, plan)
    findings: dict[str, Finding] = {}
    settled: dict[str, Input] = {}
    done = sum(is_done for _, is_done in known)
    progress.start(len(inputs), done)
    try:
        with open_executor(len(inputs), plan, settings, lexicon if done < len(inputs) else None) as executor:
            for item, result in as_finished(assess, [item for item, _ in known], executor):
                finding = failed(item, plan, result) if isinstance(result, Obstacle) else result
                findings[item.file], settled[item.file] = finding, item
                progress.advance(finding)
    finally:
        progress.stop()
    # Of files elsewhere only now is it known which hold the same bytes.
    distinct = join_copies(settled[item.file] for item in inputs)
    return distinct, [findings[item.file] for item in distinct]


def _recall(inputs: Sequence[Input], plan: Plan) -> list[tuple[Input, bool]]:
    """Return the inputs with the hashes that the store knows of them, and whether it holds all that is needed."""

    def recall(item: Input) -> tuple[Input, bool]:
        if plan.store and item.source:
            item = replace(item, sha256=known_hash(item, plan.store))
        return item, bool(item.sha256) and is_done(item, plan)

    if plan.store is None or isinstance(plan.store.folder, Path):
        return [recall(item) for item in inputs]
    with ThreadPoolExecutor(_ASKING, thread_name_prefix="chna-recall") as threads:  # each answer takes a round trip
        return list(threads.map(recall, inputs))


def _identify(
    inputs: Sequence[Input], findings: Sequence[Finding], hospitals: HospitalList | None, progress: Progress
) -> list[Assessed]:
    """Return what is known of each file, copies among them, with its hospitals; guesses where no row is."""
    found: list[Assessed] = []
    for item, finding in zip(inputs, findings, strict=True):
        for one in (item, *item.copies):
            rows = hospitals.identities(one.file, one.sha256) if hospitals else ()
            identities = rows or finding.assessed.identities
            found.append(replace(finding.assessed, file=one.file, size=one.size, identities=identities))
    if hospitals:
        messages = [*hospitals.warnings, *hospitals.unmatched([(one.file, one.document.sha256) for one in found])]
        for message in messages:
            progress.warn(message)
        guessed = sorted(one.file for one in found if one.identities[0].source != "hospitals_csv")
        if guessed:
            shown = ", ".join(guessed[:3]) + (", …" if len(guessed) > 3 else "")
            progress.warn(
                f"{hospitals.path}: no row for {len(guessed)} documents, whose hospital can only be guessed: {shown}"
            )
    return found


def _tabulate(
    assessed: Sequence[Assessed], lexicon: Lexicon, settings: Settings, clock: _Clock, progress: Progress
) -> dict[str, DataFrame]:
    """Return the tables of the run."""
    from chna_toolkit.results.peers import missing
    from chna_toolkit.results.tables import build_tables

    with clock.time("tabulate"):
        opened = [one for one in assessed if one.document.sha256]
        tables = build_tables(opened, lexicon, _failures(assessed), settings.thresholds)
    if lacking := missing(tables, settings.peers):
        progress.warn(f"--peers {settings.peers}: {lacking[0]}. {lacking[1]}")
    return tables


def _make_run(
    settings: Settings,
    lexicon: Lexicon,
    inputs: Sequence[Input],
    tables: Mapping[str, DataFrame],
    course: Course,
) -> Run:
    """Return the run with its manifest."""
    from chna_toolkit.results.run import Run
    from chna_toolkit.results.summary import closing_sentence, count

    counts = count(tables)
    manifest = make_manifest(course, lexicon, settings, inputs, counts, closing_sentence(counts))
    return Run(manifest, tables)


def _write(run: Run, inputs: Sequence[Input], plan: Plan, settings: Settings, progress: Progress) -> None:
    """Write the run folder and its reports, for which pages are drawn first: until then nothing there changes."""
    from chna_toolkit.reports import write_views
    from chna_toolkit.reports.site import LISTING
    from chna_toolkit.results.run import MANIFEST, write_run
    from chna_toolkit.results.view import view_of

    out = settings.output or Path()
    with ExitStack() as stack:
        view, pictures = None, None
        if settings.thumbnails:
            from chna_toolkit.thumbnails import draw_pages

            view = view_of(run)
            try:
                drawn = draw_pages(view, inputs, plan, settings, progress.tell, progress.warn)
                pictures = stack.enter_context(drawn)
            except ChnaError as error:  # the results matter more than their pictures
                progress.warn(f"no thumbnails: {error.message}. {error.hint}".strip())
        try:
            with published(out, MANIFEST, LISTING) as folder:
                write_run(folder, run.tables, run.manifest)
                write_views(view or view_of(run), folder, form=settings.report, pictures=pictures)
        except OSError as error:
            raise OutputError(f"cannot write to {out}: {error}", "Name another folder with -o.") from error


def _failures(assessed: Sequence[Assessed]) -> Iterator[Failure]:
    """Yield the failures that the statuses of the documents do not tell."""
    from chna_toolkit.results.tables import Failure

    for one in assessed:
        document = one.document
        if not document.sha256:
            yield Failure(one.file, "open", "unreadable", document.reason, document.hint)
