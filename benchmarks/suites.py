"""What is measured, one function a promise."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import answers, bare_whisper, page, progress, recording
from benchmarks.measure import (
    MODEL,
    SAMPLE,
    Failed,
    Row,
    Times,
    by_turns,
    command,
    exponent,
    median,
    paired_ratio,
    unsaid,
)

START_LIMIT = 3.0
HOUR_LIMIT_S = 0.5
HOUR_OVER_MINUTE_LIMIT_S = 0.35
"""Promised are 0.3 s on the machine of docs/performance.md; the rest is for a slower one."""
GROWTH_LIMIT = 1.15
"""An exponent of 1 is linear; the rest is for what fits in no cache."""
SOUND_LIMIT = 1.10
DEMO_LIMIT_S = 30.0


def start(repeat: int) -> Iterator[Row]:
    """`unsaid --help` over `python -c "import click"`."""
    times = by_turns(
        {
            "unsaid --help": command(*unsaid("--help")),
            "import click": command(sys.executable, "-c", "import click"),
        },
        5 * repeat,
    )
    ratio = paired_ratio(times["unsaid --help"].wall, times["import click"].wall)
    yield Row("unsaid --help over python -c 'import click'", ratio, "×", START_LIMIT, times)
    yield Row("unsaid --help", median(times["unsaid --help"].wall), "s")


def transcript(repeat: int) -> Iterator[Row]:
    """The audit of a one-hour transcript beyond start-up, and how it grows with the length.

    Start-up is what the same command takes for an answer of a minute: the language and the learnt weights
    are loaded by then. `unsaid --help` loads none of it.
    """
    with tempfile.TemporaryDirectory(prefix="unsaid-bench-") as folder:
        minute = Path(folder) / "1min.json"
        minute.write_text(answers.transcript(1 / 60), encoding="utf-8")
        files = {}
        for hours in (1, 4, 16):
            files[hours] = Path(folder) / f"{hours}h.json"
            files[hours].write_text(answers.transcript(hours), encoding="utf-8")
        space = ("--workspace", folder)
        as_json = ("--format", "json", "--quiet")
        times = by_turns(
            {
                "1 h": command(*unsaid(*space, "audit", str(files[1]), *as_json)),
                "1 min": command(*unsaid(*space, "audit", str(minute), *as_json)),
                "help": command(*unsaid("--help")),
            },
            3 * repeat,
        )
        for name, start, limit_s in (
            ("that of 1 min", "1 min", HOUR_OVER_MINUTE_LIMIT_S),
            ("unsaid --help", "help", HOUR_LIMIT_S),
        ):
            beyond_s = median([a - b for a, b in zip(times["1 h"].wall, times[start].wall, strict=True)])
            yield Row(f"audit of a 1 h transcript, beyond {name}", beyond_s, "s", limit_s, times)
        stages: dict[int, list[dict[str, float]]] = {hours: [] for hours in files}
        for n in range(repeat + 1):
            for hours, path in files.items():
                if n or hours == 1:  # the first time over warms up
                    stages[hours].append(_audit_in_process(path))
        stages[1].pop(0)
        totals = {hours: median([sum(s.values()) for s in runs]) for hours, runs in stages.items()}
        for stage in stages[1][0]:
            yield Row(
                f"  1 h in process: {stage}, processor time", median([s[stage] for s in stages[1]]), "s"
            )
        for hours, total_s in totals.items():
            yield Row(f"  {hours} h in process, processor time", total_s, "s")
        yield Row(
            "growth of the audit from 1 h to 16 h, exponent",
            exponent(list(totals), list(totals.values())),
            "",
            GROWTH_LIMIT,
        )


def _audit_in_process(path: Path) -> dict[str, float]:
    """Processor seconds of each stage: other work on the machine must not look like growth."""
    from unsaid.audit import audit
    from unsaid.formats import audit_json, read_file

    marks = [time.process_time()]
    heard = read_file(path)
    marks.append(time.process_time())
    found = audit(heard, heard.prompt)
    marks.append(time.process_time())
    audit_json.dumps(found, {})
    marks.append(time.process_time())
    return dict(
        zip(
            ("reading", "audit", "writing"),
            (b - a for a, b in pairwise(marks)),
            strict=True,
        )
    )


def sound(repeat: int) -> Iterator[Row]:
    """`unsaid audit` on the sample answer over the bare faster-whisper call with the same options."""
    if not SAMPLE.is_file() or not (MODEL / "model.bin").is_file():
        raise Failed("the sample answer or the sample model is not here")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line sets it for itself
    bare = bare_whisper.load(str(MODEL))
    ours = _Ours()
    jobs: Mapping[str, Callable[[], object]] = {
        "unsaid": ours.run,
        "bare": lambda: bare_whisper.transcribe(bare, str(SAMPLE)),
    }
    times = by_turns(jobs, 2 * repeat)
    ratio = paired_ratio(times["unsaid"].wall, times["bare"].wall)
    yield Row("sound to audit over bare faster-whisper, models loaded", ratio, "×", SOUND_LIMIT, times)
    for stage, seconds in ours.stages().items():
        yield Row(f"  in process: {stage}", seconds, "s")
    yield Row("  in process: bare faster-whisper", median(times["bare"].wall), "s")

    with tempfile.TemporaryDirectory(prefix="unsaid-bench-") as folder:
        long = Path(folder) / "long.flac"
        _repeat(SAMPLE, 4, long)
        for recording, said, rounds in ((SAMPLE, "2 min", 2 * repeat), (long, "9 min", repeat)):
            times = _commands(recording, folder, rounds)
            ratio = paired_ratio(times["unsaid audit"].wall, times["bare"].wall)
            what = f"unsaid audit of {said} over a bare faster-whisper script"
            yield Row(what, ratio, "×", SOUND_LIMIT, times)
            for name, runs in times.items():
                yield Row(f"  as commands, {said}: {name}", median(runs.wall), "s")
            ratio = paired_ratio(times["unsaid audit"].processor, times["bare"].processor)
            yield Row(f"  as commands, {said}: processor time, all cores", ratio, "×")


def _commands(recording: Path, folder: str, rounds: int) -> dict[str, Times]:
    """`unsaid audit` in a new workspace and the bare script, by turns."""

    def fresh() -> None:
        space = tempfile.mkdtemp(dir=folder)
        options = ("--model", str(MODEL), "--device", "cpu", "--format", "json", "--quiet")
        command(*unsaid("--workspace", space, "audit", str(recording), *options))()

    bare = command(
        sys.executable,
        "-m",
        "benchmarks.bare_whisper",
        str(recording),
        str(MODEL),
        without="OPENBLAS_NUM_THREADS",
    )
    return by_turns({"unsaid audit": fresh, "bare": bare}, rounds)


def _repeat(recording: Path, times: int, into: Path) -> None:
    """Write `recording` to the file `into`, `times` times over."""
    import numpy as np
    import soundfile

    samples, rate_hz = soundfile.read(recording, dtype="int16")
    soundfile.write(into, np.tile(samples, times), rate_hz)


class _Ours:
    """From the file to the JSON of the audit, the model loaded once."""

    def __init__(self) -> None:
        from unsaid.transcribe.whisper import WhisperTranscriber

        self._transcriber: Any = WhisperTranscriber(MODEL, device="cpu", language="en")
        self._transcriber.load()
        self._runs: list[dict[str, float]] = []

    def run(self) -> None:
        from unsaid.audio.files import decode
        from unsaid.audio.speech import find_speech
        from unsaid.audit import audit
        from unsaid.formats import audit_json
        from unsaid.model import Transcript

        marks = [time.perf_counter()]
        samples = decode(SAMPLE).samples
        marks.append(time.perf_counter())
        speech = find_speech(samples)
        marks.append(time.perf_counter())
        segments = tuple(self._transcriber.transcribe(samples, speech))
        marks.append(time.perf_counter())
        found = audit(Transcript(segments, speech.duration_s, speech.pauses), None)
        audit_json.dumps(found, {})
        marks.append(time.perf_counter())
        names = ("decoding", "speech and pauses", "transcription", "audit")
        self._runs.append(dict(zip(names, (b - a for a, b in pairwise(marks)), strict=True)))

    def stages(self) -> dict[str, float]:
        """Median seconds of each stage, the first run left out."""
        return {name: median([r[name] for r in self._runs[1:]]) for name in self._runs[0]}


def demo(repeat: int) -> Iterator[Row]:
    """`unsaid demo` in a new workspace."""
    with tempfile.TemporaryDirectory(prefix="unsaid-bench-") as folder:

        def fresh() -> None:
            command(*unsaid("--workspace", tempfile.mkdtemp(dir=folder), "demo", "--quiet"))()

        times = by_turns({"unsaid demo": fresh}, repeat, warm_up=False)
    yield Row("unsaid demo in a new workspace", median(times["unsaid demo"].wall), "s", DEMO_LIMIT_S, times)


SUITES: dict[str, Callable[[int], Iterator[Row]]] = {
    "start": start,
    "transcript": transcript,
    "sound": sound,
    "demo": demo,
    "live": recording.live,
    "memory": recording.memory,
    "page": page.page,
    "progress": progress.progress,
}
