"""What was said of an answer stands in every view, and the transcript stays as it was."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import hypothesis.strategies as st
import pytest
import views_support as support
from hypothesis import given, settings
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, expect
from rich.cells import cell_len
from rich.console import Console

from unsaid.model import Audit, Dismissal, Keep, Outcome, OwnMark, Rewrite
from unsaid.review.state import reported
from unsaid.sessions.review import Review
from unsaid.views import markdown
from unsaid.views.html import render
from unsaid.views.markup import Run, mark
from unsaid.views.terminal import print_audit
from unsaid.views.wording import measure_rows, share_rows, visible

REWRITE = "I put it first because every request passes there."
BRACES = str.maketrans("", "", "{}[]")
SAID = (
    st.text(min_size=1, max_size=40)
    .map(lambda t: t.translate(BRACES))
    .filter(lambda t: t.strip() and visible(t).split())
)
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@st.composite
def reviews(draw: st.DrawFn, said: st.SearchStrategy[str] = SAID) -> tuple[Audit, Outcome]:
    """Answers with flags on any quote, and a review of any verdicts, marks and rewrites."""
    answer = []
    for text in draw(st.lists(said, min_size=1, max_size=5)):
        marks = []
        for code in draw(st.lists(st.sampled_from(["D1", "A4", "U1"]), max_size=2, unique=True)):
            start = draw(st.integers(0, len(text) - 1))
            marks.append((code, text[start : draw(st.integers(start + 1, len(text)))]))
        answer.append((draw(st.floats(0, 6)), text, marks))
    audit = support.build(answer, timing=draw(st.sampled_from(["word", "segment", "none"])))
    audit = replace(audit, flags=tuple(replace(f, number=n) for n, f in enumerate(audit.flags, 1)))
    texts = st.text(min_size=1, max_size=30)
    tables: dict[str, list[object]] = {"dismissals": [], "kept": [], "marks": [], "rewrites": []}
    for flag in audit.flags:
        key = (flag.code, flag.quote, flag.start_s)
        verdict = draw(st.sampled_from(["open", "kept", "dismissed"]))
        if verdict == "dismissed":
            tables["dismissals"].append(Dismissal(*key, draw(texts)))
        elif verdict == "kept":
            tables["kept"].append(Keep(*key, draw(st.sampled_from(["", "D", "A", "U"]))))
        if draw(st.booleans()):
            missing = tuple(draw(st.lists(texts, max_size=2)))
            tables["rewrites"].append(Rewrite(*key, draw(texts), missing))
    for sentence in audit.sentences:
        if draw(st.booleans()):
            tables["marks"].append(OwnMark(draw(st.sampled_from("DAU")), sentence.text, sentence.start_s))
            if draw(st.booleans()):
                tables["rewrites"].append(Rewrite("own", sentence.text, sentence.start_s, draw(texts)))
    return reported(audit, Review(**{k: tuple(v) for k, v in tables.items()}))  # type: ignore[arg-type]


def printed(audit: Audit, outcome: Outcome | None, width: int = 100, *, colour: bool = False) -> str:
    out = io.StringIO()
    more: dict[str, object] = {"force_terminal": True, "color_system": "truecolor"} if colour else {}
    console = Console(file=out, width=width, no_color=False, **more)  # type: ignore[arg-type]
    print_audit(console, audit, title="t", outcome=outcome)
    return out.getvalue()


def bare(text: str) -> str:
    return "".join(visible(text).split())


# Nothing of the transcript is lost


@settings(deadline=None)
@given(reviews())
def test_the_marks_taken_away_the_layout_is_the_transcript(case: tuple[Audit, Outcome]) -> None:
    audit, outcome = case
    marked = mark(audit, outcome)
    assert marked.text == " ".join(sentence.text for sentence in audit.sentences)
    own = [m for m in outcome.moments if m.flag is None]
    numbers = [item.number for item in marked.flags]
    assert len(set(numbers)) == len(numbers) == len(audit.flags) + len(own)
    assert not set(numbers) & {f.number for f in audit.dismissed}
    closed = [
        item.number
        for block in marked.sentences
        for piece in block.pieces
        if isinstance(piece, Run)
        for item in piece.closes
    ]
    assert sorted(closed) == sorted(numbers), "each is marked once"


@settings(max_examples=60, deadline=None)
@given(reviews(), st.integers(40, 120), st.booleans())
def test_the_marks_taken_away_the_terminal_shows_the_transcript(
    case: tuple[Audit, Outcome], width: int, colour: bool
) -> None:
    audit, outcome = case
    text = ANSI.sub("", printed(audit, outcome, width, colour=colour))
    assert all(cell_len(line) <= width for line in text.splitlines())
    told = text[text.index("\nTranscript ") : text.index("\nFlags ")].partition("\n")[2].partition("\n")[2]
    lines = []
    for line in told.splitlines():
        gutter, said = line[:8], line[8:]
        if gutter.strip():
            lines.append("")
        elif re.fullmatch(r"\s*(╌╌|━━━━) pause [\d.]+ s( ━━━━)?", line):
            continue
        lines[-1] += said
    marks = re.compile(r"\[(\d+:[DAU]\d|own:[DAU]|pause[\d.]+s)\]")
    found = [marks.sub("", "".join(line.split())).translate(BRACES) for line in lines]
    assert found == [bare(s.text) for s in audit.sentences]


class Lines(HTMLParser):
    """The sentences of a page without badges and pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.tags: set[str] = set()
        self._line = self._open = False
        self._mute = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        classes = (dict(attrs).get("class") or "").split()
        if tag == "div" and "line" in classes:
            self._line = True
        elif tag == "p" and self._line:
            self._line, self._open = False, True
            self.lines.append("")
        elif self._open and not self._mute and {"badge", "inner-gap"} & set(classes):
            self._mute = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self._open = False
        if tag == self._mute:
            self._mute = ""

    def handle_data(self, data: str) -> None:
        if self._open and not self._mute:
            self.lines[-1] += data


