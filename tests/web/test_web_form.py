"""The signal form of a drill on the page, and the review within a drill: clock, parts, and nothing lost."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from page_support import AWAY, OpenReview, Window
from playwright.sync_api import expect
from web_support import LINK, Client, PageServer

from support import command
from terminal_driver import Driven
from unsaid import pipeline
from unsaid.cli.output import Notes
from unsaid.drills import bank
from unsaid.drills.signals import SIGNALS
from unsaid.sessions.store import Store

NAMES = [s.id for s in SIGNALS]
LABELLING = ("drill", "signal-labelling")
DESIGN = """Is the limit for each customer, or for each address? I'll assume it is for each customer. I'd go
with a token bucket. It'll probably be fast enough. I'd keep the counters in Redis. To sum up, the bucket runs
in the gateway."""

Label = Callable[..., PageServer]


@pytest.fixture
def labelling(serve_page) -> Label:
    """Starts `unsaid drill signal-labelling --web`: `labelling("--prompt", "rate-limiter")`."""

    def start(*args: str) -> PageServer:
        return serve_page(*args, start=LABELLING)

    return start


@pytest.fixture
def answered(tmp_path: Path, workspace: Path, demo: Path) -> str:
    """Id of a session that answers the prompt `rate-limiter`."""
    store = Store(workspace / "sessions")
    file = tmp_path / "said.txt"
    file.write_text(" ".join(DESIGN.split()), encoding="utf-8")
    prompt = bank.find("rate-limiter", workspace).prompt
    session = pipeline.import_transcript(file, store, prompt=prompt, kind="design")
    job = pipeline.Request(choose_model=lambda: pytest.fail("there is nothing to hear in a text"))
    pipeline.audit_session(session, store, job, Notes(quiet=True))
    return session.id


def lines(server: PageServer) -> dict[str, str]:
    return {name: label["text"] for name, label in server.run()["labels"].items()}


def written(window: Window) -> None:
    """Until the page says that all is kept."""
    window.until("/^saved \\d/.test(document.querySelector('#saved').textContent)")


# By what is asked and answered


def test_from_the_prompt_to_the_comparison(labelling: Label, answered: str) -> None:
    server = labelling("--prompt", "rate-limiter")
    client = server.client()
    state = client.get("/form").json
    assert state["part"] == "prompt" and state["compared"] is None
    assert state["prompt"]["title"] == "Rate limiter for a public API" and state["prompt"]["facts"]
    assert [f["id"] for f in state["fields"]] == NAMES
    assert "architectural" not in json.dumps(state["prompt"])  # what it asks for is not given away
    assert client.done("/part", part="label")["number"] == 2
    told = client.done("/label", signal="problem-framing", text="asks how  many\nrequests come")
    assert lines(server) == {"problem-framing": "asks how many requests come"}
    assert told["fields"][0]["text"] == "asks how many requests come"
    client.done("/label", signal="delivery-judgement", text="says who pays")
    client.done("/part", part="compare")
    # What has no line by now was left blank on purpose.
    assert lines(server) == dict.fromkeys(NAMES, "") | {
        "problem-framing": "asks how many requests come",
        "delivery-judgement": "says who pays",
    }
    found = client.get("/form").json["compared"]
    assert found["words"] == "You and the prompt agree on 3 of 7." and found["answer"] == answered
    rows = {row["title"]: row for row in found["rows"]}
    framing = rows["problem framing"]
    assert (framing["by"], framing["agrees"]) == ("you and the prompt", True)
    assert framing["level"] in ("visible", "partly visible")
    assert framing["sentences"][0][1] == "Is the limit for each customer, or for each address?"
    assert (rows["delivery judgement"]["by"], rows["production judgement"]["by"]) == (
        "you alone",
        "the prompt alone",
    )
    assert rows["coding fluency"]["level"] == "not asked for" and not rows["coding fluency"]["sentences"]
    client.done("/end")
    assert server.process.wait(20) == 0
    status, out, err = server.end()
    assert status == 0 and "You and the prompt agree on 3 of 7." in out
    assert "to answer it: unsaid record --prompt rate-limiter --minutes 8" in err
    run = server.run()
    assert run["finished"] and all(part["done"] for part in run["parts"].values())


def test_the_clock_counts_the_time_at_work_in_each_part(labelling: Label) -> None:
    server = labelling("--prompt", "two-sum", "--minutes", "label=0.01")
    client = server.client()
    first = client.get("/course").json
    assert (first["part"], first["number"], first["of"], first["minutes"]) == ("prompt", 1, 3, 2)
    assert [p["id"] for p in first["parts"]] == ["prompt", "label", "compare"]
    began = time.monotonic()
    while (now := client.get("/course").json)["partLeft"] == first["partLeft"]:
        assert time.monotonic() - began < 60
    assert now["partLeft"] < first["partLeft"] <= 120 and now["drillLeft"] < first["drillLeft"]
    label = client.done("/part", part="label")
    assert label["minutes"] == 0.01 and label["drillLeft"] < now["drillLeft"]
    while client.get("/course").json["partLeft"] > 0:
        assert time.monotonic() - began < 60
    assert client.done("/part", part="compare")["partLeft"] <= 180
    server.end()
    spent = {name: part["worked"] for name, part in server.run()["parts"].items()}
    assert spent["label"] >= 0.5 and set(spent) == {"prompt", "label", "compare"}
    assert not server.run()["finished"]


def test_a_prompt_is_drawn_and_drawn_again(labelling: Label) -> None:
    server = labelling("--kind", "coding")
    client = server.client()
    seen = [client.get("/form").json["prompt"]["title"]]
    for _ in range(3):
        told = client.done("/draw")
        assert told["drawn"] and told["prompt"]["title"] != seen[-1]
        seen.append(told["prompt"]["title"])
    assert server.run()["prompt"]["kind"] == "coding"
    client.done("/part", part="label")
    assert client.post("/draw", {}).status == 404


@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("/label", {"signal": "speed", "text": "x"}, 404),
        ("/label", {"signal": "problem-framing"}, 400),
        ("/label", {"signal": "problem-framing", "text": None}, 400),
        ("/label", {"signal": "problem-framing", "text": "x" * 2001}, 400),
        ("/label", {"text": "x"}, 400),
        ("/part", {"part": "record"}, 404),
        ("/part", {"part": 3}, 400),
        ("/part", {}, 400),
        ("/draw", [], 400),
        ("/end", None, 400),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    labelling: Label, path: str, given: object, status: int
) -> None:
    server = labelling("--prompt", "two-sum")
    got = server.client().post(path, given)
    assert got.status == status and got.json["error"] and set(got.json) == {"error", "hint"}
    assert lines(server) == {} and server.process.poll() is None


def test_one_that_was_left_is_gone_on_with_when_asked_to(labelling: Label, unsaid) -> None:
    server = labelling("--prompt", "two-sum")
    client = server.client()
    client.done("/part", part="label")
    client.done("/label", signal="coding-fluency", text="says every line")
    status, _, err = server.end()
    assert status == 0 and "to go on: unsaid drill --resume --web" in err
    done = unsaid(*LABELLING, "--web")
    assert done.returncode == 2 and "Add --resume to go on with it, or --new" in done.stderr
    again = labelling("--resume")
    state = again.client().get("/form").json
    assert state["part"] == "label" and state["fields"][1]["text"] == "says every line"


def test_a_drill_that_is_open_elsewhere_is_told(labelling: Label, unsaid) -> None:
    labelling("--prompt", "two-sum")
    done = unsaid(*LABELLING, "--web", "--resume")
    assert done.returncode == 2 and "open in another terminal" in done.stderr


# In the browser


def test_the_form_by_keyboard_alone_killed_in_the_middle(
    labelling: Label, open_review: OpenReview, answered: str
) -> None:
    server = labelling("--prompt", "rate-limiter")
    window = open_review(server)
    window.forgive(AWAY, "403")
    page = window.page
    window.see("#course", "Part 1 of 3: the prompt, 2 min, ")
    window.see("#prompt", "Design a rate limiter for a public API")
    window.see("#prompt", "There are 60 servers")
    expect(page.locator("#form")).to_be_hidden()
    window.press("Enter")
    expect(page.locator("#problem-framing")).to_be_focused()
    window.see("#course", "Part 2 of 3: seven signals, 10 min, 9:")
    page.keyboard.type("asks whether it is for each customer")
    written(window)
    assert lines(server) == {"problem-framing": "asks whether it is for each customer"}
    window.press("Enter", "Enter")
    page.keyboard.type("names a price")
    expect(page.locator("#architectural-judgement")).to_be_focused()
    server.kill()
    window.press("Enter")
    page.keyboard.type("says what breaks first")
    window.see("#trouble", "Not saved")

    again = labelling("--resume", "--port", str(server.port))
    open_review(again, beside=window)  # the new link, in the same browser
    page.bring_to_front()
    expect(page.locator("#trouble")).to_be_hidden()
    written(window)
    assert {n: text for n, text in lines(again).items() if text} == {
        "problem-framing": "asks whether it is for each customer",
        "architectural-judgement": "names a price",
        "production-judgement": "says what breaks first",
    }
    page.reload()
    window.ready()
    expect(page.locator("#production-judgement")).to_have_value("says what breaks first")
    window.press("Escape")
    window.press("7")
    expect(page.locator("#communication-and-reflection")).to_be_focused()
    page.keyboard.type("sums it up")
    window.press("Escape", "g")
    window.see("#compared-title", "You and the prompt agree on all seven.")
    window.see("#course", "Part 3 of 3")
    row = page.locator(".pairing").nth(0)
    expect(row).to_contain_text("asks whether it is for each customer")
    expect(row.locator(".heard")).to_contain_text("visible")
    expect(row.locator(".heard")).to_contain_text("Is the limit for each customer, or for each address?")
    window.press("e")
    window.see("#over", "done")
    assert again.process.wait(20) == 0
    assert "agree on all seven" in again.end()[1]


def test_what_is_typed_is_kept_as_it_is_typed_and_seen_in_another_window(
    labelling: Label, open_review: OpenReview
) -> None:
    server = labelling("--prompt", "two-sum")
    one = open_review(server)
    one.press("Enter")
    two = open_review(server, beside=one)
    two.page.locator("#coding-fluency").fill("from there")
    one.page.bring_to_front()
    one.page.locator("#problem-framing").focus()
    one.page.keyboard.type("from here")
    expect(one.page.locator("#coding-fluency")).to_have_value("from there")
    expect(one.page.locator("#problem-framing")).to_have_value("from here")
    written(one)
    assert {n: text for n, text in lines(server).items() if text} == {
        "problem-framing": "from here",
        "coding-fluency": "from there",
    }
    # A line that is taken back is blank again.
    one.page.locator("#problem-framing").fill("")
    one.until("/^0|^1 of 7/.test(document.querySelector('#progress').textContent)")
    written(one)
    assert lines(server)["problem-framing"] == ""
    # The other window comes along to the next part.
    one.press("Escape", "g")
    two.page.bring_to_front()
    two.see("#compared-title", "You and the prompt agree on ")


def test_hostile_words_are_shown_and_not_obeyed(labelling: Label, open_review: OpenReview) -> None:
    hostile = '</script><img src=x onerror="document.title=1"> \u202eturned'
    server = labelling("--prompt", hostile, "--kind", "design")
    window = open_review(server)
    window.see("#prompt-text", "</script><img src=x")
    assert "\u202e" not in window.page.locator("body").inner_text()
    expect(window.page.locator("#draw")).to_be_hidden()  # it is her own
    window.press("Enter")
    window.page.locator("#problem-framing").fill(hostile)
    window.press("Escape", "g")
    window.see(".pairing >> nth=0", "</script><img src=x")
    assert window.page.title() == "signal labelling · drill · unsaid"
    assert not window.page.locator("img").count()


@pytest.mark.parametrize("width", [390, 320, 1440])
def test_no_screen_need_scroll_sideways(
    labelling: Label, open_review: OpenReview, answered: str, width: int
) -> None:
    window = open_review(labelling("--prompt", "rate-limiter"), viewport={"width": width, "height": 800})
    assert window.overflow() <= 0
    window.press("Enter")
    window.page.locator("#problem-framing").fill("asks " * 60)
    assert window.overflow() <= 0
    window.press("Escape", "g")
    window.see("#compared-title", "You and the prompt")
    assert window.overflow() <= 0


# Within the hidden reasoning audit


Open = Callable[..., Driven]


@pytest.fixture
def practised(workspace: Path, tmp_path: Path) -> Iterator[Open]:
    """`unsaid practice --web` in a terminal, on a text."""
    opened: list[Driven] = []
    (tmp_path / "a.txt").write_text(" ".join(DESIGN.split()), encoding="utf-8")

    def open_(*args: str) -> Driven:
        argv = [*command(), "--workspace", str(workspace), "practice", "--web", *args]
        opened.append(Driven(argv, cwd=tmp_path, size=(110, 50)).__enter__())
        return opened[-1]

    yield open_
    for one in opened:
        one.__exit__(None, None, None)


class Linked:
    """A server whose link was printed by a program in a terminal."""

    def __init__(self, terminal: Driven) -> None:
        while (found := LINK.search(terminal.out())) is None:
            assert "Traceback" not in terminal.told()
            terminal.until("")  # something more was drawn
        self.url, self.port, self.key = found[0], int(found[1]), found[2]
        self.origin = f"http://127.0.0.1:{self.port}"

    def client(self) -> Client:
        return Client(self).enter()  # type: ignore[arg-type]


def to_the_page(one: Driven, part: str) -> Linked:
    one.until(rf"(?s){part}.*enter opens the page")
    one.type("\r")
    one.until_told("Ctrl-C ends it")
    return Linked(one)


def test_practice_with_review_and_score_on_the_page(
    practised: Open, open_review: OpenReview, workspace: Path
) -> None:
    one = practised("--prompt", "rate-limiter", "--take", "a.txt")
    for page in ("part 1 of 5", "part 2 of 5"):
        one.until(page)
        one.type("\r")
    link = to_the_page(one, "part 3 of 5: replay and rewrite")
    window = open_review(link)
    page = window.page
    window.see("#course", "Part 3 of 5: replay and rewrite, 11 min, 10:")
    window.press("d", "1", "e")
    window.see("#course", "Part 4 of 5: before and after, 1 min, ")
    page.locator("#framing-1").focus()
    window.press("4")
    window.see("#course", "Part 5 of 5: your own score, 3 min, ")
    window.until("document.querySelector('#framing-4').checked")
    # Back to the moments: their clock goes on.
    page.locator("#end-back").click()
    window.see("#course", "Part 3 of 5")
    window.press("e")
    page.locator("#end-drill").click()
    window.see("#over", "Hidden reasoning audit: done")
    assert one.status() == 0, one.told()
    assert "hidden reasoning audit: 0:" in one.out() and "1 flag dismissed" in one.out()
    (path,) = (workspace / "sessions" / ".drills").glob("[0-9]*.json")
    run = json.loads(path.read_text(encoding="utf-8"))
    assert run["finished"] and [n for n, p in run["parts"].items() if p["done"]] == [
        "prompt",
        "record",
        "review",
        "count",
        "score",
    ]
    assert run["parts"]["review"]["worked"] > 0 and run["parts"]["score"]["worked"] > 0
    (score,) = (workspace / "sessions").glob("*/score.json")
    assert json.loads(score.read_text())["scores"][0]["dimensions"]["framing"]["number"] == 4


def test_left_on_the_page_and_taken_up_again_at_its_part(practised: Open, open_review: OpenReview) -> None:
    one = practised("--prompt", "rate-limiter", "--take", "a.txt")
    for page in ("part 1 of 5", "part 2 of 5"):
        one.until(page)
        one.type("\r")
    client = to_the_page(one, "part 3 of 5").client()
    assert client.done("/part", part="count")["part"] == "count"
    client.close()
    one.type("\x03")
    assert one.status() == 0, one.told()
    assert re.search(r"at part 4 of 5 .*to go on: unsaid drill --resume --web", one.told())
    again = practised("--resume")
    window = open_review(to_the_page(again, "part 4 of 5: before and after"))
    expect(window.page.get_by_role("heading", name="Before and after")).to_be_visible()
    window.see("#course", "Part 4 of 5")
    window.page.locator("#end-drill").click()
    window.see("#over", "done")
    assert again.status() == 0, again.told()


@pytest.mark.parametrize("name", ["recovery", "evidence-replay"])
def test_a_drill_without_a_page_says_so(workspace: Path, tmp_path: Path, name: str) -> None:
    argv = [*command(), "--workspace", str(workspace), "drill", name, "--web"]
    with Driven(argv, cwd=tmp_path) as one:
        assert one.status() == 2
        assert "has no page" in one.told() and "hidden-reasoning and signal-labelling" in one.told()
    assert not list((workspace / "sessions" / ".drills").glob("[0-9]*.json"))
