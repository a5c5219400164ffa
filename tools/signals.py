"""How well the seven signals are heard, on labelled answers.

    python tools/signals.py             agreement of the two passes, and how often the program is right
    python tools/signals.py --show      what is heard otherwise than labelled, in the parts tuned on

Parts: the answers of tests/signals, own and by other hands, tuned on and held out; and the 430 by other hands
that `tools/training/signals.txt` labels, of which a third is held out by name. Nothing held out was learnt
from.

An answer of tests/signals has the labels of both passes among its fields, before the blank line:
`second problem-framing: visible 2 3 5` names the level and the lines that show it. `answer: PATH` stands for
the text of a labelled answer that lies elsewhere, `signals: …` for what the prompt asks for where its kind
does not say it.

F1 is of one level against the rest, over the answers whose prompt asks for the signal; a level that is
neither labelled nor heard counts for nothing. Macro is the mean over the levels, then over the signals.
"Heard at all" joins visible and partly.
"""

from __future__ import annotations

import argparse
import re
import sys
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.accuracy import Case, home, read_case
from unsaid.audit import audit
from unsaid.drills.signals import LEVELS, SIGNALS, Heard, heard
from unsaid.model import Audit

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "signals"
ANSWERS = ROOT / "tools" / "training" / "answers"
LABELLED = ROOT / "tools" / "training" / "signals.txt"
OF_LETTER = {
    "f": "problem-framing",
    "c": "coding-fluency",
    "a": "architectural-judgement",
    "p": "production-judgement",
    "d": "delivery-judgement",
    "l": "leadership-and-influence",
    "m": "communication-and-reflection",
}
"""The signal that a code of `LABELLED` belongs to, by its first letter."""


@dataclass(frozen=True)
class Label:
    level: str
    """visible, partly, hidden, or not-asked."""
    lines: tuple[int, ...]
    """Lines of the answer that show it, from 1."""
    codes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """By line, what it shows, where that was labelled (see `tools/training/signals.txt`)."""


@dataclass(frozen=True)
class Answer:
    case: Case
    first: Mapping[str, Label]
    second: Mapping[str, Label]
    """Empty where the answer was labelled once only."""
    asked: tuple[str, ...] | None
    """The prompt's own signals, None where the kind decides."""
    second_counts: bool = True
    """The second pass, made by the written guide alone, goes before the first, made while writing."""

    @property
    def labels(self) -> Mapping[str, Label]:
        """What counts."""
        return (self.second if self.second_counts else {}) or self.first


def read(path: Path) -> Answer:
    """Read one labelled answer (see docs/signals.md): what stands before the blank line are its fields."""
    head, _, _ = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.split(":", 1) for line in head.splitlines() if ":" in line)
    source = path if "answer" not in fields else (path.parent / fields["answer"].strip()).resolve()
    signals = fields.get("signals", "")
    return Answer(
        read_case(source),
        _labels(fields, "first"),
        _labels(fields, "second"),
        tuple(s.strip() for s in signals.split(",")) if signals else None,
    )


def _labels(fields: Mapping[str, str], which: str) -> dict[str, Label]:
    out = {}
    for signal in SIGNALS:
        level, *lines = fields.get(f"{which} {signal.id}", "").split() or [""]
        if level:
            out[signal.id] = Label(level, tuple(map(int, lines)))
    return out


def without_pair(name: str) -> str:
    """The name of an answer; the same for the two of a pair, which go together."""
    return re.sub(r"^(pair_\d+)[a-z]$", r"\1", name)


def kept_apart(name: str) -> bool:
    """Whether the answer of this name in `LABELLED` is held out: never learnt from."""
    return zlib.crc32(without_pair(name).encode()) % 3 == 0


def read_labelled(path: Path = LABELLED) -> list[Answer]:
    """The answers of `LABELLED`, by name."""
    out = []
    for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, *rows = block.strip().splitlines()
        fields = dict(row.split(":", 1) for row in rows)
        first, second = (_by_code(fields, which) for which in ("first", "second"))
        out.append(Answer(read_case(ANSWERS / f"{name.strip()}.txt"), first, second, None, False))
    return out


