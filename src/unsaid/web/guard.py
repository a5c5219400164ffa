"""Who may ask: the page of this run, in the browser that opened its link, and nobody else.

Any other page in the same browser can send requests to this machine, and a name of its own can be made to
lead here. So the request has to name this machine (Host), come from this page (Origin, Sec-Fetch-Site) and
carry the cookie that only the link gives.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "media-src 'self' blob:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: tuple[tuple[bytes, bytes], ...] = tuple(
    (name.lower().encode(), value.encode())
    for name, value in (
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "microphone=(self), camera=(), geolocation=()"),
    )
)
"""On every answer, whatever it says."""
_NAMES = frozenset(name for name, _ in HEADERS)

_OWN = {b"same-origin", b"none"}
"""What a browser says of its own page, and of what its user typed."""
_HTML = b"text/html; charset=utf-8"
_JSON = b"application/json"
_START = b'<!doctype html><html lang="en"><meta charset="utf-8"><title>unsaid</title>'
_LOCKED = (
    _START + b"<h1>This page opens by its link alone</h1><p>The link stands in the terminal in which "
    b"<code>unsaid</code> runs. Open it there once more.</p>"
)
_ONWARD = _START + b'<meta http-equiv="refresh" content="0;url=/"><p><a href="/">Go on to the page</a></p>'
_WRONG_HINT = "Open the link that unsaid printed in the terminal."


class Guard:
    """ASGI: lets through to `app` what may ask, refuses the rest, and puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp, *, port: int, key: str, secret: str) -> None:
        """`key` is what the link carries, `secret` what the cookie does; neither tells the other."""
        self._app = app
        self._key, self._secret = key.encode(), secret.encode()
        self._cookie = f"unsaid-{port}".encode()
        hosts = {f"127.0.0.1:{port}", f"localhost:{port}"} | (
            {"127.0.0.1", "localhost"} if port == 80 else set()
        )
        self._hosts = {host.encode() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError(f"nothing here speaks {scope['type']}")
        begun = False

        async def sending(message: MutableMapping[str, Any]) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                own = [(k, v) for k, v in message.get("headers", ()) if k.lower() not in _NAMES]
                message = {**message, "headers": [*own, *HEADERS]}
            await send(message)

        try:
            await self._let_in(scope, receive, sending)
        except Exception:
            logging.getLogger("unsaid.web").exception("error: this is a fault in unsaid")
            if not begun:
                await _refuse(sending, 500, "something went wrong in unsaid", "The terminal says more.")

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        host = _only(headers, b"host")
        if host is None or host.lower() not in self._hosts:
            return await _refuse(send, 403, "this is not the page's address", _WRONG_HINT)
        if any(name == b"origin" for name, _ in headers) and not self._from_here(headers, host):
            return await _refuse(send, 403, "the request comes from another page", _WRONG_HINT)
        sites = {value.strip() for name, value in headers if name == b"sec-fetch-site"}
        known = self._has_cookie(headers)
        key = _key(scope) if scope["method"] in ("GET", "HEAD") and scope["path"] == "/" else None
        if key is not None and (known or hmac.compare_digest(key, self._key)):
            # A browser keeps the cookie from a request that another site's page began, and so from all that
            # it is sent on to: there the way on has to begin here.
            return await self._welcome(send, onward=not sites <= _OWN)
        if not sites <= _OWN:
            return await _refuse(send, 403, "the request comes from another page", _WRONG_HINT)
        if not known:
            if scope["path"] == "/":
                return await _say(send, 403, _HTML, _LOCKED)
            return await _refuse(send, 403, "the request has no cookie of this run", _WRONG_HINT)
        if scope["method"] not in ("GET", "HEAD"):
            if not (sites == {b"same-origin"} or self._from_here(headers, host)):
                return await _refuse(send, 403, "it cannot be told where the request comes from")
            if not _fits(scope["path"], _only(headers, b"content-type")):
                return await _refuse(send, 403, "the request is of the wrong content type")
        return await self._app(scope, receive, send)

    def _from_here(self, headers: list[tuple[bytes, bytes]], host: bytes) -> bool:
        return _only(headers, b"origin") == b"http://" + host.lower()

    def _has_cookie(self, headers: list[tuple[bytes, bytes]]) -> bool:
        found = False
        for name, value in headers:
            for part in value.split(b";") if name == b"cookie" else ():
                key, _, given = part.strip().partition(b"=")
                # Another page of this machine can set a cookie of this name: beside the right one it does no
                # harm.
                found |= key == self._cookie and hmac.compare_digest(given.strip(), self._secret)
        return found

    async def _welcome(self, send: Send, *, onward: bool) -> None:
        cookie = self._cookie + b"=" + self._secret + b"; HttpOnly; SameSite=Strict; Path=/"
        if onward:
            return await _say(send, 200, _HTML, _ONWARD, (b"set-cookie", cookie))
        return await _say(send, 303, _HTML, b"", (b"set-cookie", cookie), (b"location", b"/"))


def _only(headers: list[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    """The value of a header that may stand there once; None where it does not."""
    found = [value.strip() for key, value in headers if key == name]
    return found[0] if len(found) == 1 else None


def _key(scope: Scope) -> bytes | None:
    """What the link's query gives as `key`; None where it does not."""
    for part in bytes(scope["query_string"]).split(b"&"):
        name, _, value = part.partition(b"=")
        if name == b"key":
            return value
    return None


def _fits(path: str, given: bytes | None) -> bool:
    kind = (given or b"").split(b";")[0].strip().lower()
    if path == "/say":
        return kind.startswith(b"audio/") or kind == b"application/octet-stream"
    return kind == _JSON


async def _refuse(send: Send, status: int, error: str, hint: str = "") -> None:
    await _say(send, status, _JSON, json.dumps({"error": error, "hint": hint}).encode())


async def _say(send: Send, status: int, kind: bytes, body: bytes, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
