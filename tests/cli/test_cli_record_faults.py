"""`unsaid record` while everything goes wrong: no word is lost, whatever ends it.

The real program on a microphone that tells the time: it notes when it was started, by the clock of the whole
system, so that at any moment it is known to the sample how much sound had been played to the program. No two
places of that sound are alike: what was recorded says by itself where it came from. A sample counts as lost
when it was played while the recording was on, as far as its user could know, and is not in the session.

`pytest -m slow` kills fifty recordings; the ordinary run fewer.
"""

from __future__ import annotations

import functools
import json
import os
import pty
import random
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from support import ROOT, command, missing
from unsaid import recording
from unsaid.audio import take
from unsaid.audio.microphone import Ended, Level, Microphone
from unsaid.audio.take import HEADER_BYTES, frames_in
from unsaid.sessions.record import Source, Take, load
from unsaid.sessions.store import Store
from virtual_microphone import Mic, heard_frames, microphones, plugin

RATE_HZ = 16_000
LONG_S = 120.0
"""Longer than anything here may take: what hangs fails."""
MOST_LOST_S = 1.0
SAMPLE = ROOT / "sessions" / "sample" / "answer.flac"
MODEL = ("--model", "sample-en")
KEPT = {"session.json", "answer.flac", ".lock"}
"""All that a finished recording consists of, before it is audited."""


# A sound that tells where it is


@functools.cache
def noise() -> np.ndarray:
    """Three minutes; no four samples come twice."""
    return np.random.default_rng(3).integers(-9000, 9000, 180 * RATE_HZ).astype(np.int16)


@functools.cache
def _noise_index() -> tuple[np.ndarray, np.ndarray]:
    keys = _keys(noise())
    order = np.argsort(keys)
    return keys[order], order


def _keys(samples: np.ndarray) -> np.ndarray:
    """Four samples that follow each other as one number, for each place."""
    wide = samples.astype(np.int64) & 0xFFFF
    return wide[:-3] << 48 | wide[1:-2] << 32 | wide[2:-1] << 16 | wide[3:]


def chunks(recorded: np.ndarray) -> list[tuple[int, int]]:
    """Which frames of `noise` the recording consists of: first and end of each chunk, in order."""
    sound, (keys, order) = noise(), _noise_index()
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(recorded):
        if (rest := recorded[at:]).size < 4:  # written just after a pause: the next place where it fits
            after = found[-1][1] if found else 0
            there = np.lib.stride_tricks.sliding_window_view(sound[after:], rest.size)
            first = after + int(np.flatnonzero((there == rest).all(1))[0])
            return [*found, (first, first + rest.size)]
        key = _keys(recorded[at : at + 4])[0]
        place = int(np.searchsorted(keys, key))
        assert place < len(keys) and keys[place] == key, f"sample {at} was never played"
        first = int(order[place])
        here = recorded[at : at + len(sound) - first]
        same = here == sound[first : first + len(here)]
        count = len(here) if same.all() else int(np.argmin(same))
        found.append((first, first + count))
        at += count
    return found


def lost_frames(due: Iterable[tuple[int, int]], recorded: Iterable[tuple[int, int]]) -> int:
    """How many of the frames that were `due` are in none of the `recorded` chunks."""
    wanted = np.zeros(len(noise()), bool)
    for first, end in due:
        wanted[first:end] = True
    for first, end in recorded:
        wanted[first:end] = False
    return int(wanted.sum())


# A recording that goes on


@functools.cache
def sounds() -> dict[str, Path]:
    """Raw files: "noise", and "speech" (the sample answer)."""
    folder = tempfile.TemporaryDirectory(prefix="unsaid-sounds-")
    _FOLDERS.append(folder)
    speech, _ = soundfile.read(SAMPLE, dtype="int16")
    paths = {name: Path(folder.name) / f"{name}.raw" for name in ("noise", "speech")}
    noise().tofile(paths["noise"])
    speech.tofile(paths["speech"])
    return paths


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


@pytest.fixture(scope="module", autouse=True)
def _made_once() -> None:
    plugin()
    sounds()
    _noise_index()


