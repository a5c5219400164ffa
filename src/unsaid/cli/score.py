"""`unsaid score`: the speaker scores her own answer in six dimensions, each number kept at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from unsaid.cli.on_page import Web, web_options
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from unsaid.cli.keys import Keys
    from unsaid.cli.scoring import Scoring
    from unsaid.config import Settings
    from unsaid.drills.rubric import Dimension
    from unsaid.sessions.record import Session
    from unsaid.sessions.scores import Scores
    from unsaid.sessions.store import Store
    from unsaid.views.scoring import Mode, Row

_LOOK_S = 0.5
"""How often the terminal's size is looked at while no key comes."""


@click.command()
@click.argument("session", required=False)
@click.option(
    "--set", "given", multiple=True, metavar="DIMENSION=N,…", help="Give numbers without the screen."
)
@click.option("--why", multiple=True, metavar="DIMENSION=TEXT", help="With --set: one line of why.")
@click.option("--show", is_flag=True, help="Show how the answer was scored.")
@click.option("--json", "as_json", is_flag=True, help="With --show or --set: print JSON.")
@web_options("Score on a page in the browser; its link is printed.")
@click.pass_obj
def score(
    settings: Settings,
    session: str | None,
    given: tuple[str, ...],
    why: tuple[str, ...],
    show: bool,
    as_json: bool,
    web: Web | None,
) -> None:
    """Score an answer of yours in six dimensions, 1 to 5.

    SESSION is the newest audited one where it is not named. Beside each dimension stands what a 1, a 3 and a
    5 are like and what was measured; the number is yours. Every key is kept at once, and a score that you
    left is gone on with. An answer may be scored again later: all scores are kept.

    The dimensions are framing, evidence, time-control, signal-coverage, recovery and reflection; the
    beginning of a name will do. Ready for real interviews means an average of 4 or more and nothing below 3.
    --web shows the same on a page in the browser; nothing leaves this machine.
    """
    from unsaid.cli.newest import named_or_newest
    from unsaid.cli.scoring import summary
    from unsaid.sessions import scores
    from unsaid.sessions.store import Store

    numbers, reasons = _numbers(given), _reasons(why)
    if show and (numbers or reasons):
        raise UnsaidError("--show and --set do not go together", "Leave one of them out.")
    if web is not None and (show or numbers or reasons or as_json):
        raise UnsaidError("--web shows a page and takes the numbers there", "Leave out the other options.")
    store = Store(settings.sessions_dir)
    found = named_or_newest(store, session)
    if show:
        _show(found, scores.load(found.folder), as_json=as_json)
    elif numbers or reasons:
        kept, at = _set(found, store, numbers, reasons)
        if as_json:
            _show(found, kept, as_json=True)
        else:
            click.echo(summary(found, kept.of(at)))
    elif as_json:
        raise UnsaidError("--json needs --show or --set", "Add --show to print the scores.")
    elif web is not None:
        _on_a_page(found, store, settings.workspace, web)
    else:
        ask(found, store, settings.workspace)


def ask(session: Session, store: Store, workspace: Path, *, clock: Callable[[], str] | None = None) -> None:
    """Let the speaker score her answer in the terminal; `clock` tells what time a drill's part has left.

    Raises UnsaidError where there is no terminal, or no audit.
    """
    from unsaid.cli.keys import Keys
    from unsaid.cli.scoring import Scoring

    if not sys.stderr.isatty():
        raise UnsaidError(
            "a score needs a terminal, or a browser with --web",
            f"From a script: unsaid score {session.id} --set framing=4,evidence=3 --why framing='…'",
        )
    scoring = Scoring(session, store, workspace)
    screen = _Screen(scoring, clock)
    with screen.shown():
        while True:
            with Keys() as keys:
                again = keys.live and screen.run(keys)
            if not again:
                break
            screen.ask_why()
    click.echo(scoring.summary())


