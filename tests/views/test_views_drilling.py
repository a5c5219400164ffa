"""The pages of a drill fit any terminal, whatever they say, and their keys are always there."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from unsaid.views.drilling import Line, Picture, Step, Table, lines, print_body

TEXT = st.text(max_size=60)
LINES = st.builds(
    Line, TEXT, TEXT, st.sampled_from(["", "bold", "dim", "italic"]), st.sampled_from([None, False])
)
STEPS = st.builds(Step, TEXT, st.just("0:10 of 5:00"), st.sampled_from(["done", "now", "open"]))
TABLES = st.integers(1, 5).flatmap(
    lambda n: st.builds(
        Table,
        st.tuples(*[TEXT] * n),
        st.lists(st.tuples(*[TEXT] * n), max_size=4).map(tuple),
        st.integers(1, 30),
    )
)
BODIES = st.lists(LINES | STEPS | TABLES, max_size=8).map(tuple)


def console(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=False)


@given(BODIES, TEXT, TEXT, st.integers(0, 200), st.integers(4, 120), st.integers(1, 50))
@example((Table(("wider",), (), 1),), "", "", 0, 4, 15)
def test_a_page_fits_any_terminal(
    body: tuple, title: str, note: str, top: int, width: int, height: int
) -> None:
    picture = Picture(title, "this part 3:00 left", body, "q leaves", note, top)
    rows, shown_from = lines(console(width), picture, width, height)
    assert len(rows) == height
    assert all(row.cell_len <= width for row in rows)
    assert not any("\x1b" in row.plain or "\n" in row.plain for row in rows)
    assert 0 <= shown_from <= top or not body
    # Scrolling to where it already is changes nothing.
    again, same = lines(
        console(width),
        Picture(title, "this part 3:00 left", body, "q leaves", note, shown_from),
        width,
        height,
    )
    assert (same, [r.plain for r in again]) == (shown_from, [r.plain for r in rows])


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 12), (30, 8), (20, 6)])
def test_every_row_can_be_scrolled_to_and_the_keys_stay(width: int, height: int) -> None:
    body = tuple(Line(f"row {n:02}") for n in range(60))
    seen = set()
    for top in range(60):
        rows, _ = lines(console(width), Picture("title", "clock", body, "q leaves", "", top), width, height)
        assert rows[-1].plain.rstrip() == "q leaves"
        seen |= {row.plain.strip() for row in rows}
    assert {line.text for line in body} <= seen


@pytest.mark.parametrize("at", [0, 3, 6])
def test_the_chosen_line_is_always_seen_and_marked_without_colour(at: int) -> None:
    body = tuple(Line("word " * 8, label=f"{n} ", chosen=n == at) for n in range(7))
    for height in (6, 9, 24):
        rows, _ = lines(console(30), Picture("t", "", body, "q leaves"), 30, height)
        assert any(row.plain.startswith(f"▶ {at} ") for row in rows), height


def test_cells_stand_side_by_side_where_there_is_room_and_below_each_other_where_not() -> None:
    table = Table(("", "take 1", "take 2"), (("stakes", "not heard", "heard, 0:12"),))
    wide, narrow = console(60), console(24)
    for out in (wide, narrow):
        print_body(out, [table])
    heads, cells = wide.file.getvalue().splitlines()
    assert cells.split() == ["stakes", "not", "heard", "heard,", "0:12"]
    assert (heads.index("take 1"), heads.index("take 2")) == (cells.index("not"), cells.index("heard,"))
    assert narrow.file.getvalue() == "stakes\n  take 1: not heard\n  take 2: heard, 0:12\n"


def test_an_encoding_without_signs_gets_plain_ones() -> None:
    raw = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    out = Console(file=raw, width=60)
    print_body(out, [Step("one", "0:10", "done"), Step("two", "0:10", "now"), Line("é", chosen=True)])
    raw.flush()
    assert raw.buffer.getvalue() == b"x one  0:10\n> two  0:10\n> ?\n"