@settings(max_examples=60, deadline=None)
@given(reviews(st.text(min_size=1, max_size=40).filter(lambda t: t.strip() and visible(t).split())))
def test_the_marks_taken_away_the_page_shows_the_transcript(case: tuple[Audit, Outcome]) -> None:
    audit, outcome = case
    parser = Lines()
    parser.feed(render(audit, title="T", audio_url="a.flac", outcome=outcome))
    assert [bare(line) for line in parser.lines] == [bare(s.text) for s in audit.sentences]
    assert not parser.tags & {"img", "iframe", "b64"}


def shown(text: str) -> list[str]:
    """What a reader sees of each inline stretch of a Markdown document."""
    lines = []
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "inline":
            for child in token.children or []:
                kinds = {"text", "code_inline", "strong_open", "strong_close", "em_open", "em_close"}
                assert child.type in kinds, child
            lines.append("".join(child.content for child in token.children or []))
    return lines


@settings(max_examples=60, deadline=None)
@given(reviews())
def test_the_marks_taken_away_markdown_shows_the_transcript(case: tuple[Audit, Outcome]) -> None:
    audit, outcome = case
    body = shown(markdown.render(replace(audit, prompt=None), title="T", outcome=outcome))
    told = body[body.index("Transcript") + 1 : body.index("Flags")]
    marks = re.compile(r" ?\[(\d+:[DAU]\d|own:[DAU]|pause [\d.]+ s)\]")
    lines = [line for line in told if not re.fullmatch(r"\[pause [\d.]+ s\]", line)]
    found = ["".join(marks.sub("", line.partition(" ")[2]).split()) for line in lines]
    assert found == [bare(s.text) for s in audit.sentences]


# What was said is there


