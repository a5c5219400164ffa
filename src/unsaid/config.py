"""Settings: command line over environment over `unsaid.toml` over defaults, resolved once."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unsaid.errors import UnsaidError

CONFIG_NAME = "unsaid.toml"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting that a person can make."""

    name: str
    """Name in `unsaid.toml`; the environment variable is UNSAID_ and the name in capitals."""
    type: type
    """str, int, float or list (of str)."""
    default: str | int | float | list[str] | None
    help: str
    choices: tuple[str, ...] = ()
    most: float | None = None
    """The greatest number allowed; the least is 0."""


OPTIONS: tuple[Option, ...] = (
    Option("model", str, None, "Whisper model: a name from `unsaid models list`, or a folder."),
    Option("language", str, "en", "Language spoken, as a two-letter code. The rules know English."),
    Option("device", str, "auto", "Where the model runs.", ("auto", "cpu", "cuda")),
    Option("compute_type", str, "default", "Number format of the model, e.g. int8, float16, float32."),
    Option("threads", int, 0, "Processor threads for the model; 0 takes all cores."),
    Option("input", str, None, "Microphone: a name, or part of one, from `unsaid devices`."),
    Option("nudge_s", int, 10, "Seconds of silence after which the screen asks to think aloud; 0: never."),
    Option("countdown_s", int, 3, "Seconds between the prompt and the start of a recording."),
    Option("select", list, [], "Rules to apply (codes, families or names); empty applies all."),
    Option("ignore", list, [], "Rules to leave out."),
    Option(
        "min_confidence", float, None, "Flags of less confidence (0 to 1) are shown by --all only.", (), 1
    ),
)
"""Every setting, listed literally; `unsaid config` and the reference are made from this."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of settings in `unsaid.toml`: with keys of its own, or with keys that another room knows."""

    name: str
    help: str
    keys: tuple[Option, ...] = ()
    each: Option | None = None
    """What every value is like, where the keys are open; whoever knows them checks them."""


TABLES: tuple[Table, ...] = (
    Table(
        "severity",
        "How grave a rule's flags are, by code, family or name; off leaves the rule out.",
        each=Option("", str, None, "", ("error", "warning", "info", "off")),
    ),
    Table(
        "thresholds",
        "When a rule holds.",
        (
            Option("pause_s", float, 4.0, "Seconds of silence before a decision that make it D2.", (), 60),
            Option("sentences_before", int, 1, "Sentences before in which a reason or bound counts.", (), 10),
            Option("sentences_after", int, 2, "Sentences after in which a reason or bound counts.", (), 10),
            Option("flags_per_minute", float, 4.0, "So many flags are shown at most; 0: all.", (), 60),
        ),
    ),
    Table(
        "words",
        "Names of your own field.",
        (
            Option("technology", list, [], "Products, services and languages one chooses between."),
            Option("structure", list, [], "Data structures."),
            Option("component", list, [], "Parts of a system."),
            Option("approach", list, [], "Algorithms and ways to do it."),
        ),
    ),
    Table(
        "cues",
        "Phrases of your own by what they do, e.g. reason, assumption, hedge.",
        each=Option("", list, None, ""),
    ),
)
"""Every table, listed literally. A table is set in the file only."""

