"""Fixtures named by what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside the checkout: real documents and labelled sentences."""
    folder = ROOT.parent / "shared"
    if not (folder / "gold").is_dir():
        pytest.skip("needs ../shared (real documents and gold labels), which is not part of the project")
    return folder


@pytest.fixture(scope="session")
def sample_reports() -> Path:
    """The invented hospitals' PDFs that come with the project."""
    return ROOT / "sample_reports"
