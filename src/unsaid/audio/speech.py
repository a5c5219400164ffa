"""Where somebody speaks, and where nobody does: from the sound itself, not from word times.

Whisper's word times swallow pauses by seconds. So pauses are measured here, by the Silero voice activity
model that faster-whisper brings along. It runs once; pauses (true edges) and the stretches that are
transcribed (padded edges) come from the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

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

ON, OFF = 0.5, 0.35
"""Speech begins at a probability of `ON` and lasts until one below `OFF`: Silero's own defaults."""

GAP_FRAMES = 4
"""A dip shorter than this (128 ms) lies within a word (a plosive's closure) and is no gap."""

_BLIP_FRAMES, _BLIP_PEAK = 8, 0.75
"""Shorter than 256 ms and never surer than this is a breath or a click. Measured on a noisy real recording:
breaths reach 0.56, the shortest words 0.88."""

_LATE_S = 0.024
"""Both kinds of edge come this much late, in the mean, against known ones (four synthesised recordings and a
real one, 276 edges)."""

BLOCK_FRAMES = 6
"""Windows given to the model at once (0.192 s). A live recording is heard in the same blocks as a finished
one, so that both give the very same probabilities; larger blocks would hardly be faster."""

_READ_S = 60
"""Seconds of sound taken from a file at once: memory stays flat however long the recording is."""

_QUIET, _LOUD = 0.1, 0.5
"""A recording whose loud seconds peak below the first (-20 dBFS) is brought up to the second."""

_CONTEXT = 64
"""Samples of the window before that the model wants to see in front of each window."""

_LONG_S = 6.0
"""In speech longer than this without a gap the quietest moments are kept, for cutting."""

DIP_FRAMES = round(1 / FRAME_S)
"""One such moment is kept of so many windows: of a second."""


class Samples(Protocol):
    """Sound, 16 kHz mono float32, of which parts can be taken: an array, or a file that is read in parts."""

    @property
    def size(self) -> int:
        """Number of samples."""

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]:
        """The samples of `part`, shape [n]."""


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
        import onnxruntime
        from faster_whisper.vad import get_vad_model

        # Windows; elsewhere the environment variable that the package sets does it.
        onnxruntime.disable_telemetry_events()
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


def speech_probabilities(samples: Samples) -> npt.NDArray[np.float32]:
    """Probability of speech in each 32 ms of `samples` ([n], float32, 16 kHz mono); the last window is
    padded."""
    import numpy as np

    model = VoiceActivity()
    gain = gain_for(second_peaks(samples))
    block = BLOCK_FRAMES * 512
    parts = []
    for start in range(0, samples.size, block * 300):
        some = samples[start : start + block * 300] * gain
        some = np.pad(some, (0, -some.size % 512))
        parts += [model.feed(some[i : i + block]) for i in range(0, some.size, block)]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def second_peaks(samples: Samples, first: int = 0, last: int | None = None) -> npt.NDArray[np.float32]:
    """Highest absolute sample in each whole second of `samples`, of those from `first` up to `last`."""
    import numpy as np

    parts = [np.zeros(0, np.float32)]
    end = samples.size // RATE_HZ if last is None else last
    for start in range(first, end, _READ_S):
        second = samples[start * RATE_HZ : min(start + _READ_S, end) * RATE_HZ].reshape(-1, RATE_HZ)
        parts.append(np.maximum(second.max(axis=1), -second.min(axis=1)))
    return np.concatenate(parts)


def gain_for(peaks: npt.NDArray[np.float32]) -> np.float32:
    """What brings a quiet recording with these `second_peaks` up to a level that the model knows; 1 for one
    that is loud enough.

    Measured on a real noisy voice: turned down by 20 dB its pauses were off by up to 0.6 s, by 30 dB 1.4 s.
    """
    import numpy as np

    if not peaks.size:
        return np.float32(1)
    # Not the highest peak: that may be a door.
    level = float(np.percentile(peaks, 90))
    return np.float32(min(_LOUD / level, 1000.0) if 0 < level < _QUIET else 1)


def find_speech(samples: Samples) -> Speech:
    """Find speech and pauses in `samples` ([n], float32, 16 kHz mono). Linear in time, memory bounded."""
    duration_s = samples.size / RATE_HZ
    return speech_from_probabilities(speech_probabilities(samples), duration_s)


