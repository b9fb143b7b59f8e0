"""Fixtures named by what they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from chna_toolkit.extraction.ocr import Engine, OcrError, find_engine

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside the checkout: real documents and labelled sentences."""
    folder = ROOT.parent / "shared"
    if not (folder / "gold").is_dir():
        pytest.skip("needs ../shared (real documents and gold labels), which is not part of the project")
    return folder


@pytest.fixture(scope="session")
def tesseract() -> Engine:
    """The program that reads pictures, where it is installed."""
    try:
        return find_engine()
    except OcrError as error:
        pytest.skip(f"needs tesseract with English: {error.reason}")


@pytest.fixture(scope="session")
def sample_reports() -> Path:
    """The invented hospitals' PDFs that come with the project."""
    return ROOT / "sample_reports"
