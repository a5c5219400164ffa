"""Where somebody speaks, and where nobody does: from the sound itself, not from word times.

Whisper's word times swallow pauses by seconds. So pauses are measured here, by the Silero voice activity
model that faster-whisper brings along. It runs once; pauses (true edges) and the stretches that are
transcribed (padded edges) come from the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from unsaid.audio.files import RATE_HZ
from unsaid.model import Pause, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

PAUSE_S = 0.3
"""A silence shorter than this belongs to the flow of speech and is no pause."""

FRAME_S = 512 / RATE_HZ
"""Silero answers for windows of 512 samples (32 ms)."""

_ON, _OFF = 0.5, 0.35
"""Speech begins at a probability of `_ON` and lasts until one below `_OFF`: Silero's own defaults."""

_GAP_FRAMES = 4
"""A dip shorter than this (128 ms) lies within a word (a plosive's closure) and is no gap."""

_BLIP_FRAMES, _BLIP_PEAK = 8, 0.75
"""Shorter than 256 ms and never surer than this is a breath or a click. Measured on a noisy real recording:
breaths reach 0.56, the shortest words 0.88."""

_LATE_S = 0.024
"""Both kinds of edge come this much late, in the mean, against known ones (four synthesised recordings and a
real one, 276 edges)."""

_BLOCK_FRAMES = 30 * 60
"""Windows given to the model at once (57.6 s): memory stays flat however long the recording is."""

_QUIET, _LOUD = 0.1, 0.5
"""A recording whose loud seconds peak below the first (-20 dBFS) is brought up to the second."""

_CONTEXT = 64
"""Samples of the window before that the model wants to see in front of each window."""

_LONG_S = 6.0
"""In speech longer than this without a gap the quietest moments are kept, for cutting."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Who spoke when: the result of one run of voice activity detection."""

    spans: tuple[Span, ...]
    """Stretches of speech between gaps of 0.13 s or more, in time order; empty where nobody was heard."""
    pauses: tuple[Pause, ...]
    """Silences of `PAUSE_S` or more, the leading and the trailing one included, in time order."""
    duration_s: float
    """Length of the whole recording."""
    dips: tuple[tuple[float, float], ...] = ()
    """Where to cut speech that runs on for long without a gap: the time of the least voiced window in each
    second of it, and that window's probability of speech."""

    @property
    def speaking_s(self) -> float:
        """Seconds outside the pauses."""
        return self.duration_s - sum(p.duration_s for p in self.pauses)


@dataclass(frozen=True, slots=True)
class Stretch(Span):
    """A piece of the recording that is transcribed in one go, from pause to pause."""

    pieces: tuple[Span, ...] = ()
    """The parts of it that are heard, in time order: long silences inside are left out."""

    @property
    def heard_s(self) -> float:
        """Seconds of sound that the recogniser gets."""
        return sum(p.duration_s for p in self.pieces)


