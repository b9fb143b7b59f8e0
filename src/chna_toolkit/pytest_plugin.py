"""A pytest plug-in that runs the examples of lexicons: `pytest --chna-lexicon lexicons/ -k L05`.

It does nothing unless it is asked to, by the option or by `chna_lexicon = true` in the settings
of pytest, so that installing the toolkit changes no other project's tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chna_toolkit.lexicon_ci.cases import Case

_cases = pytest.StashKey[dict[Path, "list[Case]"]]()
_NO_LESSON = ("lexicon.toml", "classes.toml", "cues.toml", "exclusions.toml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch."""
    group = parser.getgroup("chna", "lexicons of chna-toolkit")
    group.addoption("--chna-lexicon", action="store_true", help="Run the examples in folders that hold a lexicon.")
    parser.addini("chna_lexicon", "Run the examples in folders that hold a lexicon.", type="bool", default=False)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the examples of one lesson's file."""
    config = parent.config
    if file_path.suffix != ".toml" or file_path.name in _NO_LESSON:
        return None
    if not (config.getoption("--chna-lexicon") or config.getini("chna_lexicon")):
        return None
    if not (file_path.parent / "lexicon.toml").is_file():
        return None
    return LessonFile.from_parent(parent, path=file_path)


class LessonFile(pytest.File):
    """A lesson's file: an item an example and variant."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items. A lexicon that cannot be read is a collection error."""
        from chna_toolkit.errors import ChnaError

        try:
            cases = _cases_in(self.path.parent, self.config)
        except ChnaError as error:
            raise self.CollectError(f"{error.message}\n{error.hint}") from None
        for case in cases.get(self.path.resolve(), []):
            name = case.name.partition(":")[2]
            yield ExampleItem.from_parent(self, name=name, case=case)


class ExampleItem(pytest.Item):
    """One example or variant."""

    def __init__(self, *, case: Case, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case
        self.extra_keyword_matches.update(case.example.rules)

    def runtest(self) -> None:
        """Fail if the example does."""
        if self.case.failed:
            raise ExampleFailedError(self.case)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what was expected and what was found, and no Python."""
        if isinstance(excinfo.value, ExampleFailedError):
            case, problem = self.case, self.case.problem
            assert problem
            return (
                f"{problem.message}\n  expected: {case.shown_expected}\n  found:    {case.shown_found}"
                f"\n            {case.found}\n  {problem.remedy}"
            )
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the example stands."""
        return self.path, self.case.example.origin.line - 1, f"{self.path.stem}:{self.name}"


class ExampleFailedError(AssertionError):
    """An example that does not hold."""


def _cases_in(folder: Path, config: pytest.Config) -> dict[Path, list[Case]]:
    """Test a lexicon once, whichever of its files are asked for."""
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.lexicon_ci.suite import Suite, run

    known = config.stash.setdefault(_cases, {})
    if folder not in known:
        known[folder] = list(run(Suite.of(load_lexicon(folder)), complete=False).cases)
    found: dict[Path, list[Case]] = {}
    for case in known[folder]:
        found.setdefault(case.example.origin.file.resolve(), []).append(case)
    return found
