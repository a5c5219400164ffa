"""The parts of an answer: found where a listener would put them, and without a gap."""

from __future__ import annotations

from itertools import pairwise

import pytest
from accuracy import home
from drills_support import KINDS, answers, labelled, told, toml
from hypothesis import given
from hypothesis import strategies as st

from unsaid.audit import audit
from unsaid.drills.parts import STORY, TECHNICAL, Part, against, parts

LABELLED = toml("parts.toml")


def share(names: list[str]) -> float:
    """The share of sentences that were put into the labelled part."""
    right = total = 0
    for name in names:
        case = labelled(name)
        result = audit(case.transcript, case.prompt, kind=case.kind)
        label = {
            line: part for part, first, last in LABELLED[name]["parts"] for line in range(first - 1, last)
        }
        found = {i: p.name for p in parts(result, case.kind) for i in range(p.first, p.last + 1)}
        for s in result.sentences:
            right += found[s.index] == label[home(s.start_s, s.end_s, case.transcript.segments)]
            total += 1
    return right / total


# Bounds stand a little below what was measured (docs/accuracy.md).
@pytest.mark.parametrize(("held", "least"), [(True, 0.77), (False, 0.88)], ids=["held out", "tuned on"])
def test_most_sentences_are_in_their_part(held: bool, least: float) -> None:
    names = [name for name, table in LABELLED.items() if bool(table.get("held")) == held]
    assert len(names) >= 7
    assert share(names) >= least


def test_a_typed_answer_has_all_five() -> None:
    case = labelled("log_reorder_clear")
    assert [p.name for p in parts(audit(case.transcript, case.prompt, kind=case.kind))] == list(TECHNICAL)


def test_one_odd_question_does_not_lead_back() -> None:
    asked = "Is it one region? I'll assume one. A scan is a row. I'd use one table. "
    own = "Why not two? Since joins are cheap. I'd put a queue in front. The page reads the row. That's it."
    found = parts(told(asked + own, "design"), "design")
    assert [p.name for p in found] == ["clarify", "solve", "close"]


def test_who_goes_back_to_ask_is_heard() -> None:
    start = "Is it one region? I'll assume one. I'd use one table. A scan is a row. I'd index it by parcel. "
    solve = "The page reads the last row. I'd put a queue in front. I'd cache the page. "
    back = (
        "Wait, let me ask first, how many parcels are there? Is it one country? Must a scan never be lost? "
    )
    rest = (
        "I'll assume a million a day, and one country. So I'd shard by depot. I'd keep a week of rows. Done."
    )
    found = parts(told(start + solve + back + rest, "design"), "design")
    assert [p.name for p in found] == ["clarify", "solve", "clarify", "solve", "close"]


def test_the_silence_before_a_part_belongs_to_it() -> None:
    found = parts(
        told("Is it one region? I'll assume it is one. [9.0] I'd use one table. I'd add a queue.", "design")
    )
    assert [p.name for p in found] == ["clarify", "solve"]
    assert found[1].minutes * 60 > 9


def stretch(name: str, start_s: float, end_s: float) -> Part:
    return Part(name, 0, 0, start_s, end_s, 10, True)


def test_what_eats_the_clock_is_named() -> None:
    found = (stretch("clarify", 0, 300), stretch("solve", 300, 400), stretch("close", 400, 410))
    said = against(found, 5, "coding")
    assert "over the clock" in said[0] and "6:50" in said[0]
    assert any(line.startswith("Clarify eats the clock: 73%") for line in said)
    assert any(line.startswith("Test: no stretch") for line in said)


def test_a_design_is_tried_out_while_it_is_drawn() -> None:
    found = (stretch("clarify", 0, 60), stretch("solve", 60, 380), stretch("close", 380, 400))
    assert against(found, 7, "design") == ()
    assert any("Test" in line for line in against(found, 7, "coding"))


def test_a_story_is_judged_as_one() -> None:
    said = against((stretch("context", 0, 200), stretch("action", 200, 300)))
    assert any(line.startswith("Context eats the clock") for line in said)
    assert any(line.startswith("Outcome:") for line in said) and any(
        line.startswith("Reflection:") for line in said
    )


def test_without_times_words_count_and_no_clock_is_told() -> None:
    found = (Part("solve", 0, 3, 0, 0, 90, False), Part("close", 4, 4, 0, 0, 10, False))
    said = against(found, 5, "design")
    assert said and not any("clock." in line or "time left" in line for line in said)
    assert all(p.minutes == 0 for p in found)


@given(answers(), KINDS, st.floats(0, 100))
def test_parts_cover_any_answer_without_overlap(result, kind, minutes: float) -> None:
    found = parts(result, kind)
    assert bool(found) == bool(result.sentences)
    if found:
        assert [i for p in found for i in range(p.first, p.last + 1)] == list(range(len(result.sentences)))
        assert found[0].start_s == 0
        assert found[-1].end_s >= max(result.transcript.duration_s, result.sentences[-1].end_s)
        assert sum(p.words for p in found) == sum(s.last_word - s.first_word for s in result.sentences)
    for one, other in pairwise(found):
        assert one.end_s == other.start_s and one.start_s <= one.end_s and one.name != other.name
    assert {p.name for p in found} <= set(TECHNICAL) or {p.name for p in found} <= set(STORY)
    assert parts(result, kind) == found
    assert all(line.endswith((".", "clock.", "left.")) for line in against(found, minutes, kind))
