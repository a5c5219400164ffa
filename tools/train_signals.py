"""Fits what `unsaid.drills.hearing` weighs, on the answers labelled for the signals; measures it left out.

    python tools/train_signals.py              fit, measure on answers left out in turn, write hearing.npz
    python tools/train_signals.py --cv         measure only; write nothing
    python tools/train_signals.py --readings FILE
                                               keep the readings left out in FILE (npz), or take them from it

Learnt from: the answers of `training/signals.txt` that are not kept apart (`tools.signals.kept_apart`), and
those of tests/signals that were tuned on. Never from anything held out. Needs scikit-learn and LightGBM,
which the program itself does not. Takes some minutes, most of them for the readings: the judgement was
fitted on the same answers, so what is seen of its readings here are those of fits without the answer.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools import train
from tools.accuracy import ROOT, home
from tools.signals import Answer, f1, kappa, kept_apart, mean, parts, same, without_pair
from unsaid.drills.bank import SIGNALS
from unsaid.drills.hearing import (
    WAYS,
    amounts,
    columns,
    sentences_shown,
    settled,
    table,
    unclaimed,
)
from unsaid.drills.ways import LEVELS, Ear, found, level
from unsaid.language import sentences
from unsaid.language.judge import combined, logistic
from unsaid.language.trees import packed

WEIGHTS = ROOT / "src" / "unsaid" / "drills" / "hearing.npz"
FOLDS = 4
OWN = 2.0
"""What a level counts that was labelled in tests/signals: hidden and partly hardly occur elsewhere."""
LEAST_PHRASE = 5
"""Sentences that must hold a phrase for it to have a weight."""
LEAST_WEIGHT = 0.03
"""A phrase that never weighs more is left out of the file."""
LEAST_ANSWERS = 8
"""Answers of a kind that a signal must be labelled in to be heard there by what was learnt."""
STRENGTH, WAY_STRENGTH, LEVEL_STRENGTH = 0.05, 0.1, 0.1
ALONE = 0.6
"""How freely a signal's levels go other ways than those of all signals together."""
TREES = {"learning_rate": 0.1, "feature_fraction": 0.3, "min_data_in_leaf": 20, "num_threads": 1}, 120
OF_CODE = {
    "fa": "asks",
    "fg": "given",
    "fo": "goal",
    "fs": "scope",
    "fp": "plan",
    "fk": "known",
    "cs": "step",
    "cc": "check",
    "co": "odd",
    "ck": "cost",
    "cm": "mended",
    "aw": "weighs",
    "ap": "price",
    "at": "turn",
    "ar": "reason",
    "pf": "fails",
    "pl": "load",
    "pa": "attack",
    "pw": "watch",
    "pr": "rollout",
    "pc": "cost",
    "dd": "decision",
    "ds": "scope",
    "do": "outcome",
    "de": "effort",
    "la": "act",
    "lc": "change",
    "ll": "lasts",
    "me": "tells",
    "mf": "turns",
    "ml": "lesson",
    "mw": "weak",
}
"""The way that a code of `training/signals.txt` stands for."""


@dataclass
class Listened:
    """One answer, a row a sentence that is heard."""

    name: str
    part: str
    ear: Ear
    by_hand: dict[str, list[tuple[int, str, str]]]
    seen: Any
    """(sentences, columns)"""
    shows: Any
    """(sentences, signals): 1 where it is labelled, -1 where nobody looked."""
    ways: list[dict[str, str]]
    """By sentence and signal, the way that was labelled."""
    levels: Any
    """(signals,): 0 to 2, -1 where it was not asked for."""


