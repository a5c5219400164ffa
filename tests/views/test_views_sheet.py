"""The rewrite sheet: only what is worth saying again, before and after, to read, to cover and to print."""

from __future__ import annotations

import io
import re

import pytest
import views_support as support
from markdown_it import MarkdownIt
from playwright.sync_api import expect
from rich.cells import cell_len
from rich.console import Console

from unsaid.model import Audit, Outcome
from unsaid.review.state import reported
from unsaid.sessions.review import Review
from unsaid.views.html import sheet as page_of
from unsaid.views.sheet import BLANK, entries, markdown, print_sheet, summary
from unsaid.views.wording import share_rows, visible

REWRITE = "I put it first because every request passes there."


def printed(audit: Audit, outcome: Outcome, width: int = 100, *, hide: bool = False) -> str:
    out = io.StringIO()
    print_sheet(Console(file=out, width=width), audit, outcome, title="demo", hide=hide)
    return out.getvalue()


def test_only_what_was_kept_marked_or_rewritten_is_on_it_in_order_of_time() -> None:
    audit, outcome = support.reviewed()
    found = entries(audit, outcome)
    assert [e.label for e in found] == ["[own:D]", "1 [A1]", "2 [D2]", "[own:A]", "5 [A4]", "4 [D3]"]
    assert [bool(e.now) for e in found] == [False, False, True, True, True, False]
    assert found[4].missing == (support.STILL,)
    assert found[2].said == "I'll use a token bucket here.", "the whole sentence"
    assert summary(found) == "6 moments, 3 rewritten (2 pass)."
    fresh = reported(support.small(), Review())
    assert entries(*fresh) == ()


def test_the_terminal_has_before_after_and_what_is_missing() -> None:
    audit, outcome = support.reviewed()
    text = printed(audit, outcome)
    assert f"   said  I'll use a token bucket here.\n   now   {REWRITE}  (passes)\n" in text
    assert f"   now   {REWRITE}  (does not pass yet)\n         {support.STILL}\n" in text
    assert "   say   I chose ___ because ___.\n         not rewritten yet\n" in text
    assert "probably be fast enough" not in text, "it was dismissed"
    for row in share_rows(outcome.shares):
        assert re.search(rf"^{row.label} +{re.escape(row.sentence)}$", text, re.MULTILINE)


@pytest.mark.parametrize("view", ["terminal", "markdown"])
def test_hidden_it_gives_nothing_of_the_rewrites_away(view: str) -> None:
    audit, outcome = support.reviewed()
    text = (
        printed(audit, outcome, hide=True)
        if view == "terminal"
        else markdown(audit, outcome, title="demo", hide=True)
    )
    shown = text.replace("\\_", "_")
    assert shown.count(BLANK) == 6
    for given_away in (REWRITE, support.STILL, "because", "passes", "with the rewrites"):
        assert given_away not in shown
    assert "I'll use a token bucket here." in shown


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("hide", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, hide: bool) -> None:
    audit, outcome = support.reviewed(support.HOSTILE * 2, support.HOSTILE, support.HOSTILE)
    text = printed(audit, outcome, width, hide=hide)
    assert all(cell_len(line) <= width for line in text.splitlines())
    assert not set(text) & set("\x1b\x07\u202e\u202c")


def test_markdown_is_read_back_by_a_parser() -> None:
    audit, outcome = support.reviewed(support.HOSTILE, support.HOSTILE)
    text = markdown(audit, outcome, title=support.HOSTILE)
    lines = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "inline":
            lines.append("".join(child.content for child in token.children or []))
    told = " ".join(visible(support.HOSTILE).split())
    assert f"Now: {told} (passes)" in lines
    assert f"Now: {told} (does not pass yet)" in lines
    assert "Said: I'll use a token bucket here." in lines
    assert "2 [D2] unexplained choice, 0:14" in lines
    assert not re.search(r"<(script|img|a)\b", MarkdownIt("commonmark").render(text))
    assert not set(text) & set("\x1b\x07\u202e")


def test_with_nothing_to_practise_it_says_so() -> None:
    audit, outcome = reported(support.small(), Review())
    for text in (printed(audit, outcome), markdown(audit, outcome, title="t")):
        assert "Nothing was kept, marked or rewritten yet." in text
    page = page_of.render(audit, outcome, title="t", audio_url="a.flac")
    assert "Nothing was kept, marked or rewritten yet." in page and "<audio" not in page


def test_without_times_there_are_none_on_it() -> None:
    audit, outcome = support.reviewed(timing="none")
    page = page_of.render(audit, outcome, title="t", audio_url="a.flac")
    texts = (printed(audit, outcome), markdown(audit, outcome, title="t"), page.split("<body>")[1])
    for text in texts:
        assert not re.search(r"\d:\d\d", text) and "sentence 3" in text


