"""The server of the page as a process of its own, and clients that speak to it as a browser would."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import command

HANGS_S = 60.0
"""Nothing takes so long; only a test that fails waits for it."""
LINK = re.compile(r"http://127\.0\.0\.1:(\d+)/\?key=([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    names: tuple[str, ...] = ()
    """Every header's name, as often as it stands there."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class PageServer:
    """`unsaid review --web`, or another command that shows a page, running."""

    def __init__(
        self,
        workspace: Path,
        session: Path,
        *args: str,
        start: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """`start`: the command and what it works on; without it the review of `session`, its folder."""
        self.session = session
        """The session's folder."""
        self.workspace = workspace
        self.process = subprocess.Popen(
            [
                *command(),
                *("--workspace", str(workspace)),
                *(start or ("review", session.name)),
                "--web",
                *args,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=workspace,
            env={**os.environ, **(env or {})},
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().rstrip("\n")
        """The link that was printed, with its key."""
        found = LINK.fullmatch(self.url)
        if found is None:
            out, err = self.process.communicate(timeout=HANGS_S)
            raise AssertionError(f"no link, but {self.url!r}\n{out}\n{err}")
        self.port, self.key = int(found[1]), found[2]
        self._told: tuple[str, str] | None = None
        self._clients: list[Client] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def review(self) -> dict[str, Any]:
        """What review.json holds by now."""
        return json.loads((self.session / "review.json").read_text(encoding="utf-8"))

    def scores(self) -> list[dict[str, Any]]:
        """What score.json holds by now; none where there is no file."""
        path = self.session / "score.json"
        return json.loads(path.read_text(encoding="utf-8"))["scores"] if path.exists() else []

    def run(self) -> dict[str, Any]:
        """What the only drill's file holds by now."""
        (path,) = (self.workspace / "sessions" / ".drills").glob("[0-9]*.json")
        return json.loads(path.read_text(encoding="utf-8"))

    def client(self, window: str = "w") -> Client:
        """A browser that has opened the link."""
        return self.stranger(window).enter()

    def stranger(self, window: str = "w") -> Client:
        """A browser that has not."""
        self._clients.append(Client(self, window))
        return self._clients[-1]

    def raw(self, text: bytes, *, all_of_it: bool = False) -> bytes:
        """Send these very bytes; the first answer to them, or all that comes until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=HANGS_S) as line:
            line.sendall(text)
            out = b""
            with contextlib.suppress(ConnectionResetError):
                while all_of_it or not _whole(out):
                    got = line.recv(65536)
                    if not got:
                        break
                    out += got
            return out

    def end(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal and wait for the end: exit status, standard output after the link, standard error."""
        if self._told is None:
            if self.process.poll() is None:
                self.process.send_signal(number)
            self._told = self.process.communicate(timeout=HANGS_S)
            for client in self._clients:
                client.close()
        return self.process.returncode, *self._told

    def kill(self) -> None:
        """At once, and whatever it was doing."""
        self.end(signal.SIGKILL)


def _whole(raw: bytes) -> bool:
    head, found, body = raw.partition(b"\r\n\r\n")
    length = re.search(rb"(?mi)^content-length: (\d+)", head)
    return bool(found) and len(body) >= (int(length[1]) if length else 0)


@dataclass
class Client:
    """One window: keeps its cookie, and its connection open, as browsers do."""

    server: PageServer
    window: str = "w"
    cookie: str = ""
    _line: http.client.HTTPConnection | None = field(default=None, repr=False)

    def enter(self) -> Client:
        """Open the link."""
        found = self.ask("GET", f"/?key={self.server.key}")
        assert (found.status, found.headers["location"]) == (303, "/")
        self.cookie = found.headers["set-cookie"].split(";")[0]
        return self

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask as the page does; a header that is given as "" is left out."""
        sent = {"Host": f"127.0.0.1:{self.server.port}"}
        if self.cookie:
            sent["Cookie"] = self.cookie
        if method not in ("GET", "HEAD"):
            sent |= {"Origin": self.server.origin, "Content-Type": "application/json"}
        sent |= headers or {}
        if self._line is None:
            self._line = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=HANGS_S)
        line = self._line
        line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in sent.items():
            if value:
                line.putheader(name, value)
        data = body.encode() if isinstance(body, str) else body
        if data is not None:
            line.putheader("Content-Length", str(len(data)))
        line.endheaders(data)
        got = line.getresponse()
        found = got.getheaders()
        return Answer(
            got.status,
            {name.lower(): value for name, value in found},
            got.read(),
            tuple(name.lower() for name, _ in found),
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, path: str, given: object, **headers: str) -> Answer:
        return self.ask("POST", path, json.dumps(given), {k.replace("_", "-"): v for k, v in headers.items()})

    def state(self) -> dict[str, Any]:
        found = self.get(f"/state?window={self.window}")
        assert found.status == 200, found
        return found.json

    def done(self, path: str, **given: object) -> Any:
        """Change something; what is answered."""
        found = self.post(path, given)
        assert found.status == 200, found
        return found.json

    def act(self, do: str, **given: object) -> Any:
        found = self.post("/act", {"do": do, "window": self.window, **given})
        assert found.status == 200, found
        return found.json

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
