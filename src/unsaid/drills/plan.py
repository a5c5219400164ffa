"""The four drills: what is done in each, part by part, and the arithmetic of their clocks. Pure.

A drill's clock counts time at work: how long each part was on the screen, over however many sittings. Who
leaves in the middle and comes back tomorrow has as much time left as when she left, since what is practised
is to spend a given time well, and not to hurry home.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind

DrillId = Literal["hidden-reasoning", "evidence-replay", "signal-labelling", "recovery"]

MOST_MINUTES = 120.0
"""No part may be longer: a recording ends after two hours."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a drill."""

    id: str
    """Short; unique within its drill."""
    title: str
    minutes: float
    todo: str
    """What to do, in one or two plain sentences."""
    by: str
    """Which command or form does it, as a user names it."""
    take: int = 0
    """Number of the take that is recorded in it, from 1 on; 0 where nothing is recorded."""
    optional: bool = False
    """The drill is whole without it."""


@dataclass(frozen=True, slots=True)
class Drill:
    """One of the four."""

    id: DrillId
    title: str
    what: str
    """What it is good for, in one sentence."""
    parts: tuple[Part, ...]
    kinds: tuple[Kind, ...]
    """Kinds of prompts that are drawn for it where no kind is asked for."""
    only: bool = False
    """Prompts of other kinds do not fit it."""
    flawed: bool = False
    """Its prompts hand out a solution with a fault."""
    on_page: tuple[str, ...] = ()
    """Ids of the parts that can be done on a page in the browser: its last ones."""

    @property
    def minutes(self) -> float:
        """The whole drill's."""
        return sum(p.minutes for p in self.parts)

    @property
    def takes(self) -> tuple[Part, ...]:
        """The parts in which something is recorded."""
        return tuple(p for p in self.parts if p.take)

    def part(self, part_id: str) -> Part:
        """The part with this id. Raises ValueError."""
        for part in self.parts:
            if part.id == part_id:
                return part
        raise ValueError(f"{self.id} has no part '{part_id}'")


_CHOOSE = Part("prompt", "the prompt", 2, "", "unsaid prompts random")

DRILLS: tuple[Drill, ...] = (
    Drill(
        "hidden-reasoning",
        "hidden reasoning audit",
        "Record a small answer, find what you left unsaid, and say each moment again in one sentence.",
        (
            replace(_CHOOSE, todo="Read the prompt, or draw another. Do not solve it yet."),
            Part(
                "record",
                "the answer",
                8,
                "Answer aloud, as you would with somebody listening. It is transcribed while you speak.",
                "unsaid record",
                take=1,
            ),
            Part(
                "review",
                "replay and rewrite",
                11,
                "Hear each flagged moment again. Dismiss it, or keep it and say it again in one sentence; "
                "mark yourself what was missed.",
                "unsaid review",
            ),
            Part(
                "count",
                "before and after",
                1,
                "Compare what a listener could follow before your rewrites and with them.",
                "the counts on the screen",
            ),
            Part(
                "score",
                "your own score",
                3,
                "Give yourself a number from 1 to 5 in six dimensions, with what was measured beside each.",
                "unsaid score",
                optional=True,
            ),
        ),
        ("coding", "design"),
        on_page=("review", "count", "score"),
    ),
    Drill(
        "evidence-replay",
        "evidence replay",
        "Tell one past project three times, each time with more behind what you claim.",
        (
            replace(
                _CHOOSE, todo="Choose one project of yours that answers the prompt. Keep to it three times."
            ),
            Part(
                "claims",
                "first, in claims alone",
                3,
                "Tell it in claims, as one does unprepared: what you were good at, and how well it went.",
                "unsaid record",
                take=1,
            ),
            Part(
                "tasks",
                "second, by what was done",
                4,
                "Tell the same project again, now by what you did: the tasks, in their order.",
                "unsaid record",
                take=2,
            ),
            Part(
                "whole",
                "third, with the evidence",
                7,
                "Tell it once more: the context and what was at stake, what else there was, what you "
                "decided, what came of it in numbers, and what you do differently since.",
                "unsaid record",
                take=3,
            ),
            Part(
                "compare",
                "the three side by side",
                4,
                "See what became audible from one telling to the next, and which claims still stand alone.",
                "the table on the screen",
            ),
        ),
        ("story",),
        only=True,
    ),
    Drill(
        "signal-labelling",
        "signal labelling",
        "Say before the answer what could be observed in it, and what the prompt should not test.",
        (
            replace(_CHOOSE, todo="Read the prompt, or draw another. You will not answer it now."),
            Part(
                "label",
                "seven signals",
                10,
                "Under each signal write one behaviour that a listener could observe in an answer. Leave "
                "blank what this prompt should not test.",
                "the form on the screen",
            ),
            Part(
                "compare",
                "your labels and the prompt's",
                3,
                "Compare your lines with what the prompt asks for, and with what was heard in an answer to "
                "it.",
                "the comparison on the screen",
            ),
        ),
        KINDS,
        on_page=("prompt", "label", "compare"),
    ),
    Drill(
        "recovery",
        "recovery practice",
        "Take over a solution with a fault, correct it calmly, and carry on.",
        (
            Part(
                "prompt",
                "the flawed solution",
                4,
                "Read the prompt and the solution as if you had just said it. One assumption in it is too "
                "strong.",
                "unsaid prompts random --recovery",
            ),
            Part(
                "record",
                "the recovery",
                5,
                "Say which assumption was too strong and how the model changes, and carry on to the end. One "
                "apology at most, and no defence.",
                "unsaid record",
                take=1,
            ),
            Part(
                "heard",
                "what was heard",
                4,
                "See whether the fault was acknowledged, the solution revised and the work carried on.",
                "the list on the screen",
            ),
            Part(
                "fault",
                "the fault",
                2,
                "Compare your correction with the fault as it is written down.",
                "the card on the screen",
            ),
        ),
        KINDS,
        flawed=True,
    ),
)
"""In the order in which they are listed."""

