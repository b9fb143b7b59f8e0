"""Make docs/reference/ from the code, so that it cannot say what the code does not do.

usage: python docs/make_reference.py [--check]

`--check` writes nothing, names the pages that are not as the code makes them, and ends with exit code 1 if
there are any. The pages are committed, to be read without building the site; a test runs the check.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import MISSING, fields, is_dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

REFERENCE = Path(__file__).resolve().parent / "reference"
MADE = "<!-- Made by docs/make_reference.py from the code; changes belong there. -->\n"

# The Python interface: what may be relied upon, module by module.
INTERFACE = {
    "chna_toolkit.config": ("load_settings", "Settings"),
    "chna_toolkit.scan": ("scan", "ScanOutcome", "Progress"),
    "chna_toolkit.results.run": ("read_run", "Run", "Manifest"),
    "chna_toolkit.lexicon": ("load_lexicon",),
    "chna_toolkit.tagging": ("Tagger", "Label"),
    "chna_toolkit.extraction": ("read_document", "ExtractionSettings"),
    "chna_toolkit.scoring": ("score", "hospital_status", "Thresholds"),
    "chna_toolkit.comparison": ("compare_runs", "compare_cycles"),
    "chna_toolkit.spacy_component": ("LessonTagger",),
    "chna_toolkit.model": (
        "Document", "Page", "Passage", "Mention", "LessonResult", "Identity", "Assessed",
        "DocumentStatus", "PageStatus", "Kind", "Assertion", "Status",
    ),
    "chna_toolkit.errors": ("ChnaError", "ExitCode"),
}  # fmt: skip


def cell(text: object) -> str:
    """Return a text as a cell of a Markdown table holds it."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [header, ["---"] * len(header), *([cell(one) for one in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def code(text: object) -> str:
    """Return a text as code; "" stays what it is."""
    return f"`{text}`" if str(text) else ""


# -- commands


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    for word, one in getattr(command, "commands", {}).items():
        if getattr(one, "commands", None):
            yield from _commands(one, f"{name} {word}")
        elif not one.hidden:
            yield f"{name} {word}", one


def command_page() -> str:
    """Every command with its arguments and options, from the application itself."""
    from typer.main import get_command

    from chna_toolkit.cli.app import app

    root = get_command(app)
    meant = re.findall(r"(\d+) ([^;]+?)(?=[;.])", str(root.epilog))
    found = list(_commands(root, "chna"))
    contents = "".join(f"* [`{name}`](#{name.replace(' ', '-')}): {_summary(one)}\n" for name, one in found)
    return (
        f"# Commands\n\n{root.help}\n\n`chna --help` and `chna COMMAND --help` say the same on the terminal, and `chna "
        "--version` names tool and lexicon. Results go to stdout, progress and messages to stderr.\n\n"
        f"{contents}\n## Exit codes\n\n{table(('code', 'meaning'), meant)}\n"
        + "\n".join(_command(name, one) for name, one in found)
    )


def _summary(command: Any) -> str:
    return str(command.help).split("\n\n")[0].split(". ")[0].replace("\n", " ").rstrip(".")


def _command(name: str, command: Any) -> str:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    usage = " ".join([name, *(["[OPTIONS]"] if options else []), *(_metavar(one) for one in arguments)])
    parts = [f"## {name}\n", f"`{usage}`\n", inspect.cleandoc(command.help) + "\n"]
    if arguments:
        parts.append(table(("argument", "meaning"), [(code(_metavar(one)), one.help or "") for one in arguments]))
    if options:
        rows = [(_names(one), one.help or "", code(_default(one))) for one in options]
        parts.append(table(("option", "meaning", "default"), rows))
    return "\n".join(parts)


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _names(option: Any) -> str:
    names = [*option.opts, *option.secondary_opts]
    value = f" {option.metavar}" if option.metavar and not option.is_flag else ""
    return ", ".join(code(name) for name in names[:-1]) + (", " if names[1:] else "") + code(names[-1] + value)


def _default(option: Any) -> str:
    given = option.default
    if callable(given) or given in (None, "", False, ()) or "UNSET" in repr(given).upper():
        return ""
    return str(option.opts[0] if given is True else given)


# -- tables


