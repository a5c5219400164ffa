"""`.drills/<run>.json` beside the sessions: how far a drill has come, so that it can be gone on with.

A run holds what was done and for how long, its prompt, what was typed into a form, and the names of the
sessions that are its takes. What was said stands in those sessions alone: each of them says in its own
session.json of which run it is which take, so that it is found again under another name, and who removes it
leaves nothing of it here.

A part's clock counts time at work (`worked_s`): the seconds in which the drill was open at that part, over
however many sittings. Time away would turn every break into a lost drill.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from unsaid import __version__
from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind, Prompt
from unsaid.sessions.files import explain, make_folder, read_json, write_whole
from unsaid.sessions.record import Session
from unsaid.sessions.store import Store, held

SCHEMA = 1
FOLDER = ".drills"
BEAT_S = 10.0
"""How often the time at work is kept while nothing else is: no more is lost where all stops at once."""
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Part:
    """How far one part has come."""

    worked_s: float = 0.0
    """Seconds at work in it."""
    done: str = ""
    """When it was done, as local time in ISO 8601; empty while it is not."""


@dataclass(frozen=True, slots=True)
class Label:
    """What was written under a signal."""

    text: str
    """One behaviour that could be observed; empty: left blank on purpose."""
    at: str = ""
    """When, as local time in ISO 8601."""


@dataclass(frozen=True, slots=True)
class Run:
    """One drill, done or under way."""

    id: str
    """The file's name without its ending."""
    drill: str
    """The drill's id."""
    begun: str
    """Local time in ISO 8601."""
    minutes: Mapping[str, float] = field(default_factory=dict)
    """Part id to its minutes, where they are not the usual ones."""
    prompt: Prompt | None = None
    kind: Kind | None = None
    """The kind that was asked for; None where none was."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Those that were begun, by id."""
    takes: Mapping[int, str] = field(default_factory=dict)
    """Number of a take to its session's id at that time."""
    labels: Mapping[str, Label] = field(default_factory=dict)
    """Signal id to what was written under it."""
    finished: str = ""
    """When the last part was done; empty while some are still to come."""
    touched: str = ""
    """When it was last worked at; empty where it never was."""
    model: str = ""
    """The Whisper model that was asked for; empty where none was."""
    input: str = ""
    """The microphone that was asked for; empty where none was."""
    raw: Mapping[str, object] = field(default_factory=dict)
    """The file as it was read, so that what this version does not know is kept."""

    @property
    def last(self) -> str:
        """When it was finished, else last worked at, else begun."""
        return self.finished or self.touched or self.begun

    def dumps(self) -> str:
        """The text of the run's file."""
        prompt = self.prompt
        told: dict[str, object] = {
            "drill": self.drill,
            "begun": self.begun,
            "finished": self.finished or None,
            "touched": self.touched or None,
            "minutes": dict(self.minutes),
            "kind": self.kind,
            "prompt": None
            if prompt is None
            else {
                "text": prompt.text,
                "id": prompt.id,
                "kind": prompt.kind,
                **({"facts": list(prompt.facts)} if prompt.facts else {}),
                **({"signals": list(prompt.signals)} if prompt.signals else {}),
                **({"minutes": prompt.minutes} if prompt.minutes else {}),
            },
            "parts": {
                n: {"worked": round(p.worked_s, 1), "done": p.done or None} for n, p in self.parts.items()
            },
            "takes": [{"take": number, "session": name} for number, name in sorted(self.takes.items())],
            "labels": {n: {"text": label.text, "at": label.at} for n, label in self.labels.items()},
            "model": self.model or None,
            "input": self.input or None,
        }
        doc = {"schema": SCHEMA} | dict(self.raw) | {"unsaid": __version__} | told
        return json.dumps(doc, indent=2, ensure_ascii=False) + "\n"


# ------------------------------------------------------------------------------------------ on the disk


def path_of(store: Store, run_id: str) -> Path:
    """Where a run lies."""
    return store.folder / FOLDER / f"{run_id}.json"


def all_runs(store: Store) -> tuple[list[Run], list[UnsaidError]]:
    """All readable runs, the newest first, and what is wrong with the others."""
    runs, broken = [], []
    for path in _files(store):
        try:
            runs.append(_load(path))
        except UnsaidError as error:
            broken.append(error)
    runs.sort(key=lambda r: (_moment(r.begun), r.id), reverse=True)
    return runs, broken


def left(runs: Iterable[Run]) -> list[Run]:
    """Those that are not finished, the one that was left last first."""
    return sorted((r for r in runs if not r.finished), key=lambda r: (_moment(r.last), r.id), reverse=True)


def _files(store: Store) -> list[Path]:
    try:
        return sorted(
            p for p in (store.folder / FOLDER).iterdir() if p.suffix == ".json" and _NAME.fullmatch(p.stem)
        )
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UnsaidError(f"{store.folder / FOLDER} cannot be read: {error.strerror}") from error


