"""The review page in a real browser, and what a user does there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from web_support import HANGS_S, PageServer

from support import comes_true

expect.set_options(timeout=HANGS_S * 1000)

FAILS = "I'd go with a token bucket here."
PASSES = "I'd go with a token bucket because it lets short bursts through, and I'd switch if bursts hurt us."
AWAY = "net::ERR_"
"""What the browser's console says while the server is away."""


@dataclass
class Window:
    """One window on a review, and what happened in it."""

    page: Page
    server: PageServer
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)
    forgiven: list[str] = field(default_factory=list)

    def open(self, link: str | None = None) -> Window:
        """Follow the link that was printed, and wait until the page can be used."""
        self.page.goto(link or self.server.url)
        self.ready()
        return self

    def ready(self) -> None:
        self.until("performance.getEntriesByName('unsaid-ready').length > 0")

    def until(self, condition: str) -> None:
        """Until the JavaScript expression `condition` holds, looked at once a frame."""
        comes_true(self.page, condition)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def time(self) -> float:
        """Where the recording stands, in seconds."""
        return float(self.page.evaluate("document.querySelector('#audio').currentTime"))

    def see(self, selector: str, text: str) -> None:
        """`text` stands there, or soon will."""
        expect(self.page.locator(selector)).to_contain_text(text)

    def badge(self) -> str:
        """The badge of the moment on the card, e.g. `1D1`."""
        return self.page.locator("#card-badge").inner_text()

    def drag_over(self, sentence: int, first: int, last: int) -> None:
        """Drag with the mouse from one word of a sentence to another; sentences and words counted from 1."""
        words = self.page.locator(f"#s{sentence} .w")
        words.nth(first - 1).scroll_into_view_if_needed()
        start, end = words.nth(first - 1).bounding_box(), words.nth(last - 1).bounding_box()
        assert start and end
        self.page.mouse.move(start["x"] + 2, start["y"] + start["height"] / 2)
        self.page.mouse.down()
        self.page.mouse.move(end["x"] + end["width"] - 2, end["y"] + end["height"] / 2, steps=6)
        self.page.mouse.up()

    def forgive(self, *said: str) -> None:
        """What the browser itself says with these words in it is no fault of the page."""
        self.forgiven += said

    @property
    def faults(self) -> list[str]:
        """What the browser complained of."""
        return [said for said in self.errors if not any(known in said for known in self.forgiven)]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


OpenReview = Callable[..., Window]


@pytest.fixture
def open_review(browser: Browser) -> Iterator[OpenReview]:
    """Opens the page of a server: `open_review(server, beside=other)` as a second window of one browser.

    At the end: nothing but this machine was asked, and neither script nor policy complained.
    """
    windows: list[Window] = []
    with ExitStack() as stack:

        def open_(
            server: PageServer, *, beside: Window | None = None, link: str | None = None, **settings: Any
        ) -> Window:
            context: BrowserContext
            if beside is not None:
                context = beside.page.context
            else:
                given = {"viewport": {"width": 1440, "height": 900}, **settings}
                context = stack.enter_context(browser.new_context(**given))
            page = context.new_page()
            window = Window(page, server)
            windows.append(window)
            page.on("request", lambda asked: window.hosts.add(urlsplit(asked.url).hostname or ""))
            page.on("pageerror", lambda error: window.errors.append(str(error)))
            page.on("console", lambda said: window.errors.append(said.text) if said.type == "error" else None)
            return window.open(link)

        yield open_
        for window in windows:
            assert window.hosts <= {"127.0.0.1", ""}
            assert window.faults == [], window.faults
