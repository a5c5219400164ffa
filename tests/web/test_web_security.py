"""Who gets in: nobody but the browser that opened the link, from nowhere but the page itself."""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web_support import HANGS_S, Answer, Client, PageServer

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; media-src 'self' blob:; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), geolocation=()",
}
PATHS = (
    "/",
    "/state",
    "/answer",
    "/app/review.js",
    "/said/x.flac",
    "/act",
    "/check",
    "/finish",
    "/say",
    "/x",
)


def refused(found: Answer, status: int = 403) -> bool:
    """True where nothing was given away, not even a cookie."""
    return found.status == status and "set-cookie" not in found.headers and b"moments" not in found.body


def parsed(raw: bytes) -> Answer:
    """An answer as it came over the line."""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in lines[1:]]
    return Answer(
        int(lines[0].split()[1]),
        {name.lower(): value for name, value in pairs},
        body,
        tuple(name.lower() for name, _ in pairs),
    )


# The link and the cookie


def test_only_the_link_gives_the_cookie(still_server: PageServer) -> None:
    found = still_server.stranger().get(f"/?key={still_server.key}")
    assert (found.status, found.headers["location"]) == (303, "/")
    cookie = found.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert name == f"unsaid-{still_server.port}"
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}; HttpOnly; SameSite=Strict; Path=/", rest)
    assert still_server.key not in cookie and len(still_server.key) == 43


@pytest.mark.parametrize(
    "query",
    ["", "?key=", "?key=x", "?key={half}", "?key={key}x", "?KEY={key}", "?key=x&key={key}", "?k%65y={key}"],
)
def test_without_the_right_key_nothing_opens(still_server: PageServer, query: str) -> None:
    key = still_server.key
    found = still_server.stranger().get("/" + query.format(key=key, half=key[:21]))
    assert refused(found) and b"The link stands in the terminal" in found.body
    assert key.encode() not in found.body


def test_the_key_opens_nothing_but_the_first_page(still_server: PageServer) -> None:
    for path in PATHS[1:]:
        assert refused(still_server.stranger().get(f"{path}?key={still_server.key}"))
    assert refused(still_server.stranger().ask("POST", f"/?key={still_server.key}", "{}"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_without_the_cookie_every_path_is_shut(still_server: PageServer, method: str) -> None:
    for path in PATHS:
        assert refused(still_server.stranger().ask(method, path, "{}" if method == "POST" else None)), path


@pytest.mark.parametrize(
    "cookie",
    [
        "unsaid-{port}=",
        "unsaid-{port}={key}",
        "unsaid-{other}={secret}",
        "unsaid-{port}={secret}x",
        "unsaid-{port}={half}",
        "{secret}",
        "unsaid-{port}",
        "unsaid={secret}",
        "x=unsaid-{port}={secret}",
        "UNSAID-{port}={secret}",
        "unsaid-{port}\xff={secret}",
        "=; ;;=;unsaid-{port}",
    ],
)
def test_another_cookie_opens_nothing(still_server: PageServer, cookie: str) -> None:
    secret = still_server.client().cookie.partition("=")[2]
    client = still_server.stranger()
    client.cookie = cookie.format(
        port=still_server.port,
        other=still_server.port + 1,
        key=still_server.key,
        secret=secret,
        half=secret[:20],
    )
    assert refused(client.get("/state"))


def test_cookies_of_other_pages_on_this_machine_do_not_matter(still_server: PageServer) -> None:
    client = still_server.client()
    own = client.cookie
    name = own.partition("=")[0]
    client.cookie = f'a=b; unsaid-1=x; {name}=forged; {own}; session="q;uoted"'
    assert client.get("/state").status == 200


def test_the_link_works_again_in_another_browser_and_from_another_sites_page(
    still_server: PageServer,
) -> None:
    assert still_server.client().cookie == still_server.client().cookie
    # Sent on from there, a browser would keep the cookie to itself: the way on has to begin at this page.
    found = still_server.stranger().get(f"/?key={still_server.key}", Sec_Fetch_Site="cross-site")
    assert found.status == 200 and b'http-equiv="refresh"' in found.body
    assert found.headers["set-cookie"].startswith(still_server.client().cookie)
    assert still_server.key.encode() not in found.body


# Where the request is sent to, and where it comes from


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "127.0.0.1:{port}.evil.example",
        "127.0.0.1@evil.example:{port}",
        "evil.example#127.0.0.1:{port}",
        "0.0.0.0:{port}",
        "[::1]:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "127.1:{port}",
        "127.0.0.2:{port}",
        "2130706433:{port}",
        "0x7f.0.0.1:{port}",
        "127.0.0.1",
        "localhost",
        "localhost.:{port}",
        "127.0.0.1:{other}",
        "127.0.0.1:{port}0",
        "127.0.0.1:",
        "127.0.0.1:{port},evil.example",
        "127.0.0.1:{port} evil.example",
    ],
)
def test_another_name_for_this_machine_opens_nothing(still_server: PageServer, host: str) -> None:
    """Whoever owns a name can let it lead to 127.0.0.1; the browser then sends it as the host."""
    host = host.format(port=still_server.port, other=still_server.port + 1)
    client = still_server.client()
    for path in ("/state", "/", f"/?key={still_server.key}", "/answer"):
        assert refused(client.get(path, Host=host)), path
    assert refused(client.post("/act", {"do": "undo"}, Host=host, Origin=f"http://{host}"))
    # A browser that took it for this machine, and its own origin for the page's.
    assert refused(client.get("/state", Host=host, Sec_Fetch_Site="same-origin"))


