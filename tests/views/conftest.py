"""A real browser for the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import views_support as support
from playwright.sync_api import Browser, Page

from support import comes_true
from unsaid.drills.listened import Listened
from unsaid.model import Audit, Outcome
from unsaid.views.html import render


@dataclass
class Opened:
    """A page in the browser, and what happened there."""

    page: Page
    path: Path
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def time(self) -> float:
        """Where the recording stands, in seconds."""
        return float(self.page.evaluate("document.querySelector('#audio').currentTime"))

    def wait(self, condition: str) -> None:
        """Until the JavaScript expression `condition` holds, looked at once a frame."""
        comes_true(self.page, condition)


Open = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Write the page of an audit, with a recording beside it where asked, and open it from its file.

    `written`, from the recording's address to a text, writes another page in its place.
    """
    with ExitStack() as stack:

        def open_(
            audit: Audit,
            *,
            title: str = "Rate limiter",
            sound: bool = True,
            audio_url: str | None = None,
            peaks: list[float] | None = None,
            outcome: Outcome | None = None,
            listened: Listened | None = None,
            written: Callable[[str | None], str] | None = None,
            **context: Any,
        ) -> Opened:
            if sound and audio_url is None:
                audio_url = "answer.flac"
                support.tone(tmp_path / audio_url, audit.transcript.duration_s)
            path = tmp_path / "report.html"
            if written is not None:
                text = written(audio_url)
            else:
                text = render(
                    audit, title=title, audio_url=audio_url, peaks=peaks, outcome=outcome, listened=listened
                )
            path.write_text(text, encoding="utf-8")
            settings: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, **context}
            opened = stack.enter_context(browser.new_context(**settings)).new_page()
            out = Opened(opened, path)
            opened.on("request", lambda request: out.requests.append(request.url))
            opened.on("pageerror", lambda error: out.errors.append(str(error)))
            opened.on(
                "console",
                lambda said: out.errors.append(said.text) if said.type in {"error", "warning"} else None,
            )
            opened.goto(path.as_uri())
            if audio_url is not None and settings.get("java_script_enabled", True):
                out.wait("document.querySelector('#audio').readyState >= 1")
            return out

        yield open_
