"""Audacity's label track: `start`, `end` and label a line, tabs between, seconds with a decimal point."""

from __future__ import annotations

import re

from unsaid.formats.build import Repairs, build, checked_span
from unsaid.formats.reviewed import badge, by_flag, now_label, own_marks, verdict_label
from unsaid.formats.source import Source, one_line
from unsaid.model import FAMILY_LETTERS, Audit, Flag, Moment, Outcome, Segment, Transcript

HINT = "A line holds start and end in seconds and the label, with tabs between: 12.340000\\t15.800000\\tSo …"

_NUMBER = r"-?[0-9]{1,12}(?:[.,][0-9]{1,12})?"
_ROW = re.compile(rf"({_NUMBER})\t({_NUMBER})(?:\t(.*))?")


def sniff(source: Source) -> bool:
    """True where the first line is two decimal numbers and a label."""
    first = source.text.lstrip("\n").split("\n", 1)[0]
    row = _ROW.fullmatch(first)
    return row is not None and ("." in row[1] or "," in row[1])


def read(source: Source) -> Transcript:
    """Read the labels as a transcript. Raises UnsaidError with the faulty line."""
    repairs = Repairs()
    segments = []
    for number, line in enumerate(source.text.split("\n"), 1):
        if not line.strip() or line.startswith("\\"):  # a label's range of frequencies
            continue
        row = _ROW.fullmatch(line)
        if row is None:
            raise source.error(f"this is not a label: {one_line(line)[:60]!r}", HINT, line=number)
        start, end = (float(t.replace(",", ".")) for t in (row[1], row[2]))
        try:
            start_s, end_s = checked_span(start, end, f"line {number}", repairs)
        except ValueError as e:
            raise source.error(str(e), HINT, line=number) from None
        segments.append(Segment(start_s, end_s, one_line(row[3] or "")))
    return build(source, segments, repairs)


def write(audit: Audit, outcome: Outcome | None = None) -> str:
    """Flags, own marks, rewrites and pauses as labels, in order of time."""
    said = by_flag(outcome)
    labels = [(f.start_s, f.end_s, _flag_label(f, said.get(f))) for f in audit.flags]
    labels += [
        (m.start_s, m.end_s, f"{badge(m)} {FAMILY_LETTERS[m.letter]}: {m.quote}") for m in own_marks(outcome)
    ]
    labels += [
        (m.start_s, m.end_s, f"{badge(m)} {now_label(m)}")
        for m in (outcome.moments if outcome is not None else ())
        if now_label(m)
    ]
    labels += [(p.start_s, p.end_s, f"pause {p.duration_s:.1f} s") for p in audit.transcript.pauses]
    rows = (
        f"{start:.6f}\t{max(start, end):.6f}\t{one_line(label)}\n" for start, end, label in sorted(labels)
    )
    return "".join(rows)


def _flag_label(f: Flag, said: Moment | None) -> str:
    more = ["less sure"] if f.standing == "less-sure" else []
    if said is not None and said.verdict == "kept":
        more.append(verdict_label(said))
    told = f" ({', '.join(more)})" if more else ""
    return f"{f.code} {f.name}{told}" + (f": {f.quote}" if f.quote else "")
