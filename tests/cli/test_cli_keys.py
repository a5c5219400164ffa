"""Single keys, on a real terminal: each is told, none is shown, and the terminal comes back as it was."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from unsaid.cli.keys import Keys

if sys.platform == "win32":
    pytest.skip("these terminals are POSIX's", allow_module_level=True)

import fcntl
import termios

# What every program below begins with: it has the terminal for its own, as under a shell.
START = """
import fcntl, os, select, signal, sys, termios, time
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from unsaid.cli.keys import Keys
def say(*words):
    print("SAYS", *words, flush=True)
"""
TELL_KEYS = """
with Keys() as keys:
    say("ready", keys.live)
    while (key := keys.read(60)) != "q":
        say(ascii(key))
say("done")
"""
HANGS_S = 30
"""Nothing takes so long; only a test that fails waits for it."""


class Terminal:
    """A terminal with a program in it."""

    def __init__(self, program: str) -> None:
        self.master, self.slave = os.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.pipe, out = os.pipe()
        self.program = subprocess.Popen(
            [sys.executable, "-c", START + program],
            stdin=self.slave,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(out)
        self.text = b""

    def says(self) -> str:
        """The next line that the program says (by a pipe: not through the terminal)."""
        end = time.monotonic() + HANGS_S
        while b"\n" not in self.text:
            assert select.select([self.pipe], [], [], max(0, end - time.monotonic()))[0], "says nothing"
            got = os.read(self.pipe, 4096)
            assert got, f"ended: {self.text!r}"
            self.text += got
        line, _, self.text = self.text.partition(b"\n")
        return line.decode().removeprefix("SAYS ")

    def type(self, typed: bytes) -> None:
        os.write(self.master, typed)

    def echoed(self) -> bytes:
        return os.read(self.master, 4096) if select.select([self.master], [], [], 0)[0] else b""

    def now(self) -> list[Any]:
        return termios.tcgetattr(self.slave)

    def hang_up(self) -> None:
        os.close(self.master)
        os.close(self.slave)
        self.master = self.slave = -1

    def close(self) -> None:
        if self.program.poll() is None:
            self.program.kill()
        self.program.wait()
        for fd in (self.master, self.slave, self.pipe):
            if fd >= 0:
                os.close(fd)


Open = Callable[[str], Terminal]


@pytest.fixture
def terminal() -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_(program: str) -> Terminal:
        opened.append(Terminal(program))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


@pytest.fixture
def teller(terminal: Open) -> Terminal:
    """A terminal in which every key is told, until q."""
    one = terminal(TELL_KEYS)
    assert one.says() == "ready True"
    return one


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        (b"p", ["p"]),
        (b"pms ", ["p", "m", "s", " "]),
        (b"\r", ["enter"]),
        (b"\n\t\x7f", ["enter", "tab", "backspace"]),
        ("é€日🎤".encode(), ["é", "€", "日", "🎤"]),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"]),
        (b"\x1bOA\x1bOH\x1b[F\x1b[3~", ["up", "home", "end", "delete"]),
        (b"\x1b[1;5C\x1b[5~", ["right", "page-up"]),
        # No key of ours hides in a sequence: F1, F5, Shift-Tab, F2 of the Linux console, a report, a title.
        (b"\x1bOP\x1b[15~\x1b[Z\x1b[[B\x1b[24;80R\x1b]11;rgb:0/0/0\x07s", ["s"]),
        (b"\x1bs", ["alt-s"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x13\x11", ["ctrl-s", "ctrl-q"]),
        (b"\x0f\x16\x19", ["ctrl-o", "ctrl-v", "ctrl-y"]),
        (b"\xff\x80\xc3(\xe2\x82m", ["(", "m"]),
    ],
)
def test_every_key_is_told_once(teller: Terminal, typed: bytes, keys: list[str]) -> None:
    teller.type(typed)
    assert [teller.says() for _ in keys] == [ascii(key) for key in keys]
    teller.type(b"q")
    assert teller.says() == "done"
    assert teller.echoed() == b""


def test_escape_alone_is_told(teller: Terminal) -> None:
    teller.type(b"\x1b")
    assert teller.says() == "'escape'"


def test_a_sequence_that_never_ends_is_passed_over(teller: Terminal) -> None:
    teller.type(b"\x1b[1;")
    teller.type(b"\xe2\x82")
    end = time.monotonic() + HANGS_S
    # One by one until the unfinished ones have been given up; then the key is told.
    while time.monotonic() < end and not select.select([teller.pipe], [], [], 0.1)[0]:
        teller.type(b"m")
    assert teller.says() == "'m'"


def test_a_character_in_two_halves_is_one_key(terminal: Open) -> None:
    one = terminal(
        """
with Keys() as keys:
    import unsaid.cli.keys
    unsaid.cli.keys._REST_S = 60
    say("ready")
    select.select([0], [], [])
    say("first")
    say(ascii(keys.read(60)))
