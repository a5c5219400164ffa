"""Word times that can be trusted: within speech, in order, and none lost.

A recogniser's word times come from attention weights. They run into pauses, and now and then they collapse:
a whole sentence at one instant. Here they are laid on the speech that was heard: times are counted in
*speech seconds* (the clock stops in pauses), words without a time of their own are spread over the speech
between their neighbours. Pure: no sound, no model.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from unsaid.model import Segment, Span, Word

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_S = 0.04
"""A word shorter than this has no time of its own: the aligner counts in steps of 20 ms, "a" takes 60 ms."""

_ROOM_S = 0.12
"""Room that a word gets at least when it is spread: about 8 words a second, faster than anybody speaks for
long."""

_NEAR_S = 0.2
"""How far a segment's own times may be off."""


@dataclass(frozen=True, slots=True)
class SpeechClock:
    """Counts only the seconds in which somebody speaks."""

    spans: tuple[Span, ...]
    """In time order, not touching."""

    def _begins(self) -> list[float]:
        begins, total = [], 0.0
        for span in self.spans:
            begins.append(total)
            total += span.duration_s
        return begins

    @property
    def length_s(self) -> float:
        """Speech seconds in all."""
        return sum(span.duration_s for span in self.spans)

    def at(self, time_s: float) -> float:
        """Speech seconds before `time_s`."""
        i = bisect_right([s.start_s for s in self.spans], time_s) - 1
        if i < 0:
            return 0.0
        return self._begins()[i] + min(time_s, self.spans[i].end_s) - self.spans[i].start_s

    def start(self, tau_s: float) -> float:
        """The time at which a word begins that begins after `tau_s` speech seconds: never before a pause."""
        begins = self._begins()
        i = max(0, bisect_right(begins, tau_s + 1e-6) - 1)
        return min(self.spans[i].start_s + max(0.0, tau_s - begins[i]), self.spans[i].end_s)

    def end(self, tau_s: float) -> float:
        """The time at which a word ends that ends after `tau_s` speech seconds: never after a pause."""
        begins = self._begins()
        i = max(0, bisect_left(begins, tau_s - 1e-6) - 1)
        return min(self.spans[i].start_s + max(0.0, tau_s - begins[i]), self.spans[i].end_s)


def heard_to_real(time_s: float, pieces: Sequence[Span], *, middle_s: float | None = None) -> float:
    """From a time within the sound that the recogniser was given (`pieces` end to end) to the recording's.

    `middle_s` is the middle of the word, which decides for the piece that the word belongs to.
    """
    at_s = time_s if middle_s is None else middle_s
    before_s = 0.0
    for piece in pieces[:-1]:
        if at_s < before_s + piece.duration_s:
            break
        before_s += piece.duration_s
    else:
        piece = pieces[-1]
    return min(max(piece.start_s, piece.start_s + time_s - before_s), piece.end_s)


def speech_within(spans: Sequence[Span], start_s: float, end_s: float, join_s: float) -> tuple[Span, ...]:
    """The parts of `spans` from `start_s` to `end_s`, neighbours closer than `join_s` made one."""
    parts: list[Span] = []
    for span in spans:
        a, b = max(span.start_s, start_s), min(span.end_s, end_s)
        if b <= a:
            continue
        if parts and a - parts[-1].end_s < join_s:
            parts[-1] = Span(parts[-1].start_s, b)
        else:
            parts.append(Span(a, b))
    return tuple(parts)


def place_words(segments: Sequence[Segment], speech: Sequence[Span]) -> tuple[Segment, ...]:
    """Lay the words of `segments` (one stretch, in order) on the `speech` heard in it.

    Every word comes back, in the same order, with its text untouched, within one span of speech, starting no
    earlier than the word before it ends. Segment times follow from the words. `speech` must not be empty.
    """
    words = [word for segment in segments for word in segment.words]
    if not words:
        return tuple(segments)
    clock = SpeechClock(tuple(speech))
    owners = [i for i, segment in enumerate(segments) for _ in segment.words]
    edges = _in_order(
        [
            (clock.at(w.start_s), clock.at(w.end_s if _within(w, segments[i], clock.spans) else w.start_s))
            for w, i in zip(words, owners, strict=True)
        ]
    )
    bounds = [(clock.at(segment.start_s), clock.at(segment.end_s)) for segment in segments]
    sizes = [len(w.text.strip()) + 1 for w in words]
    edges = _spread_lost(edges, sizes, owners, bounds, clock.length_s)
    placed = [_real(word, clock, a, b) for word, (a, b) in zip(words, edges, strict=True)]
    out: list[Segment] = []
    taken = 0
    for segment in segments:
        mine = tuple(placed[taken : taken + len(segment.words)])
        taken += len(mine)
        out.append(
            replace(segment, words=mine, start_s=mine[0].start_s, end_s=mine[-1].end_s) if mine else segment
        )
    return tuple(out)


