"""Speech and stretches of a recording that is still being made.

`find_speech` and `stretches` for sound that keeps coming: the same answers, found with an effort a second
that does not depend on how long the recording is already.
"""

from __future__ import annotations

import math
import os
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unsaid.audio.files import RATE_HZ
from unsaid.audio.speech import (
    BLOCK_FRAMES,
    DIP_FRAMES,
    FRAME_S,
    GAP_FRAMES,
    OFF,
    ON,
    Samples,
    Speech,
    Stretch,
    VoiceActivity,
    cut_long,
    cut_place,
    dips_within,
    gain_for,
    is_long,
    is_speech,
    last_of_stretch,
    second_peaks,
    span_of,
    speech_from_probabilities,
    speech_probabilities,
    stretch_of,
    stretches,
)
from unsaid.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

HEADER_BYTES = 44
"""What stands before the samples of a recording that is being made (a WAV whose header is not closed yet)."""

_BLOCK = BLOCK_FRAMES * 512
_STEP = RATE_HZ
"""Samples looked at before the gain is thought over again."""

_PATIENCE_S = 5
"""Seconds of sound before a recording may count as quiet, and between two trials with a gain."""

_TRIAL_S = 10
"""Seconds of sound that such a trial hears."""

_VOICED_S = 2
"""Seconds with a voice in them that tell how loud somebody speaks."""

_VOICED_FRAMES = 8
"""Windows with speech (of 31) that make a second one with a voice."""

_RECENT_S = 600
"""The level is that of so many seconds with a voice, the last ones."""

_REDO_S = 60
"""At most so much is heard again with another gain."""

_CHANGE = 2.0
"""A gain that is off by less than this factor (6 dB) does."""

_MISSED_S = 0.4
"""Speech of this length that live voice activity has missed is worth a stretch of its own."""


class Take:
    """The samples of a recording that is being written: 16-bit ones after the header, read where needed."""

    def __init__(self, path: Path) -> None:
        """Open `path` when it is there; until then there are no samples. Not for several threads at once."""
        self._path = path
        self._file = None if not path.exists() else path.open("rb", buffering=0)

    @property
    def size(self) -> int:
        """Whole samples that are there now."""
        if self._file is None:
            try:
                self._file = self._path.open("rb", buffering=0)
            except FileNotFoundError:
                return 0
        return max(0, os.fstat(self._file.fileno()).st_size - HEADER_BYTES) // 2

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]:
        import numpy as np

        start, stop, _ = part.indices(self.size)
        count = max(0, stop - start)
        raw = bytearray(2 * count)
        if self._file is not None:
            self._file.seek(HEADER_BYTES + 2 * start)
            into = memoryview(raw)
            while into and (got := self._file.readinto(into)):
                into = into[got:]
        return np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(32768)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


@dataclass(frozen=True, slots=True)
class Settled:
    """A stretch, and the speech in it."""

    stretch: Stretch
    spans: tuple[Span, ...]


def within(cut: Sequence[Stretch], speech: Speech) -> list[Settled]:
    """Each stretch of `cut` with the speech in it."""
    return [
        Settled(
            stretch,
            tuple(
                Span(max(s.start_s, stretch.start_s), min(s.end_s, stretch.end_s))
                for s in speech.spans
                if s.end_s > stretch.start_s and s.start_s < stretch.end_s
            ),
        )
        for stretch in cut
    ]


