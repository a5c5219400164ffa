"""The parts of an answer, and how the time went among them. Pure.

A technical answer clarifies, plans, solves, tests and closes; a story tells context, action, outcome and
reflection. Each sentence speaks for the parts by what it does (asks, assumes, commits, tries out, sums up)
and by its place; the cheapest way through all sentences gives contiguous stretches. Parts come in their
order and any may be missing. Two ways lead back, and both cost so much that one odd sentence does not take
them: from planning or solving to clarifying, and from testing to solving.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from unsaid.language import acts
from unsaid.language.conduct import Conduct
from unsaid.language.cues import CONDUCT, listed
from unsaid.language.weigh import Ground
from unsaid.model import Audit, Kind

Name = Literal["clarify", "plan", "solve", "test", "close", "context", "action", "outcome", "reflection"]
TECHNICAL: tuple[Name, ...] = ("clarify", "plan", "solve", "test", "close")
STORY: tuple[Name, ...] = ("context", "action", "outcome", "reflection")

_STEP, _LATE_STEP = 2.2, 1.4
"""What it costs to go on to a later part, and to one near the end, which may be a sentence or two: so much
must its sentences say for it."""
_LATE = ("outcome", "reflection", "close")
_LULL = 4
"""Code goes on over so many sentences about something else."""
_BACK: dict[tuple[str, str], float] = {
    ("plan", "clarify"): 5.0,
    ("solve", "clarify"): 5.0,
    ("test", "solve"): 5.0,
}

_SHARES: dict[str, tuple[float, float]] = {
    "clarify": (0.08, 0.25),
    "plan": (0.0, 0.25),
    "solve": (0.3, 0.7),
    "test": (0.08, 0.3),
    "close": (0.02, 0.12),
    "context": (0.08, 0.25),
    "action": (0.4, 0.7),
    "outcome": (0.08, 0.25),
    "reflection": (0.05, 0.2),
}
"""The least and the most of the time that a part usually has in an answer that comes out even."""
_OF_DESIGN: dict[str, tuple[float, float]] = {"solve": (0.4, 0.85), "test": (0.0, 0.3)}
"""The same where the question is a design: it is tried out while it is drawn."""
_MISSING: dict[str, str] = {
    "clarify": "nothing was clarified before the solution began",
    "solve": "no solution is heard",
    "test": "no stretch in which the solution is tried out",
    "close": "it ends without a summary or a next step",
    "context": "it begins without where, when and what was at stake",
    "action": "what you did is not heard",
    "outcome": "what came of it has no room of its own",
    "reflection": "what you would do again, or otherwise, has no room of its own",
}
"""What is missing where a part is; a plan may be part of the solution."""


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of an answer."""

    name: Name
    first: int
    """Index of its first sentence."""
    last: int
    """Index of its last sentence."""
    start_s: float
    """Where the part before ends, so that the silence before its first word belongs to it."""
    end_s: float
    words: int
    timed: bool
    """False where the transcript has no times: then only the words count."""

    @property
    def minutes(self) -> float:
        """How long it took; 0 where there are no times."""
        return (self.end_s - self.start_s) / 60 if self.timed else 0.0


def parts(audit: Audit, kind: Kind | None = None) -> tuple[Part, ...]:
    """The parts of an answer in order, from its first sentence to its last without a gap.

    `kind` goes before the prompt's. A name comes twice where the answer clearly goes back.
    """
    if not audit.sentences:
        return ()
    answer = acts.understand(audit.sentences, audit.prompt, kind)
    heard = Conduct.on(Ground(answer))
    if answer.kind == "story":
        names = STORY
        costs = [_of_story(heard, i) for i in range(len(answer.reads))]
    else:
        names = TECHNICAL
        typed = _typed(heard)
        costs = [_of_technical(heard, i, typed) for i in range(len(answer.reads))]
    return _stretches(audit, _cheapest(names, costs))


def _place(heard: Conduct, index: int) -> float:
    """0 at the first sentence, 1 at the last."""
    return index / max(1, len(heard.reads) - 1)


def _asks(heard: Conduct, index: int) -> bool:
    """A sentence asks, assumes or names a need."""
    read = heard.ground.answer.get(index)
    return read is not None and (
        read.question or read.weight("assumption") >= 1 or read.weight("requirement") >= 1
    )


def _types(heard: Conduct, index: int) -> bool:
    """A sentence says code."""
    return heard.reads[index].code or heard.says(index, "part_solve")


