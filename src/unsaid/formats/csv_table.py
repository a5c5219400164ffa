"""A table of the flags for spreadsheets: CSV as RFC 4180 has it, UTF-8, one row a flag. Written only.

What was said is foreign text, and a spreadsheet runs a field that begins with `=`, `+`, `-` or `@` as a
formula, which can fetch from the network or start a program (OWASP: CSV injection). Such a field, and one
that begins with a tab or a line break, gets an apostrophe before it, which spreadsheets take for "this is
text". Whoever reads the file with a program takes that one character off again.
"""

from __future__ import annotations

import csv
import io
import re

from unsaid.formats.source import clean
from unsaid.model import Audit, Flag

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

# OWASP names the first character only; white space before it is what some spreadsheets drop.
_FORMULA = re.compile(r"[\t\r\n]|\s*[=+\-@]")
_WITHIN_LINES = re.compile(r"[^\t\r\n]+")


def write(audit: Audit) -> str:
    """The flags shown and those that the speaker put aside (`dismissed` says why), in order of time."""
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\r\n")  # RFC 4180, section 2
    rows.writerow(COLUMNS)
    flags = sorted((*audit.flags, *audit.dismissed), key=lambda f: (f.start_s, f.sentence_index, f.code))
    rows.writerows(_row(flag) for flag in flags)
    return table.getvalue()


def _row(flag: Flag) -> list[str | float]:
    return [
        flag.number,
        _text(flag.code),
        _text(flag.name),
        _text(flag.family),
        _text(flag.severity),
        flag.confidence,
        flag.start_s,
        flag.end_s,
        _text(flag.quote),
        _text(flag.sentence),
        _text(flag.message),
        _text("; ".join(flag.evidence)),
        _text(flag.rewrite),
        _text(flag.standing),
        _text(flag.dismissed),
    ]


def _text(text: str) -> str:
    """`text` without control characters but tabs and line breaks, which a quoted field may hold."""
    # Cleaned first: a control character before the `=` must not hide it.
    text = _WITHIN_LINES.sub(lambda part: clean(part[0]), text)
    return f"'{text}" if _FORMULA.match(text) else text