def _moment(at: str) -> float:
    """A time of ISO 8601 as seconds, to sort by; that of no time at all is the oldest."""
    try:
        return datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError, OSError):
        return -math.inf


def find(store: Store, name: str) -> Run:
    """The run with this id, or the only one whose id begins so. Raises UnsaidError."""
    ids = [p.stem for p in _files(store)]
    begins = [name] if name in ids else [i for i in ids if name and i.startswith(name)]
    if len(begins) == 1:
        return _load(path_of(store, begins[0]))
    what = f"{name!r} fits {len(begins)} drills" if begins else f"there is no drill {name!r} that was begun"
    raise UnsaidError(what, "`unsaid drill --list` shows them.")


def begin(
    store: Store,
    drill: str,
    now: datetime,
    *,
    minutes: Mapping[str, float],
    prompt: Prompt | None = None,
    kind: Kind | None = None,
) -> Run:
    """Begin a drill: a new run, and its file. Raises UnsaidError where it cannot be written."""
    folder = store.folder / FOLDER
    base = f"{now:%Y-%m-%d-%H%M}-{drill}"
    begun = now.astimezone().isoformat(timespec="seconds")
    make_folder(folder)
    # Two that begin within a minute, maybe in two terminals.
    with held(folder / ".lock", 10.0, f"{folder} is in use by another run"):
        name, number = base, 1
        while path_of(store, name).exists():
            number += 1
            name = f"{base}-{number}"
        run = Run(name, drill, begun, dict(minutes), prompt, kind)
        write_whole(path_of(store, name), run.dumps())
    return run


def remove(store: Store, run: Run) -> None:
    """Delete a run; the sessions that are its takes stay. Raises UnsaidError while somebody is at it."""
    with _held(store, run.id):
        try:
            path_of(store, run.id).unlink(missing_ok=True)
        except OSError as error:
            raise explain(error, path_of(store, run.id)) from error
    _lock(store, run.id).unlink(missing_ok=True)


def takes(store: Store, run_id: str, number: int) -> list[Session]:
    """The sessions that are this take of a run and have something to hear or to read, the newest first."""
    found = [
        s
        for s in store.all()[0]
        if s.drilled is not None
        and (s.drilled.run, s.drilled.take) == (run_id, number)
        and "decode" in s.stages
    ]
    # Within one second the name decides: a later one has a number behind it.
    return sorted(found, key=lambda s: (_moment(s.created), len(s.id), s.id), reverse=True)


def _lock(store: Store, run_id: str) -> Path:
    return store.folder / FOLDER / f".{run_id}.lock"


@contextmanager
def _held(store: Store, run_id: str) -> Iterator[None]:
    with held(_lock(store, run_id), 0.0, f"the drill '{run_id}' is open in another terminal"):
        yield


