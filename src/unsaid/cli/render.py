"""An audit as a file's text, in each format but the terminal's own."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from unsaid.drills.listened import Listened
    from unsaid.model import Audit, Outcome
    from unsaid.sessions.record import Session


def render(
    format_: str,
    audit: Audit,
    session: Session | None,
    *,
    title: str,
    outcome: Outcome | None = None,
    listened: Listened | None = None,
    target: Path | None = None,
) -> str:
    """`audit` in `format_`: terminal (as plain text), markdown, html, json or one of `formats.WRITABLE`.

    `outcome`: with what a review has come to; `listened`: in those that are for people, with what was heard
    of the answer as a whole. `target` is the file that it is for: a page that lies in the
    session's folder plays the recording there, any other has it inside.
    """
    if format_ == "terminal":
        import io

        from unsaid.cli.output import console, print_report

        plain = io.StringIO()
        print_report(console(plain), audit, title=title, outcome=outcome, listened=listened)
        return plain.getvalue()
    if format_ == "markdown":
        from unsaid.views.markdown import render as markdown

        return markdown(audit, title=title, outcome=outcome, listened=listened)
    if format_ == "html":
        from unsaid.views.html import render as page

        url, peaks = _sound(session, target)
        return page(audit, title=title, audio_url=url, peaks=peaks, outcome=outcome, listened=listened)
    if format_ == "json":
        from unsaid.formats import audit_json
        from unsaid.pipeline import source_of

        return audit_json.dumps(audit, source=source_of(session, title), outcome=outcome)
    from unsaid.formats import write

    return write(format_, audit, outcome)


FOR_PEOPLE = ("terminal", "markdown", "html")
"""The formats that show what was heard of an answer as a whole."""
SHEET_FORMATS = ("terminal", "markdown", "html", "json", "csv")
"""What a rewrite sheet can be printed as."""


def render_sheet(
    format_: str,
    audit: Audit,
    session: Session,
    outcome: Outcome,
    *,
    title: str,
    target: Path | None = None,
    hide: bool = False,
) -> str:
    """The rewrite sheet in one of `SHEET_FORMATS`; the rest as for `render`.

    `hide` leaves blanks where the rewrites would stand, in those that are for people.
    """
    if format_ == "terminal":
        import io

        from unsaid.cli.output import console
        from unsaid.views.sheet import print_sheet

        plain = io.StringIO()
        print_sheet(console(plain), audit, outcome, title=title, hide=hide)
        return plain.getvalue()
    if format_ == "markdown":
        from unsaid.views.sheet import markdown

        return markdown(audit, outcome, title=title, hide=hide)
    if format_ == "html":
        from unsaid.views.html.sheet import render as page

        url = _sound(session, target)[0] if outcome.to_practise else None
        return page(audit, outcome, title=title, audio_url=url, hide=hide)
    from unsaid.formats import sheet
    from unsaid.pipeline import source_of

    if format_ == "json":
        return sheet.to_json(audit, outcome, source_of(session, title))
    return sheet.to_csv(outcome)


def _sound(session: Session | None, target: Path | None) -> tuple[str | None, Sequence[float] | None]:
    """Where a page finds the recording, and the waveform's peaks.

    In the session's folder that is the file itself; elsewhere the sound goes into the page, so that the one
    file is all there is to move or keep.
    """
    if session is None or not session.recording.is_file():
        return None, None
    if target is not None and target.absolute().parent.resolve() == session.folder.resolve():
        from unsaid.pipeline import load_peaks

        peaks = load_peaks(session) if session.speech.is_file() else None
        return session.recording.name, peaks
    from unsaid.audio.files import decode, encode_opus
    from unsaid.audio.peaks import peaks as peaks_of

    samples = decode(session.recording).samples
    data = base64.b64encode(encode_opus(samples)).decode("ascii")
    return f"data:audio/ogg;base64,{data}", peaks_of(samples)
