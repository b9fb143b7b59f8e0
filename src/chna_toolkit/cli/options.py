"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings; else the nearest chna.toml upward.")
]
LexiconFolder = Annotated[
    Path | None, typer.Option("--lexicon", metavar="DIR", help="Another lexicon: a folder, or a shipped one by name.")
]
Select = Annotated[
    str | None, typer.Option("--select", metavar="L01,L05", help="Only these lessons, by id, number or slug.")
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", metavar="N", help="Worker processes; by default one a processor.")
]
Method = Annotated[
    str | None,
    typer.Option(
        "--method",
        metavar="rules|hybrid|encoder",
        help="Rules alone, with a learned layer (fast), or, by default, with an encoder that reads what is in doubt.",
    ),
]
Tables = Annotated[
    str | None, typer.Option("--tables", metavar="auto|off", help="Whether tables are read cell by cell.")
]
Ocr = Annotated[
    str | None,
    typer.Option(
        "--ocr",
        metavar="auto|off|force",
        help="Read pages without usable text by tesseract, if it is installed (auto, the default); or all pages.",
    ),
]
OcrLanguage = Annotated[
    str | None,
    typer.Option("--ocr-language", metavar="eng+spa", help="What language OCR reads, as tesseract calls it."),
]
Timeout = Annotated[
    float | None, typer.Option("--timeout", metavar="SECONDS", help="Limit for one document; by default 120.")
]
Memory = Annotated[
    int | None,
    typer.Option("--memory", metavar="MB", help="Limit for one document, in MiB; by default 2048. 0: none."),
]
Passwords = Annotated[
    Path | None,
    typer.Option("--passwords", metavar="FILE", help="Passwords of PDFs, one a line, or NAME<tab>PASSWORD."),
]
Keyring = Annotated[
    bool, typer.Option("--keyring", help="Ask the system's keyring for passwords of PDFs (service chna).")
]
AbsolutePaths = Annotated[
    bool,
    typer.Option("--absolute-paths", help="Let run.json and links tell where this machine keeps its files."),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither use nor fill the cache.")]
CacheDir = Annotated[
    str | None,
    typer.Option("--cache-dir", "--cache", metavar="DIR", help="Folder of the cache, or s3://… ; also CHNA_CACHE_DIR."),
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="ADDRESS", help="Work on a Dask cluster, such as tcp://host:8786."),
]
Peers = Annotated[
    str | None,
    typer.Option(
        "--peers",
        metavar="all|system|state|size",
        help="Beside which other hospitals each is put; size is by the column beds of hospitals.csv.",
    ),
]
Report = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="auto|file|site",
        help="The HTML report as one file or with a page for each hospital; auto: the latter beyond 5 MB.",
    ),
]
Thumbnails = Annotated[
    bool, typer.Option("--thumbnails", help="Show beside the best passages their page, with the passage framed.")
]
Force = Annotated[bool, typer.Option("--force", help="Write even where other files stand.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="A line for each document, saying what became of it.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]

# Arguments that are settings, and the names of those that are called otherwise.
_NAMES = {"memory": "memory_mb", "no_cache": "cache"}
_SETTINGS = (
    "output", "hospitals", "lexicon", "select", "jobs", "cluster", "method", "tables", "ocr", "ocr_language",
    "timeout", "memory", "peers", "report", "thumbnails", "passwords", "keyring", "absolute_paths", "no_cache",
    "cache_dir",
)  # fmt: skip


def given(arguments: Mapping[str, object], but: str = "") -> dict[str, object]:
    """Return the settings among a command's arguments by name, without the one `but`; None was not given."""
    found = {_NAMES.get(name, name): arguments[name] for name in _SETTINGS if name in arguments and name != but}
    # A switch that is off says nothing; `--no-cache` is the cache switched off.
    switches = {"keyring": True, "thumbnails": True, "absolute_paths": True, "cache": False}
    return {name: (switches[name] if value else None) if name in switches else value for name, value in found.items()}
