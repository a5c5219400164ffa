"""The real faster-whisper with the sample model, on the sample answer."""

from __future__ import annotations

import difflib
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from unsaid.audio.files import decode
from unsaid.audio.speech import Speech, find_speech
from unsaid.errors import UnsaidError
from unsaid.model import Segment, Word
from unsaid.transcribe.base import Transcriber, WhisperOptions
from unsaid.transcribe.whisper import WhisperTranscriber, choose_device

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "sample-en"
SAMPLE = ROOT / "sessions" / "sample"
RATE = 16_000


@pytest.fixture(scope="module")
def answer() -> np.ndarray:
    return decode(SAMPLE / "answer.flac").samples


@pytest.fixture(scope="module")
def speech(answer) -> Speech:
    return find_speech(answer)


@pytest.fixture(scope="module")
def transcriber() -> WhisperTranscriber:
    return WhisperTranscriber(MODEL, language="en", device="cpu")


@pytest.fixture(scope="module")
def heard(transcriber, answer, speech) -> list[Segment]:
    return list(transcriber.transcribe(answer, speech))


def plain(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower())


def words_of(segments: list[Segment]) -> list[Word]:
    return [word for segment in segments for word in segment.words]


def test_the_sample_answer_comes_out_right(heard):
    import jiwer

    script = json.loads((SAMPLE / "script.json").read_text("utf-8"))
    said = [w for sentence in script["sentences"] for w in sentence["words"]]
    truth = [word for w in said for word in plain(w["word"])]
    found = [(word, w.start_s) for w in words_of(heard) for word in plain(w.text)]
    result = jiwer.process_words(" ".join(truth), " ".join(word for word, _ in found))
    assert result.wer <= 0.05
    starts = [w["start_s"] for w in said for _ in plain(w["word"])]
    errors = [
        abs(starts[chunk.ref_start_idx + k] - found[chunk.hyp_start_idx + k][1])
        for chunk in result.alignments[0]
        if chunk.type == "equal"
        for k in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]
    assert np.mean(errors) <= 0.25


def test_every_word_lies_in_speech_and_none_is_without_a_time(heard, speech):
    words = words_of(heard)
    assert len(words) > 100
    now = 0.0
    for word in words:
        assert word.end_s > word.start_s >= now - 0.002, word
        now = word.end_s
        for pause in speech.pauses:
            assert word.end_s <= pause.start_s + 0.002 or word.start_s >= pause.end_s - 0.002, (word, pause)


def test_words_make_up_the_text(heard):
    for segment in heard:
        assert "".join(w.text for w in segment.words) == segment.text
        assert segment.start_s == segment.words[0].start_s
        assert segment.end_s == segment.words[-1].end_s


def test_it_is_a_transcriber_and_tells_how_it_worked(transcriber, heard):
    like: Transcriber = transcriber
    assert like.name == "sample-en"
    assert like.language == "en"
    assert like.options["device"] == "cpu"
    assert like.options["compute_type"] == "int8"
    assert like.options["condition_on_previous_text"] is False
    assert like.notes == ()
    json.dumps(like.options)


def test_the_same_sound_gives_the_same_transcript(answer, speech, heard):
    again = WhisperTranscriber(MODEL, language="en", device="cpu")
    assert list(again.transcribe(answer, speech)) == heard


def test_a_run_that_was_stopped_goes_on_where_it_was(answer, speech, heard):
    first = WhisperTranscriber(MODEL, language="en", device="cpu")
    kept: list[Segment] = []
    done: list[float] = []
    for segment in first.transcribe(answer, speech, on_progress=lambda at, _: done.append(at)):
        if len(done) == 3:
            break  # stopped in the fourth stretch, before anything of it was kept
        kept.append(segment)
    second = WhisperTranscriber(MODEL, language="en", device="cpu")
    assert kept + list(second.transcribe(answer, speech, start_s=done[-1])) == heard
    assert kept + list(second.transcribe(answer, speech, already=kept)) == heard


def test_progress_reaches_the_end_and_never_goes_back(transcriber, answer, speech):
    seen: list[tuple[float, float]] = []
    segments: list[Segment] = []
    yielded = list(
        transcriber.transcribe(
            answer,
            speech,
            start_s=speech.duration_s - 40,
            on_segment=segments.append,
            on_progress=lambda at, total: seen.append((at, total)),
        )
    )
    assert segments == yielded
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)
    assert seen[-1] == (speech.duration_s, speech.duration_s)


