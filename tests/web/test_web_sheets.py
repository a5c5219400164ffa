"""The pages of the self-score and of the drill, for whoever should not get in, and for everybody who may."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_support import OpenReview, Window
from playwright.sync_api import expect
from test_web_axe import SIZES, violations
from test_web_security import HEADERS, refused
from web_support import PageServer

from unsaid.drills.signals import SIGNALS
from unsaid.sessions.drills import all_runs
from unsaid.sessions.scores import load
from unsaid.sessions.store import Store

SIGNAL_IDS = [s.id for s in SIGNALS]


@dataclass(frozen=True)
class Kind:
    """One kind of page: what starts it, where it is read, and what may be changed there."""

    start: tuple[str, ...]
    args: tuple[str, ...]
    reads: tuple[str, ...]
    writes: dict[str, dict[str, object]]
    """Path to a request that would be a good one."""


MARK: dict[str, object] = {"dimension": "framing", "number": 4}
KINDS = {
    "score": Kind(("score", "demo"), (), ("/score",), {"/mark": MARK, "/done": {}}),
    "review": Kind(("review", "demo"), (), ("/score", "/state"), {"/mark": MARK}),
    "form": Kind(
        ("drill", "signal-labelling"),
        ("--prompt", "two-sum"),
        ("/form", "/course"),
        {
            "/label": {"signal": "coding-fluency", "text": "x"},
            "/part": {"part": "label"},
            "/draw": {},
            "/end": {},
        },
    ),
}


@dataclass
class Still:
    """A server that no test changes."""

    kind: Kind
    server: PageServer


@pytest.fixture(scope="module", params=list(KINDS))
def still(request: pytest.FixtureRequest, audited: Path, tmp_path_factory) -> Iterator[Still]:
    kind = KINDS[request.param]
    workspace = tmp_path_factory.mktemp("still") / "workspace"
    shutil.copytree(audited, workspace)
    server = PageServer(workspace, workspace / "sessions" / "demo", *kind.args, start=kind.start)
    yield Still(kind, server)
    assert server.scores() == []
    assert all(run.finished == "" and not run.labels for run in all_runs(Store(workspace / "sessions"))[0])
    assert server.process.poll() is None
    server.kill()


def test_without_the_key_nothing_opens(still: Still) -> None:
    server, kind = still.server, still.kind
    stranger = server.stranger()
    for path in ("/", *kind.reads, "/app/score.js"):
        assert refused(stranger.get(path)), path
        assert refused(stranger.get(f"{path}?key={'x' * 43}")), path
    for path in kind.reads:
        assert refused(stranger.get(f"{path}?key={server.key}")), path
    for path, asked in kind.writes.items():
        assert refused(stranger.post(path, asked)), path
        assert refused(stranger.post(f"{path}?key={server.key}", asked)), path


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "0.0.0.0:{port}", "localhost.evil:{port}"]
)
def test_another_name_for_this_machine_opens_nothing(still: Still, host: str) -> None:
    client = still.server.client()
    name = host.format(port=still.server.port)
    for path in ("/", *still.kind.reads):
        assert refused(client.get(path, Host=name)), path
    for path, asked in still.kind.writes.items():
        assert refused(client.post(path, asked, Host=name, Origin=f"http://{name}")), path


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Type": "audio/webm"},
        {"Content_Type": ""},
    ],
)
def test_another_pages_requests_are_refused(still: Still, headers: dict[str, str]) -> None:
    client = still.server.client()
    for path, asked in still.kind.writes.items():
        assert refused(client.post(path, asked, **headers)), path
    if "Sec_Fetch_Site" in headers:
        for path in ("/", *still.kind.reads):
            assert refused(client.get(path, **headers)), path


def test_changes_are_made_by_post_alone_and_every_answer_carries_the_headers(still: Still) -> None:
    client = still.server.client()
    answers = [
        client.get(path) for path in ("/", *still.kind.reads, "/app/sheets.css", "/app/score.js", "/x")
    ]
    assert [a.status for a in answers] == [200] * (len(answers) - 1) + [404]
    for path in still.kind.writes:
        for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
            found = client.ask(method, path, headers={"Content-Type": "application/json"})
            assert found.status in (404, 405), (method, path, found)
            answers.append(found)
    for path in still.kind.reads:
        found = client.post(path, {})
        assert found.status == 405
        answers.append(found)
    for found in answers:
        assert HEADERS.items() <= found.headers.items()
        assert not [name for name in found.names if name.startswith("access-control")]


def test_paths_of_other_pages_are_not_there(still: Still) -> None:
    client = still.server.client()
    others = {path for kind in KINDS.values() for path in (*kind.reads, *kind.writes)}
    for path in others - {*still.kind.reads, *still.kind.writes}:
        assert client.post(path, {}).status in (404, 405), path
        assert client.get(path).status in (404, 405), path
    if still.kind.start[0] != "review":
        for path in ("/answer", "/said/x.flac", "/state"):
            assert client.get(path).status == 404
    for path in ("/app/_sheet.html.j2", "/app/score.html.j2", "/app/scored.py", "/app/../scored.py"):
        assert client.get(path).status == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b'"text"',
        b"null",
        b"[]",
        b'{"dimension": {}, "signal": [], "part": 1}',
        b'{"dimension": "framing", "number": 1e999, "signal": "coding-fluency", "text": 1}',
        b'{"dimension": "framing", "number": NaN, "signal": "coding-fluency", "text": null}',
    ],
)
def test_a_malformed_body_is_refused_in_words(still: Still, body: bytes) -> None:
    client = still.server.client()
    for path in still.kind.writes:
        if path in ("/draw", "/done", "/end") and body.startswith(b'{"'):
            continue  # a table is all that these want
        got = client.ask("POST", path, body)
        assert got.status == 400 and set(got.json) == {"error", "hint"} and got.json["error"], (path, got)


def test_what_is_too_large_is_refused(still: Still) -> None:
    client = still.server.client()
    for path in still.kind.writes:
        got = client.ask("POST", path, json.dumps({"text": "x" * 70_000}))
        assert got.status == 400 and "too large" in got.json["error"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS: dict[str, st.SearchStrategy] = {
    "dimension": st.sampled_from(["framing", "evidence", "speed"]),
    "number": st.integers(-1, 7),
    "why": st.text(max_size=60),
    "signal": st.sampled_from([*SIGNAL_IDS, "speed"]),
    "text": st.text(max_size=60),
    "part": st.sampled_from(["prompt", "label", "compare", "review"]),
}


@pytest.mark.parametrize(("name", "paths"), [("score", ["/mark"]), ("form", ["/label", "/part", "/draw"])])
def test_whatever_is_asked_never_breaks_it(serve_page, demo: Path, name: str, paths: list[str]) -> None:
    """Any JSON, near to what is meant and far from it: refused in words or done, and the file stays whole."""
    kind = KINDS[name]
    server = serve_page(*kind.args, start=kind.start)
    client = server.client()
    seen = set()
    near = st.fixed_dictionaries({}, optional={key: good | VALUES for key, good in FIELDS.items()})

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(near | st.fixed_dictionaries(FIELDS) | VALUES, st.sampled_from(paths))
    def ask(asked: object, where: str) -> None:
        got = client.ask("POST", where, json.dumps(asked))
        seen.add(got.status)
        assert got.status in (200, 400, 404, 409), (asked, got)
        assert isinstance(got.json, dict)
        load(demo)
        assert all_runs(Store(demo.parent))[1] == []

    ask()
    assert {200, 400} <= seen
    assert client.get("/").status == 200
    assert server.end()[0] == 0 and "Traceback" not in server.end()[2]


# For everybody


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_axe_finds_nothing(serve_page, open_review: OpenReview, size: str, theme: str) -> None:
    def opened(kind: Kind) -> Window:
        return open_review(
            serve_page(*kind.args, start=kind.start),
            viewport=SIZES[size],
            color_scheme=theme,
            has_touch=size == "phone",
            reduced_motion="reduce",
        )

    score = opened(KINDS["score"])
    found = violations(score, "the score")
    score.press("4", "Enter")
    score.page.keyboard.type("asked first")
    score.press("Enter", "2", "n", "4", "n", "4", "n", "4", "n", "5")
    score.see("#gate", "Not ready: evidence is 2")
    found += violations(score, "six numbers")
    score.press("?")
    expect(score.page.locator("#help")).to_be_visible()
    found += violations(score, "its keys")
    score.press("Escape", "e")
    score.see("#over", "evidence is 2")
    found += violations(score, "a score that is done")

    review = opened(KINDS["review"])
    review.press("e")
    review.see("#score", "Measured")
    found += violations(review, "the score at the end of a review")

    form = opened(KINDS["form"])
    found += violations(form, "the prompt")
    form.press("Enter")
    form.page.locator("#coding-fluency").fill("says every line")
    form.see("#progress", "1 of 7")
    found += violations(form, "the form")
    form.press("Escape", "g")
    form.see("#compared-title", "agree on")
    found += violations(form, "the comparison")
    form.press("e")
    form.see("#over", "done")
    found += violations(form, "a drill that is done")
    assert found == []


def test_axe_finds_nothing_while_the_server_is_away(serve_page, open_review: OpenReview) -> None:
    kind = KINDS["form"]
    server = serve_page(*kind.args, start=kind.start)
    window = open_review(server)
    window.press("Enter")
    window.page.locator("#coding-fluency").fill("says every line")
    server.kill()
    window.page.locator("#problem-framing").fill("asks")
    window.see("#trouble", "Not saved")
    assert violations(window, "trouble") == []
    window.forgive("net::ERR_")
