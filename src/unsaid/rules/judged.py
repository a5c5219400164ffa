"""From a family's hand-written readings and the learnt weights to what its rules find.

Each rule reads an answer by hand first: what it sees there (`Finding` with a score) says which words to
quote and what to advise, and its score is one sign among others. Whether it becomes a flag is the learnt
judgement of the family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from unsaid.language.judge import Verdict, judge_of
from unsaid.language.weigh import Ground
from unsaid.rules.base import Finding

Sketch = Callable[[Ground], Iterable[Finding]]
"""A rule's reading by hand."""
FAINT = 0.2
"""Below this confidence nothing is found at all."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A family's judgement of one answer."""

    sketched: Mapping[str, Mapping[int, Finding]]
    """By code and sentence, what was read by hand."""
    verdicts: tuple[Verdict, ...]


def sketch(ground: Ground, sketches: Mapping[str, Sketch]) -> dict[str, dict[int, Finding]]:
    """What every rule of a family reads by hand, by code and sentence."""
    out: dict[str, dict[int, Finding]] = {}
    for code, read in sketches.items():
        found: dict[int, Finding] = {}
        for f in read(ground):
            old = found.get(f.sentence)
            if old is None or f.confidence > old.confidence:
                found[f.sentence] = f
        out[code] = found
    return out


def hints(sketched: Mapping[str, Mapping[int, Finding]]) -> dict[int, dict[str, float]]:
    """The same as scores, by sentence and code."""
    out: dict[int, dict[str, float]] = {}
    for code, found in sketched.items():
        for index, f in found.items():
            out.setdefault(index, {})[code] = f.confidence
    return out


def judged(ground: Ground, letter: str, sketches: Mapping[str, Sketch]) -> Judged:
    """A family's judgement, made once for each answer."""
    judge = judge_of(ground)
    known = ground.memo.get(letter)
    if isinstance(known, Judged):
        return known
    sketched = sketch(ground, sketches)
    made = Judged(sketched, judge.verdicts(letter, hints(sketched)))
    ground.memo[letter] = made
    return made


def settled(
    ground: Ground, judgement: Judged, code: str, otherwise: Callable[[int], Finding | None]
) -> Iterator[Finding]:
    """What a rule finds: its own reading where it has one, else what `otherwise` makes of the sentence."""
    own = judgement.sketched[code]
    for index, verdict in enumerate(judgement.verdicts):
        if verdict.confidence < FAINT or verdict.code != code or ground.reads[index].question:
            continue
        finding = own.get(index) or otherwise(index)
        if finding is not None:
            told = tuple(t for t in verdict.told if t not in finding.evidence)
            evidence = (*finding.evidence, f"weighed most: {'; '.join(told)}") if told else finding.evidence
            # Rounded as they are shown, so that the bar divides what is seen.
            yield replace(finding, confidence=round(verdict.confidence, 2), evidence=evidence)
