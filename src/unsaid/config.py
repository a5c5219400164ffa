"""Settings: command line over environment over `unsaid.toml` over defaults, resolved once."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unsaid.errors import UnsaidError

CONFIG_NAME = "unsaid.toml"


@dataclass(frozen=True, slots=True)
class Option:
    """One setting that a person can make."""

    name: str
    """Name in `unsaid.toml`; the environment variable is UNSAID_ and the name in capitals."""
    type: type
    """str, int or list (of str)."""
    default: str | int | list[str] | None
    help: str
    choices: tuple[str, ...] = ()


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
)
"""Every setting, listed literally; `unsaid config` and the reference are made from this."""

Value = str | int | list[str] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their origins, and the places that follow from them."""

    workspace: Path
    """Folder that holds `models/` and `sessions/`; it may not exist yet."""
    workspace_origin: str
    values: Mapping[str, Value]
    origins: Mapping[str, str]
    """Where each value comes from, in words a person can act on."""

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
    path = root / CONFIG_NAME
    if path.is_file():
        values |= _from_file(path, origins)
    for option in OPTIONS:
        variable = f"UNSAID_{option.name.upper()}"
        if env.get(variable):
            values[option.name] = _parse(option, env[variable], variable)
            origins[option.name] = f"environment variable {variable}"
    return Settings(root, origin, values, origins)


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


def _from_file(path: Path, origins: dict[str, str]) -> dict[str, Value]:
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UnsaidError(f"{path} cannot be read: {error}", "Mend the file or move it away.") from error
    except tomllib.TOMLDecodeError as error:
        raise UnsaidError(f"{path} is not valid TOML: {error}", "Mend that line.") from error
    known = {o.name: o for o in OPTIONS}
    values: dict[str, Value] = {}
    for name, value in table.items():
        place = f"{path}, line {_line_of(text, name)}"
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"Known settings: {', '.join(known)}."
            raise UnsaidError(f"{place}: there is no setting '{name}'", hint)
        values[name] = _parse(known[name], value, place)
        origins[name] = str(path)
    return values


def _line_of(text: str, name: str) -> int:
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().lstrip('["').startswith(name):
            return number
    return 1


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
    if option.type is int:
        try:
            if isinstance(value, bool):
                raise ValueError
            parsed = int(str(value))
        except ValueError:
            raise UnsaidError(f"{place}: '{option.name}' takes a whole number, not '{value}'") from None
        if parsed < 0:
            raise UnsaidError(f"{place}: '{option.name}' cannot be negative")
        return parsed
    if not isinstance(value, str):
        raise UnsaidError(f"{place}: '{option.name}' takes a text, not {value!r}", "Put it in quotes.")
    if option.choices and value not in option.choices:
        raise UnsaidError(
            f"{place}: '{option.name}' is one of {', '.join(option.choices)}, not '{value}'",
        )
    return value