def _typed(heard: Conduct) -> tuple[int, int] | None:
    """The first and the last sentence of the stretch of a coding answer in which code is said, by an
    announcement ("let me write it") or by sentences of code close to each other.

    There to solve means to type: what is told before is planned, and what is told after it tried.
    """
    if heard.ground.answer.kind != "coding":
        return None
    says = [i for i in range(len(heard.reads)) if _types(heard, i)]
    opens = next((i for i in range(len(heard.reads)) if _announces(heard, i)), None)
    if opens is None:
        close = [i for i, j in pairwise(says) if j - i <= 2]
        if len(close) < 2:
            return None
        opens = close[0]
    last = opens
    for i in says:
        if last < i <= last + _LULL:
            last = i
    return opens, last


def _announces(heard: Conduct, index: int) -> bool:
    """ "Code.", "let me write it"."""
    read = heard.reads[index]
    return heard.says(index, "part_code") and (
        read.size <= 3 or read.words[read.lead] in ("let", "i'll", "so", "now")
    )


def _of_technical(heard: Conduct, index: int, typed: tuple[int, int] | None) -> dict[str, float]:
    """How far a sentence speaks for each part; `typed` is where code is said."""
    read, at, kind = heard.reads[index], _place(heard, index), heard.ground.answer.kind
    commits, reasons, marks = (heard.reading(index, n) for n in ("commits", "reasons", "marks"))
    gives = heard.reading(index, "gives")
    tried = listed("testing") | listed("tried", CONDUCT)
    figures = 1.0 if read.figures >= 2 and read.size <= 16 and commits < 0.5 else 0.0
    tests = 2.0 * heard.says(index, "part_test") + 1.0 * (not tried.isdisjoint(read.words)) + figures
    closes = (
        2.0 * heard.says(index, "part_close")
        + 1.5 * (read.weight("summary") >= 1 or heard.says(index, "summary"))
        + 1.0 * heard.says(index, "signoff")
        + 0.5 * heard.says(index, "next")
        + 0.5 * (read.weight("exclusion") >= 1)
    )
    early = max(0.0, 1.0 - at / 0.25)
    # Questions in the middle are asked of oneself, unless the speaker says that she goes back to ask.
    asking = at > 0.2 and any(
        heard.says(i, "part_back") and sum(_asks(heard, j) for j in range(i, i + 4)) >= 3
        for i in range(index - 4, index + 1)
    )
    before = typed is not None and index < typed[0]
    after = typed is not None and index > typed[1]
    return {
        "clarify": 2.8 * marks
        + 0.6 * gives
        + 0.8 * heard.says(index, "part_clarify")
        + 0.8 * (read.weight("requirement") >= 1 or read.weight("assumption") >= 1)
        - 1.2 * commits * (1.0 - marks)
        - 1.5 * read.code
        + 1.6 * early
        + (2.0 if asking else -2.2 * min(1.0, max(0.0, at - 0.2) / 0.25)),
        "plan": 0.5 * reasons
        + (0.6 * commits + 0.4 if before else 0.0)
        + 1.2 * heard.says(index, "part_plan")
        + 0.6 * (read.weight("alternative") >= 1)
        - 1.5 * read.code
        + (0.7 if kind == "coding" else -0.2)
        - 2.5 * (not before) * min(1.0, max(0.0, at - 0.35) / 0.25),
        "solve": (0.0 if before or after else 1.0 + 0.8 * commits)
        + 1.0 * (kind == "coding" and _types(heard, index))
        + 0.2 * reasons
        - 1.2 * early,
        "test": (0.3 if after else 0.0 if kind in ("coding", "debugging") else -0.8)
        + tests
        - 1.5 * before
        + 0.6 * (kind == "debugging") * (at > 0.75)
        - 2.5 * max(0.0, 1.0 - at / 0.5),
        "close": closes - 5.0 * min(1.0, max(0.0, 0.95 - at) / 0.25) + 0.8 * (at > 0.9),
    }


