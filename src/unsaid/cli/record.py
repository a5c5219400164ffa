"""`unsaid record`: speak an answer, and see what was left unsaid when you stop."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from unsaid.config import Settings
from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind
from unsaid.views.wording import clock

if TYPE_CHECKING:
    from unsaid.cli.output import Notes
    from unsaid.model import Audit, Prompt
    from unsaid.pipeline import Live, Request
    from unsaid.recording import Plan, Recorder
    from unsaid.sessions.record import Drilled, Session
    from unsaid.sessions.store import Store
    from unsaid.taste import Taste
    from unsaid.transcribe.weights import ModelFolder
    from unsaid.views.recording import Reading, Screen, State

_FRAME_S = 1 / 12
"""The screen is drawn this often; the meter moves with it."""


@click.command()
@click.option("--prompt", metavar="TEXT|ID", help="The question to answer, or a prompt's id.")
@click.option("--kind", type=click.Choice(KINDS), help="Kind of question.")
@click.option(
    "--minutes",
    type=float,
    metavar="N",
    help="Time for the answer (default: the prompt's); it ends at the next pause.",
)
@click.option("--input", "input_", metavar="NAME", help="Microphone, from `unsaid devices`; remembered.")
@click.option("--model", metavar="NAME|FOLDER", help="Whisper model; see `unsaid models list`.")
@click.option("--language", metavar="CODE", help="Language spoken (default: en; the rules know English).")
@click.option("--no-live", is_flag=True, help="Transcribe after the recording, not while it is made.")
@click.option("--no-audit", is_flag=True, help="Only record; `unsaid audit` goes on from there.")
@click.option("--all", "everything", is_flag=True, help="Show the less sure and the less costly flags too.")
@click.option("--countdown", type=click.IntRange(0, 60), metavar="S", help="Seconds before it begins.")
@click.option(
    "--nudge-after",
    type=click.IntRange(0),
    metavar="S",
    help="Ask to think aloud after so much silence; 0: never.",
)
@click.option("--yes", "-y", is_flag=True, help="Fetch the default model without asking, where none is here.")
@click.option("--quiet", "-q", is_flag=True, help="No notes on standard error but warnings.")
@click.pass_obj
def record(
    settings: Settings,
    prompt: str | None,
    kind: Kind | None,
    minutes: float | None,
    input_: str | None,
    model: str | None,
    language: str | None,
    no_live: bool,
    no_audit: bool,
    everything: bool,
    countdown: int | None,
    nudge_after: int | None,
    yes: bool,
    quiet: bool,
) -> None:
    """Record a spoken answer and audit it when you stop.

    It is transcribed while you speak. Keys: p pauses and goes on, m marks the moment, s stops, a throws the
    recording away (it asks). Ctrl-C stops as well: nothing is lost. Every half second the sound is brought to
    the disk.
    """
    from unsaid.drills import bank
    from unsaid.recording import LONGEST_S

    if minutes is not None and not 0 < minutes * 60 <= LONGEST_S:
        raise UnsaidError(
            f"--minutes {minutes:g} is out of range", f"Give more than 0 and at most {LONGEST_S / 60:.0f}."
        )
    found = bank.resolve(prompt, settings.workspace) if prompt is not None else None
    if minutes is None and found is not None and found.id is not None:
        minutes = bank.find(found.id, settings.workspace).minutes
    record_answer(
        settings,
        prompt=found,
        kind=kind,
        minutes=minutes,
        input_=input_,
        model=model,
        language=language,
        no_live=no_live,
        no_audit=no_audit,
        everything=everything,
        countdown=countdown,
        nudge_after=nudge_after,
        yes=yes,
        quiet=quiet,
    )


def record_answer(
    settings: Settings,
    *,
    prompt: Prompt | None = None,
    kind: Kind | None = None,
    minutes: float | None = None,
    input_: str | None = None,
    model: str | None = None,
    language: str | None = None,
    no_live: bool = False,
    no_audit: bool = False,
    everything: bool = False,
    countdown: int | None = None,
    nudge_after: int | None = None,
    yes: bool = False,
    quiet: bool = False,
    drilled: Drilled | None = None,
) -> Session | None:
    """What `unsaid record` does; the session, or None where the recording was thrown away.

    A take of a drill (`drilled`) is audited as well, and nothing is printed of it. Raises UnsaidError, and
    ends the program where the speaker or a signal did.
    """
    from unsaid.cli.choose import request
    from unsaid.cli.output import Notes
    from unsaid.recording import Plan
    from unsaid.sessions.store import Store

    notes = Notes(quiet=quiet)
    job = request(settings, notes, model=model, language=language, prompt=prompt, kind=kind, yes=yes)
    chosen = None if no_live and no_audit else _model(job, notes)
    plan = Plan(
        prompt=prompt,
        kind=kind,
        limit_s=minutes * 60 if minutes is not None else None,
        nudge_s=settings.number("nudge_s", nudge_after),
        model=None if no_live else chosen,
        language=job.language,
        device=job.device,
        compute_type=job.compute_type,
        threads=job.threads,
        drilled=drilled,
    )
    store = Store(settings.sessions_dir)
    countdown_s = settings.number("countdown_s", countdown)
    with _signals() as signals:
        try:
            recorder = _start(settings, store, plan, input_, notes, countdown_s)
        except KeyboardInterrupt:
            click.echo("stopped before anything was recorded; nothing was kept", err=True)
            sys.exit(128 + (signals.ending or signal.SIGINT))
        signals.recorder = recorder
        desk = _Desk(recorder, signals, notes, countdown_s)
        try:
            live = desk.run(hear=not no_audit, taste=job.taste)
        except BaseException:
            with contextlib.suppress(Exception):
                recorder.close()
            raise
    if recorder.thrown_away:
        _nothing_kept(recorder, signals)
        return None
    session = recorder.session
    _tell(recorder, notes)
    if signals.ending:
        click.echo(f"ended by a signal; next: unsaid audit {session.id}", err=True)
        sys.exit(128 + signals.ending)
    if no_audit or chosen is None:
        if drilled is None:
            notes.note(f"next: unsaid audit {session.id}")
        return session
    try:
        if desk.later:
            raise KeyboardInterrupt
        job = replace(job, choose_model=lambda: chosen)
        session, found = _audited(session, store, job, notes, live)
    except KeyboardInterrupt:
        click.echo(f"stopped; the recording is safe: unsaid audit {session.id} goes on from here", err=True)
        sys.exit(130)
    if drilled is None:
        _report(settings, session, found, notes, everything=everything)
    return session


class _Signals:
    """What was asked for by Ctrl-C and by signals, while recording and finishing."""

    def __init__(self) -> None:
        self.interrupts = 0
        self.ending = 0
        """The signal that ends the program, SIGTERM or SIGHUP; 0 for none."""
        self.recorder: Recorder | None = None
        """None while nothing is recorded yet: a sound system that hangs must not keep anybody waiting."""

    def stop(self) -> None:
        """Stop the recording at once, even while the screen is being drawn; or the start, where it hangs."""
        if self.recorder is None:
            raise KeyboardInterrupt
        self.recorder.stop()

    @property
    def any(self) -> bool:
        return bool(self.interrupts or self.ending)


@contextmanager
def _signals() -> Iterator[_Signals]:
    """While the block runs Ctrl-C and signals are only noted, and Ctrl-Z does not stop the sound."""
    found = _Signals()

    def interrupted(_number: int, _frame: object) -> None:
        found.interrupts += 1
        found.stop()

    def ending(number: int, _frame: object) -> None:
        found.ending = number
        if number == getattr(signal, "SIGHUP", None):
            # The terminal is gone: writing to it would fail, and that must not end the work.
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
        found.stop()

    handlers: dict[str, Any] = {
        "SIGINT": interrupted,
        "SIGTERM": ending,
        "SIGHUP": ending,
        "SIGTSTP": signal.SIG_IGN,
    }
    before = {}
    for name, handler in handlers.items():
        if hasattr(signal, name):
            before[name] = signal.signal(getattr(signal, name), handler)
    try:
        yield found
    finally:
        for name, old in before.items():
            signal.signal(getattr(signal, name), old)


def _model(job: Request, notes: Notes) -> ModelFolder | None:
    """The model, or None: want of one must not keep anybody from recording."""
    try:
        return job.choose_model()
    except UnsaidError as error:
        if job.model_named:
            raise
        notes.warn(f"{error.message}: the answer is recorded, not transcribed. {error.hint}")
        return None


def _start(
    settings: Settings, store: Store, plan: Plan, input_: str | None, notes: Notes, countdown_s: int
) -> Recorder:
    """Begin with the microphone that was asked for, else the one of last time, else the system's default."""
    from unsaid.cli.devices import wanted_input
    from unsaid.recording import Recorder
    from unsaid.sessions.state import remember

    asked, last = wanted_input(settings, input_)
    recorder = Recorder(store, replace(plan, input=asked or last))
    try:
        recorder.start(paused=countdown_s > 0)
    except UnsaidError as error:
        if last is None:
            raise
        recorder = Recorder(store, plan)
        recorder.start(paused=countdown_s > 0)
        assert recorder.now.opened is not None
        notes.warn(f"{error.message}; '{recorder.now.opened.device}' is taken instead")
    if input_ is not None and recorder.now.opened is not None:
        name = "default" if input_.lower() == "default" else recorder.now.opened.device
        try:
            remember(settings.workspace, name)
        except (UnsaidError, OSError) as error:
            notes.warn(f"the microphone cannot be remembered for the next time: {error}")
    return recorder


