"""Fits the weights by which a sentence is judged, on the labelled answers; measures them on answers left out.

    python tools/train.py            fit on every answer (the held-out folder stays apart), write weights.json
    python tools/train.py --cv       leave answers out in turn and measure on them; write nothing

Needs scikit-learn, which the program itself does not.

Two stages, as in `unsaid.language.judge`. The readings (commits, reasons, supports) are fitted on
`training/readings.txt`; what the second stage sees of them on its own answers are readings made by a fit
without that answer. The hand-written readings of the rules were developed on the older answers and look
better there than they are: on those, half of the weight goes to rows without them, so that they are trusted
as far as they held on answers written before they were seen (`unseen: yes`). The rules' own examples, in
tests/rules, are rows as well.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.accuracy import CASES, FAMILIES, ROOT, Case, Tally, home, read_case, read_folder, spoken
from unsaid.language import acts, sentences
from unsaid.language.acts import Read
from unsaid.language.judge import Reading, hinted, joined, own, phrases, spared
from unsaid.language.signs import signs
from unsaid.language.weigh import Ground
from unsaid.rules import RULES, SKETCHES, find
from unsaid.rules.judged import hints, sketch

WEIGHTS = ROOT / "src" / "unsaid" / "language" / "weights.json"
READINGS = Path(__file__).resolve().parent / "training" / "readings.txt"
SAYS = Path(__file__).resolve().parent / "training" / "says.toml"
GOLD = ROOT / "tests" / "gold"
EXAMPLES = ROOT / "tests" / "rules"

FOLDS = 6
SCALE = 3.0
"""Readings count for so much more than signs before they are shrunk."""
PHRASE = 0.9
"""And words for so much less."""
SEEN = 0.5
"""Share of a seen answer's weight on rows without the hand-written readings."""
EXAMPLE = 1.0
LEAST_PHRASE, LEAST_SIGN = 4, 3
GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "D": (("D1", "D2", "D3", "D4"),),
    "A": (("A1",), ("A2",), ("A3",), ("A4",), ("A5",)),
    "U": (("U1", "U2", "U3", "U4", "U5"),),
}
STRENGTH = {"D": 0.1, "A": 0.4, "U": 0.2}
LEAST = {"D": 0.46, "A": 0.24, "U": 0.32}
"""Thresholds, chosen on answers left out: precision first."""
READING_STRENGTH = 0.3
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
class Row:
    """One sentence of one answer."""

    answer: str
    index: int
    segment: int
    read: Read
    signs: dict[str, float]
    hints: dict[str, dict[str, float]]
    """By family, the scores of the hand-written readings."""
    labels: dict[str, str]
    """By family: the code; "?" where it counts neither way."""
    unseen: bool
    weight: float = 1.0
    commits: int | None = None
    reasons: int | None = None
    readings: Reading = field(default=Reading(0.0, 0.0, 0.0))


def rows_of(case: Case, name: str, unseen: bool, weight: float = 1.0) -> list[Row]:
    ground = Ground(acts.understand(sentences.split(case.transcript), case.prompt, case.kind))
    scores = {f: hints(sketch(ground, SKETCHES[f])) for f in FAMILIES}
    labels: dict[int, dict[str, str]] = {}
    for label in case.labels:
        at = labels.setdefault(label.sentence, {})
        if label.sure or label.code[0] not in at:
            at[label.code[0]] = label.code if label.sure else "?"
    seen = signs(ground)
    out = []
    for read in ground.reads:
        segment = home(read.sentence.start_s, read.sentence.end_s, case.transcript.segments)
        out.append(
            Row(
                name,
                read.index,
                segment,
                read,
                seen[read.index],
                {f: scores[f].get(read.index, {}) for f in FAMILIES},
                dict(labels.get(segment, {})),
                unseen,
                weight,
            )
        )
    return out


def answers() -> list[list[Row]]:
    """Every labelled answer but the held-out ones."""
    out = []
    for path in sorted(CASES.glob("*.txt")):
        unseen = "\nunseen: yes\n" in path.read_text(encoding="utf-8")
        out.append(rows_of(read_case(path), f"cases/{path.stem}", unseen))
    out += [rows_of(c, f"gold/{c.name}", False) for c in read_folder(GOLD)]
    marked: dict[str, tuple[set[int], set[int]]] = {}
    for line in READINGS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, commits, reasons = line.split("|")
            marked[name] = (
                {int(x) for x in commits.split(",") if x},
                {int(x) for x in reasons.split(",") if x},
            )
    for rows in out:
        if rows and rows[0].answer in marked:
            chosen_at, reasoned_at = marked[rows[0].answer]
            for r in rows:
                chosen = r.labels.get("D", "?") != "?"
                r.commits, r.reasons = int(chosen or r.index in chosen_at), int(r.index in reasoned_at)
    return out


