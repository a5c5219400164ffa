"""WebVTT: cues with identifiers, settings, voices, inline word times, NOTE, STYLE and REGION blocks."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from unsaid.formats.build import LooseWord, Repairs, build, checked_span, settle_words, split_speaker, spread
from unsaid.formats.cues import ARROW, TIME, TIME_HINT, Cue, seconds, stamp, time_range
from unsaid.formats.marked import marked_sentences
from unsaid.formats.source import Source, clean, one_line
from unsaid.model import Audit, Outcome, Segment, Transcript, Word

_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")
_TAG = re.compile(r"<([^<>\n]*)>")
_VOICE = re.compile(r"v(?:\.[^ \t]*)?[ \t]+(.+)")


@dataclass(slots=True)
class _Run:
    """Text of a cue up to the next voice or time."""

    time_s: float | None
    parts: list[str] = field(default_factory=list)


def sniff(source: Source) -> bool:
    """True for a file with the header of WebVTT."""
    return _HEADER.fullmatch(source.text.lstrip().split("\n", 1)[0]) is not None


def read(source: Source) -> Transcript:
    """Read `source`. Raises UnsaidError with the line of a faulty time range."""
    cues, notes = _cues(source)
    if not cues:
        raise source.error("there is no cue in it", TIME_HINT)
    repairs = Repairs()
    segments: list[Segment] = []
    rolling = any(TIME.fullmatch(tag) for cue in cues for line in cue.lines for tag in _TAG.findall(line))
    before = ""
    for cue in cues:
        try:
            start_s, end_s = checked_span(cue.start_s, cue.end_s, f"line {cue.line}", repairs)
        except ValueError as e:
            raise source.error(str(e), TIME_HINT, line=cue.line) from None
        lines = cue.lines
        if rolling and lines:
            # Captions made live roll: each cue repeats the line before it, then adds one with word times.
            lines, before = _without(before, lines), one_line(_plain(lines[-1]))
        segments += _pieces("\n".join(lines), start_s, end_s, f"line {cue.line}", repairs)
    return build(source, segments, repairs, notes=notes)


def _cues(source: Source) -> tuple[list[Cue], list[str]]:
    lines = source.text.split("\n")
    cues: list[Cue] = []
    notes: list[str] = []
    i = 0
    while i < len(lines) and not lines[i].strip():
        i += 1
    if _HEADER.fullmatch(lines[i]):
        while i < len(lines) and lines[i].strip() and ARROW not in lines[i]:
            i += 1
    else:
        notes.append("the header WEBVTT is missing")
    while i < len(lines):
        if not lines[i].strip():
            i += 1
            continue
        if _BLOCK.fullmatch(lines[i]):
            while i < len(lines) and lines[i].strip():
                i += 1
            continue
        if ARROW not in lines[i]:
            # A cue's identifier, or text that belongs to none.
            if i + 1 >= len(lines) or ARROW not in lines[i + 1]:
                notes.append(f"text outside any cue was left out (first in line {i + 1})")
                while i < len(lines) and lines[i].strip() and ARROW not in lines[i]:
                    i += 1
                continue
            i += 1
        try:
            times = time_range(lines[i])
        except ValueError as e:
            raise source.error(f"this is not a time range: {e}", TIME_HINT, line=i + 1) from None
        if times is None:
            raise source.error(
                f"this is not a time range: {one_line(lines[i])[:60]!r}", TIME_HINT, line=i + 1
            )
        start = i
        i += 1
        while i < len(lines) and lines[i] and ARROW not in lines[i]:
            i += 1
        cues.append(Cue(start + 1, *times, tuple(t for t in lines[start + 1 : i] if t.strip())))
    return cues, notes[:2]


def _pieces(text: str, start_s: float, end_s: float, place: str, repairs: Repairs) -> list[Segment]:
    """A cue's text as segments: one for each voice, with words where the text has times in it."""
    voices: list[tuple[str | None, list[_Run]]] = [(None, [_Run(None)])]
    at = 0
    for tag in _TAG.finditer(text):
        voices[-1][1][-1].parts.append(text[at : tag.start()])
        at = tag.end()
        voice, time = _VOICE.fullmatch(tag[1]), TIME.fullmatch(tag[1])
        if voice:
            voices.append((one_line(_unescape(voice[1])) or None, [_Run(None)]))
        elif tag[1].strip() == "/v":
            voices.append((None, [_Run(None)]))
        elif time:
            try:
                voices[-1][1].append(_Run(seconds(*time.groups())))
            except ValueError:
                repairs.add("an impossible time within a cue was left out", place)
    voices[-1][1][-1].parts.append(text[at:])
    pieces = [(v, [(r.time_s, clean(_unescape("".join(r.parts)))) for r in runs]) for v, runs in voices]
    pieces = [(v, r) for v, r in pieces if any(x.strip() for _, x in r)]
    if not pieces:
        return []
    times = spread(["".join(x for _, x in r) for _, r in pieces], start_s, end_s)
    segments = []
    for (speaker, timed), (piece_start_s, piece_end_s) in zip(pieces, times, strict=True):
        whole = one_line("".join(x for _, x in timed))
        if speaker is None:
            speaker, whole = split_speaker(whole)
        words: tuple[Word, ...] = ()
        if any(t is not None for t, _ in timed):
            loose = _timed_words(timed, piece_start_s, piece_end_s)
            words = settle_words(loose, piece_start_s, piece_end_s, place, repairs)
        segments.append(Segment(piece_start_s, piece_end_s, whole, words, speaker))
    return segments


def _without(line: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    """`lines` without those at their beginning that say the same as `line`."""
    n = 0
    while n < len(lines) and line and one_line(_plain(lines[n])) == line:
        n += 1
    return lines[n:]


def _timed_words(runs: list[tuple[float | None, str]], start_s: float, end_s: float) -> list[LooseWord]:
    """Words from runs of text, each with the time at which it starts; a run lasts until the next one."""
    ends_s: list[float] = []
    until_s = end_s
    for time_s, _ in reversed(runs):
        ends_s.append(until_s)
        until_s = until_s if time_s is None else min(time_s, end_s)
    loose = []
    at_s = start_s
    for (time_s, text), until_s in zip(runs, reversed(ends_s), strict=True):
        if time_s is not None:
            at_s = max(at_s, min(time_s, end_s))
        texts = text.split()
        if texts:
            for word, (a, b) in zip(texts, spread(texts, at_s, until_s), strict=True):
                loose.append(LooseWord(f" {word}", a, b))
    return loose


def _plain(text: str) -> str:
    return _unescape(_TAG.sub("", text))


def _unescape(text: str) -> str:
    try:
        return html.unescape(text)
    except ValueError:  # a character number of thousands of digits
        return text


def write(audit: Audit, outcome: Outcome | None = None) -> str:
    """The transcript, one sentence a cue, flagged sentences marked `[D1]`; rewrites on a further line, of the
    class `now`, so that a style sheet can tell them apart."""
    blocks = ["WEBVTT\n"]
    for cue in marked_sentences(audit, outcome):
        lines = [html.escape(cue.marked, quote=False)]
        lines += [f"<c.now>{html.escape(line, quote=False)}</c>" for line in cue.now]
        text = "\n".join(lines)
        blocks.append(f"{stamp(cue.start_s, '.')} {ARROW} {stamp(cue.end_s, '.')}\n{text}\n")
    return "\n".join(blocks)
