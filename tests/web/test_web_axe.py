"""The review page for everybody: axe finds nothing, light and dark, small and large, whatever is open."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_support import AWAY, FAILS, PASSES, OpenReview, Window
from playwright.sync_api import expect
from web_support import PageServer

SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def violations(window: Window, what: str) -> list[str]:
    """What axe objects to, a line each."""
    found: dict[str, Any] = Axe().run(window.page).response
    assert found["passes"], "axe did not run"
    return [
        f"{what}: {each['impact']}: {each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_axe_finds_nothing(page_server: PageServer, open_review: OpenReview, size: str, theme: str) -> None:
    review = open_review(
        page_server,
        viewport=SIZES[size],
        color_scheme=theme,
        has_touch=size == "phone",
        reduced_motion="reduce",
    )
    page = review.page
    found = violations(review, "the card")
    review.press("d")
    found += violations(review, "its reasons")
    review.press("Escape", "f")
    found += violations(review, "its families")
    review.press("Escape", "v")
    review.see("#aloud", "microphone")
    found += violations(review, "saying it aloud")
    review.press("Escape")
    page.locator("#text").fill(FAILS)
    review.see("#check", "Still missing")
    found += violations(review, "a sentence that does not pass")
    page.locator("#text").fill(PASSES)
    review.see("#check", "It passes")
    page.locator("#text").press("Enter")
    review.see("#card-verdict", "passes")
    found += violations(review, "one that passes")
    review.press("Escape", "n", "d", "1", "m")
    expect(page.locator("#popover")).to_be_visible()
    found += violations(review, "the question beside a sentence")
    review.press("u")
    page.evaluate("document.querySelector('#moments').open = true")
    found += violations(review, "a mark of one's own, and the list")
    page.locator(".chip[data-family=A]").click()
    page.locator("#verdicts").select_option("dismissed")
    found += violations(review, "a filter that leaves nothing")
    review.press("?")
    expect(page.locator("#help")).to_be_visible()
    found += violations(review, "the help")
    review.press("Escape")
    page.locator("#finish").click()
    review.see("#end-written", "written anew")
    found += violations(review, "the end")
    assert found == []


def test_axe_finds_nothing_while_the_server_is_away(serve_page, open_review: OpenReview) -> None:
    server = serve_page()
    review = open_review(server, color_scheme="dark")
    server.kill()
    review.press("k")
    review.see("#trouble", "Not saved")
    assert violations(review, "trouble") == []
    review.forgive(AWAY)
