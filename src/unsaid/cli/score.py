"""`unsaid score`: the speaker scores her own answer in six dimensions, each number kept at once."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from unsaid.cli.keys import Keys
    from unsaid.config import Settings
    from unsaid.drills.rubric import Dimension
    from unsaid.sessions.record import Session
    from unsaid.sessions.scores import Score, Scores
    from unsaid.sessions.store import Store
    from unsaid.views.scoring import Mode, Picture

_LOOK_S = 0.5
"""How often the terminal's size is looked at while no key comes."""
_EARLIER = 5
"""So many earlier scores of the same kind of prompt are shown."""


@click.command()
@click.argument("session", required=False)
@click.option(
    "--set", "given", multiple=True, metavar="DIMENSION=N,…", help="Give numbers without the screen."
)
@click.option("--why", multiple=True, metavar="DIMENSION=TEXT", help="With --set: one line of why.")
@click.option("--show", is_flag=True, help="Show how the answer was scored.")
@click.option("--json", "as_json", is_flag=True, help="With --show or --set: print JSON.")
@click.pass_obj
def score(
    settings: Settings,
    session: str | None,
    given: tuple[str, ...],
    why: tuple[str, ...],
    show: bool,
    as_json: bool,
) -> None:
    """Score an answer of yours in six dimensions, 1 to 5.

    SESSION is the newest audited one where it is not named. Beside each dimension stands what a 1, a 3 and a
    5 are like and what was measured; the number is yours. Every key is kept at once, and a score that you
    left is gone on with. An answer may be scored again later: all scores are kept.

    The dimensions are framing, evidence, time-control, signal-coverage, recovery and reflection; the
    beginning of a name will do. Ready for real interviews means an average of 4 or more and nothing below 3.
    """
    from unsaid.cli.newest import named_or_newest
    from unsaid.sessions import scores
    from unsaid.sessions.store import Store

    numbers, reasons = _numbers(given), _reasons(why)
    if show and (numbers or reasons):
        raise UnsaidError("--show and --set do not go together", "Leave one of them out.")
    store = Store(settings.sessions_dir)
    found = named_or_newest(store, session)
    if show:
        _show(found, scores.load(found.folder), as_json=as_json)
    elif numbers or reasons:
        kept, at = _set(found, store, numbers, reasons)
        if as_json:
            _show(found, kept, as_json=True)
        else:
            click.echo(_summary(found, kept.of(at)))
    elif as_json:
        raise UnsaidError("--json needs --show or --set", "Add --show to print the scores.")
    else:
        ask(found, store, settings.workspace)


def ask(session: Session, store: Store, workspace: Path) -> None:
    """Let the speaker score her answer in the terminal. Raises UnsaidError where there is none."""
    from unsaid.cli.keys import Keys

    if not sys.stderr.isatty():
        raise UnsaidError(
            "a score needs a terminal",
            f"From a script: unsaid score {session.id} --set framing=4,evidence=3 --why framing='…'",
        )
    screen = _Screen(session, store, workspace)
    with screen.shown():
        while True:
            with Keys() as keys:
                again = keys.live and screen.run(keys)
            if not again:
                break
            screen.ask_why()
    click.echo(_summary(session, screen.score))


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

    began = ""

    def change(old: Scores) -> Scores:
        nonlocal began
        began = _began(old)
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

    return _change(session, store, change, lambda: began), began


def _began(old: Scores) -> str:
    """When the score to put numbers into was begun: the open one, or one that begins now."""
    if old.open is not None:
        return old.open.at
    now = datetime.now().astimezone()
    at = now.isoformat(timespec="seconds")
    return at if old.of(at) is None else now.isoformat(timespec="microseconds")


def _change(
    session: Session, store: Store, change: Callable[[Scores], Scores], began: Callable[[], str]
) -> Scores:
    """Apply `change` to what the file holds by now, and keep it at once. Raises UnsaidError."""
    from unsaid.drills.rubric import DIMENSIONS
    from unsaid.sessions import scores

    with store.lock(session):
        old = scores.load(session.folder)
        new = change(old)
        mine = new.of(began())
        if mine is not None and all(d.id in mine.marks for d in DIMENSIONS):
            new = scores.finished(new, mine.at, _now())
        if new != old:
            scores.save(session.folder, new)
        return new


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


