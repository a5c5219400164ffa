"""How likely it is that a careful listener would miss something in a sentence, learnt from labelled answers.

Two stages. First every sentence is read: does it commit the speaker, hold a reason, voice a doubt, and so on
(`READINGS`); a weighted sum of its words and signs and a sum of small trees, half each. Then each family
judges it by these readings of the sentence and its neighbours, by its signs and by the hand-written readings
of the rules; a sum of small trees, too. `tools/train.py` fits both on the labelled answers and writes
`weights.npz`. What weighed most is kept with each verdict in plain words. Pure, linear in the words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from unsaid.language import lexicon
from unsaid.language.acts import Read
from unsaid.language.own import AFTER, BEFORE
from unsaid.language.signs import NEIGHBOURS, Signs
from unsaid.language.signs import signs as signs_of
from unsaid.language.trees import Forest, learnt
from unsaid.language.weigh import Ground

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Table = NDArray[np.float32]

SURE = 0.42
"""The confidence at which a family's threshold stands."""
READINGS = ("commits", "reasons", "supports", "doubts", "bounds", "gives", "marks")
"""It commits the speaker to something; it holds a reason; it holds one and commits to nothing; it voices a
doubt; it bounds one, or takes up what was put off; it states a figure, a need or a property; it marks an
assumption, asks, or names a goal."""
_CODED = 0.4
"""A code is told from this share of the threshold on."""
_EXPLAINED = 0.7
"""What weighed most is worked out from this share of the threshold on."""
_WORTH_SAYING = 0.1
"""A share of the log odds from which a sign is told."""
REACH = 4
"""Sentences on either side whose readings are weighed."""
_ACCOUNTS = (1, 2, 4)
"""The readings that answer for a neighbour: reasons, supports, bounds."""
_AROUND = 8
_LATER, _EARLIER = 40, 12
"""How far away a reason for the same thing is looked for, in sentences."""
_USUAL = {
    "commits": 0.33,
    "reasons": 0.24,
    "doubts": 0.06,
    "bounds": 0.03,
    "gives": 0.12,
    "marks": 0.08,
    "untold": 0.12,
    "unbounded": 0.03,
}
"""What sentences come to on average, in the training answers."""
_TOLD = 0.55
"""The share of choices that are accounted for, there."""
_AS_MANY = 12
"""A short answer counts as with so many usual sentences besides: three say little of a speaker."""
_CLIP = 0.001
_NEIGHBOURS = tuple(f"{where} " for where in NEIGHBOURS)
_OWN_CLASSES = frozenset(("tech", "structure", "component"))


class Verdict(NamedTuple):
    """How one family judges one sentence."""

    confidence: float
    """0 to 1; `SURE` where the family's threshold stands."""
    code: str
    """The likeliest code of the family; empty where the confidence is faint."""
    told: tuple[str, ...]
    """What weighed most, in plain words."""


@dataclass(frozen=True)
class _Weights:
    """What was learnt."""

    seen: dict[str, int]
    """Signs and classes of words by name, to the column of the first table."""
    around: dict[str, tuple[tuple[str, int], ...]]
    """By neighbour, its signs and their columns of the first table."""
    signed: NDArray[np.float32]
    """(columns of the first table, readings): what each adds to a reading."""
    phrases: dict[str, int]
    """Phrases, to the row of `phrased`."""
    phrased: NDArray[np.float32]
    """(phrases, readings): what each adds to a reading."""
    bias: NDArray[np.float64]
    """(readings,)"""
    read: tuple[Forest, ...]
    """One forest a reading."""
    near: dict[str, int]
    """What is seen of the neighbourhood by name, to the column of the second table."""
    families: dict[str, Forest]
    least: dict[str, float]
    codes: dict[str, tuple[str, ...]]
    by_code: dict[str, NDArray[np.float32]]
    """By family, (columns of the second table and 1, codes): how each speaks for a code; last the bias."""
    says: dict[str, str]


