"""A: something is treated as given that nobody gave."""

from __future__ import annotations

from collections.abc import Iterator

from unsaid.language.acts import Read, content, is_tagged, numbers
from unsaid.language.cues import is_number
from unsaid.language.weigh import Ground
from unsaid.rules.base import BLANK, Finding, Rule, shown

_TESTING = frozenset("test tests testing spin".split())
_NAIVE = frozenset("simple simplest naive stupid brute obvious dumb straightforward".split())
_GENERIC = frozenset(
    "front end|back end|frontend|backend|server|servers|service|services|endpoint|endpoints|client|key|keys|node|nodes|set|"
    "list|table|view|web app|log|token|session|sessions|array|lookup|topic|store|page|schema|column|columns|index".split("|")
)
_EARLY = 12
"""Sentences in which the first step of a solution is looked for."""


def _frames(read: Read) -> bool:
    """A question, a requirement, a constraint, a goal or a stated assumption."""
    if read.question or (is_tagged(read.words) and "?" in read.sentence.text) or any(read.weight(k) >= 1 for k in ("requirement", "assumption", "question", "need")):
        return True
    estimate = read.weight("hedge") > 0 or "means" in read.words or "is" in read.words
    return estimate and any(is_number(w) for w in read.words)


def _solution_before_framing(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind in ("story", "debugging"):
        return
    for read in ground.reads[:_EARLY]:
        if _frames(read):
            return
        d = ground.decisions[read.index]
        concrete = any(" ".join(read.words[a:b]) not in _GENERIC for a, b in read.spans("thing"))
        flows = concrete and (read.weight("decision") >= 0.6 or read.weight("hedge") > 0) and read.size > 8
        if any(w in _NAIVE for w in read.words):
            continue
        if not concrete or not ((d is not None and d.strength >= 0.4) or flows):
            continue
        quote = read.quote(d.start, d.end) if d is not None else read.core
        yield Finding(
            read.index,
            quote,
            "The first step of a solution comes before any question, requirement, constraint or stated assumption.",
            (f"first step: {shown(quote)}", "no question, requirement, constraint, goal or assumption before it"),
            f"Before I choose anything: what matters here is {BLANK}, and I'll assume {BLANK}.",
            0.65,
        )
        return


def _marked(ground: Ground, index: int, before: int) -> bool:
    """An assumption, an estimate or a question stands in the sentence or shortly before it."""
    reads = ground.reads
    if reads[index].question or reads[index].weight("assumption") >= 1:
        return True
    return any(reads[j].weight("assumption") >= 1 for j in range(max(0, index - before), index))


def _unstated_quantity(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind == "story":
        return
    for read in ground.reads:
        cue = read.best("quantity")
        if cue is None or read.code or _marked(ground, read.index, 3):
            continue
        if any(w in _TESTING for w in read.words):
            continue
        values = numbers(read.words[cue.start : cue.end])
        if not values or values & ground.answer.prompt_numbers or ground.supports[read.index][0] >= 0.95:
            continue
        first = read.words[read.lead]
        score = 0.6 if max(values) >= 1000 else 0.35
        if read.has("per"):
            score += 0.2 if read.has("outside") else 0.1
        earlier = any(
            numbers(r.words) for r in ground.answer.around(read.index, before=2, after=0)
        )
        if earlier and any(w in read.words for w in ("that's", "so", "times", "means", "per")):
            score -= 0.35
        if first in ("if", "when", "whenever", "unless") or "if" in read.words:
            score -= 0.3
        if read.weight("bound") >= 1 or read.weight("check") >= 1:
            score -= 0.25
        if ground.decisions[read.index] is not None:
            score -= 0.2
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} shapes the solution, and nobody gave it: the prompt does not say it and it is not marked as a guess.",
            (f"quantity: {shown(quote)}", "not in the prompt", "no “say”, “assume” or “roughly” in the sentence or the three before"),
            f"I'll assume {quote}, since {BLANK}; if it were ten times that I'd {BLANK}.",
            score,
        )


def _invented_requirement(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind == "story":
        return
    for read in ground.reads:
        cue = read.best("need")
        if cue is None or read.code or _marked(ground, read.index, 0):
            continue
        told = read.content & ground.answer.prompt_content
        rest = frozenset(read.content) - ground.answer.prompt_content
        score = 0.62
        if not rest or len(told) >= len(rest) and len(told) >= 2:
            score -= 0.3
        own, _ = ground.supports[read.index]
        if own >= 0.9:
            score -= 0.2
        if read.words[read.lead] in ("if", "when", "i", "i'd", "what") or "if" in read.words:
            score -= 0.3
        if read.size > 20:
            score -= 0.2
        before = ground.answer.get(read.index - 1)
        if before is not None and before.weight("requirement") >= 1:
            score -= 0.3
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"A need is asserted ({shown(quote)}) that neither the prompt nor a question established.",
            (f"need: {shown(quote)}", "not in the prompt, not asked, not marked as assumed"),
            f"I'd assume {BLANK} needs {BLANK}; is that right? If not, I'd {BLANK}.",
            score,
        )


def _assumed_property(ground: Ground) -> Iterator[Finding]:
    if ground.answer.kind == "story":
        return
    for read in ground.reads:
        cue = read.best("property")
        if cue is None or _marked(ground, read.index, 1):
            continue
        score = 0.7 * cue.weight
        if content(read.words[cue.start : cue.end]) & ground.answer.prompt_content:
            score -= 0.4
        if "if" in read.words or "unless" in read.words or "make" in read.words or read.weight("hedge") >= 1:
            score -= 0.3
        if read.code:
            score -= 0.2
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"The solution leans on {shown(quote)}, and nobody said that it holds.",
            (f"property relied on: {shown(quote)}", "not in the prompt, not asked, not marked as assumed"),
            f"I'm assuming {BLANK}; if that didn't hold I'd {BLANK}.",
            score,
        )


def _taken_for_granted(ground: Ground) -> Iterator[Finding]:
    for read in ground.reads:
        cue = read.best("taken")
        if cue is None or read.question:
            continue
        score = 0.6 if cue.weight >= 1 else 0.3
        own, _ = ground.supports[read.index]
        if own >= 0.9:
            score -= 0.25
        if ground.decisions[read.index] is not None or read.has("thing") or read.weight("circular") >= 1:
            score += 0.1
        if read.has("peripheral"):
            score -= 0.2
        if score < 0.2:
            continue
        quote = read.cue_quote(cue)
        yield Finding(
            read.index,
            quote,
            f"{shown(quote)} stands where the assumption itself should be heard.",
            (f"taken for granted: {shown(quote)}", "no reason in the sentence"),
            f"I'm assuming {BLANK} here, because {BLANK}.",
            score,
        )


SOLUTION_BEFORE_FRAMING = Rule("A1", "solution-before-framing", "warning", "", "", (), (), (), "", (), _solution_before_framing)
UNSTATED_QUANTITY = Rule("A2", "unstated-quantity", "warning", "", "", (), (), (), "", (), _unstated_quantity)
INVENTED_REQUIREMENT = Rule("A3", "invented-requirement", "warning", "", "", (), (), (), "", (), _invented_requirement)
ASSUMED_PROPERTY = Rule("A4", "assumed-property", "warning", "", "", (), (), (), "", (), _assumed_property)
TAKEN_FOR_GRANTED = Rule("A5", "taken-for-granted", "warning", "", "", (), (), (), "", (), _taken_for_granted)
