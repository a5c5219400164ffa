"""`unsaid rules --mine`: which rules are wrong for this person."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from unsaid.config import CONFIG_NAME
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.config import Settings
    from unsaid.model import Audit
    from unsaid.sessions.record import Session

FEW = 3
"""Fewer dismissals than this tell little of a rule."""


@dataclass(slots=True)
class Count:
    """How one rule did."""

    code: str
    name: str
    flagged: int = 0
    """Shown by default, or dismissed."""
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def dismissed(self) -> int:
        """How many of `flagged` were put aside."""
        return self.reasons.total()

    @property
    def share(self) -> float:
        """Of what it flagged, how much was put aside; 0 to 1."""
        return self.dismissed / self.flagged if self.flagged else 0.0

    @property
    def advice(self) -> str | None:
        """The severity that would turn it down; None where nothing speaks against it."""
        if not self.dismissed:
            return None
        return "off" if self.dismissed >= FEW and self.share >= 0.5 else "info"


def show(settings: Settings, *, as_json: bool) -> None:
    """Print how often each rule flagged and was dismissed over all sessions, the worst first."""
    from unsaid.cli.choose import taste
    from unsaid.sessions.store import Store

    sessions, broken = Store(settings.sessions_dir).all()
    counts: dict[str, Count] = {}
    audited = 0
    for session in sessions:
        try:
            audit = _audit_of(session)
        except UnsaidError as error:
            broken.append(error)
            continue
        if audit is None:
            continue
        audited += 1
        for flag in (*audit.flags, *audit.dismissed):
            count = counts.setdefault(flag.code, Count(flag.code, flag.name))
            count.flagged += 1
            if flag.dismissed:
                count.reasons[flag.dismissed] += 1
    rows = sorted(counts.values(), key=lambda c: (-c.share, -c.dismissed, -c.flagged, c.code))
    say, off = taste(settings)
    set_to = {**say.severities, **dict.fromkeys(off, "off")}
    advice = {c.code: c.advice for c in rows if c.advice and set_to.get(c.code) not in (c.advice, "off")}
    for fault in broken:
        click.echo(f"note: {fault.message}", err=True)
    if as_json:
        click.echo(
            json.dumps(
                [
                    {"code": c.code, "name": c.name, "flagged": c.flagged, "dismissed": c.dismissed}
                    | {"reasons": dict(c.reasons.most_common()), "set_to": set_to.get(c.code)}
                    | {"advice": advice.get(c.code)}
                    for c in rows
                ],
                indent=2,
                ensure_ascii=False,
            )
        )
        return
    if not rows:
        click.echo("No session has a flag yet.\nTry: unsaid demo", err=True)
        return
    click.echo(f"{'rule':32} {'flagged':>7} {'dismissed':>9}")
    for c in rows:
        why = ", ".join(f"{reason} {n}" for reason, n in c.reasons.most_common())
        now = f"now {set_to[c.code]}" if c.code in set_to else ""
        about = "; ".join(x for x in (why, now) if x)
        click.echo(f"{c.code}  {c.name:28} {c.flagged:7} {c.dismissed:9}  {about}".rstrip())
    click.echo(f"\nin {audited} session{'s' if audited != 1 else ''}")
    if not any(c.dismissed for c in rows):
        click.echo("Nothing is dismissed yet: unsaid dismiss SESSION FLAG", err=True)
    if advice:
        click.echo(
            f"\nTo turn rules down, put their lines into {settings.workspace / CONFIG_NAME}:\n\n[severity]"
        )
        for c in rows:
            if c.code in advice:
                click.echo(f'{c.code} = "{advice[c.code]}"  # dismissed {c.dismissed} of {c.flagged}')


def _audit_of(session: Session) -> Audit | None:
    """A session's audit with its dismissals; None where it has none yet."""
    from unsaid.formats import audit_json
    from unsaid.sessions import review
    from unsaid.shortlist import put_aside

    try:
        text = session.audit.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise UnsaidError(f"{session.audit} cannot be read: {error}") from error
    return put_aside(audit_json.loads(text, name=str(session.audit)), review.load(session.folder).dismissals)