def test_both_names_of_the_loopback_open_it(still_server: PageServer) -> None:
    client = still_server.client()
    for host in (f"localhost:{still_server.port}", f"LOCALHOST:{still_server.port}"):
        assert client.get("/state", Host=host).status == 200
        origin = f"http://localhost:{still_server.port}"
        assert client.post("/act", {"do": "undo"}, Host=host, Origin=origin).status == 200


def test_a_missing_or_doubled_host_opens_nothing(still_server: PageServer) -> None:
    client = still_server.client()
    cookie = f"Cookie: {client.cookie}\r\n"
    good = f"Host: 127.0.0.1:{still_server.port}\r\n"
    for head in (
        f"GET /state HTTP/1.0\r\n{cookie}\r\n",
        f"GET /state HTTP/1.1\r\n{cookie}\r\n",
        f"GET /state HTTP/1.1\r\n{good}{good}{cookie}\r\n",
        f"GET /state HTTP/1.1\r\n{good}Host: evil.example\r\n{cookie}\r\n",
        f"GET /state HTTP/1.0\r\n{good}{good}{cookie}\r\n",
        f"GET /state HTTP/1.1\r\nHost:\r\n{cookie}\r\n",
        f"GET /state HTTP/1.1\r\n Host: 127.0.0.1:{still_server.port}\r\n{cookie}\r\n",
        f"GET http://evil.example/state HTTP/1.1\r\nHost: evil.example\r\n{cookie}\r\n",
        f"GET /?key={still_server.key} HTTP/1.0\r\n\r\n",
    ):
        found = parsed(still_server.raw(head.encode()))
        assert found.status in (400, 403) and "set-cookie" not in found.headers, head
        assert b"moments" not in found.body
        assert HEADERS.items() <= found.headers.items()
    assert parsed(still_server.raw(f"GET /state HTTP/1.0\r\n{good}{cookie}\r\n".encode())).status == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1:{other}",
        "http://127.0.0.1",
        "http://localhost:{port}",  # the page was opened under the other name
        "http://evil.example",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}/",
        "http://127.0.0.1:{port}, http://evil.example",
        "file://",
        "127.0.0.1:{port}",
        "chrome-extension://abc",
        " ",
    ],
)
def test_another_pages_requests_are_refused(still_server: PageServer, origin: str) -> None:
    client = still_server.client()
    origin = origin.format(port=still_server.port, other=still_server.port + 1)
    id = client.state()["moments"][0]["id"]
    for asked in (
        client.post("/act", {"do": "keep", "moment": id}, Origin=origin),
        client.post("/act", {"do": "keep", "moment": id}, Origin=origin, Sec_Fetch_Site="same-origin"),
        client.get("/state", Origin=origin),
    ):
        assert refused(asked)
    assert client.state()["moments"][0]["verdict"] == "open"


