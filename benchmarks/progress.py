"""What progress promises: ten thousand answers are looked through in two seconds."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import ROOT, Row, by_turns, command, median, unsaid

ANSWERS = 10_000
WARM_LIMIT_S = 2.0
_LONG_AGO_S = 1_700_000_000
_VARIANTS = 40
"""Answers that differ: to audit ten thousand would take minutes."""
_SENTENCES = 60
"""Of an answer: five minutes."""


def progress(repeat: int) -> Iterator[Row]:
    """`unsaid progress` over ten thousand answers of five minutes, with and without its index."""
    with tempfile.TemporaryDirectory(prefix="unsaid-bench-") as name:
        space = Path(name)
        folders = _made(space / "sessions")
        said = unsaid("--workspace", str(space), "progress")
        began = time.perf_counter()
        command(*said)()
        cold_s = time.perf_counter() - began
        changed = iter(folders)

        def one_changed() -> None:
            path = next(changed) / "session.json"
            os.utime(path, (_LONG_AGO_S + 1, _LONG_AGO_S + 1))
            command(*said)()

        times = by_turns(
            {
                "warm": command(*said),
                "one changed": one_changed,
                "as JSON": command(*said, "--json"),
                "as a page": command(*said, "--html", str(space / "page.html")),
                "help": command(*unsaid("--help")),
            },
            repeat,
        )
    what = f"progress over {ANSWERS:,} answers"
    yield Row(f"{what}, warm", median(times["warm"].wall), "s", WARM_LIMIT_S, times)
    for job in ("one changed", "as JSON", "as a page"):
        yield Row(f"  {job}", median(times[job].wall), "s")
    yield Row("  cold: every answer is read, once", cold_s, "s")
    yield Row("  unsaid --help", median(times["help"].wall), "s")


def _made(folder: Path) -> list[Path]:
    sys.path.insert(0, str(ROOT / "tests"))
    import synthetic

    def put(path: Path, text: str) -> None:
        path.write_text(text, encoding="utf-8")
        os.utime(path, (_LONG_AGO_S, _LONG_AGO_S))

    sessions = synthetic.many(ANSWERS, weeks=260, variants=_VARIANTS, sentences=_SENTENCES)
    made: list[Path] = synthetic.write(folder, sessions, put, without=["transcript.json"])
    return made
