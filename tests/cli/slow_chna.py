"""`chna` whose documents are text files; run as a script where a process of its own is needed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scan"))
from fakes import STAGES

if __name__ == "__main__":
    import chna_toolkit.scan
    from chna_toolkit.cli.app import main

    chna_toolkit.scan.Stages = lambda: STAGES  # type: ignore[assignment,misc]
    main()
