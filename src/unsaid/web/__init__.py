"""Pages in the browser: served on this machine's loopback alone, to one browser.

`serve` shows a `site`, of which there are three: the review (`room`), the self-score (`scored`), which also
stands at the review's end, and the signal form of a drill (`labelled`). `course` is the drill around them.
`guard` decides who may ask, `app` has the routes, `asked` reads requests, `answers` writes the state, `page`
draws.
"""

from __future__ import annotations

import contextlib
import errno
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    import uvicorn

    from unsaid.web.guard import Guard
    from unsaid.web.site import Site

ADDRESS = "127.0.0.1"
IDLE_S = 120
"""A connection over which nothing is asked for so long is closed."""
ENDING_S = 1
"""At the end, a request that still runs has so long."""


def serve(
    site: Site,
    *,
    port: int = 0,
    announce: Callable[[str], None],
    opened: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve `site` until it is over, Ctrl-C or SIGTERM.

    `port` 0 takes any that is free. `announce`, then `opened`, get the link once it can be opened: the one
    place where its key is told. Raises UnsaidError where the port cannot be had.
    """
    from unsaid.web.app import make
    from unsaid.web.guard import Guard

    with _bound(port) as listening:
        port = listening.getsockname()[1]
        key, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        link = f"http://{ADDRESS}:{port}/?key={key}"
        drawing = threading.Thread(target=_draw, args=(site,), daemon=True)

        def ready() -> None:
            announce(link)
            opened(link)
            # By the time the browser asks for the page, it is drawn.
            drawing.start()

        guarded = Guard(make(site), port=port, key=key, secret=secret)
        _server(guarded, ready, site.over).run([listening])
        drawing.join()


def _draw(site: Site) -> None:
    with contextlib.suppress(UnsaidError, OSError):  # whoever opens the page is told
        site.page()


@contextlib.contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # On POSIX this lets a port be used again at once; on Windows it would let others have it as well.
        option = "SO_EXCLUSIVEADDRUSE" if sys.platform == "win32" else "SO_REUSEADDR"
        listening.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
        listening.bind((ADDRESS, port))
        listening.listen()
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            raise UnsaidError(
                f"port {port} is taken", "Give another with --port, or none: a free one is found."
            ) from error
        raise UnsaidError(
            f"port {port} cannot be had: {error.strerror or error}",
            "Give another with --port, or none: a free one is found.",
        ) from error
    with listening:
        yield listening


def _server(app: Guard, ready: Callable[[], None], over: threading.Event) -> uvicorn.Server:
    """A server that tells nothing, and ends at Ctrl-C, or when it is `over`, whoever still holds a connection
    open."""
    import logging

    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    from unsaid.web.guard import HEADERS

    # It would tell of every client that went away in the middle.
    logging.getLogger("asyncio").setLevel(logging.ERROR)

    class Speech(H11Protocol):
        """HTTP; what is none is refused with the headers of every other answer."""

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002
            if self.cycle is None or self.cycle.response_complete:
                body = b'{"error": "this is not HTTP", "hint": ""}'
                head = [b"HTTP/1.1 400 Bad Request", b"content-type: application/json", b"connection: close"]
                head += [name + b": " + value for name, value in HEADERS]
                head += [b"content-length: %d" % len(body), b"", b""]
                self.transport.write(b"\r\n".join(head) + body)
            self.transport.close()

    class Server(uvicorn.Server):
        """Tells when it listens, and leaves the signals to whoever started it."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            ready()

        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or over.is_set()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            # uvicorn's own would raise them once more at the end: SIGTERM would then end the program.
            before: dict[int, Any] = {
                number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)
            }
            try:
                yield
            finally:
                for number, handler in before.items():
                    signal.signal(number, handler)

    return Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http=Speech,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            workers=1,
            timeout_keep_alive=IDLE_S,
            timeout_graceful_shutdown=ENDING_S,
        )
    )