# The page


def opened_sheet(open_page, case=None, *, hide: bool = False, **more):
    audit, outcome = case or support.reviewed()

    def written(url: str | None) -> str:
        return page_of.render(audit, outcome, title="Rate limiter", audio_url=url, hide=hide)

    return open_page(audit, written=written, **more)


def test_the_page_has_before_and_after_and_asks_nobody(open_page) -> None:
    opened = opened_sheet(open_page)
    page = opened.page
    assert page.locator(".sheet li").count() == 6
    third = page.locator(".sheet li").nth(2)
    expect(third.locator("h2")).to_have_text("2 D2 unexplained choice")
    expect(third.locator(".said .text")).to_have_text("I'll use a token bucket here.")
    expect(third.locator(".now .text")).to_have_text(REWRITE)
    expect(third.locator(".passed")).to_have_text("✓ passes")
    expect(page.locator(".sheet li").nth(4).locator(".still")).to_have_text(support.STILL)
    expect(page.locator(".shares")).to_contain_text("with the rewrites")
    folder = opened.path.parent.as_uri() + "/"
    asked = {url.removeprefix(folder) for url in opened.requests if not url.startswith("data:")}
    assert asked == {"report.html", "answer.flac"}
    assert opened.errors == []


def test_a_moment_is_heard_and_stops_at_its_end(open_page) -> None:
    opened = opened_sheet(open_page)
    moment = entries(*support.reviewed())[2]
    opened.page.locator(".hear").nth(2).click()
    opened.wait(f"document.querySelector('#audio').currentTime > {moment.start_s}")
    opened.wait("document.querySelector('#audio').paused")
    assert moment.end_s <= opened.time() < moment.end_s + 2
    assert opened.errors == []


def test_the_rewrites_can_be_covered_and_shown_one_by_one(open_page) -> None:
    opened = opened_sheet(open_page)
    page = opened.page
    texts = page.locator(".now .text")
    assert texts.first.is_visible()
    page.get_by_label("Cover what I would say now").check()
    assert not any(texts.nth(n).is_visible() for n in range(texts.count()))
    page.locator(".sheet li").nth(2).get_by_role("button", name="Show").press("Enter")
    expect(page.locator(".sheet li").nth(2).locator(".now .text")).to_be_visible()
    expect(page.locator("#status")).to_have_text(f"{REWRITE} ✓ passes")
    assert sum(texts.nth(n).is_visible() for n in range(texts.count())) == 1
    page.get_by_label("Cover what I would say now").uncheck()
    page.get_by_label("Cover what I would say now").check()
    assert not any(texts.nth(n).is_visible() for n in range(texts.count()))


def test_it_can_begin_covered_and_works_without_javascript(open_page) -> None:
    page = opened_sheet(open_page, hide=True, java_script_enabled=False).page
    texts = page.locator(".now .text")
    assert not texts.first.is_visible()
    page.get_by_label("Cover what I would say now").uncheck()
    assert texts.first.is_visible()
    assert page.locator(".hear:visible, .show:visible").count() == 0


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_it_need_not_be_scrolled_sideways(open_page, width: int) -> None:
    long = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4
    case = support.reviewed(long, long, long)
    page = opened_sheet(open_page, case, viewport={"width": width, "height": 720}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_prints_before_and_after_side_by_side(open_page) -> None:
    page = opened_sheet(open_page, viewport={"width": 680, "height": 900}).page
    page.emulate_media(media="print")
    assert page.locator("button:visible, input:visible, audio:visible").count() == 0
    said, now = (page.locator(f".sheet li:nth-child(3) .{side}").bounding_box() for side in ("said", "now"))
    assert said and now
    assert said["x"] + said["width"] <= now["x"]
    assert said["y"] == now["y"]


@pytest.mark.parametrize("script", [True, False])
def test_hostile_text_is_shown_and_not_obeyed(open_page, script: bool) -> None:
    case = support.reviewed(support.HOSTILE, support.HOSTILE, support.HOSTILE)
    opened = opened_sheet(open_page, case, java_script_enabled=script)
    assert opened.errors == []
    assert opened.page.locator(".now .text").nth(1).text_content() == visible(support.HOSTILE)
    assert opened.page.title().startswith("Rate limiter")
    assert opened.page.locator("body img, body a[href^=http]").count() == 0
    source = opened.path.read_text(encoding="utf-8")
    assert not set(source) & set("\x1b\x07\u202e\u202c") and source.count("<script") == 1


def test_a_recording_elsewhere_is_refused() -> None:
    audit, outcome = support.reviewed()
    with pytest.raises(ValueError, match="may not fetch"):
        page_of.render(audit, outcome, title="t", audio_url="https://example.invalid/a.flac")