def table_page() -> str:
    """Every table of a run with all its columns, from the schemas that write them."""
    from chna_toolkit.results import schemas
    from chna_toolkit.results.run import FORMAT, Manifest

    intro = inspect.cleandoc(schemas.__doc__ or "").split("\n\n", 1)[1]
    found = schemas.tables(("L01",))
    rows = [(f"[`{one.name}.csv`](#{one.name}csv)", one.description) for one in found]
    parts = [
        f"# Tables of a run\n\n{intro}\n\n{schemas.FORMULA_NOTE}\n\n`datapackage.json` in the run folder says the same "
        f"for programs.\n\n{table(('file', 'one row'), rows)}"
    ]
    for one in found:
        names = ", ".join(code(name) for name in one.key)
        columns = [_column(column) for column in one.columns]
        parts.append(f"## {one.name}.csv\n\n{one.description} A row is named by {names}.\n\n")
        parts.append(table(("column", "type", "meaning", "unit or values"), columns) + "\n")
    notes = comments(Manifest)
    manifest = [(code(one.name), notes.get(one.name, "")) for one in fields(Manifest)]
    parts.append(
        f"## run.json\n\n{Manifest.__doc__} Its format is number {FORMAT}; a later one that older programs would "
        f"misread gets another number.\n\n{table(('key', 'meaning'), manifest)}"
    )
    return "\n".join(parts).replace("\n\n\n", "\n\n")


def _column(column: Any) -> tuple[str, ...]:
    name, text = column.name, column.description
    if name == "L01_status":
        name, text = "L01_status … L15_status", "Status of the lesson; a column for each lesson of the lexicon."
    values = ", ".join(map(code, column.values)) or column.unit
    return code(name), column.type, text, values


# -- settings


def comments(owner: type) -> dict[str, str]:
    """Return what the comment behind each field of a class says of it."""
    source = inspect.cleandoc("\n" + inspect.getsource(owner))
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.ClassDef)
    said = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    named = [(node.target if isinstance(node, ast.AnnAssign) else node.targets[0], node.end_lineno or 0)
             for node in tree.body if isinstance(node, ast.AnnAssign | ast.Assign)]  # fmt: skip
    return {name.id: said.get(line, "") for name, line in named if isinstance(name, ast.Name)}


def settings_page() -> str:
    """Every setting: its key, variable, option and default, from the class that holds them."""
    from chna_toolkit import config
    from chna_toolkit.scoring import Thresholds

    options, notes, rows = _options_of_scan(), comments(config.Settings), []
    for one in fields(config.Settings):
        if one.name in config._PARSERS:
            variable = config._NO_CACHE if one.name == "cache" else f"{config._PREFIX}{one.name.upper()}"
            names, meaning = options.get(one.name, ("", notes[one.name]))
            meaning = "Whether the cache is used and filled." if one.name == "cache" else meaning
            rows.append((code(one.name), meaning, code(_toml(one.default)), code(variable), names))
    numbers = [(code(one.name), one.default) for one in fields(Thresholds)]
    return (
        "# Settings\n\nA setting comes from the last of these that names it: its default, the file, the environment, the "
        f"command line. The file is `{config.FILE}`, or the table `[tool.chna]` of `{config.SHARED_FILE}`: the nearest "
        f"one upward from the working folder, or the one that `--config` or `{config._CONFIG}` names. Paths in it start "
        "from its folder. `chna doctor` says which settings hold and where each came from, and so does `run.json`. An "
        "unknown name in the file is an error with exit code 2.\n\n"
        f"{table(('key', 'meaning', 'default', 'environment', 'option'), rows)}\n"
        f"`{config._NO_CACHE}=1` switches the cache off, as `cache = false` does. An empty variable counts as unset.\n\n"
        "## The numbers that decide a status\n\nIn the table `[thresholds]` of the file. "
        f"{_paragraph(Thresholds.__doc__ or '', 1)}\n\n{table(('key', 'default'), numbers)}"
    )


def _options_of_scan() -> dict[str, tuple[str, str]]:
    """Names and help of each option that is a setting, by the setting."""
    from typer.main import get_command

    from chna_toolkit.cli import options
    from chna_toolkit.cli.app import app

    command = get_command(app).commands["scan"]  # type: ignore[attr-defined]
    given = [one for one in command.params if one.param_type_name == "option"]
    return {options._NAMES.get(one.name, one.name): (_names(one), one.help) for one in given}


