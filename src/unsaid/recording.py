"""From the microphone to a finished recording.

Two processes do the work: one writes the microphone to the disk, one listens to what is written. This one
keeps the session: what was marked, when the speaker was asked to think aloud, what was transcribed. Whatever
happens to any of them, the sound that was written stays readable, and `recover` finishes it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid import __version__, pipeline
from unsaid.audio.files import RATE_HZ
from unsaid.errors import UnsaidError
from unsaid.model import Kind, Prompt
from unsaid.sessions.files import FILE_MODE
from unsaid.sessions.record import PART_NAME, Drilled, Session, Source, Stage, Take, load
from unsaid.sessions.store import InUse, Store, slug

if TYPE_CHECKING:
    from unsaid.audio.microphone import Ended, Level, Opened
    from unsaid.transcribe.weights import ModelFolder

LONGEST_S = 2 * 3600.0
"""A recording ends here at the latest."""

OVERTIME_S = 30.0
"""When the time is up a sentence may be finished: the recording ends at the next pause, or after so long."""

_SENTENCE_PAUSE_S = 1.5
"""A silence that ends the recording once the time is up."""

_LEAST_FREE_BYTES = 20_000_000
"""Below this no recording is begun: five minutes of sound and what is made of them need about as much."""

_CLOSE_S = 5.0
"""How long the capture process may take to close its file before it is ended by force."""

NAME = "microphone"
"""What a session's source is called where it was recorded here."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to record, and how to listen meanwhile."""

    prompt: Prompt | None = None
    kind: Kind | None = None
    input: str | None = None
    """The microphone's name, or part of it; None: the system's default."""
    limit_s: float | None = None
    nudge_s: float = 10.0
    """Silence after which the speaker is asked to think aloud; 0: never."""
    model: ModelFolder | None = None
    """The model that transcribes meanwhile; None: nothing is transcribed before the end."""
    language: str | None = "en"
    device: str = "auto"
    compute_type: str = "default"
    threads: int = 0
    drilled: Drilled | None = None
    """Of which drill it is a take."""


@dataclass(slots=True)
class Now:
    """How the recording stands; read by the screen."""

    opened: Opened | None = None
    level: Level | None = None
    at_s: float = 0.0
    paused: bool = False
    silence_s: float | None = None
    speaking: bool = False
    listening: str = ""
    """What the transcription waits for or why there is none, in words; empty while it runs."""
    words: int | None = None
    heard: list[str] = field(default_factory=list)
    """The text of the last finished stretches."""
    provisional: str = ""
    provisional_words: int = 0
    behind_s: float = 0.0
    nudge: bool = False
    over: bool = False
    """The time that was given is up."""
    marks_s: list[float] = field(default_factory=list)
    ended: Ended | None = None


