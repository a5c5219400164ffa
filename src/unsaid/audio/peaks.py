"""The outline of a recording, for drawing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def peaks(samples: npt.NDArray[np.float32], buckets: int = 1200) -> list[float]:
    """Highest absolute sample in each of `buckets` equal parts of `samples` ([n], float32), 0 to 1.

    Linear, not in dB, rounded to three places. A recording shorter than `buckets` samples gives fewer parts.
    """
    import numpy as np

    buckets = min(buckets, samples.size)
    if buckets < 1:
        return []
    starts = np.arange(buckets, dtype=np.int64) * samples.size // buckets
    high = np.maximum.reduceat(samples, starts)
    low = np.minimum.reduceat(samples, starts)
    outline = np.clip(np.maximum(high, -low), 0.0, 1.0)
    return [round(float(x), 3) for x in outline]
