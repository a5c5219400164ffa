"""Recording through the real PortAudio, from a virtual microphone, in the real process."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from support import missing
from unsaid.audio.incoming import FLOOR_DBFS, Converter, Meter, SampleClock
from unsaid.audio.microphone import Ended, Event, Level, Microphone, Paused, Resumed
from unsaid.audio.take import LOCK_NAME, frames_in
from unsaid.errors import UnsaidError
from virtual_microphone import Mic, microphones, speechlike

LONG_S = 60.0
"""Longer than anything here may take: a test that hangs fails."""


def numbered(duration_s: float) -> np.ndarray:
    """Every sample tells its place: they count up, and begin again after 4 s."""
    return (np.arange(round(duration_s * 16_000)) % 64_000 - 32_000).astype(np.int16)


def samples(take: Path) -> np.ndarray:
    """What is in the file, closed or not."""
    raw = take.read_bytes()[44:]
    return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2")


@pytest.fixture
def take(tmp_path: Path) -> Path:
    return tmp_path / "answer.part.wav"


Heard = Callable[..., Microphone]


@pytest.fixture
def microphone(tmp_path: Path, take: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """`microphone(Mic(...), ..., max_s=5)`: a Microphone on the first of them, killed after the test."""
    made: list[Microphone] = []

    def make(*mics: Mic, device: str | None = None, default: str | None = None, **options: Any) -> Microphone:
        for name, value in microphones(tmp_path / "sound", *mics, default=default).items():
            monkeypatch.setenv(name, value)
        made.append(Microphone(take, device=device or (mics[0].name if mics else None), **options))
        return made[-1]

    yield make
    for each in made:
        each.kill()


def until(mic: Microphone, wanted: Callable[[Event], bool]) -> list[Event]:
    """All events up to the first that is wanted."""
    seen: list[Event] = []
    deadline_s = time.monotonic() + 2 * LONG_S
    while time.monotonic() < deadline_s:
        for event in mic.poll():
            seen.append(event)
            if wanted(event):
                return seen
            assert not isinstance(event, Ended), event
        time.sleep(0.005)
    raise AssertionError(f"never came; the last were {seen[-3:]}")


def written(seconds: float) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Level) and event.at_s >= seconds


def is_a(kind: type[Event]) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, kind)


@contextmanager
def busy_cores() -> Iterator[None]:
    """Twice as many processes as cores, each of which would take a whole core."""
    hogs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2 * os.cpu_count())]
    try:
        yield
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def process_of(mic: Microphone) -> subprocess.Popen[bytes]:
    assert mic._process is not None
    return mic._process


def assert_closed(take: Path) -> None:
    """The header tells the true length, so that any program reads the whole."""
    with wave.open(str(take)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
        assert file.getnframes() == frames_in(take)


# What is recorded is what was said


def test_a_minute_is_recorded_sample_for_sample_while_every_core_is_busy(microphone, take):
    sound = speechlike(70)
    mic = microphone(Mic("Desk", sound))
    with busy_cores():
        mic.start()
        last = until(mic, written(60.0))[-1]
        mic.stop()
        ended = mic.wait(LONG_S)
    recorded, info = soundfile.read(take, dtype="int16")
    assert (ended.reason, info) == ("stopped", 16_000)
    assert len(recorded) >= 60 * 16_000
    assert np.array_equal(recorded, sound[: len(recorded)])
    assert (ended.overflows, ended.dropped_frames, last.overflows) == (0, 0, 0)
    assert ended.at_s == len(recorded) / 16_000
    assert_closed(take)
    assert stat.S_IMODE(take.stat().st_mode) == 0o600


def correlation(recorded: np.ndarray, played: np.ndarray) -> float:
    """Of the two where they fit best, over the whole of `recorded`."""
    n = len(recorded)
    a, b = recorded.astype(float), played.astype(float)
    size = 1 << (n + len(b)).bit_length()
    fit = np.fft.irfft(np.fft.rfft(b, size) * np.conj(np.fft.rfft(a, size)), size)
    at = int(np.argmax(fit[: len(b) - n + 1]))
    return float(np.corrcoef(a, b[at : at + n])[0, 1])


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
def test_a_microphone_that_knows_no_16_khz_is_resampled(microphone, take, rate_hz):
    sound = speechlike(12)
    at = np.arange(12 * rate_hz) / rate_hz * 16_000
    # Far below the highest frequency that either rate can hold, so straight lines are true enough.
    high = np.interp(at, np.arange(len(sound)), sound).astype(np.int16)
    mic = microphone(Mic("Old", high, rate_hz=rate_hz, speed=5.0))
    assert mic.start().rate_hz == rate_hz
    until(mic, written(10.0))
    mic.stop()
    ended = mic.wait(LONG_S)
    recorded = samples(take)
    assert ended.reason == "stopped"
    assert correlation(recorded[:160_000], np.concatenate([sound, np.zeros(32_000, np.int16)])) >= 0.99


def test_a_stereo_microphone_is_recorded(microphone, take):
    sound = speechlike(8)
    mic = microphone(Mic("Pair", np.stack([sound, sound], 1), channels=2, speed=5.0))
    mic.start()
    until(mic, written(4.0))
    mic.stop()
    mic.wait(LONG_S)
    assert np.array_equal(samples(take)[:64_000], sound[:64_000])


def test_the_default_microphone_is_taken_where_none_is_named(microphone, take, tmp_path):
    mic = microphone(Mic("Desk", speechlike(20), speed=5.0), device="default", default="Desk")
    opened = mic.start()
    assert opened.device == "default"
    until(mic, written(1.0))
    mic.stop()
    assert mic.wait(LONG_S).reason == "stopped"
    assert np.abs(samples(take)).max() > 1000


def test_what_was_said_before_the_stop_is_kept(microphone, take):
    mic = microphone(Mic("Desk", numbered(30)))
    mic.start()
    started_s = time.monotonic()  # it was heard before that: the first frames had come
    until(mic, written(0.7))
    stopped_s = time.monotonic()
    mic.stop()
    ended = mic.wait(LONG_S)
    assert ended.reason == "stopped"
    assert ended.at_s >= stopped_s - started_s
    assert ended.at_s == frames_in(take) / 16_000
    assert np.array_equal(samples(take), numbered(30)[: frames_in(take)])


def test_a_pause_leaves_out_what_came_while_it_lasted_and_nothing_else(microphone, take):
    mic = microphone(Mic("Desk", numbered(60)))
    mic.start()
    until(mic, written(0.5))
    mic.pause()
    mic.pause()  # a second one changes nothing
    paused = until(mic, is_a(Paused))[-1]
    for _ in range(8):
        level = until(mic, is_a(Level))[-1]
        assert (level.paused, level.at_s) == (True, paused.at_s)
        assert level.peak_dbfs > FLOOR_DBFS  # the meter still moves
    mic.resume()
    resumed = until(mic, is_a(Resumed))[-1]
    until(mic, written(resumed.at_s + 0.5))
    mic.stop()
    assert mic.wait(LONG_S).reason == "stopped"
    recorded = samples(take)
    join = round(paused.at_s * 16_000)
    assert resumed.at_s == paused.at_s
    steps = np.diff(recorded.astype(int)) % 64_000
    assert list(np.flatnonzero(steps != 1)) == [join - 1]
    left_out_s = (steps[join - 1] - 1) / 16_000
    assert resumed.after_s == pytest.approx(left_out_s, abs=0.05)


def test_begun_paused_it_hears_but_writes_nothing(microphone, take):
    mic = microphone(Mic("Desk", numbered(60)), paused=True)
    mic.start()
    level = until(mic, lambda e: isinstance(e, Level) and e.peak_dbfs > FLOOR_DBFS)[-1]
    assert (level.paused, level.at_s, frames_in(take)) == (True, 0.0, 0)
    mic.resume()
    assert until(mic, is_a(Resumed))[-1].at_s == 0.0
    until(mic, written(0.3))
    mic.stop()
    mic.wait(LONG_S)
    assert set(np.diff(samples(take).astype(int)) % 64_000) == {1}


def test_stopped_while_paused_nothing_is_added(microphone, take):
    mic = microphone(Mic("Desk", numbered(60)))
    mic.start()
    until(mic, written(0.2))
    mic.pause()
    paused = until(mic, is_a(Paused))[-1]
    mic.stop()
    assert mic.wait(LONG_S).at_s == paused.at_s


def test_the_longest_allowed_take_ends_to_the_sample(microphone, take):
    mic = microphone(Mic("Desk", numbered(30), speed=10.0), max_s=2.5)
    mic.start()
    ended = mic.wait(LONG_S)
    assert (ended.reason, ended.at_s, frames_in(take)) == ("limit", 2.5, 40_000)
    assert_closed(take)


def test_levels_tell_loudness_and_clipping(microphone):
    tone = 3276.8 * np.sin(np.arange(16_000 * 30) / 16_000 * 2 * np.pi * 1000)
    tone[8_000:8_020] = 40_000  # 20 samples beyond full scale
    tone[12_000:12_002] = 40_000  # two may be a true peak
    mic = microphone(Mic("Desk", np.clip(np.rint(tone), -32_768, 32_767).astype(np.int16)))
    mic.start()
    until(mic, written(1.2))
    level = until(mic, is_a(Level))[-1]
    assert level.peak_dbfs == pytest.approx(-20.0, abs=0.1)
    assert level.rms_dbfs == pytest.approx(-23.0, abs=0.3)
    assert level.clipped == 20
    assert 0 < level.synced_s <= level.at_s


# Whatever happens to it


@pytest.mark.parametrize("fault", ["gone_s", "stall_s", "dies_s"])
def test_a_device_that_disappears_ends_it_with_all_that_was_heard(microphone, take, fault):
    mic = microphone(Mic("Loose plug", numbered(30), **{fault: 1.0}))
    mic.start()
    ended = mic.wait(LONG_S)
    assert ended.reason == "device-gone"
    assert 0.8 <= ended.at_s <= 1.1
    assert np.array_equal(samples(take), numbered(30)[: frames_in(take)])
    assert_closed(take)
    assert process_of(mic).returncode == 0


def test_killed_it_leaves_all_but_the_last_moment(microphone, take):
    mic = microphone(Mic("Desk", numbered(30)))
    mic.start()
    started_s = time.monotonic()
    last = until(mic, written(1.5))[-1]
    killed_s = time.monotonic()
    process_of(mic).kill()
    ended = mic.wait(LONG_S)
    assert ended.reason == "died"
    assert ended.at_s == frames_in(take) / 16_000
    assert ended.at_s >= last.at_s
    assert ended.at_s >= killed_s - started_s - 1.0
    assert np.array_equal(samples(take), numbered(30)[: frames_in(take)])
    assert mic.poll()[-1] == ended


def test_a_process_that_does_not_end_is_killed(microphone, take):
    mic = microphone(Mic("Desk", numbered(30)))
    mic.start()
    until(mic, written(0.2))
    os.kill(process_of(mic).pid, signal.SIGSTOP)
    mic.stop()
    ended = mic.wait(0.2)
    assert ended.reason == "died"
    assert ended.at_s == frames_in(take) / 16_000 > 0


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_asked_to_end_by_the_system_it_closes_the_take(microphone, take, name):
    mic = microphone(Mic("Desk", numbered(30)))
    mic.start()
    until(mic, written(0.3))
    os.kill(process_of(mic).pid, getattr(signal, name))
    ended = until(mic, is_a(Ended))[-1]
    assert (ended.reason, ended.detail) == ("signal", name)
    assert ended == mic.wait(LONG_S)
    assert_closed(take)


def test_keys_that_the_terminal_sends_to_all_do_not_reach_it(microphone):
    mic = microphone(Mic("Desk", numbered(60)))
    mic.start()
    last = until(mic, written(0.2))[-1]
    for name in (signal.SIGINT, signal.SIGTSTP):
        os.kill(process_of(mic).pid, name)
    until(mic, written(last.at_s + 0.5))
    mic.stop()
    assert mic.wait(LONG_S).reason == "stopped"


PARENT = """
    import os, sys, time
    from pathlib import Path
    from unsaid.audio.microphone import Level, Microphone
    mic = Microphone(Path(sys.argv[1]), device="Desk")
    mic.start()
    while not any(isinstance(e, Level) and e.at_s >= 0.3 for e in mic.poll()):
        time.sleep(0.005)
    print(mic._process.pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_when_the_program_is_gone_the_take_is_closed(take, tmp_path):
    env = microphones(tmp_path / "sound", Mic("Desk", numbered(60)), default=None)
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PARENT), take],
        stdout=subprocess.PIPE,  # the recording process holds no end of it: it ends with the parent
        env={**os.environ, **env},
        timeout=LONG_S,
    )
    capture = int(ran.stdout)
    while Path(f"/proc/{capture}").exists() and b"capture" in Path(f"/proc/{capture}/cmdline").read_bytes():
        time.sleep(0.01)
    assert ran.returncode == -9
    assert frames_in(take) >= 0.3 * 16_000
    assert_closed(take)


