"""Researchers who have a spaCy pipeline get the lessons as spans of their documents."""

from __future__ import annotations

from pathlib import Path

import pytest
import spacy
from spacy.language import Language

TEXT = (
    "Harbor Point Hospital serves three counties. "
    "Both boards signed a memorandum of understanding with the Lakeside Food Bank in 2023. "
    "Residents will be asked in listening sessions which needs come first."
)


@pytest.fixture(scope="module")
def nlp() -> Language:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("chna_lessons")
    return nlp


def test_each_lesson_of_a_sentence_is_a_span(nlp: Language) -> None:
    doc = nlp(TEXT)
    found = {span.label_: span for span in doc.spans["chna"]}
    assert {"L03", "L10"} <= set(found)
    agreement = found["L10"]
    assert "memorandum of understanding" in agreement.text
    assert agreement._.chna_assertion == "practice"
    assert 0 < agreement._.chna_confidence <= 1
    assert any(rule.startswith("L10.") for rule in agreement._.chna_rules)
    assert found["L03"]._.chna_assertion == "plan"
    assert agreement.sent.text.startswith("Both boards")


def test_a_document_without_sentences_is_one_text() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("chna_lessons", config={"method": "rules", "spans_key": "lessons"})
    doc = nlp(TEXT)
    assert "L10" in {span.label_ for span in doc.spans["lessons"]}
    doc = nlp("")
    assert not doc.spans["lessons"]


def test_a_pipeline_with_it_can_be_saved_and_loaded(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")
    here, there = nlp(TEXT), again(TEXT)
    assert [(span.label_, span.text) for span in here.spans["chna"]]
    assert [(span.label_, span.text) for span in here.spans["chna"]] == [
        (span.label_, span.text) for span in there.spans["chna"]
    ]