def speech_from_probabilities(probabilities: npt.NDArray[np.float32], duration_s: float) -> Speech:
    """Spans and pauses from the probabilities of 32 ms windows: the pure half of `find_speech`."""
    runs = _runs(probabilities)
    spans = tuple(span_of(a, b, duration_s) for a, b in runs)
    dips: list[tuple[float, float]] = []
    for a, b in runs:
        if is_long(b - a):
            dips += dips_within(probabilities[a:b], a)
    return Speech(spans, pauses_between(spans, duration_s), duration_s, tuple(dips))


def is_long(frames: int) -> bool:
    """True for speech so long that its dips are kept."""
    return frames * FRAME_S > _LONG_S


def dips_within(probabilities: npt.NDArray[np.float32], first: int) -> list[tuple[float, float]]:
    """The least voiced window of each `DIP_FRAMES`, as in `Speech.dips`; `first` is the first window's
    number."""
    dips = []
    for start in range(0, len(probabilities), DIP_FRAMES):
        lowest = start + int(probabilities[start : start + DIP_FRAMES].argmin())
        dips.append(((first + lowest + 0.5) * FRAME_S, float(probabilities[lowest])))
    return dips


def pauses_between(spans: Sequence[Span], duration_s: float) -> tuple[Pause, ...]:
    """The silences of `PAUSE_S` or more around and between `spans` (in time order)."""
    edges = [0.0, *(t for span in spans for t in (span.start_s, span.end_s)), duration_s]
    return tuple(Pause(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= PAUSE_S)


def span_of(first: int, last: int, duration_s: float) -> Span:
    """The time of the windows `first` to `last`, edges corrected; an edge of the recording stays one."""
    start_s = max(0.0, first * FRAME_S - _LATE_S)
    end_s = last * FRAME_S
    return Span(start_s, duration_s if end_s >= duration_s else end_s - _LATE_S)


def _runs(probabilities: npt.NDArray[np.float32]) -> list[tuple[int, int]]:
    """Half-open runs of speech windows: hysteresis, then blips dropped, then short dips closed."""
    found: list[tuple[int, int]] = []
    start = -1
    for i, p in enumerate([*probabilities.tolist(), 0.0]):
        if start >= 0 and p < OFF:
            if is_speech(i - start, float(probabilities[start:i].max())):
                found.append((start, i))
            start = -1
        elif start < 0 and p >= ON:
            start = i
    runs: list[tuple[int, int]] = []
    for a, b in found:
        if runs and a - runs[-1][1] < GAP_FRAMES:
            runs[-1] = (runs[-1][0], b)
        else:
            runs.append((a, b))
    return runs


def is_speech(frames: int, peak: float) -> bool:
    """False for a sound that is too short and too doubtful to be a word."""
    return frames >= _BLIP_FRAMES or peak >= _BLIP_PEAK


_SQUEEZE_OVER_S, _KEEP_S = 1.5, 0.5
"""Of a silence longer than the first the recogniser hears only this much on either side. Silence costs time
and invites invented text; a second of it is still heard as the end of a sentence. With 0.6 s kept of those
over 1 s the sample model got 2 % more words wrong."""


_SCRAP_S = 0.25
"""Less speech than this after a place where an earlier run ended belongs to the word that it has heard."""


def stretches(
    speech: Speech, *, max_s: float, pad_s: float = 0.15, merge: bool = True, from_s: float = 0.0
) -> tuple[Stretch, ...]:
    """Cut the recording into stretches of at most `max_s` of heard sound, at pauses, with `pad_s` kept
    around each. What comes before `from_s` is left out, and so is the last sound of a word that ends there.

    Neighbouring speech is merged while it fits, and the cut is made at the longest silence in the last part
    of what would fit; without `merge` every pause cuts. Speech that runs on for longer than `max_s` is cut
    where it is least voiced. Depends on nothing but its arguments, so a later run cuts at the same places;
    and from left to right, so all but the last stretch of the sound so far stand, whatever comes after.
    """
    room_s = max_s - 2 * pad_s
    units = [
        unit
        for span in speech.spans
        if span.end_s > from_s + (_SCRAP_S if span.start_s < from_s else 0.0)
        for unit in cut_long(Span(max(span.start_s, from_s), span.end_s), speech.dips, room_s)
    ]
    found: list[Stretch] = []
    first = 0
    while first < len(units):
        last, _ = last_of_stretch(units, first, room_s, merge)
        before = units[first - 1].end_s if first else from_s
        after = units[last + 1].start_s if last + 1 < len(units) else None
        found.append(
            stretch_of(
                units[first : last + 1], before, after, speech.duration_s, is_first=not first, pad_s=pad_s
            )
        )
        first = last + 1
    return tuple(found)


def stretch_of(
    units: Sequence[Span],
    before_s: float,
    after_s: float | None,
    duration_s: float,
    *,
    is_first: bool,
    pad_s: float,
) -> Stretch:
    """The stretch that holds `units`, between speech that ends at `before_s` and begins at `after_s` (None:
    none follows before `duration_s`)."""
    # Halfway to a neighbouring stretch at most: no sound is heard twice.
    share = 1.0 if is_first else 2.0
    start_s = units[0].start_s - min(pad_s, (units[0].start_s - before_s) / share)
    if after_s is None:
        end_s = units[-1].end_s + min(pad_s, duration_s - units[-1].end_s)
    else:
        end_s = units[-1].end_s + min(pad_s, (after_s - units[-1].end_s) / 2)
    return Stretch(start_s, end_s, _pieces(units, start_s, end_s))


def cut_long(span: Span, dips: Sequence[tuple[float, float]], max_s: float) -> list[Span]:
    """`span`, cut at its least voiced moments where it is longer than `max_s`."""
    units: list[Span] = []
    start_s = span.start_s
    while span.end_s - start_s > max_s:
        cut_s = cut_place(start_s, dips, max_s)
        units.append(Span(start_s, cut_s))
        start_s = cut_s
    units.append(Span(start_s, span.end_s))
    return units


def cut_place(start_s: float, dips: Sequence[tuple[float, float]], max_s: float) -> float:
    """Where speech that goes on for longer than `max_s` from `start_s` is cut."""
    inside = [d for d in dips if start_s + max_s / 2 < d[0] < start_s + max_s]
    return min(inside, key=lambda d: (d[1], d[0]))[0] if inside else start_s + max_s


def _squeezed(gap_s: float) -> float:
    """What is heard of a silence of `gap_s` within a stretch."""
    return gap_s if gap_s <= _SQUEEZE_OVER_S else 2 * _KEEP_S


def last_of_stretch(units: Sequence[Span], first: int, max_s: float, merge: bool) -> tuple[int, bool]:
    """Index of the last unit of the stretch that begins with unit `first`, and whether what follows is
    known to leave it so; longer last units would change nothing then."""
    heard_s = units[first].duration_s
    cuts: list[tuple[float, float, int]] = []  # gap after the unit, heard until there, its index
    last = first
    while last + 1 < len(units):
        gap_s = units[last + 1].start_s - units[last].end_s
        if not merge and gap_s >= PAUSE_S:
            return last, True
        cuts.append((gap_s, heard_s, last))
        heard_s += _squeezed(gap_s) + units[last + 1].duration_s
        if heard_s > max_s:
            break
        last += 1
    else:
        return last, False
    for filled, least_s in ((0.7, PAUSE_S), (0.4, PAUSE_S), (0.0, 0.0)):
        good = [c for c in cuts if c[1] >= filled * max_s and c[0] >= least_s]
        if good:
            # Any pause of 2 s is as good as a longer one: then the later cut makes the fuller stretch.
            return max(good, key=lambda c: (min(c[0], 2.0), c[2]))[2], True
    return last, True


def _pieces(units: Sequence[Span], start_s: float, end_s: float) -> tuple[Span, ...]:
    """What is heard of the stretch from `start_s` to `end_s`: everything but the insides of long silences."""
    pieces: list[Span] = []
    for unit, following in pairwise(units):
        if following.start_s - unit.end_s > _SQUEEZE_OVER_S:
            pieces.append(Span(start_s, unit.end_s + _KEEP_S))
            start_s = following.start_s - _KEEP_S
    return (*pieces, Span(start_s, end_s))