def test_nobody_reading_does_not_hold_up_the_recording(take, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    if not hasattr(fcntl, "F_SETPIPE_SZ"):
        pytest.skip("pipes cannot be made small here")
    env = microphones(tmp_path / "sound", Mic("Desk", numbered(300), speed=10.0), default=None)
    options = {"take": str(take), "device": "Desk", "paused": False, "max_s": 7200.0}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "unsaid.audio.capture", json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **env},
    ) as process:
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        while frames_in(take) < 40 * 16_000:  # more levels than the pipe holds
            assert process.poll() is None
            time.sleep(0.01)
        process.stdin.write(b"stop\n")
        process.stdin.flush()
        told = [json.loads(line) for line in process.stdout]
    assert told[0]["event"] == "opened"
    assert (told[-1]["event"], told[-1]["reason"]) == ("ended", "stopped")
    assert told[-1]["at_s"] == frames_in(take) / 16_000
    assert np.array_equal(samples(take), numbered(300)[: frames_in(take)])


def test_what_is_lost_while_the_process_sleeps_is_told(microphone, take):
    mic = microphone(Mic("Desk", numbered(60), buffer_frames=4_000))
    mic.start()
    until(mic, written(0.5))
    process = process_of(mic)
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(2.5)  # longer than the microphone keeps sound, and than the watch on a lost device waits
    os.kill(process.pid, signal.SIGCONT)
    level = until(mic, lambda e: isinstance(e, Level) and e.dropped_frames > 0)[-1]
    mic.stop()
    ended = mic.wait(LONG_S)
    steps = np.diff(samples(take).astype(int)) % 64_000
    lost = int(steps.sum()) - len(steps)
    assert lost > 16_000
    assert ended.reason == "stopped"
    assert ended.dropped_frames == pytest.approx(lost, abs=1_600)
    # What was told at once stands, but for what then came late after all.
    assert level.dropped_frames == pytest.approx(ended.dropped_frames, abs=1_600)