def examples() -> list[list[Row]]:
    """The rules' own caught and spared examples, each a small answer."""
    out: list[list[Row]] = []

    def add(case: Case, family: str, code: str, hits: Iterable[int] | str) -> None:
        rows = rows_of(case, f"example/{len(out)}", False, EXAMPLE)
        for r in rows:
            hit = hits in r.read.sentence.text if isinstance(hits, str) else r.index in hits
            r.labels = {f: "?" for f in FAMILIES if f != family} | ({family: code} if hit else {})
            if hit and family == "D":
                r.commits, r.reasons = 1, 0
        out.append(rows)

    for rule in RULES:
        for e in rule.caught:
            add(spoken(e.text, e.prompt, e.kind), rule.letter, rule.code, e.quote)
        for e in rule.spared:
            add(spoken(e.text, e.prompt, e.kind), rule.letter, rule.code, ())
    for code, table in tomllib.loads((EXAMPLES / "sentences.toml").read_text(encoding="utf-8")).items():
        for text in table["caught"]:
            case = spoken(text, table["prompt"], table["kind"])
            ground = Ground(acts.understand(sentences.split(case.transcript), case.prompt, case.kind))
            found = sketch(ground, {code: SKETCHES[code[0]][code]})[code]
            best = max(found.values(), key=lambda f: f.confidence, default=None)
            add(case, code[0], find(code).code, () if best is None else (best.sentence,))
        for text in table["spared"]:
            add(spoken(text, table["prompt"], table["kind"]), code[0], code, ())
    for name, table in tomllib.loads((EXAMPLES / "wordings.toml").read_text(encoding="utf-8")).items():
        code = name if any(r.code == name for r in RULES) else f"{table['family']}1"
        prompt, before, after = SURROUNDINGS[table["kind"]]
        for want in ("caught", "spared"):
            for text in table[want]:
                case = spoken(f"Should it be quick? {before} {text} {after}", prompt, table["kind"])
                add(case, table["family"], code, text if want == "caught" else ())
    return out


def _fit(
    rows: Sequence[Mapping[str, float]], wanted: Sequence[int], weights: Sequence[float], c: float
) -> Any:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = DictVectorizer(sparse=True)
    x = vectors.fit_transform(rows)
    model = LogisticRegression(C=c, max_iter=600)
    model.fit(x, wanted, sample_weight=weights)
    return vectors, model


def _column(fitted: Any) -> tuple[float, dict[str, float]]:
    vectors, model = fitted
    return float(model.intercept_[0]), dict(
        zip(vectors.get_feature_names_out(), map(float, model.coef_[0]), strict=True)
    )


def _common(rows: Sequence[Mapping[str, float]], least: int) -> list[dict[str, float]]:
    counts = Counter(k for r in rows for k in r)
    return [{k: v for k, v in r.items() if counts[k] >= least} for r in rows]


class Readings:
    """The first stage."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        words = [{f"\0{p}": PHRASE for p in phrases(r.read)} for r in self.rows]
        self.thin = _common([own(r.signs) | w for r, w in zip(self.rows, words, strict=True)], LEAST_PHRASE)
        self.full = _common([r.signs | w for r, w in zip(self.rows, words, strict=True)], LEAST_PHRASE)

    def fit(self, chosen: Sequence[int]) -> list[Any]:
        known = [k for k in chosen if self.rows[k].commits is not None]
        commits = [int(self.rows[k].commits or 0) for k in known]
        reasons = [int(self.rows[k].reasons or 0) for k in known]
        supports = [r * (1 - c) for c, r in zip(commits, reasons, strict=True)]
        ones = [1.0] * len(known)
        return [
            _fit([table[k] for k in known], wanted, ones, READING_STRENGTH)
            for table, wanted in ((self.thin, commits), (self.thin, reasons), (self.full, supports))
        ]

    def read(self, fitted: list[Any], chosen: Sequence[int]) -> list[Reading]:
        columns = []
        for (vectors, model), table in zip(fitted, (self.thin, self.thin, self.full), strict=True):
            columns.append(model.predict_proba(vectors.transform([table[k] for k in chosen]))[:, 1])
        return [Reading(*map(float, x)) for x in zip(*columns, strict=True)]

    def spread(self, train: Sequence[int], rest: Sequence[int]) -> tuple[list[Reading], list[Any]]:
        """Readings of every row: of `train` by fits without the answer's own fold, of `rest` by all of
        `train`."""
        out = [Reading(0.0, 0.0, 0.0)] * len(self.rows)
        fitted = self.fit(train)
        for k, x in zip(rest, self.read(fitted, rest) if rest else (), strict=True):
            out[k] = x
        for fold in range(5):
            inside = [k for k in train if _fold(self.rows[k].answer + " inner", 5) == fold]
            others = [k for k in train if _fold(self.rows[k].answer + " inner", 5) != fold]
            if inside:
                for k, x in zip(inside, self.read(self.fit(others), inside), strict=True):
                    out[k] = x
        return out, fitted


def _fold(name: str, folds: int) -> int:
    return zlib.crc32(name.encode()) % folds


def _tables(rows: Sequence[Row], readings: Sequence[Reading], family: str) -> tuple[list[Any], list[Any]]:
    """For the second stage: each row's signs without and with the hand-written readings."""
    bare: list[dict[str, float]] = []
    for _, group in groupby(zip(rows, readings, strict=True), key=lambda x: x[0].answer):
        pairs = list(group)
        reads, seen = [r.read for r, _ in pairs], [r.signs for r, _ in pairs]
        values = [v for _, v in pairs]
        for i, (row, _) in enumerate(pairs):
            near = {k: v * SCALE for k, v in joined(reads, seen, values, i).items()}
            if family != "A":
                near = {k: v for k, v in near.items() if not k.startswith("first step")}
            bare.append(_chosen(row.signs, family) | near)
    full = [b | hinted(family, r.hints[family]) for b, r in zip(bare, rows, strict=True)]
    both = _common([*bare, *full], LEAST_SIGN)
    return both[: len(rows)], both[len(rows) :]


