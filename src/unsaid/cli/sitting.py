"""One sitting of a drill: from part to part, each one's page, and the command or form that does it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from unsaid.cli import drill_pages as say
from unsaid.cli.pages import Pages
from unsaid.errors import UnsaidError
from unsaid.views.drilling import Item, Line, Picture
from unsaid.views.wording import clock, plural, visible

if TYPE_CHECKING:
    from unsaid.cli.on_page import Web
    from unsaid.config import Settings
    from unsaid.drills.bank import PromptCard
    from unsaid.drills.plan import Drill, Part, Time, Worked
    from unsaid.drills.signals import Signal
    from unsaid.model import Audit, Kind, Prompt
    from unsaid.sessions.drills import Keeper, Run
    from unsaid.sessions.record import Drilled, Session
    from unsaid.sessions.store import Store
    from unsaid.views.drilling import Compared


@dataclass(frozen=True, slots=True)
class How:
    """What the command line says of a sitting."""

    files: tuple[Path, ...] = ()
    """Recordings or transcripts for the takes that are still to come, in their order."""
    model: str | None = None
    input: str | None = None
    no_audio: bool = False
    """Nothing is played in the review."""
    yes: bool = False
    quiet: bool = False
    web: Web | None = None
    """The parts that can be done on a page are done there; None: in the terminal."""


Body = Callable[[], Sequence[Item]]


class Sitting:
    """At work on a run that is held by `keeper`."""

    def __init__(self, settings: Settings, store: Store, keeper: Keeper, drill: Drill, how: How) -> None:
        self.settings, self.store, self.keeper, self.drill, self.how = settings, store, keeper, drill, how
        self.pages = Pages()
        self.files = list(how.files)
        self.drawn: set[str] = set()
        """Ids of the prompts that were drawn in this sitting."""
        self.result: list[Item] = []
        """What is printed at the end."""

    @property
    def run(self) -> Run:
        """The run as it is kept."""
        return self.keeper.run

    @property
    def part(self) -> Part:
        """The part that is on."""
        return self.drill.part(self.keeper.part)

    def work(self) -> None:
        """From the first part that is not done to the last. Raises `Left` where the user wants to go."""
        while (part := self._next()) is not None:
            self.keeper.enter(part.id)
            try:
                if self.how.web is not None and part.id in self.drill.on_page:
                    self._on_page(self.how.web)
                    continue
                (Sitting._take if part.take else _STEPS[self.drill.id, part.id])(self)
            except _TakeGone as gone:
                self._tell_again(gone.part)
                continue
            self.keeper.done(part.id, _now())
        self.keeper.leave()
        if not self.run.finished:
            self.keeper.change(lambda run: replace(run, finished=_now()))

    def _next(self) -> Part | None:
        done = {name for name, part in self.run.parts.items() if part.done}
        if self.run.prompt is None:
            # Whatever a file says that somebody has edited: without a prompt nothing can be done.
            return self.drill.parts[0]
        return next((p for p in self.drill.parts if p.id not in done), None)

    def _on_page(self, web: Web) -> None:
        """This part and those after it, on a page. Raises `Left` where it was left before the drill's end."""
        from unsaid.cli.drill_web import Labelled, Reviewed

        if self.drill.id == "signal-labelling":
            if self.run.prompt is None:
                self.draw()
            Labelled(self).show(web)
            return
        session, audit = self.take_of(1)
        told = plural(len(audit.flags), "flagged moment")
        body = [Line(f"{say.answer_line(audit)}: {told}.", style="bold")]
        self._start(body, "enter opens the page  q leaves", ("enter",))
        Reviewed(self, session).show(web)

    # Pages

    def _ask(self, body: Body | Sequence[Item], keys: str, wanted: Sequence[str], note: str = "") -> str:
        return self.pages.ask(lambda: self.picture(body, keys, note), wanted)

    def picture(self, body: Body | Sequence[Item], keys: str, note: str = "") -> Picture:
        """A page of this drill, with its clock."""
        items = body() if callable(body) else body
        return Picture(say.heading(self.drill, self.part), self._clock(), tuple(items), keys, note)

    def _clock(self) -> str:
        return say.clock_line(self.time())

    def time(self) -> Time:
        """How the drill stands by its clock."""
        from unsaid.drills import plan

        return plan.time(self.drill, self._worked(), time.monotonic())

    def part_left(self) -> str:
        """What time the part that is on has left, in words."""
        from unsaid.drills.plan import left

        return f"this part {left(self.time().part_left_s)}"

    def _worked(self) -> Worked:
        from unsaid.drills.plan import Worked

        return Worked(*self.keeper.worked())

    def _start(self, more: Sequence[Item], keys: str, wanted: Sequence[str], note: str = "") -> str:
        """A page with all parts, what to do in this one, and what belongs to it; the key that was pressed."""
        part = self.part

        def body() -> list[Item]:
            spent_s = self._worked().until(time.monotonic())
            left_s = part.minutes * 60 - spent_s.get(part.id, 0.0)
            until = datetime.now() + timedelta(seconds=left_s) if left_s > 0 else None
            told = f"{part.by}{f', until {until:%H:%M}' if until is not None else ''}"
            out = say.parts_list(self.drill, self.run, part.id, spent_s)
            out += [say.FREE, Line(part.todo), Line(told, label="with  ", style="dim")]
            return [*out, *((say.FREE, *more) if more else ())]

        return self._ask(body, keys, wanted, note)

    # The prompt

    def _prompt(self) -> None:
        """Show the prompt, drawing one where there is none yet."""
        if self.run.prompt is None:
            self.draw()
        note = ""
        while True:
            prompt = self.run.prompt
            assert prompt is not None
            card = self.card()
            redraw = prompt.id is not None
            keys = "enter takes it  n draws another  q leaves" if redraw else "enter goes on  q leaves"
            lines = say.prompt_lines(prompt, card, flawed=self.drill.flawed)
            wanted = ("enter", "n") if redraw else ("enter",)
            if self._start(lines, keys, wanted, note) == "enter":
                return
            note = "" if self.draw() else "there is no other prompt that fits"

    def draw(self) -> bool:
        """Draw a prompt and keep it; False where there was no other."""
        from random import Random

        from unsaid.cli.prompts import last_practised
        from unsaid.drills import bank

        here = self.run.prompt.id if self.run.prompt is not None else None
        if here is not None:
            self.drawn.add(here)
        fitting = fitting_cards(self.settings, self.drill, self.run.kind)
        choice = [c for c in fitting if c.id not in self.drawn]
        if not choice and self.drawn:
            self.drawn = {here} if here is not None else set()
            choice = [c for c in fitting if c.id not in self.drawn]
            if not choice:
                return False
        if not choice:
            raise UnsaidError(
                f"no prompt fits {self.drill.title}", "Give one with --prompt, or add one: unsaid prompts add"
            )
        card = bank.draw(choice, last_practised(self.settings), datetime.now().astimezone(), Random()).card
        self.keeper.change(lambda run: replace(run, prompt=card.prompt))
        return True

    def card(self) -> PromptCard | None:
        """The prompt's card; None where it has none, or it is gone."""
        from unsaid.cli.afterwards import card_of

        return card_of(self.settings, self.run.prompt)

    def _flawed_card(self) -> PromptCard:
        """The card with the fault. Raises UnsaidError where it is gone."""
        from unsaid.drills import bank

        assert self.run.prompt is not None
        return bank.find(self.run.prompt.id or "", self.settings.workspace)

    # Takes

    def _take(self) -> None:
        """Record one, or go on with one that was recorded before the drill was left; hear it; look at it."""
        part = self.part
        session = self.made(part)
        again = session is not None and self._take_up(session) == "r"
        note = ""
        while True:
            if again or session is None:
                if not again:
                    self._ready_page(note)
                again = False
                session, note = self._try_to_record(part)
                continue
            try:
                session, audit = self.audited(session)
            except UnsaidError as error:
                body = [Line(error.message, style="bold"), Line(error.hint or "")]
                key = self._ask(body, "enter tries again  r tells it again  q leaves", ("enter", "r"))
                again = key == "r"
                continue
            self._keep_take(part, session)
            again = self._look_at(audit) == "r"
            if not again:
                return

    def _ready_page(self, note: str) -> None:
        """The page before a recording; `note` says what became of the one before."""
        prompt = self.run.prompt
        assert prompt is not None
        what = f"takes {self.files[0].name}" if self.files else "records"
        lines = say.prompt_lines(prompt, self.card(), flawed=self.drill.flawed)
        self._start(lines, f"enter {what}  q leaves", ("enter",), note)

    def _try_to_record(self, part: Part) -> tuple[Session | None, str]:
        """A new take; None, and why, where nothing came of it. Raises UnsaidError for a file."""
        file = self.files[0] if self.files else None
        try:
            session = self._recorded(part)
        except UnsaidError as error:
            if file:
                raise
            hint = f"{error.hint or ''} A recording that you have will do: --take FILE".strip()
            return None, f"{error.message}. {hint}"
        return session, "" if session is not None else "thrown away; nothing was kept"

    def _recorded(self, part: Part) -> Session | None:
        """A new take, from the next file or from the microphone; None where it was thrown away."""
        from unsaid.cli.record import record_answer

        drilled = self._drilled(part)
        if self.files:
            session = self._imported(self.files[0], drilled)
            self.files.pop(0)
            return session
        return record_answer(
            self.settings,
            prompt=self.run.prompt,
            kind=self.run.kind,
            minutes=part.minutes,
            input_=self.how.input,
            model=self.how.model,
            yes=self.how.yes,
            quiet=self.how.quiet,
            drilled=drilled,
        )

    def _drilled(self, part: Part) -> Drilled:
        from unsaid.sessions.record import Drilled

        return Drilled(self.drill.id, self.run.id, part.take)

    def _imported(self, path: Path, drilled: Drilled) -> Session:
        from unsaid import pipeline
        from unsaid.cli.audit import is_text
        from unsaid.cli.output import Notes
        from unsaid.formats import is_transcript_name

        prompt, kind = self.run.prompt, self.run.kind
        if is_transcript_name(path) or is_text(path):
            return pipeline.import_transcript(path, self.store, prompt=prompt, kind=kind, drilled=drilled)
        notes = Notes(quiet=self.how.quiet)
        session, _ = pipeline.import_recording(
            path, self.store, notes, prompt=prompt, kind=kind, drilled=drilled
        )
        return session

    def _take_up(self, session: Session) -> str:
        """A take is here already: go on with it ("enter"), or record it anew ("r")?"""
        told = f"A take of {clock(session.duration_s)} is here already: {session.id}"
        body = [Line(told, style="bold"), *([Line(n) for n in session.notes])]
        keys = "enter goes on with it  r tells it again  q leaves"
        return self._start(body, keys, ("enter", "r"))

    def made(self, part: Part) -> Session | None:
        """The newest session that is this take."""
        from unsaid.sessions.drills import takes

        return next(iter(takes(self.store, self.run.id, part.take)), None)

    def _keep_take(self, part: Part, session: Session) -> None:
        self.keeper.change(lambda run: replace(run, takes={**run.takes, part.take: session.id}))

    def audited(self, session: Session) -> tuple[Session, Audit]:
        """The take with its audit, which is made where there is none yet. Raises UnsaidError."""
        from unsaid import pipeline
        from unsaid.cli.choose import request
        from unsaid.cli.output import Notes

        if session.audit.is_file():
            return session, pipeline.load_audit(session)
        notes = Notes(quiet=self.how.quiet)
        job = request(
            self.settings,
            notes,
            model=self.how.model,
            prompt=self.run.prompt,
            kind=self.run.kind,
            yes=self.how.yes,
        )
        if not session.recording.is_file():
            # A transcript: no model could hear it otherwise.
            job = replace(job, model_named=False, language_named=False, compute_named=False)
        return pipeline.audit_session(session, self.store, job, notes)

    def take_of(self, number: int) -> tuple[Session, Audit]:
        """A take that a later part needs. Raises `_TakeGone` where it was removed."""
        part = next(p for p in self.drill.parts if p.take == number)
        session = self.made(part)
        if session is None:
            raise _TakeGone(part)
        return self.audited(session)

    def _tell_again(self, part: Part) -> None:
        """The take of `part` was removed: it is to be told again."""
        body = [Line("The recording of this drill was removed.", style="bold")]
        body.append(Line("Nothing of it is left here. It can be told again; what you did before stays done."))
        self._ask(body, "enter goes back to the recording  q leaves", ("enter",))
        self.keeper.change(
            lambda run: replace(
                run,
                parts={n: replace(p, done="") if n == part.id else p for n, p in run.parts.items()},
                takes={n: name for n, name in run.takes.items() if n != part.take},
            )
        )

    def _look_at(self, audit: Audit) -> str:
        """What is shown right after a take; "r" to tell it again."""
        if self.drill.id != "evidence-replay":
            return "enter"
        keys = "enter goes on  r tells it again  q leaves"
        return self._ask(say.audible(audit), keys, ("enter", "r"))

    # The parts of the hidden reasoning audit

    def _review(self) -> None:
        from unsaid.cli.review import review_answer

        session, audit = self.take_of(1)
        told = plural(len(audit.flags), "flagged moment")
        body = [Line(f"{say.answer_line(audit)}: {told}.", style="bold")]
        self._start(body, "enter opens the review  q leaves", ("enter",))
        while True:
            review_answer(
                self.settings, self.store, session, no_audio=self.how.no_audio, clock=self.part_left
            )
            left = self._left_open(session)
            if not left:
                return
            keys = "enter goes on to the counts  b back to the review  q leaves"
            body = [Line(f"{plural(left, 'moment')} still to be settled.", style="bold")]
            body.append(
                Line("A moment is settled when it is dismissed, or said again so that the check passes.")
            )
            if self._start(body, keys, ("enter", "b")) == "enter":
                return

    def _left_open(self, session: Session) -> int:
        from unsaid import pipeline
        from unsaid.review.state import moments
        from unsaid.sessions.review import load

        audit, said = pipeline.load_audit(session), load(session.folder)
        return sum(1 for m in moments(audit, said) if not m.settled)

    def _count(self) -> None:
        from unsaid.sessions.review import load

        session, audit = self.take_of(1)
        body = say.counts(audit, load(session.folder))
        self._ask(body, "enter goes on  q leaves", ("enter",))

    def _score(self) -> None:
        from unsaid.cli.score import ask

        session, _ = self.take_of(1)
        keys = "enter opens the score  s skips it  q leaves"
        if self._start((), keys, ("enter", "s")) == "enter":
            ask(session, self.store, self.settings.workspace, clock=self.part_left)

    # Signal labelling

    def _label(self) -> None:
        """The form: each line is kept at once."""
        from unsaid.drills.signals import SIGNALS

        at = next((n for n, s in enumerate(SIGNALS) if s.id not in self.run.labels), 0)
        note = ""
        numbers = [str(n + 1) for n in range(len(SIGNALS))]

        def body() -> list[Item]:
            assert self.run.prompt is not None
            prompt = Line(self.run.prompt.text, style="dim")
            return [Line(self.part.todo), say.FREE, prompt, say.FREE, *say.form(self.run.labels, at)]

        with self.pages.shown():
            while True:
                whole = all(s.id in self.run.labels for s in SIGNALS)
                keys = f"{'g compares  ' if whole else ''}enter writes  x leaves it blank  up down  q leaves"
                wanted = ["enter", "w", "x", "up", "down", "k", "j", *numbers, *(["g"] if whole else [])]
                key = self._ask(body, keys, wanted, note)
                note = ""
                if key == "g":
                    return
                if key in ("up", "k", "down", "j"):
                    at = min(max(0, at + (-1 if key in ("up", "k") else 1)), len(SIGNALS) - 1)
                elif key in numbers:
                    at = numbers.index(key)
                elif self._write(SIGNALS[at], blank=key == "x", body=body):
                    at = next((n for n, s in enumerate(SIGNALS) if s.id not in self.run.labels), at)
                    if all(s.id in self.run.labels for s in SIGNALS):
                        note = "all seven are there: g compares"
                else:
                    note = "nothing was changed"

    def _write(self, signal: Signal, *, blank: bool, body: Body) -> bool:
        """Keep a line under a signal, or a blank; False where she thought better of it."""
        text = ""
        if not blank:
            old = self.run.labels.get(signal.id)
            ask = f"One behaviour that shows {signal.title}; enter keeps it, Ctrl-C leaves it as it was:"
            before = visible(old.text) if old is not None else ""
            typed = self.pages.line(lambda: self.picture(body, ""), ask, before)
            text = " ".join((typed or "").split())
            if not text:
                return False
        self.label({signal.id: text})
        return True

    def label(self, lines: Mapping[str, str]) -> None:
        """Keep a line under each of these signals (by id) at once; an empty one is left blank on purpose.

        Raises UnsaidError.
        """
        from unsaid.sessions.drills import Label

        at = _now()
        new = {signal: Label(" ".join(text.split()), at) for signal, text in lines.items()}
        self.keeper.change(lambda run: replace(run, labels={**run.labels, **new}))

    def _compare_labels(self) -> None:
        self._ask(say.compared(self.labels_compared()), "enter ends the drill  q leaves", ("enter",))

    def labels_compared(self) -> Compared:
        """The labels beside what the prompt asks for, and what was heard in an answer to it."""
        from unsaid.drills import signals

        prompt, card = self.run.prompt, self.card()
        assert prompt is not None
        asked = card.signals if card is not None else signals.asked_of(self.run.kind or prompt.kind)
        session, audit = self._answer_to(prompt) or (None, None)
        found = signals.heard(audit, asked, kind=self.run.kind or prompt.kind) if audit is not None else None
        answer = session.id if session is not None else ""
        return say.comparison(self.run.labels, asked, found, audit, answer)

    def _answer_to(self, prompt: Prompt) -> tuple[Session, Audit] | None:
        """The newest answer to a prompt that was audited, with its audit."""
        from unsaid import pipeline

        for session in self.store.all()[0]:
            other = session.prompt
            if other is None or not session.audit.is_file():
                continue
            if other.id == prompt.id if prompt.id is not None else other.text == prompt.text:
                try:
                    return session, pipeline.load_audit(session)
                except UnsaidError:
                    continue  # told where that session is looked at
        return None

    # Recovery practice

    def _heard(self) -> None:
        _, audit = self.take_of(1)
        self._ask(say.recovery(audit, self.card()), "enter shows the fault  q leaves", ("enter",))

    def _fault(self) -> None:
        card = self._flawed_card()
        made = self.made(next(p for p in self.drill.parts if p.take))
        audit = self.audited(made)[1] if made is not None else None
        self._ask(say.fault(card, audit), "enter ends the drill  q leaves", ("enter",))

    # Evidence replay

    def _compare_takes(self) -> None:
        self._ask(self.takes_compared(), "enter ends the drill  q leaves", ("enter",))

    def takes_compared(self) -> list[Item]:
        """The tellings side by side, those that were removed left out."""
        made = {p.take: session for p in self.drill.takes if (session := self.made(p)) is not None}
        return say.side_by_side({n: self.audited(s)[1] for n, s in made.items()}, len(self.drill.takes))


