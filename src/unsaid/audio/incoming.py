"""What is done with sound as it comes from a microphone: keep time, measure the level, make it 16 kHz mono.

No threads, no files, no device: `capture` feeds these with what PortAudio delivers.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

from unsaid.audio.files import RATE_HZ

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FLOOR_DBFS = -120.0
"""Stands for digital silence, which has no level (one bit of 16 is at -90)."""

FULL_SCALE = 32_767
CLIPPED_RUN = 3
"""So many samples in a row at full scale are clipped; one or two may be a true peak."""


class SampleClock:
    """Compares frames delivered with the time that has passed.

    A block cannot arrive before its last frame was heard, so `arrived - frames / rate` is never below the
    moment the microphone began (in its own time); mostly it lies a few milliseconds above. When it comes to
    lie higher for good, sound was lost; when it creeps, the microphone's clock is merely not ours.
    """

    WINDOW_S = 2.0
    """How long a block may be late before it counts as lost."""
    SETTLE_S = 0.25
    """How long after a standstill what was held back may still be coming."""
    JUMP_S = 0.05
    """Less than this is jitter."""
    DRIFT = 0.0005
    """A real clock's error, with room: quartz is right to 0.0001."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.frames = 0
        """Frames delivered so far."""
        self.lost_s = 0.0
        """Sound that never came, in seconds, counted while `block` was told to."""
        self._began_s: float | None = None
        self._last_s = self._resumed_s = self._counted_s = -math.inf
        self._offsets: deque[tuple[float, float]] = deque()

    def block(self, arrived_s: float, frames: int, *, counting: bool = True) -> None:
        """Take note of `frames` that arrived at `arrived_s` (any clock that also runs while we sleep)."""
        self.frames += frames
        length_s = frames / self.rate_hz
        offset_s = arrived_s - self.frames / self.rate_hz
        if self._began_s is None:
            self._began_s, self._last_s = offset_s, arrived_s
        gap_s = arrived_s - self._last_s
        self._last_s = arrived_s
        if gap_s > self.SETTLE_S + 2 * length_s:
            self._resumed_s = arrived_s
        window = self._offsets
        while window and window[-1][1] >= offset_s:
            window.pop()
        window.append((arrived_s, offset_s))
        while window[0][0] < arrived_s - self.WINDOW_S:
            window.popleft()
        if offset_s < self._began_s:
            gained_s = self._began_s - offset_s
            self._began_s = offset_s
            # Blocks in quick succession were late, not lost: take back what was counted too early.
            if gained_s > 0.5 * length_s or arrived_s - self._counted_s < self.WINDOW_S:
                self.lost_s = max(0.0, self.lost_s - gained_s)
            return
        if gap_s < 0.5 * length_s or arrived_s - self._resumed_s < self.SETTLE_S:
            return  # in the middle of a backlog: what is missing is still on its way
        least_s = window[0][1]
        late_s = least_s - self._began_s
        if late_s > self.JUMP_S:
            if counting:
                self.lost_s += late_s
                self._counted_s = arrived_s
            self._began_s = least_s
            window.clear()
        elif late_s > 0:
            self._began_s += min(late_s, self.DRIFT * gap_s)

    def frame_at(self, time_s: float) -> int:
        """How many frames had been heard at `time_s`, delivered or not; 0 before the first block."""
        return 0 if self._began_s is None else max(0, round((time_s - self._began_s) * self.rate_hz))


class Meter:
    """Peak, mean and clipping of what passed since one last asked."""

    def __init__(self) -> None:
        self.clipped = 0
        """Samples in runs at full scale, counted while `feed` was told to."""
        self._runs: list[int] = []
        self._peak = self._n = 0
        self._squares = 0.0

    def feed(self, samples: npt.NDArray[np.int16], *, counting: bool = True) -> None:
        """Measure `samples`: shape [frames, channels], int16, in the order they came."""
        import numpy as np

        if not samples.size:
            return
        high, low = int(samples.max()), int(samples.min())
        self._peak = max(self._peak, high, -low)
        flat = samples.astype(np.float64).ravel()
        self._squares += float(flat @ flat)
        self._n += samples.size
        if not self._runs:
            self._runs = [0] * samples.shape[1]
        if high < FULL_SCALE and low > -FULL_SCALE:
            self._runs = [0] * samples.shape[1]
            return
        for channel in range(samples.shape[1]):
            full = np.abs(samples[:, channel].astype(np.int32)) >= FULL_SCALE
            found, self._runs[channel] = _clipped(full, self._runs[channel])
            if counting:
                self.clipped += found

    def take(self) -> tuple[float, float]:
        """Peak and root mean square since the last call, in dBFS, not below `FLOOR_DBFS`."""
        peak, mean = self._peak / 32768.0, self._squares / max(1, self._n) / 32768.0**2
        self._peak = self._n = 0
        self._squares = 0.0
        return (
            max(FLOOR_DBFS, 20 * math.log10(peak)) if peak else FLOOR_DBFS,
            max(FLOOR_DBFS, 10 * math.log10(mean)) if mean else FLOOR_DBFS,
        )


def _clipped(full: npt.NDArray[np.bool_], before: int) -> tuple[int, int]:
    """Newly counted samples and the length of the run that is still open, after a run of `before`."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate(([False], full, [False])).astype(np.int8)))
    counted = open_run = 0
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        earlier = before if start == 0 else 0
        run = earlier + end - start
        if run >= CLIPPED_RUN:
            counted += run - (earlier if earlier >= CLIPPED_RUN else 0)
        if end == full.size:
            open_run = run
    return counted, open_run


class Converter:
    """Any rate and number of channels to 16 kHz mono, as a stream; what already is so passes untouched."""

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._resampler: Any = None

    def convert(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        """Shape [frames, channels] at the device's rate to shape [n] at 16 kHz. The last fraction of a
        millisecond is kept back until more comes or `flush`."""
        import numpy as np

        mono: npt.NDArray[np.int16]
        if samples.shape[1] == 1:
            mono = samples[:, 0]
        else:
            mono = np.rint(samples.mean(axis=1)).astype(np.int16)
        if self._rate_hz == RATE_HZ or not mono.size:
            return mono
        import av

        if self._resampler is None:
            self._resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(mono)[np.newaxis], format="s16", layout="mono"
        )
        frame.sample_rate = self._rate_hz
        frame.pts = None
        return self._resampled(frame)

    def flush(self) -> npt.NDArray[np.int16]:
        """What was kept back, shape [n]; the next `convert` begins anew."""
        import numpy as np

        if self._resampler is None:
            return np.zeros(0, np.int16)
        rest = self._resampled(None)
        self._resampler = None
        return rest

    def _resampled(self, frame: Any) -> npt.NDArray[np.int16]:
        import numpy as np

        parts = [out.to_ndarray()[0] for out in self._resampler.resample(frame)]
        whole: npt.NDArray[np.int16] = np.concatenate(parts) if parts else np.zeros(0, np.int16)
        return whole