@cache
def weights() -> _Weights:
    """The learnt weights of the package."""
    import numpy as np

    arrays, names, forests = learnt("unsaid.language", "weights.npz")
    seen = {name: k for k, name in enumerate(names["seen"])}
    return _Weights(
        seen,
        around(seen),
        arrays["signed"].astype(np.float32),
        {name: k for k, name in enumerate(names["phrases"])},
        arrays["phrased"].astype(np.float32),
        arrays["bias"].astype(np.float64),
        tuple(forests[: len(READINGS)]),
        {name: k for k, name in enumerate(names["near"])},
        dict(zip(names["least"], forests[len(READINGS) :], strict=True)),
        names["least"],
        {letter: tuple(codes) for letter, codes in names["codes"].items()},
        {letter: arrays[f"{letter} codes"].astype(np.float32) for letter in names["least"]},
        names["says"],
    )


def around(seen: Mapping[str, int]) -> dict[str, tuple[tuple[str, int], ...]]:
    """By neighbour, its signs and their columns."""
    return {
        where: tuple(
            (name.removeprefix(f"{where} "), k) for name, k in seen.items() if name.startswith(f"{where} ")
        )
        for where in NEIGHBOURS
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


def kinds_of_words(read: Read) -> dict[str, float]:
    """How many words of each class of the lexicon there are, and which it opens and ends with."""
    kinds = [
        _kinds(names.union([name for name, _ in found if name in _OWN_CLASSES]) if found else names)
        for names, found in zip(lexicon.classes(read.words), read.classes, strict=True)
    ]
    out: dict[str, float] = {**Counter(chain.from_iterable([anywhere for anywhere, _, _ in kinds]))}
    for _, first, _ in kinds[: read.lead + 2]:
        out.update(first)
    for _, _, last in kinds[-2:]:
        out.update(last)
    return out


@cache
def _kinds(names: frozenset[str]) -> tuple[tuple[str, ...], dict[str, float], dict[str, float]]:
    """What the classes of a word are called as signs: of any word, of the first ones, of the last two."""
    return (
        tuple(f"word: {name}" for name in sorted(names)),
        {f"word at first: {name}": 1.0 for name in names},
        {f"word at last: {name}": 1.0 for name in names},
    )


def seen(ground: Ground) -> Signs:
    """The signs of every sentence and the classes of its words."""
    found = signs_of(ground)
    for read, row in zip(ground.reads, found.own, strict=True):
        if row:
            row.update(kinds_of_words(read))
    return found


def table_of(rows: Sequence[Mapping[str, float]], columns: Mapping[str, int]) -> Table:
    """(rows, columns) float32, column after column; names that have no column are left out."""
    import numpy as np

    at: list[int] = []
    values: list[float] = []
    n = len(rows)
    for i, row in enumerate(rows):
        found = list(map(columns.get, row))
        at += [i + k * n for k in found if k is not None]
        if None in found:
            values += [value for value, k in zip(row.values(), found, strict=True) if k is not None]
        else:
            values += row.values()
    out = np.zeros(n * len(columns), dtype=np.float32)
    out[at] = values
    return out.reshape(len(columns), n).T


def first_table(
    signs: Signs, around: Mapping[str, Sequence[tuple[str, int]]], seen: Mapping[str, int]
) -> Table:
    """(sentences, columns of `seen`) float32: each sentence's signs, and those of its neighbours."""
    import numpy as np

    out = table_of(signs.own, seen)
    wordless = np.array([not row for row in signs.own], dtype=bool)
    for where, by in signs.around.items():
        columns = {name: k for k, (name, _) in enumerate(around[where])}
        shown = _shifted(table_of(signs.shown, columns), by)
        shown[wordless] = 0.0
        # Added: what a sentence is seen to share with a neighbour stands in its own signs.
        out[:, [k for _, k in around[where]]] += shown
    return out


def _shifted(values: Any, by: int, fill: float = 0.0) -> Any:
    """Row i holds what stood `by` rows further on."""
    import numpy as np

    out = np.full_like(values, fill)
    n = len(values)
    if abs(by) < n:
        if by >= 0:
            out[: n - by] = values[by:]
        else:
            out[-by:] = values[: n + by]
    return out


def _limited(readings: Any, by: int, ground: Ground) -> Any:
    """The readings `by` sentences away, as far as the user lets a reason or a bound stand from its claim."""
    import numpy as np

    out = _shifted(readings, by)
    allowed, usual = (ground.thresholds.after, AFTER) if by > 0 else (ground.thresholds.before, BEFORE)
    far, columns = abs(by), list(_ACCOUNTS)
    if allowed < usual and far > allowed:
        out[:, columns] = 0.0
    if allowed > usual and far == usual:
        for more in range(usual + 1, allowed + 1):
            other = _shifted(readings, more if by > 0 else -more)
            out[:, columns] = np.maximum(out[:, columns], other[:, columns])
    return out


def neighbourhood(ground: Ground, signs: Signs, readings: NDArray[np.float64]) -> dict[str, Any]:
    """What the readings come to around each sentence: by name, one value a sentence.

    `readings` is (sentences, 7), in the order of `READINGS`.
    """
    import numpy as np

    n = len(signs.own)
    out: dict[str, Any] = {}
    by = {o: _limited(readings, o, ground) if o else readings for o in range(-REACH, REACH + 1)}
    outside = np.ones((n, 1))
    for o, values in by.items():
        # A sentence that is not there is neither yes nor no.
        gone = _shifted(outside, o)[:, 0] == 0
        for k, name in enumerate(READINGS):
            out[f"{name} {o:+d}" if o else name] = np.where(gone, -1.0, values[:, k])
    c, r, _, d, b, g, m = readings.T
    after, second, before = by[1], by[2], by[-1]
    untold = (
        c
        * (1 - r)
        * (1 - after[:, 2])
        * (1 - 0.6 * before[:, 2])
        * (1 - 0.5 * second[:, 2] * (1 - after[:, 0]))
    )
    only_before = before[:, 1] * (1 - before[:, 0])
    open_ = c * (1 - r) * (1 - 0.8 * after[:, 1] * (1 - after[:, 0])) * (1 - 0.5 * only_before)
    unbounded = d * (1 - b) * (1 - 0.7 * after[:, 4]) * (1 - 0.5 * second[:, 4]) * (1 - 0.5 * before[:, 4])
    silent = np.array(signs.has("pause silent"), dtype=float)
    goes_on = np.array(signs.has("next shares", "next opens back", "next leans"), dtype=float)
    out |= {
        "untold": untold,
        "open": open_,
        "unbounded": unbounded,
        "not given": g * (1 - m) * (1 - 0.6 * before[:, 6]),
        "untold and short": np.where([len(read.words) <= 9 for read in ground.reads], untold, 0.0),
        "silence, then commits": silent * c,
        "silence, then untold": silent * untold,
        "next goes on and reasons": goes_on * after[:, 1],
        "next goes on and supports": goes_on * after[:, 2],
    }
    framed = np.maximum.accumulate(np.concatenate(([0.0], m[:-1]))) if n else m
    committed = np.maximum.accumulate(np.concatenate(([0.0], c[:-1]))) if n else c
    out["framed"] = framed
    out["commits unframed"] = c * (1 - framed)
    unframed, question = np.array([signs.has("unframed"), signs.has("question")], dtype=bool)
    out["first step"] = ((c > 0.5) & (committed <= 0.5) & unframed & ~question).astype(float)
    later, earlier = _same_thing(ground, readings[:, 2])
    out["reason for it later"], out["reason for it earlier"] = later, earlier
    _overall(ground, readings, untold, unbounded, after, out)
    return out


def _same_thing(ground: Ground, supports: Any) -> tuple[Any, Any]:
    """The strongest support further on, and before, that speaks of the same thing."""
    from bisect import bisect_left

    import numpy as np

    reads, given = ground.reads, ground.answer.prompt_content
    later, earlier = np.zeros(len(reads)), np.zeros(len(reads))
    places: dict[str, list[int]] = {}
    for read in reads:
        for token in read.content - given:
            places.setdefault(token, []).append(read.index)
    strong = supports.tolist()
    for read in reads:
        i = read.index
        shared: dict[int, int] = {}
        for token in read.content - given:
            where = places[token]
            for at in range(bisect_left(where, i - _EARLIER), len(where)):
                j = where[at]
                if j >= i + _LATER:
                    break
                shared[j] = shared.get(j, 0) + 1
        for j, count in shared.items():
            score = min(1.0, count / 2) * strong[j]
            if j > i + 2:
                later[i] = max(later[i], score)
            elif j < i:
                earlier[i] = max(earlier[i], score)
    return later, earlier


def _overall(
    ground: Ground, readings: Any, untold: Any, unbounded: Any, after: Any, out: dict[str, Any]
) -> None:
    """How this speaker talks, in the whole answer and around each sentence."""
    import numpy as np

    n = len(readings)
    if not n:
        return
    sums = np.vstack((np.zeros((1, readings.shape[1])), np.cumsum(readings, axis=0)))
    missing = np.concatenate(([0.0], np.cumsum(untold)))
    low = np.maximum(np.arange(n) - _AROUND, 0)
    high = np.minimum(np.arange(n) + _AROUND + 1, n)

    def mean(total: Any, count: Any, name: str) -> Any:
        return (total + _AS_MANY * _USUAL[name]) / (count + _AS_MANY) + np.zeros(n)

    for k, name in enumerate(READINGS):
        if name != "supports":
            out[f"all {name}"] = mean(sums[-1, k], n, name)
            out[f"around {name}"] = mean(sums[high, k] - sums[low, k], high - low, name)
    out["all untold"] = mean(missing[-1], n, "untold")
    out["around untold"] = mean(missing[high] - missing[low], high - low, "untold")
    out["all unbounded"] = mean(unbounded.sum(), n, "unbounded")
    commits = readings[:, 0]
    accounted = commits * np.maximum(readings[:, 1], after[:, 2])
    usual = _AS_MANY * _USUAL["commits"]
    out["share told"] = np.full(n, (accounted.sum() + usual * _TOLD) / (commits.sum() + usual))
    words = sum(len(r.words) for r in ground.reads)
    out["words a sentence"] = np.full(n, min(18.0, (words + 11.0 * _AS_MANY) / (n + _AS_MANY)))
    out["untold more"] = 1.0 - np.searchsorted(np.sort(untold), untold, side="right") / n


def hinted(hints: Mapping[int, Mapping[str, float]], count: int) -> list[dict[str, float]]:
    """The scores of the hand-written readings as named values, a row a sentence."""
    out: list[dict[str, float]] = []
    for i in range(count):
        scores = hints.get(i, {})
        row = {f"hint {code}": score for code, score in scores.items()}
        if scores:
            row["hint"] = max(scores.values())
        out.append(row)
    return out


def weighed(
    table: Table,
    said: Sequence[Sequence[str]],
    bias: NDArray[np.float64],
    signed: NDArray[np.float32],
    phrases: Mapping[str, int],
    phrased: NDArray[np.float32],
    forests: Sequence[Forest],
) -> NDArray[np.float64]:
    """(sentences, readings), each 0 to 1: a sum of what is seen and said, and small trees, half each.

    `table` is (sentences, columns), `said` the phrases of each sentence, `signed` (columns, readings) and
    `phrased` (phrases, readings); one forest a reading.
    """
    import numpy as np

    summed = bias + table @ signed
    at: list[int] = []
    ends: list[int] = [0]
    known = phrases.get
    for spoken in said:
        at += [k for phrase in spoken if (k := known(phrase)) is not None]
        ends.append(len(at))
    if at:
        sums = np.zeros((len(at) + 1, signed.shape[1]))
        np.cumsum(phrased[at], axis=0, out=sums[1:], dtype=np.float64)
        summed += sums[ends[1:]] - sums[ends[:-1]]
    grown = np.stack([forest.sums(table) for forest in forests], axis=1)
    return np.asarray(combined(summed, grown))


def combined(summed: Any, grown: Any) -> Any:
    """Half of each, on the scale of log odds; `summed` and `grown` are sums of that scale already."""
    import numpy as np

    limit = float(np.log((1 - _CLIP) / _CLIP))
    return logistic((np.clip(summed, -limit, limit) + np.clip(grown, -limit, limit)) / 2)


def logistic(x: Any) -> Any:
    """1 / (1 + e^-x), for numbers and arrays."""
    import numpy as np

    return 1.0 / (1.0 + np.exp(-np.clip(x, -40.0, 40.0)))


class Judge:
    """The judgements on one answer."""

    def __init__(self, ground: Ground) -> None:
        import numpy as np

        self.ground = ground
        self.signs = seen(ground)
        w = weights()
        self.first: Table = first_table(self.signs, w.around, w.seen)
        """(sentences, columns of `Weights.seen`): what is seen of each sentence."""
        self.said = [phrases(read) for read in ground.reads]
        """Of each sentence, its words and their neighbours."""
        self.readings = self._read(w)
        near = np.zeros((len(ground.reads), len(w.near)), dtype=np.float32, order="F")
        for name, values in neighbourhood(ground, self.signs, self.readings).items():
            if name in w.near:
                near[:, w.near[name]] = values
        self._table: Table = np.concatenate((self.first.T, near.T)).T

    def _read(self, w: _Weights) -> NDArray[np.float64]:
        """(sentences, readings), each 0 to 1."""
        return weighed(self.first, self.said, w.bias, w.signed, w.phrases, w.phrased, w.read)

    def verdicts(self, letter: str, hints: Mapping[int, Mapping[str, float]]) -> tuple[Verdict, ...]:
        """How a family judges every sentence; `hints` are the scores of its rules' hand-written readings."""
        import numpy as np

        if not self.ground.reads:
            return ()
        w = weights()
        table = self._table
        columns = {name: k for k, name in enumerate(n for n in w.near if n.startswith("hint"))}
        table[:, [len(w.seen) + w.near[name] for name in columns]] = table_of(
            hinted(hints, len(table)), columns
        )
        chances = logistic(w.families[letter].sums(table))
        least = w.least[letter]
        explained = np.flatnonzero(chances >= _EXPLAINED * least)
        told = dict(zip(explained.tolist(), self._told(letter, table[explained]), strict=True))
        found = np.flatnonzero(chances >= _CODED * least)
        codes = dict(zip(found.tolist(), self._codes(letter, table[found], found.tolist()), strict=True))
        sure = np.where(
            chances < least,
            SURE * chances / least,
            SURE + (1.0 - SURE) * (chances - least) / (1.0 - least),
        )
        return tuple(
            Verdict(confidence, codes.get(i, ""), told.get(i, ())) if read.tokens else _WORDLESS
            for i, (read, confidence) in enumerate(zip(self.ground.reads, sure.tolist(), strict=True))
        )

    def _codes(self, letter: str, table: Table, sentences: Sequence[int]) -> list[str]:
        """The likeliest code of each row. Which of D1 and D2 a choice belongs to is settled by the pause."""
        w = weights()
        best = (table @ w.by_code[letter][:-1] + w.by_code[letter][-1]).argmax(axis=1).tolist()
        out = []
        for i, k in zip(sentences, best, strict=True):
            code = w.codes[letter][k]
            if code in ("D1", "D2"):
                silent = self.ground.reads[i].pause_s >= self.ground.thresholds.pause_s
                code = "D2" if silent else "D1"
            out.append(code)
        return out

    def _told(self, letter: str, table: Table) -> list[tuple[str, ...]]:
        """The three things that weighed most in each row, in plain words; those without are left out."""
        import numpy as np

        w, (passed, failed) = weights(), _said()
        out: list[tuple[str, ...]] = []
        if not len(table):
            return out
        shares = w.families[letter].shares(table)
        width = table.shape[1]
        for row in shares.reshape(len(table), -1):
            said: list[str] = []
            strong = np.flatnonzero(row >= _WORTH_SAYING)
            for k in strong[np.argsort(-row[strong], kind="stable")].tolist():
                words = passed[k] if k < width else failed[k - width]
                # "Reads as a choice" tells nothing beside "reads as a choice, and nothing in it …".
                if words and not any(words in other for other in said):
                    said.append(words)
                    if len(said) == 3:
                        break
            out.append(tuple(said))
        return out


def judge_of(ground: Ground) -> Judge:
    """The judgement of an answer, made once."""
    judge = ground.memo.get("judge")
    if not isinstance(judge, Judge):
        judge = ground.memo["judge"] = Judge(ground)
    return judge


@cache
def _said() -> tuple[list[str], list[str]]:
    """What each column of a family's table is called where a row passed its test, and where it failed it."""
    w = weights()
    names = (*w.seen, *w.near)
    return [w.says.get(f"no: {name}", "") for name in names], [w.says.get(name, "") for name in names]


_WORDLESS = Verdict(0.0, "", ())


def own(signs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The signs that say whether a sentence commits or reasons by itself."""
    return {
        k: v
        for k, v in signs
        if k in _KEPT
        or not (k.startswith((*_NEIGHBOURS, "kind", "word")) or "near" in k or "then other" in k)
    }


_KEPT = frozenset(
    (
        *("before question", "before question or", "before verbless", "before words 1-2", "before words 3-4"),
        *("before alternative", "before shares", "before correction", "next words 1-2"),
        *("words 1-2", "words 3-4", "words 5-7", "words 8-12", "words 13-20", "words over 20"),
    )
)
"""Signs of the neighbours that most readings see in their weighted sum; supports see all."""
