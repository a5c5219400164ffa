"""The plan of the four drills, and the arithmetic of their clocks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.drills import plan
from unsaid.drills.plan import DRILLS, MOST_MINUTES, Drill, Worked
from unsaid.errors import UnsaidError
from unsaid.model import KINDS

drills = st.sampled_from(DRILLS)


@pytest.mark.parametrize(
    ("drill_id", "minutes", "takes"),
    [
        ("hidden-reasoning", 25, 1),
        ("evidence-replay", 20, 3),
        ("signal-labelling", 15, 0),
        ("recovery", 15, 1),
    ],
)
def test_each_drill_takes_its_time(drill_id: str, minutes: float, takes: int) -> None:
    drill = plan.find(drill_id)
    assert drill.minutes == minutes
    assert [p.take for p in drill.takes] == list(range(1, takes + 1))


@pytest.mark.parametrize("drill", DRILLS, ids=lambda d: d.id)
def test_every_part_says_what_to_do(drill: Drill) -> None:
    assert len({p.id for p in drill.parts}) == len(drill.parts)
    assert set(drill.kinds) <= set(KINDS)
    for part in drill.parts:
        assert part.minutes > 0 and part.by
        assert 1 <= len(re.findall(r"[.:] |\.$", part.todo)) <= 3, part.todo
        assert part.todo[0].isupper() and part.todo.endswith(".")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("hidden", "hidden-reasoning"),
        ("Hidden Reasoning Audit", "hidden-reasoning"),
        ("evidence", "evidence-replay"),
        ("signal_labelling", "signal-labelling"),
        ("recovery practice", "recovery"),
        ("r", "recovery"),
    ],
)
def test_the_beginning_of_a_name_will_do(name: str, found: str) -> None:
    assert plan.find(name).id == found


@pytest.mark.parametrize("name", ["", "audit", "x\x1b[2J", "hidden-reasoning-2"])
def test_an_unknown_name_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(UnsaidError, match="no drill") as caught:
        plan.find(name)
    assert "\x1b" not in caught.value.message
    assert all(d.id in (caught.value.hint or "") for d in DRILLS)


# Minutes


@given(drills, st.floats(1, MOST_MINUTES))
def test_other_minutes_are_shared_out_in_proportion(drill: Drill, minutes: float) -> None:
    timed = plan.with_minutes(drill, minutes)
    assert timed.minutes == pytest.approx(minutes, abs=0.01)
    for old, new in zip(drill.parts, timed.parts, strict=True):
        assert new.minutes / minutes == pytest.approx(old.minutes / drill.minutes, abs=0.01)


@given(drills, st.data(), st.floats(0.1, 10))
def test_a_part_that_is_named_gets_its_time_and_the_rest_keeps_theirs(
    drill: Drill, data: st.DataObject, minutes: float
) -> None:
    part = data.draw(st.sampled_from(drill.parts))
    timed = plan.with_minutes(drill, parts={part.id: minutes})
    assert timed.part(part.id).minutes == minutes
    assert all(timed.part(p.id).minutes == p.minutes for p in drill.parts if p is not part)
    whole = plan.with_minutes(drill, 60, {part.id: minutes})
    assert whole.part(part.id).minutes == minutes
    assert whole.minutes == pytest.approx(60, abs=0.01)


@pytest.mark.parametrize(
    ("minutes", "parts"),
    [
        (0, {}),
        (-5, {}),
        (float("nan"), {}),
        (float("inf"), {}),
        (MOST_MINUTES + 1, {}),
        (3, {"record": 5}),
        (None, {"record": 0}),
        (None, {"record": float("nan")}),
        (None, {"record": MOST_MINUTES + 1}),
        (None, {"sing": 5}),
    ],
)
def test_times_that_cannot_be_are_told(minutes: float | None, parts: dict[str, float]) -> None:
    with pytest.raises(UnsaidError) as caught:
        plan.with_minutes(plan.find("recovery"), minutes, parts)
    assert caught.value.hint


# The clock


def test_a_whole_drill_by_its_clock() -> None:
    drill = plan.find("recovery")  # 4, 5, 4 and 2 minutes
    begun = Worked({}, "prompt", since_s=100.0)
    now = plan.time(drill, begun, 100.0)
    assert (now.part_left_s, now.drill_left_s, now.due.id, now.ahead) == (240, 900, "prompt", 0)
    later = plan.time(drill, begun, 100.0 + 300)
    assert (later.part_left_s, later.drill_left_s) == (-60, 600)
    assert (later.due.id, later.ahead) == ("record", -1)  # behind: it reads on while it should speak
    quick = plan.time(drill, Worked({"prompt": 30.0}, "record", 0.0), 10.0)
    assert (quick.part_left_s, quick.drill_left_s, quick.due.id, quick.ahead) == (290, 860, "prompt", 1)
    over = plan.time(drill, Worked({"prompt": 500, "record": 300}, "heard", 0.0), 101.0)
    assert over.over and over.drill_left_s == -1 and over.due.id == "fault"


spent = st.dictionaries(st.sampled_from([p.id for d in DRILLS for p in d.parts]), st.floats(0, 5000))


@given(drills, spent, st.data(), st.floats(0, 1e6), st.floats(0, 5000))
def test_the_clock_counts_every_second_at_work_once(
    drill: Drill, before_s: dict[str, float], data: st.DataObject, since_s: float, worked_s: float
) -> None:
    part = data.draw(st.sampled_from(drill.parts)).id
    worked = Worked(before_s, part, since_s)
    now = plan.time(drill, worked, since_s + worked_s)
    whole_s = sum(before_s.values()) + worked_s
    assert now.drill_left_s == pytest.approx(drill.minutes * 60 - whole_s, abs=1e-3)
    assert now.part_left_s == pytest.approx(
        drill.part(part).minutes * 60 - before_s.get(part, 0.0) - worked_s, abs=1e-3
    )
    assert now.over == (now.drill_left_s < 0)
    # To leave and to come back at another time of the clock changes nothing.
    again = Worked(worked.until(since_s + worked_s), part, since_s + 1e5)
    back = plan.time(drill, again, since_s + 1e5)
    assert (back.part_left_s, back.drill_left_s) == pytest.approx(
        (now.part_left_s, now.drill_left_s), abs=1e-3
    )


@given(drills, spent, st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_clock_that_goes_back_takes_nothing_away(
    drill: Drill, before_s: dict[str, float], since_s: float, back_s: float
) -> None:
    worked = Worked(before_s, drill.parts[0].id, since_s)
    assert sum(worked.until(since_s - back_s).values()) >= sum(before_s.values()) - 1e-6


@given(drills, st.floats(0, 8000))
def test_what_is_due_never_goes_back(drill: Drill, whole_s: float) -> None:
    def due(seconds: float) -> int:
        worked = Worked({drill.parts[0].id: seconds}, "", 0.0)
        return drill.parts.index(plan.time(drill, worked, 0.0).due)

    assert due(whole_s) <= due(whole_s + 1)
    assert due(0) == 0 and due(drill.minutes * 60) == len(drill.parts) - 1


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0:00 left"),
        (0.2, "0:01 left"),
        (59.9, "1:00 left"),
        (185, "3:05 left"),
        (-0.2, "over by 0:01"),
        (-61, "over by 1:01"),
    ],
)
def test_seconds_in_words(seconds: float, words: str) -> None:
    assert plan.left(seconds) == words
