"""A table of the flags for spreadsheets: CSV as RFC 4180 has it, UTF-8, one row a flag. Written only.

With a review it has a row for each mark of the speaker's own as well, and columns for what she says.

What was said is foreign text, and a spreadsheet runs a field that begins with `=`, `+`, `-` or `@` as a
formula, which can fetch from the network or start a program (OWASP: CSV injection). Such a field, and one
that begins with a tab or a line break, gets an apostrophe before it, which spreadsheets take for "this is
text". Whoever reads the file with a program takes that one character off again.
"""

from __future__ import annotations

import csv
import io
import re

from unsaid.formats.reviewed import by_flag, filed_under, own_marks
from unsaid.formats.source import clean
from unsaid.model import CONDUCT_FAMILY, FAMILY_LETTERS, Audit, Flag, Moment, Outcome

COLUMNS = (
    "number",
    "code",
    "name",
    "family",
    "severity",
    "confidence",
    "start_s",
    "end_s",
    "quote",
    "sentence",
    "message",
    "evidence",
    "rewrite",
    "standing",
    "dismissed",
)
"""The header. Times are in seconds, as they were measured; `confidence` is 0 to 1."""
REVIEW_COLUMNS = ("verdict", "reason", "filed_under", "now", "passes", "missing")
"""What a review adds to it."""

# OWASP names the first character only; white space before it is what some spreadsheets drop.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@]")
_WITHIN_LINES = re.compile(r"[^\t\r\n]+")


def write(audit: Audit, outcome: Outcome | None = None) -> str:
    """The flags shown, those that the speaker put aside (`dismissed` says why) and the notes on evidence and
    conduct, which have no number, in order of time."""
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\r\n")  # RFC 4180, section 2
    rows.writerow(COLUMNS if outcome is None else (*COLUMNS, *REVIEW_COLUMNS))
    said = by_flag(outcome)
    found = [
        (f.start_s, f.sentence_index, f.code, [*_row(f), *(_said(said.get(f)) if outcome else ())])
        for f in (*audit.flags, *audit.dismissed, *audit.conduct)
    ]
    found += [(m.start_s, m.sentence_index, m.code, [*_own_row(m), *_said(m)]) for m in own_marks(outcome)]
    rows.writerows(row for *_, row in sorted(found, key=lambda f: f[:3]))
    return table.getvalue()


def _row(flag: Flag) -> list[str | float]:
    return [
        "" if flag.family == CONDUCT_FAMILY else flag.number,
        field(flag.code),
        field(flag.name),
        field(flag.family),
        field(flag.severity),
        flag.confidence,
        flag.start_s,
        flag.end_s,
        field(flag.quote),
        field(flag.sentence),
        field(flag.message),
        field("; ".join(flag.evidence)),
        field(flag.rewrite),
        field(flag.standing),
        field(flag.dismissed),
    ]


def _own_row(m: Moment) -> list[str | float]:
    known: dict[str, str | float] = {
        "code": m.code,
        "name": "own-mark",
        "family": FAMILY_LETTERS[m.letter],
        "start_s": m.start_s,
        "end_s": m.end_s,
        "quote": field(m.quote),
        "sentence": field(m.sentence),
        "standing": "shown",
    }
    return [known.get(name, "") for name in COLUMNS]


def _said(m: Moment | None) -> list[str]:
    if m is None:
        return [""] * len(REVIEW_COLUMNS)
    said = m.rewrite
    return [
        m.verdict,
        field(m.reason),
        filed_under(m),
        field(said.text) if said is not None else "",
        "" if said is None else "yes" if said.passed else "no",
        field("; ".join(said.missing)) if said is not None else "",
    ]


def field(text: str) -> str:
    """`text` as a field: nothing that a spreadsheet runs, and no control characters but tabs and line breaks,
    which a quoted field may hold."""
    # Cleaned first: a control character before the `=` must not hide it.
    text = _WITHIN_LINES.sub(lambda part: clean(part[0]), text)
    return f"'{text}" if _FORMULA.match(text) else text