class VoiceActivity:
    """The Silero model, fed piece by piece; the same sound gives the same answer however it is cut."""

    def __init__(self) -> None:
        import numpy as np
        from faster_whisper.vad import get_vad_model

        self._session = get_vad_model().session
        self._state = [np.zeros((1, 1, 128), np.float32) for _ in "hc"]
        self._before = np.zeros(_CONTEXT, np.float32)

    def feed(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Probability of speech in each window of 512 samples; `samples` must be whole windows."""
        import numpy as np

        windows = samples.reshape(-1, 512)
        if not len(windows):
            return np.zeros(0, np.float32)
        tails = np.concatenate([self._before[np.newaxis], windows[:-1, -_CONTEXT:]])
        self._before = windows[-1, -_CONTEXT:].copy()
        given = {"input": np.concatenate([tails, windows], axis=1), "h": self._state[0], "c": self._state[1]}
        out: tuple[Any, Any, Any] = tuple(self._session.run(None, given))
        self._state = [out[1], out[2]]
        result: npt.NDArray[np.float32] = out[0].reshape(-1)
        return result


def speech_probabilities(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probability of speech in each 32 ms of `samples` ([n], float32, 16 kHz mono); the last window is
    padded."""
    import numpy as np

    model = VoiceActivity()
    gain = _gain(samples)
    block = _BLOCK_FRAMES * 512
    parts = []
    for start in range(0, samples.size, block):
        piece = samples[start : start + block] * gain
        parts.append(model.feed(np.pad(piece, (0, -piece.size % 512))))
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _gain(samples: npt.NDArray[np.float32]) -> np.float32:
    """What brings a quiet recording up to a level that the model knows; 1 for one that is loud enough.

    Measured on a real noisy voice: turned down by 20 dB its pauses were off by up to 0.6 s, by 30 dB 1.4 s.
    """
    import numpy as np

    second = samples[: samples.size // RATE_HZ * RATE_HZ].reshape(-1, RATE_HZ)
    if not second.size:
        return np.float32(1)
    # Not the highest peak: that may be a door.
    level = float(np.percentile(np.maximum(second.max(axis=1), -second.min(axis=1)), 90))
    return np.float32(min(_LOUD / level, 1000.0) if 0 < level < _QUIET else 1)


def find_speech(samples: npt.NDArray[np.float32]) -> Speech:
    """Find speech and pauses in `samples` ([n], float32, 16 kHz mono). Linear in time, memory bounded."""
    duration_s = samples.size / RATE_HZ
    return speech_from_probabilities(speech_probabilities(samples), duration_s)


def speech_from_probabilities(probabilities: npt.NDArray[np.float32], duration_s: float) -> Speech:
    """Spans and pauses from the probabilities of 32 ms windows: the pure half of `find_speech`."""
    runs = _runs(probabilities)
    spans = tuple(_span(a, b, duration_s) for a, b in runs)
    dips: list[tuple[float, float]] = []
    for a, b in runs:
        if (b - a) * FRAME_S > _LONG_S:
            second = round(1 / FRAME_S)
            for start in range(a, b, second):
                lowest = start + int(probabilities[start : min(start + second, b)].argmin())
                dips.append(((lowest + 0.5) * FRAME_S, float(probabilities[lowest])))
    return Speech(spans, pauses_between(spans, duration_s), duration_s, tuple(dips))


def pauses_between(spans: Sequence[Span], duration_s: float) -> tuple[Pause, ...]:
    """The silences of `PAUSE_S` or more around and between `spans` (in time order)."""
    edges = [0.0, *(t for span in spans for t in (span.start_s, span.end_s)), duration_s]
    return tuple(Pause(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= PAUSE_S)


def _span(first: int, last: int, duration_s: float) -> Span:
    """The time of the windows `first` to `last`, edges corrected; an edge of the recording stays one."""
    start_s = max(0.0, first * FRAME_S - _LATE_S)
    end_s = last * FRAME_S
    return Span(start_s, duration_s if end_s >= duration_s else end_s - _LATE_S)


def _runs(probabilities: npt.NDArray[np.float32]) -> list[tuple[int, int]]:
    """Half-open runs of speech windows: hysteresis, then blips dropped, then short dips closed."""
    found: list[tuple[int, int]] = []
    start = -1
    for i, p in enumerate([*probabilities.tolist(), 0.0]):
        if start >= 0 and p < _OFF:
            if i - start >= _BLIP_FRAMES or float(probabilities[start:i].max()) >= _BLIP_PEAK:
                found.append((start, i))
            start = -1
        elif start < 0 and p >= _ON:
            start = i
    runs: list[tuple[int, int]] = []
    for a, b in found:
        if runs and a - runs[-1][1] < _GAP_FRAMES:
            runs[-1] = (runs[-1][0], b)
        else:
            runs.append((a, b))
    return runs


_SQUEEZE_OVER_S, _KEEP_S = 1.5, 0.5
"""Of a silence longer than the first the recogniser hears only this much on either side. Silence costs time
and invites invented text; a second of it is still heard as the end of a sentence. With 0.6 s kept of those
over 1 s the sample model got 2 % more words wrong."""


def stretches(
    speech: Speech, *, max_s: float, pad_s: float = 0.15, merge: bool = True
) -> tuple[Stretch, ...]:
    """Cut the recording into stretches of at most `max_s` of heard sound, at pauses, with `pad_s` kept
    around each.

    Neighbouring speech is merged while it fits, and the cut is made at the longest silence in the last part
    of what would fit; without `merge` every pause cuts. Speech that runs on for longer than `max_s` is cut
    where it is least voiced. Depends on nothing but its arguments, so a later run cuts at the same places.
    """
    units = _units(speech, max_s - 2 * pad_s)
    found: list[Stretch] = []
    first = 0
    while first < len(units):
        last = _last_of_stretch(units, first, max_s - 2 * pad_s, merge)
        before = units[first - 1].end_s if first else 0.0
        after = units[last + 1].start_s if last + 1 < len(units) else speech.duration_s
        # Halfway to a neighbouring stretch at most: no sound is heard twice.
        share = 2.0 if first else 1.0
        start_s = units[first].start_s - min(pad_s, (units[first].start_s - before) / share)
        share = 2.0 if last + 1 < len(units) else 1.0
        end_s = units[last].end_s + min(pad_s, (after - units[last].end_s) / share)
        found.append(Stretch(start_s, end_s, _pieces(units[first : last + 1], start_s, end_s)))
        first = last + 1
    return tuple(found)


def _units(speech: Speech, max_s: float) -> list[Span]:
    """The spans, those longer than `max_s` cut at their least voiced moments."""
    units: list[Span] = []
    for span in speech.spans:
        start_s = span.start_s
        while span.end_s - start_s > max_s:
            inside = [d for d in speech.dips if start_s + max_s / 2 < d[0] < start_s + max_s]
            cut_s = min(inside, key=lambda d: (d[1], d[0]))[0] if inside else start_s + max_s
            units.append(Span(start_s, cut_s))
            start_s = cut_s
        units.append(Span(start_s, span.end_s))
    return units


def _squeezed(gap_s: float) -> float:
    """What is heard of a silence of `gap_s` within a stretch."""
    return gap_s if gap_s <= _SQUEEZE_OVER_S else 2 * _KEEP_S


def _last_of_stretch(units: list[Span], first: int, max_s: float, merge: bool) -> int:
    """Index of the last unit of the stretch that begins with unit `first`."""
    heard_s = units[first].duration_s
    cuts: list[tuple[float, float, int]] = []  # gap after the unit, heard until there, its index
    last = first
    while last + 1 < len(units):
        gap_s = units[last + 1].start_s - units[last].end_s
        if not merge and gap_s >= PAUSE_S:
            return last
        cuts.append((gap_s, heard_s, last))
        heard_s += _squeezed(gap_s) + units[last + 1].duration_s
        if heard_s > max_s:
            break
        last += 1
    else:
        return last
    for filled, least_s in ((0.7, PAUSE_S), (0.4, PAUSE_S), (0.0, 0.0)):
        good = [c for c in cuts if c[1] >= filled * max_s and c[0] >= least_s]
        if good:
            # Any pause of 2 s is as good as a longer one: then the later cut makes the fuller stretch.
            return max(good, key=lambda c: (min(c[0], 2.0), c[2]))[2]
    return last


def _pieces(units: list[Span], start_s: float, end_s: float) -> tuple[Span, ...]:
    """What is heard of the stretch from `start_s` to `end_s`: everything but the insides of long silences."""
    pieces: list[Span] = []
    for unit, following in pairwise(units):
        if following.start_s - unit.end_s > _SQUEEZE_OVER_S:
            pieces.append(Span(start_s, unit.end_s + _KEEP_S))
            start_s = following.start_s - _KEEP_S
    return (*pieces, Span(start_s, end_s))
