"""The self-score in a real terminal, on the sample answer: every key is kept, and a kill loses nothing."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

import synthetic
from support import command
from terminal_driver import Driven
from unsaid.drills.rubric import DIMENSIONS

NAMES = [d.id for d in DIMENSIONS]


@pytest.fixture
def opened(workspace: Path, tmp_path: Path, demo: Path) -> Iterator:
    with ExitStack() as stack:

        def open_(*args: str, size: tuple[int, int] = (100, 40)) -> Driven:
            argv = [*command(), "--workspace", str(workspace), "score", *args]
            return stack.enter_context(Driven(argv, cwd=tmp_path, size=size))

        yield open_


def kept(demo: Path) -> list[dict]:
    return json.loads((demo / "score.json").read_text(encoding="utf-8"))["scores"]


def numbers(score: dict) -> dict[str, int]:
    return {name: mark["number"] for name, mark in score["dimensions"].items()}


def give(one: Driven, number: int, why: str, times: int) -> None:
    """Press a number and type why; `times` is how often a reason was asked for by then."""
    one.type(str(number))
    one.until_told("One line of why", times)
    one.type(f"{why}\n")


def test_the_whole_way_through(opened, demo: Path) -> None:
    one = opened()
    frame = one.until(r"(?s)1 of 6.*Framing.*measured")[0]
    assert "The answer starts at once" in frame and "aloud." in frame, "the anchors"
    assert not (demo / "score.json").exists()
    given = (4, 3, 4, 4, 2, 4)
    for n, number in enumerate(given):
        one.until(rf"(?s){n + 1} of 6.*not given yet")
        one.type(str(number))
        one.until_told("One line of why", n + 1)
        # Kept before the reason is typed.
        assert numbers(kept(demo)[0]) == dict(zip(NAMES, given[: n + 1], strict=False))
        one.type(f"because {n}\n")
    one.until(r"(?s)the end.*not ready: recovery is 2; average 3.5, 4 is wanted.*train next.*recovery")
    one.type("b")
    one.until(r"(?s)6 of 6.*yours +4: because 5")
    one.type("bb")
    one.until(r"(?s)4 of 6")
    one.type("b5")
    one.until_told("One line of why", 7)
    one.type("\n")
    one.until(r"4 of 6")
    one.type("q")
    assert one.status() == 0
    assert "not ready: recovery is 2; average 3.7, 4 is wanted" in one.out()
    (score,) = kept(demo)
    assert numbers(score)["time-control"] == 5
    assert score["dimensions"]["time-control"]["why"] == "because 2", "enter alone leaves it"
    assert score["finished"] and score["dimensions"]["framing"]["why"] == "because 0"


def test_killed_in_the_middle_nothing_is_lost(opened, demo: Path) -> None:
    one = opened()
    one.until(r"1 of 6")
    give(one, 4, "asked first", 1)
    one.until(r"2 of 6")
    one.type("3")
    one.until_told("One line of why", 2)
    os.kill(one.pid, signal.SIGKILL)
    one.status()
    again = opened("demo")
    again.until(r"(?s)3 of 6.*Time control.*not given yet")
    again.type("bb")
    again.until(r"(?s)1 of 6.*yours +4: asked first")
    again.type("q")
    assert again.status() == 0
    assert "2 of 6 scored; to go on: unsaid score demo" in again.out()
    (score,) = kept(demo)
    assert numbers(score) == {"framing": 4, "evidence": 3} and score["finished"] == ""


def test_ctrl_c_at_a_reason_leaves_the_number(opened, demo: Path) -> None:
    one = opened()
    one.until(r"1 of 6")
    one.type("4")
    one.until_told("One line of why", 1)
    one.type("half a rea\x03")
    one.until(r"2 of 6")
    one.type("q")
    assert one.status() == 0
    assert kept(demo)[0]["dimensions"]["framing"] == {"number": 4, "why": ""}


def test_a_scored_answer_may_be_scored_again(opened, unsaid, demo: Path) -> None:
    unsaid("score", "demo", "--set", ",".join(f"{name}=4" for name in NAMES))
    one = opened()
    one.until(r"(?s)1 of 6.*earlier +\d+ \w+ 4 \(design\).*not given yet")
    give(one, 5, "", 1)
    one.until(r"2 of 6")
    one.type("q")
    assert one.status() == 0
    first, second = kept(demo)
    assert numbers(first) == dict.fromkeys(NAMES, 4) and first["finished"]
    assert numbers(second) == {"framing": 5} and not second["finished"]


def test_earlier_scores_of_the_same_kind_stand_beside(opened, demo: Path, workspace: Path) -> None:
    assert json.loads((demo / "session.json").read_text(encoding="utf-8"))["kind"] == "design"
    for n, kind in enumerate(("design", "story", "design")):
        at = synthetic.FIRST + timedelta(days=n)
        made = synthetic.session(f"other-{n}", at=at, kind=kind, seed=n, scored=True)
        synthetic.write(workspace / "sessions", [made])
    framing = [
        json.loads((workspace / "sessions" / f"other-{n}" / "score.json").read_text())["scores"][0][
            "dimensions"
        ]["framing"]["number"]
        for n in (0, 2)
    ]
    one = opened("demo")
    one.until(rf"earlier +29 Jun {framing[0]}, 1 Jul {framing[1]} \(design\)")
    one.type("q")
    assert one.status() == 0


def test_two_windows_do_not_lose_each_others_numbers(opened, unsaid, demo: Path) -> None:
    unsaid("score", "demo", "--set", "recovery=3")
    one, two = opened(), opened()
    for window in (one, two):
        window.until(r"1 of 6")
    give(one, 4, "", 1)
    one.until(r"2 of 6")
    two.type("n")
    two.until(r"2 of 6")
    give(two, 2, "", 1)
    two.until(r"3 of 6")
    for window in (one, two):
        window.type("q")
        assert window.status() == 0
    assert [numbers(s) for s in kept(demo)] == [{"recovery": 3, "framing": 4, "evidence": 2}]


def test_a_terminal_of_any_size(opened) -> None:
    one = opened(size=(120, 40))
    one.until(r"1 of 6")
    for columns, rows in ((60, 15), (80, 24), (20, 6), (120, 40)):
        one.resize(columns, rows)
        while True:
            lines = one.until("(?s).*")[0].replace("\r", "").split("\n")
            if len(lines) == rows and max(map(len, lines)) <= columns:
                break
    one.type("q")
    assert one.status() == 0


def test_hostile_words_do_not_steer_the_terminal(opened, unsaid, demo: Path) -> None:
    hostile = "ring\x07 \x1b[2J\u202eturned"
    unsaid("score", "demo", "--set", "framing=4", "--why", f"framing={hostile}")
    one = opened()
    one.until(r"2 of 6")
    one.type("b")
    one.until(r"(?s)1 of 6.*ring")
    one.type("q")
    assert one.status() == 0
    assert b"\x1b[2J\xe2" not in one.bytes and "\u202e" not in one.bytes.decode()
    shown = unsaid("score", "demo", "--show").stdout
    assert "ring" in shown and not set(shown) & set("\x07\x1b\u202e")


# Without a screen


def test_numbers_can_be_set_from_a_script_bit_by_bit(unsaid, demo: Path) -> None:
    done = unsaid("score", "--set", "framing=4,evid=3", "--set", "time=4", "--why", "framing=asked = first")
    assert done.returncode == 0 and "3 of 6 scored; to go on: unsaid score demo" in done.stdout
    done = unsaid("score", "demo", "--set", "signal=4,recovery=5,reflection=4", "--why", "evid=no numbers")
    assert "ready: average 4.0, nothing below 3" in done.stdout and "train next: evidence" in done.stdout
    (score,) = kept(demo)
    assert numbers(score) == dict(zip(NAMES, (4, 3, 4, 4, 5, 4), strict=True)) and score["finished"]
    assert score["dimensions"]["framing"]["why"] == "asked = first"
    assert score["dimensions"]["evidence"]["why"] == "no numbers"


def test_all_scores_are_shown(unsaid, demo: Path) -> None:
    empty = unsaid("score", "demo", "--show")
    assert empty.returncode == 0 and not empty.stdout and "not scored yet" in empty.stderr
    unsaid("score", "demo", "--set", ",".join(f"{name}=3" for name in NAMES))
    unsaid("score", "demo", "--set", "framing=5", "--why", "framing=better now")
    shown = unsaid("score", "demo", "--show").stdout
    line = next(line for line in shown.splitlines() if line.startswith("framing"))
    assert line.split()[1:] == ["3", "5", "better", "now"]
    told = json.loads(unsaid("score", "demo", "--show", "--json").stdout)
    assert told["session"] == "demo" and len(told["scores"]) == 2
    assert told["scores"][0]["average"] == 3 and told["scores"][0]["ready"] is False
    assert told["scores"][0]["gate"] == "not ready: average 3.0, 4 is wanted"
    assert told["scores"][1]["finished"] is None and told["scores"][1]["average"] is None


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--set", "framing=6"], "no number from 1 to 5"),
        (["--set", "framing"], "no number from 1 to 5"),
        (["--set", "framing=²"], "no number from 1 to 5"),
        (["--set", "speed=3"], "no dimension 'speed'"),
        (["--set", "re=3"], "beginning of several"),
        (["--set", "framing=3,fram=4"], "given twice"),
        (["--set", ","], "--set is empty"),
        (["--why", "framing=so"], "a reason and no number"),
        (["--why", "framing"], "names no dimension"),
        (["--show", "--set", "framing=3"], "do not go together"),
        (["--json"], "needs --show or --set"),
        ([], "needs a terminal"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_is_kept(
    unsaid, demo: Path, args: list[str], says: str
) -> None:
    done = unsaid("score", "demo", *args)
    assert done.returncode == 2 and says in done.stderr and "hint: " in done.stderr
    assert not (demo / "score.json").exists()


def test_a_damaged_file_is_told_with_its_line_and_left_alone(unsaid, demo: Path) -> None:
    path = demo / "score.json"
    for text, says in (('{"schema": 1,\n oops', "score.json, line 2"), ('{"schema": 9}', "newer version")):
        path.write_text(text)
        for args in (["--show"], ["--set", "framing=4"], []):
            done = unsaid("score", "demo", *args)
            assert done.returncode == 2
            if args:
                assert says in done.stderr and "hint: " in done.stderr
            assert path.read_text() == text


def test_without_an_audited_answer_it_says_what_to_do(unsaid) -> None:
    done = unsaid("score")
    assert done.returncode == 2 and "no audited session" in done.stderr and "unsaid demo" in done.stderr