def test_stretches_heard_together_say_the_same(answer, speech, heard):
    together = WhisperTranscriber(MODEL, options=WhisperOptions(language="en", device="cpu", batch_size=3))
    segments = list(together.transcribe(answer, speech))
    # Rounding differs between batch sizes, so a word or a time may; which stretch it is in may not.
    alike = difflib.SequenceMatcher(
        None, [w.text for w in words_of(segments)], [w.text for w in words_of(heard)], autojunk=False
    )
    assert alike.ratio() > 0.97
    assert segments[0].start_s == pytest.approx(heard[0].start_s, abs=0.3)
    assert segments[-1].end_s == pytest.approx(heard[-1].end_s, abs=0.3)


def test_a_stretch_that_repeats_itself_is_decoded_again_without(monkeypatch, answer, speech):
    from unsaid.transcribe import whisper

    monkeypatch.setattr(whisper, "_LOOP_RATIO", 0.0)  # every stretch counts as one
    wary = WhisperTranscriber(MODEL, language="en", device="cpu")
    for segment in wary.transcribe(answer, speech, start_s=speech.duration_s - 30):
        words = plain(segment.text)
        runs = [tuple(words[i : i + 4]) for i in range(len(words) - 3)]
        assert len(runs) == len(set(runs))


def test_what_the_model_breaks_off_is_heard_again(monkeypatch, answer, speech, heard):
    from faster_whisper import BatchedInferencePipeline

    whole = BatchedInferencePipeline.transcribe

    def short_of_breath(self, audio, **options):
        return whole(self, audio, max_new_tokens=40, **options)

    monkeypatch.setattr(BatchedInferencePipeline, "transcribe", short_of_breath)
    breathless = WhisperTranscriber(MODEL, language="en", device="cpu")
    found = [w.text for w in words_of(list(breathless.transcribe(answer, speech)))]
    alike = difflib.SequenceMatcher(None, found, [w.text for w in words_of(heard)], autojunk=False)
    assert alike.ratio() > 0.9  # without it: 0.53


def test_where_nobody_speaks_there_is_no_text():
    random = np.random.default_rng(0)
    for samples in (np.zeros(RATE * 20), random.normal(0, 0.05, RATE * 20)):
        samples = samples.astype(np.float32)
        fresh = WhisperTranscriber(MODEL, device="cpu")
        assert list(fresh.transcribe(samples, find_speech(samples))) == []


@pytest.mark.parametrize(
    ("options", "said", "hint"),
    [
        ({"device": "tpu"}, "unknown device 'tpu'", "cuda"),
        ({"compute_type": "int9"}, "unknown compute type 'int9'", "int8"),
        ({"threads": 0}, "0 threads", "1 or more"),
    ],
)
def test_what_cannot_be_is_refused_at_once(options, said, hint):
    with pytest.raises(UnsaidError) as caught:
        WhisperTranscriber(MODEL, **options)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_a_language_that_the_model_does_not_know_is_refused():
    with pytest.raises(UnsaidError, match="knows English only"):
        WhisperTranscriber(MODEL, language="de", device="cpu").load()


def test_damaged_weights_are_told_with_what_to_do(tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(MODEL, folder)
    weights = folder / "model.bin"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    with pytest.raises(UnsaidError) as caught:
        WhisperTranscriber(folder, device="cpu").load()
    assert "cannot be loaded" in caught.value.message
    assert "verify" in caught.value.hint


def test_a_gpu_is_used_where_it_works_and_else_done_without():
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        device, note = choose_device("auto", MODEL)
        assert device == "cuda" or "going on with the CPU" in note
    else:
        assert choose_device("auto", MODEL) == ("cpu", "")
        with pytest.raises(UnsaidError) as caught:
            choose_device("cuda", MODEL)
        assert "no CUDA device" in caught.value.message
        assert "--device cpu" in caught.value.hint


def test_a_gpu_that_fails_its_trial_is_done_without_in_one_line(monkeypatch):
    import ctranslate2

    if ctranslate2.get_cuda_device_count():
        pytest.skip("a GPU is here; this is about one that is only announced")
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 1)
    device, note = choose_device("auto", MODEL)
    assert device == "cpu"
    assert note.startswith("the GPU cannot be used (")
    assert "going on with the CPU" in note
    assert "\n" not in note
    with pytest.raises(UnsaidError, match="the GPU cannot be used"):
        choose_device("cuda", MODEL)