class _Desk:
    """Where the speaker sits while recording: the screen, the keys, and what they do."""

    _NOTE_S = 3.0
    """How long a short message stays."""

    def __init__(self, recorder: Recorder, signals: _Signals, notes: Notes, countdown_s: float) -> None:
        from unsaid.views.recording import LevelMeter

        self.recorder = recorder
        self.signals = signals
        self.notes = notes
        self.meter = LevelMeter()
        self.reading: Reading | None = None
        self.began_s = time.monotonic()
        self.begins_s = self.began_s + countdown_s
        self.state: State = "countdown" if countdown_s > 0 else "recording"
        self.before: State = self.state
        """Where it stood when it was asked whether to throw the recording away."""
        self.said: list[tuple[float, str]] = []
        self.done = (0.0, 0.0)
        self.keyless = False
        """No key can come: there is no terminal, or it is somebody else's."""
        self.later = False
        """Ctrl-C while the rest was transcribed: the user wants to go."""

    def run(self, *, hear: bool, taste: Taste) -> Live | None:
        """Record until it ends, one way or another, and close the recording."""
        from unsaid.cli.keys import Keys

        threading.Thread(target=_prepare, args=(taste,), daemon=True).start()
        with Keys() as keys, self._screen() as draw:
            while self.recorder.running and not self.recorder.thrown_away:
                self._look()
                self.keyless = not keys.live
                draw(self._picture())
                if self.signals.any:
                    self.recorder.stop()
                    self.state = "stopping"
                elif (key := keys.read(_FRAME_S)) is not None:
                    self._press(key)
                if self.state == "stopping":
                    break
            if self.recorder.thrown_away:
                return None
            self.state = "stopping"
            draw(self._picture())
            before: int | None = None

            def tick(done_s: float, total_s: float) -> bool:
                # A hasty second Ctrl-C, before this was seen, is not one that wants to go.
                nonlocal before
                before = self.signals.interrupts if before is None else before
                self.state, self.done = "finishing", (done_s, total_s)
                draw(self._picture())
                self.later = self.signals.interrupts > before
                return not self.later and not self.signals.ending

            return self.recorder.finish(hear=hear and not self.signals.ending, tick=tick)

    def _look(self) -> None:
        now = self.recorder.tick()
        clock_s = time.monotonic()
        if now.level is not None:
            level = now.level
            self.reading = self.meter.hear(
                clock_s - self.began_s,
                level.peak_dbfs,
                level.rms_dbfs,
                level.clipped,
                speaking=None if now.silence_s is None else now.speaking,
            )
        if self.state == "countdown" and clock_s >= self.begins_s:
            self._begin()
        self.said = [(until_s, text) for until_s, text in self.said if until_s > clock_s]

    def _begin(self) -> None:
        self.recorder.resume()
        self.state = "recording"

    def _press(self, key: str) -> None:
        recorder = self.recorder
        if self.state == "asking":
            if key == "y":
                recorder.throw_away()
            else:
                self.state = self.before
        elif self.state == "countdown":
            if key in (" ", "enter", "s"):
                self._begin()
            elif key in ("a", "q"):
                recorder.throw_away()
        elif key in ("p", " "):
            if self.state == "paused":
                recorder.resume()
                self.state = "recording"
            else:
                recorder.pause()
                self.state = "paused"
        elif key == "m":
            self._say(f"marked {clock(recorder.mark())}")
        elif key in ("s", "q"):
            recorder.stop()
            self.state = "stopping"
        elif key == "a":
            self.before, self.state = self.state, "asking"

    def _say(self, text: str) -> None:
        self.said.append((time.monotonic() + self._NOTE_S, text))

    def _picture(self) -> Screen:
        from unsaid.audio.files import RATE_HZ
        from unsaid.views.recording import Screen

        now, plan, reading = self.recorder.now, self.recorder.plan, self.reading
        lost_s = now.level.dropped_frames / RATE_HZ if now.level else 0.0
        words = None if now.words is None else now.words + now.provisional_words
        return Screen(
            self.state,
            prompt=" ".join((plan.prompt.text, *plan.prompt.facts)) if plan.prompt else "",
            countdown_s=max(0.0, self.begins_s - time.monotonic()),
            elapsed_s=now.at_s,
            limit_s=plan.limit_s,
            paused=self.before == "paused",
            over=now.over,
            device=now.opened.device if now.opened else "",
            peak_dbfs=reading.peak_dbfs if reading else None,
            rms_dbfs=reading.rms_dbfs if reading else None,
            hold_dbfs=reading.hold_dbfs if reading else None,
            level_note=reading.note if reading else "",
            lost_s=lost_s,
            overflows=now.level.overflows if now.level else 0,
            silence_s=now.silence_s,
            words=words,
            heard=tuple(now.heard),
            provisional=now.provisional,
            behind_s=now.behind_s,
            transcriber=now.listening,
            nudge=_NUDGE if now.nudge else "",
            marks=len(now.marks_s),
            notes=(*((_KEYLESS,) if self.keyless else ()), *(text for _, text in self.said)),
            done_s=self.done[0],
            total_s=self.done[1],
        )

    @contextmanager
    def _screen(self) -> Iterator[Callable[[Screen], None]]:
        """A function that shows a picture: on the terminal's second screen, as lines where there is none."""
        from unsaid.cli.output import console
        from unsaid.views.recording import plain_line, render, told

        out = console(stderr=True)
        if not out.is_terminal or out.is_dumb_terminal:
            last: tuple[object, ...] = ()

            def tell(picture: Screen) -> None:
                nonlocal last
                if told(picture) != last:
                    last = told(picture)
                    self.notes.note(plain_line(picture))

            yield tell
            return
        from rich.control import Control

        with out.screen():

            def draw(picture: Screen) -> None:
                width, height = out.size
                # Not by rich's Live: it fills every row with spaces, a hundred thousand a second.
                with out:
                    out.control(Control.home())
                    out.print(render(picture, width, height), end="", crop=False)

            yield draw


