"""The review in a real terminal, on the sample answer: every key is kept, and a kill loses nothing."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support import command
from terminal_driver import Driven

PASSES = "I put it in the gateway because every request passes there anyway."


@pytest.fixture
def opened(workspace: Path, tmp_path: Path, demo: Path) -> Iterator:
    with ExitStack() as stack:

        def open_(*args: str, size: tuple[int, int] = (100, 40)) -> Driven:
            argv = [*command(), "--workspace", str(workspace), "review", "--no-audio", *args]
            return stack.enter_context(Driven(argv, cwd=tmp_path, size=size))

        yield open_


def kept(demo: Path) -> dict:
    return json.loads((demo / "review.json").read_text(encoding="utf-8"))


def test_the_whole_way_through(opened, demo: Path) -> None:
    one = opened()
    first = one.until(r"moment 1 of 7")
    assert first
    one.type("k")
    one.until(r"moment 2 of 7.* 1 kept, 0 dismissed")
    assert [row["code"] for row in kept(demo)["kept"]] == ["D1"]

    one.type("d")
    one.until(r"1 said elsewhere")
    one.type("2")
    one.until(r"moment 3 of 7.* 1 dismissed")
    assert [(row["code"], row["reason"]) for row in kept(demo)["dismissed"]] == [("A2", "not a decision")]

    # A rewrite that says nothing more, then one that does.
    takes = (("Okay, I'd put it in the gateway.", "does not pass yet"), (PASSES, r"\(passes\)"))
    for n, (text, told) in enumerate(takes, 1):
        one.type("w")
        one.until_told("enter keeps it", n)
        one.type(f"{text}\n")
        one.until(told)
    (row,) = kept(demo)["rewrites"]
    assert (row["code"], row["text"], row["missing"]) == ("D2", PASSES, [])

    one.type("f")
    one.until(r"d decision  a assumption")
    one.type("u")
    one.until(r"filed under unbounded uncertainty")
    assert kept(demo)["kept"][-1]["family"] == "U"

    one.type("m")
    one.until(r"up/down choose")
    one.type("ja")
    one.until(r"your own mark \[missing assumption\]")
    (mark,) = kept(demo)["marks"]
    assert mark["family"] == "A" and mark["quote"] == "The gateway reads the counter, and then it updates it."

    for _ in range(5):
        one.type("n")
    one.until(r"still to be said aloud")
    one.type("q")
    assert one.status() == 0
    assert "3 kept, 1 dismissed, 1 rewritten (1 pass); 6 to go: unsaid review demo" in one.out()
    # Every view knows it.
    assert "not a decision" in (demo / "audit.json").read_text(encoding="utf-8")


def test_killed_in_the_middle_nothing_is_lost(opened, demo: Path) -> None:
    one = opened()
    one.until(r"moment 1 of 7")
    one.type("k")
    one.until(r"moment 2 of 7")
    one.type("d4")
    one.until(r"moment 3 of 7")
    os.kill(one.pid, signal.SIGKILL)
    one.status()
    again = opened("demo")
    frame = again.until(r"moment (\d) of 7 · (.*)")
    assert frame[1] == "3" and "1 kept, 1 dismissed" in frame[2]
    again.type("q")
    assert again.status() == 0
    assert [row["reason"] for row in kept(demo)["dismissed"]] == ["not worth it"]


def test_every_step_can_be_undone(opened, demo: Path) -> None:
    one = opened()
    one.until(r"moment 1 of 7")
    one.type("k")
    one.until(r"moment 2 of 7.* 1 kept")
    one.type("d1")
    one.until(r"moment 3 of 7.* 1 dismissed")
    one.type("w")
    one.until_told("enter keeps it", 1)
    one.type(f"{PASSES}\n")
    one.until(r"it passes")
    for left in (r"moment 3 of 7.* 1 kept, 1 dismissed", r"moment 2 of 7.* 1 kept, 0 dismissed", r"0 kept"):
        one.type("u")
        one.until(left)
    one.type("u")
    one.until(r"nothing to undo")
    now = kept(demo)
    assert (now["kept"], now["dismissed"], now["rewrites"]) == ([], [], [])
    one.type("q")
    assert one.status() == 0


def test_two_windows_do_not_lose_each_others_work(opened, demo: Path) -> None:
    one, two = opened(), opened()
    for window in (one, two):
        window.until(r"moment 1 of 7")
    one.type("k")
    one.until(r"moment 2 of 7.* 1 kept")
    two.type("nd1")
    two.until(r"1 kept, 1 dismissed")
    for window in (one, two):
        window.type("q")
        assert window.status() == 0
    assert len(kept(demo)["kept"]) == 1 and len(kept(demo)["dismissed"]) == 1


def test_a_terminal_of_any_size(opened) -> None:
    one = opened(size=(120, 40))
    one.until(r"moment 1 of 7")
    for columns, rows in ((60, 15), (80, 24), (20, 6), (120, 40)):
        one.resize(columns, rows)
        while True:
            lines = one.until("(?s).*")[0].replace("\r", "").split("\n")
            if len(lines) == rows and max(map(len, lines)) <= columns:
                break
    one.type("q")
    assert one.status() == 0


def test_hostile_words_do_not_steer_the_terminal(opened, demo: Path) -> None:
    for name in ("audit.json", "transcript.json"):
        path = demo / name
        path.write_text(path.read_text(encoding="utf-8").replace("token bucket", "token\\u001b[2J‮bucket"))
    one = opened()
    one.until(r"moment 1 of 7")
    one.type("q")
    assert one.status() == 0
    assert b"\x1b[2Jbucket" not in one.bytes and "\u202e" not in one.bytes.decode()


def test_what_cannot_be_reviewed_is_told(unsaid, workspace: Path) -> None:
    done = unsaid("review")
    assert done.returncode == 2 and "no audited session" in done.stderr and "unsaid demo" in done.stderr
    assert not re.search("Traceback", done.stderr)


def test_without_a_terminal_it_says_so(unsaid, demo: Path) -> None:
    done = unsaid("review", "demo")
    assert done.returncode == 2 and "needs a terminal" in done.stderr and "unsaid dismiss demo" in done.stderr


def test_options_that_do_not_go_together_are_told(unsaid, demo: Path) -> None:
    for options, told in ((("--port", "8123"), "Add --web"), (("--web", "--say"), "the key v")):
        done = unsaid("review", "demo", *options)
        assert done.returncode == 2 and told in done.stderr
        assert done.stdout == "", "no link"