def _by_code(fields: Mapping[str, str], which: str) -> dict[str, Label]:
    levels = dict(pair.split("=") for pair in fields.get(f"{which} levels", "").split())
    if not levels:
        return {}
    codes: dict[str, dict[int, tuple[str, ...]]] = {signal: {} for signal in levels}
    for row in fields[f"{which} lines"].split(",") if fields[f"{which} lines"].strip() else ():
        line, *found = row.split()
        for code in found:
            # What was not asked for is not labelled throughout: it counts for nothing.
            if (signal := OF_LETTER[code[0]]) in codes:
                at = codes[signal]
                at[int(line)] = (*at.get(int(line), ()), code)
    return {
        s.id: Label(levels[s.id], tuple(sorted(codes[s.id])), codes[s.id])
        if s.id in levels
        else Label("not-asked", ())
        for s in SIGNALS
    }


def parts() -> dict[str, list[Answer]]:
    """The labelled answers by part: tuned on, held out, and by other hands."""
    others = FOLDER / "others"
    folders = {
        "tuned on": FOLDER,
        "tuned on, by other hands": others,
        "held out": FOLDER / "heldout",
        "held out, by other hands": others / "heldout",
    }
    out = {name: [read(p) for p in sorted(folder.glob("*.txt"))] for name, folder in folders.items()}
    more = read_labelled()
    out["training"] = [a for a in more if not kept_apart(a.case.name)]
    out["training, held out"] = [a for a in more if kept_apart(a.case.name)]
    return out


def kappa(pairs: Sequence[tuple[str, str]]) -> float:
    """Cohen's kappa of two rows of levels, a miss weighed by the square of the distance."""
    n = len(pairs)
    if not n:
        return 1.0
    at: dict[str, int] = {level: k for k, level in enumerate(LEVELS)}
    seen = sum((at[a] - at[b]) ** 2 for a, b in pairs) / n
    by_chance = sum((at[a] - at[b]) ** 2 for a, _ in pairs for _, b in pairs) / n**2
    return 1.0 - seen / by_chance if by_chance else 1.0


def f1(pairs: Sequence[tuple[str, str]], level: str) -> float | None:
    """F1 of one level against the rest; pairs are (label, heard). None where neither ever has it."""
    both = sum(a == level == b for a, b in pairs)
    either = sum(a == level for a, _ in pairs) + sum(b == level for _, b in pairs)
    return 2 * both / either if either else None


def mean(values: Sequence[float | None]) -> float:
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else 1.0


def pairs_of(answers: Sequence[Answer], which: str = "") -> dict[str, list[tuple[str, str]]]:
    """By signal (label, heard) where it is asked for, against the pass that counts or the first."""
    out: dict[str, list[tuple[str, str]]] = {s.id: [] for s in SIGNALS}
    for answer in answers:
        labels = answer.first if which == "first" else answer.labels
        for h in _heard(answer)[1]:
            out[h.signal.id].append((labels[h.signal.id].level, h.level))
    return out


