"""What `session.json` says, as types."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind, Prompt

SCHEMA = 1
PART_NAME = "answer.part.wav"
"""A recording while it is being made."""
USUAL_DRILL = "hidden-reasoning"
"""What an answer that stands alone is taken for."""
STAGES: tuple[str, ...] = ("decode", "speech", "transcribe", "audit", "views")
"""In the order in which they run; each reads what the one before it has saved."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A finished stage."""

    finished: str
    """Local time in ISO 8601."""
    took_s: float
    key: str
    """What the result depends on besides the stage before; another key means that it is out of date."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the recording came from."""

    name: str
    """File name, without its folder."""
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Take:
    """How a recording made through the microphone went. Times are seconds in the recording."""

    device: str = ""
    """The input's name; empty where it was never opened."""
    device_rate_hz: int = 0
    ended: str = ""
    """Why it ended: "stopped", "limit", "device-gone", "disk-full", "signal", "cut-off" …; empty while it
    goes on."""
    overflows: int = 0
    """Times at which the sound system said that it had to drop something."""
    dropped_frames: int = 0
    """Frames of 1/16000 s that are missing, by the clock."""
    marks_s: tuple[float, ...] = ()
    """Moments that the speaker marked."""
    nudges_s: tuple[float, ...] = ()
    """When the screen asked to think aloud."""
    breaks: tuple[tuple[float, float], ...] = ()
    """Where the recording was paused, and for how many seconds; that time is not in the recording."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """Of which drill a session is a take."""

    drill: str
    """The drill's id."""
    run: str
    """Id of the run, which is kept in `.drills` beside the sessions."""
    take: int
    """Number of the take in that run, from 1 on."""


@dataclass(frozen=True, slots=True)
class Session:
    """One practice answer on disk."""

    id: str
    """Name of its folder."""
    folder: Path
    created: str
    """Local time in ISO 8601."""
    source: Source
    duration_s: float
    drill: str = USUAL_DRILL
    prompt: Prompt | None = None
    kind: Kind | None = None
    stages: Mapping[str, Stage] = field(default_factory=dict)
    """Finished stages by name."""
    model: str | None = None
    model_sha256: str | None = None
    program: str = ""
    """Version of the program that wrote it last."""
    notes: tuple[str, ...] = ()
    """What was said of the recording while it was read, e.g. that it breaks off."""
    take: Take | None = None
    """Of a recording made here; None for one that was imported."""
    drilled: Drilled | None = None
    """None for an answer that stands alone."""

    @property
    def recording(self) -> Path:
        """The recording: FLAC, 16 kHz, mono, 16 bit."""
        return self.folder / "answer.flac"

    @property
    def part(self) -> Path:
        """The recording while it is being made: WAV, readable however it ends."""
        return self.folder / PART_NAME

    @property
    def events(self) -> Path:
        """Marks, nudges and breaks of a recording that is being made, one a line."""
        return self.folder / "events.jsonl"

    @property
    def speech(self) -> Path:
        """What voice activity found."""
        return self.folder / "speech.json"

    @property
    def partial(self) -> Path:
        """Segments heard so far, one a line, while transcription is not finished."""
        return self.folder / "transcript.partial.jsonl"

    @property
    def transcript(self) -> Path:
        """The transcript, in openai-whisper's names."""
        return self.folder / "transcript.json"

    @property
    def audit(self) -> Path:
        """The flags."""
        return self.folder / "audit.json"

    @property
    def page(self) -> Path:
        """The marked-up transcript as a page."""
        return self.folder / "report.html"

    @property
    def markdown(self) -> Path:
        """The marked-up transcript as Markdown."""
        return self.folder / "report.md"

    @property
    def said(self) -> tuple[Path, ...]:
        """Rewrites that were said aloud, whether review.json names them or not: `say-MOMENT-NUMBER.flac`."""
        return tuple(sorted(self.folder.glob("say-*.flac")))

    @property
    def finished(self) -> bool:
        """True when every stage is done."""
        return all(stage in self.stages for stage in STAGES)

    def dumps(self) -> str:
        """The text of `session.json`."""
        prompt = self.prompt
        return (
            json.dumps(
                {
                    "schema": SCHEMA,
                    "unsaid": self.program,
                    "id": self.id,
                    "drill": self.drill,
                    "created": self.created,
                    "source": {
                        "name": self.source.name,
                        "sha256": self.source.sha256,
                        "size_bytes": self.source.size_bytes,
                    },
                    "duration": self.duration_s,
                    "prompt": None if prompt is None else _prompt(prompt),
                    "kind": self.kind,
                    "model": {"name": self.model, "sha256": self.model_sha256},
                    "stages": {
                        name: {"finished": s.finished, "took_s": s.took_s, "key": s.key}
                        for name, s in self.stages.items()
                    },
                    "notes": list(self.notes),
                    **({} if self.take is None else {"take": _take(self.take)}),
                    **(
                        {"run": {"id": self.drilled.run, "take": self.drilled.take}}
                        if self.drilled is not None
                        else {}
                    ),
                },
                indent=2,
                ensure_ascii=False,
            )
            + "\n"
        )


