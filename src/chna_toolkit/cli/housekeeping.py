"""`chna doctor` and `chna cache`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("doctor")(doctor)
    app.command("cache")(cache)


def doctor(
    as_json: options.AsJson = False, lexicon: options.LexiconFolder = None, config: options.Config = None
) -> None:
    """Look whether everything is there that chna needs, and name the remedy for what is wrong."""
    from chna_toolkit.config import load_settings
    from chna_toolkit.doctor import examine, exit_code

    checks = examine(load_settings({"lexicon": lexicon}, config=config))
    with stdout_may_close():
        if as_json:
            sys.stdout.write(json.dumps([asdict(check) for check in checks], indent=2, ensure_ascii=False) + "\n")
        else:
            width = max(len(check.name) for check in checks)
            for check in checks:
                sys.stdout.write(f"{'ok ' if check.ok else 'BAD'} {check.name:<{width}}  {check.detail}\n")
                if check.hint:
                    sys.stdout.write(f"    {'':<{width}}  {check.hint}\n")
    raise typer.Exit(exit_code(checks))


def cache(
    action: Annotated[str, typer.Argument(metavar="info|clear", help="Show the cache, or delete what it holds.")],
    cache_dir: options.CacheDir = None,
    config: options.Config = None,
) -> None:
    """Show or clear the cache of texts, mentions and scores."""
    from chna_toolkit.cache import Store, default_folder
    from chna_toolkit.config import load_settings
    from chna_toolkit.doctor import megabytes

    if action not in ("info", "clear"):
        raise UsageError(f"unknown action {action!r}", "Write `chna cache info` or `chna cache clear`.")
    store = Store(load_settings({"cache_dir": cache_dir}, config=config).cache_dir or default_folder())
    if action == "clear":
        say(f"{store.clear()} entries deleted from {store.folder}")
        return
    with stdout_may_close():
        sys.stdout.write(f"{store.folder}\n")
        for usage in store.usage():
            sys.stdout.write(f"{usage.kind:<9} {usage.entries:>8,} entries {megabytes(usage.bytes):>12}\n")