def _on_a_page(session: Session, store: Store, workspace: Path, web: Web) -> None:
    """Let the speaker score her answer on a page, until she is done or Ctrl-C."""
    from unsaid.cli.on_page import show
    from unsaid.cli.scoring import Scoring
    from unsaid.web.scored import site

    scoring = Scoring(session, store, workspace)
    show(site(scoring, command=f"unsaid score {session.id} --web"), web)
    scoring.sheet()
    click.echo(scoring.summary())


# Without a screen


def _dimension(name: str) -> Dimension:
    from unsaid.drills import rubric

    try:
        return rubric.find(name)
    except ValueError as error:
        known = ", ".join(d.id for d in rubric.DIMENSIONS)
        raise UnsaidError(str(error), f"The dimensions are {known}.") from None


def _numbers(given: Sequence[str]) -> dict[str, int]:
    from unsaid.drills.rubric import HIGHEST, LOWEST

    out: dict[str, int] = {}
    for part in (p.strip() for text in given for p in text.split(",")):
        if not part:
            continue
        name, sign, number = (x.strip() for x in part.partition("="))
        dimension = _dimension(name)
        if not sign or not (number.isdecimal() and number.isascii() and LOWEST <= int(number) <= HIGHEST):
            raise UnsaidError(
                f"'{part}' gives {dimension.name} no number from {LOWEST} to {HIGHEST}",
                f"Write it as {dimension.id}=4.",
            )
        if dimension.id in out:
            raise UnsaidError(f"{dimension.name} is given twice", "Give each dimension one number.")
        out[dimension.id] = int(number)
    if given and not out:
        raise UnsaidError("--set is empty", "Write it as --set framing=4,evidence=3.")
    return out


