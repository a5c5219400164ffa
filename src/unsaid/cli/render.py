"""An audit as a file's text, in each format but the terminal's own."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unsaid.model import Audit
    from unsaid.sessions.record import Session


def render(format_: str, audit: Audit, session: Session | None, *, title: str) -> str:
    """`audit` in `format_`: terminal (as plain text), markdown, html, json or one of `formats.WRITABLE`."""
    if format_ == "terminal":
        import io

        from unsaid.cli.output import console, print_report

        plain = io.StringIO()
        print_report(console(plain), audit, title=title)
        return plain.getvalue()
    if format_ == "markdown":
        from unsaid.views.markdown import render as markdown

        return markdown(audit, title=title)
    if format_ == "html":
        return _page(audit, session, title)
    if format_ == "json":
        from unsaid.formats import audit_json
        from unsaid.pipeline import source_of

        return audit_json.dumps(audit, source=source_of(session, title))
    from unsaid.formats import write

    return write(format_, audit)


def _page(audit: Audit, session: Session | None, title: str) -> str:
    """The page with the recording inside it, so that the one file is all there is to move or keep."""
    from unsaid.views.html import render as page

    if session is None:
        return page(audit, title=title, audio_url=None, peaks=None)
    from unsaid.audio.files import decode, encode_opus
    from unsaid.audio.peaks import peaks

    samples = decode(session.recording).samples
    data = base64.b64encode(encode_opus(samples)).decode("ascii")
    return page(audit, title=title, audio_url=f"data:audio/ogg;base64,{data}", peaks=peaks(samples))
