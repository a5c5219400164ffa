"""Single keys from the terminal, without Enter, while something else goes on.

The terminal hands over every key at once and shows none. Ctrl-C stays a signal; Ctrl-S no longer freezes
the output. However the block is left, the terminal is as it was before, and what was typed meanwhile is
dropped, so that it does not end up on the shell's command line.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import IO

_NAMES = {
    "\n": "enter",
    "\r": "enter",
    "\t": "tab",
    "\x1b": "escape",
    "\x7f": "backspace",
    "\x08": "backspace",
}

if sys.platform == "win32":
    import msvcrt
    import signal

    _LOOK_S = 0.02
    """How often the console is asked for a key: it cannot be waited for."""

    _CODES = {"H": "up", "P": "down", "K": "left", "M": "right", "G": "home", "O": "end", "S": "delete"}

    class Keys:
        """The keys of the console while the block runs; see the module."""

        def __init__(self, stream: IO[str] | None = None) -> None:
            self._stream = stream if stream is not None else sys.stdin
            self.live = False
            """Whether there is a terminal that keys come from."""

        def __enter__(self) -> Keys:
            self.live = self._stream is not None and not self._stream.closed and self._stream.isatty()
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            while self.live and msvcrt.kbhit():
                msvcrt.getwch()
            self.live = False

        def read(self, timeout_s: float) -> str | None:
            """The next key, waited for no longer than `timeout_s`; None where none came."""
            end = time.monotonic() + timeout_s
            while True:
                if self.live and msvcrt.kbhit():
                    key = msvcrt.getwch()
                    if key in "\x00\xe0":
                        name = _CODES.get(msvcrt.getwch())
                        if name is not None:
                            return name
                    elif key == "\x03":
                        signal.raise_signal(signal.SIGINT)
                    else:
                        return _NAMES.get(key, key)
                left = end - time.monotonic()
                if left <= 0:
                    return None
                time.sleep(min(left, _LOOK_S))

else:
    import contextlib
    import os
    import re
    import select
    import termios

    _REST_S = 0.05
    """How long the rest of an escape sequence or of a character may take; a lone Escape is told after it."""

    _SEQUENCE = re.compile(
        rb"\x1b(?:\[\[[A-E]"  # function keys of the Linux console
        rb"|\[[0-?]*[ -/]*[@-~]"  # arrows, Home, Delete, F5 and on, also with Shift or Ctrl
        rb"|O[0-9;]*[@-~]"  # arrows in application mode, F1 to F4
        rb"|[PX\]^_][^\x07\x1b]*(?:\x07|\x1b\\))"  # a terminal's answer to a question of somebody else
    )
    _ENDS = {b"A": "up", b"B": "down", b"C": "right", b"D": "left", b"H": "home", b"F": "end"}
    _NUMBERS = {b"1": "home", b"3": "delete", b"4": "end", b"5": "page-up", b"6": "page-down"}

    class Keys:
        """The keys of a terminal (standard input where no other `stream` is given) while the block runs.

        Where it is no terminal, or where the program runs in the background and may not touch it, nothing is
        changed and no key ever comes.
        """

        def __init__(self, stream: IO[str] | None = None) -> None:
            self._stream = stream if stream is not None else sys.stdin
            self._fd = -1
            self._before: list[int | list[bytes | int]] | None = None
            self._waiting = b""
            self.live = False
            """Whether there is a terminal that keys come from; False again once it is closed."""

        def __enter__(self) -> Keys:
            with contextlib.suppress(OSError, ValueError, AttributeError, termios.error):
                fd = self._stream.fileno()
                # From the background, setting a terminal would stop the whole program.
                if not os.isatty(fd) or os.tcgetpgrp(fd) != os.getpgrp():
                    return self
                before = termios.tcgetattr(fd)
                keyed = termios.tcgetattr(fd)
                keyed[0] &= ~(termios.IXON | termios.IXOFF)
                # Without IEXTEN no Ctrl-O, Ctrl-V or Ctrl-Y is taken by the terminal either.
                keyed[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
                keyed[3] |= termios.ISIG
                keyed[6][termios.VMIN] = 1
                keyed[6][termios.VTIME] = 0
                self._fd, self._before = fd, before
                termios.tcsetattr(fd, termios.TCSANOW, keyed)
                # What was typed before the keys were on the screen was not meant for them.
                termios.tcflush(fd, termios.TCIFLUSH)
                self.live = True
            return self

        def __exit__(
            self,
            kind: type[BaseException] | None,
            error: BaseException | None,
            trace: TracebackType | None,
        ) -> None:
            self.live = False
            before, self._before = self._before, None
            if before is not None:
                # Not TCSAFLUSH: it waits for the output, for ever where nobody takes it any more.
                with contextlib.suppress(OSError, termios.error):
                    termios.tcflush(self._fd, termios.TCIFLUSH)
                with contextlib.suppress(OSError, termios.error):
                    termios.tcsetattr(self._fd, termios.TCSANOW, before)

        def read(self, timeout_s: float) -> str | None:
            """The next key, waited for no longer than `timeout_s` (and 0.05 s for the rest of a sequence).

            A character comes as itself; other keys by name: "enter", "escape", "tab", "backspace", "up",
            "home", "ctrl-s", "alt-x". Keys without a name here are passed over. None at the end of the time,
            and at once when the terminal is closed; with no terminal, or a closed one, after that time again.
            """
            end = time.monotonic() + timeout_s
            while True:
                while self._waiting:
                    size, key = _first(self._waiting)
                    if size == 0:
                        # Begun and not complete: the rest is on its way, or this was all.
                        if self._more(_REST_S):
                            continue
                        size, key = len(self._waiting), "escape" if self._waiting == b"\x1b" else None
                    self._waiting = self._waiting[size:]
                    if key is not None:
                        return key
                left = end - time.monotonic()
                if not self.live:
                    time.sleep(max(0.0, left))
                    return None
                if not self._more(max(0.0, left)):
                    return None

        def _more(self, timeout_s: float) -> bool:
            """Take what has been typed; False where nothing came in time or the terminal is closed."""
            if not self.live:
                return False
            try:
                if not select.select([self._fd], [], [], timeout_s)[0]:
                    return False
                typed = os.read(self._fd, 1024)
            except (OSError, ValueError):
                typed = b""
            self.live = bool(typed)
            self._waiting += typed
            return bool(typed)

    def _first(typed: bytes) -> tuple[int, str | None]:
        """How many bytes the first key takes (0: it is not complete), and its name (None: pass over)."""
        if typed[0] == 0x1B:
            return _escaped(typed)
        size = 1 if typed[0] < 0xC0 else 2 if typed[0] < 0xE0 else 3 if typed[0] < 0xF0 else 4
        try:
            key = typed[:size].decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data":
                return 0, None
            return max(1, error.end), None
        return size, _NAMES.get(key) or (f"ctrl-{chr(ord(key) + 96)}" if "\x00" < key < "\x1b" else key)

    def _escaped(typed: bytes) -> tuple[int, str | None]:
        found = _SEQUENCE.match(typed)
        if found is not None:
            inside, last = found[0][2:-1], found[0][-1:]
            if found[0][1:2] not in (b"[", b"O"):
                return found.end(), None
            name = _NUMBERS.get(inside.split(b";")[0]) if last == b"~" else _ENDS.get(last)
            return found.end(), name if not inside.startswith(b"[") else None
        if len(typed) == 1 or typed[1] in b"[OPX]^_":
            # A sequence that is still on its way; one that has gone wrong is not waited for.
            broken = len(typed) > 64 or b"\x1b" in typed[1:-1]
            return (len(typed), None) if broken else (0, None)
        if typed[1] == 0x1B:
            return 1, "escape"
        size, key = _first(typed[1:])
        return (1 + size, f"alt-{key}" if key else None) if size else (0, None)