_WITH_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Recording:
    """`unsaid record` in a process group of its own."""

    def __init__(
        self,
        folder: Path,
        *args: object,
        sound: str = "noise",
        terminal: str = "",
        workspace: Path | None = None,
        tells: int | None = None,
        **mic: Any,
    ) -> None:
        """`terminal`: "" none, "keys" for what is typed, "all" for what is shown as well. `tells`: where its
        standard error goes, instead of a file."""
        folder.mkdir(parents=True, exist_ok=True)
        self.workspace = workspace or folder / "workspace"
        self.mic = Mic("Desk", sounds()[sound], clock=folder / "clock.txt", **mic)
        self.env = {**os.environ, **microphones(folder / "sound", self.mic)}
        self._err = folder / "stderr.txt"
        self._out = folder / "stdout.txt"
        given = ["--workspace", self.workspace, "record", "--input", "Desk", *args]
        line = [*command(), *map(str, given)]
        self._terminal = -1
        with self._err.open("wb") as err, self._out.open("wb") as out:
            streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err}
            if terminal:
                self._terminal, slave = pty.openpty()
                line = [sys.executable, "-I", "-S", "-c", _WITH_TERMINAL, *line]
                streams |= dict.fromkeys(streams, slave) if terminal == "all" else {"stdin": slave}
            if tells is not None:
                streams["stderr"] = tells
            self.process = subprocess.Popen(line, **streams, start_new_session=True, cwd=folder, env=self.env)
            if terminal:
                os.close(slave)

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.hang_up()

    @property
    def said(self) -> str:
        """What it has told on standard error."""
        return self._err.read_text()

    @property
    def printed(self) -> str:
        return self._out.read_text()

    @property
    def folder(self) -> Path | None:
        """The session's folder, once there is one."""
        found = [p for p in (self.workspace / "sessions").glob("*") if not p.name.startswith(".")]
        return max(found) if found else None

    @property
    def frames(self) -> int:
        """How many samples are in the file that grows."""
        return frames_in(self.folder / "answer.part.wav") if self.folder else 0

    def heard(self) -> int:
        """How much has been played to it by now, in frames."""
        return heard_frames(self.mic, time.monotonic())

    def until(self, condition: Callable[[], object]) -> None:
        """Wait; it must not end before."""
        deadline_s = time.monotonic() + LONG_S
        while not condition():
            assert self.process.poll() is None, f"it ended too early: {self.said}"
            assert time.monotonic() < deadline_s, f"it never came: {self.said}"
            time.sleep(0.002)

    def until_recorded(self, seconds: float) -> None:
        self.until(lambda: self.frames >= seconds * RATE_HZ)

    def press(self, keys: str) -> None:
        os.write(self._terminal, keys.encode())

    def hang_up(self) -> None:
        """Close the terminal's window."""
        if self._terminal >= 0:
            os.close(self._terminal)
            self._terminal = -1

    def signal(self, number: signal.Signals, *, group: bool = False) -> None:
        (os.killpg if group else os.kill)(self.process.pid, number)

    def kill(self) -> int:
        """Kill the process group; returns how much had been played until then."""
        heard = self.heard()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(LONG_S)
        return heard

    def wait(self) -> int:
        """Its exit status."""
        return self.process.wait(LONG_S)

    def child(self, module: str) -> int:
        """The number of its child that runs `module`."""
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == self.process.pid and module.encode() in (entry / "cmdline").read_bytes():
                    return int(entry.name)
        raise AssertionError(f"{module} does not run")

    def unsaid(self, *args: object) -> subprocess.CompletedProcess[str]:
        return unsaid_in(self.workspace, *args)


def unsaid_in(workspace: Path, *args: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*command(), "--workspace", str(workspace), *map(str, args)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG_S,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def side_by_side(calls: Iterable[Callable[[], Any]], at_once: int = 4) -> list[Any]:
    with ThreadPoolExecutor(at_once) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def session_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "session.json").read_text())
    return found


def raw_samples(part: Path) -> np.ndarray:
    """What is in a file that was perhaps never closed."""
    raw = part.read_bytes()[HEADER_BYTES:]
    return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2")


