"""The checklist for the end of an answer: filled with what was heard, and asked only where it belongs."""

from __future__ import annotations

import pytest
from drills_support import KINDS, answers, labelled, told
from hypothesis import given

from unsaid.audit import audit
from unsaid.drills import signals
from unsaid.drills.checklist import ASKED, QUESTIONS, Line, checklist
from unsaid.drills.recovery import recovery


def filled(name: str) -> dict[str, Line]:
    case = labelled(name)
    result = audit(case.transcript, case.prompt, kind=case.kind)
    return {
        line.id: line for line in checklist(result, signals.heard(result, kind=case.kind), kind=case.kind)
    }


def test_a_strong_coding_answer() -> None:
    lines = filled("c06")
    assert {n: lines[n].answer for n in ("clarified", "assumptions", "tests", "trade-offs")} == dict.fromkeys(
        ("clarified", "assumptions", "tests", "trade-offs"), "yes"
    )
    assert lines["story"].answer == lines["operation"].answer == lines["hints"].answer == "not asked"


def test_a_strong_design_and_a_row_of_names() -> None:
    strong, weak = filled("design_checkout_teacher"), filled("vocab_dumper_feed")
    assert strong["clarified"].answer == strong["failures"].answer == strong["trade-offs"].answer == "yes"
    assert weak["trade-offs"].answer == "no" and weak["failures"].answer != "yes"
    assert weak["assumptions"].answer != "yes" and weak["signals"].answer != "yes"


def test_a_whole_story_and_a_half_one() -> None:
    assert filled("story_performance_rescue")["story"].answer == "yes"
    half = filled("s04")["story"]
    assert half.answer == "partly" and "stakes" in half.words


def test_nothing_clarified_nothing_tried() -> None:
    result = told("I sort the list. Then I push it. Then I return it.", "coding")
    lines = {x.id: x for x in checklist(result, kind="coding")}
    assert lines["clarified"].answer == lines["tests"].answer == lines["assumptions"].answer == "no"
    assert all(lines[n].sentences == () for n in ("clarified", "tests", "assumptions"))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (
            "You're right, that breaks. I assumed the ids are unique. So the key becomes tenant and id. "
            "Next, the index takes both.",
            "yes",
        ),
        ("Yes, that's wrong. It is what it is. Somebody would have to think about it.", "partly"),
        ("I don't think that's a problem. In practice that never happens.", "no"),
    ],
)
def test_hints_are_judged_where_there_was_one(text: str, answer: str) -> None:
    result = told(text, "design")
    lines = {x.id: x for x in checklist(result, recovery=recovery(result), kind="design")}
    assert lines["hints"].answer == answer and lines["hints"].sentences


def test_signals_are_told_by_level() -> None:
    case = labelled("c06")
    result = audit(case.transcript, case.prompt, kind=case.kind)
    line = checklist(result, signals.heard(result))[-1]
    assert line.id == "signals" and "isible: " in line.words
    assert checklist(result)[-1].answer == "not asked"


@given(answers(), KINDS)
def test_any_answer_fills_the_list(result, kind) -> None:
    heard = signals.heard(result, kind=kind)
    lines = checklist(result, heard, recovery(result, kind=kind), kind)
    assert [x.id for x in lines] == list(QUESTIONS)
    for line in lines:
        assert line.question == QUESTIONS[line.id] and line.words
        assert list(line.sentences) == sorted(set(line.sentences))
        assert all(0 <= i < len(result.sentences) for i in line.sentences)
        if kind and line.id in ASKED:
            assert (line.answer == "not asked") == (kind not in ASKED[line.id])