PRACTICE: DrillId = "hidden-reasoning"
"""The one that `unsaid practice` does."""


def find(name: str) -> Drill:
    """The drill with this id, or the only one whose id or title begins so. Raises UnsaidError."""
    wanted = "-".join(name.lower().replace("-", " ").replace("_", " ").split())
    begins = [d for d in DRILLS if wanted and (d.id.startswith(wanted) or _plain(d.title).startswith(wanted))]
    exact = [d for d in DRILLS if wanted in (d.id, _plain(d.title))]
    found = exact or begins
    if len(found) == 1:
        return found[0]
    raise UnsaidError(f"there is no drill {name!r}", f"The drills are {', '.join(d.id for d in DRILLS)}.")


def _plain(title: str) -> str:
    return title.replace(" ", "-")


# ------------------------------------------------------------------------------------------ minutes


def with_minutes(
    drill: Drill, minutes: float | None = None, parts: Mapping[str, float] | None = None
) -> Drill:
    """`drill` with other times: `minutes` for the whole, in proportion, and those of `parts` by id.

    What `parts` names is taken as it is; the rest shares what is left of `minutes`. Raises UnsaidError for a
    part that there is not, and for a time that is not more than 0 and at most `MOST_MINUTES`.
    """
    parts = parts or {}
    for name, value in parts.items():
        if name not in {p.id for p in drill.parts}:
            known = ", ".join(p.id for p in drill.parts)
            raise UnsaidError(f"{drill.title} has no part {name!r}", f"Its parts are {known}.")
        _check(f"the time for '{name}'", value)
    rest = sum(p.minutes for p in drill.parts if p.id not in parts)
    share = 1.0
    if minutes is not None:
        left = minutes - sum(parts.values())
        if not math.isfinite(minutes) or not 0 < minutes <= MOST_MINUTES or (rest > 0 and left <= 0):
            raise UnsaidError(
                f"{minutes:g} minutes do not do for {drill.title}",
                f"Give more than 0 and at most {MOST_MINUTES:g}, and more than the parts that you name take.",
            )
        share = left / rest if rest > 0 else 1.0
    return replace(
        drill,
        parts=tuple(replace(p, minutes=parts.get(p.id, round(p.minutes * share, 3))) for p in drill.parts),
    )


def _check(what: str, minutes: float) -> None:
    if not math.isfinite(minutes) or not 0 < minutes <= MOST_MINUTES:
        raise UnsaidError(f"{what} is {minutes:g} minutes", f"Give more than 0 and at most {MOST_MINUTES:g}.")


# ------------------------------------------------------------------------------------------ the clock


@dataclass(frozen=True, slots=True)
class Worked:
    """How long was worked, and on what just now. Seconds of any steady clock."""

    before_s: Mapping[str, float]
    """Part id to seconds, up to when the present part was taken up."""
    part: str
    """Id of the part that is on now; empty where none is."""
    since_s: float = 0.0
    """When it was taken up, on the clock that `now_s` is read from."""

    def until(self, now_s: float) -> dict[str, float]:
        """Part id to seconds at work, up to now. A clock that went back adds nothing."""
        spent = dict(self.before_s)
        if self.part:
            spent[self.part] = spent.get(self.part, 0.0) + max(0.0, now_s - self.since_s)
        return spent


@dataclass(frozen=True, slots=True)
class Time:
    """How a drill stands by its clock. Seconds; negative: over time."""

    part_left_s: float
    """Of the part that is on."""
    drill_left_s: float
    due: Part
    """The part that one would be in by now, had every part taken its own time."""
    ahead: int
    """By how many parts the one that is on comes after `due`; negative: behind."""

    @property
    def over(self) -> bool:
        """The drill's time is up."""
        return self.drill_left_s < 0


def time(drill: Drill, worked: Worked, now_s: float) -> Time:
    """How `drill` stands while part `worked.part` is on; the last part where none is. Raises ValueError for
    a part that it has not. Work on parts that it has not counts for the whole."""
    at = drill.part(worked.part) if worked.part else drill.parts[-1]
    spent = worked.until(now_s)
    total_s = sum(spent.values())
    due, end_s = drill.parts[-1], 0.0
    for part in drill.parts:
        end_s += part.minutes * 60
        if total_s < end_s:
            due = part
            break
    return Time(
        at.minutes * 60 - spent.get(at.id, 0.0),
        drill.minutes * 60 - total_s,
        due,
        drill.parts.index(at) - drill.parts.index(due),
    )


def left(seconds: float) -> str:
    """Seconds that are left, in words: "3:05 left", "0:00 left", "over by 0:12"."""
    whole = math.ceil(seconds) if seconds >= 0 else -math.ceil(-seconds)
    minutes, rest = divmod(abs(whole), 60)
    return f"{minutes}:{rest:02} left" if whole >= 0 else f"over by {minutes}:{rest:02}"
