"""Sentences from words, punctuation and pauses.

A recogniser's punctuation cannot be trusted: it may be missing, joined with commas, or cut every 30
seconds in the middle of a thought. So a sentence ends where the signs together say so: a full stop, a
pause, a word that opens a new sentence, and never after a word that wants another one ("the", "of", "to").

Pure, and linear in the number of words.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from unsaid.language.cues import listed
from unsaid.model import Pause, Segment, Sentence, Transcript, Word

BREAK_S = 0.3
"""A gap from which a comma, or a missing full stop, may be the end of a sentence."""
LONG_BREAK_S = 1.2
"""A gap that ends a sentence by itself, unless its last word wants another."""
SILENCE_S = 2.5
"""A gap that ends a sentence whatever its last word."""
BARE_WORDS = 40
"""So many words without a full stop in sight, and the punctuation is taken to be missing."""
LONGEST_WORDS = 120
"""A sentence is cut at this length, at the best place found."""

_END = re.compile(r"[.?!…。？！؟][\"'”’»)\]]*$")
_COMMA = re.compile(r"[,;:—–-][\"'”’»)\]]*$")
_ABBREVIATION = re.compile(r"^[\"'(]*(?:e\.g|i\.e|etc|vs|mr|mrs|dr|approx|[a-z](?:\.[a-z])+|[a-z])\.$", re.I)


def words_of(transcript: Transcript) -> tuple[Word, ...]:
    """All words in order, counted over all segments; made up at an even pace where a segment has no word
    times.

    Start times never go back and no word ends before it starts, whatever the source says.
    """
    out: list[Word] = []
    at = 0.0
    for segment in transcript.segments:
        for word in segment.words or _even(segment):
            text = word.text if word.text.strip() else ""
            if not text:
                continue
            start = max(at, _finite(word.start_s, at))
            end = max(start, _finite(word.end_s, start))
            same = start == word.start_s and end == word.end_s
            out.append(word if same else Word(text, start, end, word.probability))
            at = start
    return tuple(out)


def _finite(value: float, otherwise: float) -> float:
    return value if value == value and abs(value) != float("inf") else otherwise


def _even(segment: Segment) -> Iterable[Word]:
    """The segment's text as words, spread over its time in proportion to their letters."""
    texts = segment.text.split()
    if not texts:
        return
    start = _finite(segment.start_s, 0.0)
    length = max(0.0, _finite(segment.end_s, start) - start)
    total = sum(len(t) + 1 for t in texts)
    done = 0
    for text in texts:
        begin = start + length * done / total
        done += len(text) + 1
        yield Word(f" {text}", begin, start + length * (done - 0.5) / total)


def clamped(words: Sequence[Word], pauses: Sequence[Pause]) -> tuple[Word, ...]:
    """`words` with their times drawn out of the pauses that they swallow.

    A recogniser stretches a word over the silence before or after it. The part of a word that lies in a
    pause is cut: at the front where the pause begins no later than the word, else at the back.
    """
    if not pauses:
        return tuple(words)
    out: list[Word] = []
    at = 0
    for word in words:
        while at < len(pauses) and pauses[at].end_s <= word.start_s:
            at += 1
        start, end = word.start_s, word.end_s
        k = at
        while k < len(pauses) and pauses[k].start_s < end:
            pause = pauses[k]
            if pause.start_s <= start + 0.05:
                start = min(end, max(start, pause.end_s))
            else:
                end = max(start, min(end, pause.start_s))
                break
            k += 1
        out.append(
            word
            if (start, end) == (word.start_s, word.end_s)
            else Word(word.text, start, end, word.probability)
        )
    return tuple(out)


def split(transcript: Transcript) -> tuple[Sentence, ...]:
    """Cut a transcript into sentences.

    No word is lost, doubled or moved; times are the words' own, drawn out of the pauses; `pause_before_s`
    is the silence from the sentence before (or from the start) and 0 where the source has no times at all.
    """
    words = clamped(words_of(transcript), transcript.pauses)
    if not words:
        return ()
    timed = transcript.timing != "none"
    gaps = _gaps(words, transcript.pauses) if timed else [0.0] * len(words)
    ends = _segment_ends(transcript) if not timed or transcript.timing == "segment" else frozenset()
    cuts = _cuts(words, gaps, ends)
    out: list[Sentence] = []
    first = 0
    for index, last in enumerate(cuts):
        part = words[first:last]
        out.append(
            Sentence(
                index=index,
                text=_joined(part),
                start_s=part[0].start_s,
                end_s=max([w.end_s for w in part]),
                first_word=first,
                last_word=last,
                pause_before_s=round(gaps[first], 3),
            )
        )
        first = last
    return tuple(out)


def _joined(words: Iterable[Word]) -> str:
    """The words' text: as they stand where they bring their own spaces, else with single ones."""
    return " ".join([part for w in words for part in w.text.split()])


