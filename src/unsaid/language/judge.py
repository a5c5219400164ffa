"""How likely it is that a careful listener would miss something in a sentence, from learnt weights.

Three readings come first, each a weighted sum of the sentence's signs and words: does it commit the speaker
to something, does it hold a reason, does it only support what stands next to it. A family's judgement then
weighs the signs together with the readings of the sentence and its neighbours. The weights are logistic
regressions, fitted by `tools/train.py` on the labelled answers; they stand in `weights.json`, by name.
Pure, linear in the number of words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp
from typing import Any, NamedTuple

from unsaid.language.acts import Read
from unsaid.language.signs import signs as signs_of
from unsaid.language.weigh import Ground

NEIGHBOURS = ("next ", "after next ", "before ")
KEPT = frozenset(
    (
        *("before question", "before question or", "before verbless", "before words 1-2", "before words 3-4"),
        *("before alternative", "before shares", "before correction", "next words 1-2"),
    )
)
"""Signs of the neighbours that the first two readings see; the third sees all."""
SURE = 0.42
"""The confidence at which a family's threshold stands."""


class Reading(NamedTuple):
    """What a sentence is read as, each 0 to 1."""

    commits: float
    """It commits the speaker to something: a choice, a number, an order, a cut."""
    reasons: float
    """It holds a reason, for itself or for a neighbour."""
    supports: float
    """It holds a reason and commits to nothing: it is there for its neighbour's sake."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one family judges one sentence."""

    confidence: float
    """0 to 1; `SURE` where the family's threshold stands."""
    code: str
    """The likeliest code, where the family tells its codes apart; else empty."""
    told: tuple[str, ...]
    """The signs that weighed most, in plain words."""


def own(signs: Mapping[str, float]) -> dict[str, float]:
    """The signs that say whether a sentence commits or reasons by itself."""
    return {
        k: v
        for k, v in signs.items()
        if k in KEPT
        or not (k.startswith(NEIGHBOURS) or k.startswith("kind") or "near" in k or "then other" in k)
    }


def phrases(read: Read) -> tuple[str, ...]:
    """The words of a sentence and their neighbours, as names of weights."""
    words = read.words
    if not words:
        return ()
    lead = min(read.lead, len(words) - 1)
    ends = (f"first: {words[lead]}", f"last: {words[-1]}", f"opens: {' '.join(words[lead : lead + 2])}")
    # Each once, always in the same order: sums of floats depend on it.
    return tuple(dict.fromkeys((*words, *ends, *(f"{a} {b}" for a, b in pairwise(words)))))


def joined(
    reads: Sequence[Read], signs: Sequence[Mapping[str, float]], readings: Sequence[Reading], i: int
) -> dict[str, float]:
    """The readings of a sentence and its neighbours, and what they come to together."""
    here = readings[i]
    none = Reading(0.0, 0.0, 0.0)
    after = readings[i + 1] if i + 1 < len(readings) else none
    second = readings[i + 2] if i + 2 < len(readings) else none
    before = readings[i - 1] if i else none
    seen = signs[i]
    goes_on = "next shares" in seen or "next opens back" in seen or "next leans" in seen
    silent = "pause silent" in seen
    c, r = here.commits, here.reasons
    open_by_reason = (
        c
        * (1 - r)
        * (1 - 0.8 * after.reasons * (1 - after.commits))
        * (1 - 0.5 * before.reasons * (1 - before.commits))
    )
    untold = (
        c
        * (1 - r)
        * (1 - after.supports)
        * (1 - 0.6 * before.supports)
        * (1 - 0.5 * second.supports * (1 - after.commits))
    )
    out = {
        "commits": c,
        "commits likely": 1.0 if c > 0.5 else 0.0,
        "reasons": r,
        "supports": here.supports,
        "next reasons": after.reasons,
        "after next reasons": second.reasons,
        "before reasons": before.reasons,
        "next commits": after.commits,
        "after next commits": second.commits,
        "before commits": before.commits,
        "next only reasons": after.reasons * (1 - after.commits),
        "after next only reasons": second.reasons * (1 - second.commits) * (1 - after.commits),
        "before only reasons": before.reasons * (1 - before.commits),
        "next goes on and reasons": after.reasons if goes_on else 0.0,
        "next supports": after.supports,
        "after next supports": second.supports * (1 - after.commits),
        "before supports": before.supports,
        "next goes on and supports": after.supports if goes_on else 0.0,
        "next supports after silence": after.supports if "next silent" in seen else 0.0,
        "follows from before": before.supports if "begins so" in seen or "begins then" in seen else 0.0,
        "commits without reason": c * (1 - r),
        "commits, no reason here or next": c * (1 - r) * (1 - after.reasons),
        "commits, nothing next supports": c * (1 - r) * (1 - after.supports),
        "open": open_by_reason,
        "untold": untold,
        "untold and short": untold if len(reads[i].words) <= 9 else 0.0,
    }
    if silent:
        out["silence, then commits"] = c
        out["silence, then open"] = open_by_reason
        out["silence, then untold"] = untold
    if (
        c > 0.5
        and "unframed" in seen
        and "question" not in seen
        and all(x.commits <= 0.5 for x in readings[:i])
    ):
        out["first step"] = 1.0
        if any(f"names {n}" in seen for n in ("tech", "structure", "component", "approach")):
            out["first step names a thing"] = 1.0
    return out