def test_two_origins_are_refused(still_server: PageServer) -> None:
    client = still_server.client()
    head = (
        f"POST /act HTTP/1.1\r\nHost: 127.0.0.1:{still_server.port}\r\nCookie: {client.cookie}\r\n"
        f"Origin: {still_server.origin}\r\nOrigin: http://evil.example\r\n"
        "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n" + '{"do":"undo"}'
    )
    assert refused(parsed(still_server.raw(head.encode())))


def test_a_change_has_to_say_where_it_comes_from(still_server: PageServer) -> None:
    client = still_server.client()
    assert refused(client.post("/act", {"do": "undo"}, Origin=""))
    assert client.post("/act", {"do": "undo"}, Origin="", Sec_Fetch_Site="same-origin").status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none, cross-site", "x"])
def test_what_another_site_embeds_or_links_to_is_refused(still_server: PageServer, site: str) -> None:
    """Another port of this machine is the same site: the cookie comes along, and only this header tells."""
    client = still_server.client()
    for path in ("/", "/state", "/answer", "/app/review.js"):
        assert refused(client.get(path, Sec_Fetch_Site=site))
    assert refused(client.post("/act", {"do": "undo"}, Sec_Fetch_Site=site))


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_the_page_itself_or_the_user_asks_for_is_served(still_server: PageServer, site: str) -> None:
    client = still_server.client()
    assert client.get("/", Sec_Fetch_Site=site).status == 200


@pytest.mark.parametrize(
    "kind",
    [
        *("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("text/plain; application/json", "application/jsonx", "application/json, text/plain", "audio/webm"),
    ],
)
def test_what_a_form_could_send_is_refused(still_server: PageServer, kind: str) -> None:
    client = still_server.client()
    for path in ("/act", "/check", "/finish"):
        assert refused(client.post(path, {"do": "undo"}, Content_Type=kind))


def test_json_with_its_charset_is_read(still_server: PageServer) -> None:
    client = still_server.client()
    assert client.post("/act", {"do": "undo"}, Content_Type="Application/JSON; charset=utf-8").status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "GETX"])
def test_other_methods_are_refused_and_nothing_is_shared_with_other_origins(
    still_server: PageServer, method: str
) -> None:
    client = still_server.client()
    for path in PATHS:
        found = client.ask(
            method,
            path,
            headers={
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "x",
                "Content-Type": "audio/webm" if path == "/say" else "application/json",
            },
        )
        assert found.status in (404, 405), (path, found)
        assert not [name for name in found.names if name.startswith("access-control")]
    for path in ("/act", "/check", "/finish"):
        assert client.get(path).status == 405
    for path in ("/state", "/", "/answer"):
        assert client.post(path, {}).status == 405