def _toml(value: object) -> str:
    if value is None or value == ():
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _paragraph(text: str, number: int) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[number].split())


# -- lexicons


def lexicon_page() -> str:
    """Every key of a lexicon file, from the one place that describes them."""
    from chna_toolkit.lexicon import keys

    found = (
        ("The head: lexicon.toml", "", keys.HEAD),
        ("A lesson: one file each", "", keys.LESSON),
        ("[[rules]]", "A way in which text can give evidence.", keys.RULE),
        ("[[exclusions]]", "Text that looks like evidence and is none.", keys.EXCLUSION),
        ("[[cues]]", "Words that decide what a mention asserts.", keys.CUE),
        ("[[examples]]", "A sentence, and what must be found in it.", keys.EXAMPLE),
    )
    parts = [
        "# Keys of lexicon files\n\nWhat each key of a lexicon means, as the loader and the JSON Schema know it. [The "
        "lexicon language](../lexicon.md) explains how they work together. `chna lexicon schema` prints the schema, and "
        "`lexicons/lexicon.schema.json` is a copy; editors complete and check keys by it."
    ]
    for title, text, entries in found:
        rows = [(code(one.name), _kind(one), one.doc, "required" if one.required else code(_toml(one.default) or ""))
                for one in entries]  # fmt: skip
        parts.append(f"## {title}\n\n{text}\n\n{table(('key', 'value', 'meaning', 'default'), rows)}")
    parts.append(
        '## [[overrides]]\n\n`id` names an inherited rule, exclusion, cue or lesson; the other keys replace its keys. `"..."` '
        "in a list stands for what was inherited.\n\n## [classes]\n\nA name, and the list of phrases that `@name` stands "
        "for. `L05.name` belongs to one lesson.\n\n## [allow]\n\nFindings of `chna lexicon check` for the whole file to "
        'leave out: `finding = "reason"` or `"finding entry" = "reason"`.\n'
    )
    return "\n".join(parts).replace("\n\n\n", "\n\n").replace('``""``', "")


def _kind(key: Any) -> str:
    kinds = {
        "text": "text",
        "texts": "list of phrases",
        "groups": "list of phrases or lists of phrases",
        "whole": f"whole number, {key.low:g} to {key.high:g}",
        "number": f"number, {key.low:g} to {key.high:g}",
        "flag": "`true` or `false`",
        "choice": " or ".join(code(one) for one in key.choices if one),
        "choices": "list of " + ", ".join(map(code, key.choices)),
        "reasons": "table of reasons",
    }
    return kinds[key.kind]


def codebook_page() -> str:
    """What each lesson means and when it is coded, with an example and a counter-example."""
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.model import Assertion

    lexicon = load_lexicon()
    notes = comments(Assertion)
    parts = [
        "# Codebook: the 15 lessons\n\nWhat each lesson means, when a passage is coded with it and when not. A passage is one "
        "sentence, bullet, heading, caption or table cell. `chna lesson L10` shows an entry on the terminal, `chna lexicon "
        f"export` writes the codebook as Markdown, CSV, or for programs for coding (REFI-QDA).\n\n{lexicon.note.strip()}\n",
        table(("assertion", "the passage says that it"), [(code(one), notes.get(one.name, "")) for one in Assertion]),
    ]
    for lesson in lexicon.lessons:
        shown, counter = (_first_example(lesson, expect) for expect in ("match", "no_match"))
        parts.append(
            f"## {lesson.id} {lesson.title}\n\n*{_flat(lesson.brief)}*\n\n{_flat(lesson.definition)}\n\n"
            f"Code when\n\n{lesson.code_when.strip()}\n\nDo not code when\n\n{lesson.do_not_code_when.strip()}\n\n"
            f"An example: “{shown}” It only looks like one: “{counter}”\n\nAdvice: {_flat(lesson.recommendation)}\n"
        )
    return "\n".join(parts)


def _first_example(lesson: Any, expect: str) -> str:
    text = next((one.text for one in lesson.examples if one.expect == expect), "")
    return _flat(text).replace("[[", "**").replace("]]", "**")


def _flat(text: str) -> str:
    return " ".join(text.split())


