"""Taking times: what is compared is run by turns, so that a busy moment hits both, and medians count."""

from __future__ import annotations

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "sessions" / "sample" / "answer.flac"
MODEL = ROOT / "models" / "sample-en"


@dataclass(slots=True)
class Times:
    """Seconds of one job, round by round."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    """Of all cores, this process and the commands that it ran."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure."""

    what: str
    value: float
    unit: str
    """"×", "s", or "" for a bare number."""
    limit: float | None = None
    """The most that it may be; None for a figure that is told only."""
    samples: Mapping[str, Times] = field(default_factory=dict)
    """The times behind it."""

    @property
    def passed(self) -> bool:
        return self.limit is None or self.value <= self.limit


class Failed(Exception):
    """A command that was to be timed failed; the message says how."""


def unsaid(*arguments: str) -> list[str]:
    """The `unsaid` command of this Python's environment."""
    script = Path(sys.executable).with_name("unsaid")
    if script.is_file():
        return [str(script), *arguments]
    return [sys.executable, "-c", "from unsaid.cli import main; main()", *arguments]


def command(*argv: str, without: str = "") -> Callable[[], None]:
    """Something to time: `argv` run to its end, the environment variable `without` not set.

    Raises Failed where it does not end well.
    """
    environment = {k: v for k, v in os.environ.items() if k != without}

    def run() -> None:
        done = subprocess.run(
            argv,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
            check=False,
        )
        if done.returncode:
            raise Failed(f"{' '.join(argv)}: exit {done.returncode}: {done.stderr.strip()[-400:]}")

    return run


def by_turns(
    jobs: Mapping[str, Callable[[], object]], rounds: int, *, warm_up: bool = True
) -> dict[str, Times]:
    """Times of each job in each round; in every other round the order is turned round.

    With `warm_up` each job runs once before, not counted: file caches fill, modules are compiled.
    """
    times = {name: Times() for name in jobs}
    if warm_up:
        for job in jobs.values():
            job()
    for n in range(rounds):
        for name in list(jobs)[:: 1 if n % 2 == 0 else -1]:
            began, spent = time.perf_counter(), _processor_s()
            jobs[name]()
            times[name].wall.append(time.perf_counter() - began)
            times[name].processor.append(_processor_s() - spent)
    return times


def _processor_s() -> float:
    return sum(os.times()[:4])


def median(times: Sequence[float]) -> float:
    return statistics.median(times)


def paired_ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """Median of the ratios round by round: steadier than a ratio of medians on a busy machine."""
    return statistics.median(a / b for a, b in zip(over, under, strict=True))


def exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """The power with which times grow: slope of the least-squares line through the logarithms."""
    xs, ys = [math.log(s) for s in sizes], [math.log(t) for t in times]
    return statistics.linear_regression(xs, ys).slope
