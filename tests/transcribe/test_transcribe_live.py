"""Transcription while a recording is made: the real process, the real model, a file that grows."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.audio.files import decode
from unsaid.audio.peaks import peaks
from unsaid.audio.speech import find_speech
from unsaid.errors import UnsaidError
from unsaid.model import Segment, Word
from unsaid.transcribe import segments as codec
from unsaid.transcribe.live import (
    Behind,
    Done,
    Event,
    Failed,
    Heard,
    Live,
    Progress,
    Provisional,
    Ready,
    Transcribed,
    encode,
)
from unsaid.transcribe.live import (
    decode as decode_event,
)
from unsaid.transcribe.whisper import WhisperTranscriber

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "sample-en"
RATE = 16_000


@pytest.fixture(scope="module")
def answer() -> np.ndarray:
    return decode(ROOT / "sessions" / "sample" / "answer.flac").samples


def pcm(samples: np.ndarray) -> bytes:
    return np.rint(samples * 32768).astype("<i2").tobytes()


class Recording:
    """A take as it is written, and what the process that listens to it has told."""

    def __init__(self, path: Path, **how: object) -> None:
        self.path = path
        self.file = path.open("xb", buffering=0)
        self.file.write(bytes(44))
        self.events: list[Event] = []
        self.seen = 0
        self.live = Live(path, **{"model": MODEL, "language": "en", "device": "cpu", **how})
        self.live.start()

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.live.kill()
        self.file.close()

    def until(self, kind: type, what=lambda _: True):
        """An event of that kind for which `what` holds, waited for if there was none yet."""
        for event in self.events[self.seen :]:
            if isinstance(event, kind) and what(event):
                return event
        while True:
            for k, event in enumerate(new := self.live.poll(60.0)):
                self.events.append(event)
                if isinstance(event, kind) and what(event):
                    self.events += new[k + 1 :]
                    return event
            assert new, f"nothing was told any more; last: {self.events[-3:]}"

    def write(self, samples: np.ndarray, block_s: float = 5.0) -> None:
        """Add sound, no faster than it is listened to, in pieces that tear samples apart."""
        sound = pcm(samples)
        block = round(block_s * RATE) * 2
        for start in range(0, len(sound), block):
            for first in range(start, min(start + block, len(sound)), 9999):
                self.file.write(sound[first : min(first + 9999, start + block)])
            frames = (self.file.tell() - 44) // 2
            self.seen = len(self.events)
            self.until(Heard, lambda h, frames=frames: h.at_s > frames / RATE - 0.5)

    def end(self) -> Done:
        self.seen = len(self.events)
        self.live.end()
        return self.live.wait(self.events.append)

    def of(self, kind: type) -> list:
        return [e for e in self.events if isinstance(e, kind)]


def words_of(segments) -> list[Word]:
    return [word for segment in segments for word in segment.words]


def plain(segments) -> str:
    return " ".join(re.findall(r"[a-z']+", "".join(s.text for s in segments).lower()))


def offline(samples: np.ndarray) -> list[Segment]:
    heard = WhisperTranscriber(MODEL, language="en", device="cpu")
    return list(heard.transcribe(samples, find_speech(samples)))


def test_the_transcript_is_that_of_the_finished_file(tmp_path, answer):
    with Recording(tmp_path / "answer.part.wav", name="sample-en") as recording:
        recording.until(Ready)
        recording.write(answer, 10.0)
        # All but the last stretch comes before the end is known.
        recording.seen = 0
        recording.until(Transcribed, lambda t: t.until_s > len(answer) / RATE - 15)
        done = recording.end()
    speech = find_speech(answer)
    assert done.speech == speech
    assert done.peaks == tuple(peaks(answer))
    assert done.options["device"] == "cpu"
    expected = offline(answer)
    assert jiwer.wer(plain(expected), plain(done.segments)) <= 0.02
    for word, same in zip(words_of(done.segments), words_of(expected), strict=True):
        assert word.start_s == pytest.approx(same.start_s, abs=0.05)
    told = recording.of(Transcribed)
    assert [s for t in told for s in t.segments] == list(done.segments)
    assert len(told) >= 8
    untils = [0.0, *(t.until_s for t in told)]
    assert untils == sorted(set(untils))
    progress = recording.of(Progress)
    assert [p.done_s for p in progress] == sorted(p.done_s for p in progress)
    assert progress[-1].total_s == speech.duration_s


def test_a_stop_after_a_pause_finds_the_last_words_transcribed(tmp_path, answer):
    part = np.concatenate([answer[: 8 * RATE], np.zeros(2 * RATE, np.float32)])
    with Recording(tmp_path / "answer.part.wav") as recording:
        recording.until(Ready)
        recording.write(answer[: 8 * RATE], 1.0)
        recording.write(part[8 * RATE :], 0.5)
        recording.seen = 0
        guess = recording.until(Provisional, lambda g: g.words > 12)
        done = recording.end()
    assert guess.text == "".join(s.text for s in done.segments).strip()
    assert guess.words == len(words_of(done.segments))
    assert plain(done.segments) == plain(offline(part))


def test_what_waits_is_told_and_nothing_of_it_is_lost(tmp_path, answer):
    path = tmp_path / "answer.part.wav"
    path.write_bytes(bytes(44) + pcm(answer[: 45 * RATE]))  # faster than any model
    live = Live(path, model=MODEL, language="en", device="cpu")
    live.start()
    live.end()
    events: list[Event] = []
    done = live.wait(events.append)
    live.kill()
    behind = [e.by_s for e in events if isinstance(e, Behind)]
    assert behind[0] > 10
    assert behind[-1] == 0
    assert plain(done.segments) == plain(offline(answer[: 45 * RATE]))


def test_what_was_passed_over_is_heard_at_the_end(tmp_path, answer):
    # Loud at first, then far from the microphone: how quiet the recording is, is known too late.
    far = np.concatenate([answer[: round(3.2 * RATE)], np.zeros(RATE // 2), answer[: 40 * RATE] * 0.006])
    far = (np.rint(far * 32768) / 32768).astype(np.float32)
    with Recording(tmp_path / "answer.part.wav") as recording:
        recording.write(far, 10.0)
        done = recording.end()
    assert done.speech == find_speech(far)
    heard = words_of(done.segments)
    starts = [w.start_s for w in heard]
    assert starts == sorted(starts)
    for span in done.speech.spans:
        if span.duration_s > 1.5:
            assert any(span.start_s <= w.start_s < span.end_s for w in heard), span


def test_a_quiet_microphone_loses_no_words(tmp_path, answer):
    quiet = (np.rint(answer[: 50 * RATE] * 10 ** (-35 / 20) * 32768) / 32768).astype(np.float32)
    with Recording(tmp_path / "answer.part.wav") as recording:
        recording.write(quiet)
        done = recording.end()
    speech = find_speech(quiet)
    assert done.speech == speech
    assert jiwer.wer(plain(offline(quiet)), plain(done.segments)) <= 0.02
    for word in words_of(done.segments):
        for pause in speech.pauses:
            assert word.end_s <= pause.start_s + 0.002 or word.start_s >= pause.end_s - 0.002, (word, pause)


def test_without_a_model_silence_is_told_all_the_same(tmp_path, answer):
    part = np.concatenate([answer[: 9 * RATE], np.zeros(6 * RATE, np.float32)])
    with Recording(tmp_path / "answer.part.wav", model=None) as recording:
        recording.write(part, 1.5)
        last = recording.of(Heard)[-1]
        done = recording.end()
    assert any(h.speaking and h.silence_s == 0 for h in recording.of(Heard))
    assert not last.speaking
    assert last.silence_s == pytest.approx(last.at_s - done.speech.spans[-1].end_s, abs=0.1)
    assert done.speech == find_speech(part)
    assert done.segments is None
    assert not recording.of(Failed)


def test_a_model_that_cannot_be_loaded_is_told_and_listening_goes_on(tmp_path, answer):
    broken = tmp_path / "broken"
    shutil.copytree(MODEL, broken)
    (broken / "model.bin").write_bytes(b"no weights")
    with Recording(tmp_path / "answer.part.wav", model=broken) as recording:
        failed = recording.until(Failed)
        recording.write(answer[: 6 * RATE])
        done = recording.end()
    assert "cannot be loaded" in failed.message
    assert "verify" in failed.hint
    assert not failed.gone
    assert done.segments is None
    assert done.speech == find_speech(answer[: 6 * RATE])


@pytest.mark.parametrize("samples", [None, 0, 1, 3 * RATE], ids=["no file", "empty", "one sample", "silent"])
def test_a_recording_without_a_voice_ends_in_order(tmp_path, samples):
    path = tmp_path / "answer.part.wav"
    if samples is not None:
        path.write_bytes(bytes(44 + 2 * samples))
    live = Live(path, model=MODEL, language="en", device="cpu")
    live.start()
    live.end()
    done = live.wait()
    live.kill()
    assert done.segments == ()
    assert done.speech.spans == ()
    assert done.speech.duration_s == (samples or 0) / RATE


def test_a_listener_that_is_killed_is_told_and_the_recording_is_whole(tmp_path, answer):
    with Recording(tmp_path / "answer.part.wav") as recording:
        recording.write(answer[: 5 * RATE])
        os.kill(recording.live.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        failed = recording.until(Failed)
        assert failed.gone
        assert "has ended" in failed.message
        recording.live.end()  # harmless
        with pytest.raises(UnsaidError, match="has ended"):
            recording.live.wait()
        assert recording.live.poll() == ()
    assert (tmp_path / "answer.part.wav").read_bytes()[44:] == pcm(answer[: 5 * RATE])


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal there")
def test_the_keys_of_the_terminal_do_not_end_it(tmp_path):
    with Recording(tmp_path / "answer.part.wav", model=None) as recording:
        for number in (signal.SIGINT, signal.SIGTSTP):
            os.kill(recording.live.pid, number)
        assert recording.end().segments is None


def test_it_ends_with_the_process_that_started_it(tmp_path):
    request = {"take": str(tmp_path / "x.part.wav"), "model": None}
    command = [sys.executable, "-P", "-m", "unsaid.transcribe.listen"]
    ended = subprocess.run(command, input=json.dumps(request).encode() + b"\n", capture_output=True)
    assert ended.returncode == 0
    assert ended.stderr == b""


def test_it_opens_no_socket(tmp_path, answer):
    take = tmp_path / "answer.part.wav"
    take.write_bytes(bytes(44) + pcm(answer[: 6 * RATE]))
    program = (
        "import sys, os\n"
        "def watch(event, arguments):\n"
        "    if event.startswith('socket.'):\n"
        "        os.write(2, f'{event} {arguments}'.encode())\n"
        "        os._exit(9)\n"
        "sys.addaudithook(watch)\n"
        "from unsaid.transcribe.listen import main\n"
        "main()\n"
    )
    request = {"take": str(take), "model": str(MODEL), "name": None, "language": "en"}
    request |= {"device": "auto", "compute_type": "default", "threads": None}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdin.write(json.dumps(request).encode() + b"\nend\n")
        process.stdin.flush()
        told = [decode_event(line) for line in process.stdout]
        assert process.stderr.read() == b""
    assert isinstance(told[-1], Done)
    assert "understand the problem" in plain(told[-1].segments)


def test_a_run_goes_on_after_one_that_cut_at_other_places(answer):
    """As after a crash: what was kept ends where no stretch of the whole recording ends."""
    whole = answer[: 32 * RATE]
    speech = find_speech(whole)
    pause = max((p for p in speech.pauses if 6 < p.start_s < 24), key=lambda p: p.duration_s)
    middle_s = (pause.start_s + pause.end_s) / 2
    part = whole[: round(middle_s * RATE)]
    heard = WhisperTranscriber(MODEL, language="en", device="cpu")
    kept = list(heard.transcribe(part, find_speech(part)))
    assert not any(abs(s.end_s - middle_s) < 0.4 for s in heard.stretches(speech))
    expected = plain(offline(whole))
    for at_s in (middle_s, middle_s - 0.3, middle_s + 0.3):
        rest = list(heard.transcribe(whole, speech, start_s=at_s))
        assert rest[0].start_s >= middle_s
        assert jiwer.wer(expected, plain([*kept, *rest])) <= 0.02


texts = st.text(max_size=20)
times = st.floats(0, 8000)
segments = st.builds(
    Segment,
    times,
    times,
    texts,
    st.lists(st.builds(Word, texts, times, times, st.none() | st.floats(0, 1)), max_size=3).map(tuple),
)


@given(segments)
def test_a_segment_comes_back_as_it_was(segment):
    assert codec.from_json(json.loads(json.dumps(codec.to_json(segment)))) == segment


@given(st.lists(segments, max_size=3).map(tuple), times, texts)
def test_an_event_comes_back_as_it_was(some, time_s, text):
    speech = find_speech(np.zeros(RATE, np.float32))
    for event in (
        Ready({"beam_size": 5, "language": None}, (text,), None),
        Heard(time_s, True, 0.0),
        Transcribed(some, time_s),
        Provisional(text, 3, time_s),
        Progress(time_s, time_s),
        Done(speech, (0.5, 0.25), some, "en", {}, (text,)),
        Done(speech, (), None, None, {}, ()),
        Failed(text, text, gone=True),
    ):
        line = encode(event)
        assert "\n" not in line
        assert decode_event(line) == event
