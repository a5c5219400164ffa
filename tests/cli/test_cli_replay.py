"""`unsaid replay`: by the real command, through the real PortAudio, into an output that keeps all samples."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from support import command
from unsaid.audio.files import write_flac
from unsaid.formats import audit_json, transcript_json
from unsaid.model import Segment, Transcript
from unsaid.pipeline import Request, audit_transcript
from unsaid.sessions.record import Session, Source
from unsaid.sessions.store import Store

SAID = (
    (1.0, 3.0, " I will use a hash map here."),
    (4.0, 6.0, " Because it is fast, we store each user once."),
    (7.0, 9.0, " I think Redis might be enough, but I'm not sure."),
    (12.0, 14.0, " Let's go with Postgres for the storage."),
)
LENGTH_S = 15.0


def numbered(duration_s: float) -> npt.NDArray[np.int16]:
    """Every sample tells its place within 1.9 s, and none is silence."""
    return (np.arange(round(duration_s * 16_000)) % 30_000 + 1).astype(np.int16)


def model() -> None:
    raise AssertionError("no model is needed")


@pytest.fixture
def session(workspace: Path) -> Session:
    """An audited session whose recording counts its samples."""
    store = Store(workspace / "sessions")
    made = store.create(
        Source("answer.wav", "0" * 64, 1), now=datetime.now(), duration_s=LENGTH_S, name="mine"
    )
    write_flac(made.recording, numbered(LENGTH_S).astype(np.float32) / 32768.0)
    segments = tuple(Segment(*said) for said in SAID)
    transcript = Transcript(segments, LENGTH_S, timing="segment")
    made.transcript.write_text(transcript_json.dumps(transcript), "utf-8")
    found = audit_transcript(transcript, Request(choose_model=model))
    assert [f.number for f in found.flags] == [1, 2, 3]
    made.audit.write_text(audit_json.dumps(found, source={"kind": "recording", "name": "mine"}), "utf-8")
    speech = {"duration": LENGTH_S, "spans": [[1.0, 14.0]], "pauses": [], "dips": [], "peaks": [0.5]}
    made.speech.write_text(json.dumps(speech), "utf-8")
    return made


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the system's output writes raw 16-bit samples, one stretch after the other."""
    heard = tmp_path / "heard.raw"
    output(tmp_path, monkeypatch, f"|cat >> {heard}")
    return heard


def output(folder: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    conf = folder / "asound.conf"
    conf.write_text(
        f'pcm."Desk" {{ type file slave.pcm {{ type null }} file "{file}" format raw }}\n'
        'pcm.!default { type plug slave { pcm "Desk" rate 16000 format S16_LE channels 1 } }\n'
    )
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(conf))


def sounds(heard: Path) -> npt.NDArray[np.int16]:
    """All that was played, without the silence that an output puts around it."""
    raw = np.fromfile(heard, "<i2")
    return raw[raw != 0]


def stretch(start_s: float, end_s: float) -> npt.NDArray[np.int16]:
    return numbered(LENGTH_S)[round(max(start_s, 0.0) * 16_000) : round(end_s * 16_000)]


def flags(session: Session) -> list[tuple[float, float]]:
    found = audit_json.loads(session.audit.read_text("utf-8"))
    return [(f.start_s, f.end_s) for f in found.flags]


def test_a_flag_is_played_with_what_is_around_it(unsaid, session: Session, heard: Path) -> None:
    done = unsaid("replay", "mine", "--flag", 3)
    assert (done.returncode, done.stderr) == (0, "")
    start_s, end_s = flags(session)[2]
    assert np.array_equal(sounds(heard), stretch(start_s - 2, end_s + 0.5))
    (line,) = done.stdout.splitlines()
    assert line.startswith("3 [D1] ") and "0:12" in line and "Let's go with Postgres for the storage" in line


def test_an_id_and_other_lengths(unsaid, session: Session, heard: Path) -> None:
    flag = audit_json.loads(session.audit.read_text("utf-8")).flags[1]
    done = unsaid("replay", "mine", "--flag", flag.id, "--before", 0.25, "--after", 0)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(sounds(heard), stretch(flag.start_s - 0.25, flag.end_s))
    assert done.stdout.splitlines()[1] == "  I think Redis might be enough, but I'm not sure."


def test_all_that_are_shown_one_after_the_other(unsaid, session: Session, heard: Path) -> None:
    one, _, three = flags(session)
    assert unsaid("dismiss", "mine", 2).returncode == 0
    done = unsaid("replay", "mine")
    assert done.returncode == 0, done.stderr
    wanted = [stretch(start_s - 2, end_s + 0.5) for start_s, end_s in (one, three)]
    assert np.array_equal(sounds(heard), np.concatenate(wanted))
    assert [line[:1] for line in done.stdout.splitlines()] == ["1", "3"]
    heard.unlink()
    again = unsaid("replay", "mine", "--flag", 2)
    assert again.returncode == 0, "a dismissed one can be heard by its number"
    assert sounds(heard).size


