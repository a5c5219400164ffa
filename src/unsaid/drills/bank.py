"""The prompts: one TOML file each, the program's own and the workspace's."""

from __future__ import annotations

import difflib
import json
import random
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind, Prompt

Level = Literal["junior", "mid", "senior", "staff"]
LEVELS: tuple[Level, ...] = ("junior", "mid", "senior", "staff")
"""For whom a prompt is meant, from the first job on."""

SIGNALS: tuple[str, ...] = (
    "problem-framing",
    "coding-fluency",
    "architectural-judgement",
    "production-judgement",
    "delivery-judgement",
    "leadership-and-influence",
    "communication-and-reflection",
)
"""What an answer can make visible of its speaker."""

USUAL_SIGNALS: Mapping[Kind, tuple[str, ...]] = {
    "coding": ("problem-framing", "coding-fluency", "communication-and-reflection"),
    "design": (
        "problem-framing",
        "architectural-judgement",
        "production-judgement",
        "communication-and-reflection",
    ),
    "story": ("delivery-judgement", "leadership-and-influence", "communication-and-reflection"),
    "debugging": ("problem-framing", "production-judgement", "communication-and-reflection"),
}
"""What a prompt asks for where its file does not say."""

USUAL_MINUTES: Mapping[Kind, float] = {"coding": 8, "design": 8, "story": 5, "debugging": 6}
MOST_MINUTES = 120.0
LATELY = timedelta(days=14)
"""What was practised within this time is not drawn again while there is something else."""

_Choice = TypeVar("_Choice", bound=str)
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TITLE_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class PromptCard:
    """One prompt of the bank. Texts are stripped; none is empty but where it is said."""

    id: str
    """Its file's name without the ending: small letters and digits, with hyphens between."""
    text: str
    """The question, as it is put; it may have several lines."""
    kind: Kind
    title: str
    """A few words to find it by, in one line."""
    level: Level
    minutes: float
    """Time for the answer: more than 0, at most `MOST_MINUTES`."""
    facts: tuple[str, ...] = ()
    """What is given besides the text, a sentence each: figures, limits."""
    asks: tuple[str, ...] = ()
    """What a good answer asks or settles first; not for the eyes of who is about to answer."""
    signals: tuple[str, ...] = ()
    """Which of `SIGNALS` the answer should make visible, in their order."""
    flawed: str = ""
    """For recovery practice: the solution with a fault, as the speaker would have told it; else empty."""
    fault: str = ""
    """What is wrong with `flawed`: the assumption that was too strong; empty where there is none."""
    file: Path | None = None
    """Where it was read from."""
    own: bool = False
    """It lies in the workspace: the user's, not the program's."""

    @property
    def recovery(self) -> bool:
        """It hands out a flawed solution to go on from."""
        return bool(self.flawed)

    @property
    def prompt(self) -> Prompt:
        """The question as the rest of the program knows it."""
        return Prompt(self.text, self.kind, self.id, self.facts, self.signals, self.minutes)


@dataclass(frozen=True, slots=True)
class Draw:
    """A prompt that chance has chosen."""

    card: PromptCard
    lately: bool
    """All there was to choose from had been practised lately."""


def folders(workspace: Path) -> tuple[Path, ...]:
    """Where prompts are looked for; the workspace's own come first and win."""
    return (own_folder(workspace), Path(__file__).parent / "prompts")


def own_folder(workspace: Path) -> Path:
    """Where the user's own prompts lie; it may not exist yet."""
    return workspace / "prompts"


def known(workspace: Path) -> dict[str, Path]:
    """Prompt id to file, in order of id. Raises UnsaidError for a folder that cannot be read."""
    found: dict[str, Path] = {}
    for folder in reversed(folders(workspace)):
        found |= {path.stem: path for path in _files(folder)}
    return dict(sorted(found.items()))


