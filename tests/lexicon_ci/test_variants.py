"""What is made of an example: grammatical or not made at all."""

from __future__ import annotations

import pytest

from chna_toolkit.lexicon_ci.variants import DIRECTED, INVARIANT


def made(name: str, text: str) -> str | None:
    """Make a variant of a text whose match is marked."""
    from chna_toolkit.lexicon_ci.cases import unmark

    maker = INVARIANT[name] if name in INVARIANT else DIRECTED[name][0]
    return maker(*unmark(text))


@pytest.mark.parametrize(
    ("name", "text", "variant"),
    [
        ("line_break", "We [[signed]] it.", "We\nsigned\nit."),
        ("line_break", "Pact", None),
        ("compound_break", "A [[data-sharing pact]] exists.", "A data-\nsharing pact exists."),
        ("compound_break", "A [[pact]] on re-entry exists.", None),
        ("curly_quotes", 'The school\'s "[[pact]]".', "The school’s “pact”."),
        ("curly_quotes", "A [[pact]].", None),
        ("capitals", "A [[pact]].", "A PACT."),
        ("plural", "We hold a [[memorandum of understanding]].", "We hold memorandums of understanding."),
        ("plural", "We run a [[pantry]].", "We run pantries."),
        ("plural", "A [[pact]] was signed.", None),  # the verb would have to agree
        ("plural", "We hold [[pacts]].", None),
        ("bullet", "[[Sign]] it", "• Sign it"),
        ("planned", "The clinic [[signed a pact]].", "The clinic plans to sign a pact."),
        ("planned", "Our nurses [[wrote the plan]].", "Our nurses plan to write the plan."),
        ("planned", "A [[pact was signed]].", "A pact will be signed."),
        ("called_for", "The clinic has [[signed a pact]].", "The clinic should sign a pact."),
        ("called_for", "[[We publish the list]].", "We should publish the list."),
        ("negated", "The clinic [[signed a pact]].", "The clinic did not sign a pact."),
        ("negated", "The [[pacts were signed]].", "The pacts were not signed."),
        ("negated", "[[We publish the list]].", "We do not publish the list."),
        ("negated", "The clinic, which [[signed a pact]], left.", None),
        ("negated", "The clinic that paid for it [[signed a pact]].", None),
        ("negated", "A [[signed pact]] hangs there.", None),
        ("negated", "[[Sign a pact]]", None),
        ("none", "A [[pact]] with the school exists.", "No pact with the school exists."),
        ("none", "The [[pact]] exists.", None),
    ],
)
def test_variants(name: str, text: str, variant: str | None) -> None:
    assert made(name, text) == variant


def test_a_divided_word_is_joined_as_the_extraction_does() -> None:
    assert made("hyphenation", "A [[memorandum]] exists.") == "A memorandum exists."
    assert made("hyphenation", "A [[pact]] exists.") is None
