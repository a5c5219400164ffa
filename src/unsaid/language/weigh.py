"""What an answer commits to, and what stands near it: decisions, reasons, bounds, pick-ups.

A `Ground` weighs the sentences of an `Answer` once; the rules ask it. Every judgement carries the words that decided, so
that a flag can show them. Pure; each question looks at a neighbourhood of constant size or at an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from unsaid.language.acts import Answer, Read
from unsaid.language.cues import Cue, is_number

SILENT_S = 4.0
"""A pause from which the listener has missed a stretch of thinking."""
BEFORE, AFTER = 1, 2
"""The neighbourhood in which a reason or a bound is looked for, in sentences."""

_CHOICE = ("tech", "structure", "approach")
_ANAPHORA = frozenset(
    "that this it which that's it's they those these otherwise they're that'd it'd then without because since like "
    "cause cos instead if with there there's nobody both here either".split()
)
_PAST_SUBJECTS = frozenset("i we they you it he she".split())
_BLOCKERS = frozenset("don't doesn't didn't isn't aren't can't won't wouldn't never nobody not no".split())
_TESTING = frozenset("test tests testing try trying check assert expect expects expected".split())
_YES_NO = frozenset("yes no yeah yep nope right correct true exactly okay ok sure good done".split())
_FLUFF = frozenset("sorry thanks thank funny nice cool great love glad hello hi".split())


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
        return tuple(decide(self.answer, r) for r in self.reads)

    @cached_property
    def supports(self) -> tuple[tuple[float, Cue | None], ...]:
        """For each sentence how much of a reason it holds, and the words."""
        return tuple(_reason_in(r) for r in self.reads)

    def reason(self, index: int) -> Support | None:
        """The best reason for what a sentence decides, in it or near it; None where none is heard.

        Its strength joins what every neighbour gives, as if each were heard or missed by itself.
        """
        best: Support | None = None
        silence = 1.0
        for j in range(max(0, index - BEFORE), min(len(self.reads), index + AFTER + 1)):
            strength, cue = self.supports[j]
            if cue is None or strength <= 0:
                continue
            if j != index:
                strength *= self._about(index, j)
            silence *= 1.0 - min(0.97, strength)
            if best is None or strength > best.strength:
                best = Support(strength, j, self.reads[j].cue_quote(cue))
        if best is None:
            return None
        return Support(1.0 - silence, best.where, best.quote)

    def _about(self, index: int, other: int) -> float:
        """How likely a reason heard in sentence `other` is about what sentence `index` decides, 0 to 1."""
        here, there = self.reads[index], self.reads[other]
        shared = bool(here.content & there.content)
        decided = self.decisions[other]
        own = decided is not None and decided.strength >= 0.55
        if other < index:
            linked = here.words[:1] in (("so",), ("then",), ("hence",), ("therefore",)) or bool(
                here.words and here.words[here.lead] in ("that's", "then", "hence", "therefore", "instead")
            )
            if there.question:
                return 0.2
            if own:
                return 0.7 if shared and linked else 0.4 if shared else 0.15
            return 0.9 if linked or shared else 0.45
        chain = 1.0
        for k in range(index + 1, other + 1):
            between = self.reads[k]
            first = between.words[between.lead] if between.words else ""
            back = first in _ANAPHORA or between.words[:1] == ("so",) or bool(between.content & here.content)
            mine = self.decisions[k]
            new = mine is not None and mine.strength >= 0.55
            if between.pause_s >= SILENT_S and not back:
                chain *= 0.5
            if between.question and k < other:
                chain *= 0.6
            if new and not (between.content & here.content):
                chain *= 0.6 if back else 0.3
            elif not back:
                chain *= 0.75 if k == index + 1 else 0.6
        return min(1.0, chain)

    def circular(self, index: int) -> Support | None:
        """A habit, a bare value word or a restatement where a reason should stand: in the sentence or right after."""
        for j in (index, index + 1):
            other = self.answer.get(j)
            if other is None:
                continue
            cue = other.best("circular")
            if cue is None or (j != index and (other.size > 9 or other.question)):
                continue
            return Support(cue.weight, j, other.cue_quote(cue))
        return None

    def bound(self, index: int, before: int = BEFORE, after: int = AFTER) -> Support | None:
        """What limits a doubt in a sentence: a number, a condition, a check, a fallback, an assumption."""
        read = self.reads[index]
        for j in range(max(0, index - before), min(len(self.reads), index + after + 1)):
            other = self.reads[j]
            for kind in ("bound", "check", "assumption"):
                cue = other.best(kind)
                if cue is None:
                    continue
                if j > index and other.pause_s >= SILENT_S and not (read.content & other.content):
                    continue
                return Support(cue.weight, j, other.cue_quote(cue))
        return None

    def picked_up(self, index: int, topic: frozenset[str]) -> int | None:
        """The later sentence that comes back to a topic; None where none does."""
        for part in sorted(topic):
            for j in self.answer.places.get(part, ()):
                if j > index + 1:
                    return j
        return None


def _reason_in(read: Read) -> tuple[float, Cue | None]:
    """How much of a reason a sentence holds: "so" counts only in its middle, where it joins a cause to what follows."""
    best: Cue | None = None
    for cue in read.cues.get("reason", ()):
        opens = cue.start <= read.lead and read.words[cue.start] == "so"
        if opens or (cue.start > 0 and read.words[cue.start] == "so" and cue.start < 3 and cue.weight < 1):
            continue
        if best is None or cue.weight > best.weight:
            best = cue
    if best is None:
        return 0.0, None
    strength = {1.0: 0.95, 0.6: 0.6, 0.3: 0.25}.get(best.weight, best.weight)
    others = sum(1 for c in read.cues["reason"] if c.start >= best.end or c.end <= best.start)
    strength = min(0.97, strength + 0.05 * min(others, 3))
    if read.weight("circular") and strength < 0.9:
        strength *= 0.4
    if read.question:
        strength *= 0.4
    return strength, best


def decide(answer: Answer, read: Read) -> Decision | None:
    """What a sentence decides, from its phrases, its form and the question before it."""
    if not read.tokens or read.question:
        return None
    story = answer.kind == "story"
    words = read.words
    best = read.best("decision")
    weight = best.weight if best else 0.0
    strength = {1.0: 0.8, 0.6: 0.5, 0.3: 0.2}.get(weight, 0.0)
    form = "choice"
    start, end = (best.start, best.end) if best else (read.lead, len(read.tokens))
    thing = thing_of(read)
    tech = read.has("tech") or read.has("approach")
    specific = tech or read.has("structure")
    number = any(is_number(w) for w in words)
    before = answer.get(read.index - 1)

    def whole(least: float, as_form: str) -> None:
        nonlocal strength, form, start, end
        if least > strength:
            strength, form, start, end = least, as_form, read.lead, len(read.tokens)

    if specific and weight >= 0.6:
        strength += 0.12
    if number and weight >= 0.6:
        strength += 0.08
    if tech and not story and read.size <= 14:
        whole(0.5 if read.size > 8 else 0.6, "choice")
    if read.has("param") and number and read.size <= 9 and not story:
        whole(0.75, "number")
    answers = False
    if before is not None and before.question and read.size <= 7 and words[read.lead] not in _YES_NO:
        echoed = bool(before.content & read.content)
        if "or" in before.words and (echoed or read.size <= 3):
            whole(0.85, "answer")
            answers = True
        elif read.verbless and (specific or number):
            whole(0.6, "answer")
            answers = True
    if not story and read.verbless and not answers:
        if tech and read.size <= 9:
            whole(0.75, "shorthand")
        elif read.has("thing") and 2 <= read.size <= 7:
            whole(0.5, "shorthand")
        elif number and read.size <= 6:
            whole(0.5, "shorthand")
    circular = read.weight("circular") >= 1
    after = answer.get(read.index + 1)
    if after is not None and after.weight("circular") >= 1 and after.size <= 9 and strength >= 0.2:
        circular = True
    if circular and strength >= 0.2:
        strength += 0.25
    if read.code and not answers:
        strength -= 0.35
    if read.has("peripheral"):
        strength -= 0.3
    if words[read.lead] in ("if", "when", "say", "suppose") and weight < 1:
        strength -= 0.25
    if any(w in _TESTING for w in words):
        strength -= 0.3
    if read.weight("assumption") >= 1:
        strength -= 0.35
    if any(w in ("could", "might") for w in words):
        strength -= 0.3
    if any(w in _BLOCKERS for w in words[: read.lead + 4]):
        strength -= 0.2
    if read.weight("unknown") >= 1 or read.weight("deferral") >= 1 or read.weight("depends") >= 1:
        strength -= 0.3
    if read.size > 24 and weight < 1:
        strength -= 0.2
    if strength < 0.3:
        return None
    return Decision(read.index, min(1.0, strength), form, start, end, thing)
