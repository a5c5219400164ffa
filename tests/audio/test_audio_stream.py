"""Voice activity of a recording that is being made: the same answers as for the finished file."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsaid.audio.files import decode
from unsaid.audio.peaks import peaks
from unsaid.audio.speech import FRAME_S, Stretch, find_speech, speech_from_probabilities, stretches
from unsaid.audio.stream import Ending, GrowingSpeech, Settled, SpeechStream, Take

RATE = 16_000
SAMPLE = Path(__file__).parents[2] / "sessions" / "sample" / "answer.flac"
CUT = {"max_s": 14.0, "pad_s": 0.2}


@pytest.fixture(scope="module")
def answer() -> np.ndarray:
    return decode(SAMPLE).samples


class Growing:
    """Sound of which only the first `size` samples are there yet."""

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples
        self.size = 0

    def __getitem__(self, part: slice) -> np.ndarray:
        start, stop, _ = part.indices(self.size)
        return self.samples[start:stop]


def listen(samples: np.ndarray, step: int = 1601) -> tuple[list[Settled], Ending, SpeechStream]:
    """Let the sound grow by `step` samples at a time, up to its end."""
    growing = Growing(samples)
    stream = SpeechStream(growing, **CUT)
    found: list[Settled] = []
    while growing.size < samples.size:
        growing.size = min(growing.size + step, samples.size)
        found += stream.hear()
    more, ending = stream.finish()
    return found + more, ending, stream


def bits(samples: np.ndarray) -> np.ndarray:
    """As a recording holds them."""
    return (np.rint(samples * 32768) / 32768).astype(np.float32)


KINDS = {
    "speech": (0.5, 1.0, 200),
    "silence": (0.0, 0.3, 400),
    "breath": (0.5, 0.8, 9),
    "noise": (0.0, 1.0, 100),
    "speech without a gap": (0.36, 1.0, 3000),
}
"""Least and highest probability, and the most windows, of what may be heard."""


@st.composite
def conversations(draw) -> list[float]:
    """What the model might say of somebody who speaks, waits and breathes."""
    part = st.tuples(st.sampled_from(sorted(KINDS)), st.floats(0, 1))
    random = np.random.default_rng(draw(st.integers(0, 1000)))
    rows = []
    for kind, share in draw(st.lists(part, min_size=1, max_size=40)):
        low, high, most = KINDS[kind]
        rows.append(random.uniform(low, high, 1 + round(share * (most - 1))))
    return np.concatenate(rows).astype(np.float32).tolist()


@given(
    conversations(),
    st.lists(st.integers(1, 400), min_size=1, max_size=20),
    st.integers(0, 511),
    st.sampled_from([(14.0, 0.2), (29.0, 0.2), (5.0, 0.15), (8.0, 0.0)]),
)
@settings(deadline=None, max_examples=300)
def test_stretches_of_the_sound_so_far_are_those_of_the_whole(rows, steps, short, cut):
    max_s, pad_s = cut
    duration_s = (len(rows) * 512 - short) / RATE
    speech = speech_from_probabilities(np.array(rows, np.float32), duration_s)
    whole = stretches(speech, max_s=max_s, pad_s=pad_s)
    growing = GrowingSpeech(max_s=max_s, pad_s=pad_s)
    found: list[Settled] = []
    at = 0
    while at < len(rows):
        step = steps[at % len(steps)]
        found += growing.feed(rows[at : at + step])
        at += step
    assert tuple(s.stretch for s in found) == whole[: len(found)]
    for settled in found:
        assert settled.stretch.heard_s <= max_s + 1e-6
    left = whole[len(found) :]
    # What is not settled yet is one stretch, or one that the last moment has made two.
    assert len(left) <= 2
    if not short and growing.silence_s > 0.6 and (guess := growing.open()):
        assert guess.stretch == whole[-1]


def test_speech_without_a_gap_is_cut_while_it_goes_on():
    random = np.random.default_rng(1)
    rows = random.uniform(0.4, 1, round(120 / FRAME_S)).astype(np.float32).tolist()
    growing = GrowingSpeech(**CUT)
    settled_at = [(growing.at_s, s.stretch) for p in rows for s in growing.feed([p])]
    assert len(settled_at) >= 8
    for at_s, stretch in settled_at:
        assert at_s - stretch.start_s < 2 * CUT["max_s"] + 2


def test_two_hours_cost_little_memory():
    random = np.random.default_rng(2)
    hour = np.repeat(random.choice([0.05, 0.9, 0.6], 4000), random.integers(1, 60, 4000))
    rows = np.resize(hour, round(7200 / FRAME_S)).tolist()
    growing = GrowingSpeech(**CUT)
    tracemalloc.start()
    for start in range(0, len(rows), 6):
        growing.feed(rows[start : start + 6])
    now, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now < 2e6


@pytest.mark.parametrize("step", [320, 9999, 160_000])
def test_the_sample_answer_is_heard_as_from_the_finished_file(answer, step):
    part = answer[: 45 * RATE + 77]
    found, ending, _ = listen(part, step)
    speech = find_speech(part)
    assert ending.speech == speech
    assert ending.same
    assert ending.missed == ()
    assert (*(s.stretch for s in found), *ending.rest) == stretches(speech, **CUT)
    assert len(found) >= 3


@pytest.mark.parametrize("before_s", [0, 70])
@pytest.mark.parametrize("gain", [0.0178, 0.003])
def test_a_quiet_voice_is_heard_while_it_speaks(answer, gain, before_s):
    noise = np.random.default_rng(3).normal(0, 2 / 32768, before_s * RATE)
    quiet = bits(np.concatenate([noise, answer[: 40 * RATE] * gain]))
    found, ending, _ = listen(quiet)
    assert ending.speech == find_speech(quiet)
    assert len(found) >= 2
    assert_heard_once(ending, found)


def test_what_only_the_end_can_tell_is_heard_at_the_end(answer):
    # Somebody else speaks loudly for a moment, then the answer is far away.
    far = bits(np.concatenate([answer[: 3 * RATE], answer[: 100 * RATE] * 0.003]))
    found, ending, _ = listen(far)
    assert ending.speech == find_speech(far)
    assert not ending.same
    assert_heard_once(ending, found)


def test_a_loud_voice_after_a_soft_beginning_is_heard(answer):
    mixed = bits(np.concatenate([answer[: 30 * RATE] * 0.01, answer[: 60 * RATE]]))
    found, ending, _ = listen(mixed)
    assert ending.speech == find_speech(mixed)
    assert_heard_once(ending, found)


def assert_heard_once(ending: Ending, found: list[Settled]) -> None:
    """All final speech is in one of the stretches, and no sound in two."""
    heard: list[Stretch] = [*(s.stretch for s in found), *ending.missed, *ending.rest]
    pieces = sorted((p.start_s, p.end_s) for s in heard for p in s.pieces)
    assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(pieces))
    for span in ending.speech.spans:
        inside = sum(max(0.0, min(b, span.end_s) - max(a, span.start_s)) for a, b in pieces)
        assert span.duration_s - inside < 0.5, span


@pytest.mark.parametrize("size", [0, 1, 511, 512, 16_000 * 3])
def test_a_recording_without_a_voice_has_no_stretches(size):
    found, ending, stream = listen(np.zeros(size, np.float32))
    assert found == []
    assert ending.speech == find_speech(np.zeros(size, np.float32))
    assert ending.rest == ending.missed == ()
    assert not stream.speech.speaking


def test_silence_is_counted_from_the_last_word(answer):
    part = np.concatenate([answer[: 4 * RATE], np.zeros(6 * RATE, np.float32)])
    _, ending, stream = listen(part)
    assert stream.speech.silence_s == pytest.approx(10 - ending.speech.spans[-1].end_s, abs=0.05)


def test_a_take_is_read_as_it_grows_and_half_a_sample_waits(tmp_path, answer):
    path = tmp_path / "answer.part.wav"
    take = Take(path)
    assert take.size == 0
    pcm = np.rint(answer[: 5 * RATE] * 32768).astype("<i2")
    with path.open("wb", buffering=0) as file:
        file.write(b"R" * 20)
        assert take.size == 0
        file.write(b"R" * 24 + pcm[:1000].tobytes() + b"\1")
        assert take.size == 1000
        np.testing.assert_array_equal(take[10:2000], answer[10:1000])
    with path.open("r+b", buffering=0) as file:
        file.seek(44 + 2000)
        file.write(pcm[1000:].tobytes())
    np.testing.assert_array_equal(take[0 : take.size], answer[: 5 * RATE])
    assert peaks(take) == peaks(answer[: 5 * RATE])
    take.close()
