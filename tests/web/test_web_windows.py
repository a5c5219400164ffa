"""Two windows on one session, a page and a terminal: each sees what the others did, none loses it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from web_support import Client, PageServer

from support import command
from terminal_driver import Driven

PASSES = "I put it in the gateway because every request passes there anyway."


def verdicts(told: dict[str, Any]) -> list[str]:
    return [m["verdict"] for m in told["moments"]]


def test_two_windows_see_each_others_work_and_take_back_their_own(page_server: PageServer) -> None:
    one, two = page_server.client("one"), page_server.client("two")
    ids = [m["id"] for m in one.state()["moments"]]
    one.act("keep", moment=ids[0])
    told = two.act("dismiss", moment=ids[1], reason="wrong words")
    assert verdicts(told)[:3] == ["kept", "dismissed", "open"]
    assert verdicts(one.state())[:3] == ["kept", "dismissed", "open"]
    two.act("mark", sentence=1, letter="A")
    one.act("rewrite", moment=ids[2], text=PASSES)
    assert one.state()["canUndo"] and two.state()["canUndo"]

    # The last change was the other's; each takes back its own alone.
    assert two.act("undo")["undone"] == "mark 1"
    assert two.act("undo")["undone"] == f"dismiss {ids[1]}"
    assert two.act("undo")["undone"] is None
    assert verdicts(two.state())[:3] == ["kept", "open", "kept"]
    assert two.state()["moments"][2]["rewrite"]["text"] == PASSES
    assert one.act("undo")["undone"] == f"rewrite {ids[2]}"
    assert verdicts(one.state())[:3] == ["kept", "open", "open"]


def test_undo_takes_back_the_own_change_where_the_other_changed_the_same_moment(
    page_server: PageServer,
) -> None:
    one, two = page_server.client("one"), page_server.client("two")
    id = one.state()["moments"][0]["id"]
    one.act("keep", moment=id)
    two.act("dismiss", moment=id, reason="not worth it")
    assert verdicts(one.state())[0] == "dismissed"
    assert verdicts(two.act("undo"))[0] == "kept"
    assert verdicts(one.act("undo"))[0] == "open"


def test_a_reloaded_window_can_still_take_back(page_server: PageServer) -> None:
    before = page_server.client("same")
    id = before.state()["moments"][0]["id"]
    before.act("keep", moment=id)
    after = page_server.client("same")
    assert after.state()["canUndo"] and after.act("undo")["undone"] == f"keep {id}"


def test_two_runs_on_one_session(serve_page) -> None:
    one, two = serve_page(), serve_page()
    assert one.port != two.port and one.key != two.key
    first, second = one.client(), two.client()
    ids = [m["id"] for m in first.state()["moments"]]
    first.act("keep", moment=ids[0])
    tag = second.get("/state?window=w").headers["etag"]
    assert verdicts(second.act("keep", moment=ids[1]))[:2] == ["kept", "kept"]
    assert second.get("/state?window=w").headers["etag"] != tag
    assert verdicts(first.state())[:2] == ["kept", "kept"]
    # A cookie of the one is none of the other's.
    stranger = two.stranger()
    stranger.cookie = first.cookie
    assert stranger.get("/state").status == 403
    assert (one.end()[0], two.end()[0]) == (0, 0)
    assert len(one.review()["kept"]) == 2


def test_the_page_and_the_terminal_at_once(
    page_server: PageServer, client: Client, workspace: Path, tmp_path: Path
) -> None:
    ids = [m["id"] for m in client.state()["moments"]]
    argv = [*command(), "--workspace", str(workspace), "review", "--no-audio"]
    with Driven(argv, cwd=tmp_path, size=(100, 40)) as terminal:
        terminal.until(r"moment 1 of 7")
        client.act("dismiss", moment=ids[1], reason="wrong words")
        terminal.type("k")
        terminal.until(r"1 kept, 1 dismissed")
        assert verdicts(client.state())[:2] == ["kept", "dismissed"]
        client.act("rewrite", moment=ids[2], text=PASSES)
        terminal.type("q")
        assert terminal.status() == 0
        assert "2 kept, 1 dismissed, 1 rewritten (1 pass)" in terminal.out()
    # The terminal's end has written the audit anew; the page goes on.
    assert verdicts(client.act("keep", moment=ids[3]))[:4] == ["kept", "dismissed", "kept", "kept"]
    status, out, _ = page_server.end()
    assert status == 0 and out.startswith("3 kept, 1 dismissed, 1 rewritten (1 pass); 5 to go")


def test_an_answer_that_is_audited_anew_meanwhile(page_server: PageServer, client: Client, unsaid) -> None:
    before = client.state()
    client.act("keep", moment=before["moments"][0]["id"])
    assert unsaid("audit", "demo", "--ignore", "D2").returncode == 0
    after = client.state()
    assert "D2" not in {m["code"] for m in after["moments"]} and after["transcript"] == before["transcript"]
    assert verdicts(after)[0] == "kept"
    gone = next(m["id"] for m in before["moments"] if m["code"] == "D2")
    assert client.post("/act", {"do": "keep", "moment": gone}).status == 404
