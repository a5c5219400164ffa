"""What every reader starts from: a named text, decoded and cleaned, and errors that point into it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from unsaid.errors import UnsaidError

MAX_BYTES = 200_000_000
"""Larger files are refused. An hour of speech with word times is about 2 MB of JSON."""
MAX_TIME_S = 360_000.0
"""Times past 100 hours are taken for damage."""
MAX_NEGATIVE_S = 1.0
"""A time this little below zero is set to zero; one further below is refused."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_LINE_BREAKS = "\t\n\v\f\r\x85\u2028\u2029"


def shown_name(name: str) -> str:
    """`name` as a message should say it."""
    return "standard input" if name == "-" else name


@dataclass(frozen=True, slots=True)
class Source:
    """A decoded file."""

    name: str
    """File name for messages, "-" for standard input."""
    text: str
    """The whole text, without a byte order mark, lines ended by "\\n"."""
    notes: tuple[str, ...] = ()
    """What had to be mended while it was decoded."""

    def error(self, what: str, hint: str = "", *, line: int | None = None) -> UnsaidError:
        """An error about this file; `line` counts from 1."""
        place = shown_name(self.name) + (f", line {line}" if line is not None else "")
        return UnsaidError(f"{place}: {what}", hint)

    @property
    def suffix(self) -> str:
        """The last suffix of the name, in lower case, with its dot; "" where there is none."""
        base = self.name.replace("\\", "/").rpartition("/")[2]
        stem, dot, suffix = base.rpartition(".")
        return f".{suffix.lower()}" if dot and stem else ""


def decode(data: bytes, *, name: str) -> Source:
    """Decode the bytes of a transcript: UTF-8 with or without a byte order mark, or UTF-16 with one.

    Raises UnsaidError where the data is empty, too large, not text, or not in one of these encodings.
    """
    shown = shown_name(name)
    if len(data) > MAX_BYTES:
        raise too_large(name, len(data))
    if not data.strip():
        raise UnsaidError(
            f"{shown}: the file is empty", "Give a transcript or a recording that holds an answer."
        )
    notes: tuple[str, ...] = ()
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = data.decode("utf-16")
        else:
            text = data.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        if b'"transcription"' not in data or b"\0" in data:
            at = f"at byte {e.start}"
            if e.encoding.startswith("utf-8"):
                line = data.count(b"\n", 0, e.start) + 1
                at += f", line {line}"
            raise UnsaidError(
                f"{shown}: this is not text in UTF-8 or UTF-16 ({at})",
                "Save it as UTF-8; if it is a recording, its file name must tell so (.wav, .mp3 …).",
            ) from None
        # whisper.cpp cuts characters of several bytes into tokens, and writes the pieces as they are.
        text = data.decode("utf-8", errors="replace").removeprefix("\ufeff")
        notes = ("some characters were cut into pieces in the file and could not be read",)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UnsaidError(
            f"{shown}, line {line}: this is binary data, not a transcript",
            "Give a transcript (JSON, SRT, VTT, TSV or text) or a recording.",
        )
    if not text.strip():
        raise UnsaidError(
            f"{shown}: the file is empty", "Give a transcript or a recording that holds an answer."
        )
    return Source(name, text.replace("\r\n", "\n").replace("\r", "\n"), notes)


def too_large(name: str, size: int) -> UnsaidError:
    """The error for a file over `MAX_BYTES`."""
    size_mb, limit_mb = size / 1e6, MAX_BYTES / 1e6
    return UnsaidError(
        f"{shown_name(name)}: {size_mb:,.0f} MB is too much for a transcript (limit: {limit_mb:.0f} MB)",
        "Give the transcript of one answer; an hour of speech takes about 2 MB.",
    )


def clean(text: str) -> str:
    """`text` safe to show anywhere: line breaks become spaces, other control characters go.

    Surrogates that stand alone (JSON can carry them, UTF-8 cannot) become U+FFFD.
    """
    if text.isprintable():
        return text
    return _CONTROL.sub(_replacement, text)


def _replacement(match: re.Match[str]) -> str:
    char = match[0]
    if char in _LINE_BREAKS:
        return " "
    return "\ufffd" if char >= "\ud800" else ""


def one_line(text: str) -> str:
    """`text` cleaned, every run of white space one space, none at the ends."""
    return " ".join(clean(text).split())