FULL = """
    import json, sys
    from dataclasses import asdict
    from pathlib import Path
    from unsaid.audio.microphone import Microphone
    from unsaid.audio.take import finish, frames_in
    from unsaid.errors import UnsaidError
    take = Path(sys.argv[1]) / "answer.part.wav"
    mic = Microphone(take, device="Desk")
    mic.start()
    ended = mic.wait(60)
    kept = take.read_bytes()
    try:
        finish(take, take.with_name("answer.flac"))
        said = ""
    except UnsaidError as error:
        said = error.message
    same = take.read_bytes() == kept
    left = sorted(p.name for p in take.parent.iterdir())
    Path(sys.argv[2]).write_bytes(kept)
    print(json.dumps({**asdict(ended), "frames": frames_in(take), "said": said, "same": same, "left": left}))
"""


@pytest.mark.parametrize("size", ["300k", "1m"])
def test_a_full_disk_ends_it_and_all_that_was_written_stays(tmp_path, size):
    noise = np.random.default_rng(3).integers(-32_000, 32_000, 16_000 * 120).astype(np.int16)
    env = microphones(tmp_path / "sound", Mic("Desk", noise, speed=20.0), default=None)
    script = tmp_path / "full.py"
    script.write_text(textwrap.dedent(FULL))
    disk, copy = tmp_path / "disk", tmp_path / "copy.wav"
    disk.mkdir()
    line = f"mount -t tmpfs -o size={size} none {disk} && exec {sys.executable} {script} {disk} {copy}"
    try:
        ran = subprocess.run(
            ["unshare", "-rm", "sh", "-c", line],
            capture_output=True,
            text=True,
            timeout=LONG_S,
            env={**os.environ, **env},
        )
    except FileNotFoundError:
        missing("unshare", "install util-linux to test with a small disk")
    if "unshare" in ran.stderr or "mount:" in ran.stderr:
        missing("a small disk", f"it cannot be mounted: {ran.stderr.strip()}")
    told = json.loads(ran.stdout)
    assert told["reason"] == "disk-full"
    assert told["frames"] / 16_000 == told["at_s"] > 6
    assert np.array_equal(samples(copy), noise[: told["frames"]])
    assert_closed(copy)
    assert "the disk is full" in told["said"]
    assert told["same"]
    assert set(told["left"]) - {LOCK_NAME} == {"answer.part.wav"}


