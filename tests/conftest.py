"""What every test gets: a home and a workspace of its own, no network, the program as a user runs it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from support import command, missing

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A shell starts what runs in its background with Ctrl-C ignored, and every child would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where everything is required (as in CI) the same examples run every time, so that a failure can be run
# again; elsewhere they differ from run to run and find more.
# A busy machine may take its time over any of them.
settings.register_profile("any-examples", deadline=None)
settings.register_profile("same-examples", derandomize=True, deadline=None)
settings.load_profile("same-examples" if os.environ.get("UNSAID_REQUIRE_ALL") else "any-examples")

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("UNSAID_", "HF_")) and name != "UNSAID_REQUIRE_ALL":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A connection to anywhere but this machine fails the test that makes it."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if self.family in (socket.AF_INET, socket.AF_INET6) and host not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test reached for the network: {address!r}")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


Unsaid = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def unsaid(workspace: Path, tmp_path: Path) -> Unsaid:
    """Runs the installed command in an empty folder: `unsaid("audit", "x.wav")`."""

    def run(
        *args: object, stdin: str | bytes = b"", env: dict[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [*command(), "--workspace", str(workspace), *map(str, args)],
            input=given,
            capture_output=True,
            cwd=cwd or tmp_path,
            env={**os.environ, **(env or {})},
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        assert "Traceback" not in err, err
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the sample answer audited once; tests take a copy."""
    folder = tmp_path_factory.mktemp("audited") / "workspace"
    done = subprocess.run(
        [*command(), "--workspace", str(folder), "demo", "-q"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def demo(audited: Path, workspace: Path) -> Path:
    """The session's folder in the test's own workspace."""
    shutil.copytree(audited, workspace)
    return workspace / "sessions" / "demo"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium, the system's own; nothing is downloaded."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        missing("Chromium", "install it to test the page: apt install chromium")
    assert found
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_QUIET))
        yield browser
        browser.close()
