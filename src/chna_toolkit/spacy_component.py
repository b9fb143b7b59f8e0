"""The tagger as a component of a spaCy pipeline, for researchers who have one.

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("chna_lessons")
    doc = nlp("Both boards signed a memorandum of understanding.")
    [(span.text, span.label_, span._.chna_assertion) for span in doc.spans["chna"]]

spaCy finds the component by its name as soon as chna-toolkit is installed. It is safe to train and save
pipelines with it: it keeps no state but its settings.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc, Span

from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.tagger import DEFAULT_METHOD, Label

SPANS = "chna"  # the default key in `Doc.spans`

# What a span says beside its label, the id of the lesson.
_EXTENSIONS: dict[str, object] = {"chna_assertion": "", "chna_confidence": 0.0, "chna_rules": ()}


class LessonTagger:
    """Adds to `doc.spans` a span for each lesson that a sentence shows, from its first evidence to its last."""

    def __init__(self, tagger: Tagger, spans_key: str = SPANS) -> None:
        self._tagger = tagger
        self._key = spans_key
        self._ids = {str(lesson.number): lesson.id for lesson in tagger.lexicon.lessons}
        for name, default in _EXTENSIONS.items():
            if not Span.has_extension(name):
                Span.set_extension(name, default=default)

    def __call__(self, doc: Doc) -> Doc:
        """Tag sentence by sentence if the document has sentences, else as one text."""
        sentences = list(doc.sents) if doc.has_annotation("SENT_START") else [doc[:]]
        before = [doc[0:0], *sentences]
        texts = [(here.text, prev.text) for prev, here in pairwise(before)]
        found = zip(sentences, self._tagger.labels(texts), strict=True)
        spans = (self._span(sentence, *one) for sentence, labels in found for one in labels.items())
        doc.spans[self._key] = [span for span in spans if span is not None]
        return doc

    def _span(self, sentence: Span, number: str, label: Label) -> Span | None:
        start, end = label.spans[0][0], max(end for _, end in label.spans)
        span = sentence.char_span(start, end, label=self._ids[number], alignment_mode="expand")
        if span is not None:
            span._.chna_assertion = label.assertion.value
            span._.chna_confidence = label.confidence
            span._.chna_rules = label.rules
        return span


@Language.factory(
    "chna_lessons",
    default_config={"lexicon": None, "method": DEFAULT_METHOD, "spans_key": SPANS},
    assigns=["doc.spans"],
)
def make_lesson_tagger(
    nlp: Language,  # noqa: ARG001 - spaCy gives it
    name: str,  # noqa: ARG001 - and this
    lexicon: str | None,
    method: str,
    spans_key: str,
) -> LessonTagger:
    """Make the component. `lexicon` is a folder, the built-in one by default. Raises `UsageError`, `LexiconError`."""
    return LessonTagger(Tagger(load_lexicon(Path(lexicon) if lexicon else None), method=method), spans_key)
