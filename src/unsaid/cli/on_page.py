"""Pages in the browser, as the commands that have one offer and show them."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.web.site import Site

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Web:
    """How a page is shown."""

    port: int = 0
    """0: any that is free."""
    no_open: bool = False
    """Only the link is printed."""


def web_options(help_: str) -> Callable[[F], F]:
    """The options `--web`, `--port` and `--no-open`; the command gets them as one `web`: `Web`, or None."""

    def decorate(command: F) -> F:
        @click.option("--web", "web", is_flag=True, help=help_)
        @click.option(
            "--port",
            type=click.IntRange(1, 65535),
            help="With --web: the page's port; else any that is free.",
        )
        @click.option("--no-open", is_flag=True, help="With --web: print the link and open no browser.")
        @functools.wraps(command)
        def with_page(*args: Any, web: bool, port: int | None, no_open: bool, **given: Any) -> Any:
            if not web and (port is not None or no_open):
                raise UnsaidError("--port and --no-open are for the page", "Add --web.")
            return command(*args, web=Web(port or 0, no_open) if web else None, **given)

        return with_page  # type: ignore[return-value]

    return decorate


def show(site: Site, web: Web) -> None:
    """Serve a page until it ends itself, or Ctrl-C: its link on standard output, and opened where there is a
    browser. Raises UnsaidError where the port cannot be had."""
    import webbrowser

    from unsaid.web import serve

    def announce(link: str) -> None:
        click.echo(link)
        click.echo("The page is open to this machine alone; every change is kept. Ctrl-C ends it.", err=True)

    def opened(link: str) -> None:
        if not web.no_open and sys.stdout.isatty() and _has_display():
            # Beside: what starts a browser may wait for it.
            threading.Thread(target=webbrowser.open, args=(link,), daemon=True).start()

    serve(site, port=web.port, announce=announce, opened=opened)


def _has_display() -> bool:
    """True where a browser could show something."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