"""
    )
    assert one.says() == "ready"
    one.type("é".encode()[:1])
    assert one.says() == "first"
    one.type("é".encode()[1:])
    assert one.says() == ascii("é")


def test_ctrl_s_does_not_stop_what_is_shown(terminal: Open) -> None:
    one = terminal(
        """
with Keys() as keys:
    say("ready")
    assert keys.read(60) == "ctrl-s"
    os.write(0, b"still shown")
    say("written")
"""
    )
    assert one.says() == "ready"
    one.type(b"\x13")
    assert one.says() == "written"
    assert select.select([one.master], [], [], HANGS_S)[0]
    assert os.read(one.master, 100) == b"still shown"


def test_ctrl_c_stays_a_signal(terminal: Open) -> None:
    one = terminal(
        """
signal.signal(signal.SIGINT, lambda *_: say("interrupted"))
with Keys() as keys:
    say("ready")
    say(keys.read(60))
"""
    )
    assert one.says() == "ready"
    one.type(b"\x03")
    assert one.says() == "interrupted"
    one.type(b"x")
    assert one.says() == "x"


def test_what_was_typed_meanwhile_does_not_reach_the_shell(terminal: Open) -> None:
    one = terminal(
        """
with Keys() as keys:
    say("ready")
    select.select([0], [], [])
left = bytearray(4)
fcntl.ioctl(0, termios.FIONREAD, left)
say("left", sum(left))
"""
    )
    assert one.says() == "ready"
    one.type(b"rm\n")
    assert one.says() == "left 0"


def test_what_was_typed_before_is_not_taken_for_a_key(terminal: Open) -> None:
    one = terminal(
        """
say("up")
select.select([0], [], [])
with Keys() as keys:
    say("ready")
    say(keys.read(60))
"""
    )
    assert one.says() == "up"
    one.type(b"s\n")
    assert one.says() == "ready"
    one.type(b"m")
    assert one.says() == "m"


@pytest.mark.parametrize(
    ("leave", "status"),
    [
        ("pass", 0),
        ("raise RuntimeError('on purpose')", 1),
        ("sys.exit(3)", 3),
        ("os.kill(os.getpid(), signal.SIGTERM); keys.read(60)", 4),
        ("os.kill(os.getpid(), signal.SIGINT); keys.read(60)", -signal.SIGINT),
    ],
)
def test_the_terminal_is_as_before_however_the_block_is_left(terminal: Open, leave: str, status: int) -> None:
    one = terminal(
        f"""
signal.signal(signal.SIGTERM, lambda *_: sys.exit(4))
with Keys() as keys:
    say("ready")
    keys.read(60)
    {leave}
"""
    )
    assert one.says() == "ready"
    assert one.now() != one.before
    assert not one.now()[3] & (termios.ECHO | termios.ICANON)
    one.type(b"x")
    assert one.program.wait(HANGS_S) == status
    assert one.now() == one.before


def test_a_closed_terminal_gives_no_keys_and_costs_nothing(terminal: Open) -> None:
    one = terminal(
        """
signal.signal(signal.SIGHUP, lambda *_: None)
with Keys() as keys:
    say("ready")
    assert keys.read(60) is None
    began, used = time.monotonic(), time.process_time()
    assert [keys.read(0.1) for _ in range(10)] == [None] * 10
    say(keys.live, time.monotonic() - began >= 1, time.process_time() - used < 0.5)
say("done")
"""
    )
    assert one.says() == "ready"
    one.hang_up()
    assert one.says() == "False True True"
    assert one.says() == "done"


def test_in_the_background_the_terminal_is_left_alone(terminal: Open) -> None:
    """Setting a terminal from there would stop the program."""
    one = terminal(
        """
import subprocess
inner = subprocess.Popen(
    [sys.executable, "-c",
     "from unsaid.cli.keys import Keys\\n"
     "with Keys() as keys: print('SAYS', keys.live, keys.read(0.01), flush=True)"],
    process_group=0,
)
_, status = os.waitpid(inner.pid, os.WUNTRACED)
say("stopped", os.WIFSTOPPED(status))
if os.WIFSTOPPED(status):
    inner.kill()
"""
    )
    assert one.says() == "False None"
    assert one.says() == "stopped False"
    assert one.now() == one.before


def test_where_there_is_no_terminal_no_key_comes_and_nothing_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"s")
    with os.fdopen(reading, encoding="utf-8") as stream, Keys(stream) as keys:
        began = time.monotonic()
        assert not keys.live
        assert keys.read(0.05) is None
        assert time.monotonic() - began >= 0.05
        left = bytearray(4)
        fcntl.ioctl(reading, termios.FIONREAD, left)
        assert sum(left) == 1
    os.close(writing)


def test_a_closed_standard_input_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with Keys() as keys:
        assert keys.read(0) is None