def test_the_terminal_says_verdicts_rewrites_and_shares() -> None:
    audit, outcome = support.reviewed()
    text = printed(audit, outcome)
    flags = text[text.index("\nFlags") : text.index("\nDismissed")]
    assert "{Okay, so I have to build a rate limiter.}[own:D]" in text
    assert "{probably be fast enough}" not in text and "[3:U1]" not in text
    assert "Your review: 4 kept, 1 dismissed, 2 marks of your own, 3 rewritten (2 pass)." in flags
    assert "4 moments still to be said aloud." in flags
    assert re.search(r"^ 1 \[A1\] unexplained choice  0:04  kept$", flags, re.MULTILINE)
    assert re.search(r"^ 4 \[D3\] .*  kept, filed under unbounded uncertainty$", flags, re.MULTILINE)
    d2 = flags[flags.index(" 2 [D2]") : flags.index(" 4 [D3]")]
    assert 'said     "I\'ll use a token bucket here."' in d2
    assert f'now      "{REWRITE}"  passes' in d2 and "say  " not in d2
    a4 = flags[flags.index(" 5 [A4]") : flags.index("[own:D] your own mark")]
    assert f'now      "{REWRITE}"  does not pass yet\n            {support.STILL}' in a4
    assert "[own:A] your own mark: missing assumption" in flags
    dismissed = text[text.index("\nDismissed") : text.index("\nMeasures")]
    assert " 3 [U1] unexplained choice  0:22  dismissed: not worth it" in dismissed
    assert '"probably be fast enough"' in dismissed
    for row in share_rows(outcome.shares):
        assert re.search(rf"^{row.label} +{re.escape(row.sentence)}$", text, re.MULTILINE)
    assert any("with the rewrites" in row.sentence for row in share_rows(outcome.shares))


def test_markdown_and_the_page_say_the_same_as_the_terminal() -> None:
    audit, outcome = support.reviewed()
    lines = shown(markdown.render(audit, title="T", outcome=outcome))
    for line in (
        "1. A1 unexplained choice, 0:04, kept",
        "4. D3 unexplained choice, 0:24, kept, filed under unbounded uncertainty",
        "Said: I'll use a token bucket here.",
        f"Now: {REWRITE} (passes)",
        f"Now: {REWRITE} (does not pass yet)",
        support.STILL,
        "Your own mark: missing assumption, 0:16",
        "3. U1 unexplained choice, 0:22, dismissed: not worth it",
        "0:00 Okay, so I have to build a rate limiter. [own:D]",
    ):
        assert line in lines, line
    assert lines.index("Dismissed") > lines.index("Your own mark: silent decision, 0:00")
    page = re.sub(r"<[^>]*>", " ", render(audit, title="T", outcome=outcome))
    words = " ".join(page.split())
    for row in measure_rows(audit, outcome.shares):
        assert f"{row.label}: {row.sentence}" in lines
        assert f"{row.label} {row.value} {row.detail}".strip() in words


def test_the_shares_stand_once_and_in_place_of_what_the_audit_counts() -> None:
    audit, outcome = support.reviewed()
    labels = [row.label for row in measure_rows(audit, outcome.shares)]
    assert len(labels) == len(set(labels))
    assert [label for label in labels if label in ("Decisions", "Assumptions", "Doubts")] == [
        "Decisions",
        "Assumptions",
        "Doubts",
    ]


@pytest.mark.parametrize("timing", ["word", "segment", "none"])
def test_where_nothing_was_said_every_view_is_as_without_a_review(timing) -> None:
    audit, outcome = reported(support.small(timing), Review())
    assert not outcome.said and len(outcome.moments) == len(audit.flags)
    assert printed(audit, outcome) == printed(audit, None)
    assert markdown.render(audit, title="T", outcome=outcome) == markdown.render(audit, title="T")
    assert render(audit, title="T", outcome=outcome) == render(audit, title="T")


