"""Evidence replay: what is audible in each telling, and the tellings side by side."""

from __future__ import annotations

from typing import Any

import pytest
from drills_support import answers, told, toml
from hypothesis import given
from hypothesis import strategies as st

from unsaid.drills.evidence_replay import ELEMENTS, Take, replay, side_by_side

TAKES: list[dict[str, Any]] = toml("takes.toml")["take"]
PROMPT = "Tell me about a project you led."


def heard(table: dict[str, Any]) -> Take:
    return replay(told(table["text"], "story", PROMPT))


@pytest.mark.parametrize(
    "table", [pytest.param(t, id=f"{t['story']}-{i % 3 + 1}") for i, t in enumerate(TAKES)]
)
def test_every_take_shows_what_it_tells(table: dict[str, Any]) -> None:
    take = heard(table)
    for element in take.elements:
        name = element.id
        wanted = "yes" if name in table["yes"] else "partly" if name in table["partly"] else "no"
        assert (name, element.audible) == (name, wanted)
        assert bool(element.sentences) == (wanted != "no")
    assert len(take.claims) == table["claims"]
    assert take.audible == len(table["yes"])


@pytest.mark.parametrize("story", ["till", "search", "clinic", "ledger"])
def test_three_takes_side_by_side(story: str) -> None:
    takes = [heard(t) for t in TAKES if t["story"] == story]
    compared = side_by_side(takes)
    assert [row.id for row in compared.rows] == list(ELEMENTS)
    assert compared.claims == tuple(len(t.claims) for t in takes) and compared.claims[2] == 0
    stakes = next(row for row in compared.rows if row.id == "stakes")
    assert stakes.audible == ("no", "no", "yes") and stakes.words == "heard from take 3 on"
    assert compared.words[0].endswith(f"{takes[0].audible}, {takes[1].audible}, 6.")
    assert not any("missing" in line or "Half" in line for line in compared.words)


def test_what_is_missing_is_named() -> None:
    takes = [heard(t) for t in TAKES[:2]]
    said = side_by_side(takes).words
    assert any(line.startswith("Still missing in the last take: stakes, alternatives") for line in said)
    assert any(line == "Claims without evidence, take by take: 3, 0." for line in said)


def test_impact_needs_a_number() -> None:
    story = "I was the lead at a bank. I wrote the import. I ran it at night. "
    assert replay(told(story + "The errors fell.", "story")).element("impact").audible != "yes"
    assert (
        replay(told(story + "The errors fell from ninety to four.", "story")).element("impact").audible
        == "yes"
    )


def test_no_takes_compare_to_nothing() -> None:
    compared = side_by_side([])
    assert compared.words == () and all(row.audible == () for row in compared.rows)


@given(st.lists(answers(), max_size=3))
def test_any_takes_can_be_compared(results) -> None:
    takes = [replay(r) for r in results]
    for take, result in zip(takes, results, strict=True):
        assert tuple(e.id for e in take.elements) == ELEMENTS
        for element in take.elements:
            assert list(element.sentences) == sorted(set(element.sentences))
            assert all(0 <= i < len(result.sentences) for i in element.sentences)
            assert (element.audible == "no") == (not element.sentences)
        assert take.audible == sum(e.audible == "yes" for e in take.elements)
        assert take.words == sum(s.last_word - s.first_word for s in result.sentences)
        assert 0 <= take.figures <= len(result.sentences)
    compared = side_by_side(takes)
    assert all(len(row.audible) == len(takes) and row.words for row in compared.rows)
    assert len(compared.claims) == len(compared.figures) == len(compared.duration_s) == len(takes)
