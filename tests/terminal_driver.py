"""The program in a real terminal, under a small shell of its own: what it draws, and keys typed to it.

    with Driven([*command(), "record"], cwd=tmp_path) as terminal:
        terminal.until(r"recording 0:0[1-9]")
        terminal.type("s")
        assert terminal.status() == 0

What is drawn is read as a stream and looked for frame by frame, so nothing has to be timed. Standard output
goes to a file (`out`), so that the terminal shows standard error alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

HANGS_S = 60.0
"""Nothing takes so long; only a test that fails waits for it."""

FRAME = re.compile(r"\x1b\[\?2026h(.*?)\x1b\[\?2026l", re.DOTALL)
_STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

# What a shell does: the program gets a process group of its own and the terminal, and is watched, so that a
# stop by Ctrl-Z would be told, as it would be to a user. The last line is its exit status.
_SHELL = """
import fcntl, os, signal, subprocess, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
def told(*words):
    os.write(int(sys.argv[1]), (" ".join(map(str, words)) + "\\n").encode())
def begin():
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
ran = subprocess.Popen(sys.argv[2:], preexec_fn=begin)
told("pid", ran.pid)
while True:
    _, status = os.waitpid(ran.pid, os.WUNTRACED)
    if not os.WIFSTOPPED(status):
        break
    told("stopped")
    os.kill(ran.pid, signal.SIGCONT)
os.tcsetpgrp(0, os.getpid())
told("ended", os.waitstatus_to_exitcode(status))
"""


def _outside() -> dict[str, str]:
    # pytest-xdist names a size of its own there, which would go before that of the terminal.
    return {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}


class Driven:
    """A program in a terminal of `size` columns and rows."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        size: tuple[int, int] = (80, 24),
    ) -> None:
        self._master, self._slave = os.openpty()
        self.resize(*size)
        self.before = self.after = termios.tcgetattr(self._slave)
        """How the terminal was set before, and is after `status`."""
        self._pipe, telling = os.pipe()
        with (cwd / f"out-{time.monotonic_ns()}").open("xb") as out:
            self._out = Path(out.name)
            self._shell = subprocess.Popen(
                [sys.executable, "-c", _SHELL, str(telling), *argv],
                stdin=self._slave,
                stdout=out,
                stderr=self._slave,
                cwd=cwd,
                env={**_outside(), "TERM": "xterm-256color", **(env or {})},
                pass_fds=[telling],
                start_new_session=True,
            )
        os.close(telling)
        self.pid = int(self._told().split()[1])
        self.bytes = b""
        """Everything that was drawn."""
        self._looked = 0
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Driven:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shell.poll() is None:
            for pid in (self.pid, self._shell.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, 9)
            self._shell.wait()
        for fd in (self._slave, self._master, self._pipe):
            if fd >= 0:
                os.close(fd)

    def type(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self._master, keys.encode())

    def break_off(self) -> None:
        """Press Ctrl-C until it ends: Python misses one that comes just before it waits for a line."""
        for _ in range(int(HANGS_S)):
            self.type("\x03")
            if select.select([self._pipe], [], [], 1.0)[0]:
                return
        raise AssertionError(f"Ctrl-C does not end it:\n{self.told()}")

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program is told as by any terminal."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, pattern: str) -> re.Match[str]:
        """Wait until a frame shows `pattern`, among those drawn since the last call's; the match in it."""
        end = time.monotonic() + HANGS_S
        with self._news:
            while True:
                text = self.bytes[self._looked :].decode(errors="replace")
                for frame in FRAME.finditer(text):
                    found = re.search(pattern, _STEERING.sub("", frame[1]))
                    if found:
                        self._looked += len(text[: frame.end()].encode())
                        return found
                left = end - time.monotonic()
                alive = self._reader.is_alive()
                assert left > 0, f"{pattern!r} is not shown, but:\n{self.shown()}"
                assert alive, f"ended without {pattern!r}:\n{self.told()}"
                self._news.wait(min(left, 0.5))

    def until_told(self, words: str, times: int = 1) -> None:
        """Wait until `words` were printed so often outside of frames, such as before a line is typed."""
        end = time.monotonic() + HANGS_S
        with self._news:
            while self.told().count(words) < times:
                assert time.monotonic() < end, f"{words!r} is not told, but:\n{self.told()}"
                assert self._reader.is_alive(), f"ended without {words!r}:\n{self.told()}"
                self._news.wait(0.5)

    def frames(self) -> list[str]:
        """Every frame so far, as text."""
        return [_STEERING.sub("", f[1]) for f in FRAME.finditer(self.bytes.decode(errors="replace"))]

    def shown(self) -> str:
        """The last frame."""
        return (self.frames() or [""])[-1]

    def told(self) -> str:
        """What was printed outside of frames: before and after the recording."""
        plain = FRAME.sub("", self.bytes.decode(errors="replace"))
        return _STEERING.sub("", plain).replace("\r\n", "\n")

    def status(self) -> int:
        """Wait for the end; the exit status. Fails where the program was stopped on the way."""
        said = self._told()
        assert said.startswith("ended"), said
        self._shell.wait(HANGS_S)
        self.after = termios.tcgetattr(self._slave)
        os.close(self._slave)
        self._slave = -1
        self._reader.join(HANGS_S)
        return int(said.split()[1])

    def out(self) -> str:
        """What went to standard output."""
        return self._out.read_text(encoding="utf-8")

    def _told(self) -> str:
        line = b""
        while not line.endswith(b"\n"):
            got = os.read(self._pipe, 1)
            assert got, "the shell is gone"
            line += got
        return line.decode().strip()

    def _read(self) -> None:
        while True:
            try:
                got = os.read(self._master, 65536)
            except OSError:  # nobody has it open any more
                got = b""
            with self._news:
                self.bytes += got
                self._news.notify_all()
            if not got:
                return