def test_a_less_sure_flag_that_was_kept_is_shown_and_the_rest_left_out() -> None:
    audit = support.ranked()
    unsure = audit.more[0]
    review = Review(kept=(Keep(unsure.code, unsure.quote, unsure.start_s),))
    found, outcome = reported(audit, review)
    assert unsure in found.flags and [f.code for f in found.more] == ["D2"]
    assert "[8:U1 less sure]" in printed(found, outcome)
    assert "1 more, less sure: --all shows it." in printed(found, outcome)
    assert unsure in reported(audit, Review())[0].more, "nobody said anything of it"
    assert reported(audit, review, everything=True)[0].more == ()


def test_a_text_without_times_shows_none() -> None:
    audit, outcome = support.reviewed(timing="none")
    for text in (printed(audit, outcome), markdown.render(audit, title="T", outcome=outcome)):
        assert not re.search(r"\d:\d\d", text)
        assert "sentence 5" in text, "the dismissed one is named by its sentence"


# Hostile words


HOSTILE = support.HOSTILE + " ---> --> =1+1"


def test_hostile_rewrites_and_reasons_do_not_steer_a_terminal() -> None:
    audit, outcome = support.reviewed(HOSTILE, HOSTILE, HOSTILE)
    for colour in (False, True):
        raw = printed(audit, outcome, colour=colour)
        text = ANSI.sub("", raw)
        assert "⟨U+202E⟩evil" in text and "⟨U+001B⟩[31mred" in text
        assert not set(text) & set("\x1b\x07\u202e\u202c")
        assert "\x1b[31mred" not in raw


def test_hostile_rewrites_and_reasons_make_no_html_of_markdown() -> None:
    audit, outcome = support.reviewed(HOSTILE, HOSTILE, HOSTILE)
    text = markdown.render(audit, title="T", outcome=outcome)
    assert not re.search(r"<(script|img|a)\b", MarkdownIt("commonmark").render(text))
    assert not set(text) & set("\x1b\x07\u202e")
    assert any(" ".join(visible(HOSTILE).split()) in line for line in shown(text))


@pytest.mark.parametrize("script", [True, False])
def test_hostile_rewrites_and_reasons_are_shown_on_the_page(open_page, script: bool) -> None:
    audit, outcome = support.reviewed(HOSTILE, HOSTILE, HOSTILE)
    opened = open_page(audit, outcome=outcome, java_script_enabled=script)
    page = opened.page
    assert opened.errors == []
    assert page.title() == "Rate limiter · unsaid"
    assert page.locator(".now p[dir]").first.text_content() == f"Now {visible(HOSTILE)}"
    assert visible(HOSTILE) in page.locator(".now .still").text_content()
    assert visible(HOSTILE) in page.locator(".dismissed").text_content()
    assert page.locator("body img, body a[href^=http]").count() == 0
    source = opened.path.read_text(encoding="utf-8")
    assert not set(source) & set("\x1b\x07\u202e\u202c")
    assert source.count("<script") == 2


# The page


def test_the_page_shows_verdicts_own_marks_and_rewrites(open_page) -> None:
    audit, outcome = support.reviewed()
    opened = open_page(audit, outcome=outcome)
    page = opened.page
    assert page.locator(".card").count() == 6
    expect(page.locator("#flags-title")).to_have_text("4 flags, 2 own marks")
    expect(page.locator("#flag-4 .verdict")).to_have_text("kept, filed under unbounded uncertainty")
    expect(page.locator("#flag-2 .before")).to_have_text("Said I'll use a token bucket here.")
    expect(page.locator("#flag-2 .passed")).to_have_text("✓ passes")
    expect(page.locator("#flag-5 .passed")).to_have_text("does not pass yet")
    expect(page.locator("#flag-5 .still")).to_have_text(support.STILL)
    expect(page.locator("#s1 .badge")).to_have_text("ownD")
    expect(page.locator("#s1 .badge")).to_have_attribute("aria-label", "your own mark, silent decision")
    assert page.locator("#flag-3, #s5 mark").count() == 0, "what was dismissed is not marked"
    expect(page.locator(".dismissed li")).to_contain_text(
        "3 U1 unexplained choice, 0:22, dismissed: not worth it"
    )
    counts = {letter: page.locator(f".chip[data-family={letter}] .count").inner_text() for letter in "DAU"}
    assert counts == {"D": "3", "A": "3", "U": "0"}
    assert opened.errors == []


