"""What was heard of the whole answer, on the review page: folded away, heard by a click, never in the way."""

from __future__ import annotations

import re

import pytest
from page_support import OpenReview
from playwright.sync_api import expect
from test_web_axe import violations
from web_support import PageServer

PANEL = "#overall"


def test_it_is_folded_and_leaves_the_card_where_it_is(
    still_server: PageServer, open_review: OpenReview
) -> None:
    review = open_review(still_server)
    page = review.page
    expect(page.locator(f"{PANEL} > summary")).to_contain_text(
        re.compile(r"\d visible, .*· 2:16 of 8:00", re.DOTALL)
    )
    assert page.locator(f"{PANEL} .signals").count() == 0
    before = page.locator("#card").bounding_box()
    page.locator(f"{PANEL} > summary").click()
    expect(page.locator(f"{PANEL} .spent h3")).to_have_text("How the time went: 2:16 of 8:00")
    assert page.locator("#card").bounding_box() == before
    review.press("n")
    assert review.badge().startswith("2")


def test_its_sentences_and_parts_are_heard(still_server: PageServer, open_review: OpenReview) -> None:
    review = open_review(still_server)
    page = review.page
    page.locator(f"{PANEL} > summary").click()
    signal = page.locator(f"{PANEL} .signals > ul > li", has_text="problem framing").first
    signal.locator("summary").first.click()
    link = signal.locator(".places a").first
    starts_s = float(link.get_attribute("data-from") or "nan")
    link.click()
    review.until(f"document.querySelector('#audio').currentTime > {starts_s}")
    assert review.time() < starts_s + 10
    expect(link).to_be_in_viewport()
    part = page.locator(f"{PANEL} .spent-parts a").last
    starts_s = float(part.get_attribute("data-from") or "nan")
    part.click()
    review.until(f"document.querySelector('#audio').currentTime > {starts_s}")
    assert "#" not in page.url
    # The keys of the review go on.
    review.press("p")
    review.until("document.querySelector('#audio').paused")


def test_without_sound_they_lead_to_their_sentences(serve_page, open_review: OpenReview) -> None:
    review = open_review(serve_page("--no-audio"))
    page = review.page
    page.locator(f"{PANEL} > summary").click()
    page.locator(f"{PANEL} .spent-parts a").last.click()
    sentence = page.url.rpartition("#")[2]
    assert re.fullmatch(r"s\d+", sentence)
    expect(page.locator(f"#{sentence}")).to_be_in_viewport()
    expect(page.locator("#card")).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_it_is_for_everybody(
    still_server: PageServer, open_review: OpenReview, width: int, theme: str
) -> None:
    review = open_review(
        still_server,
        viewport={"width": width, "height": 844},
        color_scheme=theme,
        has_touch=width < 500,
        reduced_motion="reduce",
    )
    review.page.locator(f"{PANEL} > summary").click()
    expect(review.page.locator(f"{PANEL} .spent h3")).to_be_visible()
    review.page.evaluate("document.querySelectorAll('#overall details').forEach((d) => (d.open = true))")
    assert violations(review, "the whole answer") == []
    assert review.overflow() <= 0
