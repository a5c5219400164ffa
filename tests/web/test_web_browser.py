"""Another page in the same browser, from another site or another port of this machine: it gets nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from web_support import PageServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# What a page can try; each tells what it got, and fails where it got nothing.
_TRIES = """
(base) => {
  const loaded = (made, when = "onload") => new Promise((got, not) => {
    made[when] = () => got("loaded");
    made.onerror = () => not(new Error("not loaded"));
    document.body.append(made);
  });
  const put = (tag, src) => Object.assign(document.createElement(tag), { src });
  const post = (type, mode) => fetch(base + "/act", {
    method: "POST", mode, credentials: "include", headers: { "Content-Type": type },
    body: JSON.stringify({ do: "mark", sentence: 1, letter: "D" }),
  });
  const tries = {
    read: () => fetch(base + "/state", { credentials: "include" }).then((a) => a.text()),
    blind: () => fetch(base + "/state", { credentials: "include", mode: "no-cors" }).then((a) => a.type),
    json: () => post("application/json", "cors"),
    simple: () => post("text/plain", "no-cors"),
    style: () => loaded(Object.assign(document.createElement("link"),
      { rel: "stylesheet", href: base + "/app/review.css" })),
    script: () => loaded(put("script", base + "/app/review.js")),
    picture: () => loaded(put("img", base + "/app/review.css")),
    sound: () => loaded(put("audio", base + "/answer"), "onloadedmetadata"),
  };
  return Promise.all(Object.entries(tries).map(async ([name, attempt]) =>
    attempt().then((got) => `${name}: ${got}`, () => null))).then((all) => all.filter(Boolean));
}
"""


@contextmanager
def another_server(html: str) -> Iterator[int]:
    """Serves `html` at every path, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = threading.Thread(target=server.serve_forever)
        running.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            running.join()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "another.localhost"])
def test_another_page_can_lead_to_the_review_and_do_nothing_else(
    browser: Browser, page_server: PageServer, host: str
) -> None:
    with another_server(f'<a id="go" href="{page_server.url}">the review</a>') as port:
        context = browser.new_context()
        mine = context.new_page()
        mine.goto(f"http://{host}:{port}/")
        mine.click("#go")
        mine.wait_for_url(f"{page_server.origin}/")
        assert mine.title().startswith("demo")
        mine.reload()
        assert mine.title().startswith("demo") and mine.url == f"{page_server.origin}/"

        theirs = context.new_page()
        theirs.goto(f"http://{host}:{port}/")
        assert theirs.evaluate(_TRIES, page_server.origin) == []
        # The same from within the page itself, to see that the tries are good ones.
        got = mine.evaluate(_TRIES, page_server.origin)
        assert {line.split(":")[0] for line in got} >= {"read", "json", "style", "script", "sound"}
        context.close()
    own = [m for m in page_server.client().state()["moments"] if m["code"] == "own"]
    assert len(own) == 1  # by the page's own try


def test_a_name_that_leads_here_opens_nothing(browser: Browser, page_server: PageServer) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(page_server.url)
    assert page.title().startswith("demo")
    for path in ("/", f"/?key={page_server.key}", "/state"):
        found = page.goto(f"http://another.localhost:{page_server.port}{path}")
        assert found is not None and found.status == 403
    context.close()