def _chosen(seen: Mapping[str, float], family: str) -> dict[str, float]:
    """A decision is judged by few signs beside its readings: the readings have weighed the others."""
    if family != "D":
        return dict(seen)
    return {k: v for k, v in seen.items() if k in DECISION_SIGNS}


def _second(
    rows: Sequence[Row], tables: tuple[list[Any], list[Any]], train: Sequence[int], family: str
) -> list[Any]:
    bare, full = tables
    data: list[Mapping[str, float]] = []
    picked: list[int] = []
    weights: list[float] = []
    for k in train:
        r = rows[k]
        if r.labels.get(family) == "?":
            continue
        for table, share in ((full, 1.0),) if r.unseen else ((full, 1.0 - SEEN), (bare, SEEN)):
            data.append(table[k])
            picked.append(k)
            weights.append(r.weight * share)
    return [
        _fit(data, [int(rows[k].labels.get(family, "") in codes) for k in picked], weights, STRENGTH[family])
        for codes in GROUPS[family]
    ]


def _chance(fitted: Sequence[Any], table: Sequence[Mapping[str, float]]) -> list[tuple[float, int]]:
    """How likely a label is, and the column of the likeliest code."""
    columns = [v.predict_proba(x.transform(table))[:, 1] for x, v in fitted]
    out = []
    for chances in zip(*columns, strict=True):
        missed = 1.0
        for p in chances:
            missed *= 1.0 - float(p)
        out.append((1.0 - missed, max(range(len(chances)), key=lambda k: chances[k])))
    return out


def tally(rows: Sequence[Row], chances: Sequence[float], family: str, least: float) -> Tally:
    best: dict[tuple[str, int], tuple[str, float]] = {}
    for r, p in zip(rows, chances, strict=True):
        key = (r.answer, r.segment)
        best[key] = (r.labels.get(family, ""), max(p, best.get(key, ("", 0.0))[1]))
    out = Tally()
    for label, p in best.values():
        if label == "?":
            continue
        out.add(
            Tally(
                int(p >= least and label != ""), int(p >= least and not label), int(p < least and label != "")
            )
        )
    return out


def cross(groups: Sequence[list[Row]], apart: Sequence[list[Row]]) -> None:
    """Leave answers out in turn, the gold ones all at once, and print what the judgement makes of them."""
    rows = [r for g in (*groups, *apart) for r in g]
    stage = Readings(rows)
    folds = ["gold" if r.answer.startswith("gold/") else str(_fold(r.answer, FOLDS)) for r in rows]
    folds = ["" if r.answer.startswith("example/") else f for r, f in zip(rows, folds, strict=True)]
    chances: dict[str, list[float]] = {f: [0.0] * len(rows) for f in FAMILIES}
    for fold in sorted(set(folds) - {""}):
        train = [k for k, f in enumerate(folds) if f != fold]
        rest = [k for k, f in enumerate(folds) if f == fold]
        readings, _ = stage.spread(train, rest)
        for family in FAMILIES:
            tables = _tables(rows, readings, family)
            fitted = _second(rows, tables, train, family)
            for k, (p, at) in zip(rest, _chance(fitted, [tables[1][k] for k in rest]), strict=True):
                chances[family][k] = p * spared(family, GROUPS[family][at][0], rows[k].signs)
        print(f"fold {fold}: {len(rest)} sentences", file=sys.stderr)
    sets = {
        "unseen": [k for k, r in enumerate(rows) if r.unseen],
        "gold": [k for k, f in enumerate(folds) if f == "gold"],
        "older": [k for k, r in enumerate(rows) if r.answer.startswith("cases/") and not r.unseen],
    }
    for name, chosen in sets.items():
        total = Tally()
        print(f"{name}: {len({rows[k].answer for k in chosen})} answers, {len(chosen)} sentences, left out")
        for family in FAMILIES:
            t = tally([rows[k] for k in chosen], [chances[family][k] for k in chosen], family, LEAST[family])
            print(f"  family {family}  {t}")
            total.add(t)
        print(f"  all       {total}")
        for factor in (0.7, 0.85, 1.15, 1.3):
            total = Tally()
            for f in FAMILIES:
                total.add(
                    tally([rows[k] for k in chosen], [chances[f][k] for k in chosen], f, LEAST[f] * factor)
                )
            print(f"    thresholds x {factor:<4} {total}")


