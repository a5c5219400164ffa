"""What the review page promises: there within a second for an hour's answer, and smooth."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import answers
from benchmarks.measure import ROOT, SAMPLE, Failed, Row, median, unsaid

if TYPE_CHECKING:
    from playwright.sync_api import Page

READY_LIMIT_S = 1.0
FRAME_LIMIT_MS = 34.0
"""Two frames of a screen that shows sixty a second: at most one in a row is left out."""
_WATCH_S = 6.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_COLLECT = """() => {
  window.frames_ = [];
  let last = performance.now();
  const next = () => (window.frame_ = requestAnimationFrame(each));
  const each = (now) => { frames_.push(now - last); last = now; next(); };
  requestAnimationFrame((now) => { last = now; next(); });
}"""
_COLLECTED = "() => { cancelAnimationFrame(window.frame_); return window.frames_; }"


def page(repeat: int) -> Iterator[Row]:
    """The review page of an answer of an hour and 9,000 words, in Chromium."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise Failed("Chromium is not here")
    with tempfile.TemporaryDirectory(prefix="unsaid-bench-") as name:
        _make(Path(name))
        with _served(Path(name)) as link, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=list(_QUIET))
            ready_s: list[float] = []
            for n in range(repeat + 1):
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                opened = context.new_page()
                opened.goto(link)
                ready_ms = opened.evaluate(
                    """() => new Promise((done) => {
                      const look = () => {
                        const [mark] = performance.getEntriesByName("unsaid-ready");
                        mark ? done(mark.startTime) : requestAnimationFrame(look);
                      };
                      look();
                    })"""
                )
                if n:  # the first time over warms up
                    ready_s.append(ready_ms / 1000)
                if n < repeat:
                    context.close()
            yield Row("review page of 1 h, 9,000 words: ready", median(ready_s), "s", READY_LIMIT_S)
            yield Row("  the slowest of them", max(ready_s), "s")
            yield from _rows("nothing happens", _frames(opened, lambda: opened.wait_for_timeout(2000)), None)
            yield from _rows("scrolling", _frames(opened, lambda: _scroll(opened)), FRAME_LIMIT_MS)
            yield from _rows("following the sound", _frames(opened, lambda: _follow(opened)), FRAME_LIMIT_MS)
            browser.close()


def _make(space: Path) -> None:
    """A session of an hour, `hour`, in a workspace: the sample's sound over and over, made-up words."""
    import numpy as np
    import soundfile

    from unsaid.formats import read_file

    sys.path.insert(0, str(ROOT / "tests"))
    from made_session import made

    written = space / "hour.json"
    written.write_text(answers.transcript(1), encoding="utf-8")
    heard = read_file(written)
    samples, rate_hz = soundfile.read(SAMPLE, dtype="int16")
    made(space / "sessions", "hour", heard, np.resize(samples, int(heard.duration_s * rate_hz)))


@contextmanager
def _served(space: Path) -> Iterator[str]:
    """The link of a server on the session `hour`."""
    process = subprocess.Popen(
        unsaid("--workspace", str(space), "review", "hour", "--web", "--no-open"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        link = process.stdout.readline().strip()
        if not link.startswith("http://127.0.0.1:"):
            raise Failed(f"no link, but {link!r}")
        yield link
    finally:
        process.kill()
        process.communicate()


def _frames(opened: Page, does: Any) -> list[float]:
    """Milliseconds from frame to frame while `does` runs."""
    opened.evaluate(_COLLECT)
    does()
    return list(opened.evaluate(_COLLECTED))


def _scroll(opened: Page) -> None:
    """Through the transcript with the wheel, down and up again."""
    opened.mouse.move(400, 600)
    for step in range(160):
        opened.mouse.wheel(0, 240 if step < 120 else -600)
        opened.wait_for_timeout(25)


def _follow(opened: Page) -> None:
    """Listen from the middle on."""
    opened.evaluate("document.querySelector('#audio').currentTime = 1800")
    opened.keyboard.press("p")
    opened.wait_for_timeout(_WATCH_S * 1000)
    if not opened.evaluate(
        "document.querySelector('.w.is-lit') && document.querySelector('#audio').currentTime > 1802"
    ):
        raise Failed("the sound does not play")
    opened.keyboard.press("p")


def _rows(what: str, frames_ms: list[float], limit_ms: float | None) -> Iterator[Row]:
    parts = statistics.quantiles(frames_ms, n=100)
    for part in (50, 95, 99):
        limit = limit_ms if part == 95 else None
        yield Row(f"  frames while {what}: p{part} of {len(frames_ms)}", parts[part - 1], "ms", limit)