class Keeper:
    """Holds a run for this process alone, and keeps every change of it at once.

    with Keeper(store, run.id) as keeper:
        keeper.enter("record")
        keeper.change(lambda run: replace(run, takes={1: session.id}))

    Time at work is kept every `BEAT_S` seconds by a thread, so that a drill that is killed knows it too.
    """

    def __init__(self, store: Store, run_id: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self._id = run_id
        self._now_s = now_s
        self._stack = contextlib.ExitStack()
        self._turn = threading.RLock()
        self._over = threading.Event()
        self._part = ""
        self._since_s = 0.0
        self.run: Run

    def __enter__(self) -> Keeper:
        """Raises UnsaidError where the run is gone, damaged, newer, or open elsewhere."""
        self._stack.enter_context(_held(self.store, self._id))
        try:
            self.run = _load(path_of(self.store, self._id))
        except BaseException:
            self._stack.close()
            raise
        threading.Thread(target=self._beats, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        try:
            self.leave()
        finally:
            self._stack.close()

    @property
    def part(self) -> str:
        """Id of the part that is on; empty where none is."""
        return self._part

    def worked(self) -> tuple[dict[str, float], str, float]:
        """Part id to seconds at work; the part that is on (empty: none); and since when, on the clock that
        was given, its seconds are not among them."""
        with self._turn:
            return {n: p.worked_s for n, p in self.run.parts.items()}, self._part, self._since_s

    def enter(self, part: str) -> None:
        """Part `part` is on from now on: its time is counted."""
        self.leave()
        with self._turn:
            self._part, self._since_s = part, self._now_s()
            self.change(lambda run: replace(run, parts={**run.parts, part: run.parts.get(part, Part())}))

    def leave(self) -> None:
        """No part is on any more."""
        with self._turn:
            if self._part:
                self.change(lambda run: run)
            self._part = ""

    def done(self, part: str, at: str) -> None:
        """Part `part` is done."""
        self.change(
            lambda run: replace(run, parts={**run.parts, part: replace(run.parts.get(part, Part()), done=at)})
        )

    def change(self, change: Callable[[Run], Run]) -> Run:
        """Change the run, add the time at work, and keep it. Raises UnsaidError; it is then as it was."""
        with self._turn:
            now_s = self._now_s()
            new = change(self.run)
            if self._part:
                old = new.parts.get(self._part, Part())
                worked_s = old.worked_s + max(0.0, now_s - self._since_s)
                new = replace(new, parts={**new.parts, self._part: replace(old, worked_s=worked_s)})
            if new != self.run:
                new = replace(new, touched=datetime.now().astimezone().isoformat(timespec="milliseconds"))
                write_whole(path_of(self.store, self._id), new.dumps())
            self.run, self._since_s = new, now_s
            return new

    def _beats(self) -> None:
        while not self._over.wait(BEAT_S):
            # A full disk is told where something is to be kept that was done, not here.
            with contextlib.suppress(UnsaidError, OSError):
                self.change(lambda run: run)


# ------------------------------------------------------------------------------------------ reading

_HINT = "Mend the file, or move it away: the drill then counts as never begun. Its recordings are untouched."


def _load(path: Path) -> Run:
    try:
        raw = read_json(path, schema=SCHEMA, hint=_HINT)
    except FileNotFoundError:
        raise UnsaidError(f"{path} is gone", "`unsaid drill --list` shows what is there.") from None
    values = _Values(str(path))
    table = values.table(raw, "")
    parts = values.table(table.get("parts", {}), "parts")
    labels = values.table(table.get("labels", {}), "labels")
    minutes = values.table(table.get("minutes", {}), "minutes")
    return Run(
        path.stem,
        values.text(table.get("drill"), "drill"),
        values.text(table.get("begun"), "begun"),
        {n: values.number(v, f"minutes.{n}", least=0.0) for n, v in minutes.items()},
        values.prompt(table.get("prompt")),
        values.kind(table.get("kind"), "kind"),
        {n: values.part(v, f"parts.{n}") for n, v in parts.items()},
        dict(
            values.take(v, f"takes[{i}]") for i, v in enumerate(values.rows(table.get("takes", []), "takes"))
        ),
        {n: values.label(v, f"labels.{n}") for n, v in labels.items()},
        values.maybe(table.get("finished"), "finished"),
        values.maybe(table.get("touched"), "touched"),
        values.maybe(table.get("model"), "model"),
        values.maybe(table.get("input"), "input"),
        table,
    )


class _Values:
    """Typed access to what a run's file holds; every error names its place."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _wrong(self, place: str, wanted: str) -> UnsaidError:
        return UnsaidError(f"{self._name}: {place or 'the file'} should be {wanted}", _HINT)

    def table(self, value: object, place: str) -> dict[str, object]:
        if not isinstance(value, dict):
            raise self._wrong(place, "a table")
        return value

    def rows(self, value: object, place: str) -> list[object]:
        if not isinstance(value, list):
            raise self._wrong(place, "a list")
        return value

    def text(self, value: object, place: str) -> str:
        if not isinstance(value, str) or not value:
            raise self._wrong(place, "a text")
        return value

    def maybe(self, value: object, place: str) -> str:
        """A text; empty where there is none."""
        if value is not None and not isinstance(value, str):
            raise self._wrong(place, "a text, or null")
        return value or ""

    def number(self, value: object, place: str, *, least: float) -> float:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
            or value < least
        ):
            raise self._wrong(place, f"a number from {least:g} on")
        return float(value)

    def kind(self, value: object, place: str) -> Kind | None:
        known = next((k for k in KINDS if k == value), None)
        if known is None and value is not None:
            raise self._wrong(place, f"one of {', '.join(KINDS)}, or null")
        return known

    def prompt(self, value: object) -> Prompt | None:
        if value is None:
            return None
        given = self.table(value, "prompt")
        kind = self.kind(given.get("kind"), "prompt.kind")
        facts, signals = (
            tuple(self.text(t, f"prompt.{n}") for t in self.rows(given.get(n, []), f"prompt.{n}"))
            for n in ("facts", "signals")
        )
        minutes = self.number(given.get("minutes", 0.0), "prompt.minutes", least=0.0)
        name = self.maybe(given.get("id"), "prompt.id") or None
        text = self.text(given.get("text"), "prompt.text")
        return Prompt(text, kind, name, facts, signals, minutes)

    def part(self, value: object, place: str) -> Part:
        given = self.table(value, place)
        worked_s = self.number(given.get("worked", 0.0), f"{place}.worked", least=0.0)
        return Part(worked_s, self.maybe(given.get("done"), f"{place}.done"))

    def take(self, value: object, place: str) -> tuple[int, str]:
        given = self.table(value, place)
        number = self.number(given.get("take"), f"{place}.take", least=1.0)
        return int(number), self.text(given.get("session"), f"{place}.session")

    def label(self, value: object, place: str) -> Label:
        given = self.table(value, place)
        return Label(
            self.maybe(given.get("text"), f"{place}.text"), self.maybe(given.get("at"), f"{place}.at")
        )
