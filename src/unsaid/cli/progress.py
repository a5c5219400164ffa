"""`unsaid progress`: what practice comes to over many answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsaid.errors import UnsaidError
from unsaid.model import KINDS

if TYPE_CHECKING:
    from unsaid.config import Settings
    from unsaid.sessions.progress import Group, Practice, Row

_LETTERS = "DAU"


@click.command()
@click.option("--by", type=click.Choice(["week", "kind"]), help="One row a week (the default), or a kind.")
@click.option("--last", type=click.IntRange(1), metavar="N", help="Only the last N answers.")
@click.option("--kind", type=click.Choice(KINDS), help="Only answers to this kind of prompt.")
@click.option("--since", metavar="DATE", help="Only answers from this day on, as 2026-11-01.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--csv", "as_csv", is_flag=True, help="Print a table: a row an answer; with --by, a row a group."
)
@click.option("--html", metavar="FILE", help="Write a page with pictures to FILE.")
@click.pass_obj
def progress(
    settings: Settings,
    by: str | None,
    last: int | None,
    kind: str | None,
    since: str | None,
    as_json: bool,
    as_csv: bool,
    html: str | None,
) -> None:
    """Show what your practice comes to over many answers.

    Flags, reasons, bounds and self-scores by week or by kind of prompt, which rule costs you most, and the
    first half of your answers against the second, where there are enough of them to say anything.
    """
    from unsaid.cli.figures import practice
    from unsaid.sessions.progress import chosen

    if as_json and as_csv:
        raise UnsaidError("--json and --csv do not go together", "Leave one of them out.")
    day = _day(since)
    target = _target(html)
    found = practice(settings.sessions_dir)
    rows = chosen(found.rows, kind=kind, since=day, last=last)
    for _, fault in found.broken:
        click.echo(f"note: {fault}", err=True)
    if as_json:
        click.echo(json.dumps(_json(rows, found), indent=2, ensure_ascii=False))
    elif as_csv:
        click.echo(_csv(rows, by), nl=False)
    if target is not None:
        _page(rows, found, target, by or "week", kind)
    elif not (as_json or as_csv):
        _terminal(rows, found, settings.sessions_dir, by or "week", kind)


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UnsaidError(f"'{text}' is no day", "Write it as 2026-11-01.") from None


def _target(html: str | None) -> Path | None:
    if html is None:
        return None
    path = Path(html)
    if path.is_dir():
        raise UnsaidError(f"{path} is a folder", "Give the name of a file with --html.")
    if not path.parent.is_dir():
        raise UnsaidError(f"there is no folder {path.parent}", "Make it first, or choose another --html.")
    return path


def _terminal(rows: Sequence[Row], found: Practice, folder: Path, by: str, kind: str | None) -> None:
    if not rows:
        if found.rows:
            from unsaid.views.wording import plural

            click.echo(f"Of {plural(len(found.rows), 'answer')} none fits.", err=True)
        else:
            click.echo(f"No answer yet in {folder}.\nTry: unsaid record, or unsaid demo", err=True)
        return
    from dataclasses import replace

    from unsaid.cli.output import console
    from unsaid.cli.progress_report import report
    from unsaid.views.progress.terminal import print_report

    told = report(rows, found, today=date.today(), by=by, kind=kind)
    # Damaged sessions stand on standard error already.
    notes = tuple(note for note in told.notes if not note.startswith("Left out: "))
    print_report(console(), replace(told, notes=notes))


def _page(rows: Sequence[Row], found: Practice, target: Path, by: str, kind: str | None) -> None:
    from unsaid.cli.progress_report import report
    from unsaid.sessions.files import write_whole
    from unsaid.views.progress.page import render

    text = render(report(rows, found, today=date.today(), by=by, kind=kind, pictures=True))
    write_whole(target, text)
    click.echo(f"{target}  ({len(text.encode()) / 1000:.0f} kB)", err=True)


def _json(rows: Sequence[Row], found: Practice) -> dict[str, object]:
    from dataclasses import asdict, fields

    from unsaid.sessions.progress import Row, by_kind, by_week, costs, figures, streak, trends

    names = [f.name for f in fields(Row)]
    return {
        "schema": 1,
        "sessions": [{name: getattr(row, name) for name in names} for row in rows],
        "all": asdict(figures(rows)),
        "weeks": [_group(g) for g in by_week(rows)],
        "kinds": [_group(g) for g in by_kind(rows)],
        "rules": [asdict(c) for c in costs(rows)],
        "streak": asdict(streak(found.rows, date.today())),
        "trends": [asdict(t) | {"better": t.better} for t in trends(rows)],
        "damaged": [{"session": name, "fault": fault} for name, fault in found.broken],
    }


def _group(group: Group) -> dict[str, object]:
    from dataclasses import asdict

    return {"label": group.label, **asdict(group.figures)}


def _csv(rows: Sequence[Row], by: str | None) -> str:
    import csv
    import io

    from unsaid.sessions.progress import Group, Row, by_kind, by_week, figures

    if by is None:
        head = list(_answer(Row("", "", 0.0)))
        table = [_answer(r) for r in rows]
    else:
        head = list(_grouped(by, Group("", (), figures([]))))
        table = [_grouped(by, g) for g in (by_week(rows) if by == "week" else by_kind(rows))]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")  # RFC 4180, section 2
    writer.writerow(head)
    writer.writerows([_cell(row[name]) for name in head] for row in table)
    return out.getvalue()


def _answer(row: Row) -> dict[str, object]:
    from unsaid.drills.rubric import DIMENSIONS

    known = row if row.audited else None
    return {
        "session": row.id,
        "at": row.at,
        "minutes": round(row.minutes, 3),
        "prompt": row.prompt,
        "kind": row.kind,
        "drill": row.drill,
        **{f"flags_{k}": known and known.flags.get(k, 0) for k in _LETTERS},
        "rules": "; ".join(f"{code} {n}" for code, n in row.rules.items()),
        "decisions": known and known.decisions,
        "explained": known and known.explained,
        "doubts": known and known.doubts,
        "bounded": known and known.bounded,
        "assumptions": known and known.assumptions,
        "first_framing_s": row.first_framing_s,
        "silence": row.silence,
        "longest_pause_s": row.longest_pause_s,
        "words_per_minute": row.pace,
        **{name: known and known.verdicts.get(name, 0) for name in ("kept", "dismissed", "open", "own")},
        "rewrites": known and known.rewrites,
        "passed": known and known.passed,
        **{
            f"{k}_{name}": known and known.shares.get(k, (0, 0, 0))[n]
            for k in _LETTERS
            for n, name in enumerate(("moments", "followed", "followed_with_rewrites"))
        },
        **{d.id: (row.score or {}).get(d.id) for d in DIMENSIONS},
        "score": row.average,
        "ready": row.ready,
    }


def _grouped(what: str, group: Group) -> dict[str, object]:
    f = group.figures
    return {
        what: group.label,
        "answers": f.answers,
        "audited": f.audited,
        "minutes": round(f.minutes, 3),
        "flags_a_minute": f.flags_a_minute,
        **{f"flags_a_minute_{k}": f.families.get(k, 0.0) if f.audited else None for k in _LETTERS},
        "decisions": f.decisions,
        "explained": f.explained,
        "doubts": f.doubts,
        "bounded": f.bounded,
        "assumptions": f.assumptions,
        "first_framing_s": f.first_framing_s,
        "silence": f.silence,
        "longest_pause_s": f.longest_pause_s,
        "words_per_minute": f.pace,
        "rewrites": f.rewrites,
        "passed": f.passed,
        "scored": f.scored,
        "score": f.score,
        "ready": f.ready,
    }


def _cell(value: object) -> object:
    """A field for a spreadsheet: text that it would run as a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return "" if value is None else value
    from unsaid.views.wording import visible

    text = visible(value)
    return f"'{text}" if text.lstrip()[:1] in tuple("=+-@") else text
