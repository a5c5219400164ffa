"""What recording promises: the audit is there when one stops, and two hours take no more memory than one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import MODEL, ROOT, SAMPLE, Failed, Row, unsaid

RATE_HZ = 16_000
LAST_WORD_LIMIT_S = 3.0
SHARE_LIMIT = 0.1
"""After the stop: with transcription meanwhile over transcription afterwards; ten times faster."""
GROWTH_LIMIT_MB = 8.0
"""Of one process from half an hour to two hours; its samples alone would be 350 MB."""
_QUICK = 60.0
"""How many times faster than real time two hours are fed."""


def live(_repeat: int) -> Iterator[Row]:
    """From the end of the last word to the printed audit, on an answer of five minutes."""
    answer, last_word_s = _five_minutes()
    with tempfile.TemporaryDirectory(prefix="unsaid-bench-") as name:
        folder = Path(name)
        mics = _microphones(folder, answer, 1.0, 20.0)
        meanwhile_s, heard = _record(folder / "live", mics, "1x", last_word_s, ("--nudge-after", "0"))
        afterwards_s, again = _record(folder / "later", mics, "20x", last_word_s, ("--no-live",))
    yield Row("last word to printed audit, 5 min, real time", meanwhile_s, "s", LAST_WORD_LIMIT_S)
    yield Row("  the same, transcribed after the stop", afterwards_s, "s")
    yield Row("  meanwhile over afterwards", meanwhile_s / afterwards_s, "×", SHARE_LIMIT)
    yield Row("  words that differ between the two", _differing(again, heard), "", 0.02)


def memory(_repeat: int) -> Iterator[Row]:
    """Memory of each process while two hours are recorded, sixty times faster than they are spoken."""
    import numpy as np

    answer, _ = _five_minutes()
    with tempfile.TemporaryDirectory(prefix="unsaid-bench-") as name:
        folder = Path(name)
        long = np.tile(answer, int(2.2 * 3600 * RATE_HZ / answer.size) + 1)
        mics = _microphones(folder, long, _QUICK)
        process = _start(folder / "space", mics, f"{_QUICK:g}x", ())
        try:
            part = _part(process, folder / "space")
            taken: dict[float, dict[str, float]] = {}
            for minutes in (10.0, 30.0, 60.0, 115.0):
                _wait_for(process, part, minutes * 60)
                taken[minutes] = _least_mb(process.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for who in taken[115]:
        for minutes, sizes in taken.items():
            yield Row(f"  {who}: after {minutes:g} min of sound", sizes[who], "MB")
        growth_mb = taken[115][who] - taken[30][who]
        yield Row(f"{who}: growth from 30 to 115 min", growth_mb, "MB", GROWTH_LIMIT_MB)


def _five_minutes() -> tuple[Any, float]:
    """Samples (int16 [n]) of about five minutes of speech and ten seconds of silence, and where it ends."""
    import numpy as np
    import soundfile

    samples, _ = soundfile.read(SAMPLE, dtype="int16")
    script = json.loads(SAMPLE.with_name("script.json").read_text(encoding="utf-8"))
    whole_s = samples.size / RATE_HZ
    ends_s = [s["end_s"] for s in script["sentences"]]
    last_s = max(end_s for end_s in ends_s if 2 * whole_s + end_s <= 300)
    quiet = np.zeros(10 * RATE_HZ, np.int16)
    tail = samples[: round((last_s + 0.1) * RATE_HZ)]
    return np.concatenate([samples, samples, tail, quiet]), 2 * whole_s + last_s


def _microphones(folder: Path, samples: Any, *speeds: float) -> dict[str, str]:
    sys.path.insert(0, str(ROOT / "tests"))
    import virtual_microphone as virtual

    made: dict[str, str] = virtual.microphones(
        folder, *(virtual.Mic(f"{speed:g}x", samples, speed=speed) for speed in speeds)
    )
    return made


def _start(space: Path, mics: dict[str, str], mic: str, options: tuple[str, ...]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *unsaid("--workspace", str(space), "record", "--input", mic, "--model", str(MODEL)),
            *("--countdown", "0", *options),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env={**os.environ, **mics},
        start_new_session=True,
    )


def _record(
    space: Path, mics: dict[str, str], mic: str, last_word_s: float, options: tuple[str, ...]
) -> tuple[float, list[str]]:
    """Record until the last word is in, press Ctrl-C, wait for the audit: seconds, and the words heard."""
    process = _start(space, mics, mic, options)
    try:
        _wait_for(process, _part(process, space), last_word_s)
        process.send_signal(signal.SIGINT)
        began = time.perf_counter()
        assert process.stdout is not None
        printed, took_s = "", 0.0
        for line in process.stdout:
            printed += line
            if line.startswith("Page:"):  # the last line of the report
                took_s = time.perf_counter() - began
        process.wait()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode or not took_s:
        raise Failed(f"unsaid record ended with {process.returncode}: {printed[-400:]}")
    (transcript,) = space.glob("sessions/*/transcript.json")
    heard = json.loads(transcript.read_text(encoding="utf-8"))
    return took_s, [w["word"].strip() for s in heard["segments"] for w in s["words"]]


def _part(process: subprocess.Popen[str], space: Path) -> Path:
    while not (found := list(space.glob("sessions/*/answer.part.wav"))):
        if process.poll() is not None:
            raise Failed(f"unsaid record ended with {process.returncode} before it began")
        time.sleep(0.01)
    return found[0]


def _wait_for(process: subprocess.Popen[str], part: Path, length_s: float) -> None:
    while part.stat().st_size < 44 + 2 * RATE_HZ * length_s:
        if process.poll() is not None:
            raise Failed(f"unsaid record ended with {process.returncode} while recording")
        time.sleep(0.005)


def _differing(words: list[str], others: list[str]) -> float:
    """The word error rate of `others` against `words`."""
    import jiwer

    return float(jiwer.wer(" ".join(words), " ".join(others)))


def _least_mb(group: int) -> dict[str, float]:
    """The least memory in use over some seconds: what a process holds, not what it works with just then."""
    least: dict[str, float] = {}
    for _ in range(20):
        for who, size_mb in _resident_mb(group).items():
            least[who] = min(size_mb, least.get(who, size_mb))
        time.sleep(0.2)
    return least


def _resident_mb(group: int) -> dict[str, float]:
    """Memory in use by the command and its two processes."""
    found: dict[str, float] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if os.getpgid(int(folder.name)) != group:
                continue
            called = (folder / "cmdline").read_bytes()
            who = (
                "capturing"
                if b"audio.capture" in called
                else "listening"
                if b"listen" in called
                else "screen"
            )
            pages = int((folder / "statm").read_text().split()[1])
            found[who] = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return found
