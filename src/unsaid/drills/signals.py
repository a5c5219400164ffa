"""The seven signals: which of them could be heard in an answer, and which sentences show them.

A sentence shows something by what it does, never by the words in it alone. Hand-written ways (`drills.ways`)
join phrases with what else stands in the sentence or beside it; a learnt hearing (`drills.hearing`) weighs
them with all else that is seen of the sentence. Sentences that only string names and virtues together are
not heard at all. How much makes a signal visible stands in docs/signals.md. Pure, linear in the words.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from unsaid.drills.bank import SIGNALS as IDS
from unsaid.drills.bank import USUAL_SIGNALS
from unsaid.drills.hearing import Hearing, learnt
from unsaid.drills.ways import BOOK, Ear
from unsaid.language.cues import prepare_book
from unsaid.model import Audit, Kind, Sentence

Level = Literal["visible", "partly", "hidden", "not-asked"]
LEVELS: tuple[Level, ...] = ("hidden", "partly", "visible")
"""The levels of a signal that is asked for, from nothing on."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One of the seven."""

    id: str
    title: str
    visible: str
    """What makes it visible, after "the answer …"."""
    train: str
    """What to practise next where it stayed hidden, as a request."""


SIGNALS: tuple[Signal, ...] = (
    Signal(
        "problem-framing",
        "problem framing",
        "turns an open question into a goal, limits and a plan",
        "Before the first step ask two things that would change the work, say what you take as given, and "
        "say in which order you go.",
    ),
    Signal(
        "coding-fluency",
        "coding fluency",
        "gets to correct, readable, tested code with little help",
        "Say the program from its first line to its last, then run one example through it aloud, and one odd "
        "case.",
    ),
    Signal(
        "architectural-judgement",
        "architectural judgement",
        "builds a design and defends the trade-offs that matter",
        "At each choice name what it beat, what it costs, and from which point on you would choose "
        "otherwise.",
    ),
    Signal(
        "production-judgement",
        "production judgement",
        "reasons about failure, load, security, watching, rollout and cost",
        "Take one thing that breaks at night: say what happens then, what catches it, and how you would "
        "notice.",
    ),
    Signal(
        "delivery-judgement",
        "delivery judgement",
        "ties decisions to users, the product and the business",
        "Say of one decision for whom you made it, what you left out for it, and what came of it in numbers.",
    ),
    Signal(
        "leadership-and-influence",
        "leadership and influence",
        "makes people and systems beyond the own task better",
        "Tell one thing you did for somebody else's work, and what they do differently since.",
    ),
    Signal(
        "communication-and-reflection",
        "communication and reflection",
        "explains itself, takes up feedback, draws lessons",
        "Close with two sentences: the answer in short, and what you would do otherwise now, and why.",
    ),
)
"""In the order of `bank.SIGNALS`."""

_BY_ID = {s.id: s for s in SIGNALS}


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence that shows something of a signal."""

    sentence: int
    """Index into the sentences that were given."""
    what: str
    """What it shows, in plain words: "asks what the work turns on"."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What could be heard of one signal."""

    signal: Signal
    level: Level
    evidence: tuple[Shown, ...]
    """In order of the sentences, each once; may be there for a signal that was not asked for."""
    why: str
    """Why this level, in one plain sentence."""

    @property
    def asked(self) -> bool:
        """The prompt asks for it."""
        return self.level != "not-asked"


def asked_of(prompt_kind: Kind | None) -> tuple[str, ...]:
    """The ids of the signals that a question of this kind asks for where its prompt does not say.

    None, a kind that nobody could tell, asks for what every answer can show.
    """
    if prompt_kind is None:
        return ("problem-framing", "communication-and-reflection")
    return USUAL_SIGNALS[prompt_kind]


def prepare() -> None:
    """Read what `heard` asks for now rather than with the first sentence."""
    prepare_book(BOOK)
    learnt()


def heard(
    said: Audit | Sequence[Sentence], asked: Iterable[str] | None = None, *, kind: Kind | None = None
) -> tuple[Heard, ...]:
    """What could be heard of each signal, in the order of `SIGNALS`.

    `said` is an audit or its sentences. `asked` are ids of the signals that the prompt asks for; without
    them the kind decides: `kind`, else the prompt's, else what the answer sounds like. Raises ValueError for
    an unknown id.
    """
    prompt = said.prompt if isinstance(said, Audit) else None
    sentences = said.sentences if isinstance(said, Audit) else said
    # As in an audit: many small objects, none in a cycle.
    looking = gc.isenabled()
    gc.disable()
    try:
        return _all(Ear(sentences, prompt, kind), asked)
    finally:
        if looking:
            gc.enable()