def _files(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.suffix == ".toml" and p.is_file()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UnsaidError(
            f"{folder} cannot be read: {error.strerror or error}", "Give yourself the right to read it."
        ) from error


def cards(workspace: Path) -> tuple[list[PromptCard], list[UnsaidError]]:
    """All prompts, by kind, level and id, and what is wrong with the files that are none."""
    found: list[PromptCard] = []
    broken: list[UnsaidError] = []
    for path in known(workspace).values():
        try:
            found.append(_card(path, workspace))
        except UnsaidError as error:
            broken.append(error)
    found.sort(key=lambda c: (KINDS.index(c.kind), c.recovery, LEVELS.index(c.level), c.id))
    return found, broken


def find(prompt_id: str, workspace: Path) -> PromptCard:
    """The prompt with this id. Raises UnsaidError where there is none, or its file is not right."""
    prompts = known(workspace)
    if prompt_id in prompts:
        return _card(prompts[prompt_id], workspace)
    near = difflib.get_close_matches(prompt_id, prompts, 1)
    hint = f"Did you mean '{near[0]}'? " if near else ""
    raise UnsaidError(
        f"there is no prompt {_quoted(prompt_id)}", f"{hint}`unsaid prompts list` shows what there is."
    )


def resolve(given: str, workspace: Path) -> Prompt:
    """The prompt with the id `given`, else `given` itself as the prompt's text.

    A word without spaces, in small letters with hyphens, is an id. Raises UnsaidError for an empty text,
    an unknown id, or a prompt file that cannot be read.
    """
    text = given.strip()
    if not text:
        raise UnsaidError(
            "the prompt is empty", "Give the question that was answered, or leave --prompt out."
        )
    if not is_id(text):
        return Prompt(text)
    try:
        return find(text, workspace).prompt
    except UnsaidError as error:
        if text in known(workspace):
            raise
        raise UnsaidError(error.message, f"{error.hint} Or give the question itself, in quotes.") from None


def is_id(text: str) -> bool:
    """Whether `text` is written as a prompt's id is."""
    return bool(_ID.fullmatch(text))


def _card(path: Path, workspace: Path) -> PromptCard:
    if not is_id(path.stem):
        raise UnsaidError(
            f"{path.parent}: {_quoted(path.name)} is no name for a prompt",
            "Rename it: small letters, digits and hyphens, and .toml, as in my-own.toml.",
        )
    return read_card(path, own=path.parent == own_folder(workspace))


def read(path: Path) -> Prompt:
    """The question in a prompt's file. Raises UnsaidError naming the file and what is wrong."""
    return read_card(path).prompt


def read_card(path: Path, *, own: bool = False) -> PromptCard:
    """Read one prompt file. Raises UnsaidError naming file and line, and what is wrong."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnsaidError(
            f"{path} cannot be read: {error.strerror or error}", "Mend the file or move it away."
        ) from error
    return loads(raw, prompt_id=path.stem, name=str(path), file=path, own=own)


def loads(
    raw: bytes, *, prompt_id: str, name: str, file: Path | None = None, own: bool = False
) -> PromptCard:
    """The prompt that is written in `raw`, the bytes of a TOML file.

    `text` and `kind` have to be there; what else is missing is filled in. `name` stands for the file in
    messages. Raises UnsaidError, with the line where there is one.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnsaidError(f"{name}, line {line}: not UTF-8 text", "Save the file as UTF-8.") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, at = (
            str(error),
            re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error)),
        )
        line = int(at[1]) if at and at[1] else text.rstrip("\n").count("\n") + 1
        told = message[: at.start()] if at else message
        raise UnsaidError(f"{name}, line {line}: not valid TOML: {told}", _MEND) from error
    except RecursionError as error:
        raise UnsaidError(f"{name} is nested too deep", "A prompt is a few texts and lists.") from error
    return _Reader(name, text, table).card(prompt_id, file, own)


def made_of(table: Mapping[str, object], *, name: str = "the prompt") -> PromptCard:
    """The prompt with the fields of `table`, as in a file; it has no id yet. Raises UnsaidError."""
    return _Reader(name, "", table).card("", None, True)


_MEND = 'Mend that line. A text stands in quotes: text = "Design a …"'
_FIELDS = ("text", "kind", "title", "level", "minutes", "facts", "asks", "signals", "flawed", "fault")


class _Reader:
    """Takes a prompt's fields out of a TOML table."""

    def __init__(self, name: str, source: str, table: Mapping[str, object]) -> None:
        self.name = name
        self.source = source
        self.table = table

    def card(self, prompt_id: str, file: Path | None, own: bool) -> PromptCard:
        for key in self.table:
            if key not in _FIELDS:
                raise self.error(key, f"there is no field {_quoted(key)}", nearest(key, _FIELDS, "fields"))
        text = self.text("text")
        if not text:
            raise UnsaidError(f"{self.name} has no 'text'", 'Add a line such as: text = "Design a …"')
        kind = self.choice("kind", KINDS)
        if kind is None:
            raise UnsaidError(f"{self.name} has no 'kind'", f"It is one of {', '.join(KINDS)}.")
        flawed, fault = self.text("flawed"), self.text("fault")
        if bool(flawed) != bool(fault):
            there, missing = ("flawed", "fault") if flawed else ("fault", "flawed")
            raise self.error(
                there,
                f"'{there}' has no '{missing}'",
                "A flawed solution and what is wrong with it go together.",
            )
        signals = self.texts("signals")
        for signal in signals:
            if signal not in SIGNALS:
                raise self.error(
                    "signals", f"there is no signal {_quoted(signal)}", nearest(signal, SIGNALS, "signals")
                )
        return PromptCard(
            id=prompt_id,
            text=text,
            kind=kind,
            title=" ".join(self.text("title").split()) or title_of(text),
            level=self.choice("level", LEVELS) or "mid",
            minutes=self.minutes() or USUAL_MINUTES[kind],
            facts=self.texts("facts"),
            asks=self.texts("asks"),
            signals=tuple(s for s in SIGNALS if s in signals) or USUAL_SIGNALS[kind],
            flawed=flawed,
            fault=fault,
            file=file,
            own=own,
        )

    def text(self, field: str) -> str:
        value = self.table.get(field, "")
        if not isinstance(value, str):
            raise self.wrong(field, "a text in quotes", value)
        if field in self.table and not value.strip():
            raise self.error(field, f"'{field}' is empty", "Fill it in, or leave it out.")
        return self.whole(field, value)

    def texts(self, field: str) -> tuple[str, ...]:
        value = self.table.get(field, ())
        if not isinstance(value, list | tuple):
            raise self.wrong(field, "a list of texts", value)
        for item in value:
            if not isinstance(item, str):
                raise self.wrong(field, "a list of texts", item)
            if not item.strip():
                raise self.error(field, f"'{field}' has an empty text", "Fill it in, or take it out.")
        return tuple(self.whole(field, item) for item in value)

    def whole(self, field: str, value: str) -> str:
        if any("\ud800" <= c <= "\udfff" for c in value):
            raise self.error(
                field, f"'{field}' is not UTF-8 text", "Write it into a file in UTF-8, and add that."
            )
        return value.strip()

    def choice(self, field: str, known: Sequence[_Choice]) -> _Choice | None:
        value = self.text(field)
        found = next((k for k in known if k == value), None)
        if value and found is None:
            raise self.error(field, f"'{field}' is {_quoted(value)}", nearest(value, known, f"{field}s"))
        return found

    def minutes(self) -> float | None:
        value = self.table.get("minutes")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong("minutes", "a number", value)
        if not 0 < value <= MOST_MINUTES:
            raise self.error(
                "minutes", f"'minutes' is {value}", f"Give more than 0 and at most {MOST_MINUTES:g}."
            )
        return float(value)

    def wrong(self, field: str, wanted: str, value: object) -> UnsaidError:
        what = next((name for type_, name in _TYPES if isinstance(value, type_)), "a date or a time")
        example = (
            f'{field} = ["…", "…"]' if "list" in wanted else f"{field} = {'6' if 'number' in wanted else '…'}"
        )
        return self.error(field, f"'{field}' takes {wanted}, not {what}", f"For example: {example}")

    def error(self, field: str, message: str, hint: str) -> UnsaidError:
        line = f", line {_line_of(self.source, field)}" if self.source else ""
        return UnsaidError(f"{self.name}{line}: {message}", hint)