def at_all(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The same, visible and partly made one."""
    return [
        ("hidden" if a == "hidden" else "visible", "hidden" if b == "hidden" else "visible") for a, b in pairs
    ]


def macro(by_signal: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[float, float]:
    """Mean over the signals of the mean F1 of their levels; and the same for heard at all or hidden."""
    three = [mean([f1(p, level) for level in LEVELS]) for p in by_signal.values() if p]
    two = [mean([f1(at_all(p), level) for level in ("hidden", "visible")]) for p in by_signal.values() if p]
    return mean(three), mean(two)


def agreement(answers: Sequence[Answer]) -> list[tuple[str, str]]:
    """(first pass, second pass) of every level that was given twice, where the signal is asked for."""
    return [
        (a.first[s.id].level, a.second[s.id].level)
        for a in answers
        if a.second
        for s in SIGNALS
        if a.second[s.id].level != "not-asked"
    ]


def same_lines(answers: Sequence[Answer], signal: str = "") -> float:
    """F1 of the lines that one pass named against those that the other named, of one signal or of all."""
    both = either = 0
    for answer in answers:
        for name, label in answer.second.items():
            if signal in ("", name):
                first, second = set(answer.first[name].lines), set(label.lines)
                both += len(first & second)
                either += len(first) + len(second)
    return 2 * both / either if either else 1.0


def same(pairs: Sequence[tuple[str, str]]) -> float:
    """The share of pairs that are equal."""
    return sum(a == b for a, b in pairs) / max(1, len(pairs))


def _cells(pairs: Sequence[tuple[str, str]]) -> str:
    each = [f1(pairs, level) for level in reversed(LEVELS)]
    cells = "".join(f"{'-' if v is None else f'{v:.2f}':>8}" for v in each)
    two = mean([f1(at_all(pairs), level) for level in ("hidden", "visible")])
    return f"{len(pairs):6} {cells} {mean(each):6.2f} {two:13.2f}"


def report(title: str, answers: Sequence[Answer], which: str = "") -> None:
    by_signal = pairs_of(answers, which)
    every = [p for ps in by_signal.values() for p in ps]
    print(f"\n{title}: {len(answers)} answers, {len(every)} levels")
    print(f"  {'':32}levels  visible  partly  hidden  macro  heard at all")
    for signal, pairs in by_signal.items():
        if pairs:
            print(f"  {signal:32}{_cells(pairs)}")
    three, two = macro(by_signal)
    print(f"  {'macro over the signals':32}{'':31}{three:6.2f} {two:13.2f}")
    print(f"  {'all signals as one':32}{_cells(every)}")
    print(f"  right {same(every):.0%}, kappa {kappa(every):.2f}")
    p, r = evidence(answers)
    print(f"  sentences shown: precision {p:.2f}, recall {r:.2f}")


def _lines(answer: Answer, result: Audit, h: Heard) -> dict[int, str]:
    """The lines of the answer that are given as evidence, from 1, and what they are said to show."""
    segments = answer.case.transcript.segments
    shown = [(result.sentences[e.sentence], e.what) for e in h.evidence]
    return {1 + home(s.start_s, s.end_s, segments): what for s, what in shown}


def _heard(answer: Answer) -> tuple[Audit, list[Heard]]:
    case = answer.case
    result = audit(case.transcript, case.prompt, kind=case.kind)
    return result, [h for h in heard(result, answer.asked, kind=case.kind) if h.asked]


def evidence(answers: Sequence[Answer]) -> tuple[float, float]:
    """Precision and recall of the sentences that are given as evidence, over the signals asked for.

    What either pass named is right; what the pass that counts named is to be found.
    """
    right = given = found = labelled = 0
    for answer in answers:
        result, every = _heard(answer)
        for h in every:
            shown = _lines(answer, result, h).keys()
            lines = set(answer.labels[h.signal.id].lines)
            right += len(shown & (lines | set(answer.first[h.signal.id].lines)))
            given += len(shown)
            found += len(shown & lines)
            labelled += len(lines)
    return right / max(1, given), found / max(1, labelled)


def show(answers: Sequence[Answer]) -> None:
    for answer in answers:
        result, every = _heard(answer)
        for h in every:
            label = answer.labels[h.signal.id]
            if h.level == label.level:
                continue
            print(f"\n{answer.case.name}: {h.signal.id} is {label.level}, heard {h.level}")
            shown = _lines(answer, result, h)
            for line in sorted(shown.keys() | set(label.lines)):
                mark = "+" if line in shown and line in label.lines else "-" if line in shown else "!"
                text = answer.case.transcript.segments[line - 1].text
                print(f"   {mark} {line} [{shown.get(line, '')}]{text}")


def main(argv: Sequence[str] | None = None) -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--show", action="store_true", help="what is heard otherwise than labelled, tuned on")
    args = ap.parse_args(argv)
    every = parts()
    if args.show:
        show([*every["tuned on"], *every["tuned on, by other hands"]])
        return 0
    print("the two passes, one against the other")
    more = [*every["training"], *every["training, held out"]]
    for name, answers in {**{n: every[n] for n in ("tuned on", "held out")}, "training": more}.items():
        pairs = agreement(answers)
        print(
            f"  {name}: {len(pairs)} levels, {same(pairs):.0%} the same, kappa {kappa(pairs):.2f}, "
            f"F1 of the sentences {same_lines(answers):.2f}"
        )
    for signal in SIGNALS:
        print(f"    training, {signal.id:32} F1 of the sentences {same_lines(more, signal.id):.2f}")
    for name, answers in every.items():
        report(name, answers)
    report("held out, against the first pass", every["held out"], "first")
    return 0


if __name__ == "__main__":
    sys.exit(main())
