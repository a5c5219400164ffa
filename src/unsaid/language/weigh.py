"""What an answer commits to, and what stands near it: decisions, reasons, bounds, pick-ups.

A `Ground` weighs the sentences of an `Answer` once; the rules ask it. Every judgement carries the words that decided, so
that a flag can show them. Pure; each question looks at a neighbourhood of constant size or at an index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from unsaid.language.acts import _ANAPHORA, Answer, Read, content
from unsaid.language.cues import Cue, is_number

SILENT_S = 4.0
"""A pause from which the listener has missed a stretch of thinking."""
BEFORE, AFTER = 1, 2
"""The neighbourhood in which a reason or a bound is looked for, in sentences."""

_CHOICE = ("tech", "structure", "approach")


@dataclass(frozen=True, slots=True)
class Decision:
    """A sentence commits the speaker to something."""

    sentence: int
    strength: float
    """0 to 1."""
    form: str
    """choice, shorthand, answer, number, preference, story."""
    start: int
    """First word of the words that show it."""
    end: int
    thing: str
    """What is chosen, as said; empty where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Support:
    """Words near a sentence that give its reason, or bound its doubt."""

    strength: float
    where: int
    """Index of the sentence that holds them."""
    quote: str


def thing_of(read: Read, start: int = 0, end: int | None = None) -> str:
    """The first thing that a person chooses between (technology, structure, approach, component) in a stretch of words."""
    end = len(read.tokens) if end is None else end
    for names in (_CHOICE, ("thing",)):
        for a, b in read.spans(*names):
            if start <= a < end:
                return read.quote(a, b)
    return ""


class Ground:
    """An answer with its decisions, reasons and bounds weighed."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    @property
    def reads(self) -> tuple[Read, ...]:
        """The sentences, read."""
        return self.answer.reads

    @cached_property
    def decisions(self) -> tuple[Decision | None, ...]:
        """For each sentence what it decides, None where nothing."""
        return tuple(self._decision(r) for r in self.reads)

    @cached_property
    def supports(self) -> tuple[tuple[float, Cue | None], ...]:
        """For each sentence how much of a reason it holds, and the words."""
        return tuple(_reason_in(r) for r in self.reads)

    def _decision(self, read: Read) -> Decision | None:
        return decide(self.answer, read)

    def reason(self, index: int) -> Support | None:
        """The best reason for what a sentence decides, in it or near it; None where none is heard."""
        read = self.reads[index]
        best: Support | None = None
        for j in range(max(0, index - BEFORE), min(len(self.reads), index + AFTER + 1)):
            strength, cue = self.supports[j]
            if cue is None or strength <= 0:
                continue
            other = self.reads[j]
            if j != index:
                strength *= self._about(read, other)
            if best is None or strength > best.strength:
                best = Support(strength, j, other.cue_quote(cue))
        return best

    def _about(self, read: Read, other: Read) -> float:
        """How likely a reason in `other` is about what `read` decides, 0 to 1."""
        shared = bool(read.content & other.content)
        decided = self.decisions[other.index]
        strong = decided is not None and decided.strength >= 0.6
        if other.index < read.index:
            if read.pause_s >= 8 * SILENT_S:
                return 0.3
            return 1.0 if shared or not strong else 0.5
        broken = any(self.reads[k].pause_s >= 2.0 for k in range(read.index + 1, other.index + 1))
        first = other.words[other.lead] if other.words else ""
        back = first in _ANAPHORA or (other.words and other.words[0] in _ANAPHORA)
        if shared or (back and not broken):
            return 1.0
        if strong:
            return 0.35
        return 0.55 if broken else 0.85

    def bound(self, index: int, before: int = BEFORE, after: int = AFTER) -> Support | None:
        """What limits a doubt in a sentence: a number, a condition, a check, a fallback, an assumption."""
        read = self.reads[index]
        for j in range(max(0, index - before), min(len(self.reads), index + after + 1)):
            other = self.reads[j]
            for kind in ("bound", "check", "assumption"):
                cue = other.best(kind)
                if cue is not None:
                    if j != index and not (read.content & other.content) and other.pause_s >= SILENT_S and j > index:
                        continue
                    return Support(cue.weight, j, other.cue_quote(cue))
        return None

    def picked_up(self, index: int, topic: frozenset[str]) -> int | None:
        """The later sentence that comes back to a topic; None where none does."""
        for stem_ in topic:
            for j in self.answer.places.get(stem_, ()):
                if j > index + 1:
                    return j
        return None


def _reason_in(read: Read) -> tuple[float, Cue | None]:
    cue = read.best("reason")
    if cue is None:
        return 0.0, None
    circular = read.weight("circular")
    strength = cue.weight
    if circular and strength < 1.0:
        strength = 0.0
    return strength, cue


def decide(answer: Answer, read: Read) -> Decision | None:
    """What a sentence decides."""
    if not read.tokens or read.question:
        return None
    cue = read.best("decision")
    strength = cue.weight * 0.8 if cue else 0.0
    form = "choice"
    start, end = (cue.start, cue.end) if cue else (read.lead, len(read.tokens))
    thing = thing_of(read)
    specific = any(read.has(n) for n in _CHOICE)
    if specific:
        strength += 0.15
    number = any(is_number(w) for w in read.words)
    if read.has("param") and number:
        strength, form = max(strength, 0.7), "number"
    before = answer.get(read.index - 1)
    if before is not None and before.question and read.size <= 6:
        if "or" in before.words:
            strength, form = max(strength, 0.8), "answer"
            start, end = read.lead, len(read.tokens)
    elif read.verbless and read.size <= 8 and specific:
        strength, form = max(strength, 0.65), "shorthand"
        start, end = read.lead, len(read.tokens)
    if read.code:
        strength -= 0.4
    if read.has("peripheral"):
        strength -= 0.3
    if strength < 0.3:
        return None
    return Decision(read.index, min(1.0, strength), form, start, end, thing)


def overlap(a: frozenset[str], words: Sequence[str]) -> frozenset[str]:
    """Stems shared between a topic and a row of words."""
    return a & content(words)