def _gaps(words: Sequence[Word], pauses: Sequence[Pause]) -> list[float]:
    """Silence before each word: measured pauses where there are any, else the gap between word times."""
    if not pauses:
        gaps = [max(0.0, words[0].start_s)]
        gaps += [max(0.0, b.start_s - a.end_s) for a, b in pairwise(words)]
        return gaps
    gaps = [0.0] * len(words)
    middles = [(w.start_s + w.end_s) / 2 for w in words]
    for pause in pauses:
        k = bisect_left(middles, (pause.start_s + pause.end_s) / 2)
        if k < len(words):
            gaps[k] += max(0.0, pause.duration_s)
    for k in range(1, len(words)):
        # Voice activity joins short silences; the words' own gap still ends a sentence.
        if gaps[k] == 0.0:
            gaps[k] = min(BREAK_S + 0.1, max(0.0, words[k].start_s - words[k - 1].end_s))
    return gaps


def _segment_ends(transcript: Transcript) -> frozenset[int]:
    """Indices one past the last word of each segment: for sources that know no word times."""
    ends, count = set(), 0
    for segment in transcript.segments:
        count += (
            sum(1 for w in segment.words if w.text.strip()) if segment.words else len(segment.text.split())
        )
        ends.add(count)
    return frozenset(ends)


@lru_cache(maxsize=4096)
def _bare(word: str) -> str:
    return word.strip().strip(".,;:!?…\"'“”‘’()[]—–-").lower().replace("’", "'")


def _cuts(words: Sequence[Word], gaps: Sequence[float], segment_ends: frozenset[int]) -> list[int]:
    """Positions one past the last word of each sentence, the last of them len(words)."""
    n = len(words)
    texts = [w.text.strip() for w in words]
    # Most words end in a letter; the expressions are slow beside that.
    marked = [not t[-1:].isalnum() for t in texts]
    stop = [
        m and bool(_END.search(t)) and not _is_abbreviation(t) for m, t in zip(marked, texts, strict=True)
    ]
    bares = [_bare(t) for t in texts]
    hanging, openers = listed("dangling"), listed("openers")
    # Distance to the next full stop; where it is far, punctuation is taken to be missing.
    next_stop = [0] * (n + 1)
    next_stop[n] = 0
    for i in range(n - 1, -1, -1):
        next_stop[i] = 0 if stop[i] else next_stop[i + 1] + 1
    any_pause = any(g >= BREAK_S for g in gaps[1:])
    bare_text = not any(stop)
    last_stop = -1
    cuts: list[int] = []
    first = 0
    best, best_score = 0, -1.0
    for i in range(n - 1):
        length = i + 1 - first
        gap = gaps[i + 1]
        following = bares[i + 1]
        dangling = bares[i] in hanging and not stop[i]
        comma = marked[i] and bool(_COMMA.search(texts[i]))
        missing = bare_text or i - last_stop + next_stop[i] > BARE_WORDS
        ends = stop[i]
        last_stop = i if ends else last_stop
        if not ends and gap >= SILENCE_S:
            ends = True
        elif not ends and gap >= LONG_BREAK_S:
            ends = not dangling
        elif not ends and gap >= BREAK_S and not dangling:
            joined = comma and (
                following in listed("subordinators") or (gap < LONG_BREAK_S and _fronted(texts, first, i))
            )
            ends = not joined and (comma or missing or following in listed("strong_openers"))
        elif not ends and (i + 1) in segment_ends and not dangling:
            ends = texts[i + 1][:1].isupper() or (missing and following in openers)
        elif not ends and missing and not any_pause and length >= 6 and not dangling:
            # No pauses and no stops: only the words are left.
            ends = following in listed("strong_openers") and (comma or length >= 12)
        if not ends and length >= 20 and not dangling:
            score = gap + (0.5 if comma else 0.0) + (0.4 if following in openers else 0.0)
            if score >= best_score:
                best, best_score = i + 1, score
        if not ends and length >= LONGEST_WORDS:
            cut = best if best > first else i + 1
            cuts.append(cut)
            first, best, best_score = cut, 0, -1.0
            continue
        if ends:
            cuts.append(i + 1)
            first, best, best_score = i + 1, 0, -1.0
    cuts.append(n)
    return cuts


def _fronted(texts: Sequence[str], first: int, last: int) -> bool:
    """The words are a clause that waits for its main clause: "if it isn't, …"."""
    start = first
    while start < last and _bare(texts[start]) in listed("leaders"):
        start += 1
    return (
        _bare(texts[start]) in listed("fronting")
        and last - start < 12
        and not any(_COMMA.search(t) for t in texts[start:last])
    )


def _is_abbreviation(text: str) -> bool:
    return len(text) <= 10 and bool(_ABBREVIATION.match(text)) and text.lower() not in ("i.", "no.")
