"""The model that is shipped: its files, its record, and the gate it has to pass."""

import hashlib
import json

import numpy as np
import pytest
import soundfile

from tools.sample_model import vocabulary
from tools.sample_model.measure import pause_error_s, score, write_card
from tools.sample_model.paths import MODEL, SAMPLE
from tools.sample_model.phrases import bank, plain
from tools.sample_model.speech import SpokenWord
from unsaid.audio.speech import find_speech
from unsaid.transcribe.whisper import WhisperTranscriber

FILES = {
    "README.md",
    "config.json",
    "measured.json",
    "model.bin",
    "preprocessor_config.json",
    "tokenizer.json",
    "vocabulary.json",
}


def read(name):
    return json.loads((MODEL / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def heard():
    """The program's transcript of the sample answer, and the truth."""
    sound, _ = soundfile.read(SAMPLE / "answer.flac", dtype="float32")
    truth = json.loads((SAMPLE / "script.json").read_text(encoding="utf-8"))
    speech = find_speech(sound)
    segments = list(WhisperTranscriber(MODEL, device="cpu", threads=1).transcribe(sound, speech))
    return segments, speech, truth


def test_all_files_are_there_and_small():
    assert {file.name for file in MODEL.iterdir()} == FILES
    assert sum(file.stat().st_size for file in MODEL.iterdir()) < 8_000_000


def test_record_is_of_these_weights():
    assert (
        read("measured.json")["model_sha256"]
        == hashlib.sha256((MODEL / "model.bin").read_bytes()).hexdigest()
    )


def test_record_passes_the_gate():
    answer = read("measured.json")["sample_answer"]
    assert answer["wer"] <= 0.05
    assert answer["word_start_mean_s"] <= 0.25
    assert answer["pause_edge_worst_s"] <= 0.3
    assert answer["same_with_any_threads"] is True


def test_card_shows_the_figures_of_the_record(tmp_path):
    (tmp_path / "measured.json").write_bytes((MODEL / "measured.json").read_bytes())
    write_card(tmp_path)
    assert (tmp_path / "README.md").read_text("utf-8") == (MODEL / "README.md").read_text("utf-8")


def test_card_says_that_the_model_is_not_for_real_answers():
    card = (MODEL / "README.md").read_text("utf-8")
    assert "not for real answers" in card
    assert "invents" in card


def test_tokenizer_is_the_one_that_the_bank_gives():
    shipped, built = vocabulary.load(MODEL / "tokenizer.json"), vocabulary.build(bank())
    assert shipped.get_vocab() == built.get_vocab()
    assert len(read("vocabulary.json")) == shipped.get_vocab_size()


def test_configuration_suits_faster_whisper():
    config = read("config.json")
    tokenizer = vocabulary.load(MODEL / "tokenizer.json")
    assert config["alignment_heads"] == [[1, 0], [1, 1]]
    assert tokenizer.token_to_id("Ġ") in config["suppress_ids_begin"]
    assert set(vocabulary.never_spoken(tokenizer)) <= set(config["suppress_ids"])
    assert read("preprocessor_config.json")["chunk_length"] == 15


def test_sample_answer_is_heard_right(heard):
    segments, speech, truth = heard
    said = [SpokenWord(w["word"], w["start_s"], w["end_s"]) for s in truth["sentences"] for w in s["words"]]
    words = [SpokenWord(w.text.strip(), w.start_s, w.end_s) for s in segments for w in s.words]
    result = score(said, words)
    assert result.wer <= 0.05
    assert np.mean(result.start_errors_s) <= 0.25
    pauses = [(pause["start_s"], pause["end_s"]) for pause in truth["pauses"]]
    assert pause_error_s(pauses, speech) <= 0.3


def test_no_flagged_sentence_of_the_sample_answer_is_lost_or_garbled(heard):
    segments, _, truth = heard
    text = f" {plain(' '.join(s.text for s in segments))} "
    for flag in truth["flags"]:
        assert f" {plain(truth['sentences'][flag['sentence']]['text'])} " in text, flag


def test_each_sentence_of_the_sample_answer_is_heard_when_it_stands_alone(heard):
    """As in live use, where a stretch may be a single sentence."""
    _, _, truth = heard
    sound, _ = soundfile.read(SAMPLE / "answer.flac", dtype="float32")
    transcriber = WhisperTranscriber(MODEL, device="cpu", threads=1)
    wrong = []
    for sentence in truth["sentences"]:
        piece = sound[round((sentence["start_s"] - 0.2) * 16_000) : round((sentence["end_s"] + 0.2) * 16_000)]
        segments = transcriber.transcribe(piece, find_speech(piece))
        if plain(" ".join(s.text for s in segments)) != plain(sentence["text"]):
            wrong.append(sentence["text"])
    assert len(wrong) <= 1, wrong