def left_out_readings(file: Path | None) -> dict[str, Any]:
    """By answer, (sentences, 7) readings by fits of the judgement without that answer."""
    if file is not None and file.exists():
        with np.load(file) as kept:
            return {name: kept[name] for name in kept.files}
    whole = [*train.answers(), *train.examples()]
    rows = train.Rows(whole)
    readings, _ = train.read(rows, np.arange(rows.count), np.arange(0))
    out: dict[str, Any] = {}
    for a, (start, end) in zip(rows.answers, rows.spans, strict=True):
        if not a.name.startswith("example/"):
            # The first of a name is the answer as it was said; the other one is damaged.
            out.setdefault(a.name.replace("/", "|"), readings[start:end].astype(np.float32))
    if file is not None:
        np.savez_compressed(file, **out)
    return out


def listened(answer: Answer, part: str, readings: Mapping[str, Any]) -> Listened:
    case = answer.case
    said = sentences.split(case.transcript)
    ear = Ear(said, case.prompt, case.kind)
    for folder in ("training", "cases"):
        known = readings.get(f"{folder}|{case.name}")
        if known is not None and len(known) == len(said):
            ear.read = known[ear.places].astype(np.float64)
    by_hand = {signal: found(ear, signal) for signal in SIGNALS}
    lines = [1 + home(r.sentence.start_s, r.sentence.end_s, case.transcript.segments) for r in ear.reads]
    shows = np.full((len(lines), len(SIGNALS)), -1)
    levels = np.full(len(SIGNALS), -1)
    ways: list[dict[str, str]] = [{} for _ in lines]
    for k, signal in enumerate(SIGNALS):
        label = answer.labels[signal]
        if label.level == "not-asked":
            continue
        levels[k] = LEVELS.index(label.level)
        shows[:, k] = [line in label.lines for line in lines]
        for way, line in zip(ways, lines, strict=True):
            if line in label.codes:
                way[signal] = OF_CODE[label.codes[line][0]]
    return Listened(case.name, part, ear, by_hand, table(ear, by_hand), shows, ways, levels)


class Rows:
    """All sentences of all answers, in one table."""

    def __init__(self, whole: Sequence[Listened]) -> None:
        from scipy.sparse import csr_matrix, hstack

        self.answers = list(whole)
        self.spans: list[tuple[int, int]] = []
        at = 0
        for a in whole:
            self.spans.append((at, at + len(a.shows)))
            at += len(a.shows)
        self.seen = np.vstack([a.seen for a in whole])
        self.shows = np.vstack([a.shows for a in whole])
        self.ways = [way for a in whole for way in a.ways]
        self.levels = np.array([a.levels for a in whole])
        self.own = np.array([a.part != "training" for a in whole])
        self.fold = np.array([train._fold(without_pair(a.name) + " inner", FOLDS) for a in whole])
        self.folds = np.repeat(self.fold, [len(a.shows) for a in whole])
        said = [phrases for a in whole for phrases in a.ear.judge.said]
        common = Counter(phrase for phrases in said for phrase in phrases)
        names = sorted(phrase for phrase, count in common.items() if count >= LEAST_PHRASE)
        self.phrases = {phrase: k for k, phrase in enumerate(names)}
        chosen = [[self.phrases[p] for p in phrases if p in self.phrases] for phrases in said]
        starts = np.cumsum([0, *map(len, chosen)])
        spoken = csr_matrix(
            (np.full(starts[-1], train.PHRASE), [k for row in chosen for k in row], starts),
            shape=(len(said), len(names)),
        )
        self.summed = hstack((spoken, csr_matrix(self.seen))).tocsr()

    def each(self, values: Any) -> list[Any]:
        """Values of the sentences, by answer."""
        return [values[start:end] for start, end in self.spans]


def _line(x: Any, y: Any, strength: float, weights: Any = None) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=1000).fit(x, y, sample_weight=weights)