Value = str | int | float | list[str] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their origins, and the places that follow from them."""

    workspace: Path
    """Folder that holds `models/` and `sessions/`; it may not exist yet."""
    workspace_origin: str
    values: Mapping[str, Value]
    origins: Mapping[str, str]
    """Where each value comes from, in words a person can act on; of a table's key as `table.key`."""
    tables: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    """Every table of `TABLES`, with the defaults of its own keys."""
    places: Mapping[str, str] = field(default_factory=dict)
    """File and line of each `table.key` that the file sets, for whoever finds fault with it."""

    @property
    def sessions_dir(self) -> Path:
        """Folder with one folder for each session."""
        return self.workspace / "sessions"

    @property
    def models_dirs(self) -> tuple[Path, ...]:
        """Folders searched for models, in order; the first is the one that `unsaid models pull` fills."""
        return (self.workspace / "models", shipped("models"))

    def text(self, name: str, override: str | None = None) -> str:
        """The value of a text setting, "" where it is unset; `override` is the command line's."""
        if override is not None:
            return override
        value = self.values[name]
        return "" if value is None else str(value)

    def number(self, name: str, override: int | None = None) -> int:
        """The value of a whole-number setting; `override` is the command line's."""
        if override is not None:
            return override
        value = self.values[name]
        return value if isinstance(value, int) else 0

    def fraction(self, name: str, override: float | None = None) -> float | None:
        """The value of a setting that may have decimals, None where it is unset; `override` is the command
        line's."""
        value = self.values[name] if override is None else override
        return float(value) if isinstance(value, int | float) else None

    def items(self, name: str, override: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The value of a list setting; a command line that gives any replaces it."""
        if override:
            return tuple(part for item in override for part in _split(item))
        value = self.values[name]
        return tuple(value) if isinstance(value, list) else ()


def shipped(room: str) -> Path:
    """Folder of the data that comes with the program: `models` or `sessions`.

    An installed wheel carries it inside the package; a source checkout has it at its root.
    """
    inside = Path(__file__).parent / "data" / room
    return inside if inside.is_dir() else Path(__file__).parents[2] / room


def load(workspace: str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Resolve all settings.

    `workspace` is the command line's `--workspace`. Raises UnsaidError for a file that cannot be read, an
    unknown setting, or a value of the wrong kind, with the file and line or the variable's name.
    """
    env = os.environ if environ is None else environ
    root, origin = _workspace(workspace, env)
    values: dict[str, Value] = {o.name: o.default for o in OPTIONS}
    origins = {o.name: "default" for o in OPTIONS}
    tables: dict[str, dict[str, Value]] = {t.name: {o.name: o.default for o in t.keys} for t in TABLES}
    origins |= {f"{t.name}.{o.name}": "default" for t in TABLES for o in t.keys}
    places: dict[str, str] = {}
    path = root / CONFIG_NAME
    if path.is_file():
        values |= _from_file(path, origins, tables, places)
    for option in OPTIONS:
        variable = f"UNSAID_{option.name.upper()}"
        if env.get(variable):
            values[option.name] = _parse(option, env[variable], variable)
            origins[option.name] = f"environment variable {variable}"
    return Settings(root, origin, values, origins, tables, places)


def _workspace(given: str | None, env: Mapping[str, str]) -> tuple[Path, str]:
    if given:
        return Path(given).expanduser().absolute(), "--workspace"
    if env.get("UNSAID_WORKSPACE"):
        return (
            Path(env["UNSAID_WORKSPACE"]).expanduser().absolute(),
            "environment variable UNSAID_WORKSPACE",
        )
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG_NAME).is_file():
            return folder, f"the nearest folder with {CONFIG_NAME}"
    import platformdirs

    return Path(platformdirs.user_data_dir("unsaid", appauthor=False)), "your data folder"


def _from_file(
    path: Path, origins: dict[str, str], tables: dict[str, dict[str, Value]], places: dict[str, str]
) -> dict[str, Value]:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UnsaidError(f"{path} cannot be read: {error}", "Mend the file or move it away.") from error
    except tomllib.TOMLDecodeError as error:
        raise UnsaidError(f"{path} is not valid TOML: {error}", "Mend that line.") from error
    known = {o.name: o for o in OPTIONS}
    of_tables = {t.name: t for t in TABLES}
    values: dict[str, Value] = {}
    for name, value in table.items():
        place = f"{path}, line {_line_of(text, name)}"
        if name in of_tables:
            if not isinstance(value, dict):
                raise UnsaidError(
                    f"{place}: '{name}' is a table, not {value!r}", f"Write [{name}] on a line of its own."
                )
            for key, item in value.items():
                at = f"{path}, line {_line_of(text, name, key)}"
                tables[name][key] = _parse(_key(of_tables[name], key, at), item, at)
                origins[f"{name}.{key}"] = str(path)
                places[f"{name}.{key}"] = at
            continue
        if name not in known:
            home = next((t.name for t in TABLES if name in {o.name for o in t.keys}), None)
            if home is not None:
                raise UnsaidError(f"{place}: '{name}' belongs to [{home}]", f"Put it below a line [{home}].")
            raise UnsaidError(
                f"{place}: there is no setting '{name}'", nearest(name, [*known, *of_tables], "settings")
            )
        values[name] = _parse(known[name], value, place)
        origins[name] = str(path)
    return values


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """A hint for a name that is not known: the one that was likely meant, else all there are."""
    names = list(known)
    near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], 1)
    if near:
        return f"Did you mean '{next(n for n in names if n.lower() == near[0])}'?"
    return f"Known {what}: {', '.join(names)}."


