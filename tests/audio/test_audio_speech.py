"""Pauses as they are on the sound, and stretches that lose nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsaid.audio.files import decode
from unsaid.audio.speech import (
    PAUSE_S,
    Speech,
    VoiceActivity,
    find_speech,
    pauses_between,
    speech_from_probabilities,
    speech_probabilities,
    stretches,
)
from unsaid.model import Span

RATE = 16_000
SAMPLE = Path(__file__).parents[2] / "sessions" / "sample"
VOICES = Path(__file__).parents[3] / "shared" / "audio"


@pytest.fixture(scope="module")
def answer() -> np.ndarray:
    return decode(SAMPLE / "answer.flac").samples


@pytest.fixture(scope="module")
def speech(answer) -> Speech:
    return find_speech(answer)


def edge_errors(speech: Speech, truth: list[tuple[float, float]]) -> np.ndarray:
    """Distance of each true pause's edges to the nearest found pause's."""
    return np.array(
        [
            min(
                ((abs(p.start_s - a), abs(p.end_s - b)) for p in speech.pauses),
                key=sum,
            )
            for a, b in truth
        ]
    )


def test_every_pause_of_the_sample_answer_is_found_at_its_place(speech):
    script = json.loads((SAMPLE / "script.json").read_text("utf-8"))
    truth = [(p["start_s"], p["end_s"]) for p in script["pauses"] if p["end_s"] - p["start_s"] >= PAUSE_S]
    errors = edge_errors(speech, truth)
    assert errors.max() <= 0.3
    assert errors.mean() <= 0.05
    assert len(speech.pauses) <= len(truth) + 2


@pytest.mark.skipif(not VOICES.is_dir(), reason="the folder with real voices is not here")
def test_pauses_of_a_real_noisy_voice():
    reference = json.loads((VOICES / "references.json").read_text("utf-8"))[1]
    speech = find_speech(decode(VOICES / reference["file"]).samples)
    # 13.9 to 14.87 s is no silence on the sound: a drawn-out breath that the reference leaves out.
    truth = [(a, b) for a, b, _ in reference["pauses_ge_250ms"] if a != 13.9]
    errors = edge_errors(speech, truth)
    assert errors.max() <= 0.3
    assert errors.mean() <= 0.1


@pytest.mark.parametrize("kind", ["silence", "white noise", "hum", "clicks", "nothing at all"])
def test_where_nobody_speaks_nobody_is_heard(kind):
    random = np.random.default_rng(0)
    n = 10 * RATE
    samples = {
        "silence": np.zeros(n),
        "white noise": random.normal(0, 0.1, n),
        "hum": 0.3 * np.sin(2 * np.pi * 50 * np.arange(n) / RATE),
        "clicks": (random.random(n) > 0.9995) * 0.8,
        "nothing at all": np.zeros(0),
    }[kind].astype(np.float32)
    speech = find_speech(samples)
    assert speech.spans == ()
    assert stretches(speech, max_s=30) == ()
    assert speech.speaking_s == 0
    assert [p.duration_s for p in speech.pauses] == ([10.0] if n == samples.size else [])


def test_added_silence_is_found_to_a_twentieth_of_a_second(answer, speech):
    pause = max(speech.pauses, key=lambda p: p.duration_s)
    cut = round((pause.start_s + pause.end_s) / 2 * RATE)
    quiet = answer[round(pause.start_s * RATE) + 1600 : round(pause.end_s * RATE) - 1600]
    more = np.tile(quiet, -(-5 * RATE // quiet.size))[: 5 * RATE]
    longer = find_speech(np.concatenate([answer[:cut], more, answer[cut:]]))
    found = next(p for p in longer.pauses if p.start_s <= cut / RATE <= p.end_s)
    assert found.duration_s == pytest.approx(pause.duration_s + 5, abs=0.05)


@pytest.mark.parametrize("gain", [0.1, 0.01, 0.003])
def test_a_quiet_microphone_changes_nothing(answer, speech, gain):
    quiet = find_speech((np.rint(answer * gain * 32768) / 32768).astype(np.float32))
    errors = edge_errors(quiet, [(p.start_s, p.end_s) for p in speech.pauses if p.duration_s > 0.5])
    assert errors.max() <= 0.3


def test_sound_fed_in_pieces_gives_the_same_answer(answer):
    part = answer[: 20 * RATE - 20 * RATE % 512]
    model = VoiceActivity()
    blocks = [part[i : i + 512 * 13] for i in range(0, part.size, 512 * 13)]
    pieces = np.concatenate([model.feed(block) for block in blocks])
    np.testing.assert_allclose(pieces, speech_probabilities(part), atol=1e-4)


def test_a_breath_is_no_word_and_a_short_word_is_one():
    quiet = [0.05] * 20
    breath, word = [0.4, 0.56, 0.55, 0.5], [0.6, 0.9, 0.8, 0.5]
    frames = np.array([*quiet, *breath, *quiet, *word, *quiet], np.float32)
    speech = speech_from_probabilities(frames, len(frames) * 512 / RATE)
    assert len(speech.spans) == 1
    assert speech.spans[0].start_s == pytest.approx(44 * 0.032, abs=0.05)


@st.composite
def conversations(draw):
    """Speech and gaps as they might fall."""
    lengths = draw(st.lists(st.tuples(st.floats(0.1, 45.0), st.floats(0.13, 12.0)), min_size=1, max_size=25))
    now = draw(st.floats(0.0, 5.0))
    spans = []
    for length, gap in lengths:
        spans.append(Span(now, now + length))
        now += length + gap
    duration = spans[-1].end_s + draw(st.floats(0.0, 5.0))
    dips = tuple(
        (span.start_s + k + 0.5, draw(st.floats(0.4, 1.0)))
        for span in spans
        if span.duration_s > 6
        for k in range(int(span.duration_s))
    )
    return Speech(tuple(spans), pauses_between(spans, duration), duration, dips)


@given(conversations(), st.sampled_from([14.5, 29.5]), st.booleans())
@settings(deadline=None)
def test_stretches_hold_all_speech_once_and_fit_the_model(speech, max_s, merge):
    found = stretches(speech, max_s=max_s, merge=merge)
    assert found == stretches(speech, max_s=max_s, merge=merge)
    edges = [t for s in found for p in s.pieces for t in (p.start_s, p.end_s)]
    assert edges == sorted(edges)
    assert edges[0] >= 0
    assert edges[-1] <= speech.duration_s
    for stretch in found:
        assert stretch.heard_s <= max_s + 1e-6
        assert stretch.pieces[0].start_s == stretch.start_s
        assert stretch.pieces[-1].end_s == stretch.end_s
    pieces = [p for s in found for p in s.pieces]
    for span in speech.spans:
        heard = sum(max(0.0, min(p.end_s, span.end_s) - max(p.start_s, span.start_s)) for p in pieces)
        assert heard == pytest.approx(span.duration_s)
    if not merge:
        for pause in speech.pauses:
            assert not any(s.start_s < pause.start_s - 0.2 and s.end_s > pause.end_s + 0.2 for s in found)


def test_a_cut_is_made_at_the_longest_pause_that_leaves_a_full_stretch():
    spans = [Span(k * 3.0, k * 3.0 + 2.6) for k in range(8)]
    spans = spans[:4] + [Span(s.start_s + 1.5, s.end_s + 1.5) for s in spans[4:]]
    speech = Speech(tuple(spans), pauses_between(spans, 26.0), 26.0)
    first, second = stretches(speech, max_s=14.5)
    assert first.end_s < 12.0 < second.start_s


def test_an_hour_costs_little_memory(answer):
    import tracemalloc

    long = np.tile(answer, 4)  # nine minutes: enough to tell linear from flat
    tracemalloc.start()
    speech_probabilities(long)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20e6