def _rounded(value: float) -> float:
    return round(value, 3) + 0.0


def write(groups: Sequence[list[Row]], apart: Sequence[list[Row]]) -> None:
    rows = [r for g in (*groups, *apart) for r in g]
    everything = range(len(rows))
    stage = Readings(rows)
    readings, fitted = stage.spread(everything, ())
    by_sign: dict[str, list[float]] = {}
    by_phrase: dict[str, list[float]] = {}
    bias = []
    for column, one in enumerate(fitted):
        at, weights = _column(one)
        bias.append(_rounded(at))
        for name, w in weights.items():
            into, key, value = (
                (by_phrase, name[1:], w * PHRASE) if name.startswith("\0") else (by_sign, name, w)
            )
            into.setdefault(key, [0.0, 0.0, 0.0])[column] = _rounded(value)
    by_phrase = {k: v for k, v in by_phrase.items() if max(map(abs, v)) >= 0.05}
    families = {}
    for family in FAMILIES:
        fits = [_column(f) for f in _second(rows, _tables(rows, readings, family), everything, family)]
        table: dict[str, list[float]] = {}
        near = set(joined([rows[0].read], [rows[0].signs], [Reading(0, 0, 0)], 0)) | NEAR
        for column, (_, weights) in enumerate(fits):
            for name, w in weights.items():
                value = _rounded(w * SCALE if name in near else w)
                table.setdefault(name, [0.0] * len(fits))[column] = value
        families[family] = {
            "codes": [codes[0] if len(codes) == 1 else "" for codes in GROUPS[family]],
            "least": LEAST[family],
            "bias": [_rounded(b) for b, _ in fits],
            "weights": {k: v for k, v in sorted(table.items()) if any(abs(x) >= 0.005 for x in v)},
        }
    doc = {
        "about": "Weights of unsaid.language.judge: logistic regressions, fitted by tools/train.py. The "
        "readings are commits, reasons, supports.",
        "readings": {
            "bias": bias,
            "signs": dict(sorted(by_sign.items())),
            "phrases": dict(sorted(by_phrase.items())),
        },
        "families": families,
        "says": tomllib.loads(SAYS.read_text(encoding="utf-8"))["says"],
    }
    WEIGHTS.write_text(_lines(doc), encoding="utf-8")
    print(
        f"{WEIGHTS.relative_to(ROOT)}: {WEIGHTS.stat().st_size // 1024} KiB, {len(by_phrase)} phrases, "
        f"{len(by_sign)} signs"
    )


NEAR = frozenset(
    (
        "silence, then commits",
        "silence, then open",
        "silence, then untold",
        "first step",
        "first step names a thing",
    )
)
"""Names that `joined` gives only now and then."""


def _lines(doc: Mapping[str, Any]) -> str:
    """JSON with one weight a line."""
    text = json.dumps(doc, indent=1, ensure_ascii=False)
    out: list[str] = []
    depth = False
    for line in text.splitlines():
        stripped = line.strip()
        if depth:
            out[-1] += stripped + (" " if stripped.endswith(",") else "")
            depth = not stripped.startswith("]")
        else:
            out.append(line)
            depth = line.endswith(": [")
    return "\n".join(out) + "\n"


DECISION_SIGNS = frozenset(tomllib.loads(SAYS.read_text(encoding="utf-8"))["decision_signs"])


def main(argv: Sequence[str] | None = None) -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--cv", action="store_true", help="measure on answers left out; write nothing")
    args = ap.parse_args(argv)
    groups, apart = answers(), examples()
    (cross if args.cv else write)(groups, apart)
    return 0


if __name__ == "__main__":
    sys.exit(main())
