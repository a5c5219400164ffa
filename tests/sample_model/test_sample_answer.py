"""The sample answer is what its script says it is."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tools.sample_model.answer import read_script

SAMPLE = Path(__file__).resolve().parents[2] / "sessions" / "sample"


@pytest.fixture(scope="module")
def truth():
    return json.loads((SAMPLE / "script.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sound():
    samples, rate_hz = soundfile.read(SAMPLE / "answer.flac", dtype="float32")
    assert rate_hz == 16_000
    assert samples.ndim == 1
    return samples


def loudness(sound, start_s, end_s):
    return float(np.sqrt(np.mean(sound[round(start_s * 16_000) : round(end_s * 16_000)] ** 2)))


def test_recording_is_16_bit_flac_of_90_to_150_seconds(truth, sound):
    info = soundfile.info(SAMPLE / "answer.flac")
    assert (info.format, info.subtype) == ("FLAC", "PCM_16")
    assert 90 <= len(sound) / 16_000 <= 150
    assert truth["duration_s"] == pytest.approx(len(sound) / 16_000, abs=0.001)


def test_sentences_follow_each_other_within_the_recording(truth):
    at_s = 0.0
    for sentence in truth["sentences"]:
        assert at_s < sentence["start_s"] < sentence["end_s"] <= truth["duration_s"]
        at_s = sentence["end_s"]


def test_words_spell_their_sentence_and_lie_within_it(truth):
    for sentence in truth["sentences"]:
        words = sentence["words"]
        assert " ".join(word["word"] for word in words) == sentence["text"]
        times = [t for word in words for t in (word["start_s"], word["end_s"])]
        assert times == sorted(times)
        assert sentence["start_s"] <= times[0] and times[-1] <= sentence["end_s"]


def test_pauses_are_silent_and_speech_is_not(truth, sound):
    for pause in truth["pauses"]:
        assert loudness(sound, pause["start_s"], pause["end_s"]) < 0.002
    for sentence in truth["sentences"]:
        assert loudness(sound, sentence["start_s"], sentence["end_s"]) > 0.03


def test_every_silence_of_a_third_of_a_second_between_sentences_is_listed(truth):
    listed = truth["pauses"]
    for before, after in zip(truth["sentences"], truth["sentences"][1:], strict=False):
        if after["start_s"] - before["end_s"] >= 0.3:
            middle_s = (before["end_s"] + after["start_s"]) / 2
            assert any(pause["start_s"] < middle_s < pause["end_s"] for pause in listed), after["text"]
    assert all(pause["end_s"] - pause["start_s"] >= 0.3 for pause in listed)


def test_there_are_long_pauses_and_shorter_ones(truth):
    lengths_s = [pause["end_s"] - pause["start_s"] for pause in truth["pauses"]]
    assert sum(length_s >= 4 for length_s in lengths_s) >= 3
    assert sum(1 <= length_s < 3 for length_s in lengths_s) >= 5


def test_flags_of_all_three_families_are_planted_on_different_sentences(truth):
    flags = truth["flags"]
    assert {flag["code"][0] for flag in flags} == {"D", "A", "U"}
    assert 6 <= len(flags) <= 9
    assert len({flag["sentence"] for flag in flags}) == len(flags)
    assert all(0 <= flag["sentence"] < len(truth["sentences"]) and flag["why"] for flag in flags)


def test_a_decision_in_silence_stands_right_after_a_pause_of_four_seconds(truth):
    silent = [flag["sentence"] for flag in truth["flags"] if flag["code"] == "D2"]
    assert silent
    for i in silent:
        assert truth["sentences"][i]["start_s"] - truth["sentences"][i - 1]["end_s"] >= 4


def test_most_long_pauses_hide_nothing(truth):
    """Two of three are followed by a sentence without a flag: a long pause alone must not make one."""
    flagged = {flag["sentence"] for flag in truth["flags"]}
    sentences = truth["sentences"]
    after_long = [
        i for i in range(1, len(sentences)) if sentences[i]["start_s"] - sentences[i - 1]["end_s"] >= 4
    ]
    assert sum(i not in flagged for i in after_long) >= 2


def test_recording_was_made_from_the_script_that_is_here(truth):
    script = read_script()
    assert truth["prompt"] == script.prompt
    assert truth["kind"] == script.kind
    assert [s["text"] for s in truth["sentences"]] == [line.text for line in script.lines]
    planted = [(i, line.flag, line.why) for i, line in enumerate(script.lines) if line.flag]
    assert [(f["sentence"], f["code"], f["why"]) for f in truth["flags"]] == planted
    for line, sentence, following in zip(
        script.lines, truth["sentences"], truth["sentences"][1:], strict=False
    ):
        assert following["start_s"] - sentence["end_s"] == pytest.approx(line.pause_s, abs=0.002)