def chances(rows: Rows) -> tuple[Any, list[tuple[Any, Any]]]:
    """(sentences, signals) chances by fits without the answer's fold, and the fits on all."""
    out = np.zeros(rows.shows.shape)
    fits = []
    for k in range(len(SIGNALS)):
        y = rows.shows[:, k]

        def fit(on: Any, y: Any = y) -> tuple[Any, Any]:
            on = on & (y >= 0)
            even = np.ones(on.sum())
            from sklearn.linear_model import LogisticRegression

            summed = LogisticRegression(C=STRENGTH, max_iter=400, solver="liblinear")
            return summed.fit(rows.summed[on], y[on]), train.grown(rows.seen[on], y[on], even, TREES)

        for fold in range(FOLDS):
            inside = rows.folds == fold
            line, trees = fit(~inside)
            out[inside, k] = combined(
                line.decision_function(rows.summed[inside]), trees.predict(rows.seen[inside], raw_score=True)
            )
        fits.append(fit(np.ones(len(y), dtype=bool)))
    return np.vstack([unclaimed(a.ear, c) for a, c in zip(rows.answers, rows.each(out), strict=True)]), fits


def which(rows: Rows, signal: str) -> tuple[Any, Any]:
    """(sentences, ways): which way, by fits without the answer's fold; and (columns and 1, ways) of all."""
    kinds = tuple(WAYS[signal])
    on = np.array([i for i, way in enumerate(rows.ways) if signal in way])
    y = np.array([kinds.index(rows.ways[i][signal]) for i in on])
    out = np.zeros((len(rows.seen), len(kinds)))
    for fold in range(FOLDS):
        outside, inside = rows.folds[on] != fold, rows.folds == fold
        model = _line(rows.seen[on[outside]], y[outside], WAY_STRENGTH)
        out[np.ix_(inside, model.classes_)] = model.predict_proba(rows.seen[inside])
    right = (out[on].argmax(axis=1) == y).mean()
    print(f"  {signal:32} which way: right {right:.0%} of {len(on)}")
    model = _line(rows.seen[on], y, WAY_STRENGTH)
    assert list(model.classes_) == list(range(len(kinds)))
    return out, np.vstack((model.coef_.T, model.intercept_))


def best_least(rows: Rows, chance: Any, k: int) -> float:
    """The chance from which a sentence is shown: the best F1 over the sentences, left out."""
    y = rows.shows[:, k]
    hand = [{i for i, _, _ in a.by_hand[SIGNALS[k]]} for a in rows.answers]

    def score(least: float) -> float:
        shown = np.zeros(len(y), dtype=bool)
        for (start, _), c, by in zip(rows.spans, rows.each(chance[:, k]), hand, strict=True):
            shown[[start + i for i in sentences_shown(c.tolist(), by, least)]] = True
        both = (shown & (y == 1)).sum()
        return float(2 * both / (shown[y >= 0].sum() + (y == 1).sum()))

    best = max(np.arange(0.15, 0.6, 0.025).tolist(), key=score)
    print(f"  {SIGNALS[k]:32} sentences: F1 {score(best):.2f} from {best:.3f}")
    return float(best)


