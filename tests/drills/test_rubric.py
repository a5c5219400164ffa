"""The self-score: what the gate says of the numbers, and what is told beside each dimension."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synthetic
from unsaid.drills.rubric import DIMENSIONS, find, gate, measured, to_train
from unsaid.model import Audit, Transcript

NUMBERS = st.fixed_dictionaries({d.id: st.integers(1, 5) for d in DIMENSIONS})


@given(NUMBERS)
def test_ready_is_four_on_average_and_nothing_below_three(numbers: dict[str, int]) -> None:
    found = gate(numbers)
    assert found.average == pytest.approx(sum(numbers.values()) / 6)
    assert found.ready == (sum(numbers.values()) >= 24 and min(numbers.values()) >= 3)
    assert found.words.startswith("ready: " if found.ready else "not ready: ")
    for dimension in DIMENSIONS:
        assert (f"{dimension.name} is {numbers[dimension.id]}" in found.words) == (numbers[dimension.id] < 3)
    assert ("4 is wanted" in found.words) == (sum(numbers.values()) < 24)


@given(NUMBERS, st.sampled_from(DIMENSIONS))
def test_a_better_number_never_makes_one_less_ready(numbers: dict[str, int], one) -> None:
    better = numbers | {one.id: min(5, numbers[one.id] + 1)}
    assert gate(better).ready >= gate(numbers).ready


@given(NUMBERS, st.sets(st.sampled_from([d.id for d in DIMENSIONS]), min_size=1))
def test_nothing_is_told_while_a_number_is_missing(numbers: dict[str, int], gone: set[str]) -> None:
    found = gate({k: v for k, v in numbers.items() if k not in gone})
    assert not found.ready and found.average is None
    for dimension in DIMENSIONS:
        assert (dimension.name in found.words) == (dimension.id in gone)


def numbers_of(*given_numbers: int) -> dict[str, int]:
    return dict(zip((d.id for d in DIMENSIONS), given_numbers, strict=True))


@pytest.mark.parametrize(
    ("given_numbers", "words"),
    [
        ((4, 4, 4, 4, 2, 4), "not ready: recovery is 2; average 3.7, 4 is wanted"),
        ((5, 5, 5, 5, 2, 5), "not ready: recovery is 2, 3 is wanted; average 4.5"),
        ((4, 4, 4, 4, 3, 3), "not ready: average 3.7, 4 is wanted"),
        ((1, 5, 2, 5, 5, 5), "not ready: framing is 1 and time control is 2; average 3.8, 4 is wanted"),
        ((4, 4, 4, 4, 4, 4), "ready: average 4.0, nothing below 3"),
    ],
)
def test_the_gate_is_told_plainly(given_numbers: tuple[int, ...], words: str) -> None:
    assert gate(numbers_of(*given_numbers)).words == words


@pytest.mark.parametrize("number", [0, 6, -1])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 5"):
        gate({"framing": number})


@given(NUMBERS)
def test_the_weakest_is_what_to_train_next(numbers: dict[str, int]) -> None:
    least = min(numbers.values())
    assert [d.id for d in to_train(numbers)] == [
        d.id for d in DIMENSIONS if numbers[d.id] == least and least < 5
    ]


def test_a_dimension_is_found_by_the_beginning_of_its_name() -> None:
    for dimension in DIMENSIONS:
        assert find(dimension.id) == find(dimension.name.upper()) == dimension
    assert find("time").id == "time-control" and find("signal_coverage").id == "signal-coverage"
    for name, words in (("re", "several"), ("speed", "no dimension"), ("", "no dimension")):
        with pytest.raises(ValueError, match=words):
            find(name)


def test_what_was_measured_stands_beside_its_dimension() -> None:
    audit = synthetic.answer(0.3, random.Random(5), "design")
    told = measured(audit)
    m = audit.measures
    assert list(told) == [d.id for d in DIMENSIONS]
    assert any(f"{m.decisions_explained} of {m.decisions}" in line for line in told["evidence"])
    assert any(f"{m.doubts_bounded} of {m.doubts}" in line for line in told["evidence"])
    assert any(f"{len(audit.flags) / (m.duration_s / 60):.1f} a minute" in line for line in told["evidence"])
    at_s = int(m.first_framing_s or 0)
    assert f"at {at_s // 60}:{at_s % 60:02}" in told["framing"][0]
    assert audit.sentences[-1].text in told["reflection"][0]
    assert told["signal-coverage"] == (), "what was not measured is not told"
    assert not any(
        "apologies" in line or "part" in line for line in (*told["recovery"], *told["time-control"])
    )


def test_what_others_found_is_told_with_it() -> None:
    audit = synthetic.answer(0.3, random.Random(5), "design")
    told = measured(
        audit,
        given_minutes=8,
        parts_s=(("framing", 90.0), ("solution", 240.0)),
        signals={"problem-framing": "hidden", "coding-fluency": "visible", "delivery-judgement": "not-asked"},
        apologies=3,
        freezes=1,
    )
    assert "8 min were given" in told["time-control"][0]
    assert "minutes a part: framing 1.5, solution 4.0" in told["time-control"]
    assert told["signal-coverage"][:2] == ("visible: coding fluency", "hidden: problem framing")
    assert "apologies: 3" in told["recovery"] and "long silences after a slip: 1" in told["recovery"]


def test_an_answer_without_words_or_times_is_told_of_too() -> None:
    empty = synthetic.answer(0.3, random.Random(5), None, sentences=1)
    bare = Audit(Transcript((), 0.0, timing="none"), (), (), empty.measures)
    told = measured(bare)
    assert told["reflection"] == ()
    assert told["framing"][0] == "no question, requirement or assumption was heard"
    assert not any("pause" in line for lines in told.values() for line in lines)
