"""How likely it is that a sentence shows a signal, and how much of it an answer shows, learnt from labels.

Two stages, as in `language.judge`. First every sentence is heard: how likely it shows each signal, by what is
seen of it and its neighbours, by the learnt readings, by the phrases of `language/signals.toml` and by the
hand-written ways (`drills.ways`); a weighted sum and a sum of small trees, half each. Which way it shows the
signal is a weighted sum as well. Then each signal is given a level, by how many sentences show it, how surely
and in how many ways, and by what the hand-written ways make of it. `tools/train_signals.py` fits both on the
labelled answers and writes `hearing.npz`. Pure, linear in the words.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from unsaid.drills.bank import SIGNALS
from unsaid.drills.ways import BOOK, LEVELS, Ear, Found, Level, claims, found, led, level
from unsaid.language import trees
from unsaid.language.cues import listed
from unsaid.language.judge import READINGS, logistic, weighed, weights
from unsaid.language.trees import Forest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float32]

WAYS: dict[str, dict[str, str]] = {
    "problem-framing": {
        "asks": "asks what the work turns on",
        "given": "states a limit or takes one as given",
        "goal": "names the goal, or what must not happen",
        "scope": "says what is left out",
        "plan": "says in which order the work goes",
        "known": "says what is known and what is not, or what could be behind it",
    },
    "coding-fluency": {
        "step": "says a step as it would be typed",
        "check": "runs values through it",
        "odd": "says what an odd case gives",
        "cost": "tells what it costs, and why",
        "mended": "finds a fault and mends it",
    },
    "architectural-judgement": {
        "weighs": "sets a choice against another, with the reason",
        "price": "names the price of a choice",
        "turn": "says what would change the choice",
        "reason": "gives a choice a reason from this problem",
    },
    "production-judgement": {
        "fails": "something that fails, and what follows",
        "load": "too much load, and what is done about it",
        "attack": "who might do harm or read along, and what stops it",
        "watch": "how it would be noticed",
        "rollout": "how it goes out, or comes back",
        "cost": "what it costs to run",
    },
    "delivery-judgement": {
        "decision": "decides for the sake of somebody who uses or pays for it",
        "scope": "chooses what comes first, or not at all, for a date or for use",
        "outcome": "tells what came of it for users or the business",
        "effort": "weighs the effort against what it brings",
    },
    "leadership-and-influence": {
        "act": "does something for others' work",
        "change": "tells what changed with the others",
        "lasts": "leaves something that others use",
    },
    "communication-and-reflection": {
        "tells": "explains itself to the listener",
        "turns": "turns an objection or an own slip into a change",
        "lesson": "says what is done otherwise now",
        "weak": "names a weak spot of the own answer",
    },
}
"""By signal, the ways of showing it that are told apart, and each in plain words."""
_SAME = {
    "explains": "known",
    "feedback": "turns",
    "slip": "turns",
    "sign": "tells",
    "image": "tells",
    "why": "tells",
}
"""Hand-written ways that are called otherwise here."""
BY_HAND: dict[str, tuple[str, ...]] = {
    signal: tuple({**dict.fromkeys(kinds), **{w: None for w, k in _SAME.items() if k in kinds}})
    for signal, kinds in WAYS.items()
}
"""By signal, the hand-written ways."""
_FAR = 15
"""Sentences from either end that are told apart."""
_EARLY = 12
_HALF, _THIRD = 0.5, 0.35
SHORTEST = 15
"""Sentences that an answer needs for what was learnt to apply: it was learnt on whole answers."""
_ENOUGH = 0.5
"""A sentence that a hand-written way hears is shown from this share of the least chance on."""


@dataclass(frozen=True)
class _Weights:
    """What was learnt."""

    columns: tuple[str, ...]
    """What is seen of a sentence, by name, in the order of the table."""
    signed: NDArray[np.float32]
    """(columns, signals): what each adds."""
    phrases: dict[str, int]
    """Phrases, to the row of `phrased`."""
    phrased: NDArray[np.float32]
    """(phrases, signals): what each adds."""
    bias: NDArray[np.float64]
    """(signals,)"""
    forests: tuple[Forest, ...]
    """One a signal."""
    ways: dict[str, NDArray[np.float32]]
    """By signal, (columns and 1, ways): how each column speaks for a way; last the bias."""
    levels: dict[str, NDArray[np.float64]]
    """By signal, (2, amounts and 1): for at least partly, and for visible; last the bias."""
    least: dict[str, float]
    """By signal, the chance from which a sentence is shown."""
    cuts: dict[str, tuple[float, float]]
    """By signal, from which chance on it is at least partly heard, and visible."""
    kinds: dict[str, frozenset[str]]
    """By signal, the kinds of questions that it was learnt on."""


@cache
def learnt() -> _Weights:
    """The learnt weights of the package."""
    import numpy as np

    arrays, names, forests = trees.learnt("unsaid.drills", "hearing.npz")
    return _Weights(
        tuple(names["columns"]),
        arrays["signed"].astype(np.float32),
        {name: k for k, name in enumerate(names["phrases"])},
        arrays["phrased"].astype(np.float32),
        arrays["bias"].astype(np.float64),
        tuple(forests),
        {signal: arrays[f"{signal} ways"].astype(np.float32) for signal in SIGNALS},
        {signal: arrays[f"{signal} levels"].astype(np.float64) for signal in SIGNALS},
        names["least"],
        {signal: (low, high) for signal, (low, high) in names["cuts"].items()},
        {signal: frozenset(kinds) for signal, kinds in names["kinds"].items()},
    )


@cache
def _named() -> tuple[tuple[str, ...], tuple[tuple[str, frozenset[str]], ...]]:
    """The kinds of phrases in the book, and its lists of words."""
    import tomllib
    from importlib import resources

    book = tomllib.loads(resources.files("unsaid.language").joinpath(BOOK).read_text(encoding="utf-8"))
    return (
        tuple(kind for kind in book if kind != "words"),
        tuple((name, listed(name, BOOK)) for name in book["words"]),
    )


def columns() -> tuple[str, ...]:
    """What `table` sees of a sentence, by name, in its order."""
    cues, lists = _named()
    hand = [f"{signal} {way}" for signal in SIGNALS for way in BY_HAND[signal]]
    return (
        *weights().seen,
        *(f"{name} {by:+d}" for by in (-2, -1, 0, 1, 2) for name in READINGS),
        *(f"says {kind} {by:+d}" for by in (-1, 0, 1) for kind in cues),
        *(f"by hand {way} {by:+d}" for by in (-1, 0, 1) for way in hand),
        *(f"word of {name}" for name, _ in lists),
        *("from the start", "from the end", "place in the answer", "substance", "figures"),
    )


def table(ear: Ear, by_hand: Mapping[str, Found]) -> Table:
    """(sentences, `columns()`) float32."""
    import numpy as np

    n = len(ear.reads)
    cues, lists = _named()
    at = {kind: k for k, kind in enumerate(cues)}
    says = np.zeros((n, len(cues)), dtype=np.float32)
    for i, kinds in enumerate(ear.cues):
        for kind in kinds:
            says[i, at[kind]] = 1.0
    place = {key: k for k, key in enumerate((signal, way) for signal in SIGNALS for way in BY_HAND[signal])}
    hand = np.zeros((n, len(place)), dtype=np.float32)
    for signal, rows in by_hand.items():
        for i, way, _ in rows:
            hand[i, place[signal, way]] = 1.0
    words = np.array(
        [[not group.isdisjoint(read.bag) for _, group in lists] for read in ear.reads], dtype=np.float32
    ).reshape(n, len(lists))
    index = np.arange(n)
    where = np.stack(
        (
            np.minimum(index / _FAR, 1.0),
            np.minimum((n - 1 - index) / _FAR, 1.0),
            index / max(1, n),
            [min(1.0, len(ear.substance(i)) / 10) for i in range(n)],
            [min(1.0, read.figures / 3) for read in ear.reads],
        ),
        axis=1,
    )
    parts = [ear.judge.first, *(_further(ear.read, by) for by in (-2, -1, 0, 1, 2))]
    parts += [_further(values, by) for values in (says, hand) for by in (-1, 0, 1)]
    # Column after column, as the trees take them.
    return np.concatenate([part.astype(np.float32).T for part in (*parts, words, where)]).T


def _further(values: Any, by: int) -> Any:
    """Row i holds what stands `by` rows further on; nothing beyond either end."""
    import numpy as np

    out = np.zeros_like(values)
    n = len(values)
    if by > 0:
        out[: max(0, n - by)] = values[by:]
    elif by < 0:
        out[-by:] = values[: max(0, n + by)]
    else:
        out[:] = values
    return out


def amounts(chances: Any, ways: Any, hand: int, by_hand: int) -> NDArray[np.float64]:
    """What a signal comes to over an answer.

    `chances` is (sentences,), `ways` (sentences, ways), which way each would be; `hand` the level by the
    hand-written ways, 0 to 2, and `by_hand` how many sentences they hear.
    """
    import numpy as np

    n = len(chances)
    strongest = np.sort(np.concatenate((chances, np.zeros(6))))[::-1]
    total = chances.sum()
    shown = chances[:, None] * ways
    return np.array(
        [
            total,
            np.log1p(total),
            np.log1p((chances >= _HALF).sum()),
            np.log1p((chances >= _THIRD).sum()),
            *strongest[[0, 1, 2, 3, 5]],
            (1.0 - np.prod(1.0 - shown, axis=0)).sum(),
            chances[:_EARLY].sum() / (total + 0.5),
            np.log(max(1, n)),
            total / max(1, n),
            hand,
            np.log1p(by_hand),
            *np.log1p(shown.sum(axis=0)),
        ]
    )


class Hearing:
    """What is heard of one answer."""

    def __init__(self, ear: Ear) -> None:
        self.ear = ear
        self.by_hand = {signal: found(ear, signal) for signal in SIGNALS}
        """By signal, what the hand-written ways hear."""

    def _by_hand_alone(self, signal: str) -> bool:
        """Nothing like it was learnt on: a stretch of talk, or a kind of question that asks for others."""
        kind = self.ear.kind
        return len(self.ear.reads) < SHORTEST or (kind is not None and kind not in learnt().kinds[signal])

    @cached_property
    def _table(self) -> Table:
        import numpy as np

        seen = table(self.ear, self.by_hand)
        w = learnt()
        if w.columns != columns():
            # The judgement, or the book, was fitted or written anew since: what has no column stays out.
            at = {name: k for k, name in enumerate(columns())}
            out = np.zeros((len(seen), len(w.columns)), dtype=np.float32)
            for k, name in enumerate(w.columns):
                if name in at:
                    out[:, k] = seen[:, at[name]]
            return out
        return seen

    @cached_property
    def chances(self) -> NDArray[np.float64]:
        """(sentences, signals): how likely each sentence shows each signal; 0 where it only claims it."""
        import numpy as np

        w, ear = learnt(), self.ear
        if not ear.reads:
            return np.zeros((0, len(SIGNALS)))
        found = weighed(self._table, ear.judge.said, w.bias, w.signed, w.phrases, w.phrased, w.forests)
        return unclaimed(ear, found)

    def ways(self, signal: str) -> NDArray[np.float64]:
        """(sentences, ways of the signal): which way each sentence would show it, if it does."""
        import numpy as np

        by = learnt().ways[signal]
        x = (self._table @ by[:-1] + by[-1]).astype(np.float64)
        x = np.exp(x - x.max(axis=1, keepdims=True)) if len(x) else x
        return np.asarray(x / x.sum(axis=1, keepdims=True))

    def shown(self, signal: str) -> list[tuple[int, str, str]]:
        """Sentences that show the signal, each with its way and what it shows in plain words."""
        if self._by_hand_alone(signal):
            return self.by_hand[signal]
        chances = self.chances[:, SIGNALS.index(signal)].tolist()
        best = self.ways(signal).argmax(axis=1).tolist()
        kinds = tuple(WAYS[signal])
        hand = {i: (way, told) for i, way, told in self.by_hand[signal]}
        out = []
        for i in sentences_shown(chances, hand, learnt().least[signal]):
            way = kinds[best[i]]
            by_hand, told = hand.get(i, ("", ""))
            # The hand-written ways tell more apart, and say it more closely.
            same = _SAME.get(by_hand, by_hand) == way
            out.append((i, way, told if same else WAYS[signal][way]))
        return out

    def level(self, signal: str, shown: Found) -> Level:
        """How much of the signal the answer shows, where `shown` is what shows it."""

        rows = self.by_hand[signal]
        if self._by_hand_alone(signal):
            return level(self.ear, signal, rows)
        hand = LEVELS.index(level(self.ear, signal, rows))
        amount = amounts(self.chances[:, SIGNALS.index(signal)], self.ways(signal), hand, len(rows))
        by = learnt().levels[signal]
        some, whole = logistic(by[:, :-1] @ amount + by[:, -1])
        return settled(self.ear, signal, (float(some), float(whole)), learnt().cuts[signal], len(shown))


def unclaimed(ear: Ear, chances: Any) -> NDArray[np.float64]:
    """(sentences, signals) chances, 0 where a sentence only claims what the signal stands for."""
    import numpy as np

    empty = [[claims(ear, i, signal) for signal in SIGNALS] for i in range(len(ear.reads))]
    return np.where(np.array(empty, dtype=bool).reshape(chances.shape), 0.0, chances)


def sentences_shown(chances: Sequence[float], by_hand: Container[int], least: float) -> list[int]:
    """The sentences whose chance is high enough, less of it where a hand-written way hears them."""
    return [i for i, p in enumerate(chances) if p >= (_ENOUGH * least if i in by_hand else least)]


def settled(
    ear: Ear, signal: str, chances: tuple[float, float], cuts: tuple[float, float], shown: int
) -> Level:
    """The level, by how likely it is at least partly heard and visible, and how many sentences show it."""
    some, whole = chances
    if not shown or (some < cuts[0] and whole < cuts[1]):
        return "hidden"
    helped = signal in ("coding-fluency", "communication-and-reflection") and led(ear)
    return "visible" if whole >= cuts[1] and shown >= 2 and not helped else "partly"
