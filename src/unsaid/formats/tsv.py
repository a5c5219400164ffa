"""Whisper's TSV: `start`, `end` and `text` a line, times in whole milliseconds."""

from __future__ import annotations

import re

from unsaid.formats.build import Repairs, build, checked_span, split_speaker
from unsaid.formats.source import Source, one_line
from unsaid.model import Segment, Transcript

HINT = (
    "A line holds start and end in whole milliseconds and the text, with tabs between: 12340\\t15800\\tSo …"
)

_HEADER = re.compile(r"start\tend\ttext[ \t]*", re.IGNORECASE)
_ROW = re.compile(r"[ ]*(-?[0-9]{1,12})[ ]*\t[ ]*(-?[0-9]{1,12})[ ]*(?:\t(.*))?")


def sniff(source: Source) -> bool:
    """True where the first line is whisper's header, or two whole numbers and a text."""
    first = source.text.lstrip("\n").split("\n", 1)[0]
    return _HEADER.fullmatch(first) is not None or (
        _ROW.fullmatch(first) is not None and first.count("\t") >= 2
    )


def read(source: Source) -> Transcript:
    """Read `source`. Raises UnsaidError with the faulty line."""
    repairs = Repairs()
    segments: list[Segment] = []
    headed = False
    for number, line in enumerate(source.text.split("\n"), 1):
        if not line.strip():
            continue
        if not segments and not headed and _HEADER.fullmatch(line):
            headed = True
            continue
        row = _ROW.fullmatch(line)
        if row is None:
            raise source.error(
                f"this is not a line of start, end and text: {one_line(line)[:60]!r}", HINT, line=number
            )
        try:
            start_s, end_s = checked_span(int(row[1]) / 1000, int(row[2]) / 1000, f"line {number}", repairs)
        except ValueError as e:
            raise source.error(str(e), HINT, line=number) from None
        speaker, text = split_speaker(one_line(row[3] or ""))
        segments.append(Segment(start_s, end_s, text, speaker=speaker))
    return build(source, segments, repairs)