class _TakeGone(Exception):
    def __init__(self, part: Part) -> None:
        super().__init__(part.id)
        self.part = part


_STEPS: dict[tuple[str, str], Callable[[Sitting], None]] = {
    ("hidden-reasoning", "prompt"): Sitting._prompt,
    ("hidden-reasoning", "review"): Sitting._review,
    ("hidden-reasoning", "count"): Sitting._count,
    ("hidden-reasoning", "score"): Sitting._score,
    ("evidence-replay", "prompt"): Sitting._prompt,
    ("evidence-replay", "compare"): Sitting._compare_takes,
    ("signal-labelling", "prompt"): Sitting._prompt,
    ("signal-labelling", "label"): Sitting._label,
    ("signal-labelling", "compare"): Sitting._compare_labels,
    ("recovery", "prompt"): Sitting._prompt,
    ("recovery", "heard"): Sitting._heard,
    ("recovery", "fault"): Sitting._fault,
}
"""Drill and part to what does it; a part that has a take is recorded."""


def fitting_cards(settings: Settings, drill: Drill, kind: Kind | None) -> list[PromptCard]:
    """The prompts that may be drawn for a drill; those that fit its time where there are any."""
    from unsaid.drills import bank

    kinds = (kind,) if kind is not None else drill.kinds
    found = [c for c in bank.cards(settings.workspace)[0] if c.kind in kinds and c.recovery == drill.flawed]
    most = max((p.minutes for p in drill.takes), default=bank.MOST_MINUTES)
    return [c for c in found if c.minutes <= most] or found


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