@pytest.mark.parametrize(("at", "start_s"), [("0:04", 4.0), ("4.5", 4.5), ("0:00:04", 4.0), ("12", 12.0)])
def test_ten_seconds_from_a_time(unsaid, session: Session, heard: Path, at: str, start_s: float) -> None:
    done = unsaid("replay", "mine", "--at", at)
    assert done.returncode == 0, done.stderr
    assert np.array_equal(sounds(heard), stretch(start_s, min(start_s + 10.0, LENGTH_S)))
    first = done.stdout.splitlines()[0]
    assert first.startswith("0:12 Let's go" if at == "12" else "0:04 Because it is fast")


def test_a_session_that_was_never_audited_can_be_heard(unsaid, session: Session, heard: Path) -> None:
    session.audit.unlink()
    done = unsaid("replay", "mine", "--at", "14")
    assert (done.returncode, done.stdout) == (0, "")
    assert np.array_equal(sounds(heard), stretch(14.0, LENGTH_S))
    without = unsaid("replay", "mine")
    assert without.returncode == 2 and "no audit yet" in without.stderr


def test_half_as_fast_takes_twice_as_long(unsaid, session: Session, heard: Path) -> None:
    done = unsaid("replay", "mine", "--at", "1", "--speed", "0.5", "--output-device", "desk")
    assert done.returncode == 0, done.stderr
    # The silence around it is not told from its own here: the whole file.
    assert np.fromfile(heard, "<i2").size == pytest.approx(20 * 16_000, rel=0.02)


def test_no_flags_no_sound(unsaid, session: Session, heard: Path) -> None:
    assert unsaid("dismiss", "mine", 1, 2, 3).returncode == 0
    done = unsaid("replay", "mine")
    assert (done.returncode, done.stdout) == (0, "")
    assert "unsaid replay mine --at 0" in done.stderr
    assert not heard.exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nowhere"], "no session 'nowhere'"),
        (["mine", "--flag", "9"], "no flag '9' in mine"),
        (["mine", "--flag", "Z"], "no flag 'Z' in mine"),
        (["mine", "--at", "0:15"], "0:15 lies outside of the recording of mine"),
        (["mine", "--at", "9:99:99"], "outside of the recording"),
        (["mine", "--at", "-3"], "'-3' is no time"),
        (["mine", "--at", "soon"], "'soon' is no time"),
        (["mine", "--at", "1", "--flag", "1"], "--flag and --at name two moments"),
        (["mine", "--before", "-1"], "--before -1 is no length of time"),
        (["mine", "--after", "nan"], "--after nan is no length of time"),
        (["mine", "--speed", "0"], "nothing can be played at speed 0"),
        (["mine", "--output-device", "Headphones"], "no sound output 'Headphones'"),
    ],
)
def test_wrong_usage_is_told(unsaid, session: Session, heard: Path, args: list[str], says: str) -> None:
    done = unsaid("replay", *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr and "hint: " in done.stderr


def test_without_a_recording_the_audit_can_still_be_read(unsaid, session: Session, heard: Path) -> None:
    session.recording.unlink()
    done = unsaid("replay", "mine", "--flag", 1)
    assert done.returncode == 2
    assert "session mine has no recording" in done.stderr and "unsaid sessions show mine" in done.stderr


def test_without_any_output_it_is_told(unsaid, session: Session, tmp_path: Path) -> None:
    (tmp_path / "none.conf").write_text("pcm.!default { type hw card 99 }\n")
    done = unsaid("replay", "mine", env={"ALSA_CONFIG_PATH": str(tmp_path / "none.conf")})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: no sound output was found\nhint: ")


def test_ctrl_c_stops_the_sound(
    session: Session, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    output(tmp_path, monkeypatch, str(pipe))
    ours = os.open(pipe, os.O_RDWR)  # the output waits for us, so the sound cannot end before Ctrl-C
    playing = subprocess.Popen(
        [*command(), "--workspace", str(workspace), "replay", "mine", "--at", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert playing.stdout is not None
        assert playing.stdout.readline() == "0:01 I will use a hash map here.\n"
        got = 0
        while got < 100_000:
            got += len(os.read(ours, 4096))
        playing.send_signal(signal.SIGINT)
        _, err = playing.communicate(timeout=120)
    finally:
        playing.kill()
        playing.wait()
        os.close(ours)
    assert (playing.returncode, err) == (130, "")
