"""JSON as the readers need it: errors name line and column, and a faulty value by its path."""

from __future__ import annotations

import json
import math

from unsaid.errors import UnsaidError
from unsaid.formats.build import Repairs, checked_time
from unsaid.formats.source import Source, clean, shown_name

HINT = "Write the transcript anew with the tool that made it, or mend the file at that place."


def parse(source: Source) -> object:
    """The JSON value in `source`. Raises UnsaidError with line and column where it is none."""
    try:
        return json.loads(source.text, parse_constant=_no_constant)
    except json.JSONDecodeError as e:
        rest = source.text[e.pos : e.pos + 1]
        what = "the file ends too early" if not rest else e.msg[:1].lower() + e.msg[1:]
        raise UnsaidError(
            f"{shown_name(source.name)}, line {e.lineno}, column {e.colno}: this is not valid JSON: {what}",
            HINT,
        ) from None
    except RecursionError:
        raise source.error("this JSON is nested too deeply for a transcript", HINT) from None
    except ValueError:
        raise source.error("a number in this JSON has too many digits", HINT) from None


def _no_constant(_name: str) -> None:
    """NaN and Infinity, which are not JSON but which some tools write, mean that there is no value."""


class Values:
    """Typed access to parsed JSON; every error names the file and the path, such as `segments[3].start`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.repairs = Repairs()

    def error(self, path: str, what: str) -> UnsaidError:
        """An error at `path`."""
        return UnsaidError(
            f"{shown_name(self.source.name)}: {path}: {what}"
            if path
            else f"{shown_name(self.source.name)}: {what}",
            HINT,
        )

    def mapping(self, value: object, path: str) -> dict[str, object]:
        """`value` as an object."""
        if isinstance(value, dict):
            return value
        raise self.error(path, f"here should be an object, and there is {_kind(value)}")

    def array(self, value: object, path: str) -> list[object]:
        """`value` as a list; null counts as an empty one."""
        if value is None:
            return []
        if isinstance(value, list):
            return value
        raise self.error(path, f"here should be a list, and there is {_kind(value)}")

    def text(self, value: object, path: str) -> str:
        """`value` as clean text; null counts as none."""
        if value is None:
            return ""
        if isinstance(value, str):
            return clean(value)
        raise self.error(path, f"here should be text, and there is {_kind(value)}")

    def number(self, value: object, path: str) -> float:
        """`value` as a finite number; text that holds a number will do."""
        if type(value) is float and math.isfinite(value):  # the usual case, tens of thousands of times
            return value
        if not isinstance(value, bool) and isinstance(value, int | float | str) and len(str_of(value)) < 400:
            try:
                number = float(value)
            except (ValueError, OverflowError):
                number = math.nan
            if math.isfinite(number):
                return number
        raise self.error(path, f"here should be a number, and there is {_kind(value)}")

    def integer(self, value: object, path: str) -> int:
        """`value` as a whole number."""
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self.error(path, f"here should be a whole number, and there is {_kind(value)}")

    def seconds(self, value: object, path: str) -> float:
        """`value` as a time in seconds."""
        number = self.number(value, path)
        try:
            return checked_time(number, path, self.repairs)
        except ValueError as e:
            raise self.error(path, str(e)) from None


def str_of(value: int | float | str) -> str:
    """`value` when it is text, else "": long text is no number, and costs time to refuse."""
    return value if isinstance(value, str) else ""


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "a number that is not finite"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        shown = clean(value[:30])
        return f"the text {shown!r}"
    return "a list" if isinstance(value, list) else "an object"
