"""The page of progress in a real browser, from its file: pictures, tables, and no request."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import synthetic
from unsaid.views.progress import Column, Plot, Report, Series, Table, bar, fitting, told
from unsaid.views.progress.page import render
from unsaid.views.progress.plots import THEMES, draw

OLD_S = count(1_500_000_000)
HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=alert(1)> $x_2$ \x1b[31m\u202e"


def put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    at_s = next(OLD_S)
    os.utime(path, (at_s, at_s))


@pytest.fixture
def open_page_of(
    browser: Browser, tmp_path: Path
) -> Iterator[Callable[..., tuple[Page, list[str], list[str]]]]:
    with ExitStack() as stack:

        def open_(path: Path, **context: Any) -> tuple[Page, list[str], list[str]]:
            page = stack.enter_context(browser.new_context(**context)).new_page()
            requests: list[str] = []
            errors: list[str] = []
            page.on("request", lambda request: requests.append(request.url))
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda said: errors.append(said.text))
            page.goto(path.as_uri())
            return page, requests, errors

        yield open_


@pytest.fixture
def page_of(unsaid, workspace: Path, tmp_path: Path) -> Callable[[int], Path]:
    def made(answers: int) -> Path:
        sessions = synthetic.many(answers, weeks=max(1, answers // 10))
        synthetic.write(workspace / "sessions", sessions, put, without=["transcript.json"])
        done = unsaid("progress", "--html", "page.html")
        assert done.returncode == 0 and "page.html" in done.stderr and not done.stdout
        return tmp_path / "page.html"

    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_two_hundred_answers_on_a_page(page_of, open_page_of, width: int, scheme: str) -> None:
    path = page_of(200)
    page, requests, errors = open_page_of(path, viewport={"width": width, "height": 800}, color_scheme=scheme)
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert errors == []
    pictures = page.locator("figure img")
    assert pictures.count() >= 7
    drawn = pictures.evaluate_all("all => all.map(i => i.complete && i.naturalWidth > 0)")
    assert all(drawn)
    shown = pictures.first.evaluate("i => atob(i.currentSrc.split(',')[1])")
    assert THEMES[scheme]["paper"] in shown, "the picture is of the page's theme"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []


def test_every_picture_is_words_and_a_table_as_well(page_of, open_page_of) -> None:
    page, _, _ = open_page_of(page_of(60))
    figures = page.locator("figure")
    for n in range(figures.count()):
        figure = figures.nth(n)
        words = figure.locator("img").get_attribute("alt") or ""
        assert words.startswith(figure.locator("h3").inner_text()) and re.search(r"\d", words)
        figure.locator("summary").click()
        assert figure.locator("tbody tr:visible").count() >= 1
    assert page.locator("section table").count() >= 2


def test_the_page_needs_and_allows_no_script(page_of, open_page_of) -> None:
    path = page_of(3)
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text and " style=" not in text
    assert "default-src 'none'" in text and "unsafe" not in text.split("</head>")[0]
    page, _, _ = open_page_of(path)
    page.evaluate(
        "() => { const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i); }"
    )
    blocked = "() => { const s = document.createElement('script'); s.textContent = 'window.foreign = 1';"
    page.evaluate(blocked + " document.body.append(s); }")
    assert page.evaluate("window.foreign === undefined")


def test_without_an_answer_there_is_still_a_page(unsaid, tmp_path: Path, open_page_of) -> None:
    assert unsaid("progress", "--html", "empty.html").returncode == 0
    page, _, errors = open_page_of(tmp_path / "empty.html")
    assert "there are 0" in page.locator("main").inner_text() and errors == []
    assert page.locator("img").count() == 0


def hostile_report() -> Report:
    plot = Plot(
        HOSTILE, "lines", "share", (HOSTILE, "b"), (Series(HOSTILE, (0.1, None), "D"),), "week", HOSTILE
    )
    table = Table("week", (Column("x", "x", "share"),), ((HOSTILE, (0.5,)),))
    return Report(HOSTILE, (), (table,), (), (), (HOSTILE,), (plot,), (HOSTILE,))


def test_hostile_names_are_shown_and_not_obeyed(open_page_of, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    path.write_text(render(hostile_report()), encoding="utf-8")
    page, requests, errors = open_page_of(path)
    assert page.title() != "owned" and errors == []
    assert page.locator("img").count() == 1, "only the picture"
    assert all(url.startswith(("data:", "file:")) for url in requests)
    assert not set(path.read_text(encoding="utf-8")) & set("\x1b\u202e")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("values", [(None, None, None), (0.0, 0.0, 0.0), (0.4, None, 0.9), (1.0, 1.0, 1.0)])
def test_any_values_can_be_drawn(values: tuple[float | None, ...], theme: str) -> None:
    for shape, unit in (
        ("lines", "share"),
        ("stack", "rate"),
        ("bars", "rate"),
        ("lines", "time"),
        ("lines", "score"),
    ):
        plot = Plot("T", shape, unit, ("a", "b", "c"), (Series("s", values, "A"),), "week", goal=4.0)
        svg = draw(plot, theme)
        assert svg.startswith("<svg") and svg == draw(plot, theme)
        assert "<script" not in svg and "DTD" not in svg


def test_a_bar_is_never_longer_than_its_place() -> None:
    for plain in (False, True):
        assert bar(None, 1, 8, plain=plain) == bar(0, 1, 8, plain=plain) == bar(1, 0, 8, plain=plain) == ""
        lengths = [len(bar(n / 100, 1, 8, plain=plain)) for n in range(1, 150)]
        assert max(lengths) == 8 and min(lengths) == 1 and lengths == sorted(lengths)


def test_values_are_told_in_their_unit() -> None:
    assert [told(v, u) for v, u in ((None, "share"), (0.414, "share"), (75, "time"), (1200, "count"))] == [
        "-",
        "41%",
        "1:15",
        "1,200",
    ]
    assert told(0.05, "rate") == "0.05" and told(2.46, "rate") == "2.5" and told(3.667, "score") == "3.7"


def test_a_narrow_terminal_keeps_what_matters_most() -> None:
    columns = [Column(str(n), str(n), "share", rank=rank) for n, rank in enumerate((0, 2, 1, 3))]
    assert fitting(columns, [4, 4, 4, 4], 100) == [0, 1, 2, 3]
    assert fitting(columns, [4, 4, 4, 4], 12) == [0, 2]
    assert fitting(columns, [4, 4, 4, 4], 3) == []
