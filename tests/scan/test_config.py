"""Defaults < file < environment < arguments; each value knows its origin, each mistake its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from chna_toolkit.config import Settings, load_settings
from chna_toolkit.errors import ExitCode, UsageError
from chna_toolkit.scoring import Thresholds


def load(folder: Path, arguments=None, environment=None, config=None) -> Settings:
    return load_settings(arguments, folder=folder, environment=environment or {}, config=config)


def test_without_anything_the_defaults_hold(tmp_path: Path):
    settings = load(tmp_path)
    assert (settings.jobs, settings.timeout, settings.cache) == (0, 120.0, True)
    assert settings.workers >= 1
    assert set(settings.origins.values()) == {"default"}


def test_arguments_win_over_the_environment_over_the_file(tmp_path: Path):
    (tmp_path / "chna.toml").write_text("# house\ntimeout = 10\njobs = 2\ntables = 'off'\n")
    settings = load(tmp_path, {"jobs": 4, "timeout": None}, {"CHNA_JOBS": "3", "CHNA_TIMEOUT": "20", "HOME": "x"})
    assert (settings.jobs, settings.timeout, settings.tables) == (4, 20.0, "off")
    assert settings.origins["jobs"] == "argument --jobs"
    assert settings.origins["timeout"] == "environment CHNA_TIMEOUT"
    assert settings.origins["tables"] == "config chna.toml:4"
    assert settings.origins["memory_mb"] == "default"


def test_every_setting_can_come_from_the_file(tmp_path: Path):
    (tmp_path / "chna.toml").write_text(
        'output = "out"\nhospitals = "h.csv"\nlexicon = "lex"\nselect = ["L01", "L05"]\njobs = 1\n'
        'tables = "off"\ntimeout = 1.5\nmemory_mb = 0\ncache = false\ncache_dir = "/c"\n'
        "[thresholds]\ncovered = 0.7\nmin_words = 10\n"
    )
    settings = load(tmp_path)
    assert settings.output == tmp_path / "out"  # relative to the file, not to the working folder
    assert settings.select == ("L01", "L05")
    assert (settings.timeout, settings.memory_mb, settings.cache) == (1.5, 0, False)
    assert settings.cache_dir == Path("/c")
    assert settings.thresholds == Thresholds(covered=0.7, min_words=10)
    assert settings.origins["thresholds.min_words"] == "config chna.toml:13"
    assert settings.origins["thresholds.planned"] == "default"


def test_the_nearest_file_upward_counts_alone(tmp_path: Path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "chna.toml").write_text("jobs = 7\ntimeout = 7\n")
    assert load(inner).jobs == 7
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.chna]\njobs = 5\n")
    settings = load(inner)
    assert (settings.jobs, settings.timeout) == (5, 120.0)
    assert settings.origins["jobs"] == "config pyproject.toml:4"
    (tmp_path / "a" / "pyproject.toml").write_text("[project\nbroken, and not ours")
    assert load(inner).jobs == 7


def test_a_file_can_be_named(tmp_path: Path):
    (tmp_path / "chna.toml").write_text("jobs = 7\n")
    (tmp_path / "other.toml").write_text("jobs = 5\n")
    assert load(tmp_path, config=tmp_path / "other.toml").jobs == 5
    assert load(tmp_path, environment={"CHNA_CONFIG": str(tmp_path / "other.toml")}).jobs == 5
    with pytest.raises(UsageError, match=r"no\.toml: no such file"):
        load(tmp_path, config=tmp_path / "no.toml")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("jobs = 1\ntimout = 3\n", "chna.toml:2: unknown setting 'timout'", "Did you mean 'timeout'?"),
        ("jobs = 1\nzzz = 3\n", "chna.toml:2: unknown setting 'zzz'", "Known are output"),
        ("\n\njobs = -1\n", "chna.toml:3: jobs: must be a whole number", ""),
        ("timeout = 0\n", "chna.toml:1: timeout: must be a number of seconds above 0", ""),
        ("tables = 'on'\n", "chna.toml:1: tables: must be", ""),
        ("cache = 'no'\n", "chna.toml:1: cache: must be true or false", ""),
        ("select = 5\n", "chna.toml:1: select: must be lessons", ""),
        ("output = 5\n", "chna.toml:1: output: must be a path", ""),
        ("[thresholds]\ncoverd = 1\n", "chna.toml:2: unknown setting 'coverd'", "'covered'"),
        ("[thresholds]\nmin_words = 0.5\n", "chna.toml:2: thresholds.min_words: must be a whole", ""),
        ("thresholds.covered = 'x'\n", "chna.toml:1: thresholds.covered: must be a number", ""),
        ("thresholds = 1\n", "chna.toml:1: thresholds must be a table", "[thresholds]"),
        ("jobs 1\n", "chna.toml: not TOML", ""),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, text, message, hint):
    (tmp_path / "chna.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE


def test_a_mistake_in_the_environment_or_an_argument_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match="CHNA_JOBS: jobs: must be"):
        load(tmp_path, environment={"CHNA_JOBS": "many"})
    with pytest.raises(UsageError, match="--timeout: timeout: must be"):
        load(tmp_path, {"timeout": -1})


def test_the_cache_can_be_switched_off_in_the_environment(tmp_path: Path):
    assert load(tmp_path, environment={"CHNA_NO_CACHE": "1"}).cache is False
    assert load(tmp_path, environment={"CHNA_NO_CACHE": "0"}).cache is True
    assert load(tmp_path, environment={"CHNA_CACHE_DIR": "/c"}).cache_dir == Path("/c")


def test_a_variable_that_looks_misspelt_is_a_warning(tmp_path: Path):
    settings = load(tmp_path, environment={"CHNA_TIMOUT": "3", "CHNA_DATA_FOLDER_OF_MINE": "x"})
    assert settings.warnings == ("CHNA_TIMOUT is not a setting; did you mean CHNA_TIMEOUT?",)