def _prompt(prompt: Prompt) -> dict[str, object]:
    more = {"facts": list(prompt.facts), "signals": list(prompt.signals), "minutes": prompt.minutes}
    return {"text": prompt.text, "id": prompt.id, **{name: value for name, value in more.items() if value}}


def _take(take: Take) -> dict[str, object]:
    return {
        "device": take.device,
        "device_rate_hz": take.device_rate_hz,
        "ended": take.ended,
        "overflows": take.overflows,
        "dropped_frames": take.dropped_frames,
        "marks": list(take.marks_s),
        "nudges": list(take.nudges_s),
        "breaks": [{"at": at, "lasted": lasted} for at, lasted in take.breaks],
    }


def load(folder: Path) -> Session:
    """Read a session's folder. Raises UnsaidError naming the file and what is wrong with it."""
    path = folder / "session.json"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnsaidError(
            f"{folder} is no session: it has no session.json", "`unsaid sessions list` shows the sessions."
        ) from None
    except json.JSONDecodeError as error:
        raise UnsaidError(
            f"{path}, line {error.lineno}: not valid JSON: {error.msg}",
            "Restore the file from a copy; the recording beside it is untouched.",
        ) from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise UnsaidError(
            f"{path} cannot be read: {error}", "The recording beside it is untouched."
        ) from error
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if isinstance(schema, int) and schema > SCHEMA:
        raise UnsaidError(
            f"{path} was written by a newer version of unsaid (schema {schema}; this one knows {SCHEMA})",
            "Update unsaid; nothing was changed.",
        )
    try:
        return _from_json(raw, folder)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnsaidError(
            f"{path} is not a session of this program: {type(error).__name__}: {error}",
            "Restore the file from a copy; the recording beside it is untouched.",
        ) from error


def _from_json(raw: dict[str, object], folder: Path) -> Session:
    def table(value: object) -> dict[str, object]:
        if not isinstance(value, dict):
            raise TypeError(f"a table was expected, not {value!r}")
        return value

    def text(value: object) -> str:
        if not isinstance(value, str):
            raise TypeError(f"a text was expected, not {value!r}")
        return value

    def maybe(value: object) -> str | None:
        return None if value is None else text(value)

    def number(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"a number was expected, not {value!r}")
        return float(value)

    def rows(value: object) -> list[object]:
        if not isinstance(value, list):
            raise TypeError(f"a list was expected, not {value!r}")
        return value

    def take(value: object) -> Take | None:
        if value is None:
            return None
        given = table(value)
        return Take(
            text(given["device"]),
            int(number(given["device_rate_hz"])),
            text(given["ended"]),
            int(number(given["overflows"])),
            int(number(given["dropped_frames"])),
            tuple(number(t) for t in rows(given["marks"])),
            tuple(number(t) for t in rows(given["nudges"])),
            tuple((number(table(b)["at"]), number(table(b)["lasted"])) for b in rows(given["breaks"])),
        )

    def drilled(drill: str, value: object) -> Drilled | None:
        if value is None:
            return None
        given = table(value)
        return Drilled(drill, text(given["id"]), int(number(given["take"])))

    source, model = table(raw["source"]), table(raw["model"])
    kind = next((k for k in KINDS if k == raw.get("kind")), None)
    prompt = None
    if raw.get("prompt") is not None:
        given = table(raw["prompt"])
        facts, signals = (tuple(text(t) for t in rows(given.get(n, []))) for n in ("facts", "signals"))
        minutes = max(0.0, number(given.get("minutes", 0.0)))
        prompt = Prompt(text(given["text"]), kind, maybe(given.get("id")), facts, signals, minutes)
    stages = {
        name: Stage(text(table(s)["finished"]), number(table(s)["took_s"]), text(table(s)["key"]))
        for name, s in table(raw["stages"]).items()
        if name in STAGES
    }
    notes = raw.get("notes", [])
    return Session(
        id=folder.name,
        folder=folder,
        created=text(raw["created"]),
        source=Source(text(source["name"]), text(source["sha256"]), int(number(source["size_bytes"]))),
        duration_s=number(raw["duration"]),
        drill=(drill := text(raw.get("drill", USUAL_DRILL))),
        prompt=prompt,
        kind=kind,
        stages=stages,
        model=maybe(model.get("name")),
        model_sha256=maybe(model.get("sha256")),
        program=text(raw.get("unsaid", "")),
        notes=tuple(text(n) for n in notes) if isinstance(notes, list) else (),
        take=take(raw.get("take")),
        drilled=drilled(drill, raw.get("run")),
    )
