"""`unsaid dismiss`: flags that are of no use to the speaker stay aside."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from unsaid.cli.flags import find_flag, flag_line
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.config import Settings
    from unsaid.model import Audit, Dismissal, Flag


@click.command()
@click.argument("session")
@click.argument("flags", metavar="[FLAG]...", nargs=-1)
@click.option(
    "--reason",
    metavar="WHY",
    help='"said elsewhere", "not a decision", "wrong words" or "not worth it"; its beginning will do.',
)
@click.option("--undo", is_flag=True, help="Show the flags again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def dismiss(
    settings: Settings, session: str, flags: tuple[str, ...], reason: str | None, undo: bool, as_json: bool
) -> None:
    """Put flags aside that are of no use to you.

    FLAG is the flag's number as the audit shows it, or its id. Without any, what was put aside in SESSION is
    listed. A dismissed flag stays aside when the answer is audited again. `unsaid rules --mine` counts them.
    """
    from unsaid import pipeline
    from unsaid.sessions.store import Store

    store = Store(settings.sessions_dir)
    found = store.find(session)
    why = _reason(reason)
    if not flags:
        if undo or reason is not None:
            raise UnsaidError(
                "no flag is named", f"`unsaid sessions show {found.id} --all` shows the numbers."
            )
        _list(pipeline.load_audit(found), as_json)
        return
    named: list[Flag] = []

    def change(audit: Audit, kept: Sequence[Dismissal]) -> Sequence[Dismissal]:
        from unsaid.model import Dismissal
        from unsaid.shortlist import matched

        everything = (*audit.flags, *audit.more, *audit.dismissed)
        named.extend(dict.fromkeys(find_flag(everything, word, found.id) for word in flags))
        if undo:
            shown = next((f for f in named if not f.dismissed), None)
            if shown is not None:
                raise UnsaidError(
                    f"flag {shown.number} of {found.id} is not dismissed",
                    f"`unsaid dismiss {found.id}` lists those that are.",
                )
        ids = {id(flag) for flag in named}
        gone = [d for at, d in matched(everything, kept).items() if id(everything[at]) in ids]
        left = [d for d in kept if not any(d is g for g in gone)]
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return left if undo else [*left, *(Dismissal(f.code, f.quote, f.start_s, why, now) for f in named)]

    _, audit = pipeline.dismiss(found, store, change)
    if as_json:
        _list(audit, as_json)
        return
    from unsaid.views.wording import flags_line, left_out

    for flag in named:
        done = "shown again" if undo else "dismissed"
        click.echo(f"{done}: {flag_line(flag)}{f' ({why})' if why and not undo else ''}")
    click.echo(" ".join((flags_line(audit), *left_out(audit))))


def _reason(given: str | None) -> str:
    from unsaid.shortlist import REASONS

    if given is None:
        return ""
    wanted = " ".join(given.lower().replace("-", " ").split())
    fits = [r for r in REASONS if wanted == r] or [r for r in REASONS if wanted and r.startswith(wanted)]
    if len(fits) != 1:
        raise UnsaidError(
            f"'{given}' is {'the beginning of several reasons' if fits else 'no reason that is counted'}",
            f"Give one of: {', '.join(repr(r) for r in REASONS)}.",
        )
    return fits[0]


def _list(audit: Audit, as_json: bool) -> None:
    if as_json:
        rows = [
            {"number": f.number, "id": f.id, "code": f.code, "start": f.start_s, "quote": f.quote}
            | {"reason": f.dismissed}
            for f in audit.dismissed
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for flag in audit.dismissed:
        click.echo(f"{flag_line(flag)} ({flag.dismissed})")
    if not audit.dismissed:
        click.echo("Nothing is dismissed.", err=True)
