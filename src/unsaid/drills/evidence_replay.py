"""Evidence replay: one past project told three times, and what can be heard of it in each take. Pure.

Six elements make a story that somebody can check: context, stakes, alternatives, action, impact (with a
number) and reflection. What is claimed without any of them is what rule E1 notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from unsaid.language import acts
from unsaid.language.conduct import Conduct
from unsaid.language.weigh import Ground
from unsaid.model import Audit, Flag

ElementId = Literal["context", "stakes", "alternatives", "action", "impact", "reflection"]
ELEMENTS: tuple[ElementId, ...] = ("context", "stakes", "alternatives", "action", "impact", "reflection")
Audible = Literal["yes", "partly", "no"]
CLAIM = "E1"
"""The rule that notes a claim without evidence."""

_ASKS: dict[ElementId, str] = {
    "context": "where and when it was, and what your part was",
    "stakes": "what would have been lost",
    "alternatives": "what else could have been done",
    "action": "what you did yourself",
    "impact": "what came of it, with a number",
    "reflection": "what you would do again, or otherwise",
}
_DEEDS = 2
"""So many sentences in which the speaker acts make an action; one is half of it."""


@dataclass(frozen=True, slots=True)
class Element:
    """One of the six in one take."""

    id: ElementId
    audible: Audible
    sentences: tuple[int, ...]
    """Which sentences show it, in order."""
    words: str
    """What is heard or what is missing, in plain words."""


@dataclass(frozen=True, slots=True)
class Take:
    """What was heard in one telling."""

    elements: tuple[Element, ...]
    """All six, in the order of `ELEMENTS`."""
    claims: tuple[Flag, ...]
    """Claims without evidence, in order of time."""
    words: int
    duration_s: float
    figures: int
    """Sentences that hold a number."""

    def element(self, name: ElementId) -> Element:
        """One of the six."""
        return self.elements[ELEMENTS.index(name)]

    @property
    def audible(self) -> int:
        """How many of the six are audible."""
        return sum(e.audible == "yes" for e in self.elements)


@dataclass(frozen=True, slots=True)
class Row:
    """One element over the takes."""

    id: ElementId
    audible: tuple[Audible, ...]
    """One for each take."""
    words: str
    """How it went: "heard from take 2 on", "never heard"."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Takes of one story side by side."""

    rows: tuple[Row, ...]
    """All six, in the order of `ELEMENTS`."""
    claims: tuple[int, ...]
    """Claims without evidence, for each take."""
    figures: tuple[int, ...]
    """Sentences with a number, for each take."""
    duration_s: tuple[float, ...]
    words: tuple[str, ...]
    """What is to be said of it, a line each."""


def replay(audit: Audit) -> Take:
    """Hear one take, whatever kind of question the audit knows it as. `Audit.conduct` says which claims stand
    without evidence."""
    answer = acts.understand(audit.sentences, audit.prompt, "story")
    heard = Conduct.on(Ground(answer))
    found = {name: _found(heard, name) for name in ELEMENTS}
    claims = tuple(f for f in audit.conduct if f.code == CLAIM)
    claimed = {f.sentence_index for f in claims}
    return Take(
        elements=tuple(_element(heard, name, found[name], claimed) for name in ELEMENTS),
        claims=claims,
        words=sum(s.last_word - s.first_word for s in audit.sentences),
        duration_s=max(audit.transcript.duration_s, max((s.end_s for s in audit.sentences), default=0.0)),
        figures=sum(r.figures > 0 for r in answer.reads),
    )


