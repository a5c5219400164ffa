"""Word times: within speech, in order, and no word lost, whatever the aligner says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.model import Segment, Span, Word
from unsaid.transcribe.times import SpeechClock, heard_to_real, place_words, speech_within

SPEECH = (Span(1.0, 4.0), Span(9.0, 12.0))


def sentence(text: str, start_s: float, end_s: float, times: list[tuple[float, float]]) -> Segment:
    words = tuple(Word(f" {w}", a, b) for w, (a, b) in zip(text.split(), times, strict=True))
    return Segment(start_s, end_s, f" {text}", words)


def test_a_sentence_whose_alignment_collapsed_is_spread_over_its_own_speech():
    first = sentence("I use a map", 1.0, 4.0, [(1.0, 1.5), (1.5, 2.2), (2.2, 2.4), (2.4, 4.0)])
    lost = sentence("It is fast enough", 9.0, 12.0, [(4.0, 4.0)] * 4)
    placed = place_words([first, lost], SPEECH)
    assert placed[0].words == first.words
    times = [(w.start_s, w.end_s) for w in placed[1].words]
    assert times[0][0] == 9.0
    assert times[-1][1] == 12.0
    assert all(b - a > 0.3 for a, b in times)
    assert (placed[1].start_s, placed[1].end_s) == (9.0, 12.0)


def test_a_word_that_runs_over_a_pause_keeps_to_one_side():
    words = sentence("so then", 1.0, 12.0, [(3.8, 9.9), (9.9, 10.5)])
    first, second = place_words([words], SPEECH)[0].words
    assert (first.start_s, first.end_s) == (9.0, 9.9)
    assert second.start_s == 9.9


def test_a_word_put_before_the_pause_by_mistake_follows_its_segment():
    words = sentence("okay so what", 9.0, 12.0, [(3.5, 3.9), (9.3, 9.6), (9.6, 10.2)])
    first, second, _ = place_words([words], SPEECH)[0].words
    assert first.start_s >= 9.0
    assert first.end_s <= second.start_s


def test_good_times_are_left_alone():
    words = sentence("I use a map", 1.0, 4.0, [(1.0, 1.5), (1.5, 2.2), (2.2, 2.4), (2.4, 4.0)])
    assert place_words([words], SPEECH) == (words,)


@st.composite
def talk(draw):
    """Speech with pauses, and segments whose word times are anything at all."""
    now = draw(st.floats(0, 3))
    spans = []
    for length, gap in draw(
        st.lists(st.tuples(st.floats(0.2, 6), st.floats(0.3, 4)), min_size=1, max_size=5)
    ):
        spans.append(Span(now, now + length))
        now += length + gap
    time = st.floats(0, now + 1)
    word = st.builds(
        lambda text, a, b: Word(f" {text}", min(a, b), max(a, b)),
        st.text("abcdefghij", min_size=1, max_size=12),
        time,
        st.one_of(time, st.just(0.0)),
    )
    segments = []
    for words in draw(st.lists(st.lists(word, min_size=0, max_size=12), min_size=1, max_size=4)):
        a, b = sorted((draw(time), draw(time)))
        segments.append(Segment(a, b, "".join(w.text for w in words), tuple(words)))
    return tuple(spans), segments


@given(talk())
def test_no_word_is_lost_and_all_are_in_speech_and_in_order(case):
    spans, segments = case
    placed = place_words(segments, spans)
    assert [s.text for s in placed] == [s.text for s in segments]
    before = [w for s in segments for w in s.words]
    after = [w for s in placed for w in s.words]
    assert [w.text for w in after] == [w.text for w in before]
    now = 0.0
    for word in after:
        assert word.start_s >= now - 0.002
        assert word.end_s >= word.start_s
        assert any(s.start_s - 0.002 <= word.start_s and word.end_s <= s.end_s + 0.002 for s in spans), word
        now = word.end_s
    for segment in placed:
        if segment.words:
            assert segment.start_s == segment.words[0].start_s
            assert segment.end_s == segment.words[-1].end_s


@given(talk(), st.floats(0, 40))
def test_the_speech_clock_stands_still_in_pauses(case, time_s):
    spans, _ = case
    clock = SpeechClock(spans)
    tau = clock.at(time_s)
    assert 0 <= tau <= clock.length_s + 1e-9
    assert tau <= clock.at(time_s + 0.5) <= tau + 0.5 + 1e-9
    if any(s.start_s < time_s < s.end_s for s in spans):
        assert clock.start(tau) == pytest.approx(time_s, abs=1e-5) or clock.start(tau) in [
            s.start_s for s in spans
        ]


def test_times_in_what_the_model_heard_are_times_in_the_recording():
    pieces = (Span(10.0, 12.0), Span(20.0, 25.0))
    assert heard_to_real(1.5, pieces) == 11.5
    assert heard_to_real(2.5, pieces) == 20.5
    assert heard_to_real(99.0, pieces) == 25.0
    # A word that reaches over the seam belongs to where its middle lies.
    assert heard_to_real(1.9, pieces, middle_s=2.3) == 20.0
    assert heard_to_real(2.7, pieces, middle_s=2.3) == 20.7


def test_speech_within_a_stretch():
    spans = [Span(0, 1), Span(1.1, 2), Span(3, 4), Span(8, 9)]
    assert speech_within(spans, 0.5, 3.5, 0.3) == (Span(0.5, 2), Span(3, 3.5))
    assert speech_within(spans, 5, 6, 0.3) == ()