def finished_samples(folder: Path, *more: str) -> np.ndarray:
    """The recording of a session of which nothing is unfinished; `more`: files that may be there besides."""
    kept = {p.name for p in folder.iterdir()}
    assert kept - {".lock", *more} == KEPT - {".lock"}, kept
    assert not any((folder.parent / ".unfinished").iterdir())
    samples, rate_hz = soundfile.read(folder / "answer.flac", dtype="int16")
    assert rate_hz == RATE_HZ
    assert session_of(folder)["duration"] == len(samples) / RATE_HZ
    for path in (folder / "answer.flac", folder / "session.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return np.asarray(samples)


# Kills at random moments


@dataclass
class Kill:
    """How one went."""

    moment: str
    due: list[tuple[int, int]] = field(default_factory=list)
    """Frames that were played while the recording was on."""
    lost_s: float = 0.0
    recorded_s: float = 0.0


MOMENTS = ("recording", "pause", "stopping", "start", "finishing", "resumed", "countdown", "recording")


def killed(folder: Path, moment: str, seed: int) -> Kill:
    """Record, kill the group at a moment of that kind, recover, and reckon what is lost."""
    dice = random.Random(seed)

    def pause(most_s: float) -> None:
        """Until a random moment; nothing is waited for."""
        time.sleep(dice.uniform(0, most_s))

    speed = 20.0 if moment == "finishing" else 1.0  # more sound, so that there is more to finish
    live = ["--no-live"] if dice.random() < 0.7 else [*MODEL]
    audit = ["--no-audit"] if "--no-live" in live or dice.random() < 0.5 else []
    countdown_s = 1 if moment == "countdown" else 0
    with Recording(
        folder, "--countdown", countdown_s, *live, *audit, *MODEL, terminal="keys", speed=speed
    ) as run:
        done = Kill(moment)
        begun: int | None = 0
        ended: int | None = None
        counting = 0
        match moment:
            case "start":
                stages: list[Callable[[], object]] = [
                    lambda: True,
                    lambda: run.folder,
                    lambda: run.folder and (run.folder / "answer.part.wav").exists(),
                    lambda: run.heard() > 0,
                ]
                run.until(dice.choice(stages))
                pause(0.3)
            case "countdown":
                run.until(lambda: "starting in" in run.said)
                counting = run.heard()
                pause(2.0)
            case "recording":
                run.until(lambda: run.heard() > 0)
                pause(3.0)
            case "pause" | "resumed":
                run.until(lambda: "recording 0:0" in run.said)
                pause(1.0)
                done.due.append((0, run.heard()))
                run.press("p")
                pause(0.7)
                begun = None
                if moment == "resumed":
                    run.until(lambda: "paused" in run.said)
                    begun = run.heard()
                    run.press("p")
                    run.until(lambda: "recording" in run.said.rpartition("paused")[2])
                    pause(1.0)
            case "stopping" | "finishing":
                run.until(lambda: "recording 0:0" in run.said)
                pause(2.0)
                ended = run.heard()
                if dice.random() < 0.5:
                    run.press("s")
                else:
                    run.signal(signal.SIGINT)
                if moment == "finishing":
                    run.until(lambda: "stopping at" in run.said or run.process.poll() is not None)
                pause(0.15)
        told_begun = "recording" in run.said
        heard = run.kill()
        if begun is not None and (countdown_s == 0 or told_begun):
            # With a countdown nobody knows from outside when it began: what was recorded says it, and where
            # nothing was, the countdown's length.
            done.due.append((begun, min(heard, ended) if ended is not None else heard))
        before = {p: p.read_bytes() for p in (run.folder.iterdir() if run.folder else ())}
        recovered = run.unsaid("recover", "--no-audit")
        assert recovered.returncode == 0, recovered.stderr
        recorded: list[tuple[int, int]] = []
        if run.folder is not None:
            samples = finished_samples(
                run.folder, "transcript.partial.jsonl", "transcript.json", "audit.json"
            )
            for path, was in before.items():
                if path.suffix == ".wav":
                    assert np.array_equal(
                        np.frombuffer(was[HEADER_BYTES : len(was) // 2 * 2], "<i2"), samples
                    )
                if path.suffix == ".flac":
                    assert path.read_bytes() == was
            recorded = chunks(samples)
            assert len(recorded) <= 2, recorded
            assert recorded == sorted(recorded)
        else:
            assert not any(path.suffix == ".flac" for path in before)
        if countdown_s and done.due:
            first = recorded[0][0] if recorded else counting + countdown_s * RATE_HZ
            done.due = [(first, max(first, done.due[0][1]))]
        again = run.unsaid("recover", "--no-audit")
        assert "nothing to recover" in again.stdout, again.stdout
        assert not any((run.workspace / "sessions" / ".unfinished").glob("*"))
        done.lost_s = lost_frames(done.due, recorded) / RATE_HZ / speed
        done.recorded_s = sum(end - first for first, end in recorded) / RATE_HZ
    return done


def kill_many(folder: Path, count: int, seed: int) -> list[Kill]:
    plans = [(folder / str(n), MOMENTS[n % len(MOMENTS)], seed + n) for n in range(count)]
    return side_by_side([functools.partial(killed, *plan) for plan in plans])


def told(kills: list[Kill]) -> str:
    lines = []
    for moment in dict.fromkeys(MOMENTS):
        of_it = [kill for kill in kills if kill.moment == moment]
        if of_it:
            worst = max(kill.lost_s for kill in of_it)
            with_sound = sum(kill.recorded_s > 0 for kill in of_it)
            lines.append(
                f"  {moment:10} {len(of_it):3} kills, {with_sound:3} with sound, worst loss {worst:.3f} s"
            )
    worst = max(kill.lost_s for kill in kills)
    return "\n".join([f"{len(kills)} kills, worst loss {worst:.3f} s", *lines])


def assert_little_is_lost(kills: list[Kill], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + told(kills))
    assert max(kill.lost_s for kill in kills) <= MOST_LOST_S, told(kills)


def test_killed_at_any_moment_at_most_a_second_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert_little_is_lost(kill_many(tmp_path, 8, seed=1), capsys)


@pytest.mark.slow
def test_fifty_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert_little_is_lost(kill_many(tmp_path, 50, seed=100), capsys)


# One process alone


def program_killed(folder: Path) -> None:
    """The process that writes closes the recording by itself."""
    with Recording(folder, "--countdown", 0, *MODEL) as run:
        run.until_recorded(1.5)
        assert run.folder is not None
        part = run.folder / "answer.part.wav"
        run.child("unsaid.audio.capture")
        heard = run.heard()
        run.process.kill()
        run.wait()
        listed = run.unsaid("sessions", "list")
        assert listed.returncode == 0
        assert listed.stderr.count("\n") == 1
        assert f"recovered {run.folder.name}" in listed.stderr
        assert not part.exists()
        recorded = chunks(finished_samples(run.folder, "transcript.partial.jsonl"))
        assert recorded[0][0] == 0 and len(recorded) == 1
        assert lost_frames([(0, heard)], recorded) == 0, "it wrote on until it knew"


def microphone_killed(folder: Path) -> None:
    """The recording ends, and the audit follows."""
    with Recording(folder, "--countdown", 0, *MODEL, sound="speech", speed=6.0) as run:
        run.until_recorded(9)
        heard = run.heard()
        os.kill(run.child("unsaid.audio.capture"), signal.SIGKILL)
        assert run.wait() == 0, run.said
        assert run.folder is not None
        session = session_of(run.folder)
        assert session["take"]["ended"] == "died"
        assert session["duration"] >= heard / RATE_HZ - 6 * MOST_LOST_S
        assert "the recording process ended unexpectedly" in run.said
        assert run.folder.name in run.printed, "the marked-up transcript"
        assert (run.folder / "audit.json").exists()


def listener_killed(folder: Path) -> None:
    """The recording goes on, and is transcribed afterwards."""
    with Recording(folder, "--countdown", 0, *MODEL, sound="speech", speed=6.0) as run:
        run.until_recorded(9)
        os.kill(run.child("unsaid.transcribe.listen"), signal.SIGKILL)
        run.until_recorded(18)
        stopped_s = run.heard() / RATE_HZ
        run.signal(signal.SIGINT)
        assert run.wait() == 0, run.said
        assert "no transcription while recording" in run.said
        assert run.folder is not None
        session = session_of(run.folder)
        assert session["take"]["ended"] == "stopped"
        assert session["duration"] >= stopped_s - 6 * MOST_LOST_S
        transcript = json.loads((run.folder / "transcript.json").read_text())
        assert transcript["segments"][-1]["end"] > 12, "all of it was transcribed afterwards"


def test_each_process_killed_alone(tmp_path: Path) -> None:
    ways = (program_killed, microphone_killed, listener_killed)
    side_by_side([functools.partial(way, tmp_path / way.__name__) for way in ways])


# The next start of any command


def test_the_next_start_of_any_command_finishes_it_and_leaves_a_running_one_alone(tmp_path: Path) -> None:
    with Recording(tmp_path / "cut-off", "--countdown", 0, "--no-live", *MODEL) as run:
        run.until_recorded(1)
        heard = run.kill()
        cut_off = run.folder
        assert cut_off is not None
    with Recording(
        tmp_path / "running", "--countdown", 0, "--no-live", "--no-audit", *MODEL, workspace=run.workspace
    ) as other:
        # That it starts is a start of a command as well.
        other.until(lambda: "recording 0:0" in other.said)
        assert other.said.startswith(f"note: recovered {cut_off.name}: 0:0")
        assert f"`unsaid audit {cut_off.name}` audits it" in other.said.splitlines()[0]
        first = finished_alone(cut_off)
        assert lost_frames([(0, heard)], chunks(first)) <= MOST_LOST_S * RATE_HZ
        (running,) = set(cut_off.parent.glob("2*")) - {cut_off}
        for what in (("sessions", "list"), ("rules",), ("recover", "--no-audit"), ("recover", running.name)):
            done = other.unsaid(*what)
            if what[0] == "recover":
                assert "in use by another run" in done.stderr
                assert done.returncode == (2 if len(what) == 2 and what[1] == running.name else 0)
            else:
                assert (done.returncode, done.stderr) == (0, "")
        size = (running / "answer.part.wav").stat().st_size
        other.until(lambda: (running / "answer.part.wav").stat().st_size > size)
        stopped = other.heard()
        other.signal(signal.SIGINT)
        assert other.wait() == 0
        assert lost_frames([(0, stopped)], chunks(finished_samples(running))) == 0
    assert np.array_equal(finished_alone(cut_off), first)


def finished_alone(folder: Path) -> np.ndarray:
    """The recording of a session, whatever goes on beside it."""
    samples, _ = soundfile.read(folder / "answer.flac", dtype="int16")
    assert not (folder / "answer.part.wav").exists()
    return np.asarray(samples)


# Signals, and a terminal that is closed


def ended_by(
    folder: Path, end: Callable[[Recording], object], status: int, *args: object, terminal: str = ""
) -> str:
    """Record, end it, see that all is there; what it said."""
    with Recording(
        folder, "--countdown", 0, "--no-live", "--no-audit", *args, *MODEL, terminal=terminal
    ) as run:
        run.until_recorded(1)
        heard = run.heard()
        end(run)
        assert run.wait() == status, run.said
        assert run.folder is not None
        recorded = chunks(finished_samples(run.folder))
        # The process that writes may be stopped before it has what was played in the same moment.
        most = MOST_LOST_S * RATE_HZ if end is microphone_stands_still else 0
        assert lost_frames([(0, heard)], recorded) <= most
        assert len(recorded) == 1
        assert session_of(run.folder)["take"]["device"] == "Desk"
        again = run.unsaid("recover", "--no-audit")
        assert "nothing to recover" in again.stdout
        return run.said


def close_the_window(run: Recording) -> None:
    run.hang_up()


def twice(run: Recording) -> None:
    run.signal(signal.SIGINT, group=True)
    run.signal(signal.SIGINT, group=True)


def stood_still(run: Recording) -> None:
    """All of it is stopped for a second, as by a debugger or a suspended container, and goes on."""
    run.signal(signal.SIGSTOP, group=True)
    since = run.heard()
    run.until(lambda: run.heard() > since + RATE_HZ)
    run.signal(signal.SIGCONT, group=True)
    run.until_recorded((since + RATE_HZ) / RATE_HZ)
    run.signal(signal.SIGINT)


def microphone_stands_still(run: Recording) -> None:
    """The process that writes never answers: what it has written counts."""
    os.kill(run.child("unsaid.audio.capture"), signal.SIGSTOP)
    run.signal(signal.SIGINT)


def test_signals_and_a_closed_terminal_end_it_properly(tmp_path: Path) -> None:
    ends: dict[str, tuple[Callable[[Recording], object], int, str]] = {
        "microphone process stood still": (microphone_stands_still, 0, ""),
        "SIGTERM": (lambda run: run.signal(signal.SIGTERM), 128 + signal.SIGTERM, ""),
        "SIGTERM to all": (lambda run: run.signal(signal.SIGTERM, group=True), 128 + signal.SIGTERM, ""),
        "SIGHUP": (lambda run: run.signal(signal.SIGHUP), 128 + signal.SIGHUP, ""),
        "SIGHUP to all": (lambda run: run.signal(signal.SIGHUP, group=True), 128 + signal.SIGHUP, ""),
        "Ctrl-C": (lambda run: run.signal(signal.SIGINT, group=True), 0, ""),
        "Ctrl-C twice": (twice, 0, ""),
        "Ctrl-C typed": (lambda run: run.press("\x03"), 0, "keys"),
        "window closed": (close_the_window, 128 + signal.SIGHUP, "all"),
        "s": (lambda run: run.press("s"), 0, "keys"),
        "Ctrl-Z, then s": (lambda run: run.press("\x1as"), 0, "keys"),
        "stood still": (stood_still, 0, ""),
    }
    calls = {
        name: functools.partial(ended_by, tmp_path / re.sub(r"\W", "-", name), end, status, terminal=terminal)
        for name, (end, status, terminal) in ends.items()
    }
    said = dict(zip(calls, side_by_side(calls.values(), at_once=6), strict=True))
    assert "ended by a signal; next: unsaid audit" in said["SIGTERM"]
    for name in ("Ctrl-C", "Ctrl-C twice", "Ctrl-C typed", "s"):
        assert "recorded 0:0" in said[name], name


def test_ended_before_it_began_nothing_is_left(tmp_path: Path) -> None:
    with Recording(tmp_path, "--countdown", 60, *MODEL) as run:
        run.until(lambda: "starting in" in run.said)
        run.signal(signal.SIGINT, group=True)
        run.wait()
        assert "nothing was kept" in run.said
        assert run.folder is None
        assert not any((run.workspace / "sessions" / ".unfinished").iterdir())


def test_a_microphone_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    with Recording(tmp_path, "--no-live", "--no-audit", "--countdown", "0", stall_s=0.001) as run:
        run.until(lambda: run.folder and (run.folder / ".capture.lock").exists())
        run.signal(signal.SIGINT)
        assert run.wait() == 130
        assert "stopped before anything was recorded" in run.said
        assert run.folder is None


def test_nobody_reads_what_it_tells_any_more(tmp_path: Path) -> None:
    reads, tells = os.pipe()
    with Recording(tmp_path, "--countdown", 0, "--no-live", *MODEL, terminal="keys", tells=tells) as run:
        os.close(tells)
        run.until_recorded(1)
        heard = run.heard()
        os.close(reads)
        run.press("m")
        assert run.wait() != 0
        assert run.folder is not None
        assert lost_frames([(0, heard)], chunks(finished_samples(run.folder))) == 0


# The microphone


def audited_after(folder: Path, says: str, **mic: Any) -> None:
    """The microphone fails after 20 s: it ends, says so, and audits what it heard."""
    with Recording(folder, "--countdown", 0, *MODEL, sound="speech", speed=5.0, **mic) as run:
        assert run.wait() == 0, run.said
        assert says in run.said, run.said
        assert run.folder is not None
        session = session_of(run.folder)
        assert session["take"]["ended"] == "device-gone"
        assert 18 < session["duration"] <= 20.5
        assert any(says in note for note in session["notes"])
        spoken, _ = soundfile.read(SAMPLE, dtype="int16")
        samples, _ = soundfile.read(run.folder / "answer.flac", dtype="int16")
        assert np.array_equal(samples, spoken[: len(samples)])
        assert (run.folder / "audit.json").exists()
        assert run.folder.name in run.printed, "the marked-up transcript"
        assert not (run.folder / "answer.part.wav").exists()


def test_a_microphone_that_fails_ends_the_recording_and_the_audit_follows(tmp_path: Path) -> None:
    says = "the microphone disappeared"
    faults = {"gone": {"gone_s": 20.0}, "stalls": {"stall_s": 20.0}, "dies": {"dies_s": 20.0}}
    side_by_side(
        [functools.partial(audited_after, tmp_path / name, says, **mic) for name, mic in faults.items()]
    )


# Ctrl-C while the rest is transcribed


def ended_while_finishing(folder: Path, number: signal.Signals, says: str) -> None:
    """End it while the rest is transcribed: the recording is finished, the transcript goes on later."""
    with Recording(folder, "--countdown", 0, *MODEL, sound="speech", speed=30.0) as run:
        run.until_recorded(5)
        assert run.folder is not None
        kept = run.folder / "transcript.partial.jsonl"
        run.until(kept.exists)
        listener = run.child("unsaid.transcribe.listen")
        os.kill(listener, signal.SIGSTOP)  # it cannot keep up
        run.until_recorded(90)
        before = kept.read_bytes().count(b"\n")
        run.signal(signal.SIGINT, group=True)
        run.until(lambda: "finishing" in run.said)
        if number == signal.SIGINT:
            os.kill(listener, signal.SIGCONT)
            run.until(lambda: kept.read_bytes().count(b"\n") > before)
        run.signal(number)
        assert (run.wait(), says in run.said) == (128 + number, True), run.said
        assert not (run.folder / "transcript.json").exists()
        assert "nothing to recover" in run.unsaid("recover").stdout
        assert len(finished_samples(run.folder, kept.name)) >= 90 * RATE_HZ
        if number != signal.SIGINT:
            return
        stretches = kept.read_text().splitlines()[1:]
        done = run.unsaid("audit", run.folder.name, *MODEL)
        assert done.returncode == 0, done.stderr
        assert "going on at" in done.stderr
        resumed = (run.folder / "transcript.json").read_text()
        for stretch in stretches:
            for segment in json.loads(stretch)["segments"]:
                assert segment["text"].strip() in resumed
        run.unsaid("audit", run.folder.name, "--force", *MODEL)
        assert (run.folder / "transcript.json").read_text() == resumed, "stopping changes nothing"


def test_ended_while_the_rest_is_transcribed_it_goes_on_later(tmp_path: Path) -> None:
    ends = {
        signal.SIGINT: "goes on from here",
        signal.SIGTERM: "next: unsaid audit",
        signal.SIGHUP: "",  # nobody is there to read it
    }
    side_by_side(
        [
            functools.partial(ended_while_finishing, tmp_path / number.name, number, says)
            for number, says in ends.items()
        ]
    )


# The disk


def on_a_small_disk(folder: Path, size: str, test: Callable[..., None]) -> None:
    """Run `test(folder)`, of this module, where `folder` is a file system of its own."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-rm", "true"]).returncode:
        missing("unshare (with user namespaces)", "install util-linux, or run as a user who may")
    folder.mkdir()
    module = Path(__file__)
    paths = [str(module.parent), str(ROOT / "tests")]
    code = (
        f"import sys; from pathlib import Path; sys.path[:0] = {paths}; "
        f"import {module.stem} as tests; tests.{test.__name__}(Path(sys.argv[1]))"
    )
    line = f'mount -t tmpfs -o size={size} none "$1" && exec "$2" -c "$3" "$1"'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", line, "sh", str(folder), sys.executable, code],
        capture_output=True,
        text=True,
        timeout=LONG_S,
    )
    assert done.returncode == 0, done.stderr


def fill(folder: Path) -> Path:
    """Leave not a byte free on the disk of `folder`."""
    ballast = folder / "something else"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 10))
    return ballast


def disk_fills_up(disk: Path) -> None:
    elsewhere = Path(tempfile.mkdtemp(prefix="unsaid-full-"))
    try:
        with Recording(
            elsewhere, "--countdown", 0, "--no-live", "--no-audit", *MODEL, workspace=disk / "workspace"
        ) as run:
            run.until_recorded(1.5)
            heard = run.heard()
            ballast = fill(disk)
            status = run.wait()
            assert status == 2, run.said
            assert "the disk is full" in run.said
            assert "hint: " in run.said
            assert "Traceback" not in run.said
            assert run.folder is not None
            kept = raw_samples(run.folder / "answer.part.wav")
            assert lost_frames([(0, heard)], chunks(kept)) <= MOST_LOST_S * RATE_HZ
            still = run.unsaid("sessions", "list")
            assert still.returncode == 0
            assert still.stderr.count("\n") == 1
            assert "cannot be finished yet" in still.stderr
            assert "the disk is full" in still.stderr
            refused = run.unsaid("recover", "--no-audit")
            assert refused.returncode == 2
            assert np.array_equal(raw_samples(run.folder / "answer.part.wav"), kept)
            ballast.unlink()
            done = run.unsaid("recover", "--no-audit")
            assert done.returncode == 0, done.stderr
            assert np.array_equal(finished_samples(run.folder), kept)
            session = session_of(run.folder)
            assert session["take"]["ended"] in ("disk-full", "cut-off")
    finally:
        shutil.rmtree(elsewhere)


def disk_is_full(disk: Path) -> None:
    elsewhere = Path(tempfile.mkdtemp(prefix="unsaid-full-"))
    try:
        fill(disk)
        workspace = disk / "workspace"
        with Recording(elsewhere, "--countdown", 0, *MODEL, workspace=workspace) as run:
            assert run.wait() == 2
            assert "the disk is nearly full" in run.said
            assert "hint: " in run.said
            assert not workspace.exists() or not any(workspace.rglob("*.json"))
            assert run.folder is None
    finally:
        shutil.rmtree(elsewhere)


def test_a_disk_that_fills_up_ends_it_and_all_that_was_written_is_kept(tmp_path: Path) -> None:
    on_a_small_disk(tmp_path / "disk", "24m", disk_fills_up)


def test_a_full_disk_is_told_before_anything_is_made(tmp_path: Path) -> None:
    on_a_small_disk(tmp_path / "disk", "24m", disk_is_full)


# Power loss, and runs that were killed in the middle of finishing


def marks_in(run: Recording) -> int:
    return (run.folder / "events.jsonl").read_text().count("mark") if run.folder else 0


@pytest.fixture(scope="module")
def unfinished_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session's folder as it was on the disk while the recording went on, with two marks."""
    folder = tmp_path_factory.mktemp("unfinished")
    with Recording(folder, "--countdown", 0, *MODEL, sound="speech", speed=10.0, terminal="keys") as run:
        run.until_recorded(5)
        run.press("m")
        run.until(lambda: marks_in(run) == 1)
        run.press("m")
        run.until(lambda: marks_in(run) == 2)
        assert run.folder is not None
        partial = run.folder / "transcript.partial.jsonl"
        run.until(lambda: partial.exists() and partial.read_bytes().count(b"\n") >= 3)
        copy = folder / "copy"
        shutil.copytree(run.folder, copy)
    return copy


def as_unfinished(copy: Path, store: Store, name: str) -> Path:
    """A session in `store` that was cut off just so."""
    folder = store.folder / name
    shutil.copytree(copy, folder)
    store.begin_recording(load(folder))
    return folder


@dataclass(frozen=True)
class Torn:
    """What a power cut has left."""

    part: int | None = None
    """Bytes of the sound; None: all."""
    events: int | None = None
    partial: int | None = None
    header: bytes | None = None


def torn_ways(copy: Path) -> Iterator[Torn]:
    dice = random.Random(5)
    sizes = {name: (copy / name).stat().st_size for name in ("answer.part.wav", "events.jsonl")}
    yield Torn()
    yield Torn(header=bytes(HEADER_BYTES))
    yield Torn(part=50, header=bytes(HEADER_BYTES))
    yield Torn(header=(copy / "answer.part.wav").read_bytes()[:40] + b"\xff\xff\xff\x7f")
    for size in (0, 1, 43, 44, 45, 46, 47, 48, 49):
        yield Torn(part=size)
    for _ in range(12):
        yield Torn(
            part=dice.randrange(sizes["answer.part.wav"]), events=dice.randrange(sizes["events.jsonl"] + 1)
        )


def test_after_a_power_cut_every_whole_sample_is_there(unfinished_folder: Path, workspace: Path) -> None:
    store = Store(workspace / "sessions")
    for number, torn in enumerate(torn_ways(unfinished_folder)):
        folder = as_unfinished(unfinished_folder, store, f"cut-{number}")
        part, events = folder / "answer.part.wav", folder / "events.jsonl"
        for path, size in ((part, torn.part), (events, torn.events)):
            if size is not None:
                os.truncate(path, size)
        if torn.header is not None:
            with part.open("r+b") as file:
                file.write(torn.header)
        was = raw_samples(part)
        whole = [line for line in events.read_bytes().split(b"\n") if line.endswith(b"}")]
        marks = sum(b'"mark"' in line for line in whole)
        done = recording.recover(store, folder)
        if not len(was):
            assert done is None
            assert not folder.exists()
            continue
        assert done is not None
        assert np.array_equal(finished_alone(folder), was), torn
        told = session_of(folder)["take"]
        assert (told["ended"], len(told["marks"])) == ("cut-off", marks), torn
    assert store.unfinished() == []
    assert recording.unfinished(store, thorough=True) == []


def test_a_torn_line_of_the_transcript_is_heard_again(unfinished_folder: Path, workspace: Path) -> None:
    store = Store(workspace / "sessions")
    folder = as_unfinished(unfinished_folder, store, "torn")
    partial = folder / "transcript.partial.jsonl"
    os.truncate(partial, partial.stat().st_size - 40)
    done = unsaid_in(workspace, "recover", *MODEL)
    assert done.returncode == 0, done.stderr
    assert "going on at" in done.stderr
    resumed = (folder / "transcript.json").read_text()
    assert unsaid_in(workspace, "audit", folder.name, "--force", *MODEL).returncode == 0
    assert (folder / "transcript.json").read_text() == resumed


def test_killed_in_the_middle_of_finishing_it_is_finished_once(
    unfinished_folder: Path, workspace: Path
) -> None:
    store = Store(workspace / "sessions")
    was = raw_samples(unfinished_folder / "answer.part.wav")

    def encoded(folder: Path) -> None:
        take.finish(folder / "answer.part.wav", folder / "answer.flac", keep=True)

    def linked(folder: Path) -> None:
        encoded(folder)
        os.link(folder / "answer.flac", folder / ".answer.flac.part")

    def half_encoded(folder: Path) -> None:
        (folder / ".answer.flac.part").write_bytes(b"fLaC and no more")

    def saved(folder: Path) -> None:
        recording._finish(store, load(folder), "stopped")
        (folder / ".session.json.abc.tmp").write_text("{")

    def tidied(folder: Path) -> None:
        saved(folder)
        (folder / "answer.part.wav").unlink()

    for state in (encoded, linked, half_encoded, saved, tidied):
        folder = as_unfinished(unfinished_folder, store, state.__name__.replace("_", "-"))
        state(folder)
        before = (folder / "answer.flac").read_bytes() if (folder / "answer.flac").exists() else None
        assert recording.recover(store, folder) is not None
        assert np.array_equal(finished_samples(folder, "transcript.partial.jsonl"), was), state
        assert before is None or (folder / "answer.flac").read_bytes() == before
        assert len(session_of(folder)["take"]["marks"]) == 2, state
        assert recording.unfinished(store, thorough=True) == []


def test_a_recover_that_is_killed_again_and_again(tmp_path: Path, workspace: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    soundfile.write(copy / "answer.part.wav", noise(), RATE_HZ)
    store = Store(workspace / "sessions")
    session = store.create(Source(recording.NAME, "", 0), now=datetime.now(), duration_s=0, take=Take())
    shutil.copy(copy / "answer.part.wav", session.part)
    store.begin_recording(session)
    dice = random.Random(11)
    for _ in range(8):
        process = subprocess.Popen(
            [*command(), "--workspace", str(workspace), "recover", "--no-audit"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(dice.uniform(0.1, 0.5))
        process.kill()
        process.wait()
    assert unsaid_in(workspace, "recover", "--no-audit").returncode == 0
    assert np.array_equal(finished_samples(session.folder), noise())


def test_killed_at_the_very_start_nothing_is_left(workspace: Path, unfinished_folder: Path) -> None:
    store = Store(workspace / "sessions")
    for name in ("empty", "half", "no-sound"):
        (store.folder / name).mkdir(parents=True)
    (store.folder / "half" / ".session.json.xyz.tmp").write_text("{")
    shutil.copy(unfinished_folder / "session.json", store.folder / "no-sound")
    assert unsaid_in(workspace, "recover").returncode == 0
    assert [p.name for p in store.folder.iterdir() if not p.name.startswith(".")] == []


def test_another_recording_in_its_place_is_not_overwritten(unfinished_folder: Path, workspace: Path) -> None:
    folder = as_unfinished(unfinished_folder, Store(workspace / "sessions"), "taken")
    soundfile.write(folder / "answer.flac", noise()[:16000], RATE_HZ)
    before = {p: p.read_bytes() for p in folder.iterdir() if p.suffix in (".flac", ".wav")}
    done = unsaid_in(workspace, "recover", "--no-audit")
    assert done.returncode == 2
    assert "another recording is already there" in done.stderr
    for path, was in before.items():
        assert path.read_bytes()[HEADER_BYTES:] == was[HEADER_BYTES:]


@pytest.mark.parametrize("text", ['{"schema": 1, "id', None, "[]"], ids=["half", "missing", "other"])
def test_a_damaged_session_is_told_and_its_sound_untouched(
    unfinished_folder: Path, workspace: Path, text: str | None
) -> None:
    folder = as_unfinished(unfinished_folder, Store(workspace / "sessions"), "damaged")
    part = folder / "answer.part.wav"
    was = part.read_bytes()
    if text is None:
        (folder / "session.json").unlink()
    else:
        (folder / "session.json").write_text(text)
    for command_line in (("recover",), ("recover", "damaged")):
        done = unsaid_in(workspace, *command_line)
        assert done.returncode == 2
        assert "session.json" in done.stderr
        assert f"`unsaid import {part}`" in done.stderr
    other = unsaid_in(workspace, "rules")
    assert other.returncode == 0
    assert other.stderr.count("\n") == 1
    assert "cannot be finished yet" in other.stderr
    assert part.read_bytes() == was
    assert unsaid_in(workspace, "import", part).returncode == 0
    (made,) = (workspace / "sessions").glob("2*")
    assert np.array_equal(finished_alone(made), raw_samples(part)), "as the hint says"


def test_recovered_by_several_runs_at_once_it_is_done_once(unfinished_folder: Path, workspace: Path) -> None:
    store = Store(workspace / "sessions")
    was = raw_samples(unfinished_folder / "answer.part.wav")
    for number in range(2):
        folder = as_unfinished(unfinished_folder, store, f"many-{number}")
        lines = [("recover", "--no-audit"), ("sessions", "list"), ("recover", "--no-audit"), ("rules",)]
        done = side_by_side([functools.partial(unsaid_in, workspace, *line) for line in lines])
        assert [each.returncode for each in done] == [0, 0, 0, 0], [each.stderr for each in done]
        said = "".join(each.stdout + each.stderr for each in done)
        assert said.count(f"recovered {folder.name}") == 1, said
        assert np.array_equal(finished_samples(folder, "transcript.partial.jsonl"), was)
        assert len(session_of(folder)["take"]["marks"]) == 2


def test_the_disk_keeps_what_is_half_a_second_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in microphones(tmp_path, Mic("Desk", sounds()["noise"])).items():
        monkeypatch.setenv(name, value)
    microphone = Microphone(tmp_path / "answer.part.wav", device="Desk")
    microphone.start()
    levels: list[Level] = []
    while not levels or levels[-1].at_s < 2.5:
        for event in microphone.poll():
            assert not isinstance(event, Ended)
            if isinstance(event, Level):
                levels.append(event)
        time.sleep(0.005)
    microphone.stop()
    microphone.wait(LONG_S)
    block_s = 0.1
    assert max(level.at_s - level.synced_s for level in levels) <= 0.5 + block_s