def _key(table: Table, key: str, place: str) -> Option:
    """What the value of a table's key is like. Raises UnsaidError for one that it cannot have."""
    if key in {o.name for o in OPTIONS}:
        raise UnsaidError(
            f"{place}: '{key}' does not belong to [{table.name}]", "Put it before the first [table]."
        )
    if table.each is not None:
        return Option(key, table.each.type, None, "", table.each.choices)
    found = next((o for o in table.keys if o.name == key), None)
    if found is None:
        raise UnsaidError(
            f"{place}: there is no '{key}' in [{table.name}]",
            nearest(key, [o.name for o in table.keys], f"names in [{table.name}]"),
        )
    return found


def _line_of(text: str, name: str, key: str | None = None) -> int:
    """The line that sets `name`, or `key` of the table `name`; where it cannot be told, the table's."""
    quoted = [rf"[\"']?{re.escape(n)}[\"']?" for n in (name, key or "")]
    header = re.compile(rf"\s*\[\s*{quoted[0]}\s*\]")
    flat = re.compile(rf"\s*{quoted[0]}\s*[=.]")
    inner = re.compile(rf"\s*{quoted[1]}\s*[=.]")
    dotted = re.compile(rf"\s*{quoted[0]}\s*\.\s*{quoted[1]}\s*=")
    inside, found = False, 1
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("[") and "=" not in line:
            inside = bool(header.match(line))
            if not inside:
                continue
        elif key is not None and ((inside and inner.match(line)) or dotted.match(line)):
            return number
        elif inside or not flat.match(line):
            continue
        if key is None:
            return number
        found = number
    return found


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _parse(option: Option, value: object, place: str) -> Value:
    parsed: Value
    if option.type is list:
        if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return list(value)
        if isinstance(value, str):
            return _split(value)
        raise UnsaidError(f"{place}: '{option.name}' takes a list of texts", 'For example ["D", "U1"].')
    if option.type is float:
        try:
            if isinstance(value, bool):
                raise ValueError
            number = float(str(value))
        except ValueError:
            raise UnsaidError(f"{place}: '{option.name}' takes a number, not '{value}'") from None
        if not 0 <= number <= (option.most or number) or number != number or number == float("inf"):
            raise UnsaidError(f"{place}: '{option.name}' is from 0 to {option.most or 0:g}, not {value}")
        return number
    if option.type is int:
        try:
            if isinstance(value, bool):
                raise ValueError
            parsed = int(str(value))
        except ValueError:
            raise UnsaidError(f"{place}: '{option.name}' takes a whole number, not '{value}'") from None
        if parsed < 0:
            raise UnsaidError(f"{place}: '{option.name}' cannot be negative")
        if option.most is not None and parsed > option.most:
            raise UnsaidError(f"{place}: '{option.name}' is {option.most:g} at most, not {parsed}")
        return parsed
    if not isinstance(value, str):
        raise UnsaidError(f"{place}: '{option.name}' takes a text, not {value!r}", "Put it in quotes.")
    if option.choices and value not in option.choices:
        raise UnsaidError(
            f"{place}: '{option.name}' is one of {', '.join(option.choices)}, not '{value}'",
        )
    return value