class GrowingSpeech:
    """Finds stretches in probabilities of speech that keep coming, as soon as nothing can change them."""

    def __init__(self, *, max_s: float, pad_s: float) -> None:
        """`max_s` and `pad_s` as for `stretches`."""
        self.probabilities = array("f")
        """All so far: 4 bytes for 32 ms."""
        self.settled = 0
        """Number of stretches that are settled."""
        self._room_s = max_s - 2 * pad_s
        self._pad_s = pad_s
        self._start = -1
        """First window of the speech that goes on; -1 in silence."""
        self._peak = 0.0
        self._run: tuple[int, int] | None = None
        """Speech that has ended but may still be joined by what follows within a moment."""
        self._cut_s: float | None = None
        """Up to where speech that goes on for very long was cut already."""
        self._units: list[Span] = []
        """Finished units of the open stretch."""
        self._before_s = 0.0
        self._spoken_s: float | None = None

    @property
    def at_s(self) -> float:
        """How far the recording was looked at."""
        return len(self.probabilities) * FRAME_S

    @property
    def speaking(self) -> bool:
        """True while somebody speaks (a breath or a click is none)."""
        return self._start >= 0 and is_speech(len(self.probabilities) - self._start, self._peak)

    @property
    def silence_s(self) -> float:
        """How long nobody has spoken; 0 while somebody does."""
        if self.speaking:
            return 0.0
        return self.at_s - (self._spoken_s or 0.0)

    def feed(self, probabilities: Iterable[float]) -> list[Settled]:
        """Take the probabilities of the next windows; returns the stretches that are settled by them."""
        for p in probabilities:
            now = len(self.probabilities)
            self.probabilities.append(p)
            if self._start >= 0:
                if p < OFF:
                    if is_speech(now - self._start, self._peak):
                        self._ended(self._start, now)
                    self._start = -1
                else:
                    self._peak = max(self._peak, p)
            elif p >= ON:
                self._start, self._peak = now, p
        start = self._start if self._start >= 0 else len(self.probabilities)
        if self._run is not None and start - self._run[1] >= GAP_FRAMES:
            self._close_run()
        unfinished = self._unfinished()
        found: list[Settled] = []
        while units := [*self._units, *unfinished]:
            last, closed = last_of_stretch(units, 0, self._room_s, True)
            if not closed:
                break
            found.append(self._settle(units[: last + 1], units[last + 1].start_s))
            self._before_s = units[last].end_s
            del self._units[: last + 1]
            self.settled += 1
        return found

    def open(self) -> Settled | None:
        """The stretch that is not settled yet, as it will be if nobody speaks any more; None while somebody
        does, or where there is none. Stands only when the silence is longer than the pad."""
        if self._run is not None or self.speaking or not self._units:
            return None
        return self._settle(self._units, None)

    def _settle(self, units: Sequence[Span], after_s: float | None) -> Settled:
        stretch = stretch_of(
            units,
            self._before_s,
            after_s,
            math.inf,
            is_first=not self.settled,
            pad_s=self._pad_s,
        )
        return Settled(stretch, tuple(units))

    def _ended(self, first: int, last: int) -> None:
        """Speech from window `first` up to `last` has ended."""
        if self._run is not None and first - self._run[1] < GAP_FRAMES:
            first = self._run[0]
        else:
            self._close_run()
        self._run = (first, last)
        self._spoken_s = span_of(first, last, math.inf).end_s

    def _close_run(self) -> None:
        """Nothing can be joined to the last run any more."""
        if self._run is None:
            return
        first, last = self._run
        span = span_of(first, last, math.inf)
        start_s = span.start_s if self._cut_s is None else self._cut_s
        dips = self._dips(first, last, start_s) if is_long(last - first) else []
        self._units += cut_long(Span(start_s, span.end_s), dips, self._room_s)
        self._run = self._cut_s = None

    def _unfinished(self) -> list[Span]:
        """Speech that goes on, as one unit that may become longer; cut as far as it can be."""
        if self._run is not None:
            first, last = self._run
            if self.speaking:
                last = len(self.probabilities)
        elif self.speaking:
            first, last = self._start, len(self.probabilities)
        else:
            return []
        span = span_of(first, last, math.inf)
        start_s = span.start_s if self._cut_s is None else self._cut_s
        whole = first + (last - first) // DIP_FRAMES * DIP_FRAMES
        while (
            is_long(last - first)
            and span.end_s - start_s > self._room_s
            and whole * FRAME_S >= start_s + self._room_s
        ):
            cut_s = cut_place(start_s, self._dips(first, whole, start_s), self._room_s)
            self._units.append(Span(start_s, cut_s))
            self._cut_s = start_s = cut_s
        return [Span(start_s, span.end_s)]

    def _dips(self, first: int, last: int, from_s: float) -> list[tuple[float, float]]:
        """The dips of the run from window `first` to `last`, those before `from_s` left out."""
        import numpy as np

        passed = max(0, int(from_s / FRAME_S) - first) // DIP_FRAMES * DIP_FRAMES
        part = np.array(self.probabilities[first + passed : last], np.float32)
        return dips_within(part, first + passed)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known once a recording is complete."""

    speech: Speech
    """Exactly what `find_speech` says of the finished file."""
    rest: tuple[Stretch, ...]
    """The stretches that were not settled before."""
    missed: tuple[Stretch, ...]
    """Speech before these that was not heard as speech: possible in quiet recordings only."""
    same: bool
    """True where the settled stretches are those of the finished file; else their borders, and the speech in
    them, may differ a little."""


class SpeechStream:
    """Voice activity of a recording that is being made.

    How much a quiet recording is turned up depends on the whole of it, so here it can only be guessed: from
    the seconds in which somebody spoke so far, or, while nobody was heard, by trying. A recording of usual
    loudness is not turned up, neither here nor at the end, and then everything is exactly the same.
    """

    def __init__(self, samples: Samples, *, max_s: float, pad_s: float) -> None:
        """`samples` may grow; `max_s` and `pad_s` as for `stretches`."""
        import numpy as np

        self._samples = samples
        self._max_s, self._pad_s = max_s, pad_s
        self._model = VoiceActivity()
        self._gain = np.float32(1)
        self._gains = {1.0}
        self._peaks = array("f")
        """The highest sample of each second."""
        self._voiced: list[float] = []
        """The same, of the last seconds in which somebody spoke."""
        self._next_trial = _PATIENCE_S
        self._settled: list[Stretch] = []
        self.speech = GrowingSpeech(max_s=max_s, pad_s=pad_s)

    def hear(self, most_s: float = 60.0) -> list[Settled]:
        """Listen to what is new, `most_s` of it at most; returns the stretches that are settled by it."""
        found: list[Settled] = []
        end = min(self._samples.size, self._heard + round(most_s * RATE_HZ))
        while end - self._heard >= _BLOCK:
            step = min(end - self._heard, max(_BLOCK, _STEP)) // _BLOCK * _BLOCK
            found += self._listen(step)
            if self._new_seconds() and self._turn():
                found += self._again()
        self._settled += (s.stretch for s in found)
        return found

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that were not listened to yet."""
        return (self._samples.size - self._heard) / RATE_HZ

    def finish(self) -> tuple[list[Settled], Ending]:
        """Listen to the rest of a recording that is complete."""
        import numpy as np

        found: list[Settled] = []
        while self._samples.size - self._heard >= _BLOCK:
            found += self.hear()
        size = self._samples.size
        rest = self._samples[self._heard : size] * self._gain
        if rest.size:
            probabilities = self._model.feed(np.pad(rest, (0, -rest.size % 512)))
            more = self.speech.feed(probabilities.tolist())
            self._settled += (s.stretch for s in more)
            found += more
        self._new_seconds()
        gain = gain_for(np.array(self._peaks, np.float32))
        known = np.array(self.speech.probabilities, np.float32)
        same = self._gains == {float(gain)}
        if not same:
            known = speech_probabilities(self._samples)
        speech = speech_from_probabilities(known, size / RATE_HZ)
        cut = stretches(speech, max_s=self._max_s, pad_s=self._pad_s)
        done = tuple(self._settled)
        if cut[: len(done)] == done:
            return found, Ending(speech, cut[len(done) :], (), same)
        until_s = done[-1].end_s
        rest_cut = stretches(speech, max_s=self._max_s, pad_s=self._pad_s, from_s=until_s)
        pieces = [piece for stretch in done for piece in stretch.pieces]
        before = [Span(s.start_s, min(s.end_s, until_s)) for s in speech.spans if s.start_s < until_s]
        missed = Speech(outside(before, pieces, _MISSED_S), (), until_s, speech.dips)
        missed_cut = stretches(missed, max_s=self._max_s, pad_s=0.0, merge=False)
        return found, Ending(speech, rest_cut, missed_cut, same=False)

    @property
    def _heard(self) -> int:
        """Samples listened to."""
        return len(self.speech.probabilities) * 512

    def _listen(self, count: int) -> list[Settled]:
        """Listen to the next `count` samples: whole blocks."""
        some = self._samples[self._heard : self._heard + count] * self._gain
        found: list[Settled] = []
        for start in range(0, some.size, _BLOCK):
            found += self.speech.feed(self._model.feed(some[start : start + _BLOCK]).tolist())
        return found

    def _new_seconds(self) -> bool:
        """Note the level of each second that is complete; False where none is."""
        before = len(self._peaks)
        last = min(self._heard, self._samples.size) // RATE_HZ
        self._peaks.extend(second_peaks(self._samples, before, last).tolist())
        self._note_voices(before)
        return len(self._peaks) > before

    def _note_voices(self, first: int) -> None:
        """Note which of the seconds from `first` on have a voice in them."""
        per_second = RATE_HZ / 512
        for k in range(first, len(self._peaks)):
            windows = self.speech.probabilities[round(k * per_second) : round((k + 1) * per_second)]
            if sum(p >= ON for p in windows) >= _VOICED_FRAMES:
                self._voiced.append(self._peaks[k])
        del self._voiced[:-_RECENT_S]

    def _turn(self) -> bool:
        """Choose another gain where that is needed; True if so."""
        import numpy as np

        seconds = len(self._peaks)
        if seconds < _PATIENCE_S:
            return False
        if len(self._voiced) >= _VOICED_S:
            gain = gain_for(np.array(self._voiced, np.float32))
        elif seconds >= self._next_trial:
            self._next_trial = seconds + _PATIENCE_S
            gain = self._tried()
        else:
            return False
        if 1 / _CHANGE < gain / self._gain < _CHANGE:
            return False
        self._gain = gain
        self._gains.add(float(gain))
        return True

    def _tried(self) -> np.float32:
        """The gain with which somebody is heard in the last seconds; the present one where nobody is."""
        import numpy as np

        gain = gain_for(np.array(self._peaks[-_TRIAL_S:], np.float32))
        if gain == self._gain or gain == 1:
            return self._gain
        start = max(0, self._heard - _TRIAL_S * RATE_HZ) // 512 * 512
        heard = VoiceActivity().feed(self._samples[start : self._heard] * gain)
        voiced = int(np.count_nonzero(heard >= ON))
        return gain if voiced * FRAME_S >= _VOICED_S * 0.75 else self._gain

    def _again(self) -> list[Settled]:
        """Listen to the last minute once more with the new gain, unless some of it is settled."""
        if self.speech.settled:
            return []
        old, until = self.speech.probabilities, self._heard
        start = max(0, until - _REDO_S * RATE_HZ) // _BLOCK * _BLOCK
        self.speech = GrowingSpeech(max_s=self._max_s, pad_s=self._pad_s)
        found = self.speech.feed(old[: start // 512])
        self._model = VoiceActivity()
        if not start:
            self._gains = {float(self._gain)}
        found += self._listen(until - start)
        self._voiced = []
        self._note_voices(start // RATE_HZ)
        return found


def outside(spans: Sequence[Span], pieces: Sequence[Span], least_s: float = 0.0) -> tuple[Span, ...]:
    """The parts of `spans` that lie in none of `pieces` and are longer than `least_s`; both in time order."""
    edges = [0.0, *(t for piece in pieces for t in (piece.start_s, piece.end_s)), math.inf]
    gaps = [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    found: list[Span] = []
    first = 0
    for span in spans:
        while gaps[first].end_s <= span.start_s:
            first += 1
        for gap in gaps[first:]:
            if gap.start_s >= span.end_s:
                break
            part = Span(max(span.start_s, gap.start_s), min(span.end_s, gap.end_s))
            if part.duration_s > least_s:
                found.append(part)
    return tuple(found)