# Paths


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd",
        "/app/../session.json",
        "/app/../../session.json",
        "/app/%2e%2e%2fsession.json",
        "/app/%2e%2e/%2e%2e/session.json",
        "/app/..%2f..%2fsession.json",
        "/app/..%5c..%5csession.json",
        "/app/",
        "/app",
        "/app//etc/passwd",
        "/app/%2fetc%2fpasswd",
        "/app/__init__.py",
        "/app/review.html.j2",
        "/app/page.py",
        "/app/review.css%00.txt",
        "/said/",
        "/said/session.json",
        "/said/answer.flac",
        "/said/..%2fsession.json",
        "/said/%2e%2e%2fsession.json",
        "/said/../session.json",
        "/said/..",
        "/said/%2fetc%2fpasswd",
        "/said//etc/passwd",
        "/said/x.flac",
        "//etc/passwd",
        "//",
        "/state/",
        "/state/..",
        "/answer/",
        "/answer.flac",
        "/session.json",
        "/./state",
        "/%73tate%2f",
        "http://127.0.0.1/state",
        "http://evil.example/state",
        "*",
        "/" + "a" * 5000,
        "/%ff%fe",
        "/\xff",
    ],
)
def test_no_path_leads_out_of_the_page(still_server: PageServer, path: str) -> None:
    client = still_server.client()
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{still_server.port}\r\nCookie: {client.cookie}\r\n\r\n"
    found = parsed(still_server.raw(head.encode("latin-1")))
    assert found.status in (400, 404)
    assert b"root:" not in found.body and b"schema" not in found.body
    assert HEADERS.items() <= found.headers.items()


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right of their own there")
def test_a_recording_that_is_a_link_is_not_followed(
    page_server: PageServer, client: Client, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.flac"
    secret.write_bytes(b"fLaC not yours")
    folder = page_server.session
    id = client.state()["moments"][0]["id"]
    client.act("rewrite", moment=id, text="I chose it because it is simple.")
    review = page_server.review()
    for name in ("out.flac", "in.flac", "sub", "answer.flac"):
        review["rewrites"][0]["recording"] = name
        (folder / "review.json").write_text(json.dumps(review), encoding="utf-8")
        path = folder / name
        if name == "in.flac":
            path.symlink_to("answer.flac")
        elif name == "sub":
            path.mkdir()
        else:
            path.unlink(missing_ok=True)
            path.symlink_to(secret)
        found = client.get(f"/said/{name}")
        assert found.status == 404 and client.state()["moments"][0]["rewrite"]["said"] is None, name
    found = client.get("/answer")
    assert found.status == 404 and b"not yours" not in found.body


def test_only_sound_is_served_as_sound(page_server: PageServer, client: Client) -> None:
    id = client.state()["moments"][0]["id"]
    client.act("rewrite", moment=id, text="I chose it because it is simple.")
    review = page_server.review()
    for name in (
        "session.json",
        "audit.json",
        ".lock",
        "review.json",
        "report.html",
        "..",
        "%2e%2e",
        "a b.flac",
    ):
        review["rewrites"][0]["recording"] = name
        (page_server.session / "review.json").write_text(json.dumps(review), encoding="utf-8")
        assert client.get(f"/said/{name.replace(' ', '%20')}").status in (404, 409), name


# Bodies


def test_a_request_that_is_too_large_is_refused_before_it_is_read(still_server: PageServer) -> None:
    client = still_server.client()
    head = (
        f"POST /act HTTP/1.1\r\nHost: 127.0.0.1:{still_server.port}\r\nCookie: {client.cookie}\r\n"
        f"Origin: {still_server.origin}\r\nContent-Type: application/json\r\n"
    )
    # Announced as huge: the answer comes though nothing of it was sent.
    with socket.create_connection(("127.0.0.1", still_server.port), timeout=HANGS_S) as line:
        line.sendall(f"{head}Content-Length: 99999999999\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 400"
    # Not announced: the answer comes while it is still being sent.
    with socket.create_connection(("127.0.0.1", still_server.port), timeout=HANGS_S) as line:
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        part = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        for _ in range(5):
            line.sendall(part)
        assert line.recv(12) == b"HTTP/1.1 400"
    found = client.ask("POST", "/act", b'{"do": "undo", "text": "' + b"x" * 70_000 + b'"}')
    assert found.status == 400 and "too large" in found.json["error"]
    assert client.get("/state").status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"undo",
        b"\xff\xfe",
        b'{"do": "undo"',
        b'{"do": "undo"} x',
        b"[" * 60_000,
        b'{"a":' * 12_000 + b"1" + b"}" * 12_000,
        b'{"do": "mark", "sentence": ' + b"9" * 5_000 + b', "letter": "D"}',
        b'{"do": "mark", "sentence": NaN, "letter": "D"}',
        b'{"do": "mark", "sentence": 1e400, "letter": "D"}',
        '{"do": "undo"}'.encode("utf-16"),
    ],
)
def test_a_malformed_body_is_refused_in_words(still_server: PageServer, body: bytes) -> None:
    client = still_server.client()
    for path in ("/act", "/check"):
        found = client.ask("POST", path, body)
        assert found.status == 400 and found.json["error"]
    assert client.get("/state").status == 200