_KEYLESS = "no keys here: Ctrl-C stops"
_NUDGE = "It is quiet: say what you are deciding, and why."


def _prepare(taste: Taste) -> None:
    """Load what comes after the stop while the speaker speaks."""
    import numpy  # noqa: F401
    import soundfile  # noqa: F401

    from unsaid import pipeline
    from unsaid.audio import take  # noqa: F401
    from unsaid.cli import output  # noqa: F401
    from unsaid.formats import audit_json, transcript_json  # noqa: F401
    from unsaid.views import markdown, terminal  # noqa: F401

    pipeline.prepare_later_stages(taste)


def _nothing_kept(recorder: Recorder, signals: _Signals) -> None:
    """Say why there is no recording, and end with the status that belongs to it."""
    ended = recorder.now.ended
    if ended is None:
        click.echo("thrown away; nothing was kept", err=True)
        return
    if because := recorder.because:
        raise UnsaidError(f"nothing was recorded: {because}", "Run `unsaid doctor` to see what is wrong.")
    click.echo("stopped before anything was recorded; nothing was kept", err=True)
    if signals.any:
        sys.exit(128 + (signals.ending or signal.SIGINT))


def _tell(recorder: Recorder, notes: Notes) -> None:
    """What is to be known of the recording, once the screen is gone."""
    session = recorder.session
    take = session.take
    assert take is not None
    for text in dict.fromkeys((*recorder.warnings, *session.notes)):
        notes.warn(text)
    said = "time is up: " if recorder.now.over else ""
    said += f"recorded {clock(session.duration_s)} from {take.device}: {session.id}"
    if take.marks_s:
        said += f"; marked {', '.join(clock(at_s) for at_s in take.marks_s)}"
    notes.note(said)


def _audited(
    session: Session, store: Store, job: Request, notes: Notes, live: Live | None
) -> tuple[Session, Audit]:
    from unsaid import pipeline

    if live is None:
        return pipeline.audit_session(session, store, job, notes)
    return pipeline.audit_live(session, store, job, notes, live)


def _report(settings: Settings, session: Session, found: Audit, notes: Notes, *, everything: bool) -> None:
    from unsaid.cli.afterwards import tell
    from unsaid.cli.output import console, print_report

    print_report(console(), found, title=session.id, page=session.page, everything=everything)
    sys.stdout.flush()
    tell(settings, found, notes, of=session.id, kind=session.kind)
    if found.flags:
        notes.note(f"next: unsaid review {session.id}")
