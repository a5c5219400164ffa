"""Fits what `unsaid.language.judge` weighs, on the labelled answers; measures it on answers left out.

    python tools/train.py            fit on every answer that is not kept apart, write weights.npz
    python tools/train.py --cv       leave answers out in turn and measure on them; write nothing

Needs scikit-learn and LightGBM, which the program itself does not. Takes some minutes.

Two stages, as in `judge`. The readings are fitted on the answers in `training/answers`, where each line says
what it does (`~cr` at its end, see `DOES`), and on `training/readings.txt`. What the second stage sees of
them on its own answers are readings made by a fit without that answer. The hand-written readings of the
rules were developed on the older answers and look better there than they are, so those count for less. The
rules' own examples in tests/rules are rows as well, and every other one of `contexts.toml`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.accuracy import (
    CASES,
    FAMILIES,
    ROOT,
    Case,
    Tally,
    damaged,
    home,
    in_context,
    read_case,
    read_folder,
    spoken,
)
from unsaid.language import acts, sentences
from unsaid.language.judge import (
    READINGS,
    around,
    combined,
    first_table,
    hinted,
    logistic,
    neighbourhood,
    own,
    phrases,
    seen,
    table_of,
)
from unsaid.language.signs import Signs
from unsaid.language.trees import LEAVES, NODES, Forest, packed
from unsaid.language.weigh import Ground
from unsaid.rules import RULES, SKETCHES, find
from unsaid.rules.judged import hints, sketch

WEIGHTS = ROOT / "src" / "unsaid" / "language" / "weights.npz"
TRAINING = Path(__file__).resolve().parent / "training"
GOLD = ROOT / "tests" / "gold"
EXAMPLES = ROOT / "tests" / "rules"

FOLDS, INNER = 4, 4
OLDER = 0.6
"""What a row counts of an answer on which the hand-written readings were developed."""
GOLDEN = 1.5
"""What a row counts that two labelled."""
DAMAGED = 0.4
"""What a row counts of an answer as a bad recogniser would give it."""
EXAMPLE, WORDING = 15.0, 6.0
"""What a row counts of a rule's own examples, which `unsaid explain` shows; of the lists in tests/rules."""
LEAST_PHRASE, LEAST_SIGN = 8, 10
"""Rows that must show a phrase, or a sign, for it to have a weight."""
PHRASE = 0.9
"""Words count for so much less before they are shrunk."""
LEAST_WEIGHT = 0.02
"""A phrase that never weighs more is left out of the file."""
STRENGTH = 0.3
CODE_STRENGTH = 0.3
TREES: dict[str, Any] = {
    "objective": "binary",
    "num_leaves": LEAVES,
    "min_data_in_leaf": 25,
    "lambda_l2": 5.0,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
READING_TREES = {"learning_rate": 0.15, "feature_fraction": 0.3}, 100
FAMILY_TREES = {"learning_rate": 0.08, "feature_fraction": 0.5}, 250
LEAST = {"D": 0.46, "A": 0.36, "U": 0.50}
"""Thresholds, chosen on answers left out: precision first."""
DOES = {"c": "commits", "r": "reasons", "d": "doubts", "b": "bounds", "g": "gives", "m": "marks"}
CODES: dict[str, tuple[str, ...]] = {
    "D": ("D1", "D2", "D3", "D4"),
    "A": ("A1", "A2", "A3", "A4", "A5"),
    "U": ("U1", "U2", "U3", "U4", "U5"),
}
SURROUNDINGS = {
    "design": (
        "Design a parcel tracking service.",
        "That is the first part of it, more or less.",
        "The couriers open the door and go home.",
    ),
    "coding": (
        "Implement a function that merges arrays.",
        "That is the first part of it, more or less.",
        "My cat walked past the window.",
    ),
    "story": (
        "Tell me about a project you led.",
        "That was the first part of it, more or less.",
        "The weather was bad that year.",
    ),
}


@dataclass
class Answer:
    """One answer, a row a sentence."""

    name: str
    ground: Ground
    signs: Signs
    hints: dict[str, list[dict[str, float]]]
    segments: list[int]
    labels: list[dict[str, str]]
    """By sentence and family: the code; "?" where it counts neither way."""
    weight: float = 1.0
    does: list[dict[str, int]] = field(default_factory=list)
    """By sentence and reading, as far as it is known."""


def understood(case: Case, name: str, weight: float = 1.0, damage: str = "") -> Answer:
    heard = damaged(case, damage, ()) if damage else case.transcript
    ground = Ground(acts.understand(sentences.split(heard), case.prompt, case.kind))
    by_line: dict[int, dict[str, str]] = {}
    for label in case.labels:
        at = by_line.setdefault(label.sentence, {})
        if label.sure or label.code[0] not in at:
            at[label.code[0]] = label.code if label.sure else "?"
    lines = [home(r.sentence.start_s, r.sentence.end_s, case.transcript.segments) for r in ground.reads]
    labels = [dict(by_line.get(at, {})) for at in lines]
    does: list[dict[str, int]] = [{} for _ in lines]
    if case.does:
        for known, line, codes in zip(does, lines, labels, strict=True):
            letters = case.does[line]
            chosen, doubted = codes.get("D", "?") != "?", codes.get("U", "?") != "?"
            known |= {name: int(letter in letters) for letter, name in DOES.items()}
            known["commits"] |= chosen
            known["doubts"] |= doubted
            known["gives"] |= codes.get("A", "") in ("A2", "A3", "A4")
            known["supports"] = known["reasons"] * (1 - known["commits"])
    return Answer(
        name,
        ground,
        seen(ground),
        {f: hinted(hints(sketch(ground, SKETCHES[f])), len(lines)) for f in FAMILIES},
        lines,
        labels,
        weight,
        does,
    )


def answers() -> list[Answer]:
    """Every labelled answer but those kept apart."""
    out = []
    for path in sorted(CASES.glob("*.txt")):
        unseen = "\nunseen: yes\n" in path.read_text(encoding="utf-8")
        out.append(understood(read_case(path), f"cases/{path.stem}", 1.0 if unseen else OLDER))
    out += [understood(c, f"gold/{c.name}", GOLDEN) for c in read_folder(GOLD)]
    marked: dict[str, tuple[set[int], set[int]]] = {}
    for line in (TRAINING / "readings.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, commits, reasons = line.split("|")
            marked[name] = (
                {int(x) for x in commits.split(",") if x},
                {int(x) for x in reasons.split(",") if x},
            )
    for a in out:
        if a.name in marked:
            chosen_at, reasoned_at = marked[a.name]
            for i, (known, codes) in enumerate(zip(a.does, a.labels, strict=True)):
                known["commits"] = int(codes.get("D", "?") != "?" or i in chosen_at)
                known["reasons"] = int(i in reasoned_at)
                known["supports"] = known["reasons"] * (1 - known["commits"])
    for path in sorted((TRAINING / "answers").glob("*.txt")):
        case, name = read_case(path), f"training/{path.stem}"
        out.append(understood(case, name))
        # The same as a bad recogniser would give it, of every other answer; words misheard take too long.
        if damage := ("plain", "joined", "", "")[_fold(path.stem, 4)]:
            out.append(understood(case, name, DAMAGED, damage))
    return out


def examples() -> list[Answer]:
    """The rules' own caught and spared examples, each a small answer."""
    out: list[Answer] = []

    def add(case: Case, code: str, hits: Iterable[int] | str, weight: float = WORDING) -> None:
        a = understood(case, f"example/{len(out)}", weight)
        family = code[0]
        for r, labels, known in zip(a.ground.reads, a.labels, a.does, strict=True):
            hit = hits in r.sentence.text if isinstance(hits, str) else r.index in hits
            labels.clear()
            labels |= {f: "?" for f in FAMILIES if f != family}
            if hit:
                labels[family] = code
            if hit and family == "D":
                known |= {"commits": 1, "reasons": 0}
            elif hits == () and family == "D" and not any(held for held, _ in a.ground.supports):
                # Spared, and not for a reason: then it chooses nothing.
                known["commits"] = 0
        out.append(a)

    for rule in RULES:
        for e in rule.caught:
            add(spoken(e.text, e.prompt, e.kind), rule.code, e.quote, EXAMPLE)
        for e in rule.spared:
            add(spoken(e.text, e.prompt, e.kind), rule.code, (), EXAMPLE)
    for code, table in tomllib.loads((EXAMPLES / "sentences.toml").read_text(encoding="utf-8")).items():
        for text in table["caught"]:
            case = spoken(text, table["prompt"], table["kind"])
            ground = Ground(acts.understand(sentences.split(case.transcript), case.prompt, case.kind))
            found = sketch(ground, {code: SKETCHES[code[0]][code]})[code]
            best = max(found.values(), key=lambda f: f.confidence, default=None)
            add(case, find(code).code, () if best is None else (best.sentence,))
        for text in table["spared"]:
            add(spoken(text, table["prompt"], table["kind"]), code, ())
    for name, table in tomllib.loads((EXAMPLES / "wordings.toml").read_text(encoding="utf-8")).items():
        code = name if any(r.code == name for r in RULES) else f"{table['family']}1"
        prompt, before, after = SURROUNDINGS[table["kind"]]
        for want in ("caught", "spared"):
            for text in table[want]:
                case = spoken(f"Should it be quick? {before} {text} {after}", prompt, table["kind"])
                add(case, code, text if want == "caught" else ())
    for code, tables in tomllib.loads((EXAMPLES / "contexts.toml").read_text(encoding="utf-8")).items():
        for want in ("caught", "spared"):
            for entry in tables[want][::2]:
                case, target = in_context(entry)
                a = understood(case, f"example/{len(out)}")
                for line, labels in zip(a.segments, a.labels, strict=True):
                    labels |= dict.fromkeys(FAMILIES, "?")
                    if line == target:
                        labels[code[0]] = code
                        if want == "spared":
                            del labels[code[0]]
                out.append(a)
    return out


class Rows:
    """All sentences of all answers, in one table."""

    def __init__(self, whole: Sequence[Answer]) -> None:
        self.answers = list(whole)
        self.names = [a.name for a in whole for _ in a.segments]
        self.spans: list[tuple[int, int]] = []
        at = 0
        for a in whole:
            self.spans.append((at, at + len(a.segments)))
            at += len(a.segments)
        self.count = at
        self.weights = np.array([a.weight for a in whole for _ in a.segments])
        self.labels = [x for a in whole for x in a.labels]
        common = Counter(k for a in whole for i in range(len(a.segments)) for k in a.signs.of(i))
        self.seen = {k: i for i, k in enumerate(sorted(k for k, c in common.items() if c >= LEAST_SIGN))}
        self.around = around(self.seen)
        self.first = np.vstack([first_table(a.signs, self.around, self.seen) for a in whole])
        self._summed()
        self.wanted = np.array(
            [[known.get(name, -1) for name in READINGS] for a in whole for known in a.does], dtype=int
        )

    def _summed(self) -> None:
        """The sparse tables of the weighted sums: what most readings see, and what a support sees."""
        from scipy.sparse import csr_matrix

        rows: list[dict[str, float]] = []
        for a in self.answers:
            for read in a.ground.reads:
                signs = a.signs.of(read.index)
                plain = {k: v for k, v in signs.items() if not k.startswith(("word: ", "word at "))}
                rows.append(plain | {f"“{p}”": PHRASE for p in phrases(read)})
        common = Counter(k for row in rows for k in row)
        names = sorted(k for k, c in common.items() if c >= LEAST_PHRASE)
        self.words = {k: i for i, k in enumerate(names)}
        mine = set(own((k, 1.0) for k in names))
        tables = []
        for thin in (True, False):
            data, columns, starts = [], [], [0]
            for row in rows:
                for k, v in row.items():
                    if k in self.words and (not thin or k in mine):
                        columns.append(self.words[k])
                        data.append(v)
                starts.append(len(columns))
            tables.append(csr_matrix((data, columns, starts), shape=(len(rows), len(names))))
        self.thin, self.full = tables

    def table(self, reading: int) -> Any:
        return self.full if READINGS[reading] == "supports" else self.thin

    def second(self, readings: Any) -> tuple[dict[str, int], Any]:
        """What is seen of each sentence's neighbourhood, hand-written readings of all families included."""
        columns: dict[str, int] = {}
        parts = []
        for a, (start, end) in zip(self.answers, self.spans, strict=True):
            if start == end:
                continue
            near = neighbourhood(a.ground, a.signs, readings[start:end])
            if not columns:
                columns = {k: i for i, k in enumerate(near)}
            parts.append(np.stack([near[k] for k in columns], axis=1))
        return columns, np.vstack(parts).astype(np.float32)

    def hints(self, family: str) -> tuple[dict[str, int], Any]:
        columns = {k: i for i, k in enumerate(("hint", *(f"hint {c}" for c in CODES[family])))}
        rows = [row for a in self.answers for row in a.hints[family]]
        return columns, table_of(rows, columns)


def _fold(name: str, folds: int) -> int:
    return zlib.crc32(name.encode()) % folds


def linear(x: Any, y: Any, weights: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, max_iter=400, solver="liblinear")
    return model.fit(x, y, sample_weight=weights)


def grown(x: Any, y: Any, weights: Any, how: tuple[dict[str, float], int]) -> Any:
    import lightgbm

    return lightgbm.train({**TREES, **how[0]}, lightgbm.Dataset(x, y, weight=weights), how[1])


def read(rows: Rows, train: Any, rest: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """Readings of every row: of `train` by fits without the answer's own fold, of `rest` by all of `train`;
    and those fits."""
    out = np.zeros((rows.count, len(READINGS)))
    folds = np.array([_fold(name + " inner", INNER) for name in rows.names])
    fits = []
    for k in range(len(READINGS)):
        wanted, table = rows.wanted[:, k], rows.table(k)
        known = train[wanted[train] >= 0]

        def fit(on: Any, wanted: Any = wanted, table: Any = table) -> tuple[Any, Any]:
            return (
                linear(table[on], wanted[on], rows.weights[on]),
                grown(rows.first[on], wanted[on], rows.weights[on], READING_TREES),
            )

        def say(fitted: tuple[Any, Any], on: Any, table: Any = table) -> Any:
            return combined(
                fitted[0].decision_function(table[on]), fitted[1].predict(rows.first[on], raw_score=True)
            )

        whole = fit(known)
        fits.append(whole)
        if len(rest):
            out[rest, k] = say(whole, rest)
        for fold in range(INNER):
            inside, others = train[folds[train] == fold], known[folds[known] != fold]
            if len(inside):
                out[inside, k] = say(fit(others), inside)
    return out, fits


def family_table(rows: Rows, near: Any, family: str) -> Any:
    return np.hstack((rows.first, near, rows.hints(family)[1]))


def judged(rows: Rows, near: Any, train: Any, family: str) -> Any:
    on = np.array([k for k in train if rows.labels[k].get(family) != "?"])
    y = np.array([int(family in rows.labels[k]) for k in on])
    return grown(family_table(rows, near, family)[on], y, rows.weights[on], FAMILY_TREES)


def by_code(rows: Rows, near: Any, family: str) -> tuple[Any, Any]:
    """Which of a family's codes each column speaks for, on the labelled sentences; and the bias."""
    from sklearn.linear_model import LogisticRegression

    on = [k for k in range(rows.count) if rows.labels[k].get(family, "?") != "?"]
    table = family_table(rows, near, family)[on]
    model = LogisticRegression(C=CODE_STRENGTH, max_iter=300)
    model.fit(table, [rows.labels[k][family] for k in on], sample_weight=rows.weights[on])
    assert list(model.classes_) == list(CODES[family])
    return model.coef_.T, model.intercept_


def tally(rows: Rows, chosen: Sequence[int], chances: Any, family: str, least: float) -> Tally:
    best: dict[tuple[str, int], tuple[str, float]] = {}
    lines = [at for a in rows.answers for at in a.segments]
    for k in chosen:
        key = (rows.names[k], lines[k])
        best[key] = (rows.labels[k].get(family, ""), max(chances[k], best.get(key, ("", 0.0))[1]))
    out = Tally()
    for label, p in best.values():
        if label != "?":
            hit, flagged = label != "", p >= least
            out.add(Tally(int(flagged and hit), int(flagged and not hit), int(hit and not flagged)))
    return out


def cross(whole: Sequence[Answer]) -> None:
    """Leave answers out in turn, the gold ones all at once, and print what the judgement makes of them."""
    rows = Rows(whole)
    folds = np.array(
        [
            "" if n.startswith("example/") else "gold" if n.startswith("gold/") else str(_fold(n, FOLDS))
            for n in rows.names
        ]
    )
    chances = {f: np.zeros(rows.count) for f in FAMILIES}
    for fold in sorted(set(folds) - {""}):
        train, rest = np.where(folds != fold)[0], np.where(folds == fold)[0]
        near = rows.second(read(rows, train, rest)[0])[1]
        for family in FAMILIES:
            fitted = judged(rows, near, train, family)
            chances[family][rest] = logistic(
                fitted.predict(family_table(rows, near, family)[rest], raw_score=True)
            )
        print(f"fold {fold}: {len(rest)} sentences", file=sys.stderr)
    sets = {
        "training": [
            k for k, n in enumerate(rows.names) if n.startswith("training/") and rows.weights[k] == 1
        ],
        "gold": [k for k, n in enumerate(rows.names) if n.startswith("gold/")],
        "unseen cases": [
            k for k, n in enumerate(rows.names) if n.startswith("cases/") and rows.weights[k] == 1
        ],
        "older cases": [
            k for k, n in enumerate(rows.names) if n.startswith("cases/") and rows.weights[k] < 1
        ],
    }
    for name, chosen in sets.items():
        print(f"{name}: {len({rows.names[k] for k in chosen})} answers, {len(chosen)} sentences, left out")
        for family in FAMILIES:
            print(f"  family {family}  {tally(rows, chosen, chances[family], family, LEAST[family])}")
        for factor in (0.7, 0.85, 1.0, 1.15, 1.3):
            total = Tally()
            for f in FAMILIES:
                total.add(tally(rows, chosen, chances[f], f, LEAST[f] * factor))
            print(f"    thresholds x {factor:<4} {total}")
    for family in FAMILIES:
        for least in (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6):
            print(f"  {family} from {least}: {tally(rows, sets['training'], chances[family], family, least)}")


def forest_of(booster: Any) -> Forest:
    """LightGBM's trees as arrays."""
    trees = booster.dump_model()["tree_info"]
    n = len(trees)
    columns = np.zeros((n, NODES), dtype=np.intp)
    bounds = np.full((n, NODES), np.inf, dtype=np.float32)
    strikes = np.full((n, NODES), 255, dtype=np.uint8)
    leaves = np.zeros((n, LEAVES), dtype=np.float32)
    children = np.full((n, NODES, 2), -1, dtype=np.int8)
    inside = np.zeros((n, NODES), dtype=np.float32)
    for t, tree in enumerate(trees):
        count = [0, 0]

        def walk(node: Mapping[str, Any], t: int = t, count: list[int] = count) -> tuple[int, int]:
            """The node's number (~leaf for a leaf) and its leaves, one bit each."""
            if "leaf_value" in node:
                leaf = count[1]
                count[1] += 1
                leaves[t, leaf] = node["leaf_value"]
                return ~leaf, 1 << leaf
            at = count[0]
            count[0] += 1
            columns[t, at], bounds[t, at] = node["split_feature"], node["threshold"]
            inside[t, at] = node["internal_value"]
            children[t, at, 0], left = walk(node["left_child"])
            children[t, at, 1], right = walk(node["right_child"])
            strikes[t, at] = 255 ^ left
            return at, left | right

        if "leaf_value" in tree["tree_structure"]:
            inside[t, 0] = leaves[t, 0] = tree["tree_structure"]["leaf_value"]
        else:
            walk(tree["tree_structure"])
    return Forest(0.0, columns, bounds, strikes, leaves, children, inside)


def write(whole: Sequence[Answer]) -> None:
    rows = Rows(whole)
    everything = np.arange(rows.count)
    print(f"{rows.count} sentences", flush=True)
    readings, fits = read(rows, everything, everything[:0])
    near_columns, near = rows.second(readings)
    print("read", flush=True)
    arrays: dict[str, Any] = {}
    forests: list[Forest] = []
    summed = np.zeros((len(rows.words), len(READINGS)))
    bias = np.zeros(len(READINGS))
    for k, (line, trees) in enumerate(fits):
        summed[:, k] = line.coef_[0]
        bias[k] = line.intercept_[0]
        forests.append(forest_of(trees))
    for name, at in rows.words.items():
        if name.startswith("“"):
            summed[at] *= PHRASE
    signed = np.zeros((len(rows.seen), len(READINGS)))
    said = {}
    for name, at in rows.words.items():
        if name in rows.seen:
            signed[rows.seen[name]] = summed[at]
        elif np.abs(summed[at]).max() >= LEAST_WEIGHT:
            said[name[1:-1]] = summed[at]
    arrays["signed"], arrays["bias"] = signed.astype(np.float16), bias
    arrays["phrased"] = np.array(list(said.values()), dtype=np.float16)
    hint_columns = ["hint", *(f"hint {c}" for f in FAMILIES for c in CODES[f])]
    all_near = {k: i for i, k in enumerate((*near_columns, *hint_columns))}
    for family in FAMILIES:
        forest = forest_of(judged(rows, near, everything, family))
        # Each family was fitted with its own hints last; in the file all families share one table.
        names = [*rows.seen, *near_columns, *rows.hints(family)[0]]
        place = {name: len(rows.seen) + at for name, at in all_near.items()}
        moved = np.array([rows.seen[n] if k < len(rows.seen) else place[n] for k, n in enumerate(names)])
        spoken_for, unmoved = by_code(rows, near, family)
        by_column = np.zeros((len(rows.seen) + len(all_near) + 1, len(CODES[family])), dtype=np.float16)
        by_column[moved], by_column[-1] = spoken_for, unmoved
        arrays[f"{family} codes"] = by_column
        forests.append(replace(forest, columns=moved[forest.columns]))
    arrays |= packed(forests)
    says = tomllib.loads((TRAINING / "says.toml").read_text(encoding="utf-8"))["says"]
    names_doc = {
        "about": "What unsaid.language.judge weighs, fitted by tools/train.py.",
        "phrases": list(said),
        "seen": list(rows.seen),
        "near": list(all_near),
        "least": LEAST,
        "codes": CODES,
        "says": says,
    }
    arrays["names"] = np.frombuffer(json.dumps(names_doc, ensure_ascii=False).encode(), dtype=np.uint8)
    np.savez_compressed(WEIGHTS, **arrays)
    print(f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size // 1024} KiB, {rows.count} sentences")


def main(argv: Sequence[str] | None = None) -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cv", action="store_true", help="measure on answers left out; write nothing")
    args = ap.parse_args(argv)
    whole = [*answers(), *examples()]
    (cross if args.cv else write)(whole)
    return 0


if __name__ == "__main__":
    sys.exit(main())
