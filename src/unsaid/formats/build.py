"""From the segments that a reader found to a Transcript: order, repairs, words without times, pauses.

What every reader promises: with timing "word" each segment has words; with any other timing none has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from unsaid.formats.source import MAX_NEGATIVE_S, MAX_TIME_S, Source, clean
from unsaid.model import Pause, Prompt, Segment, Timing, Transcript, Word

MIN_PAUSE_S = 0.3
"""Shorter gaps between words are articulation, not pauses."""
_ROUNDING_S = 1e-6
_MANY = 8
"""A file of fewer one-word segments may just be terse."""
MAX_REVERSED_S = 1.0
"""A segment that ends this little before it starts is mended; one further off is refused."""

SEGMENT_TIMES_NOTE = "times are of whole segments: a pause within a segment is not seen"

_SOUND = re.compile(r"\s*(?:\[[^\[\]]{1,60}\]|\([^()]{1,60}\)|\*[^*]{1,60}\*|[♪♫]+)\s*")
_SPEAKER = re.compile(r"\s*\[(SPEAKER_[0-9]{1,4})\]:?\s*")


@dataclass(slots=True)
class Repairs:
    """Counts what was mended while reading, to be told in plain words afterwards."""

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, place: str, count: int = 1) -> None:
        """Note that `what` was mended at `place`."""
        self.counts[what] = self.counts.get(what, 0) + count
        self.first.setdefault(what, place)

    def notes(self) -> list[str]:
        """One line for each kind of repair."""
        return [
            f"{what} ({self.first[what]})"
            if count == 1
            else f"{what} ({count} times, first at {self.first[what]})"
            for what, count in self.counts.items()
        ]


def checked_time(value: float, place: str, repairs: Repairs) -> float:
    """`value` as seconds. Raises ValueError, in plain words, where it cannot be a time."""
    if not math.isfinite(value):
        raise ValueError("this is not a time")
    if value > MAX_TIME_S:
        raise ValueError(f"{value:g} s is past {MAX_TIME_S / 3600:.0f} hours")
    if value < 0:
        if value < -MAX_NEGATIVE_S:
            raise ValueError(f"{value:g} s lies before the start")
        repairs.add("a time below zero was set to zero", place)
        return 0.0
    return value


def checked_span(start_s: float, end_s: float, place: str, repairs: Repairs) -> tuple[float, float]:
    """Start and end of a segment, in order. Raises ValueError where they are too far out of order."""
    start_s = checked_time(start_s, place, repairs)
    end_s = checked_time(end_s, place, repairs)
    if end_s < start_s:
        if start_s - end_s > MAX_REVERSED_S:
            raise ValueError(f"it ends ({end_s:g} s) before it starts ({start_s:g} s)")
        repairs.add("an end before its start was set to the start", place)
        end_s = start_s
    return start_s, end_s


def split_speaker(text: str) -> tuple[str | None, str]:
    """The speaker that whisperX puts before the text of a cue (`[SPEAKER_00]: …`), and the rest."""
    match = _SPEAKER.match(text)
    return (match[1], text[match.end() :]) if match else (None, text)


def spread(texts: Sequence[str], start_s: float, end_s: float) -> list[tuple[float, float]]:
    """Times for `texts` that have none of their own: in proportion to their length, filling the span."""
    sizes = [len(t.strip()) + 1 for t in texts]
    total = sum(sizes)
    end_s = max(start_s, end_s)
    edges = [start_s]
    passed = 0
    for size in sizes:
        passed += size
        edges.append(min(end_s, max(start_s, round(start_s + (end_s - start_s) * passed / total, 3))))
    edges[-1] = end_s
    return list(pairwise(edges))


@dataclass(frozen=True, slots=True)
class LooseWord:
    """A word whose times may be missing."""

    text: str
    start_s: float | None
    end_s: float | None
    probability: float | None = None


def settle_words(
    loose: Sequence[LooseWord], start_s: float, end_s: float, place: str, repairs: Repairs
) -> tuple[Word, ...]:
    """Words with times, in order: missing ones spread between their neighbours, reversed ones clamped."""
    untimed = sum(1 for w in loose if w.start_s is None or w.end_s is None)
    if untimed:
        repairs.add("a word without times was placed evenly between its neighbours", place, untimed)
        loose = _fill_times(loose, start_s, end_s)
    words: list[Word] = []
    at_s = 0.0
    for w in loose:
        assert w.start_s is not None and w.end_s is not None
        word_start_s, word_end_s = w.start_s, w.end_s
        if word_start_s < at_s or word_end_s < word_start_s:
            repairs.add("word times out of order were put in order", place)
            word_start_s = max(word_start_s, at_s)
            word_end_s = max(word_end_s, word_start_s)
        at_s = word_start_s
        words.append(Word(w.text, word_start_s, word_end_s, w.probability))
    return tuple(words)


def _fill_times(loose: Sequence[LooseWord], start_s: float, end_s: float) -> list[LooseWord]:
    filled: list[LooseWord] = []
    at_s = start_s
    i = 0
    while i < len(loose):
        word = loose[i]
        if word.start_s is not None and word.end_s is not None:
            filled.append(word)
            at_s = word.end_s
            i += 1
            continue
        j = i
        while j < len(loose) and (loose[j].start_s is None or loose[j].end_s is None):
            j += 1
        until_s = loose[j].start_s if j < len(loose) else end_s
        assert until_s is not None
        run = loose[i:j]
        times = spread([w.text for w in run], at_s, until_s)
        filled += [replace(w, start_s=a, end_s=b) for w, (a, b) in zip(run, times, strict=True)]
        at_s = filled[-1].end_s or at_s
        i = j
    return filled


def spaced(texts: Sequence[str], whole: str) -> list[str]:
    """Word texts as Whisper writes them, with the space before each that `whole` has there.

    Tools that give bare words (whisperX) get a space before every word, unless the words put together are
    the text already, as in languages written without spaces.
    """
    if any(t[:1].isspace() for t in texts[1:]) or "".join(texts).strip() == whole.strip():
        return list(texts)
    return [t if t[:1].isspace() else f" {t}" for t in texts]


def gaps(segments: Iterable[Segment], duration_s: float) -> tuple[Pause, ...]:
    """Stretches of at least `MIN_PAUSE_S` in which no word (or segment without words) lies."""
    pauses = []
    at_s = 0.0
    for segment in segments:
        for item in segment.words or (segment,):
            if item.start_s - at_s >= MIN_PAUSE_S - _ROUNDING_S:
                pauses.append(Pause(at_s, item.start_s))
            at_s = max(at_s, item.end_s)
    if duration_s - at_s >= MIN_PAUSE_S - _ROUNDING_S:
        pauses.append(Pause(at_s, duration_s))
    return tuple(pauses)


def build(
    source: Source,
    segments: Iterable[Segment],
    repairs: Repairs,
    *,
    duration_s: float = 0.0,
    pauses: tuple[Pause, ...] | None = None,
    timing: Timing | None = None,
    language: str | None = None,
    prompt: Prompt | None = None,
    model: str | None = None,
    options: dict[str, object] | None = None,
    notes: Iterable[str] = (),
    may_be_silent: bool = False,
) -> Transcript:
    """Put a Transcript together from segments with clean text.

    `timing` is told from the segments where it is None; `pauses` are measured from the gaps where None.
    Raises UnsaidError where there is not one word, unless it `may_be_silent`.
    """
    kept = [s for s in segments if s.words or s.text.strip()]
    if timing is None:
        kept, sounds = _without_sounds(kept)
        notes = [*notes, *sounds]
    if not may_be_silent and not any(c.isalnum() for s in kept for c in s.text):
        raise source.error("there is not one word in it", "Give the transcript of a spoken answer.")
    if any(b.start_s < a.start_s for a, b in pairwise(kept)):
        repairs.add("segments out of order were put in order of time", "the whole file")
        kept.sort(key=lambda s: s.start_s)
    if timing is None:
        if len(kept) >= _MANY and all(len(s.text.split()) == 1 for s in kept):
            kept = [s if s.words else _as_word(s) for s in kept]
        timing = "word" if any(s.words for s in kept) else "segment"
        notes = [*notes, SEGMENT_TIMES_NOTE] if timing == "segment" else notes
    if timing == "word":
        kept = [s if s.words else _with_words(s, repairs) for s in kept]
    else:
        kept = [replace(s, words=()) if s.words else s for s in kept]
    end_s = max((t for s in kept for t in (s.end_s, *(w.end_s for w in s.words))), default=0.0)
    duration_s = max(duration_s, end_s)
    all_notes = [*source.notes, *notes, *repairs.notes()]
    return Transcript(
        segments=tuple(kept),
        duration_s=duration_s,
        pauses=gaps(kept, duration_s) if pauses is None else pauses,
        language=language,
        timing=timing,
        prompt=prompt,
        model=model,
        options=options or {},
        notes=tuple(dict.fromkeys(clean(n) for n in all_notes)),
    )


def _without_sounds(segments: list[Segment]) -> tuple[list[Segment], list[str]]:
    """The segments but for sounds in brackets (`[BLANK_AUDIO]`, `(laughs)`, `♪`), and a note of these."""
    sounds = dict.fromkeys(s.text.strip() for s in segments if _SOUND.fullmatch(s.text))
    if not sounds:
        return segments, []
    kept = [s for s in segments if not _SOUND.fullmatch(s.text)]
    return kept, [f"sounds in brackets were left out: {', '.join(list(sounds)[:3])}"]


def _as_word(segment: Segment) -> Segment:
    """A subtitle of one word, in a file where every one is: its time is the word's."""
    word = Word(f" {segment.text.strip()}", segment.start_s, segment.end_s)
    return replace(segment, words=(word,))


def _with_words(segment: Segment, repairs: Repairs) -> Segment:
    """A segment without words beside others that have them: its words spread over its time."""
    texts = segment.text.split()
    repairs.add("a segment without word times had its words spread evenly", f"at {segment.start_s:.1f} s")
    times = spread(texts, segment.start_s, segment.end_s)
    words = tuple(Word(f" {t}", a, b) for t, (a, b) in zip(texts, times, strict=True))
    return replace(segment, words=words)