def test_half_a_surrogate_pair_breaks_no_file(page_server: PageServer, client: Client) -> None:
    id = client.state()["moments"][0]["id"]
    body = '{"do": "rewrite", "moment": "ID", "text": "I chose \\ud800 it \\u0000 because."}'.replace(
        "ID", id
    )
    found = client.ask("POST", "/act", body)
    assert found.status == 200
    assert page_server.review()["rewrites"][0]["text"] == "I chose \ufffd it \0 because."
    assert client.state()["moments"][0]["rewrite"]["text"] == "I chose \ufffd it ⟨U+0000⟩ because."


def test_hostile_words_reach_the_page_as_words_alone(page_server: PageServer, client: Client) -> None:
    text = "I chose </script><script>alert(1)</script> & \u202e it because."
    id = client.state()["moments"][0]["id"]
    told = client.act("rewrite", moment=id, text=text)
    assert "\u202e" not in json.dumps(told, ensure_ascii=False)
    assert told["moments"][0]["rewrite"]["text"] == text.replace("\u202e", "⟨U+202E⟩")
    page = client.get("/").body.decode()
    assert "<script>alert" not in page and "\u202e" not in page


# What is on every answer, and what is told nowhere


def test_every_answer_carries_the_headers(page_server: PageServer, client: Client) -> None:
    id = client.state()["moments"][0]["id"]
    stranger = page_server.stranger()
    answers = [
        stranger.get("/"),
        stranger.get(f"/?key={page_server.key}"),
        stranger.get(f"/?key={page_server.key}", Sec_Fetch_Site="cross-site"),
        stranger.get("/state"),
        client.get("/"),
        client.ask("HEAD", "/"),
        client.get("/state"),
        client.get("/state", If_None_Match=client.get("/state").headers["etag"]),
        client.get("/answer", Range="bytes=0-9"),
        client.get("/answer", Range="bytes=99999999-"),
        client.get("/answer", Range="lines=1-2"),
        client.get("/answer", Range="bytes=0-1,5-6"),
        client.get("/nothing"),
        client.ask("PUT", "/act"),
        client.post("/act", {"do": "keep", "moment": id}),
        client.post("/act", {"do": "keep", "moment": "x"}),
        client.post("/act", "x"),
        client.post("/act", {}, Origin="null"),
        client.post("/finish", {}),
        client.ask("POST", "/act", b"x" * 100_000),
    ]
    (page_server.session / "review.json").write_text("[", encoding="utf-8")
    answers += [client.get("/state"), client.get("/"), client.post("/act", {"do": "undo"})]
    answers += [
        parsed(page_server.raw(text))
        for text in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n")
    ]
    assert {a.status for a in answers} == {200, 206, 303, 304, 400, 403, 404, 405, 409, 416}
    for found in answers:
        assert HEADERS.items() <= found.headers.items(), found
        assert all(found.names.count(name) == 1 for name in HEADERS)
        assert "server" not in found.headers
        assert not [name for name in found.names if name.startswith("access-control")]


def test_what_opens_the_page_is_told_nowhere_but_in_the_link(page_server: PageServer) -> None:
    client = page_server.client()
    secret = client.cookie.partition("=")[2]
    bodies = [client.get(path).body for path in PATHS]
    bodies += [client.get(f"/?key={page_server.key}x").body, client.get("/state", Host="evil.example").body]
    page_server.raw(f"GET /?key={page_server.key} NONSENSE\r\n\r\n".encode())
    page_server.raw(f"GET /?key={page_server.key} HTTP/1.1\r\n\r\n".encode())
    files = [p.read_bytes() for p in page_server.session.parents[1].rglob("*") if p.is_file()]
    status, out, err = page_server.end()
    assert status == 0
    for told in (*bodies, *files, out.encode(), err.encode()):
        assert page_server.key.encode() not in told and secret.encode() not in told


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="read from Linux's /proc")
def test_it_listens_on_the_loopback_alone(still_server: PageServer) -> None:
    listening = set()
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/net", table).read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            if fields[3] == "0A" and int(port, 16) == still_server.port:
                listening.add((table, address))
    loopback = socket.inet_aton("127.0.0.1")
    written = loopback[::-1] if sys.byteorder == "little" else loopback
    assert listening == {("tcp", written.hex().upper())}
    children = Path(f"/proc/{still_server.process.pid}/task/{still_server.process.pid}/children")
    assert children.read_text(encoding="ascii") == ""


