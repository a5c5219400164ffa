"""How often the rules are right, on labelled answers.

    python tools/accuracy.py                        the project's own answers, developed on and held out
    python tools/accuracy.py --gold tests/gold      a folder of whisper JSON, NAME.labels.jsonl beside it
    python tools/accuracy.py --show                 every miss and every false alarm
    python tools/accuracy.py --damage plain         the same answers as a bad recogniser would give them

A label is a claim about one sentence and one family. A flag counts for the one labelled sentence that it
overlaps most. Labels with a question mark ({D1?}) count neither way.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from unsaid.audit import SURE, audit
from unsaid.model import Audit, Kind, Prompt, Segment, Transcript, Word

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "cases"
FAMILIES = "DAU"
DAMAGES = ("plain", "wrong", "joined")

_LABELS = re.compile(r"\s*\{([^{}]*)\}\s*$")
_PAUSE = re.compile(r"^\[(\d+(?:\.\d+)?)\]\s*")
_DOES = re.compile(r"\s*~([a-z]*)\s*$")


@dataclass(frozen=True)
class Label:
    sentence: int
    code: str
    sure: bool


@dataclass(frozen=True)
class Case:
    name: str
    transcript: Transcript
    """One segment for each labelled sentence."""
    prompt: Prompt | None
    kind: Kind | None
    labels: tuple[Label, ...]
    does: tuple[str, ...] = ()
    """What each labelled sentence does, a letter each, where the answer says it (see `tools/train.py`)."""


def read_case(path: Path) -> Case:
    """Read an answer written as text: header lines `key: value`, a blank line, then one sentence a line.

    A line may open with a pause, `[6.2]` seconds, and close with its labels, `{D1, U3?}`, and with what it
    does, `~cr`.
    """
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.split(":", 1) for line in head.splitlines() if ":" in line)
    kind = cast("Kind | None", fields.get("kind", "").strip() or None)
    prompt = Prompt(fields["prompt"].strip(), kind) if fields.get("prompt") else None
    return _case(path.stem, body.splitlines(), prompt, kind)


def in_context(entry: Mapping[str, Any]) -> tuple[Case, int]:
    """An entry of tests/rules/contexts.toml as an answer, and the line that it is about."""
    kind: Kind = entry["kind"]
    prompt = Prompt(entry["prompt"], kind) if entry.get("prompt") else None
    lines = [*entry["before"], entry["target"], *entry["after"]]
    return _case(entry["target"], lines, prompt, kind), len(entry["before"])


def _case(name: str, lines: Sequence[str], prompt: Prompt | None, kind: Kind | None) -> Case:
    does: list[str] = []
    segments: list[Segment] = []
    labels: list[Label] = []
    at_s = 0.0
    for line in (line.strip() for line in lines):
        if not line:
            continue
        gap_s, letters = 0.38, ""
        if m := _DOES.search(line):
            letters, line = m.group(1), line[: m.start()]
        if m := _PAUSE.match(line):
            gap_s, line = float(m.group(1)), line[m.end() :]
        codes = ""
        if m := _LABELS.search(line):
            codes, line = m.group(1), line[: m.start()]
        at_s += gap_s
        words = []
        for text in line.split():
            end_s = at_s + 0.12 + 0.05 * len(text)
            words.append(Word(f" {text}", round(at_s, 2), round(end_s, 2)))
            at_s = end_s + 0.03
        for code in (c.strip() for c in codes.split(",") if c.strip()):
            labels.append(Label(len(segments), code.rstrip("?"), not code.endswith("?")))
        segments.append(Segment(words[0].start_s, words[-1].end_s, f" {line}", tuple(words)))
        does.append(letters)
    known = tuple(does) if any(does) else ()
    return Case(name, Transcript(tuple(segments), at_s), prompt, kind, tuple(labels), known)


def spoken(text: str, prompt: str = "", kind: Kind | None = None) -> Case:
    """A stretch of an answer as one would write it down: sentences in a row, `[6.2]` for a pause of 6.2 s."""
    words: list[Word] = []
    at_s = 0.4
    for part in re.sub(r"\[(\d+(?:\.\d+)?)\]", r" [\1] ", text).split():
        if m := re.fullmatch(r"\[(\d+(?:\.\d+)?)\]", part):
            at_s += float(m.group(1))
            continue
        end_s = at_s + 0.12 + 0.05 * len(part)
        words.append(Word(f" {part}", round(at_s, 2), round(end_s, 2)))
        at_s = end_s + (0.38 if part[-1] in ".?!" else 0.03)
    segment = Segment(words[0].start_s, words[-1].end_s, "".join(w.text for w in words), tuple(words))
    return Case(text[:40], Transcript((segment,), at_s), Prompt(prompt, kind) if prompt else None, kind, ())


def read_gold(path: Path) -> Case:
    """Read whisper JSON with its labels beside it."""
    doc: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    segments = tuple(
        Segment(
            s["start"], s["end"], s["text"], tuple(Word(w["word"], w["start"], w["end"]) for w in s["words"])
        )
        for s in doc["segments"]
    )
    rows = [
        json.loads(x)
        for x in path.with_suffix(".labels.jsonl").read_text(encoding="utf-8").splitlines()
        if x.strip()
    ]
    ids = {s["id"]: i for i, s in enumerate(doc["segments"])}
    labels = tuple(Label(ids[r["segment"]], r.get("code", r["family"]), r.get("sure", True)) for r in rows)
    # As the command line hears it: the prompt is a text, and nobody says of what kind the question is.
    return Case(
        path.stem,
        Transcript(segments, doc.get("duration", segments[-1].end_s)),
        Prompt(doc["prompt"]),
        None,
        labels,
    )


def read_folder(folder: Path) -> list[Case]:
    """Every labelled answer right in a folder, by name."""
    cases = [read_case(p) for p in sorted(folder.glob("*.txt"))]
    cases += [read_gold(p) for p in sorted(folder.glob("*.json")) if p.with_suffix(".labels.jsonl").exists()]
    return cases


def damaged(case: Case, how: str, vocabulary: Sequence[str]) -> Transcript:
    """The transcript as a bad recogniser would give it, word times kept.

    plain: no punctuation, no capitals, cut every 30 s; wrong: one word in ten replaced by a similar one;
    joined: sentences joined in twos and threes with commas.
    """
    rng = random.Random(f"{case.name} {how}")
    groups = [list(s.words) for s in case.transcript.segments]
    if how == "plain":
        words = [replace(w, text=" " + re.sub(r"[^\w']", "", w.text).lower()) for g in groups for w in g]
        words = [w for w in words if w.text.strip()]
        groups, start = [], 0
        for i, w in enumerate(words):
            if i + 1 == len(words) or words[i + 1].end_s - words[start].start_s > 30:
                groups.append(words[start : i + 1])
                start = i + 1
            del w
    elif how == "wrong":
        groups = [[_misheard(w, rng, vocabulary) for w in g] for g in groups]
    elif how == "joined":
        whole, groups = groups, []
        while whole:
            n = rng.choice((2, 3))
            part, whole = whole[:n], whole[n:]
            for g in part[:-1]:
                g[-1] = replace(g[-1], text=re.sub(r"[.?!]+$", ",", g[-1].text))
            groups.append([w for g in part for w in g])
    segments = tuple(Segment(g[0].start_s, g[-1].end_s, "".join(w.text for w in g), tuple(g)) for g in groups)
    return replace(case.transcript, segments=segments)


def _misheard(word: Word, rng: random.Random, vocabulary: Sequence[str]) -> Word:
    core = re.sub(r"[^a-z']", "", word.text.lower())
    if len(core) <= 2 or rng.random() >= 0.10:
        return word
    near = [v for v in difflib.get_close_matches(core, vocabulary, 4, 0.5) if v != core]
    return (
        replace(word, text=re.sub(re.escape(core), rng.choice(near), word.text, flags=re.I)) if near else word
    )


def vocabulary_of(cases: Sequence[Case]) -> list[str]:
    """All words of the answers, bare and in lower case."""
    return sorted(
        {
            re.sub(r"[^a-z']", "", w.text.lower())
            for c in cases
            for s in c.transcript.segments
            for w in s.words
        }
        - {""}
    )


@dataclass
class Tally:
    found: int = 0
    false: int = 0
    missed: int = 0

    def add(self, other: Tally) -> None:
        self.found += other.found
        self.false += other.false
        self.missed += other.missed

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.false) if self.found + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def f1(self) -> float:
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0

    def __str__(self) -> str:
        return (
            f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}   "
            f"(found {self.found}, false {self.false}, missed {self.missed})"
        )


@dataclass(frozen=True)
class Score:
    families: dict[str, Tally]
    rules: dict[str, Tally]
    """By code: of a miss, the label's code; of a false alarm, the flag's."""
    wrong: tuple[str, ...]
    """Every miss and false alarm, one line each."""

    @property
    def all(self) -> Tally:
        total = Tally()
        for t in self.families.values():
            total.add(t)
        return total


def home(start_s: float, end_s: float, segments: Sequence[Segment]) -> int:
    """The segment that a stretch of time overlaps most."""
    return max(
        range(len(segments)),
        key=lambda i: (
            min(end_s, segments[i].end_s) - max(start_s, segments[i].start_s),
            -abs(segments[i].start_s - start_s),
        ),
    )


def score(case: Case, result: Audit) -> Score:
    """Compare an audit with the labels."""
    families = {f: Tally() for f in FAMILIES}
    rules: dict[str, Tally] = {}
    wrong: list[str] = []
    sure = {(x.sentence, x.code[0]): x.code for x in case.labels if x.sure}
    unsure = {(x.sentence, x.code[0]) for x in case.labels if not x.sure} - set(sure)
    segments = case.transcript.segments
    got: dict[tuple[int, str], tuple[str, float, tuple[str, ...]]] = {}
    for f in result.flags:
        got.setdefault((home(f.start_s, f.end_s, segments), f.code[0]), (f.code, f.confidence, f.evidence))
    for key in sorted(set(got) | set(sure)):
        if key in unsure:
            continue
        text = f"{case.name} {key[0]}:{segments[key[0]].text}"
        if key in got and key in sure:
            families[key[1]].found += 1
            rules.setdefault(got[key][0], Tally()).found += 1
        elif key in got:
            families[key[1]].false += 1
            code, confidence, evidence = got[key]
            rules.setdefault(code, Tally()).false += 1
            wrong.append(f"false alarm {code} {confidence:.2f} {text}\n      {'; '.join(evidence)}")
        else:
            families[key[1]].missed += 1
            rules.setdefault(sure[key], Tally()).missed += 1
            wrong.append(f"missed      {sure[key]}      {text}")
    return Score(families, rules, tuple(wrong))


def scores(
    cases: Sequence[Case], how: str = "", min_confidence: float | None = None
) -> Iterator[tuple[Case, Score]]:
    """Audit and score each answer, damaged if asked for."""
    vocabulary = vocabulary_of(cases) if how == "wrong" else []
    least = SURE if min_confidence is None else min_confidence
    for case in cases:
        heard = damaged(case, how, vocabulary) if how else case.transcript
        yield case, score(case, audit(heard, case.prompt, kind=case.kind, min_confidence=least))


def report(title: str, cases: Sequence[Case], how: str, show: bool, each: bool, least: float | None) -> Tally:
    families = {f: Tally() for f in FAMILIES}
    rules: dict[str, Tally] = {}
    count = sum(len(c.transcript.segments) for c in cases)
    print(f"{title}{f', {how}' if how else ''}: {len(cases)} answers, {count} sentences")
    for case, s in scores(cases, how, least):
        if each:
            print(f"  {case.name:24} {s.all}")
        if show:
            for line in s.wrong:
                print(f"    {line}")
        for k, t in s.families.items():
            families[k].add(t)
        for k, t in s.rules.items():
            rules.setdefault(k, Tally()).add(t)
    for code in sorted(rules):
        print(f"  {code}        {rules[code]}")
    total = Tally()
    for f, t in families.items():
        print(f"  family {f}  {t}")
        total.add(t)
    print(f"  all       {total}")
    return total


def main(argv: Sequence[str] | None = None) -> int:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument(
        "--gold",
        type=Path,
        action="append",
        default=[],
        help="folder of labelled answers (may be given again)",
    )
    ap.add_argument("--only", nargs="*", default=[], help="names of the answers to take")
    ap.add_argument("--show", action="store_true", help="print every miss and every false alarm")
    ap.add_argument("--damage", choices=(*DAMAGES, "all"), default="", help="damage the transcripts first")
    ap.add_argument(
        "--min-confidence", type=float, help="least confidence of a flag (default: the program's own)"
    )
    args = ap.parse_args(argv)
    folders = [(p.name, p) for p in args.gold] or [("own answers", CASES), ("held out", CASES / "heldout")]
    hows = DAMAGES if args.damage == "all" else (args.damage,)
    counts: Counter[str] = Counter()
    for title, folder in folders:
        cases = [c for c in read_folder(folder) if not args.only or c.name in args.only]
        counts[title] = len(cases)
        if not cases:
            continue
        for how in hows:
            report(title, cases, how, args.show and "held" not in title, True, args.min_confidence)
    if not sum(counts.values()):
        print("no labelled answers found", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