def _all(ear: Ear, asked: Iterable[str] | None) -> tuple[Heard, ...]:
    wanted = frozenset(asked_of(ear.kind) if asked is None else asked)
    unknown = sorted(wanted - _BY_ID.keys())
    if unknown:
        raise ValueError(f"there is no signal {unknown[0]!r}")
    hearing = Hearing(ear)
    return tuple(_heard(hearing, signal, signal.id in wanted) for signal in SIGNALS)


@dataclass(frozen=True, slots=True)
class Weakest:
    """Which signal to train next."""

    signal: Signal | None
    """None where every one that was asked for is visible, or none was asked for."""
    why: str
    """Why this one, in one plain sentence."""


def weakest(found: Iterable[Heard]) -> Weakest:
    """Which signal to train next, and why.

    Signals multiply: a strong one does not make up for one that is missing, so it is the one that was heard
    least. Of equals, the one with less to show for it; then the one that stands first.
    """
    asked = [h for h in found if h.asked]
    if not asked:
        return Weakest(None, "The prompt asks for none of the seven signals.")
    least = min(asked, key=lambda h: (_rank(h), len(h.evidence), IDS.index(h.signal.id)))
    if least.level == "visible":
        return Weakest(None, "Every signal that the prompt asks for could be heard.")
    how = "stayed hidden" if least.level == "hidden" else "was only partly heard"
    best = max(asked, key=lambda h: (_rank(h), len(h.evidence), -IDS.index(h.signal.id)))
    beside = (
        f", and signals multiply: {best.signal.title} does not make up for it"
        if _rank(best) > _rank(least)
        else ", as did the others"
        if least.level == "hidden" and len(asked) > 1
        else ""
    )
    return Weakest(least.signal, f"Train {least.signal.title} next: it {how}{beside}.")


def _rank(found: Heard) -> int:
    return LEVELS.index(found.level) if found.level in LEVELS else -1


# ----------------------------------------------------------------------------------------- the levels

_MISSING: dict[str, tuple[str, str]] = {
    "problem-framing": (
        "Nothing is asked, taken as given or planned before the solution.",
        "There is too little of it, or all of one kind: ask, say what you take as given, plan.",
    ),
    "coding-fluency": (
        "No program is said, only what it would be like.",
        "There are steps, and nothing checks them, or they came with help, or the program is not whole.",
    ),
    "architectural-judgement": (
        "No choice is given a reason from this problem.",
        "Choices have reasons, and too few of them an alternative, a price or what would turn them.",
    ),
    "production-judgement": (
        "No failure, load, attack or rollout is told with what follows from it.",
        "Too few of failure, load, attack, watching, rollout and cost are told with what is done about them.",
    ),
    "delivery-judgement": (
        "No decision or result is tied to somebody who uses or pays for it.",
        "There is too little of it: a decision for somebody's sake and what came of it go together.",
    ),
    "leadership-and-influence": (
        "Nothing is done for others' work.",
        "There is what was done for others, and too little of what changed with them.",
    ),
    "communication-and-reflection": (
        "The answer neither says where it goes nor looks at itself.",
        "It explains itself or looks at itself, and does not do enough of both.",
    ),
}
"""By signal, why it is hidden, and why it is only partly heard."""


def _heard(hearing: Hearing, signal: Signal, asked: bool) -> Heard:
    ear = hearing.ear
    shown = hearing.shown(signal.id)
    evidence = tuple(Shown(ear.places[i], told) for i, _, told in shown)
    if not asked:
        return Heard(signal, "not-asked", evidence, "The prompt does not ask for it.")
    level = hearing.level(signal.id, shown)
    hidden, partly = _MISSING[signal.id]
    if level == "visible":
        kinds = len({way for _, way, _ in shown})
        why = f"{len(evidence)} sentences show it, in {kinds} way{'s' if kinds > 1 else ''}."
    elif level == "partly":
        why = partly
    elif evidence:
        why = (
            "1 sentence comes near it, and that is too little."
            if len(evidence) == 1
            else f"{len(evidence)} sentences come near it, and that is too little."
        )
    else:
        lists = (
            " 1 sentence only lists names." if ear.lists == 1 else f" {ear.lists} sentences only list names."
        )
        why = hidden + (lists if ear.lists and signal.id in _LISTED else "")
    return Heard(signal, level, evidence, why)


_LISTED = frozenset(("coding-fluency", "architectural-judgement", "production-judgement"))
"""Signals that lists of names are often taken for."""