# Clients that behave badly


def test_slow_and_vanished_clients_do_not_hold_up_the_others(page_server: PageServer) -> None:
    client = page_server.client()
    head = f"Host: 127.0.0.1:{page_server.port}\r\nCookie: {client.cookie}\r\n"
    post = f"POST /act HTTP/1.1\r\n{head}Origin: {page_server.origin}\r\nContent-Type: application/json\r\n"
    lines = []
    try:
        for n in range(60):
            line = socket.create_connection(("127.0.0.1", page_server.port), timeout=HANGS_S)
            lines.append(line)
            line.sendall(
                (
                    "GET / HT",
                    f"GET /answer HTTP/1.1\r\n{head}\r\n",
                    f"{post}Content-Length: 1000\r\n\r\n{{",
                )[n % 3].encode()
            )
        id = client.state()["moments"][0]["id"]
        assert client.act("keep", moment=id)["moments"][0]["verdict"] == "kept"
        # Half of them vanish without a word.
        for line in lines[::2]:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()
        assert client.act("undo")["undone"] == f"keep {id}"
    finally:
        for line in lines:
            line.close()
    status, _, err = page_server.end()
    assert status == 0 and "Traceback" not in err and "fault" not in err


def test_many_requests_at_once_are_all_answered(page_server: PageServer) -> None:
    from concurrent.futures import ThreadPoolExecutor

    clients = [page_server.client(f"w{n}") for n in range(8)]
    ids = [m["id"] for m in clients[0].state()["moments"]]

    def work(client: Client) -> None:
        for id in ids:
            client.act("keep", moment=id)
            assert client.get("/").status == 200
            client.act("dismiss", moment=id, reason="not worth it")
            assert client.get("/answer", Range="bytes=100-199").status == 206

    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(work, clients))
    assert {m["verdict"] for m in clients[0].state()["moments"]} == {"dismissed"}


TOKEN = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=40)


def test_malformed_headers_never_break_it(page_server: PageServer) -> None:
    """Any header's value: let in with the right cookie or refused, and never a fault."""
    client = page_server.client()
    names = st.sampled_from(
        ["Cookie", "Origin", "Sec-Fetch-Site", "Content-Type", "Range", "If-None-Match", "If-Range", "Host"]
    )
    good = st.sampled_from(
        [client.cookie, page_server.origin, "same-origin", "application/json", "bytes=0-1"]
    )
    method = st.sampled_from(["GET", "POST"])
    headers = st.lists(st.tuples(names, good | TOKEN), max_size=4)

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(method, st.sampled_from(PATHS) | TOKEN.map(lambda t: "/" + t), headers)
    def ask(method: str, path: str, headers: list[tuple[str, str]]) -> None:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{page_server.port}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines += ["Content-Length: 2"] if method == "POST" else []
        text = "\r\n".join(lines) + "\r\n\r\n" + ("{}" if method == "POST" else "")
        raw = page_server.raw(text.encode("latin-1"))
        found = parsed(raw)
        assert found.status in (200, 206, 304, 400, 403, 404, 405, 416), (text, raw[:300])
        assert HEADERS.items() <= found.headers.items()
        if ("Cookie", client.cookie) not in headers:
            assert found.status in (400, 403)

    ask()
    assert client.get("/state").status == 200
    status, _, err = page_server.end()
    assert status == 0 and "Traceback" not in err


def test_a_broken_request_after_a_good_one_ends_that_line_alone(page_server: PageServer) -> None:
    client = page_server.client()
    good = f"GET /answer HTTP/1.1\r\nHost: 127.0.0.1:{page_server.port}\r\nCookie: {client.cookie}\r\n\r\n"
    for after in (b"\x00\x01nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n"):
        raw = page_server.raw(good.encode() + after, all_of_it=True)
        assert raw.startswith(b"HTTP/1.1 200")
    assert client.get("/state").status == 200
    status, _, err = page_server.end()
    assert status == 0 and "Traceback" not in err