def test_a_recording_that_is_there_is_never_written_over(microphone, take, tmp_path):
    take.write_bytes(b"precious")
    with pytest.raises(UnsaidError, match="already"):
        microphone(Mic("Desk", numbered(5))).start()
    options = {"take": str(take), "device": "Desk", "paused": False, "max_s": 7200.0}
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "unsaid.audio.capture", json.dumps(options)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LONG_S,
    )
    assert json.loads(ran.stdout)["event"] == "failed"
    assert take.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("mics", "device", "said"),
    [
        ((), None, "no microphone"),
        ((Mic("Desk", numbered(1)),), "Sofa", "no microphone 'Sofa'"),
        ((Mic("Desk", numbered(1), opens=1),), "Desk", "in use"),
        ((Mic("Desk", numbered(1), stall_s=0.00001),), "Desk", "gives no sound"),
        ((Mic("Desk", numbered(1), rate_hz=11_025),), "Desk", None),
    ],
)
def test_a_microphone_that_cannot_be_opened_is_told_and_leaves_nothing(microphone, take, mics, device, said):
    mic = microphone(*mics, device=device)
    if said is None:  # an odd rate of its own is no obstacle
        assert mic.start().rate_hz == 11_025
        return
    with pytest.raises(UnsaidError, match=said) as caught:
        mic.start()
    assert caught.value.hint
    assert not take.exists()


