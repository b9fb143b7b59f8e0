"""`chna lexicon test` as a function: a lexicon in, a report out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation import GoldUnit
from chna_toolkit.lexicon.model import Example, Lexicon
from chna_toolkit.lexicon_ci.findings import in_order
from chna_toolkit.lexicon_ci.formats import Check, Report
from chna_toolkit.lexicon_ci.mutate import DROPPED, MutationReport, mutate
from chna_toolkit.lexicon_ci.noticing import Texts
from chna_toolkit.lexicon_ci.suite import Suite, TestReport, run


def examine(
    lexicon: Lexicon,
    lessons: Collection[str] | None = None,
    *,
    keyword: str = "",
    mutants: bool = False,
    survivors: bool = False,
    texts: Sequence[GoldUnit] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Test the examples of a lexicon, or of some lessons (ids), or those with a keyword.

    Whether everything is exercised is asked of the whole lexicon alone. `mutants` drops and
    weakens each rule in turn; weakened ones that no example, and none of the labelled `texts`, notices are
    listed with `survivors` and else counted. Raises `UsageError` if there is nothing to test.
    """

    def keep(example: Example) -> bool:
        return (lessons is None or example.lesson in lessons) and (not keyword or _has(example, keyword))

    suite = Suite.of(lexicon, keep)
    if not suite.reads:
        if keyword:
            raise UsageError(f"no example has {keyword!r} in its place, text or rules", "Ask for another, or for all.")
        raise UsageError("there is no example to test", "Write some: see docs/lexicon-tutorial.md.")
    whole = lessons is None and not keyword
    tested = run(suite, complete=whole)
    mutation = None
    if mutants:
        asked = Texts(suite.bench, texts) if texts else None
        mutation = mutate(suite, lessons, progress or (lambda *_: None), texts=asked)
    return _report(tested, mutation, survivors=survivors)


def _has(example: Example, keyword: str) -> bool:
    place = f"{example.origin.file.name}:{example.origin.line}"
    return any(keyword.casefold() in part.casefold() for part in (place, example.text, *example.rules))


def _report(tested: TestReport, mutation: MutationReport | None, *, survivors: bool) -> Report:
    findings = list(tested.findings)
    summary = list(tested.summary)
    data: dict[str, object] = {
        "examples": sum(not case.variant for case in tested.cases),
        "variants": sum(bool(case.variant) for case in tested.cases),
        "failed_cases": len(tested.failed),
        "exercised": {share.name: [share.done, share.total] for share in tested.shares},
    }
    if mutation:
        worst = tuple(f"mutant-{kind}" for kind in DROPPED)
        findings += [one for one in mutation.findings if survivors or one.slug in worst]
        summary += mutation.summary
        data["mutants"] = {kind: list(numbers) for kind, numbers in mutation.by_kind.items()}
        data["mutants_noticed_by_texts"] = sum(bool(one.noticer) for one in mutation.verdicts)
    checks = tuple(
        Check(
            case.example.origin.file.stem,
            f"{case.name.partition('.toml:')[2]} {case.text}",
            f"{case.problem.message}\nexpected: {case.shown_expected}\nfound:    {case.shown_found}\n{case.found}"
            if case.problem
            else "",
        )
        for case in tested.cases
    )
    lexicon = tested.lexicon
    return Report("test", f"{lexicon.name} {lexicon.version}", tuple(in_order(findings)), tuple(summary), checks, data)
