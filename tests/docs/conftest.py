"""The programs of the documentation, which stand beside its pages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
sys.path.insert(0, str(DOCS))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the pages that take long, unless they are asked for with `-m pages`."""
    if "pages" in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker("pages")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if not item.get_closest_marker("pages")]