class Levels:
    """The second stage: what every answer comes to, signal by signal."""

    def __init__(self, rows: Rows, chance: Any, ways: Mapping[str, Any], least: Mapping[str, float]) -> None:
        self.rows = rows
        self.amounts: dict[str, Any] = {}
        self.shown: dict[str, list[int]] = {}
        for k, signal in enumerate(SIGNALS):
            made, counts = [], []
            for a, c, w in zip(rows.answers, rows.each(chance[:, k]), rows.each(ways[signal]), strict=True):
                hand = a.by_hand[signal]
                made.append(amounts(c, w, LEVELS.index(level(a.ear, signal, hand)), len(hand)))
                counts.append(len(sentences_shown(c.tolist(), {i for i, _, _ in hand}, least[signal])))
            self.amounts[signal], self.shown[signal] = np.array(made), counts
        self.at = [
            (i, k) for k in range(len(SIGNALS)) for i in range(len(rows.answers)) if rows.levels[i, k] >= 0
        ]

    def fit(self, on: Any) -> dict[str, Any]:
        """By signal, (2, amounts and 1), fitted on some of `at`: all signals as one, each a little alone."""
        shared = self.amounts[SIGNALS[0]].shape[1] - len(WAYS[SIGNALS[0]])
        scales = {}
        blocks, target, weight = [], [], []
        starts = np.cumsum([shared, *(shared + 1 + len(WAYS[s]) for s in SIGNALS)])
        for k, signal in enumerate(SIGNALS):
            x = self.amounts[signal][[i for n, (i, j) in enumerate(self.at) if j == k and on[n]]]
            scales[signal] = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
        for n, (i, k) in enumerate(self.at):
            if on[n]:
                middle, width = scales[SIGNALS[k]]
                z = (self.amounts[SIGNALS[k]][i] - middle) / width
                row = np.zeros(starts[-1])
                row[:shared] = z[:shared]
                row[starts[k] : starts[k + 1]] = (*(ALONE * z[:shared]), 2.0, *(ALONE * z[shared:]))
                blocks.append(row)
                target.append(self.rows.levels[i, k])
                weight.append(OWN if self.rows.own[i] else 1.0)
        out = {signal: np.zeros((2, self.amounts[signal].shape[1] + 1)) for signal in SIGNALS}
        for least in (1, 2):
            model = _line(np.array(blocks), np.array(target) >= least, LEVEL_STRENGTH, np.array(weight))
            for k, signal in enumerate(SIGNALS):
                middle, width = scales[signal]
                mine = model.coef_[0][starts[k] : starts[k + 1]]
                weights = np.concatenate((mine[:shared], mine[shared + 1 :])) * ALONE
                weights[:shared] += model.coef_[0][:shared]
                weights /= width
                bias = model.intercept_[0] + 2.0 * mine[shared] - weights @ middle
                out[signal][least - 1] = (*weights, bias)
        return out

    def left_out(self) -> Any:
        """(`at`, 2) chances for at least partly and for visible, by fits without the answer's fold."""
        out = np.zeros((len(self.at), 2))
        folds = np.array([self.rows.fold[i] for i, _ in self.at])
        for fold in range(FOLDS):
            by = self.fit(folds != fold)
            for n in np.flatnonzero(folds == fold):
                i, k = self.at[n]
                w = by[SIGNALS[k]]
                out[n] = logistic(w[:, :-1] @ self.amounts[SIGNALS[k]][i] + w[:, -1])
        return out

    def heard(self, n: int, chance: Any, cuts: tuple[float, float]) -> str:
        i, k = self.at[n]
        signal = SIGNALS[k]
        return settled(self.rows.answers[i].ear, signal, (chance[0], chance[1]), cuts, self.shown[signal][i])

    def best_cuts(self, chance: Any, k: int) -> tuple[float, float]:
        """The cuts with the best levels, left out: the mean F1 of the levels, in each part, and how many are
        right; of equals those nearest the middle."""
        mine = [n for n, (_, j) in enumerate(self.at) if j == k]

        def score(cuts: tuple[float, float]) -> float:
            every = self.pairs(mine, chance, cuts)
            each = [mean([f1(pairs, x) for x in LEVELS]) for pairs in every.values() if pairs]
            right = same([p for pairs in every.values() for p in pairs])
            return mean(each) + 0.5 * right - 0.1 * (abs(cuts[0] - 0.6) + abs(cuts[1] - 0.5))

        steps = [0.3 + 0.05 * s for s in range(13)]
        return max(((a, b) for a in steps for b in steps if b <= 0.8), key=score)

    def pairs(
        self, chosen: Sequence[int], chance: Any, cuts: tuple[float, float]
    ) -> dict[bool, list[tuple[str, str]]]:
        """(label, heard), of the answers of tests/signals and of the others."""
        out: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
        for n in chosen:
            i, k = self.at[n]
            pair = LEVELS[self.rows.levels[i, k]], self.heard(n, chance[n], cuts)
            out[bool(self.rows.own[i])].append(pair)
        return out


