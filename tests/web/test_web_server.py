"""The server of the review page as a process: what it prints, answers and keeps, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_support import HANGS_S, Client, PageServer

from support import command
from unsaid.sessions.review import load
from unsaid.shortlist import REASONS

PASSES = "I put it in the gateway because every request passes there anyway."


# What it prints, and how it ends


def test_the_link_stands_alone_on_the_first_line_and_the_rest_elsewhere(page_server: PageServer) -> None:
    client = page_server.client()
    client.act("keep", moment=client.state()["moments"][0]["id"])
    status, out, err = page_server.end()
    assert status == 0
    assert out == "1 kept, 0 dismissed, 0 rewritten (0 pass); 7 to go: unsaid review demo\n"
    assert "Ctrl-C ends it" in err and "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_whatever_browsers_hold_open(page_server: PageServer, number: int) -> None:
    idle = page_server.client()
    assert idle.state()["session"] == "demo"  # its connection stays open
    with contextlib.ExitStack() as stack:

        def line(text: str) -> socket.socket:
            made = stack.enter_context(socket.create_connection(("127.0.0.1", page_server.port)))
            made.sendall(text.encode())
            return made

        # A request that was never finished, one that was never begun, and a download that nobody reads.
        head = f"Host: 127.0.0.1:{page_server.port}\r\nCookie: {idle.cookie}\r\n"
        line("")
        line("GET / HTTP/1.1\r\n")
        line(
            f"POST /act HTTP/1.1\r\n{head}Origin: {page_server.origin}\r\n"
            "Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
        )
        stalled = line(f"GET /answer HTTP/1.1\r\n{head}\r\n")
        assert stalled.recv(12) == b"HTTP/1.1 200"
        status, out, err = page_server.end(number)
    assert status == 0 and "7 to go" in out and "Traceback" not in err
    assert not (page_server.session / "review.json").exists()


def test_the_end_writes_the_reports_with_what_was_said(page_server: PageServer, client: Client) -> None:
    first = client.state()["moments"][0]
    client.act("dismiss", moment=first["id"], reason="wrong words")
    assert "wrong words" not in (page_server.session / "audit.json").read_text(encoding="utf-8")
    page_server.end()
    assert "wrong words" in (page_server.session / "audit.json").read_text(encoding="utf-8")


def test_a_taken_port_is_told(serve_page, demo: Path, workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [*command(), "--workspace", str(workspace), "review", "--web", "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=HANGS_S,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: port {port} is taken\nhint: Give another with --port")


def test_the_port_can_be_chosen_and_used_again_at_once(serve_page) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for _ in range(2):
        server = serve_page("--port", str(port))
        assert server.port == port
        client = server.client()
        assert client.state()["session"] == "demo"
        assert server.end()[0] == 0


def test_options_of_the_page_without_the_page_are_told(unsaid, demo: Path) -> None:
    for option in (("--port", "8000"), ("--no-open",)):
        done = unsaid("review", *option)
        assert done.returncode == 2 and "Add --web" in done.stderr


def test_what_cannot_be_reviewed_is_told_before_anything_is_served(unsaid, workspace: Path) -> None:
    done = unsaid("review", "--web")
    assert (done.returncode, done.stdout) == (2, "") and "no audited session" in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="displays are named otherwise there")
@pytest.mark.parametrize(
    ("terminal", "display", "args", "opens"),
    [
        (True, True, (), True),
        (True, True, ("--no-open",), False),
        (True, False, (), False),
        (False, True, (), False),
    ],
)
def test_a_browser_is_opened_only_where_one_can_be_seen(
    workspace: Path, demo: Path, tmp_path: Path, terminal: bool, display: bool, args: tuple, opens: bool
) -> None:
    # A stand-in for the user's browser: it tells which link it was given.
    browser, asked = tmp_path / "browser", tmp_path / "asked"
    browser.write_text(f'#!/bin/sh\necho "$1" >>{asked}\necho opened >&2\n', encoding="utf-8")
    browser.chmod(0o700)
    env = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    env |= {"BROWSER": f"{browser} %s"} | ({"DISPLAY": ":99"} if display else {})
    master, slave = os.openpty()
    try:
        with subprocess.Popen(
            [*command(), "--workspace", str(workspace), "review", "--web", *args],
            stdin=subprocess.DEVNULL,
            stdout=slave if terminal else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=env,
        ) as ran:
            assert ran.stderr is not None
            said = ran.stderr.readline()
            if opens:
                while "opened" not in said:
                    said = ran.stderr.readline()
                    assert said, "ended, and no browser was opened"
            ran.send_signal(signal.SIGINT)
            ran.communicate(timeout=HANGS_S)
            assert ran.returncode == 0
        assert asked.exists() is opens
        if opens:
            link = asked.read_text(encoding="utf-8").strip()
            assert link == os.read(master, 65536).decode().splitlines()[0]
    finally:
        os.close(master)
        os.close(slave)


# What it answers


def test_the_state_says_all_that_the_page_shows(client: Client) -> None:
    state = client.state()
    assert set(state) == {
        *("session", "transcript", "revision", "canUndo", "moments", "shares", "progress"),
    }
    assert state["progress"] == {"settled": 0, "total": 7} and state["canUndo"] is False
    first = state["moments"][0]
    assert set(first) == {
        *("id", "number", "code", "letter", "name", "quote", "start", "end", "sentence", "sentenceText"),
        *("verdict", "reason", "message", "evidence", "frame", "standing", "settled", "rewrite"),
    }
    assert (first["code"], first["name"], first["verdict"]) == ("D1", "unexplained choice", "open")
    assert first["quote"] in first["sentenceText"] and "___" in first["frame"]
    assert [s["letter"] for s in state["shares"]] == ["D", "A", "U"]
    assert state["shares"][0]["label"] == "Decisions with an audible reason"


def test_everything_that_can_be_done_is_kept_at_once(page_server: PageServer, client: Client) -> None:
    ids = [m["id"] for m in client.state()["moments"]]

    def moment(told: dict, id: str) -> dict:
        return next(m for m in told["moments"] if m["id"] == id)

    assert moment(client.act("keep", moment=ids[0]), ids[0])["verdict"] == "kept"
    assert [k["code"] for k in page_server.review()["kept"]] == ["D1"]
    told = client.act("dismiss", moment=ids[1], reason=REASONS[1])
    assert (moment(told, ids[1])["verdict"], moment(told, ids[1])["reason"]) == ("dismissed", REASONS[1])
    assert told["progress"] == {"settled": 1, "total": 7}
    assert moment(client.act("reopen", moment=ids[1]), ids[1])["verdict"] == "open"
    assert moment(client.act("family", moment=ids[0], letter="A"), ids[0])["letter"] == "A"

    told = client.act("rewrite", moment=ids[2], text="Okay, I'd put it in the gateway.")
    assert told["missing"] and not moment(told, ids[2])["rewrite"]["passed"]
    told = client.act("rewrite", moment=ids[2], text=PASSES)
    assert told["missing"] == []
    assert moment(told, ids[2])["rewrite"] == {"text": PASSES, "passed": True, "missing": [], "said": None}
    assert moment(told, ids[2])["settled"] is True
    assert next(s for s in told["shares"] if s["letter"] == "D")["after"] > 3
    assert moment(client.act("rewrite", moment=ids[2], text=" "), ids[2])["rewrite"] is None

    told = client.act("mark", sentence=2, letter="U")
    own = moment(told, told["marked"])
    assert (own["code"], own["letter"], own["sentence"]) == ("own", "U", 2)
    assert page_server.review()["marks"][0]["family"] == "U"

    # Seven changes, taken back one by one, the last one first.
    undone = []
    while (told := client.act("undo"))["undone"] is not None:
        undone.append(told["undone"].split()[0])
    assert undone == ["mark", "rewrite", "rewrite", "rewrite", "keep", "reopen", "dismiss", "keep"]
    assert told["canUndo"] is False
    assert all(m["verdict"] == "open" and m["rewrite"] is None for m in told["moments"])


def test_a_check_keeps_nothing(page_server: PageServer, client: Client) -> None:
    id = client.state()["moments"][2]["id"]
    assert client.post("/check", {"moment": id, "text": PASSES}).json == {"missing": []}
    assert client.post("/check", {"moment": id, "text": "I chose ___."}).json["missing"]
    assert not (page_server.session / "review.json").exists()
    assert client.post("/check", {"moment": "D1-none", "text": PASSES}).status == 404


def test_finishing_writes_the_reports_while_the_page_stays_open(
    page_server: PageServer, client: Client
) -> None:
    id = client.state()["moments"][0]["id"]
    client.act("dismiss", moment=id, reason="not worth it")
    done = client.post("/finish", {})
    assert done.status == 200 and done.json["moments"][0]["verdict"] == "dismissed"
    assert "not worth it" in (page_server.session / "audit.json").read_text(encoding="utf-8")
    assert client.act("reopen", moment=id)["moments"][0]["verdict"] == "open"


def test_an_unchanged_state_is_not_sent_again(client: Client) -> None:
    first = client.get("/state?window=w")
    tag = first.headers["etag"]
    assert tag == f'"{first.json["revision"]}"'
    again = client.get("/state?window=w", If_None_Match=tag)
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    changed = client.act("keep", moment=first.json["moments"][0]["id"])
    assert f'"{changed["revision"]}"' != tag
    assert client.get("/state?window=w", If_None_Match=tag).status == 200
    # Another window cannot take it back, and so has another state.
    assert client.get("/state?window=other").json["canUndo"] is False
    assert client.get("/state?window=other").headers["etag"] != f'"{changed["revision"]}"'


def test_the_recording_is_served_in_parts(page_server: PageServer, client: Client) -> None:
    whole = (page_server.session / "answer.flac").read_bytes()
    size = len(whole)
    got = client.get("/answer")
    assert (got.status, got.body, got.headers["content-type"]) == (200, whole, "audio/flac")
    assert got.headers["accept-ranges"] == "bytes"
    for asked, start, end in (
        ("bytes=0-3", 0, 4),
        (f"bytes={size // 2}-{size // 2 + 99_999}", size // 2, size // 2 + 100_000),
        ("bytes=-1000", size - 1000, size),
        (f"bytes={size - 1}-", size - 1, size),
        (f"bytes={size - 10}-{size * 2}", size - 10, size),
    ):
        got = client.get("/answer", Range=asked)
        assert (got.status, got.body) == (206, whole[start:end]), asked
        assert got.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    for past in (f"bytes={size}-", f"bytes={size * 2}-{size * 3}"):
        got = client.get("/answer", Range=past)
        assert (got.status, got.headers["content-range"]) == (416, f"bytes */{size}")


def test_without_audio_nothing_can_be_heard(serve_page) -> None:
    client = serve_page("--no-audio").client()
    assert client.get("/").status == 200
    assert client.get("/answer").status == 404


def test_a_rewrite_that_was_said_aloud_can_be_heard(page_server: PageServer, client: Client) -> None:
    id = client.state()["moments"][0]["id"]
    client.act("rewrite", moment=id, text=PASSES)
    review = page_server.review()
    review["rewrites"][0]["recording"] = "said-1.flac"
    (page_server.session / "review.json").write_text(json.dumps(review), encoding="utf-8")
    assert client.state()["moments"][0]["rewrite"]["said"] is None
    assert client.get("/said/said-1.flac").status == 404
    (page_server.session / "said-1.flac").write_bytes(b"fLaC sound")
    assert client.state()["moments"][0]["rewrite"]["said"] == "/said/said-1.flac"
    got = client.get("/said/said-1.flac", Range="bytes=5-")
    assert (got.status, got.body, got.headers["content-type"]) == (206, b"sound", "audio/flac")


def test_a_rewrite_is_said_aloud_heard_and_kept(
    page_server: PageServer, client: Client, tmp_path: Path
) -> None:
    moment = client.state()["moments"][0]
    # What the speaker said at that moment, as if she said it once more.
    samples, rate_hz = soundfile.read(page_server.session / "answer.flac", dtype="int16")
    part = samples[round((moment["start"] - 0.5) * rate_hz) : round((moment["end"] + 0.5) * rate_hz)]
    soundfile.write(tmp_path / "said.wav", part, rate_hz)
    got = client.ask(
        "POST",
        f"/say?moment={moment['id']}&window=w",
        (tmp_path / "said.wav").read_bytes(),
        {"Content-Type": "audio/wav"},
    )
    assert got.status == 200, got
    assert "token bucket" in got.json["heard"] and got.json["missing"]
    now = got.json["moments"][0]
    assert (now["verdict"], now["rewrite"]["text"]) == ("kept", got.json["heard"])
    heard = client.get(now["rewrite"]["said"])
    assert heard.status == 200 and heard.body.startswith(b"fLaC")
    assert client.act("undo")["moments"][0]["rewrite"] is None


def test_what_cannot_be_heard_is_told_and_changes_nothing(page_server: PageServer, client: Client) -> None:
    id = client.state()["moments"][0]["id"]
    before = sorted(p.name for p in page_server.session.iterdir() if not p.name.startswith("."))
    for moment, sound, status in (
        (id, b"this is no sound", 409),
        (id, b"", 409),
        ("D1-none", b"RIFF", 404),
        (id, b"x" * 20_000_001, 400),
    ):
        got = client.ask("POST", f"/say?moment={moment}", sound, {"Content-Type": "application/octet-stream"})
        assert got.status == status and got.json["error"] and "/" not in got.json["error"], got
    assert sorted(p.name for p in page_server.session.iterdir() if not p.name.startswith(".")) == before


def test_less_sure_moments_are_there_when_asked_for(unsaid, demo: Path, serve_page) -> None:
    unsaid("audit", "demo", "--min-confidence", "0.99")
    few, every = serve_page().client(), serve_page("--all").client()
    standings = [{m["standing"] for m in c.state()["moments"]} for c in (few, every)]
    assert "less-sure" not in standings[0] and "less-sure" in standings[1]


# What goes wrong


def test_a_damaged_file_is_told_and_nothing_is_lost(page_server: PageServer, client: Client) -> None:
    first = client.state()["moments"][0]["id"]
    client.act("keep", moment=first)
    path = page_server.session / "review.json"
    good = path.read_text(encoding="utf-8")
    path.write_text(good[:40], encoding="utf-8")
    for got in (
        client.get("/state"),
        client.post("/act", {"do": "keep", "moment": first}),
        client.post("/act", {"do": "undo", "window": "w"}),
        client.post("/check", {"moment": first, "text": PASSES}),
        client.post("/finish", {}),
    ):
        assert got.status == 409 and "review.json" in got.json["error"] and got.json["hint"]
    page = client.get("/")
    assert page.status == 409 and b"review.json" in page.body
    assert path.read_text(encoding="utf-8") == good[:40]
    path.write_text(good, encoding="utf-8")
    assert client.state()["moments"][0]["verdict"] == "kept"


@pytest.mark.parametrize("name", ["audit.json", "transcript.json"])
@pytest.mark.parametrize("content", [b"\xff\xfe{", b"", b"{}", b"[1, 2", b'{"schema": 99}'])
def test_an_answer_whose_files_are_damaged_is_told(unsaid, demo: Path, name: str, content: bytes) -> None:
    (demo / name).write_bytes(content)
    done = unsaid("review", "--web", "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert name in done.stderr and "hint: " in done.stderr


def test_an_answer_that_is_damaged_meanwhile_is_told(page_server: PageServer, client: Client) -> None:
    first = client.state()["moments"][0]["id"]
    path = page_server.session / "audit.json"
    good = path.read_bytes()
    path.write_bytes(b"\xff")
    for got in (client.get("/state"), client.post("/act", {"do": "keep", "moment": first})):
        assert got.status == 409 and "audit.json" in got.json["error"] and got.json["hint"]
    path.write_bytes(good)
    assert client.act("keep", moment=first)["moments"][0]["verdict"] == "kept"


def test_a_session_that_is_taken_away_is_told(
    page_server: PageServer, client: Client, tmp_path: Path
) -> None:
    first = client.state()["moments"][0]["id"]
    page_server.session.rename(tmp_path / "elsewhere")
    got = client.post("/act", {"do": "keep", "moment": first})
    assert got.status == 409 and not page_server.session.exists()
    (tmp_path / "elsewhere").rename(page_server.session)
    assert client.act("keep", moment=first)["moments"][0]["verdict"] == "kept"


def test_another_run_on_the_session_is_told(page_server: PageServer, client: Client) -> None:
    from filelock import FileLock

    first = client.state()["moments"][0]["id"]
    with FileLock(page_server.session / ".lock"):
        got = client.post("/act", {"do": "keep", "moment": first})
    assert got.status == 409 and "in use by another run" in got.json["error"]
    assert client.act("keep", moment=first)["moments"][0]["verdict"] == "kept"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"do": "keep", "moment": "D1-00000000"}, 404),
        ({"do": "mark", "sentence": 10_000, "letter": "D"}, 404),
        ({"do": "keep"}, 400),
        ({"do": "mark", "sentence": True, "letter": "D"}, 400),
        ({"do": "mark", "sentence": -1, "letter": "D"}, 400),
        ({"do": "mark", "sentence": 1}, 400),
        ({"do": "family", "moment": "D1-00000000"}, 400),
        ({"do": "dismiss", "moment": "D1-00000000", "reason": "because"}, 400),
        ({"do": "rewrite", "moment": "D1-00000000", "text": "x" * 2001}, 400),
        ({"do": "undo", "window": "a b"}, 400),
        ({"do": "fly"}, 400),
        ([], 400),
        (None, 400),
    ],
)
def test_what_cannot_be_done_is_said_in_words(client: Client, given: object, status: int) -> None:
    got = client.post("/act", given)
    assert got.status == status and got.json["error"] and set(got.json) == {"error", "hint"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_whatever_is_asked_never_breaks_it(page_server: PageServer, client: Client) -> None:
    """Any JSON, near to what is meant and far from it: refused in words or done, and the file stays whole."""
    moments = [m["id"] for m in client.state()["moments"]]
    fields = {
        "do": st.sampled_from(["keep", "dismiss", "reopen", "family", "mark", "rewrite", "undo"]),
        "moment": st.sampled_from(moments),
        "sentence": st.integers(-2, 40),
        "letter": st.sampled_from(["D", "A", "U", ""]),
        "reason": st.sampled_from([*REASONS, ""]),
        "text": st.text(max_size=200) | st.just(PASSES),
        "window": st.sampled_from(["w", "v", ""]),
    }
    near = st.fixed_dictionaries({}, optional={name: good | VALUES for name, good in fields.items()})
    seen = set()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(near | st.fixed_dictionaries({}, optional=fields) | VALUES, st.sampled_from(["/act", "/check"]))
    def ask(asked: object, where: str) -> None:
        got = client.ask("POST", where, json.dumps(asked))
        seen.add(got.status)
        assert got.status in (200, 400, 404), (asked, got)
        assert isinstance(got.json, dict)
        load(page_server.session)

    ask()
    assert {200, 400} <= seen
    assert client.get("/").status == 200 and client.state()["session"] == "demo"
    assert page_server.end()[0] == 0
    assert "Traceback" not in page_server.end()[2]


# Killed


def test_killed_in_the_middle_no_decision_is_lost(serve_page) -> None:
    one = serve_page()
    client = one.client()
    ids = [m["id"] for m in client.state()["moments"]]
    client.act("keep", moment=ids[0])
    client.act("dismiss", moment=ids[1], reason="not worth it")
    client.act("rewrite", moment=ids[2], text=PASSES)
    one.kill()
    again = serve_page().client()
    verdicts = [m["verdict"] for m in again.state()["moments"]]
    assert verdicts[:4] == ["kept", "dismissed", "kept", "open"]
    assert again.state()["moments"][2]["rewrite"]["passed"] is True
    # What the one before it did, a new run does not take back.
    assert again.state()["canUndo"] is False


def test_a_cookie_of_an_ended_run_opens_nothing(serve_page) -> None:
    one = serve_page()
    old = one.client()
    one.end()
    two = serve_page("--port", str(one.port))
    again = two.stranger()
    again.cookie = old.cookie
    assert two.port == one.port and again.get("/state").status == 403