# What is told


def _summary(session: Session, score: Score | None) -> str:
    from unsaid.drills.rubric import DIMENSIONS, gate

    count = sum(1 for d in DIMENSIONS if score is not None and d.id in score.marks)
    if score is None or not count:
        return f"nothing was scored: unsaid score {session.id}"
    if count < len(DIMENSIONS):
        return f"{count} of {len(DIMENSIONS)} scored; to go on: unsaid score {session.id}"
    return "\n".join([gate(score.numbers).words, *(f"{a}: {b}" for a, b in _next(score))])


def _next(score: Score) -> list[tuple[str, str]]:
    """What to train next, a line each."""
    from unsaid.drills.rubric import to_train

    return [
        ("" if n else "train next", f"{d.name}: {d.practise}")
        for n, d in enumerate(to_train(score.numbers)[:2])
    ]


def _show(session: Session, kept: Scores, *, as_json: bool) -> None:
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
    shown = kept.scores[-_EARLIER:]
    days = [_day(s.at) for s in shown]
    click.echo(f"{session.id}\n\n{'':{widest}}  {'  '.join(days)}")
    for dimension in DIMENSIONS:
        marks = [s.marks.get(dimension.id) for s in shown]
        numbers = "  ".join(
            f"{'-' if mark is None else mark.number:>{len(day)}}"
            for mark, day in zip(marks, days, strict=True)
        )
        last = marks[-1]
        click.echo(
            f"{dimension.name:{widest}}  {numbers}  {visible(last.why) if last is not None else ''}".rstrip()
        )
    averages = [gate(s.numbers).average for s in shown]
    told = "  ".join(
        f"{'-' if a is None else f'{a:.1f}':>{len(day)}}" for a, day in zip(averages, days, strict=True)
    )
    click.echo(f"{'average':{widest}}  {told}\n\n{_summary(session, shown[-1])}")
    if len(kept.scores) > len(shown):
        click.echo(f"{len(kept.scores) - len(shown)} earlier: --json shows all.", err=True)


def _day(at: str) -> str:
    """A time of ISO 8601 as "12 Nov"; as it stands where it is none."""
    try:
        day = date.fromisoformat(at[:10])
    except ValueError:
        from unsaid.views.wording import visible

        return visible(at[:10])
    return f"{day.day} {day:%b}"


def _earlier(session: Session, store: Store, now_at: str) -> list[tuple[str, dict[str, int]]]:
    """Day and numbers of the last finished scores of prompts of the same kind, the oldest first."""
    from unsaid.sessions import record, scores

    found: list[tuple[str, dict[str, int]]] = []
    for folder in store.folders():
        if not (folder / scores.SCORE_NAME).is_file():
            continue
        try:
            if folder != session.folder and record.load(folder).kind != session.kind:
                continue
            kept = scores.load(folder)
        except UnsaidError:
            continue  # told where that session is looked at
        found += [
            (s.at, s.numbers)
            for s in kept.scores
            if s.finished and not (folder == session.folder and s.at == now_at)
        ]
    found.sort(key=lambda f: f[0])
    return [(_day(at), numbers) for at, numbers in found[-_EARLIER:]]


def _measured(session: Session, workspace: Path) -> dict[str, tuple[str, ...]]:
    """What was measured beside each dimension. Raises UnsaidError where there is no audit."""
    from unsaid import pipeline
    from unsaid.drills import bank, parts, recovery, rubric, signals

    audit = pipeline.load_audit(session)
    card = None
    if session.prompt is not None and session.prompt.id:
        # A prompt that is gone, or was somebody else's, takes only its minutes along.
        with suppress(UnsaidError):
            card = bank.find(session.prompt.id, workspace)
    heard = signals.heard(audit, card.signals if card is not None else None, kind=session.kind)
    after = recovery.recovery(audit, 0.0, card.fault, session.kind) if card and card.fault else None
    return rubric.measured(
        audit,
        given_minutes=card.minutes if card is not None else None,
        parts_s=[(p.name, p.end_s - p.start_s) for p in parts.parts(audit, session.kind) if p.timed],
        signals={h.signal.id: h.level for h in heard},
        apologies=len(after.apologies) if after is not None else None,
        freezes=len(after.freezes) if after is not None else None,
    )


