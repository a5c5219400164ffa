"""Plain text: no times at all, so they are made up at an even pace; paragraphs become segments.

`[pause 4.5]` and `[4.5 s]` are taken for pauses; `[pause]` alone has no length and is left out. Lines that
whisper's command line prints, `[00:12.340 --> 00:15.800]  So …`, have times, and these are used.
"""

from __future__ import annotations

import re

from unsaid.formats.build import Repairs, build, checked_span, split_speaker
from unsaid.formats.cues import ARROW, TIME_HINT, time_range
from unsaid.formats.source import MAX_TIME_S, Source, one_line
from unsaid.model import Pause, Segment, Transcript

WORDS_PER_MINUTE = 150
"""The even pace of made-up times: within the 100 to 165 words a minute that speaking coaches name."""
NOTE = f"plain text has no times: they are made up, at an even {WORDS_PER_MINUTE} words a minute"

_LENGTH = r"([0-9]{1,6}(?:\.[0-9]{1,6})?)"
_UNIT = r"(?:s|secs?|seconds?)\.?"
_PAUSE = re.compile(
    rf"[\[(][ ]?(?:pause|silence)(?:[ :]{{1,3}}{_LENGTH}[ ]?(?:{_UNIT})?)?[ ]?[\])]|\[{_LENGTH}[ ]?{_UNIT}\]",
    re.IGNORECASE,
)
_PRINTED = re.compile(r"\[([0-9:.,]{4,20}[ \t]+-->[ \t]+[0-9:.,]{4,20})\][ \t]*(.*)")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}[ \t]")
_MARKDOWN = re.compile(r"[ ]{0,3}(?:>|[-*+])[ \t]+")


def sniff(_source: Source) -> bool:
    """Any text will do."""
    return True


def read(source: Source) -> Transcript:
    """Read `source`. Raises UnsaidError where there is not one word, or it is text for another program."""
    if source.text.lstrip().startswith("{\\rtf"):
        raise source.error("this is rich text (RTF)", "Save it as plain text, in UTF-8.")
    printed = _printed(source)
    if printed is not None:
        return printed
    markdown = source.suffix in (".md", ".markdown")
    segments: list[Segment] = []
    pauses: list[Pause] = []
    words, silent_s = 0, 0.0

    def now_s() -> float:
        return round(words * 60 / WORDS_PER_MINUTE + silent_s, 3)

    paragraphs, notes = _paragraphs(source.text, markdown)
    for paragraph in paragraphs:
        pieces = _PAUSE.split(paragraph)
        for n in range(0, len(pieces), 3):
            text = one_line(pieces[n])
            if text:
                start_s = now_s()
                words += len(text.split())
                segments.append(Segment(start_s, now_s(), text))
            length = (pieces[n + 1] or pieces[n + 2]) if n + 2 < len(pieces) else None
            if length is not None and float(length) > 0:
                start_s = now_s()
                silent_s += float(length)
                pauses.append(Pause(start_s, now_s()))
    if now_s() > MAX_TIME_S:
        raise source.error("this is too long for a spoken answer", "Give the transcript of one answer.")
    return build(
        source,
        segments,
        Repairs(),
        duration_s=now_s(),
        pauses=tuple(pauses),
        timing="none",
        notes=[NOTE, *notes],
    )


def _paragraphs(text: str, markdown: bool) -> tuple[list[str], list[str]]:
    paragraphs: list[list[str]] = [[]]
    headings = False
    for line in text.split("\n"):
        heading = markdown and _HEADING.match(line) is not None
        headings = headings or heading
        if heading or not line.strip():
            paragraphs.append([])
            continue
        paragraphs[-1].append(_MARKDOWN.sub("", line, count=1) if markdown else line)
    notes = ["headings were left out"] if headings else []
    return ["\n".join(p) for p in paragraphs if p], notes


def _printed(source: Source) -> Transcript | None:
    """The transcript where every line with text is one that whisper prints with its times; else None."""
    lines = [(i, line) for i, line in enumerate(source.text.split("\n"), 1) if line.strip()]
    if not any(ARROW in line for _, line in lines[:20]):
        return None
    rows = [(i, m) for i, m in ((i, _PRINTED.fullmatch(line.strip())) for i, line in lines) if m]
    if not rows:
        return None
    repairs = Repairs()
    segments = []
    for number, row in rows:
        try:
            times = time_range(row[1])
            if times is None:
                raise ValueError("this is not a time range")
            start_s, end_s = checked_span(*times, f"line {number}", repairs)
        except ValueError as e:
            raise source.error(str(e), TIME_HINT, line=number) from None
        speaker, text = split_speaker(one_line(row[2]))
        segments.append(Segment(start_s, end_s, text, speaker=speaker))
    notes = ["lines without times were left out"] if len(rows) < len(lines) else []
    return build(source, segments, repairs, notes=notes)
