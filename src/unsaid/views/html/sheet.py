"""The rewrite sheet as one page: before and after side by side, to practise from or to print.

It is guarded as the report's page is: nothing is asked of anybody, all text is disarmed and escaped.
"""

from __future__ import annotations

from unsaid.model import Audit, Outcome
from unsaid.views import sheet
from unsaid.views.html import check_address, environment, parts
from unsaid.views.wording import share_rows, visible


def render(
    audit: Audit, outcome: Outcome, *, title: str, audio_url: str | None = None, hide: bool = False
) -> str:
    """The whole page as text.

    audio_url: where the page finds the recording, as for `unsaid.views.html.render`; None for no sound.
    hide: begin with the rewrites covered.
    Raises ValueError for an `audio_url` that would make the page ask another machine.
    """
    check_address(audio_url)
    found = sheet.entries(audit, outcome)
    style = parts.asset("parts.css") + parts.asset("sheet.css")
    script = parts.asset("sheet.js")
    return (
        environment()
        .get_template("sheet.html.j2")
        .render(
            title=visible(title),
            heading=sheet.TITLE,
            prompt=audit.prompt,
            entries=found,
            summary=sheet.summary(found),
            shares=share_rows(outcome.shares) if found else (),
            audio_url=audio_url if audit.transcript.timing != "none" else None,
            language=parts.language(audit.transcript.language),
            hide=hide,
            style=parts.trusted(style),
            script=parts.trusted(script),
            style_hash=parts.source_hash(style),
            script_hash=parts.source_hash(script),
        )
    )