class _Screen:
    """The state of the screen, and what the keys do."""

    def __init__(self, session: Session, store: Store, workspace: Path) -> None:
        from unsaid.drills import rubric
        from unsaid.sessions import scores

        self.session, self.store = session, store
        self.dimensions = rubric.DIMENSIONS
        self.measured = _measured(session, workspace)
        kept = scores.load(session.folder)
        self.began = _began(kept)
        self.score: Score | None = kept.of(self.began)
        self.earlier = _earlier(session, store, self.began)
        self.mode: Mode = "ask"
        self.note = ""
        self.at = 0
        if self.score is not None:
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
        from unsaid.views.scoring import lines

        draw(self.out, lambda out, width, height: lines(out, self.picture(), width, height))

    def picture(self) -> Picture:
        """What the screen shows now."""
        from unsaid.drills.rubric import gate
        from unsaid.views.scoring import Given, Picture

        dimension = self._dimension
        marks = self.score.marks if self.score is not None else {}
        given = tuple(
            Given(d.name, m.number if (m := marks.get(d.id)) else None, m.why if m else "")
            for d in self.dimensions
        )
        numbers = {name: mark.number for name, mark in marks.items()}
        result = [("so", gate(numbers).words)]
        if self.score is not None and self.score.finished:
            result += _next(self.score)
        place = "the end" if self.mode == "end" else f"{self.at + 1} of {len(self.dimensions)}"
        return Picture(
            self.session.id,
            place,
            dimension.name,
            dimension.anchors,
            self.measured.get(dimension.id, ()),
            self._before(dimension),
            given,
            self.at,
            tuple(result),
            self.mode,
            self.note,
        )

    def _before(self, dimension: Dimension) -> str:
        told = [f"{day} {numbers[dimension.id]}" for day, numbers in self.earlier if dimension.id in numbers]
        return f"{', '.join(told)} ({self.session.kind or 'no kind'})" if told else ""

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
                if self._number is not None:
                    return True
                self.note = "the number first"
            elif key in ("n", "right", "down", "enter"):
                self._step(1)

    def ask_why(self) -> None:
        """Let the speaker type one line of why, keep it, and go on."""
        from unsaid.cli.typed import typed

        mark = self.score.marks.get(self._dimension.id) if self.score is not None else None
        assert mark is not None
        said = typed(self.out, "One line of why; enter alone leaves it as it was:", mark.why)
        said = " ".join((said or "").split())
        if not said or said == mark.why or self._keep(mark.number, said):
            self._step(1)

    def _keep(self, number: int, why: str | None) -> bool:
        """Keep a number at once, with `why` (None: as it is); False, and a note, where it could not be."""
        from unsaid.sessions import scores
        from unsaid.sessions.store import InUse

        dimension = self._dimension

        def change(old: Scores) -> Scores:
            mine = old.of(self.began)
            before = mine.marks.get(dimension.id) if mine is not None else None
            reason = why if why is not None else before.why if before is not None else ""
            return scores.marked(old, self.began, dimension.id, number, reason)

        try:
            kept = _change(self.session, self.store, change, lambda: self.began)
        except InUse as error:
            self.note = f"not kept: {error.message}; try again when it is done"
            return False
        self.score = kept.of(self.began)
        return True

    @property
    def _dimension(self) -> Dimension:
        return self.dimensions[self.at]

    @property
    def _number(self) -> int | None:
        mark = self.score.marks.get(self._dimension.id) if self.score is not None else None
        return None if mark is None else mark.number

    def _step(self, by: int) -> None:
        if self.mode == "end":
            self.mode = "ask" if by < 0 else "end"
        elif self.at + by >= len(self.dimensions):
            self.mode = "end"
        else:
            self.at = max(0, self.at + by)

    def _go_on(self) -> None:
        """To the first dimension without a number, else to the end."""
        marks = self.score.marks if self.score is not None else {}
        self.at = next((n for n, d in enumerate(self.dimensions) if d.id not in marks), -1)
        if self.at < 0:
            self.at, self.mode = len(self.dimensions) - 1, "end"
