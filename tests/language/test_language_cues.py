"""Phrases as data: what a row in cues.toml means."""

from __future__ import annotations

import re

import pytest

from unsaid.language import cues
from unsaid.language.acts import read
from unsaid.language.sentences import split
from unsaid.model import Segment, Transcript


def found(text: str, kind: str) -> list[str]:
    toks = cues.tokens(text)
    hits = cues.find([t.text for t in toks]).cues.get(kind, ())
    return [text[toks[c.start].start : toks[c.end - 1].end] for c in hits]


def classes(text: str) -> set[str]:
    return {name for at in cues.find([t.text for t in cues.tokens(text)]).classes for name, _ in at}


def test_tokens_keep_their_places() -> None:
    text = "So, H-Mac (10,000 keys) isn’t node.js!"
    toks = cues.tokens(text)
    assert [t.text for t in toks] == ["so", "h", "mac", "10,000", "keys", "isn't", "node.js"]
    assert all(text[t.start : t.end].lower().replace("’", "'") == t.text for t in toks)


def test_contractions_without_their_apostrophes_are_understood() -> None:
    assert [t.text for t in cues.tokens("im not sure thats it")] == ["i'm", "not", "sure", "that's", "it"]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("I'd go with Postgres", "I'd go with"),
        ("so i would um just probably go with it", "i would um just probably go with"),
        ("WE'RE GOING TO USE it", "WE'RE GOING TO USE"),
    ],
)
def test_a_phrase_is_found_whatever_the_case_and_the_fillers(text: str, quote: str) -> None:
    assert quote in found(text, "decision")


@pytest.mark.parametrize(
    "text",
    [
        "Reddis",
        "post gress",
        "my sequel",
        "Kafka's",
        "a deck",
        "mute X",
        "breath first search",
        "item potency key",
    ],
)
def test_what_a_recogniser_mishears_is_still_a_thing(text: str) -> None:
    assert "thing" in classes(text)


def test_numbers_in_digits_and_words() -> None:
    assert all(cues.is_number(w) for w in ("10", "10,000", "3.5", "50%", "twenty", "millions"))
    assert not any(cues.is_number(w) for w in ("one", "first", "ten's"[:0] or "tent", "a"))


def test_every_class_named_in_a_phrase_exists_and_brackets_match() -> None:
    document = cues._document()
    known = {*document["classes"], "num", "thing", "xs"}
    for kind, grades in document.items():
        if kind in ("classes", "words"):
            continue
        assert set(grades) <= set(cues.GRADES), kind
        for rows in grades.values():
            for row in rows:
                assert row == row.lower() and row.count("(") == row.count(")"), row
                assert set(re.findall(r"<(\w+)>", row)) <= known, row
                assert not row.endswith(" *"), f"{row}: a wildcard at the end finds nothing more"


def test_acts_lie_within_their_sentence() -> None:
    text = "I'd go with Postgres because reads dominate. Should it scale? It'll probably be fine."
    sentences = read(split(Transcript((Segment(0, 9, text),), 9.0, timing="none")))
    assert sentences[0].does("decision") and sentences[0].does("reason")
    assert sentences[1].does("question")
    assert sentences[2].does("hedge")
    for s in sentences:
        assert all(0 <= a.start < a.end <= len(s.text) for a in s.acts)


def test_a_row_of_the_same_word_costs_no_more_than_its_length() -> None:
    # Wildcards and groups over and over: the walk is bounded at each word.
    words = ["i'd", "put", "the", "the"] * 5000
    assert cues.find(words).cues["decision"] or True
