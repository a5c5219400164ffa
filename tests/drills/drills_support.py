"""Answers for the tests of the drills: labelled ones by name, and any row of sentences."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from accuracy import Case, read_case, spoken
from hypothesis import strategies as st

from unsaid.audit import audit
from unsaid.model import Audit, Kind, Pause, Segment, Transcript

HERE = Path(__file__).parent
_TESTS = HERE.parent
_FOLDERS = ("cases", "cases/heldout", "gold")
_LINES = (
    *(
        "So how many users are there?",
        "I'll assume ten thousand, shout if that's off.",
        "The simple way is two loops.",
    ),
    *(
        "I'd use a queue because a burst must not hit the table.",
        "Class node, init with key.",
        "For i in range n.",
    ),
    *(
        "Let me test it with two and three.",
        "Empty list, returns zero.",
        "To sum up, a queue and a table.",
        "Thank you.",
    ),
    *(
        "You're right, that breaks.",
        "I assumed the ids are unique.",
        "So the key becomes tenant and id.",
        "Sorry.",
    ),
    *("That's not a problem.", "It was their fault.", "I was the lead at a bank.", "We shipped it in May."),
    *(
        "Errors fell by ten percent.",
        "What I learned is to ask first.",
        "I'm a great leader.",
        "Hmm.",
        "…",
        "?!",
        "Größe 42",
    ),
)


def toml(name: str) -> dict[str, Any]:
    """A table of cases beside the tests."""
    return tomllib.loads((HERE / name).read_text(encoding="utf-8"))


@cache
def labelled(name: str) -> Case:
    """An answer of tests/cases or tests/gold."""
    return next(read_case(p) for f in _FOLDERS if (p := _TESTS / f / f"{name}.txt").is_file())


def told(text: str, kind: Kind, prompt: str = "") -> Audit:
    """The audit of a stretch of an answer; `[6.0]` stands for a pause of 6 s."""
    case = spoken(text, prompt, kind)
    return audit(case.transcript, case.prompt, kind=kind)


KINDS = st.sampled_from(["coding", "design", "debugging", "story", None])


@st.composite
def answers(draw: st.DrawFn) -> Audit:
    """Audits of any row of sentences: with word times, with times made up, or with a plain text's."""
    lines = draw(st.lists(st.sampled_from(_LINES) | st.text(max_size=30), max_size=14))
    segments, at_s = [], draw(st.floats(0, 9))
    for line in lines:
        at_s += draw(st.sampled_from([0.0, 0.4, 5.0]))
        end_s = at_s + draw(st.sampled_from([0.0, 1.0, 4.0]))
        segments.append(Segment(at_s, end_s, f" {line}"))
        at_s = end_s
    transcript = Transcript(
        segments=tuple(segments),
        duration_s=at_s + draw(st.sampled_from([0.0, 6.0])),
        pauses=draw(st.sampled_from([(), (Pause(0.5, 5.0),), (Pause(1e6, 2e6),)])),
        timing=draw(st.sampled_from(["segment", "none"])),
    )
    return audit(transcript, kind=draw(KINDS))
