"""SRT subtitles: read leniently (no numbers, dots for commas, blank lines inside a cue), written strictly."""

from __future__ import annotations

import re

from unsaid.formats.build import Repairs, build, checked_span, split_speaker
from unsaid.formats.cues import ARROW, TIME_HINT, Cue, stamp, time_range
from unsaid.formats.marked import marked_sentences
from unsaid.formats.source import Source, one_line
from unsaid.model import Audit, Outcome, Segment, Transcript

_TAG = re.compile(r"</?(?:[ibus]|font)(?:[ \t][^<>]{0,200})?>|\{\\[^{}]{0,200}\}", re.IGNORECASE)
# SRT knows no escapes. In what was said, an arrow would start a subtitle in some readers, and `List<i>` or
# `{\an8}` would lose its tag, so they are written with characters that look alike.
_LIKE_A_TAG = re.compile(r"<(?=[/a-zA-Z])")
_NUMBER = re.compile(r"[ \t]*[0-9]{1,9}[ \t]*")


def sniff(source: Source) -> bool:
    """True where one of the first lines is a time range."""
    for line in source.text[:20_000].split("\n"):
        try:
            if ARROW in line and time_range(line):
                return True
        except ValueError:
            return True
    return False


def read(source: Source) -> Transcript:
    """Read `source`. Raises UnsaidError with the line of a faulty time range."""
    cues, notes = _cues(source)
    if not cues:
        raise source.error("there is no subtitle in it", TIME_HINT)
    repairs = Repairs()
    segments = []
    for cue in cues:
        try:
            start_s, end_s = checked_span(cue.start_s, cue.end_s, f"line {cue.line}", repairs)
        except ValueError as e:
            raise source.error(str(e), TIME_HINT, line=cue.line) from None
        speaker, text = split_speaker(one_line(_TAG.sub("", "\n".join(cue.lines))))
        segments.append(Segment(start_s, end_s, text, speaker=speaker))
    return build(source, segments, repairs, notes=notes)


def _cues(source: Source) -> tuple[list[Cue], list[str]]:
    lines = source.text.split("\n")
    starts: list[tuple[int, float, float]] = []
    for i, line in enumerate(lines):
        if ARROW not in line:
            continue
        try:
            times = time_range(line)
        except ValueError as e:
            raise source.error(f"this is not a time range: {e}", TIME_HINT, line=i + 1) from None
        if times is not None:
            starts.append((i, *times))
        elif line.lstrip()[:1].isdigit():
            raise source.error(f"this is not a time range: {one_line(line)[:60]!r}", TIME_HINT, line=i + 1)
    notes = []
    if starts and any(not _NUMBER.fullmatch(t) for t in lines[: starts[0][0]] if t.strip()):
        notes.append("text before the first subtitle was left out")
    cues = []
    for n, (i, start_s, end_s) in enumerate(starts):
        stop = starts[n + 1][0] if n + 1 < len(starts) else len(lines)
        body = lines[i + 1 : stop]
        if n + 1 < len(starts) and body and _NUMBER.fullmatch(body[-1]):
            body.pop()
        cues.append(Cue(i + 1, start_s, end_s, tuple(t for t in body if t.strip())))
    return cues, notes


def write(audit: Audit, outcome: Outcome | None = None) -> str:
    """The transcript, one sentence a subtitle, flagged sentences marked `[D1]`; rewrites on a second line."""
    blocks = []
    for number, cue in enumerate(marked_sentences(audit, outcome), 1):
        text = "\n".join(_harmless(line) for line in (cue.marked, *cue.now))
        blocks.append(f"{number}\n{stamp(cue.start_s, ',')} {ARROW} {stamp(cue.end_s, ',')}\n{text}\n")
    return "\n".join(blocks)


def _harmless(text: str) -> str:
    return _LIKE_A_TAG.sub("‹", text.replace(ARROW, "→")).replace("{\\", "{ \\")
