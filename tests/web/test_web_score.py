"""The self-score on the page, alone and at the end of the review: the same numbers as in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from page_support import AWAY, OpenReview, Window
from playwright.sync_api import expect
from web_support import Client, PageServer

from support import command
from terminal_driver import Driven
from unsaid.drills.rubric import DIMENSIONS
from unsaid.sessions.scores import load

NAMES = [d.id for d in DIMENSIONS]


def numbers(score: dict) -> dict[str, int]:
    return {name: mark["number"] for name, mark in score["dimensions"].items()}


@pytest.fixture
def score_server(serve_page) -> PageServer:
    """`unsaid score --web` on the sample."""
    return serve_page(start=("score", "demo"))


@pytest.fixture
def scoring(score_server: PageServer, open_review: OpenReview) -> Window:
    return open_review(score_server)


def kept(window: Window, name: str, number: int, why: str = "") -> None:
    """Until score.json holds this mark."""
    window.see("#saved", "saved ")
    expect(window.page.locator(f"#{name}-{number}")).to_be_checked()
    (score,) = window.server.scores()
    assert score["dimensions"][name] == {"number": number, "why": why}


# By what is asked and answered


def test_all_six_with_what_was_measured_each_kept_at_once(score_server: PageServer) -> None:
    client = score_server.client()
    state = client.get("/score").json
    assert [row["id"] for row in state["rows"]] == NAMES and state["given"] == 0
    framing = state["rows"][0]
    assert [at for at, _ in framing["anchors"]] == [1, 3, 5]
    assert "0:04 of 2:16" in framing["measured"][0]
    assert not (score_server.session / "score.json").exists()
    for n, name in enumerate(NAMES):
        told = client.done("/mark", dimension=name, number=4 if n else 2, why=f"because {n}")
        assert told["given"] == n + 1
        assert score_server.scores()[0]["dimensions"][name] == {
            "number": 4 if n else 2,
            "why": f"because {n}",
        }
    assert told["gate"] == "not ready: framing is 2; average 3.7, 4 is wanted" and not told["ready"]
    assert told["train"][0].startswith("framing: ")
    assert score_server.scores()[0]["finished"]
    # The score that was just finished is the one that is mended.
    told = client.done("/mark", dimension="framing", number=4)
    assert (told["ready"], told["average"], told["rows"][0]["why"]) == (True, 4.0, "because 0")
    assert len(score_server.scores()) == 1
    client.done("/done")
    assert score_server.process.wait(20) == 0
    out = score_server.end()[1].splitlines()
    assert out[:2] == ["ready: average 4.0, nothing below 3", f"train next: {told['train'][0]}"]


def test_an_unchanged_score_is_not_sent_again(score_server: PageServer) -> None:
    client = score_server.client()
    tag = client.get("/score").headers["etag"]
    assert client.get("/score", If_None_Match=tag).status == 304
    client.done("/mark", dimension="framing", number=3)
    assert client.get("/score", If_None_Match=tag).status == 200


def test_earlier_scores_stand_beside(unsaid, serve_page, demo: Path) -> None:
    unsaid("score", "demo", "--set", ",".join(f"{name}=3" for name in NAMES))
    client = serve_page(start=("score", "demo")).client()
    (earlier,) = client.get("/score").json["rows"][2]["earlier"]
    assert earlier[1] == 3
    client.done("/mark", dimension="framing", number=5)
    first, second = json.loads((demo / "score.json").read_text())["scores"]
    assert numbers(first) == dict.fromkeys(NAMES, 3) and numbers(second) == {"framing": 5}


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"dimension": "speed", "number": 3}, 404),
        ({"dimension": "framing"}, 400),
        ({"number": 3}, 400),
        ({"dimension": "framing", "number": 6}, 400),
        ({"dimension": "framing", "number": 0}, 400),
        ({"dimension": "framing", "number": True}, 400),
        ({"dimension": "framing", "number": "3"}, 400),
        ({"dimension": "framing", "number": 3.0}, 400),
        ({"dimension": "framing", "number": 3, "why": 1}, 400),
        ({"dimension": "framing", "number": 3, "why": "x" * 2001}, 400),
        ({"dimension": "framing", "why": "no number yet"}, 409),
        ([], 400),
    ],
)
def test_what_cannot_be_given_is_said_in_words(score_server: PageServer, given: object, status: int) -> None:
    got = score_server.client().post("/mark", given)
    assert got.status == status and got.json["error"] and set(got.json) == {"error", "hint"}
    assert score_server.scores() == []


def test_a_damaged_file_is_told_and_left_alone(score_server: PageServer) -> None:
    client = score_server.client()
    client.done("/mark", dimension="framing", number=3)
    path = score_server.session / "score.json"
    good = path.read_bytes()
    path.write_bytes(good[:30])
    for got in (client.get("/score"), client.post("/mark", {"dimension": "framing", "number": 4})):
        assert got.status == 409 and "score.json" in got.json["error"] and got.json["hint"]
    assert client.get("/").status == 409 and path.read_bytes() == good[:30]
    path.write_bytes(good)
    assert client.done("/mark", dimension="framing", number=4)["given"] == 1


def test_another_run_on_the_session_is_told(score_server: PageServer) -> None:
    from filelock import FileLock

    client = score_server.client()
    with FileLock(score_server.session / ".lock"):
        got = client.post("/mark", {"dimension": "framing", "number": 4})
    assert got.status == 409 and "in use by another run" in got.json["error"]
    assert client.done("/mark", dimension="framing", number=4)["given"] == 1


def test_a_review_and_a_score_on_one_session(serve_page) -> None:
    one, two = serve_page(), serve_page(start=("score", "demo"))
    review, score = one.client(), two.client()
    before = next(r for r in score.get("/score").json["rows"] if r["id"] == "evidence")["measured"]
    review.done("/mark", dimension="evidence", number=2)
    assert score.done("/mark", dimension="framing", number=4)["given"] == 2
    assert [numbers(s) for s in one.scores()] == [{"evidence": 2, "framing": 4}]
    # What is measured follows the review.
    review.act("dismiss", moment=review.state()["moments"][0]["id"], reason="wrong words")
    after = next(r for r in score.get("/score").json["rows"] if r["id"] == "evidence")["measured"]
    assert after != before


def test_the_page_and_the_terminal_at_once(score_server: PageServer, workspace: Path, tmp_path: Path) -> None:
    client = score_server.client()
    argv = [*command(), "--workspace", str(workspace), "score", "demo"]
    with Driven(argv, cwd=tmp_path, size=(100, 40)) as terminal:
        terminal.until("1 of 6")  # both have begun before there is any number
        client.done("/mark", dimension="evidence", number=2, why="no figures")
        terminal.type("4")
        terminal.until_told("One line of why", 1)
        terminal.type("asked first\n")
        terminal.until(r"(?s)2 of 6.*yours +2: no figures")
        assert client.get("/score").json["given"] == 2
        client.done("/mark", dimension="recovery", number=5)
        terminal.type("q")
        assert terminal.status() == 0
    (score,) = score_server.scores()
    assert numbers(score) == {"evidence": 2, "framing": 4, "recovery": 5}
    assert score["dimensions"]["framing"]["why"] == "asked first"


@pytest.mark.parametrize("option", [("--show",), ("--set", "framing=3"), ("--json", "--show")])
def test_options_that_need_no_page_are_refused_with_it(unsaid, demo: Path, option: tuple) -> None:
    done = unsaid("score", "demo", "--web", *option)
    assert (done.returncode, done.stdout) == (2, "") and "hint: Leave out" in done.stderr


def test_the_port_is_for_the_page(unsaid, demo: Path) -> None:
    done = unsaid("score", "demo", "--port", "8000")
    assert done.returncode == 2 and "Add --web" in done.stderr


# In the browser


def test_everything_by_keyboard_alone(scoring: Window, score_server: PageServer) -> None:
    page = scoring.page
    expect(page.locator("#gate")).to_contain_text("Not told yet")
    scoring.see(".dimension >> nth=0", "first question, requirement or assumption")
    scoring.see(".dimension >> nth=0", "The answer starts at once")
    scoring.press("4")  # nothing is focused: the first one
    expect(page.locator("#framing-4")).to_be_focused()
    kept(scoring, "framing", 4)
    scoring.press("Enter")
    page.keyboard.type("asked for the limits, 5 of them")  # a figure in a word is a figure in a word
    scoring.press("Enter")
    expect(page.locator("#evidence-1")).to_be_focused()
    scoring.press("2", "ArrowRight")
    expect(page.locator("#evidence-3")).to_be_checked()
    scoring.press("n", "4", "n", "4", "n", "5", "n", "4")
    scoring.see("#gate", "Ready: average 4.0, nothing below 3")
    expect(page.locator("#gate")).to_have_class("gate is-ready")
    scoring.see("#progress", "6 of 6 given")
    scoring.press("b", "2")
    scoring.see("#gate", "Not ready: recovery is 2; average 3.5, 4 is wanted")
    scoring.see(".train", "recovery: ")
    scoring.press("e")
    scoring.see("#over", "Not ready: recovery is 2")
    assert score_server.process.wait(20) == 0
    (score,) = score_server.scores()
    assert list(numbers(score).values()) == [4, 3, 4, 4, 2, 4] and score["finished"]
    assert score["dimensions"]["framing"]["why"] == "asked for the limits, 5 of them"
    scoring.forgive(AWAY)


def test_reloaded_and_seen_in_another_window(
    scoring: Window, score_server: PageServer, open_review: OpenReview
) -> None:
    page = scoring.page
    page.locator("#recovery-3").focus()
    scoring.press("3", "Enter")
    page.keyboard.type("kept calm")
    scoring.until("document.querySelector('#saved').textContent.startsWith('saved ')")
    page.reload()
    scoring.ready()
    expect(page.locator("#recovery-3")).to_be_checked()
    expect(page.locator("#recovery-why")).to_have_value("kept calm")
    other = open_review(score_server, beside=scoring)
    expect(other.page.locator("#recovery-3")).to_be_checked()
    # What is being typed here is not touched by what comes from there.
    page.bring_to_front()
    page.locator("#recovery-why").focus()
    page.keyboard.type(", and")
    other.page.locator("label[for=x], #evidence-5").check(force=True)
    expect(page.locator("#evidence-5")).to_be_checked()
    assert page.locator("#recovery-why").input_value().startswith("kept calm, and")


def test_a_why_before_its_number_waits_for_it(scoring: Window, score_server: PageServer) -> None:
    page = scoring.page
    page.locator("#framing-why").fill("asked first")
    scoring.see(".dimension >> nth=0", "Kept once there is a number")
    page.reload()
    scoring.ready()
    expect(page.locator("#framing-why")).to_have_value("asked first")
    page.locator("#framing-4").check(force=True)
    scoring.until("document.querySelector('#saved').textContent.startsWith('saved ')")
    expect(page.locator(".dimension >> nth=0")).not_to_contain_text("Kept once there is a number")
    kept(scoring, "framing", 4, "asked first")


def test_the_server_killed_and_started_again_nothing_is_lost(serve_page, open_review: OpenReview) -> None:
    server = serve_page(start=("score", "demo"))
    window = open_review(server)
    page = window.page
    window.forgive(AWAY, "403")
    window.press("4")
    kept(window, "framing", 4)
    server.kill()
    window.press("Enter")
    page.keyboard.type("while nobody listened")
    window.press("Enter", "5")
    window.see("#trouble", "Not saved")
    window.see("#trouble", f"unsaid score demo --web --port {server.port}")
    assert server.scores()[0]["dimensions"] == {"framing": {"number": 4, "why": ""}}
    again = serve_page("--port", str(server.port), start=("score", "demo"))
    opened = open_review(again, beside=window)
    expect(opened.page.locator("#framing-4")).to_be_checked()
    page.bring_to_front()
    expect(page.locator("#trouble")).to_be_hidden()
    window.until("document.querySelector('#saved').textContent.startsWith('saved ')")
    (score,) = again.scores()
    assert score["dimensions"] == {
        "framing": {"number": 4, "why": "while nobody listened"},
        "evidence": {"number": 5, "why": ""},
    }


def test_the_same_stands_at_the_end_of_the_review(page_server: PageServer, open_review: OpenReview) -> None:
    window = open_review(page_server)
    page = window.page
    window.press("e")
    expect(page.get_by_role("heading", name="Score yourself")).to_be_visible()
    window.see("#score", "decisions with an audible reason: 4 of 7")
    page.locator("#framing-1").focus()
    for number in (4, 4, 4, 4, 4, 5):
        window.press(str(number), "Enter", "Enter")
    window.see("#gate", "Ready: average 4.2, nothing below 3")
    window.until("document.querySelector('#saved').textContent.startsWith('saved ')")
    assert numbers(page_server.scores()[0]) == dict(zip(NAMES, (4, 4, 4, 4, 4, 5), strict=True))
    # The review's own letters do not reach into the words of why, and still work beside them.
    page.locator("#reflection-why").fill("b e u")
    window.press("b")
    expect(page.locator("#reflection-why")).to_have_value("b e ub")
    window.press("Escape")
    expect(page.locator("#reflection-5")).to_be_focused()
    page.locator("#end").focus()
    window.press("b")
    expect(page.locator("#card")).to_be_visible()
    window.press("e")
    expect(page.locator("#reflection-5")).to_be_checked()
    page.reload()
    window.ready()
    expect(page.locator("#reflection-5")).to_be_checked()
    status, out, _ = page_server.end()
    assert status == 0 and "0 kept, 0 dismissed" in out
    window.forgive(AWAY)


def test_what_is_focused_is_not_hidden_by_the_gate(page_server: PageServer, open_review: OpenReview) -> None:
    window = open_review(page_server, viewport={"width": 390, "height": 844})
    page = window.page
    page.locator("#finish").click()
    for name in NAMES:
        for what in (f"{name}-3", f"{name}-why"):
            page.locator(f"#{what}").focus()
            window.until(
                f"document.querySelector('#{what}').getBoundingClientRect().bottom"
                " <= document.querySelector('#gate').getBoundingClientRect().top"
            )
    assert window.overflow() <= 0


def test_hostile_words_are_shown_and_not_obeyed(
    unsaid, serve_page, open_review: OpenReview, demo: Path
) -> None:
    hostile = "</script><img src=x onerror=\"document.title='owned'\"> \u202eturned"
    unsaid("score", "demo", "--set", "framing=4", "--why", f"framing={hostile}")
    window = open_review(serve_page(start=("score", "demo")))
    value = window.page.locator("#framing-why").input_value()
    assert "</script><img" in value and "\u202e" not in value
    assert window.page.title() == "demo · score · unsaid"
    assert load(demo).scores[0].marks["framing"].why == hostile  # looking at it changes nothing


def test_two_pages_answer_as_one(serve_page) -> None:
    """Begun at the same time, before there is any number: still one score."""
    one, two = serve_page(start=("score", "demo")), serve_page(start=("score", "demo"))
    first, second = one.client(), two.client()
    assert first.get("/score").json["given"] == second.get("/score").json["given"] == 0
    first.done("/mark", dimension="framing", number=4)
    second.done("/mark", dimension="evidence", number=3)
    assert first.get("/score").json["given"] == 2
    assert [numbers(s) for s in one.scores()] == [{"framing": 4, "evidence": 3}]


def test_ctrl_c_keeps_what_was_given(score_server: PageServer) -> None:
    client: Client = score_server.client()
    client.done("/mark", dimension="framing", number=4)
    status, out, err = score_server.end()
    assert status == 0 and out == "1 of 6 scored; to go on: unsaid score demo\n"
    assert "Ctrl-C ends it" in err and "Traceback" not in err