def _of_story(heard: Conduct, index: int) -> dict[str, float]:
    """How far a sentence of a story speaks for each part."""
    read, at = heard.reads[index], _place(heard, index)
    commits, gives = heard.reading(index, "commits"), heard.reading(index, "gives")
    acted = heard.acted(index)
    came = heard.says(index, "part_outcome") or read.weight("outcome") >= 1
    lesson = heard.says(index, "part_reflection")
    return {
        "context": 1.0 * heard.says(index, "part_context")
        + 0.8 * gives
        + 0.8 * (not acted)
        - 1.6 * commits
        + 2.0 * max(0.0, 1.0 - at / 0.3)
        - 2.5 * min(1.0, max(0.0, at - 0.2) / 0.2),
        "action": 1.0 + 1.0 * commits + 0.6 * acted - 1.2 * max(0.0, 1.0 - at / 0.1) - 0.6 * (at > 0.9),
        "outcome": 1.8 * came
        + 0.8 * heard.says(index, "came_of_it")
        + 0.5 * heard.reading(index, "doubts")
        + 0.4 * (read.figures > 0)
        - 0.8 * commits
        - 1.0 * lesson
        - 4.0 * min(1.0, max(0.0, 0.75 - at) / 0.3),
        "reflection": 2.6 * lesson
        + 0.8 * heard.says(index, "lesson", "signoff")
        + 0.4 * (at > 0.95)
        - 5.0 * min(1.0, max(0.0, 0.85 - at) / 0.25),
    }


def _cheapest(names: Sequence[Name], speaks: Sequence[dict[str, float]]) -> list[Name]:
    """For each sentence its part: the way through all of them for which most speaks."""
    best: dict[Name, float] = {n: speaks[0][n] - (0.0 if n == names[0] else _STEP / 2) for n in names}
    back: list[dict[Name, Name]] = []
    for row in speaks[1:]:
        came: dict[Name, Name] = {}
        now: dict[Name, float] = {}
        for at, name in enumerate(names):
            ways: list[tuple[float, int, Name]] = []
            for before, other in enumerate(names):
                if before <= at:
                    step = 0.0 if before == at else _LATE_STEP if name in _LATE else _STEP
                    ways.append((best[other] - step, before, other))
                elif (other, name) in _BACK:
                    ways.append((best[other] - _BACK[other, name], before, other))
            score, _, came[name] = max(ways)
            now[name] = score + row[name]
        best = now
        back.append(came)
    name = max(names, key=lambda n: best[n])
    path = [name]
    for came in reversed(back):
        name = came[name]
        path.append(name)
    return path[::-1]


def _stretches(audit: Audit, path: Sequence[Name]) -> tuple[Part, ...]:
    """Neighbours of one name as one part; from the recording's start to its end without a gap."""
    timed = audit.transcript.timing != "none"
    edges = [0, *(i for i in range(1, len(path)) if path[i] != path[i - 1]), len(path)]
    sentences = audit.sentences
    end_s = max(audit.transcript.duration_s, sentences[-1].end_s)
    out: list[Part] = []
    at_s = 0.0
    for first, beyond in pairwise(edges):
        to_s = end_s if beyond == len(path) else max(at_s, sentences[beyond - 1].end_s)
        words = sum(s.last_word - s.first_word for s in sentences[first:beyond])
        out.append(Part(path[first], first, beyond - 1, at_s, to_s, words, timed))
        at_s = to_s
    return tuple(out)


def against(found: Sequence[Part], minutes: float = 0.0, kind: Kind | None = None) -> tuple[str, ...]:
    """What is to be said of how the time went, a line each, for a question of this kind.

    The whole against `minutes` (0 for no clock), the part that eats the clock, those that came too short, and
    what is missing.
    """
    if not found:
        return ()
    lines: list[str] = []
    timed = found[0].timed and found[-1].end_s > 0
    taken = (found[-1].end_s - found[0].start_s) / 60
    if timed and minutes > 0:
        if taken > 1.1 * minutes:
            lines.append(f"{_minutes(taken)} of {_minutes(minutes)}: over the clock.")
        elif taken < 0.6 * minutes:
            lines.append(f"{_minutes(taken)} of {_minutes(minutes)}: there was time left.")
    sizes: dict[str, float] = {}
    for part in found:
        sizes[part.name] = sizes.get(part.name, 0.0) + (part.minutes if timed else part.words)
    whole = sum(sizes.values()) or 1.0
    names = STORY if found[0].name in STORY else TECHNICAL
    for name in names:
        share = sizes.get(name, 0.0) / whole
        least, most = _OF_DESIGN.get(name, _SHARES[name]) if kind == "design" else _SHARES[name]
        if name not in sizes:
            if name in _MISSING and least > 0:
                lines.append(f"{name.capitalize()}: {_MISSING[name]}.")
        elif share > most + 0.08:
            lines.append(
                f"{name.capitalize()} eats the clock: {share:.0%} of the answer; {most:.0%} is plenty."
            )
        elif share < least / 2:
            lines.append(f"{name.capitalize()} is short: {share:.0%} of the answer.")
    return tuple(lines)


def _minutes(value: float) -> str:
    whole = round(value * 60)
    return f"{whole // 60}:{whole % 60:02} min"
