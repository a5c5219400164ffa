"""The marked-up transcript in a terminal: fits, says all in text, obeys nothing that it shows."""

from __future__ import annotations

import io
import re

import hypothesis.strategies as st
import pytest
import views_support as support
from hypothesis import given, settings
from rich.cells import cell_len
from rich.console import Console

from unsaid.model import Audit
from unsaid.views.terminal import print_audit

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def printed(audit: Audit, width: int = 80, *, colour: bool = False, **more: object) -> str:
    out = io.StringIO()
    settings_: dict[str, object] = {"force_terminal": True, "color_system": "truecolor"} if colour else {}
    console = Console(file=out, width=width, no_color=False, **{**settings_, **more})  # type: ignore[arg-type]
    print_audit(console, audit, title="Rate limiter")
    return out.getvalue()


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("colour", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, colour: bool) -> None:
    for audit in (support.small(), support.sample(), support.build([(0.1, support.HOSTILE * 3, [])])):
        for line in ANSI.sub("", printed(audit, width, colour=colour)).splitlines():
            assert cell_len(line) <= width, line


@settings(max_examples=40)
@given(st.lists(st.text(min_size=1, max_size=60).filter(str.split), max_size=3), st.integers(24, 120))
def test_lines_fit_whatever_was_said(texts: list[str], width: int) -> None:
    audit = support.build([(0.2, text, [("D1", text[:8])]) for text in texts])
    for line in printed(audit, width).splitlines():
        assert cell_len(line) <= width


def test_marks_are_there_without_colour() -> None:
    text = printed(support.small())
    assert "\x1b" not in text
    assert "0:04 ▶  So I'd {start with a Redis cluster}[1:A1] in front of it." in text
    assert "{scratch that, let's go with a {sliding window}[5:A4]}[4:D3]." in text
    assert "━━━━ pause 5.2 s ━━━━" in text
    assert "╌╌ pause 1.5 s" in text
    assert "pause 0.5 s" not in text


def test_marks_are_there_in_colour_too_and_never_by_colour_alone() -> None:
    coloured = printed(support.small(), colour=True)
    assert "\x1b[" in coloured
    text = ANSI.sub("", coloured)
    assert "start with a Redis cluster [1:A1] in front of it." in text
    assert "let's go with a sliding window [5:A4] [4:D3]." in text


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    print_audit(
        Console(file=out, width=80, force_terminal=True, color_system="truecolor"), support.small(), title="t"
    )
    assert not re.search(r"\x1b\[[0-9;]*(3[0-8]|4[0-8]|9\d|10\d)[;m]", out.getvalue())
    assert "{start with a Redis cluster}[1:A1]" in ANSI.sub("", out.getvalue())


def test_every_flag_is_listed_with_all_it_says() -> None:
    text = printed(support.small(), 100)
    flags = text[text.index("\nFlags") : text.index("\nMeasures")]
    assert "5 flags: 2 silent decision, 2 missing assumption, 1 unbounded uncertainty." in flags
    for number, flag in enumerate(support.small().flags, start=1):
        assert f"{number} [{flag.code}] unexplained choice" in flags
        assert f'heard    "{flag.quote}"' in flags
    assert flags.count("missing  The choice stands without a reason.") == 5
    assert flags.count("why      no reason stands near") == 5
    assert flags.count("say      I chose ___ because ___.") == 5


def test_measures_are_all_there() -> None:
    text = printed(support.small())
    measures = text[text.index("\nMeasures") :]
    assert re.search(r"Speaking +0:\d\d \d+% of the time", measures)
    assert re.search(r"Silent +0:10 \d+% of the time, longest pause 5.2 s", measures)
    assert re.search(r"Pace +\d+ words a minute, \d+ in all", measures)
    assert re.search(r"Decisions +1 of 4 with an audible reason", measures)
    assert re.search(r"Doubts +0 of 2 bounded", measures)
    assert re.search(r"Framing +0:\d\d to the first question or assumption", measures)


def test_a_text_without_times_shows_sentence_numbers_and_no_time() -> None:
    text = printed(support.small("none"))
    assert not re.search(r"\d:\d\d", text)
    assert "pause" not in text
    assert "   2 ▶  So I'd {start with a Redis cluster}[1:A1]" in text
    assert "1 [A1] unexplained choice  sentence 2" in text


@pytest.mark.parametrize("colour", [False, True])
def test_hostile_text_is_shown_and_not_obeyed(colour: bool) -> None:
    audit = support.build(
        [(0.1, support.HOSTILE, [("D1", "[red]bold[/red]")])],
        prompt=support.HOSTILE,
        notes=(support.HOSTILE,),
        message=support.HOSTILE,
        rewrite=support.HOSTILE,
    )
    raw = printed(audit, 100, colour=colour)
    text = ANSI.sub("", raw)
    assert "[red]bold[/red]" in text.replace("{", "").replace("}", "")
    assert "⟨U+202E⟩" in text and "⟨U+001B⟩[31mred" in text and "⟨U+0007⟩" in text
    assert not set(text) & set("\x1b\x07\u202e\u202c")
    # In colour the only escapes are our own: each is whole, and none is the hostile one.
    assert "\x1b[31mred" not in raw


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    print_audit(
        Console(file=out, width=80), support.build([(5, "Caf\u00e9 first.", [("D1", "first")])]), title="t"
    )
    out.flush()
    text = raw.getvalue().decode("ascii")
    assert ">  Caf? {first}[1:D1]." in text
    assert "==== pause 5.0 s ====" in text


def test_nothing_said_and_nothing_found() -> None:
    assert "(nothing was said)" in printed(support.build([]))
    assert "No flags." in printed(support.build([(0.1, "Because it is cheaper.", [])]))


def test_the_page_is_named_in_one_piece() -> None:
    out = io.StringIO()
    path = "/home/somebody/a rather long folder name/" + "deep/" * 20 + "report.html"
    print_audit(Console(file=out, width=80), support.small(), title="t", page=path)
    assert f"Page: {path}\n" in out.getvalue()


def test_flags_are_listed_by_cost_with_what_is_left_out() -> None:
    text = printed(support.ranked(), 100)
    flags = text[text.index("\nFlags") : text.index("\nMeasures")]
    assert re.findall(r"^ (\d) \[", flags, re.MULTILINE) == ["4", "1", "7"]
    assert "3 flags: 2 silent decision, 1 missing assumption." in flags
    assert "\n1 more, less sure: --all shows it.\n1 dismissed.\n" in flags
    assert re.search(r"^ 7 \[D2\] .*  less sure$", flags, re.MULTILINE)
    assert "[7:D2 less sure]" in text and "[4:D3]" in text and "[5:" not in text
