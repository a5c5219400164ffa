"""Signals, time, evidence and conduct, and the prompt's facts: in every view of an answer, and heard by a
click."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
import listened_support as said
import pytest
import views_support as support
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given, settings
from markdown_it import MarkdownIt
from playwright.sync_api import Page, expect
from rich.console import Console

from unsaid.drills.bank import MOST_MINUTES, USUAL_MINUTES, PromptCard
from unsaid.drills.listened import Listened, listen, terms
from unsaid.drills.parts import TECHNICAL, Part
from unsaid.model import CONDUCT_FAMILY, Audit, Prompt
from unsaid.views import html, markdown
from unsaid.views.listened import SIGNS, signal_rows, time_of, whole
from unsaid.views.terminal import print_audit
from unsaid.views.wording import clock, visible

ANSWERS: dict[str, dict[str, Any]] = {
    "design": {"said": said.DESIGN},
    "story": {"said": said.STORY, "kind": "story", "prompt": "Tell of a hard call."},
    "coding": {"said": said.CODING, "kind": "coding", "prompt": "Merge the intervals."},
    "no times": {"said": said.DESIGN, "timed": False},
    "no prompt": {"said": said.CODING, "prompt": None},
}
every_answer = pytest.mark.parametrize("given", ANSWERS.values(), ids=ANSWERS.keys())


def with_notes(
    audit: Audit, message: str = "“best” is a claim; what it was measured against is not heard."
) -> Audit:
    """The same with a note on evidence at its last sentence but one."""
    sentence = audit.sentences[-2]
    made = support.flag("D1", sentence, sentence.text, message=message, name="bare-claim")
    return replace(audit, conduct=(replace(made, code="E1", family=CONDUCT_FAMILY),))


def printed(audit: Audit, listened: Listened | None, width: int = 100, *, colour: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        highlight=False,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
    )
    print_audit(console, audit, title="T", listened=listened)
    return out.getvalue()


def squeezed(text: str) -> str:
    return " ".join(text.split())


# What an answer is heard against


def test_what_was_asked_goes_before_what_the_card_says_now() -> None:
    card = PromptCard("hard-call", "Tell it.", "story", "Hard", "mid", 9.0, signals=("delivery-judgement",))
    own = Prompt("Tell it.", "story", "hard-call", (), ("leadership-and-influence", "second-sight"), 4.0)
    assert (terms(own, card=card).signals, terms(own, card=card).minutes) == (
        ("leadership-and-influence",),
        4.0,
    )
    bare = Prompt("Tell it.", "story", "hard-call")
    assert (terms(bare, card=card).signals, terms(bare, card=card).minutes) == (card.signals, 9.0)
    assert (terms(bare).signals, terms(bare).minutes) == (None, USUAL_MINUTES["story"])
    assert terms(bare, "coding").minutes == USUAL_MINUTES["coding"]
    assert (terms(None).signals, terms(None).minutes, terms(None).kind) == (None, 0.0, None)
    for nonsense in (float("inf"), float("nan"), -3.0, MOST_MINUTES + 1):
        assert terms(replace(bare, minutes=nonsense)).minutes == USUAL_MINUTES["story"]


# The rows


@settings(max_examples=80)
@given(
    st.lists(st.tuples(st.sampled_from(TECHNICAL), st.floats(0, 900)), min_size=1, max_size=9),
    st.floats(0, 60),
    st.booleans(),
)
def test_the_bar_holds_all_parts_side_by_side(
    lengths: list[tuple[Any, float]], minutes: float, timed: bool
) -> None:
    _, listened = said.heard(said.DESIGN)
    at_s, parts = 0.0, []
    for name, length_s in lengths:
        parts.append(Part(name, 0, 0, at_s, at_s + length_s, int(length_s), timed))
        at_s += length_s
    time = time_of(replace(listened, parts=tuple(parts), minutes=minutes))
    assert time is not None
    for before, after in zip(time.parts, time.parts[1:], strict=False):
        assert after.x == pytest.approx(before.x + before.width, abs=0.01)
    assert time.parts[0].x == 0 and time.end <= 100.001
    assert all(p.width >= 0 and 0 <= p.share <= 1.001 for p in time.parts)
    if timed and at_s > 0:
        assert sum(seconds(p.took) for p in time.parts) == int(at_s)
        assert time.end == pytest.approx(100 * min(1, at_s / max(at_s, minutes * 60)), abs=0.05)
        assert (time.limit is not None) == (0 < minutes * 60 < at_s)
    else:
        assert not time.left and time.limit is None
        assert not any(":" in f"{p.took}{p.where}" for p in time.parts)


def seconds(took: str) -> int:
    out = 0
    for each in took.split(":"):
        out = out * 60 + int(each)
    return out


def test_nobody_listened_or_nothing_was_said() -> None:
    audit, listened = said.heard(said.DESIGN)
    silent = replace(audit, sentences=(), flags=())
    assert signal_rows(audit, None) == () == signal_rows(silent, listened)
    assert time_of(None) is None
    empty = listen(silent, terms(None))
    for text in (
        html.render(silent, title="T", listened=empty),
        markdown.render(silent, title="T", listened=empty),
    ):
        assert "ignal" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.DOTALL)
    assert "Signals" not in printed(silent, empty)


# Markdown, read back


@every_answer
def test_markdown_tells_every_signal_with_its_sentences(given: dict[str, Any]) -> None:
    audit, listened = said.heard(**given)
    text = markdown.render(with_notes(audit), title="T", listened=listened)
    tokens = MarkdownIt("commonmark").parse(text)
    body = [
        squeezed("".join(c.content for c in t.children or [] if c.type in {"text", "code_inline"}))
        for t in tokens
        if t.type == "inline"
    ]
    for row in signal_rows(audit, listened):
        assert squeezed(f"{row.title}, {row.told}") in body
        for place in row.places:
            assert squeezed(f"{place.where} {place.what}: “{place.text}”") in body
    time = time_of(listened)
    assert time is not None and time.title in body
    assert all(f"{p.where} {p.name}: {p.took}, {p.share:.0%}" in body for p in time.parts)
    assert [line for line in body if line in time.notes] == list(time.notes)
    assert any(line.startswith("E1 bare claim, ") for line in body)
    if not given.get("timed", True):
        assert not re.search(r"\d:\d\d", text)


def test_markdown_obeys_no_text() -> None:
    audit, listened = hostile()
    text = markdown.render(audit, title="T", listened=listened)
    for token in MarkdownIt("commonmark").parse(text):
        kinds = {c.type for c in token.children or []}
        assert kinds <= {"text", "code_inline", "strong_open", "strong_close", "em_open", "em_close"}
    assert "\x1b" not in text and "\u202e" not in text


def hostile() -> tuple[Audit, Listened]:
    """An answer that would act, in its sentences, its prompt, its facts and its notes."""
    evil = f"Is the limit for each {support.HOSTILE} user, or for each address?"
    audit, listened = said.heard(
        [evil, *said.DESIGN], prompt=f"Why {support.HOSTILE}?", facts=(support.HOSTILE,)
    )
    first = listened.signals[0]
    shown = replace(first.evidence[0], sentence=0) if first.evidence else None
    heard = (replace(first, evidence=(shown, *first.evidence[1:]) if shown else ()), *listened.signals[1:])
    return with_notes(audit, support.HOSTILE), replace(listened, signals=heard, notes=(support.HOSTILE,))


def test_the_facts_stand_with_the_prompt_in_every_view() -> None:
    audit, listened = said.heard(said.DESIGN, facts=said.FACTS)
    for text, begins in (
        (markdown.render(audit, title="T"), "## Transcript"),
        (printed(audit, listened), "Is the limit"),
        (html.render(audit, title="T"), "</header>"),
    ):
        before = squeezed(text[: text.index(begins)])
        assert all(fact in before for fact in said.FACTS)


# The terminal, in short


@every_answer
def test_the_terminal_tells_levels_and_parts_in_short(given: dict[str, Any]) -> None:
    audit, listened = said.heard(**given)
    text = squeezed(printed(with_notes(audit), listened))
    rows = signal_rows(audit, listened)
    assert all(squeezed(f"{r.title} {r.told}") in text for r in rows if r.asked)
    assert f"Not asked for by this prompt: {', '.join(r.title for r in rows if not r.asked)}." in text
    time = time_of(listened)
    assert time is not None and time.title in text
    assert all(f"{p.name} {p.took} ({p.share:.0%})" in text for p in time.parts)
    assert "E1 bare claim" in text
    short = printed(audit, listened).count("\n") - printed(audit, None).count("\n")
    assert short < 30, "the sentences are for `unsaid signals`"


@pytest.mark.parametrize("width", [20, 40, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    audit, listened = hostile()
    text = printed(audit, listened, width, colour=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "\x1b" not in plain and "\u202e" not in plain
    assert max(len(line) for line in plain.splitlines()) <= width


# The page


def shown(page: Page, selector: str) -> list[str]:
    return [squeezed(text) for text in page.locator(selector).all_inner_texts()]


@every_answer
def test_the_page_tells_signals_and_time(open_page, given: dict[str, Any]) -> None:
    audit, listened = said.heard(**given)
    opened = open_page(with_notes(audit), listened=listened)
    page = opened.page
    rows = signal_rows(audit, listened)
    page.evaluate("document.querySelectorAll('.signals details').forEach((d) => (d.open = true))")
    for row in (r for r in rows if r.asked):
        mine = page.locator(".signals > ul > li", has=page.get_by_text(row.title, exact=True))
        expect(mine.locator(".how-far")).to_contain_text(f"{SIGNS[row.level]} {row.words}")
        expect(mine).to_contain_text(row.why)
        told = mine.locator(".places a").all_inner_texts()
        assert len(told) == len(row.places)
        assert all(place.what in text for place, text in zip(row.places, told, strict=True))
        assert [squeezed(text) for text in mine.locator(".places q").all_text_contents()] == [
            squeezed(place.text) for place in row.places
        ]
    others = ", ".join(r.title for r in rows if not r.asked)
    expect(page.locator(".is-unasked")).to_contain_text(f"Not asked for by this prompt: {others}")
    time = time_of(listened)
    assert time is not None
    expect(page.locator(".spent h2")).to_have_text(time.title)
    assert [text.split()[1] for text in shown(page, ".spent-parts a")] == [p.name for p in time.parts]
    assert shown(page, ".spent-notes li") == list(time.notes)
    # In proportion: a part twice as long is twice as wide.
    bar = page.locator(".spent-bar").bounding_box()
    assert bar is not None
    for part, drawn in zip(time.parts, page.locator(".spent-bar .part").all(), strict=True):
        box = drawn.bounding_box()
        assert box is not None
        assert box["width"] == pytest.approx(bar["width"] * part.width / 100, abs=3)
    expect(page.locator(".conduct li")).to_contain_text("E1 bare claim")
    # Every link leads to a sentence that is there.
    dead = """() => [...document.querySelectorAll(".overall a, .conduct a")]
      .filter((a) => !document.querySelector(a.getAttribute("href"))).length"""
    assert page.evaluate(dead) == 0
    assert opened.errors == []


def test_a_sentence_of_a_signal_is_heard_from_there(open_page) -> None:
    audit, listened = said.heard(said.DESIGN)
    opened = open_page(audit, listened=listened)
    page = opened.page
    row = next(r for r in signal_rows(audit, listened) if r.asked and len(r.places) > 1)
    mine = page.locator(".signals > ul > li", has=page.get_by_text(row.title, exact=True))
    expect(mine.locator(".places").first).to_be_hidden()
    mine.locator("summary").first.click()
    place = row.places[-1]
    mine.locator(".places a").last.click()
    opened.wait(f"document.querySelector('#audio').currentTime > {place.start_s}")
    opened.wait("!document.querySelector('#audio').paused")
    assert opened.time() < place.start_s + 10
    # Who goes from sentence to sentence is not carried away from the list.
    expect(mine.locator(".places a").last).to_be_in_viewport()
    assert page.evaluate("location.hash") == ""
    page.keyboard.press("Space")
    opened.wait("document.querySelector('#audio').paused")
    mine.locator(".places a").first.focus()
    page.keyboard.press("Enter")
    opened.wait(f"document.querySelector('#audio').currentTime < {place.start_s}")
    assert opened.time() >= row.places[0].start_s - 0.1
    assert opened.errors == []


@pytest.mark.parametrize("where", [".spent-parts a", ".spent-bar a"])
def test_a_part_of_the_answer_is_heard_from_there(open_page, where: str) -> None:
    audit, listened = said.heard(said.DESIGN, minutes=0.8)
    opened = open_page(audit, listened=listened)
    time = time_of(listened)
    assert time is not None and len(time.parts) > 1
    opened.page.locator(where).nth(1).click()
    opened.wait(f"document.querySelector('#audio').currentTime > {time.parts[1].start_s}")
    assert opened.time() < time.parts[1].start_s + 10
    assert opened.errors == []


def test_a_note_on_evidence_is_heard_from_there(open_page) -> None:
    audit, listened = said.heard(said.STORY, "story")
    audit = with_notes(audit)
    opened = open_page(audit, listened=listened)
    opened.page.locator(".conduct a").click()
    opened.wait(f"document.querySelector('#audio').currentTime > {audit.conduct[0].start_s}")


@pytest.mark.parametrize("script", [True, False])
def test_without_sound_or_script_a_click_goes_to_the_sentence(open_page, script: bool) -> None:
    audit, listened = said.heard(said.DESIGN * 6)
    opened = open_page(audit, listened=listened, sound=False, java_script_enabled=script)
    page = opened.page
    row = next(r for r in signal_rows(audit, listened) if r.asked and r.places)
    page.locator(".signals summary", has_text=re.compile(row.title, re.IGNORECASE)).click()
    page.locator(".signals .places a").first.click()
    assert page.url.endswith(f"#s{row.places[0].number}")
    expect(page.locator(f"#s{row.places[0].number}")).to_be_in_viewport()
    page.locator(".spent-parts a").last.click()
    part = listened.parts[-1]
    assert page.url.endswith(f"#s{part.first + 1}")


def test_most_of_many_sentences_are_folded_away(open_page) -> None:
    audit, listened = said.heard(said.DESIGN * 8)
    opened = open_page(audit, listened=listened)
    row = max(signal_rows(audit, listened), key=lambda r: len(r.places) * r.asked)
    assert len(row.places) > 8
    mine = opened.page.locator(".signals > ul > li", has=opened.page.get_by_text(row.title, exact=True))
    mine.locator("summary").first.click()
    assert mine.locator(".places a:visible").count() == 6
    expect(mine.locator(".more summary")).to_have_text(f"{len(row.places) - 6} more sentences")
    mine.locator(".more summary").click()
    assert mine.locator(".places a:visible").count() == len(row.places)


@pytest.mark.parametrize("script", [True, False])
def test_hostile_text_is_shown_and_not_obeyed(open_page, script: bool) -> None:
    audit, listened = hostile()
    opened = open_page(audit, listened=listened, sound=False, java_script_enabled=script)
    page = opened.page
    assert page.title() == "Rate limiter · unsaid"
    for selector in (".facts li", ".spent-notes li", ".conduct li", ".signals q"):
        assert squeezed(visible(support.HOSTILE)) in squeezed(
            page.locator(selector).first.text_content() or ""
        )
    assert page.locator(".facts *, .spent-notes *, .conduct img, .signals img, .signals script").count() == (
        page.locator(".facts li, .spent-notes li").count()
    )
    assert opened.errors == []


@pytest.mark.parametrize("width", [360, 390])
@every_answer
def test_a_phone_need_not_scroll_sideways(open_page, width: int, given: dict[str, Any]) -> None:
    audit, listened = said.heard(**given)
    opened = open_page(with_notes(audit), listened=listened, viewport={"width": width, "height": 740})
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert opened.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(open_page, theme: str, width: int) -> None:
    audit, listened = said.heard(said.DESIGN * 3, facts=said.FACTS, minutes=1.0)
    opened = open_page(
        with_notes(audit),
        listened=listened,
        viewport={"width": width, "height": 900},
        color_scheme=theme,
        bypass_csp=True,
    )
    opened.page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    found = Axe().run(opened.page).response
    assert found["passes"], "axe did not run"
    mine = [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
    assert mine == []


def test_print_has_the_sentences_too(open_page) -> None:
    audit, listened = said.heard(said.DESIGN)
    opened = open_page(audit, listened=listened)
    opened.page.emulate_media(media="print")
    row = next(r for r in signal_rows(audit, listened) if r.asked and r.places)
    sentence = opened.page.locator(".signals .places q", has_text=row.places[0].text).first
    assert sentence.evaluate("e => e.checkVisibility({contentVisibilityAuto: true}) && e.offsetHeight > 0")
    assert opened.page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_in_a_line() -> None:
    audit, listened = said.heard(said.DESIGN)
    rows, told = signal_rows(audit, listened), whole(audit, listened).summary
    assert told.endswith(f"· {clock(listened.parts[-1].end_s)} of 8:00")
    assert sum(int(n) for n in re.findall(r"(\d+) (?:partly|visible|hidden)", told)) == sum(
        r.asked for r in rows
    )