_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),
    (str, "a text"),
    (int, "a number"),
    (float, "a number"),
    (list, "a list"),
    (dict, "a table"),
)


def _line_of(source: str, key: str) -> int:
    """The line on which the field `key` begins; 1 where it cannot be told."""
    begins = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    lines = source.split("\n")
    for at, line in enumerate(lines):
        if not begins.match(line):
            continue
        try:
            # Within a text or a list of several lines, what stands before is not whole.
            tomllib.loads("\n".join(lines[:at]))
        except tomllib.TOMLDecodeError:
            continue
        return at + 1
    return 1


def _quoted(text: str) -> str:
    """A name out of a file, for a message: short, in quotes, with nothing that a terminal would obey."""
    return repr(text if len(text) <= _TITLE_CHARACTERS else f"{text[:_TITLE_CHARACTERS]}…")


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """A hint for a name that is not known: the one that was likely meant, else all there are."""
    names = list(known)
    near = difflib.get_close_matches(name.lower(), names, 1)
    return f"Did you mean '{near[0]}'?" if near else f"Known {what}: {', '.join(names)}."


def title_of(text: str) -> str:
    """A title for a prompt that has none: the first words of its text, in one line."""
    words = " ".join(text.split())
    if len(words) <= _TITLE_CHARACTERS:
        return words
    cut = words[:_TITLE_CHARACTERS]
    return f"{cut[: cut.rfind(' ')] if ' ' in cut else cut}…"


def dumps(card: PromptCard) -> str:
    """A prompt as the text of its TOML file; `loads` gives the same again."""
    lines = [f"title = {_toml(card.title)}", f"text = {_toml(card.text)}", f"kind = {_toml(card.kind)}"]
    lines += [f"level = {_toml(card.level)}", f"minutes = {_number(card.minutes)}"]
    for field, texts in (("facts", card.facts), ("asks", card.asks), ("signals", card.signals)):
        if texts:
            lines += [f"{field} = [", *(f"  {_toml(t)}," for t in texts), "]"]
    if card.flawed:
        lines += [f"flawed = {_toml(card.flawed)}", f"fault = {_toml(card.fault)}"]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _toml(text: str) -> str:
    """A text of JSON is one of TOML; what no editor shows is written as its number."""
    return "".join(c if c.isprintable() else _escape(ord(c)) for c in json.dumps(text, ensure_ascii=False))


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def draw(
    choice: Sequence[PromptCard], practised: Mapping[str, datetime], now: datetime, chance: random.Random
) -> Draw:
    """One of `choice`, which is not empty: one never practised where there is any, else one of those that
    were not practised lately, and of these one of the half that has waited longest.

    `practised` has the time of the last answer for each prompt id; times have a time zone.
    """
    never = [c for c in choice if c.id not in practised]
    if never:
        return Draw(chance.choice(never), lately=False)
    waited = sorted(choice, key=lambda c: practised[c.id])
    rested = [c for c in waited if now - practised[c.id] > LATELY]
    pool = rested or waited
    return Draw(chance.choice(pool[: (len(pool) + 1) // 2]), lately=not rested)
