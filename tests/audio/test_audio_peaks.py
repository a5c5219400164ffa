"""The outline of a recording."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from unsaid.audio.peaks import peaks


@given(
    arrays(np.float32, st.integers(1, 3000), elements=st.floats(-1, 1, width=32)),
    st.integers(1, 1500),
)
def test_each_bucket_holds_its_highest_sample(samples, buckets):
    outline = peaks(samples, buckets)
    assert len(outline) == min(buckets, samples.size)
    assert all(0 <= x <= 1 for x in outline)
    assert max(outline) == round(float(np.abs(samples).max()), 3)


def test_a_click_shows_where_it_is():
    samples = np.zeros(16_000, np.float32)
    samples[12_000] = -0.5
    outline = peaks(samples, 100)
    assert outline[75] == 0.5
    assert sum(outline) == 0.5


def test_no_sound_gives_no_outline():
    assert peaks(np.zeros(0, np.float32)) == []
