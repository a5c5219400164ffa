"""WebVTT: cues with identifiers, settings, voices, inline word times, NOTE, STYLE and REGION blocks."""

from __future__ import annotations

import html
import re

from unsaid.formats.build import LooseWord, Repairs, build, checked_span, settle_words, split_speaker, spread
from unsaid.formats.cues import ARROW, TIME, TIME_HINT, Cue, seconds, stamp, time_range
from unsaid.formats.marked import marked_sentences
from unsaid.formats.source import Source, clean, one_line
from unsaid.model import Audit, Segment, Transcript, Word

_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
_BLOCK = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t].*)?")
_TAG = re.compile(r"<([^<>\n]*)>")
_VOICE = re.compile(r"v(?:\.[^ \t]*)?[ \t]+(.+)")


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
        lines = list(cue.lines)
        if rolling:
            # Captions made live roll: each cue repeats the line before it, then adds one with word times.
            while lines and before and one_line(_plain(lines[0])) == before:
                lines.pop(0)
            if cue.lines:
                before = one_line(_plain(cue.lines[-1]))
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
        while i < len(lines) and lines[i].strip() and ARROW not in lines[i]:
            i += 1
        cues.append(Cue(start + 1, *times, tuple(lines[start + 1 : i])))
    return cues, notes[:2]


def _pieces(text: str, start_s: float, end_s: float, place: str, repairs: Repairs) -> list[Segment]:
    """A cue's text as segments: one for each voice, with words where the text has times in it."""
    voices: list[tuple[str | None, list[tuple[float | None, str]]]] = [(None, [(None, "")])]
    at = 0
    for tag in _TAG.finditer(text):
        runs = voices[-1][1]
        runs[-1] = (runs[-1][0], runs[-1][1] + text[at : tag.start()])
        at = tag.end()
        voice, time = _VOICE.fullmatch(tag[1]), TIME.fullmatch(tag[1])
        if voice:
            voices.append((one_line(_unescape(voice[1])) or None, [(None, "")]))
        elif tag[1].strip() == "/v":
            voices.append((None, [(None, "")]))
        elif time:
            try:
                runs.append((seconds(*time.groups()), ""))
            except ValueError:
                repairs.add("an impossible time within a cue was left out", place)
    runs = voices[-1][1]
    runs[-1] = (runs[-1][0], runs[-1][1] + text[at:])
    pieces = [(v, [(t, clean(_unescape(x))) for t, x in r]) for v, r in voices]
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


def _timed_words(runs: list[tuple[float | None, str]], start_s: float, end_s: float) -> list[LooseWord]:
    """Words from runs of text, each with the time at which it starts; a run lasts until the next one."""
    loose = []
    at_s = start_s
    for n, (time_s, text) in enumerate(runs):
        if time_s is not None:
            at_s = min(max(time_s, at_s), max(end_s, at_s))
        following = [t for t, _ in runs[n + 1 :] if t is not None][:1]
        until_s = max(at_s, min(following[0], end_s) if following else end_s)
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


def write(audit: Audit) -> str:
    """The transcript, one sentence a cue, flagged sentences marked `[D1]`."""
    blocks = ["WEBVTT\n"]
    for cue in marked_sentences(audit):
        text = html.escape(cue.marked, quote=False)
        blocks.append(f"{stamp(cue.start_s, '.')} {ARROW} {stamp(cue.end_s, '.')}\n{text}\n")
    return "\n".join(blocks)
