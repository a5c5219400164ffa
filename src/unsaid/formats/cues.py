"""What SRT and VTT share: time ranges, and cues turned to segments."""

from __future__ import annotations

import re
from dataclasses import dataclass

ARROW = "-->"

_TIME = r"(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})(?:[,.]([0-9]{1,9}))?"
TIME = re.compile(_TIME)
_RANGE = re.compile(rf"\s*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
TIME_HINT = "A time range looks like 00:00:12,340 --> 00:00:15,800."


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue as it stands in the file."""

    line: int
    """Line of its time range, from 1."""
    start_s: float
    end_s: float
    lines: tuple[str, ...]


def seconds(hours: str | None, minutes: str, secs: str, fraction: str | None) -> float:
    """A time of day as seconds. Raises ValueError where minutes or seconds pass 59."""
    if int(minutes) > 59 or int(secs) > 59:
        raise ValueError("minutes and seconds go up to 59")
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(secs)
    return float(f"{whole}.{fraction}") if fraction else float(whole)


def time_range(line: str) -> tuple[float, float] | None:
    """The times in a line such as `00:00:12,340 --> 00:00:15,800`; None where it is no such line.

    Raises ValueError where it is one, and a time is impossible.
    """
    match = _RANGE.fullmatch(line)
    if match is None:
        return None
    g = match.groups()
    return seconds(g[0], g[1], g[2], g[3]), seconds(g[4], g[5], g[6], g[7])


def stamp(time_s: float, point: str) -> str:
    """`time_s` as `HH:MM:SS` + `point` + milliseconds."""
    ms = max(0, round(time_s * 1000))
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{point}{ms % 1000:03d}"
