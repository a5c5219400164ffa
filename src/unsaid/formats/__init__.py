"""Other tools' files: transcripts read, audits written. One file a format, listed literally in `FORMATS`.

Formats that are only written stand in `WRITE_ONLY`.

    read_file(Path("answer.srt")) -> Transcript
    write("vtt", audit) -> str

To add a format: one file with `sniff`, `read` and perhaps `write`, and one line in the table; for one that is
only written, a file with `write` and a line in the second table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unsaid.errors import UnsaidError
from unsaid.formats import audacity, csv_table, plain, srt, textgrid, tsv, vtt, whisper_json, whispercpp_json
from unsaid.formats.source import MAX_BYTES, Source, decode, too_large
from unsaid.model import Audit, Outcome, Transcript

__all__ = [
    "FORMATS",
    "WRITABLE",
    "WRITE_ONLY",
    "Export",
    "Format",
    "Write",
    "is_transcript_name",
    "read",
    "read_file",
    "write",
]


Write = Callable[[Audit, Outcome | None], str]
"""The text of a file: of an audit, with what a review has come to where there was one."""


@dataclass(frozen=True, slots=True)
class Format:
    """One line of the table."""

    name: str
    title: str
    """For a person."""
    suffixes: tuple[str, ...]
    """In lower case, with the dot."""
    sniff: Callable[[Source], bool]
    """True where the content is surely of this format."""
    read: Callable[[Source], Transcript]
    write: Write | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One line of the table of formats that are only written."""

    name: str
    title: str
    """For a person."""
    write: Write


FORMATS: tuple[Format, ...] = (
    Format("whisper.cpp", "whisper.cpp's JSON", (), whispercpp_json.sniff, whispercpp_json.read),
    Format("json", "whisper's JSON", (".json",), whisper_json.sniff, whisper_json.read),
    Format("vtt", "WebVTT subtitles", (".vtt",), vtt.sniff, vtt.read, vtt.write),
    Format("srt", "SRT subtitles", (".srt",), srt.sniff, srt.read, srt.write),
    Format("tsv", "whisper's TSV", (".tsv",), tsv.sniff, tsv.read),
    Format("audacity", "Audacity labels", (".labels",), audacity.sniff, audacity.read, audacity.write),
    Format("text", "plain text", (".txt", ".text", ".md", ".markdown"), plain.sniff, plain.read),
)
"""In the order in which they are tried on a file's content; the last takes whatever is left."""

WRITE_ONLY: tuple[Export, ...] = (
    Export("textgrid", "Praat TextGrid", textgrid.write),
    Export("csv", "CSV table of the flags", csv_table.write),
)
"""Nothing looks for these when a file is read."""

_WRITERS: dict[str, Write] = {
    **{f.name: f.write for f in FORMATS if f.write is not None},
    **{e.name: e.write for e in WRITE_ONLY},
}

WRITABLE: tuple[str, ...] = tuple(_WRITERS)
"""Names that `write` knows."""


def is_transcript_name(path: str | Path) -> bool:
    """True where the file's suffix is that of a transcript; nothing is opened."""
    return Path(path).suffix.lower() in {suffix for f in FORMATS for suffix in f.suffixes}


def read(data: bytes, *, name: str) -> Transcript:
    """Read a transcript of any known format, told from its content first, then from the suffix of `name`.

    `name` stands in messages; "-" is standard input. Raises UnsaidError, with file and line, for anything
    that is no transcript.
    """
    source = decode(data, name=name)
    return _format_of(source).read(source)


def read_file(path: Path) -> Transcript:
    """Read the transcript in a file; see `read`. Raises UnsaidError too where the file cannot be read."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise too_large(str(path), size)
        data = path.read_bytes()
    except FileNotFoundError:
        raise UnsaidError(
            f"{path}: there is no such file", "Check the name; `ls` shows what is there."
        ) from None
    except IsADirectoryError:
        raise UnsaidError(f"{path}: this is a folder, not a transcript", "Name a file in it.") from None
    except (OSError, ValueError) as e:
        reason = e.strerror if isinstance(e, OSError) and e.strerror else str(e)
        raise UnsaidError(f"{path}: cannot be read: {reason}", "Check that you may read the file.") from None
    return read(data, name=str(path))


def write(format: str, audit: Audit, outcome: Outcome | None = None) -> str:
    """`audit` in the format of that name (`WRITABLE`), with what a review has come to.

    Raises UnsaidError for any other name.
    """
    writer = _WRITERS.get(format)
    if writer is None:
        raise UnsaidError(
            f"unsaid cannot write the format {format!r}", f"Choose one of: {', '.join(WRITABLE)}."
        )
    return writer(audit, outcome)


def _format_of(source: Source) -> Format:
    by_suffix = next((f for f in FORMATS if source.suffix in f.suffixes), None)
    sniffed = next(f for f in FORMATS if f.sniff(source))
    if by_suffix is None:
        return sniffed
    if by_suffix.name == "vtt" and sniffed.name == "srt":  # a WebVTT file that lost its header
        return by_suffix
    return by_suffix if sniffed.name == "text" else sniffed