def _found(heard: Conduct, name: ElementId) -> tuple[int, ...]:
    """The sentences that speak for an element."""
    count = len(heard.reads)
    early, late = range(max(1, -(-count // 3))), range(2 * count // 5, count)
    if name == "context":
        return tuple(i for i in early if heard.says(i, "story_context", "part_context"))
    if name == "stakes":
        return tuple(
            i
            for i in range(-(-2 * count // 3))
            if heard.says(i, "story_stakes") and not _looks_back(heard, i)
        )
    if name == "alternatives":
        return tuple(
            i
            for i in range(count)
            if not _looks_back(heard, i)
            and (heard.says(i, "story_alternatives") or heard.reads[i].weight("alternative") >= 1)
        )
    if name == "action":
        return tuple(i for i in range(count) if _did(heard, i))
    if name == "impact":
        return tuple(
            i
            for i in late
            if (heard.says(i, "came_of_it") or heard.reads[i].weight("outcome") >= 1)
            and not _looks_back(heard, i)
            # "I migrated the accounts" is a deed; a figure makes it a result as well.
            and (heard.reads[i].figures > 0 or not _did(heard, i))
        )
    return tuple(i for i in late if _looks_back(heard, i))


def _looks_back(heard: Conduct, index: int) -> bool:
    """What was learnt, or would be done otherwise."""
    if (
        index < len(heard.reads) // 2
        or not heard.says(index, "part_reflection")
        or heard.reads[index].question
    ):
        return False
    return heard.says(index, "lesson") or not heard.says(index, "signoff")


def _did(heard: Conduct, index: int) -> bool:
    """The speaker herself did something."""
    words = heard.reads[index].words
    return (
        heard.acted(index)
        and "i" in words
        and not heard.says(index, "claim_self")
        and not _looks_back(heard, index)
    )


def _reasons(heard: Conduct, index: int) -> bool:
    """A sentence says why."""
    if index >= len(heard.reads):
        return False
    return max(heard.reading(index, "reasons"), heard.ground.supports[index][0]) >= 0.5


def _element(heard: Conduct, name: ElementId, found: tuple[int, ...], claimed: set[int]) -> Element:
    found = tuple(i for i in found if i not in claimed) if name != "impact" else found
    audible: Audible = "yes" if found else "no"
    if name == "context" and found:
        told = any(heard.says(i, "story_context") for i in found)
        audible = "yes" if told else "partly"
    elif name == "alternatives" and found:
        weighed = any(_reasons(heard, j) for i in found for j in (i, i + 1, i + 2))
        audible = "yes" if weighed else "partly"
    elif name == "action" and found:
        audible = "yes" if len(found) >= _DEEDS else "partly"
    elif name == "impact" and found:
        numbered = [i for i in found if heard.reads[i].figures > 0 and i not in claimed]
        audible = "yes" if numbered else "partly"
    asks = _ASKS[name]
    if audible == "yes":
        words = f"Heard: {asks}."
    elif audible == "no":
        words = f"Not heard: {asks}."
    elif name == "impact":
        words = "What came of it is heard, and no number with it."
    elif name == "alternatives":
        words = "Another way is heard, and not why it was not taken."
    else:
        words = f"Half heard: {asks}."
    return Element(name, audible, found, words)


def side_by_side(takes: Sequence[Take]) -> Comparison:
    """Takes of one story in the order in which they were told."""
    rows = tuple(
        Row(name, levels, _course(levels))
        for name in ELEMENTS
        for levels in [tuple(take.element(name).audible for take in takes)]
    )
    claims = tuple(len(take.claims) for take in takes)
    lines: list[str] = []
    if takes:
        counts = ", ".join(str(take.audible) for take in takes)
        lines.append(f"Of {len(ELEMENTS)} elements audible, take by take: {counts}.")
        never = [row.id for row in rows if row.audible[-1] == "no"]
        if never:
            lines.append(f"Still missing in the last take: {', '.join(never)}.")
        half = [row.id for row in rows if row.audible[-1] == "partly"]
        if half:
            lines.append(f"Half there in the last take: {', '.join(half)}.")
        if any(claims):
            lines.append(f"Claims without evidence, take by take: {', '.join(map(str, claims))}.")
    return Comparison(
        rows=rows,
        claims=claims,
        figures=tuple(take.figures for take in takes),
        duration_s=tuple(take.duration_s for take in takes),
        words=tuple(lines),
    )


def _course(levels: Sequence[Audible]) -> str:
    """How an element came and went over the takes."""
    heard = [n for n, level in enumerate(levels, 1) if level == "yes"]
    if not heard:
        return "half heard at most" if "partly" in levels else "never heard"
    if len(heard) == len(levels):
        return "heard throughout"
    if heard == list(range(heard[0], len(levels) + 1)):
        return f"heard from take {heard[0]} on"
    return f"heard in take {', '.join(map(str, heard))}"