def spared(letter: str, code: str, seen: Mapping[str, float]) -> float:
    """How much of a judgement is left where the guide spares a sentence by rule, 0 to 1.

    Politeness; a marked assumption, a case put with "if", a fact of the prompt, a property with its
    cause; a doubt that is bounded right away or taken up again; a choice that follows from a fact or a fault
    just told, or that the next sentence points back to with a reason.
    """
    if letter == "A":
        if code in ("A1", "A5"):
            return 1.0
        if "property given" in seen:
            return 0.3
        marked = "has assumption" in seen or "opens if" in seen
        caused = code == "A4" and seen.get("own reason", 0.0) >= 0.9
        return 0.5 if marked else 0.4 if caused else 1.0
    if letter == "U":
        if "taken up again" in seen:
            return 0.4
        settles = "has check" in seen or "has assumption" in seen or "next assumption" in seen
        if "has discourse" in seen and "has unknown" not in seen and "has deferral" not in seen:
            return 0.4
        if "has check" in seen and "has hedge" in seen:
            return 0.35
        return 0.5 if settles or "next opens if" in seen else 1.0
    if "opens if" in seen and "no person" in seen:
        return 0.6
    if (
        "next opens back" in seen
        and seen.get("next reason strength", 0.0) >= 0.6
        and "next circular" not in seen
    ):
        return 0.85
    fault = "before correction" in seen and seen.get("before reason strength", 0.0) >= 0.5
    fact = "begins so" in seen and "before number" in seen and "before decides" not in seen
    return 0.6 if fault and "next circular" not in seen else 0.7 if fact else 1.0


def hinted(letter: str, scores: Mapping[str, float]) -> dict[str, float]:
    """What the hand-written reading of a family's rules says of a sentence, as signs."""
    if not scores:
        return {}
    most = max(scores.values())
    out = {f"hint {code}": score for code, score in scores.items()}
    out |= {f"hint {code} {'sure' if score >= SURE else 'weak'}": 1.0 for code, score in scores.items()}
    out[f"hint {letter}"] = most
    if most >= SURE:
        out["hint sure"] = 1.0
    return out


@cache
def _weights() -> dict[str, Any]:
    # Imported here: they cost more to load than all the rest of this package.
    import json
    from importlib import resources

    source = resources.files("unsaid.language").joinpath("weights.json").read_text(encoding="utf-8")
    doc: dict[str, Any] = json.loads(source)
    return doc


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + exp(-max(-40.0, min(40.0, x))))


class Judge:
    """The judgements on one answer."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.signs = signs_of(ground)
        self.readings = self._readings()
        self.joined = tuple(
            joined(ground.reads, self.signs, self.readings, i) for i in range(len(ground.reads))
        )

    def _readings(self) -> tuple[Reading, ...]:
        doc = _weights()["readings"]
        bias, by_sign, by_phrase = doc["bias"], doc["signs"], doc["phrases"]
        out = []
        for read, seen in zip(self.ground.reads, self.signs, strict=True):
            c, r, s = bias
            for name, value in seen.items():
                row = by_sign.get(name)
                if row is not None:
                    c += row[0] * value
                    r += row[1] * value
                    s += row[2] * value
            for name in phrases(read):
                row = by_phrase.get(name)
                if row is not None:
                    c += row[0]
                    r += row[1]
                    s += row[2]
            out.append(Reading(_logistic(c), _logistic(r), _logistic(s)))
        return tuple(out)

    def verdicts(self, letter: str, hints: Mapping[int, Mapping[str, float]]) -> tuple[Verdict, ...]:
        """How a family judges every sentence; `hints` are the scores of its rules' hand-written readings."""
        doc = _weights()["families"][letter]
        codes: list[str] = doc["codes"]
        least: float = doc["least"]
        weights, bias = doc["weights"], doc["bias"]
        columns = range(len(bias))
        out = []
        for i, read in enumerate(self.ground.reads):
            if not read.tokens:
                out.append(Verdict(0.0, "", ()))
                continue
            sources = (self.signs[i], self.joined[i], hinted(letter, hints.get(i, {})))
            sums = list(bias)
            for source in sources:
                for name, value in source.items():
                    row = weights.get(name)
                    if row is not None:
                        for k in columns:
                            sums[k] += row[k] * value
            miss = 1.0
            for x in sums:
                miss *= 1.0 - _logistic(x)
            likeliest = max(columns, key=lambda k: (sums[k], -k))
            p = (1.0 - miss) * spared(letter, codes[likeliest], self.signs[i])
            told = _told(sources, weights, likeliest) if p >= 0.4 * least else ()
            out.append(Verdict(_confidence(p, least), codes[likeliest] if len(codes) > 1 else "", told))
        return tuple(out)


def _confidence(p: float, least: float) -> float:
    """Probability to confidence: the family's threshold lies at `SURE`."""
    if p < least:
        return SURE * p / least
    return SURE + (1.0 - SURE) * (p - least) / (1.0 - least)


def _told(
    sources: Sequence[Mapping[str, float]], weights: Mapping[str, Sequence[float]], column: int
) -> tuple[str, ...]:
    """The three signs that weighed most, in plain words; those without plain words are left out."""
    says: dict[str, str] = _weights()["says"]
    parts = (
        (weights[name][column] * value, name)
        for source in sources
        for name, value in source.items()
        if name in weights and name in says
    )
    weighed = sorted((part for part in parts if part[0] > 0.15), reverse=True)
    out: list[str] = []
    for _, name in weighed:
        if says[name] not in out:
            out.append(says[name])
    return tuple(out[:3])
