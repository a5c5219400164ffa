"""`unsaid replay`: hear a moment of an answer again."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from unsaid.config import Settings
    from unsaid.model import Audit, Flag
    from unsaid.sessions.record import Session

FROM_THERE_S = 10.0
"""How much `--at` plays."""

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)")


@dataclass(frozen=True, slots=True)
class _Moment:
    """One stretch to play, in seconds of the recording, and what is printed meanwhile."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]


@click.command()
@click.argument("session")
@click.option("--flag", metavar="FLAG", help="The flag's number as the audit shows it, or its id.")
@click.option("--at", metavar="TIME", help=f"Play {FROM_THERE_S:.0f} s from there: 1:02, or in seconds.")
@click.option("--before", default=2.0, show_default=True, help="Seconds to play before a flag's sentence.")
@click.option("--after", default=0.5, show_default=True, help="Seconds to play after a flag's sentence.")
@click.option("--speed", default=1.0, show_default=True, help="0.5 is half as fast, at the same pitch.")
@click.option("--output-device", metavar="NAME", help="Where to play, or part of its name.")
@click.pass_obj
def replay(
    settings: Settings,
    session: str,
    flag: str | None,
    at: str | None,
    before: float,
    after: float,
    speed: float,
    output_device: str | None,
) -> None:
    """Play a moment of an answer again, or all that was flagged.

    What is said there is printed. Without --flag and --at all flags that the audit shows are played, one
    after the other. Ctrl-C stops.
    """
    try:
        _replay(settings, session, flag, at, before, after, speed, output_device)
    except KeyboardInterrupt:
        sys.exit(130)


def _replay(
    settings: Settings,
    session: str,
    flag: str | None,
    at: str | None,
    before_s: float,
    after_s: float,
    speed: float,
    output_device: str | None,
) -> None:
    from unsaid.sessions.store import Store

    if flag is not None and at is not None:
        raise UnsaidError("--flag and --at name two moments", "Give one of them.")
    for option, given in (("--before", before_s), ("--after", after_s)):
        if not 0.0 <= given < float("inf"):
            raise UnsaidError(f"{option} {given:g} is no length of time", "Give seconds, 0 or more.")
    found = Store(settings.sessions_dir).find(session)
    if not found.recording.is_file():
        raise UnsaidError(
            f"session {found.id} has no recording that could be played",
            f"Its audit can be read: unsaid sessions show {found.id}",
        )
    moments = (_from_there(found, at),) if at is not None else tuple(_flagged(found, flag, before_s, after_s))
    if not moments:
        click.echo(
            f"No flags are shown, so there is nothing to play. `unsaid replay {found.id} --at 0` plays the "
            "beginning.",
            err=True,
        )
        return
    from unsaid.audio.playback import Player

    with Player(found.recording, output_device) as player:
        for moment in moments:
            _inside(moment, player.duration_s, found.id)
        for moment in moments:
            player.play(moment.start_s, moment.end_s, speed=speed)
            for line in moment.lines:
                click.echo(line)
            player.wait()


def _flagged(found: Session, word: str | None, before_s: float, after_s: float) -> Iterator[_Moment]:
    from unsaid.cli.flags import find_flag
    from unsaid.pipeline import load_audit

    audit = load_audit(found)
    named = audit.flags if word is None else (find_flag(_all(audit), word, found.id),)
    for flag in named:
        yield _Moment(flag.start_s - before_s, flag.end_s + after_s, _lines(flag))


def _all(audit: Audit) -> tuple[Flag, ...]:
    return (*audit.flags, *audit.more, *audit.dismissed)


def _lines(flag: Flag) -> tuple[str, ...]:
    """The flag, and its sentence where the quote is only a part of it."""
    from unsaid.cli.flags import flag_line
    from unsaid.views.wording import visible

    sentence = flag.sentence.strip()
    rest = () if sentence.rstrip(".?!") == flag.quote.strip(" .?!") else (f"  {visible(sentence)}",)
    return (flag_line(flag), *rest)


def _from_there(found: Session, given: str) -> _Moment:
    start_s = _seconds(given)
    end_s = start_s + FROM_THERE_S
    said: tuple[str, ...] = ()
    if found.audit.is_file() and found.transcript.is_file():
        from unsaid.pipeline import load_audit
        from unsaid.views.wording import clock, visible

        said = tuple(
            f"{clock(s.start_s)} {visible(s.text.strip())}"
            for s in load_audit(found).sentences
            if s.start_s < end_s and s.end_s > start_s
        )
    return _Moment(start_s, end_s, said)


def _seconds(given: str) -> float:
    parts = _TIME.fullmatch(given.strip())
    if parts is None:
        raise UnsaidError(f"'{given}' is no time", "Give minutes and seconds, as 1:02, or seconds, as 62.")
    hours, minutes, seconds = parts.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds)


def _inside(moment: _Moment, duration_s: float, session: str) -> None:
    from unsaid.views.wording import clock

    if moment.start_s >= duration_s or moment.end_s <= 0:
        raise UnsaidError(
            f"{clock(moment.start_s)} lies outside of the recording of {session}",
            f"It is {clock(duration_s)} long.",
        )
