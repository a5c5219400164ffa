"""The check of a rewrite: it passes when the gap is closed, and says what is missing when it is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.accuracy import spoken
from unsaid.audit import audit
from unsaid.model import Audit
from unsaid.review.check import LONGEST_WORDS, missing

CASE = spoken(
    "Is the limit for each user? I'd go with a token bucket. Next, the store. "
    "All the servers agree on the time. The extra call will probably be fast enough. Let me sum up.",
    "Design a rate limiter for a public web API.",
    "design",
)
FOUND: Audit = audit(CASE.transcript, CASE.prompt, kind=CASE.kind)


def check(index: int, text: str, letter: str = "D") -> tuple[str, ...]:
    return missing(FOUND, index, text, letter=letter, kind=CASE.kind)


@pytest.mark.parametrize(
    ("index", "letter", "text"),
    [
        (1, "D", "I'd go with a token bucket because it lets short bursts through."),
        (1, "D", "I chose a token bucket over a sliding log, since the log costs memory for every request."),
        (3, "A", "I'm assuming the servers agree on the time; if they didn't, I'd count in the store."),
        (4, "U", "The extra call should take a millisecond, and I'd measure it under load to be sure."),
    ],
)
def test_what_was_hidden_is_said(index: int, letter: str, text: str) -> None:
    assert any(f.sentence_index == index for f in FOUND.flags)
    assert check(index, text, letter) == ()


@pytest.mark.parametrize(
    ("index", "letter", "text", "told"),
    [
        (1, "D", "I'd go with a token bucket.", "Still D1"),
        (4, "U", "It will probably be fast enough.", "Still U1"),
        (1, "D", "", "no sentence"),
        (1, "D", "  ... ", "no sentence"),
        (1, "D", "I chose a token bucket over ___ because ___.", "blank"),
        (1, "D", "I'd go with a token bucket. It lets short bursts through.", "2 sentences"),
        (1, "D", "It lets bursts through because " + "of this and " * LONGEST_WORDS, "too many"),
    ],
)
def test_what_is_still_missing_is_named(index: int, letter: str, text: str, told: str) -> None:
    lines = check(index, text, letter)
    assert lines and told in lines[0]


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=60)
def test_any_text_is_judged(text: str) -> None:
    for line in check(1, text):
        assert line.strip() and "\n" not in line