def fitted(rows: Rows) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays and the names for the file; prints how it does on answers left out."""
    chance, fits = chances(rows)
    ways, by_way = {}, {}
    for signal in SIGNALS:
        ways[signal], by_way[signal] = which(rows, signal)
    least = {signal: best_least(rows, chance, k) for k, signal in enumerate(SIGNALS)}
    levels = Levels(rows, chance, ways, least)
    left_out = levels.left_out()
    cuts = {signal: levels.best_cuts(left_out, k) for k, signal in enumerate(SIGNALS)}
    total: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
    for k, signal in enumerate(SIGNALS):
        mine = [n for n, (_, j) in enumerate(levels.at) if j == k]
        for own, pairs in levels.pairs(mine, left_out, cuts[signal]).items():
            total[own] += pairs
            if pairs:
                each = " ".join(f"{v:.2f}" if (v := f1(pairs, x)) is not None else "-" for x in LEVELS)
                print(
                    f"  {signal:32} {'tests/signals' if own else 'training':14} {len(pairs):4} right "
                    f"{same(pairs):.0%} kappa {kappa(pairs):.2f} F1 {each} cuts {cuts[signal]}"
                )
    for own, pairs in total.items():
        print(
            f"  {'tests/signals' if own else 'training'}, left out: {len(pairs)} levels, right "
            f"{same(pairs):.0%}, kappa {kappa(pairs):.2f}, mean F1 {mean([f1(pairs, x) for x in LEVELS]):.2f}"
        )
    by_level = levels.fit(np.ones(len(levels.at), dtype=bool))

    signed = np.stack([line.coef_[0] for line, _ in fits], axis=1)
    phrased = signed[: len(rows.phrases)] * train.PHRASE
    kept = np.abs(phrased).max(axis=1) >= LEAST_WEIGHT
    arrays: dict[str, Any] = {
        "signed": signed[len(rows.phrases) :].astype(np.float16),
        "phrased": phrased[kept].astype(np.float16),
        "bias": np.array([line.intercept_[0] for line, _ in fits]),
        **{f"{signal} ways": by_way[signal].astype(np.float16) for signal in SIGNALS},
        **{f"{signal} levels": by_level[signal].astype(np.float32) for signal in SIGNALS},
        **packed([train.forest_of(trees) for _, trees in fits]),
    }
    names = {
        "about": "What unsaid.drills.hearing weighs, fitted by tools/train_signals.py.",
        "columns": columns(),
        "phrases": [phrase for phrase, k in rows.phrases.items() if kept[k]],
        "least": least,
        "cuts": cuts,
        "kinds": {
            signal: sorted(
                str(kind)
                for kind, count in Counter(
                    a.ear.kind for a, known in zip(rows.answers, rows.levels[:, k], strict=True) if known >= 0
                ).items()
                if count >= LEAST_ANSWERS
            )
            for k, signal in enumerate(SIGNALS)
        },
    }
    return arrays, names


def main(argv: Sequence[str] | None = None) -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cv", action="store_true", help="measure on answers left out; write nothing")
    ap.add_argument("--readings", type=Path, help="where the readings left out are kept")
    args = ap.parse_args(argv)
    readings = left_out_readings(args.readings)
    every = parts()
    chosen = [
        *((a, "training") for a in every["training"]),
        *((a, "own") for a in every["tuned on"]),
        *((a, "others") for a in every["tuned on, by other hands"]),
    ]
    assert not any(part == "training" and kept_apart(a.case.name) for a, part in chosen)
    rows = Rows([listened(answer, part, readings) for answer, part in chosen])
    print(f"{len(rows.answers)} answers, {len(rows.seen)} sentences", flush=True)
    arrays, names = fitted(rows)
    if not args.cv:
        arrays["names"] = np.frombuffer(json.dumps(names, ensure_ascii=False).encode(), dtype=np.uint8)
        np.savez_compressed(WEIGHTS, **arrays)
        print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size // 1024} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
