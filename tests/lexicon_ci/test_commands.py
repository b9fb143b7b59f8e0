"""The commands as a user meets them: what they say, and with which exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import pytest
from pacts import EXAMPLES, LESSON

from chna_toolkit.cli.app import main

Make = Callable[..., Path]
WRONG = '\n[[examples]]\ntext = "They lost a pact."\n'
GOLD = (
    '{"id": "a", "text": "The clinic signed a pact with the school.", "labels": {"1": "practice"}}\n'
    '{"id": "b", "text": "They will draft a charter.", "labels": {"1": "plan"}}\n'
    '{"id": "c", "text": "They signed the bill.", "labels": {}}\n'
)


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def chna(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Done]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CHNA_CACHE_DIR", str(tmp_path / "cache"))

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["lexicon", *map(str, arguments)])
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    return run


def test_test_passes_and_fails(chna: Callable[..., Done], make: Make) -> None:
    assert chna("test", make()).code == 0
    failed = chna("test", make(EXAMPLES + WRONG))
    assert failed.code == 1
    assert "error: L01 is not found [example-missed]" in failed.out
    assert chna("test", make(), "--fail-on", "warning").code == 1  # cues that no example exercises
    assert chna("test", make(), "--fail-on", "anything").code == 2


def test_test_tells_of_mutants(chna: Callable[..., Done], make: Make) -> None:
    assert "rule-dropped 1 of 1" in chna("test", make(), "--mutate").out
    survivors = chna("test", make(), "--mutate", "--survivors", "--format", "json")
    slugs = {one["slug"] for one in json.loads(survivors.out)["findings"]}
    assert "mutant-unless-dropped" in slugs


def test_the_result_can_go_into_a_file(chna: Callable[..., Done], make: Make, tmp_path: Path) -> None:
    done = chna("test", make(EXAMPLES + WRONG), "--format", "junit", "-o", tmp_path / "new" / "test.xml")
    assert done.code == 1
    assert "<failure" in (tmp_path / "new" / "test.xml").read_text()
    assert "1 failed" in done.out


def test_explain_says_why(chna: Callable[..., Done], make: Make) -> None:
    folder = make()
    found = chna("explain", "L01.sign", "They will sign a charter.", "--lexicon", folder).out
    assert "They will {{sign}} a {{charter}}." in found
    assert "assertion plan, decided by “will”" in found
    far = chna("explain", "pacts", "They signed, as far as anybody knows, a pact.", "--lexicon", folder).out
    assert "they would match within 6" in far
    other = chna("explain", "1", "A pact is what they sign.", "--lexicon", folder).out
    assert "in another order" in other
    barred = chna("explain", "L01.sign", "They signed the treaty as a pact.", "--lexicon", folder).out
    assert "✗ unless             “treaty”" in barred
    excluded = chna("explain", "L01", "They signed a peace pact.", "--lexicon", folder).out
    assert "is set aside: excluded: L01.x.peace" in excluded
    assert "⊘ L01.x.peace        “peace pact”" in excluded
    unknown = chna("explain", "L01.sing", "x", "--lexicon", folder)
    assert (unknown.code, "Did you mean L01.sign?" in unknown.err) == (2, True)


def test_explain_as_json(chna: Callable[..., Done], make: Make) -> None:
    values = json.loads(chna("explain", "L01", "They drafted a pact.", "--lexicon", make(), "--format", "json").out)
    assert values["found"] is True
    assert [one["name"] for one in values["rules"][0]["conditions"] if not one["holds"]] == []
    assert values["rules"][0]["conditions"][0]["found"][0]["text"] == "drafted"


def test_diff_of_two_folders_on_labelled_texts(chna: Callable[..., Done], make: Make, tmp_path: Path) -> None:
    gold = tmp_path / "gold.jsonl"
    gold.write_text(GOLD)
    old = make(name="old")
    new = make(name="new", lesson=LESSON.replace('["sign", "draft"]', '["sign"]').replace("@paper", "pact|bill"))
    done = chna("diff", old, new, "--corpus", gold, "--format", "json")
    values = json.loads(done.out)
    assert done.code == 0
    assert [one["document"] for one in values["lost"]] == ["b"]
    assert [(one["document"], one["words"]) for one in values["gained"]] == [("c", "signed the bill")]
    assert values["figures"]["f1"] == [1.0, 0.5]
    assert chna("diff", old, new, "--corpus", gold, "--max-lost", "0").code == 1
    assert chna("diff", old, new, "--corpus", gold, "--max-lost", "1", "--fail-under", "0.5").code == 0
    assert chna("diff", old, new, "--corpus", gold, "--fail-under", "0.6").code == 1


def test_a_baseline_is_accepted_and_then_guards(chna: Callable[..., Done], make: Make, tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text(GOLD)
    arguments = ("--corpus", "gold.jsonl", "--max-lost", "0")
    assert chna("diff", "base.json", make(), *arguments).code == 2  # there is none yet
    assert chna("diff", "base.json", make(), *arguments, "--accept").code == 0
    first = (tmp_path / "base.json").read_bytes()
    assert chna("diff", "base.json", make(), *arguments).code == 0
    narrower = make(lesson=LESSON.replace('["sign", "draft"]', '["sign"]'))
    assert "1 places are lost; at most 0 may be" in chna("diff", "base.json", narrower, *arguments).out
    assert chna("diff", "base.json", narrower, *arguments, "--accept").code == 0
    assert chna("diff", "base.json", narrower, *arguments).code == 0
    assert (tmp_path / "base.json").read_bytes() != first
    (tmp_path / "base.json").write_text("{}")
    assert chna("diff", "base.json", narrower, *arguments).code == 2


def test_a_gate_for_every_change_sees_what_is_gained_and_what_other_rules_find(
    chna: Callable[..., Done], make: Make, tmp_path: Path
) -> None:
    (tmp_path / "gold.jsonl").write_text(GOLD, encoding="utf-8")
    arguments = ("--corpus", "gold.jsonl", "--max-lost", "0")
    assert chna("diff", "base.json", make(), "--corpus", "gold.jsonl", "--accept").code == 0
    assert chna("diff", "base.json", make(), *arguments, "--max-changed", "0").code == 0

    wider = make(lesson=LESSON.replace('"letter of intent"', '"bill"'))
    assert chna("diff", "base.json", wider, *arguments).code == 0  # nothing is lost
    done = chna("diff", "base.json", wider, *arguments, "--max-changed", "0")
    assert done.code == 1
    assert "1 places are gained, lost or found otherwise; at most 0 may be" in done.out

    renamed = make(lesson=LESSON.replace("L01.sign", "L01.agree"), examples="")
    done = chna("diff", "base.json", renamed, *arguments, "--max-changed", "1", "--format", "json")
    assert done.code == 1
    found = json.loads(done.out)["by_other_rules"]
    assert [(one["old"]["rules"], one["new"]["rules"]) for one in found] == [(["L01.sign"], ["L01.agree"])] * 2


def test_several_files_of_labelled_texts_are_one_corpus(chna: Callable[..., Done], make: Make, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.jsonl").write_text(GOLD.replace('"id": "', f'"id": "{name}-'), encoding="utf-8")
    both = ("--corpus", "one.jsonl", "--corpus", "two.jsonl")
    assert chna("diff", "base.json", make(), *both, "--accept").code == 0
    rows = [row[0] for row in json.loads((tmp_path / "base.json").read_text("utf-8"))["found"]]
    assert rows == ["one-a", "one-b", "two-a", "two-b"]
    done = chna("diff", "base.json", make(), "--corpus", "one.jsonl", "--corpus", str(tmp_path))
    assert done.code == 2
    assert "is no file of labelled texts" in done.err
    assert "by a text where no example does" in chna("test", make(), "--mutate", "--texts", "one.jsonl").out


def test_a_baseline_of_another_version_is_refused_and_can_be_made_anew(
    chna: Callable[..., Done], make: Make, tmp_path: Path
) -> None:
    (tmp_path / "gold.jsonl").write_text(GOLD, encoding="utf-8")
    (tmp_path / "base.json").write_text('{"format": 1, "found": []}', encoding="utf-8")
    refused = chna("diff", "base.json", make(), "--corpus", "gold.jsonl")
    assert refused.code == 2
    assert "--accept" in refused.err
    assert chna("diff", "base.json", make(), "--corpus", "gold.jsonl", "--accept").code == 0
    assert chna("diff", "base.json", make(), "--corpus", "gold.jsonl", "--max-changed", "0").code == 0


def test_old_and_new_may_be_git_revisions(chna: Callable[..., Done], make: Make, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "gold.jsonl").write_text(GOLD)
    folder = make()
    git("init", "-q")
    git("add", "lexicon")
    git("commit", "-qm", "first")
    make(lesson=LESSON.replace('["sign", "draft"]', '["sign"]'))
    before = chna("diff", "HEAD", folder, "--corpus", "gold.jsonl", "--format", "json")
    assert [one["document"] for one in json.loads(before.out)["lost"]] == ["b"]
    assert chna("diff", "HEAD:lexicon", "HEAD:lexicon", "--corpus", "gold.jsonl").code == 0
    assert chna("diff", "no-such-revision", folder, "--corpus", "gold.jsonl").code == 2
    assert chna("diff", "--", "-x", folder, "--corpus", "gold.jsonl").code == 2  # no option of git
    assert chna("diff", "irs-501r", folder, "--corpus", "gold.jsonl").code == 0


def test_stats_on_labelled_texts(chna: Callable[..., Done], make: Make, tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text(GOLD + '{"id": "d", "text": "A wedding charter was drafted.", "labels": {}}\n')
    lesson = LESSON + '\n[[rules]]\nid = "L01.never"\nphrases = ["covenant"]\n'
    done = chna("stats", "gold.jsonl", "--lexicon", make(lesson=lesson), "--format", "json")
    rules = {one["rule"]: one for one in json.loads(done.out)["rules"]}
    assert (rules["L01.sign"]["labelled"], rules["L01.sign"]["precision"], rules["L01.sign"]["recall"]) == (2, 1.0, 1.0)
    assert rules["L01.never"]["advice"] == ["dead"]
    assert "1 dead" in chna("stats", "gold.jsonl", "--lexicon", make(lesson=lesson)).out
    table = chna("stats", "gold.jsonl", "--lexicon", make(lesson=lesson), "--format", "csv").out.splitlines()
    assert len(table) == 3


def test_diff_and_stats_on_documents(
    chna: Callable[..., Done], make: Make, sample_reports: Path, tmp_path: Path
) -> None:
    pdf = sample_reports / "lowmoor-county-joint-chna-2024.pdf"
    lesson = LESSON.replace('["sign", "draft"]', '["hospital", "county"]')
    old = make(name="old", lesson=lesson.replace('"@paper"', '"health", "council"'))
    new = make(name="new", lesson=lesson.replace('"@paper"', '"covenant"'))
    done = chna("diff", old, new, "--corpus", pdf, "--ocr", "off", "--jobs", 1, "--format", "json")
    values = json.loads(done.out)
    assert values["lost"] and not values["gained"]
    assert {flip["new"] for flip in values["flips"]} == {"silent"}
    assert {flip["rules"][0] for flip in values["flips"]} == {"L01.sign"}
    stats = json.loads(chna("stats", pdf, "--lexicon", old, "--ocr", "off", "--jobs", 1, "--format", "json").out)
    rule = stats["rules"][0]
    assert (rule["documents"], rule["hinge"] > 0, rule["advice"]) == (1, True, ["hinge"])
    assert rule["mentions"] >= rule["alone"] >= rule["pages"] > 0


def pytest_with_plugin(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    known = {one.value for one in entry_points(group="pytest11")}
    plugin = [] if "chna_toolkit.pytest_plugin" in known else ["-p", "chna_toolkit.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", *plugin, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_plugin_runs_examples_when_asked(make: Make, tmp_path: Path) -> None:
    make(EXAMPLES + WRONG)
    unasked = pytest_with_plugin("lexicon", folder=tmp_path)
    assert unasked.returncode == 5  # no test was collected
    done = pytest_with_plugin("--chna-lexicon", "lexicon", folder=tmp_path)
    assert done.returncode == 1
    assert "expected: They lost a pact." in done.stdout
    assert "Traceback" not in done.stdout
    (tmp_path / "pytest.ini").write_text("[pytest]\nchna_lexicon = true\n")
    assert pytest_with_plugin("lexicon", "-k", "L01.sign", folder=tmp_path).returncode == 0