def test_keys_and_filter_take_own_marks_like_flags(open_page) -> None:
    audit, outcome = support.reviewed()
    opened = open_page(audit, outcome=outcome)
    page = opened.page
    current = "[...document.querySelectorAll('.card.is-current')].map(card => card.dataset.flag).join()"
    seen = []
    for _ in range(6):
        page.keyboard.press("j")
        seen.append(page.evaluate(current))
    assert seen == ["6", "1", "2", "7", "5", "4"], "in order of time"
    page.keyboard.press("k")
    page.keyboard.press("k")
    expect(page.locator("#status")).to_have_text("Your own mark, 4 of 6: missing assumption")
    page.locator('.chip[data-family="A"]').click()
    assert page.locator("#flag-7:visible, #s4 .badge:visible").count() == 0
    expect(page.locator("#status")).to_have_text("3 of 6 flags shown")
    assert opened.errors == []


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_need_not_scroll_sideways(open_page, width: int) -> None:
    long = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 4
    audit, outcome = support.reviewed(long, long, long)
    page = open_page(audit, outcome=outcome, viewport={"width": width, "height": 720}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_list_of_a_reviewed_answer_ends_within_the_window(open_page) -> None:
    audit, outcome = support.reviewed()
    page = open_page(audit, outcome=outcome, viewport={"width": 1280, "height": 800}).page
    page.evaluate("scrollTo(0, 300)")
    bottom = page.locator(".flags ol").evaluate("list => list.getBoundingClientRect().bottom")
    assert bottom <= 800


def test_a_reviewed_sessions_pages_work_from_its_folder_and_ask_nobody(
    browser: Browser, unsaid, demo: Path, tmp_path: Path
) -> None:
    flags = json.loads((demo / "audit.json").read_text())["flags"]
    rows = [{"code": f["code"], "quote": f["quote"], "start": f["start"]} for f in flags]
    review = {"dismissed": [rows[1]], "kept": rows[2:3], "rewrites": [rows[0] | {"text": REWRITE}]}
    (demo / "review.json").write_text(json.dumps({"schema": 1} | review))
    pages = [(demo / "report.html", []), (demo / "sheet.html", ["--sheet"])]
    pages += [(tmp_path / "elsewhere.html", []), (tmp_path / "sheet.html", ["--sheet"])]
    for path, args in pages:
        assert unsaid("report", "demo", *args, "-o", path).returncode == 0
        page = browser.new_page()
        asked: list[str] = []
        wrong: list[str] = []
        page.on("request", lambda request, to=asked: to.append(request.url))
        page.on("console", lambda said, to=wrong: to.append(said.text))
        page.on("pageerror", lambda error, to=wrong: to.append(str(error)))
        page.goto(path.as_uri())
        expect(page.get_by_text(REWRITE).first).to_be_visible()
        expect(page.locator("#audio")).to_have_js_property("error", None)
        length_s = page.locator("#audio").evaluate(
            "audio => audio.readyState ? audio.duration"
            " : new Promise(done => audio.onloadedmetadata = () => done(audio.duration))"
        )
        assert length_s == pytest.approx(136, abs=1)
        there = {path.as_uri(), (demo / "answer.flac").as_uri()} if path.parent == demo else {path.as_uri()}
        assert {url for url in asked if not url.startswith("data:")} == there
        assert wrong == []
        page.close()