class Nudges:
    """Says once in each silence that it is time to think aloud. Pure."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._asked = False
        self._resumed_s = float("-inf")

    def resumed(self, at_s: float) -> None:
        """The recording went on after a break: the silence counts from here."""
        self._resumed_s = at_s
        self._asked = False

    def due(self, at_s: float, silence_s: float) -> bool:
        """True once, when `silence_s` of silence until `at_s` have become long enough."""
        silence_s = min(silence_s, at_s - self._resumed_s)
        if silence_s < self._after_s:
            self._asked = False
            return False
        if self._after_s <= 0 or self._asked:
            return False
        self._asked = True
        return True


class Recorder:
    """One recording, from the first frame to the finished file."""

    def __init__(self, store: Store, plan: Plan) -> None:
        self.store = store
        self.plan = plan
        self.now = Now()
        self.session: Session
        self._held = contextlib.ExitStack()
        self._mic: Any = None
        self._live: Any = None
        self._partial: pipeline.PartialTranscript | None = None
        self._done: Any = None
        self._gone = False
        self._over = False
        """`finish` has begun."""
        self._progress = (0.0, 0.0)
        self._events = -1
        self._nudges = Nudges(plan.nudge_s)
        self.thrown_away = False
        self.warnings: list[str] = []
        """What the user should be told once the screen is gone."""

    def start(self, *, paused: bool = False) -> None:
        """Make the session, open the microphone and begin; with `paused` nothing is kept until `resume`.

        Raises UnsaidError where there is no room, no microphone, or no sound from it; nothing is left behind.
        """
        from unsaid.audio.microphone import Microphone
        from unsaid.transcribe.live import Live

        plan = self.plan
        check_room(self.store.folder)
        # `making`: nobody takes what is not locked yet for a recording that was cut off.
        with self.store.making():
            self.session = self.store.create(
                Source(NAME, "", 0),
                now=datetime.now().astimezone(),
                duration_s=0.0,
                name=_name(plan.prompt),
                prompt=plan.prompt,
                kind=plan.kind or (plan.prompt.kind if plan.prompt else None),
                program=__version__,
                take=Take(),
                drilled=plan.drilled,
            )
            try:
                self._held.enter_context(self.store.lock(self.session))
                self.store.begin_recording(self.session)
            except BaseException:
                self.throw_away()
                raise
        try:
            self._events = os.open(
                self.session.events, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, FILE_MODE
            )
            # Listening first: it takes longer to come up, and waits for the file by itself.
            self._live = Live(
                self.session.part,
                model=plan.model.path if plan.model else None,
                name=plan.model.name if plan.model else None,
                language=plan.language,
                device=plan.device,
                compute_type=plan.compute_type,
                threads=plan.threads or None,
            )
            self._mic = Microphone(self.session.part, device=plan.input, paused=paused, max_s=LONGEST_S)
            self._live.start()
            opened = self._mic.start()
        except BaseException:
            self.throw_away()
            raise
        self.now.opened = opened
        self.now.paused = paused
        if plan.model is not None:
            self.now.listening = "loading the model"
            self.now.words = 0
        self._note(event="opened", device=opened.device, rate_hz=opened.rate_hz)

    def tick(self) -> Now:
        """Take in what the two processes have told since the last time. Never waits."""
        for event in self._mic.poll():
            self._hear_microphone(event)
        for event in self._live.poll():
            self._hear_listener(event)
        self._watch_the_time()
        return self.now

    @property
    def running(self) -> bool:
        """False once the capture process has closed the recording."""
        return self.now.ended is None

    @property
    def because(self) -> str:
        """Why the recording ended, where nobody wanted it; "" otherwise."""
        return why_ended(self.now.ended.reason) if self.now.ended is not None else ""

    def mark(self) -> float:
        """Mark this moment; returns its time in the recording in seconds."""
        at_s = self.now.at_s
        self.now.marks_s.append(at_s)
        self._note(event="mark", at=round(at_s, 3))
        return at_s

    def pause(self) -> None:
        """Keep nothing until `resume`."""
        self._mic.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._mic.resume()

    def stop(self) -> None:
        """End the recording; what was said until now is still taken in."""
        self._mic.stop()

    def throw_away(self) -> None:
        """End both processes and delete the session: nothing of it is kept."""
        for process in (self._mic, self._live):
            if process is not None:
                process.kill()
        self._close()
        self._held.close()
        self.thrown_away = True
        shutil.rmtree(self.session.folder, ignore_errors=True)
        self.store.end_recording(self.session.id)

    def close(self) -> None:
        """Close the recording and turn it into its final file, without hearing the rest. Does nothing after
        `finish`, however that went: what it has left is for `recover`."""
        if not self._over:
            self.finish(hear=False, tick=lambda _done_s, _total_s: False)

    def finish(self, *, hear: bool, tick: Callable[[float, float], bool]) -> pipeline.Live | None:
        """Close the recording, turn it into its final file, and hear the rest.

        With `hear` the listening process gets the time it needs: `tick` is called several times a second with
        the seconds that are done and all that there are, and its False ends the waiting. Returns
        what was heard; None where nothing was transcribed meanwhile, or that went wrong: then the recording
        is there all the same, and an audit transcribes it (or the rest of it).

        Where not a moment was recorded, nothing is kept (`thrown_away`), and None is returned.

        Raises UnsaidError where the disk is full: the sound stays as it is, and a later start finishes it.
        """
        ended = self._ended()
        self._over = True
        if _holds_nothing(self.session):
            self.throw_away()
            return None
        hear = hear and self.plan.model is not None
        if hear:
            self._live.end()
        else:
            self._live.kill()
        try:
            self._note(
                event="ended",
                reason=ended.reason,
                overflows=ended.overflows,
                dropped_frames=ended.dropped_frames,
            )
            self.session = _finish(self.store, self.session, ended.reason)
            try:
                live = self._rest(tick) if hear else None
            finally:
                self._live.kill()  # it reads what is removed now
                _clean(self.store, self.session)
        finally:
            self._live.kill()
            self._close()
            self._held.close()
        return live

    def _ended(self) -> Ended:
        if self.now.ended is None:
            self._mic.stop()
            self.now.ended = self._mic.wait(_CLOSE_S)
        return self.now.ended

    def _rest(self, tick: Callable[[float, float], bool]) -> pipeline.Live | None:
        """What the listening process heard, once it is done; None where it cannot tell."""
        while self._done is None and not self._gone:
            for event in self._live.poll(0.05):
                self._hear_listener(event)
            if self._live.hangs:
                self.warnings.append("the listening process hangs; the answer is transcribed anew")
                return None
            if self._done is None and not tick(*self._progress):
                return None
        done = self._done
        if done is None or done.segments is None or self.plan.model is None:
            return None
        return pipeline.Live(
            speech=done.speech,
            peaks=done.peaks,
            segments=done.segments,
            model=self.plan.model,
            language=done.language,
            options=done.options,
        )

    def _hear_microphone(self, event: object) -> None:
        from unsaid.audio.microphone import Ended, Level, Paused, Resumed

        now = self.now
        match event:
            case Level():
                now.level = event
                now.at_s = event.at_s
            case Paused():
                now.paused, now.nudge = True, False
            case Resumed():
                now.paused = False
                self._nudges.resumed(event.at_s)
                if event.at_s > 0:  # a start after the countdown is no break
                    self._note(event="break", at=round(event.at_s, 3), lasted=round(event.after_s, 3))
            case Ended():
                now.ended = event
                now.at_s = event.at_s

    def _hear_listener(self, event: object) -> None:
        from unsaid.transcribe import live

        now = self.now
        match event:
            case live.Heard():
                now.silence_s, now.speaking = event.silence_s, event.speaking
                due = self._nudges.due(event.at_s, event.silence_s)
                if event.speaking:
                    now.nudge = False
                elif due and not now.paused and not now.over:
                    now.nudge = True
                    self._note(event="nudge", at=round(event.at_s, 3))
            case live.Ready():
                now.listening = ""
                self.warnings += event.notes
                self._keep(lambda: self._begin_partial(event.options))
            case live.Transcribed():
                if self._partial is not None:
                    partial = self._partial
                    self._keep(lambda: partial.add(event.segments, event.until_s))
                now.words = (now.words or 0) + sum(len(s.words) for s in event.segments)
                now.heard = [*now.heard[-99:], "".join(s.text for s in event.segments).strip()]
                now.provisional, now.provisional_words = "", 0
            case live.Provisional():
                now.provisional, now.provisional_words = event.text, event.words
            case live.Behind():
                now.behind_s = event.by_s
            case live.Progress():
                self._progress = (event.done_s, event.total_s)
            case live.Done():
                self._done = event
            case live.Failed():
                self._gone = event.gone
                if self.plan.model is not None and not now.listening.startswith("not"):
                    self.warnings.append(f"no transcription while recording: {event.message}")
                    now.listening = f"not available: {event.message}"

    def _watch_the_time(self) -> None:
        limit_s, now = self.plan.limit_s, self.now
        if limit_s is None or now.at_s < limit_s or now.ended is not None:
            return
        now.over, now.nudge = True, False
        silent = now.silence_s is not None and now.silence_s >= _SENTENCE_PAUSE_S
        if silent or now.at_s >= limit_s + OVERTIME_S:
            self.stop()

    def _begin_partial(self, options: dict[str, object]) -> None:
        assert self.plan.model is not None
        key = pipeline.transcript_key(self.plan.model, options)
        self._partial = pipeline.PartialTranscript(self.session.partial, key)

    def _keep(self, write: Callable[[], None]) -> None:
        """Keep something that can be made again: a full disk must not end the recording here."""
        try:
            write()
        except UnsaidError as error:
            if error.message not in self.warnings:
                self.warnings.append(error.message)

    def _note(self, **event: object) -> None:
        try:
            os.write(self._events, json.dumps(event).encode() + b"\n")
            os.fsync(self._events)
        except OSError as error:
            self.warnings.append(f"a mark or a nudge could not be kept: {error.strerror}")

    def _close(self) -> None:
        if self._partial is not None:
            self._partial.__exit__()
            self._partial = None
        if self._events >= 0:
            os.close(self._events)
            self._events = -1


def why_ended(reason: str) -> str:
    """In words, why a recording ended with `reason` (see `microphone.Ended`); "" where it ended as wanted."""
    return "" if reason in _PROPER else _REASONS.get(reason, _CUT_OFF).partition(";")[0]


def check_room(folder: Path) -> None:
    """Raise UnsaidError where the disk that holds `folder` has no room for a recording."""
    place = next((p for p in (folder, *folder.parents) if p.is_dir()), Path())
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(place).free
        if free < _LEAST_FREE_BYTES:
            raise UnsaidError(
                f"the disk is nearly full: {free / 1e6:.0f} MB are free where recordings are kept ({folder})",
                "Free some space (an hour of recording takes 115 MB), or choose another place with "
                "--workspace.",
            )


def recover(store: Store, folder: Path) -> Session | None:
    """Finish the recording in `folder` that was cut off. None where it held no sound and is gone.

    Raises InUse where it is being recorded, or finished, by another run right now, UnsaidError where it
    cannot be finished (the sound then stays as it is).
    """
    if not folder.is_dir():  # thrown away, or removed by another run, just now
        store.end_recording(folder.name)
        return None
    session = _load(folder)
    with contextlib.ExitStack() as held:
        with store.making():
            held.enter_context(store.lock(session))
        session = _load(folder)
        if folder.name not in store.unfinished() and not _is_unfinished(folder):
            raise InUse(f"session '{session.id}' was finished by another run just now", "It is ready.")
        _wait_for_capture(session)
        if not session.part.is_file() and session.recording.is_file():
            _clean(store, session)
            return session
        if _holds_nothing(session):
            shutil.rmtree(folder, ignore_errors=True)
            store.end_recording(session.id)
            return None
        session = _finish(store, session, "cut-off")
        _clean(store, session)
        return session


def unfinished(store: Store, *, thorough: bool = False) -> list[Path]:
    """Folders of recordings that were begun and not finished, oldest first.

    Cheap, unless `thorough`: that looks into every session's folder, and takes away those in which not even
    a session was begun.
    """
    ids = set(store.unfinished())
    if thorough and store.folder.is_dir():
        with store.making():
            for folder in store.folder.iterdir():
                if _never_begun(folder):
                    shutil.rmtree(folder, ignore_errors=True)
                elif _is_unfinished(folder):
                    ids.add(folder.name)
    found = []
    for name in sorted(ids):
        if any((store.folder / name / file).is_file() for file in ("session.json", PART_NAME)):
            found.append(store.folder / name)
        else:
            store.end_recording(name)
    return found


def _holds_nothing(session: Session) -> bool:
    """Whether there is no sample that could be lost. False where that cannot be told."""
    from unsaid.audio.take import HEADER_BYTES

    try:
        if session.recording.exists():
            return False
        return session.part.stat().st_size < HEADER_BYTES + 2
    except FileNotFoundError:
        return True
    except OSError:
        return False


def _never_begun(folder: Path) -> bool:
    """Whether `folder` was made for a session by a run that was killed at that very moment."""
    if folder.name.startswith(".") or not folder.is_dir():
        return False
    return all(path.match(".session.json.*.tmp") for path in folder.iterdir())


def _is_unfinished(folder: Path) -> bool:
    if (folder / PART_NAME).is_file():
        return True
    if not (folder / "session.json").is_file():
        return False
    try:
        take = load(folder).take
    except UnsaidError:
        return False
    return take is not None and not take.ended


def _load(folder: Path) -> Session:
    """The session in `folder`. Raises UnsaidError, with a way to the sound where it is there."""
    try:
        return load(folder)
    except UnsaidError as error:
        part = folder / PART_NAME
        if part.is_file():
            raise UnsaidError(
                error.message, f"The sound is whole: `unsaid import {part}` makes a session of it."
            ) from error
        raise


def _name(prompt: Prompt | None) -> str | None:
    """A session's name that says what was answered: the prompt's id, or its first words."""
    words = "answer"
    if prompt is not None:
        words = prompt.id or "-".join(slug(prompt.text).split("-")[:5]) or words
    return f"{datetime.now().astimezone():%Y-%m-%d-%H%M}-{words}"


def _wait_for_capture(session: Session) -> None:
    """Wait until a capture process whose parent died has closed the recording; it does so at once."""
    from filelock import FileLock, Timeout

    from unsaid.audio.take import LOCK_NAME

    try:
        with FileLock(session.folder / LOCK_NAME, timeout=_CLOSE_S, mode=FILE_MODE):
            pass
    except Timeout:
        raise InUse(
            f"session '{session.id}' is being recorded right now", "Stop that recording first."
        ) from None
    except OSError:
        pass  # a folder that cannot be written has no capture process either


def _finish(store: Store, session: Session, reason: str) -> Session:
    """Turn the part into the final recording and say in session.json how it went.

    The part stays until `_clean`: the listening process may still be reading it.
    """
    from unsaid.audio.take import finish

    began = time.monotonic()
    done = finish(session.part, session.recording, keep=True)
    take = _take(session, reason)
    notes = list(session.notes)
    if take.ended not in _PROPER:
        notes.append(_REASONS.get(take.ended, _CUT_OFF))
    if take.dropped_frames:
        notes.append(f"{take.dropped_frames / RATE_HZ:.1f} s of sound were lost by the sound system")
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    session = replace(
        session,
        source=Source(NAME, done.sha256, done.size_bytes),
        duration_s=done.frames / RATE_HZ,
        stages={"decode": Stage(now, round(time.monotonic() - began, 3), "")},
        take=take,
        notes=tuple(dict.fromkeys(notes)),
        program=__version__,
    )
    store.save(session)
    return session


def _clean(store: Store, session: Session) -> None:
    """Remove what only an unfinished recording needs."""
    from unsaid.audio.take import LOCK_NAME

    left = session.folder.glob(".*.tmp")  # by a run that was killed while it wrote
    for path in (session.part, session.events, session.folder / LOCK_NAME, *left):
        path.unlink(missing_ok=True)
    store.end_recording(session.id)


def _take(session: Session, reason: str) -> Take:
    """How the recording went, from the lines that were kept while it was made."""
    try:
        lines = session.events.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return replace(session.take or Take(), ended=reason)
    take = Take()  # what an earlier run has saved stands in these lines as well
    for line in lines:
        try:
            event = json.loads(line)
            match event["event"]:
                case "opened":
                    device, rate_hz = event["device"], event["rate_hz"]
                    if not isinstance(device, str):
                        break
                    take = replace(take, device=device, device_rate_hz=int(_number(rate_hz)))
                case "mark":
                    take = replace(take, marks_s=(*take.marks_s, _number(event["at"])))
                case "nudge":
                    take = replace(take, nudges_s=(*take.nudges_s, _number(event["at"])))
                case "break":
                    gap = (_number(event["at"]), _number(event["lasted"]))
                    take = replace(take, breaks=(*take.breaks, gap))
                case "ended":
                    overflows, dropped = _number(event["overflows"]), _number(event["dropped_frames"])
                    take = replace(take, overflows=int(overflows), dropped_frames=int(dropped))
                    reason = str(event["reason"])
        except (ValueError, KeyError, TypeError, OverflowError):
            break  # a line torn by a crash: it was the last
    return replace(take, ended=reason)


def _number(value: object) -> float:
    """`value` where it is a number; ValueError otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"a number was expected, not {value!r}")
    return value


_PROPER = ("stopped", "limit")
_CUT_OFF = "the recording was cut off"
_REASONS = {
    "device-gone": "the microphone disappeared; all that was heard before is here",
    "disk-full": "the disk was full; all that was written before is here",
    "cannot-write": "the recording could not be written any further; all that was written before is here",
    "signal": "the recording was ended from outside; all that was heard before is here",
    "parent-gone": "unsaid was ended while recording; all that was heard before is here",
    "died": "the recording process ended unexpectedly; all that was written before is here",
    "cut-off": "the recording was cut off; all that was written before is here",
}