def _within(word: Word, segment: Segment, spans: Sequence[Span]) -> bool:
    """False where a pause lies between the word and all of its segment: one of both is wrong, and it is
    the word."""
    near = [s for s in spans if s.end_s > segment.start_s - _NEAR_S and s.start_s < segment.end_s + _NEAR_S]
    middle_s = (word.start_s + word.end_s) / 2
    return not near or near[0].start_s - _NEAR_S <= middle_s <= near[-1].end_s + _NEAR_S


def _real(word: Word, clock: SpeechClock, a: float, b: float) -> Word:
    """The word from speech second `a` to `b`; one that would reach over a pause keeps to its larger part."""
    start_s, end_s = clock.start(a), clock.end(b)
    last = clock.at(start_s)
    for span in clock.spans:
        if span.start_s <= start_s < span.end_s < end_s:
            before_s = span.end_s - start_s
            if before_s >= (b - last) / 2:
                end_s = span.end_s
            else:
                start_s = clock.start(clock.at(span.end_s))
    return replace(word, start_s=round(start_s, 3), end_s=round(max(start_s, end_s), 3))


def _in_order(edges: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """No word starts before the one before it ends; what is left of a word may be nothing."""
    out: list[tuple[float, float]] = []
    now = 0.0
    for a, b in edges:
        a = max(a, now)
        b = max(a, b)
        out.append((a, b))
        now = b
    return out


def _spread_lost(
    edges: list[tuple[float, float]],
    sizes: list[int],
    owners: list[int],
    bounds: list[tuple[float, float]],
    length_s: float,
) -> list[tuple[float, float]]:
    """Give every word that has no time of its own a share, by its size, of the speech between its neighbours.

    Where there is too little room, neighbours of the same segment are spread along, then those of other
    segments. `owners` gives each word's segment, `bounds` the segments' own times, which hold where they
    leave room enough.
    """
    n = len(edges)
    lost = _lost(edges, owners)
    out = list(edges)
    i = 0
    while i < n:
        if not lost[i]:
            i += 1
            continue
        first = last = i
        strict = True
        while True:
            while last + 1 < n and lost[last + 1] and (not strict or owners[last + 1] == owners[i]):
                last += 1
            left = out[first - 1][1] if first else 0.0
            right = edges[last + 1][0] if last + 1 < n and not lost[last + 1] else length_s
            if strict:
                if not first or owners[first - 1] != owners[i]:
                    left = max(left, bounds[owners[i]][0])
                if last + 1 == n or owners[last + 1] != owners[i]:
                    right = min(right, bounds[owners[i]][1])
            if right - left >= _ROOM_S * (last - first + 1):
                break
            # Take in the neighbour that brings more room.
            gain_left = gain_right = -1.0
            if first and not (strict and owners[first - 1] != owners[i]):
                gain_left = left - out[first - 1][0]
            if last + 1 < n and not (strict and owners[last + 1] != owners[i]):
                gain_right = edges[last + 1][1] - right
            if gain_left < 0 and gain_right < 0:
                if not strict:
                    break
                strict = False
            elif gain_left > gain_right:
                first -= 1
            else:
                last += 1
        right = max(left, right)
        step = (right - left) / sum(sizes[first : last + 1])
        for k in range(first, last + 1):
            out[k] = (left, left + step * sizes[k])
            left = out[k][1]
        i = last + 1
    return out


def _lost(edges: list[tuple[float, float]], owners: list[int]) -> list[bool]:
    """Words without a time of their own: too short, or in a segment of which half the words are."""
    short = [b - a < _LEAST_S for a, b in edges]
    many = {
        owner
        for owner in set(owners)
        if sum(short[k] for k, o in enumerate(owners) if o == owner) * 2 >= owners.count(owner)
    }
    return [s or o in many for s, o in zip(short, owners, strict=True)]