# -- Python


class _Entry(NamedTuple):
    module: str
    name: str
    value: Any


def python_page() -> str:
    """The classes and functions that other programs may rely on, from their signatures and docstrings."""
    parts = [
        "# Python interface\n\nWhat other programs may rely on; [research in Python](../how-to-research.md#4-go-on-in-python) "
        "shows it at work. Values are frozen: stages take them and give new ones. Errors are subclasses of `ChnaError` and "
        "carry a message, a hint and an exit code. What is not named here may change without notice.\n"
    ]
    for module, names in INTERFACE.items():
        loaded = import_module(module)
        parts.append(f"## {module}\n\n{_paragraph(loaded.__doc__ or '', 0)}\n")
        parts += [_entry(_Entry(module, name, getattr(loaded, name))) for name in names]
    return "\n".join(parts)


def _entry(one: _Entry) -> str:
    doc = inspect.cleandoc(one.value.__doc__ or "")
    if not inspect.isclass(one.value):
        return f"### {one.name}\n\n```python\n{_signature(one.name, one.value)}\n```\n\n{doc}\n"
    parts = [f"### {one.name}\n", doc + "\n"]
    if is_dataclass(one.value):
        notes = comments(one.value)
        rows = [(code(part.name), code(_type(part)), notes[part.name]) for part in fields(one.value)]
        parts.append(table(("field", "type", "meaning"), rows))
    elif issubclass(one.value, str | int) and not hasattr(one.value, "message"):
        notes = comments(one.value)
        rows = [(code(member.name), code(repr(member.value)), notes[member.name]) for member in one.value]
        parts.append(table(("name", "value", "meaning"), rows))
    elif "__init__" in vars(one.value) and not getattr(one.value, "_is_protocol", False):
        doc = inspect.cleandoc(one.value.__init__.__doc__ or "")
        parts.append(f"```python\n{_signature(one.name, one.value)}\n```\n" + (f"\n{doc}\n" if doc else ""))
    for name, member in vars(one.value).items():
        if name.startswith("_") or not getattr(member, "__doc__", ""):
            continue
        if inspect.isfunction(member):
            parts.append(f"* `{_signature(name, member)}`: {_paragraph(member.__doc__, 0)}")
        elif isinstance(member, property):
            parts.append(f"* `{name}`: {_paragraph(member.__doc__ or '', 0)}")
    return "\n".join(parts) + "\n"


def _type(part: Any) -> str:
    default = "" if part.default is MISSING or not isinstance(part.default, str | int | float | bool) else part.default
    return str(part.type) + (f" = {default!r}" if default != "" else "")


def _signature(name: str, value: Any) -> str:
    text = str(inspect.signature(value))
    for pattern, plain in _PLAINER:
        text = re.sub(pattern, plain, text)
    return f"{name}{text}"


# Of signatures: annotations are shown in quotes, and defaults that are values in full.
_PLAINER = (
    (r"\(self(, )?", "("),
    (r"(: |-> )'([^']*)'", r"\1\2"),
    (r'(: |-> )"([^"]*)"', r"\1\2"),
    (r"= Thresholds\([^)]*\)", "= DEFAULT_THRESHOLDS"),
)

PAGES = {
    "commands.md": command_page,
    "tables.md": table_page,
    "settings.md": settings_page,
    "lexicon-keys.md": lexicon_page,
    "codebook.md": codebook_page,
    "python.md": python_page,
}


def made() -> dict[str, str]:
    """Return the text of each page as the code makes it now."""
    return {name: MADE + "\n" + re.sub(r"\n{3,}", "\n\n", make()).strip() + "\n" for name, make in PAGES.items()}


def stale() -> list[str]:
    """Name the pages that are not as the code makes them."""
    there = {name: (REFERENCE / name).read_text("utf-8") if (REFERENCE / name).exists() else "" for name in PAGES}
    return [name for name, text in made().items() if there[name] != text]


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a page is stale")
    if parser.parse_args().check:
        for name in (names := stale()):
            print(
                f"docs/reference/{name} is not as the code makes it: run python docs/make_reference.py", file=sys.stderr
            )
        return 1 if names else 0
    REFERENCE.mkdir(exist_ok=True)
    for name, text in made().items():
        (REFERENCE / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