def _reasons(why: Sequence[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for text in why:
        name, sign, reason = text.partition("=")
        if not sign:
            raise UnsaidError(f"'{text}' names no dimension", 'Write it as --why framing="…".')
        out[_dimension(name.strip()).id] = reason
    return out


def _set(
    session: Session, store: Store, numbers: dict[str, int], reasons: dict[str, str]
) -> tuple[Scores, str]:
    """Put numbers into the score that is open, else into a new one; the scores, and when that one began."""
    from unsaid.drills.rubric import DIMENSIONS
    from unsaid.sessions import scores

    def change(old: Scores, began: str) -> Scores:
        now = old.of(began)
        new = old
        for dimension in DIMENSIONS:
            before = now.marks.get(dimension.id) if now is not None else None
            number = numbers.get(dimension.id, before.number if before else None)
            if number is None:
                if dimension.id in reasons:
                    raise UnsaidError(
                        f"{dimension.name} has a reason and no number", f"Add --set {dimension.id}=4."
                    )
                continue
            reason = reasons.get(dimension.id, before.why if before else "")
            new = scores.marked(new, began, dimension.id, number, reason)
        return new

    return scores.keep(session, store, change, whole=[d.id for d in DIMENSIONS])


# What is told


def _show(session: Session, kept: Scores, *, as_json: bool) -> None:
    from unsaid.cli.scoring import EARLIER, day, summary
    from unsaid.drills.rubric import DIMENSIONS, gate

    if as_json:
        rows = [
            {
                "at": s.at,
                "finished": s.finished or None,
                "dimensions": {
                    name: {"number": mark.number, "why": mark.why} for name, mark in s.marks.items()
                },
                "average": gate(s.numbers).average,
                "ready": gate(s.numbers).ready,
                "gate": gate(s.numbers).words,
            }
            for s in kept.scores
        ]
        doc = {"session": session.id, "kind": session.kind, "scores": rows}
        click.echo(json.dumps(doc, indent=2, ensure_ascii=False))
        return
    if not kept.scores:
        click.echo(f"{session.id} is not scored yet: unsaid score {session.id}", err=True)
        return
    from unsaid.views.wording import visible

    widest = max(len(d.name) for d in DIMENSIONS)
    shown = kept.scores[-EARLIER:]
    days = [day(s.at) for s in shown]
    click.echo(f"{session.id}\n\n{'':{widest}}  {'  '.join(days)}")
    for dimension in DIMENSIONS:
        marks = [s.marks.get(dimension.id) for s in shown]
        numbers = "  ".join(
            f"{'-' if mark is None else mark.number:>{len(on)}}" for mark, on in zip(marks, days, strict=True)
        )
        last = marks[-1]
        click.echo(
            f"{dimension.name:{widest}}  {numbers}  {visible(last.why) if last is not None else ''}".rstrip()
        )
    averages = [gate(s.numbers).average for s in shown]
    told = "  ".join(
        f"{'-' if a is None else f'{a:.1f}':>{len(on)}}" for a, on in zip(averages, days, strict=True)
    )
    click.echo(f"{'average':{widest}}  {told}\n\n{summary(session, shown[-1])}")
    if len(kept.scores) > len(shown):
        click.echo(f"{len(kept.scores) - len(shown)} earlier: --json shows all.", err=True)


class _Screen:
    """The state of the screen, and what the keys do."""

    def __init__(self, scoring: Scoring, clock: Callable[[], str] | None = None) -> None:
        self.scoring, self.clock = scoring, clock
        self.sheet = scoring.sheet()
        self.mode: Mode = "ask"
        self.note = ""
        self.at = 0
        if self.sheet.given:
            self._go_on()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The terminal's second screen."""
        from unsaid.cli.output import console

        self.out: Console = console(stderr=True)
        with self.out.screen():
            yield

    def _draw(self) -> None:
        from unsaid.cli.output import draw
        from unsaid.views.scoring import Picture, lines

        clock = self.clock() if self.clock is not None else ""
        picture = Picture(self.sheet, self.at, self.mode, self.note, clock)
        draw(self.out, lambda out, width, height: lines(out, picture, width, height))

    def run(self, keys: Keys) -> bool:
        """Until a reason is to be typed (True), or the score is left (False)."""
        while True:
            self._draw()
            key = keys.read(_LOOK_S)
            if key is None:
                if not keys.live:
                    return False
                continue
            self.note = ""
            if key == "q":
                return False
            if key in ("b", "left", "up", "backspace"):
                self._step(-1)
            elif self.mode == "end":
                if key == "enter":
                    return False
            elif key in ("1", "2", "3", "4", "5"):
                if self._keep(int(key), None):
                    return True
            elif key == "w":
                if self._row.number is not None:
                    return True
                self.note = "the number first"
            elif key in ("n", "right", "down", "enter"):
                self._step(1)

    def ask_why(self) -> None:
        """Let the speaker type one line of why, keep it, and go on."""
        from unsaid.cli.typed import typed

        before = self._row.why
        said = typed(self.out, "One line of why; enter alone leaves it as it was:", before)
        said = " ".join((said or "").split())
        if not said or said == before or self._keep(None, said):
            self._step(1)

    def _keep(self, number: int | None, why: str | None) -> bool:
        """Keep a number or why at once; False, and a note, where it could not be."""
        from unsaid.sessions.store import InUse

        try:
            self.sheet = self.scoring.give(self._row.id, number, why)
        except InUse as error:
            self.note = f"not kept: {error.message}; try again when it is done"
            return False
        return True

    @property
    def _row(self) -> Row:
        return self.sheet.rows[self.at]

    def _step(self, by: int) -> None:
        if self.mode == "end":
            self.mode = "ask" if by < 0 else "end"
        elif self.at + by >= len(self.sheet.rows):
            self.mode = "end"
        else:
            self.at = max(0, self.at + by)

    def _go_on(self) -> None:
        """To the first dimension without a number, else to the end."""
        self.at = next((n for n, row in enumerate(self.sheet.rows) if row.number is None), -1)
        if self.at < 0:
            self.at, self.mode = len(self.sheet.rows) - 1, "end"