def test_a_folder_that_is_not_there_is_told(microphone, tmp_path, monkeypatch):
    microphone(Mic("Desk", numbered(1)))
    with pytest.raises(UnsaidError, match="no such folder"):
        Microphone(tmp_path / "none" / "a.part.wav", device="Desk").start()
    assert not (tmp_path / "none").exists()


def test_memory_does_not_grow_with_the_recording(microphone):
    if not Path("/proc/self/status").exists():
        pytest.skip("the system does not tell how much memory a process holds")
    mic = microphone(Mic("Desk", speechlike(30), speed=60.0))

    def held_kb() -> int:
        lines = Path(f"/proc/{process_of(mic).pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    mic.start()
    until(mic, written(60))
    early_kb = held_kb()
    until(mic, written(360))
    assert held_kb() - early_kb < 2_000


# The parts that need no device


def blocks(
    clock: SampleClock, *, start_s: float, n: int, rate_hz: float = 16_000, frames: int = 1000
) -> float:
    """n blocks from a microphone whose true rate is `rate_hz`; the time after them."""
    for i in range(n):
        clock.block(start_s + (i + 1) * frames / rate_hz, frames)
    return start_s + n * frames / rate_hz


@given(drift=st.floats(-2e-4, 2e-4))
def test_a_clock_that_runs_a_little_wrong_loses_nothing(drift):
    clock = SampleClock(16_000)
    blocks(clock, start_s=5.0, n=16 * 600, rate_hz=16_000 * (1 + drift))
    assert clock.lost_s == 0.0


@given(gap_s=st.floats(0.1, 100.0))
def test_sound_that_never_came_is_counted(gap_s):
    clock = SampleClock(16_000)
    end_s = blocks(clock, start_s=0.0, n=100)
    blocks(clock, start_s=end_s + gap_s, n=100)
    assert clock.lost_s == pytest.approx(gap_s, abs=0.05)


@given(held_s=st.floats(0.1, 4.0))
def test_sound_that_came_late_is_not_lost(held_s):
    clock = SampleClock(16_000)
    end_s = blocks(clock, start_s=0.0, n=100)
    late = int(held_s * 16)
    for i in range(late):  # what was held back comes all at once
        clock.block(end_s + held_s + i * 0.001, 1000)
    blocks(clock, start_s=end_s + late / 16, n=100)
    assert clock.lost_s == 0.0


def test_a_leak_of_small_losses_adds_up():
    clock = SampleClock(16_000)
    at_s = 0.0
    for _ in range(100):  # 20 ms lost every second: each by itself would be jitter
        at_s = blocks(clock, start_s=at_s, n=16) + 0.02
    assert clock.lost_s == pytest.approx(2.0, abs=0.2)


@given(st.lists(st.integers(0, 6), max_size=30), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_clipping_is_counted_alike_however_the_sound_is_cut(runs, sizes):
    row = []
    for n in runs:
        row += [32_767] * n + [5]
    sound = np.array(row, np.int16).reshape(-1, 1)
    whole, cut = Meter(), Meter()
    whole.feed(sound)
    at = i = 0
    while at < len(sound):
        cut.feed(sound[at : at + sizes[i % len(sizes)]])
        at += sizes[i % len(sizes)]
        i += 1
    assert whole.clipped == sum(n for n in runs if n >= 3)
    assert cut.clipped == whole.clipped


def test_digital_silence_has_the_lowest_level():
    meter = Meter()
    meter.feed(np.zeros((100, 2), np.int16))
    assert meter.take() == (FLOOR_DBFS, FLOOR_DBFS)
    assert meter.take() == (FLOOR_DBFS, FLOOR_DBFS)
    meter.feed(np.array([[-32_768], [0]], np.int16))
    assert meter.take()[0] == 0.0


def test_channels_are_mixed():
    pair = np.array([[100, 200], [-300, 100], [32_767, 32_767], [-32_768, -32_768]], np.int16)
    assert Converter(16_000).convert(pair).tolist() == [150, -100, 32_767, -32_768]


@given(
    st.lists(st.integers(1, 3000), min_size=1, max_size=30), st.sampled_from([8_000, 44_100, 48_000, 96_000])
)
def test_resampling_keeps_the_length_however_the_sound_is_cut(sizes, rate_hz):
    sizes = [200, *sizes]  # less than a few milliseconds in all is too short to be resampled
    converter = Converter(rate_hz)
    made = sum(len(converter.convert(np.zeros((n, 1), np.int16))) for n in sizes) + len(converter.flush())
    assert made == pytest.approx(sum(sizes) * 16_000 / rate_hz, abs=2)
