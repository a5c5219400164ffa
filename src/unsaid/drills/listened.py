"""What is heard of an answer as a whole: which signals it made visible, and how its time went. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unsaid.drills import parts as stretches
from unsaid.drills import signals as ear
from unsaid.drills.bank import MOST_MINUTES, SIGNALS, USUAL_MINUTES, PromptCard
from unsaid.drills.parts import Part
from unsaid.drills.signals import Heard, Weakest
from unsaid.model import Audit, Kind, Prompt


@dataclass(frozen=True, slots=True)
class Terms:
    """What an answer is heard against."""

    signals: tuple[str, ...] | None
    """Ids of the signals that are asked for; None where the kind decides."""
    minutes: float
    """Time for the answer; 0 where nothing tells."""
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class Listened:
    """What was heard of an answer as a whole."""

    signals: tuple[Heard, ...]
    """All seven, in the order of `signals.SIGNALS`."""
    train: Weakest
    parts: tuple[Part, ...]
    """In order, without a gap."""
    minutes: float
    """What the answer had, in minutes; 0 for no clock."""
    notes: tuple[str, ...]
    """What is to be said of how the time went, a line each."""


def terms(prompt: Prompt | None, kind: Kind | None = None, card: PromptCard | None = None) -> Terms:
    """What the prompt of an answer asks for: as it was when it was answered, else as its card says now, else
    what is usual for questions of the kind. `kind` goes before the prompt's."""
    kind = kind or (prompt.kind if prompt is not None else None)
    signals = tuple(s for s in prompt.signals if s in SIGNALS) if prompt is not None else ()
    minutes = prompt.minutes if prompt is not None and 0 < prompt.minutes <= MOST_MINUTES else 0.0
    if card is not None:
        signals, minutes = signals or card.signals, minutes or card.minutes
    return Terms(signals or None, minutes or (USUAL_MINUTES[kind] if kind is not None else 0.0), kind)


def listen(audit: Audit, given: Terms, heard: Sequence[Heard] | None = None) -> Listened:
    """What is heard of an answer; `heard` are its signals where they are at hand already."""
    found = tuple(heard if heard is not None else ear.heard(audit, given.signals, kind=given.kind))
    parts = stretches.parts(audit, given.kind)
    notes = stretches.against(parts, given.minutes, given.kind)
    return Listened(found, ear.weakest(found), parts, given.minutes, notes)
