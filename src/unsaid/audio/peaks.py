"""The outline of a recording, for drawing it."""

from __future__ import annotations

from unsaid.audio.speech import Samples

_READ = 1_000_000
"""Samples taken at once: memory stays flat however long the recording is."""


def peaks(samples: Samples, buckets: int = 1200) -> list[float]:
    """Highest absolute sample in each of `buckets` equal parts of `samples` ([n], float32), 0 to 1.

    Linear, not in dB, rounded to three places. A recording shorter than `buckets` samples gives fewer parts.
    """
    import numpy as np

    buckets = min(buckets, samples.size)
    if buckets < 1:
        return []
    starts = np.arange(buckets, dtype=np.int64) * samples.size // buckets
    outline: list[float] = []
    group = max(1, _READ * buckets // samples.size)
    for first in range(0, buckets, group):
        some = starts[first : first + group]
        end = int(starts[first + group]) if first + group < buckets else samples.size
        part = samples[int(some[0]) : end]
        high = np.maximum.reduceat(part, some - some[0])
        low = np.minimum.reduceat(part, some - some[0])
        outline += [round(float(x), 3) for x in np.clip(np.maximum(high, -low), 0.0, 1.0)]
    return outline
