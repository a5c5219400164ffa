"""The review page's server, as a user starts it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest
from page_support import open_review
from web_support import Client, PageServer

__all__ = ["open_review"]

Serve = Callable[..., PageServer]


@pytest.fixture
def serve_page(workspace: Path, demo: Path) -> Iterator[Serve]:
    """Starts `unsaid review --web` on the test's own copy of the sample: `serve_page("--no-audio")`.

    `start` gives another command that shows a page: `serve_page(start=("score", "demo"))`.
    """
    with ExitStack() as stack:

        def serve(
            *args: str,
            session: Path = demo,
            start: Sequence[str] | None = None,
            env: dict[str, str] | None = None,
        ) -> PageServer:
            server = PageServer(workspace, session, *args, start=start, env=env)
            stack.callback(server.kill)
            return server

        yield serve


@pytest.fixture
def page_server(serve_page: Serve) -> PageServer:
    """A server on the sample: `url` (the link, with its key), `port`, `key`, `session` (its folder)."""
    return serve_page()


@pytest.fixture(scope="session")
def still_server(audited: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    """One server for all tests that change nothing."""
    workspace = tmp_path_factory.mktemp("still") / "workspace"
    shutil.copytree(audited, workspace)
    server = PageServer(workspace, workspace / "sessions" / "demo")
    yield server
    server.kill()


@pytest.fixture
def client(page_server: PageServer) -> Client:
    """A browser that has opened the link of `page_server`."""
    return page_server.client()
