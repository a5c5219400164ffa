"""The drill that a page is part of: its clock, and going on from part to part."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from unsaid.views.drilling import Clock
from unsaid.views.wording import visible
from unsaid.web import asked
from unsaid.web.asked import Gone
from unsaid.web.site import Read, Write


class Course(Protocol):
    """The parts of a drill that are done on the page. All raise UnsaidError."""

    def clock(self) -> Clock:
        """How it stands by now."""
        ...

    def go(self, part: str) -> None:
        """Part `part` is on; those before it are done. One that is on already stays so."""
        ...

    def end(self) -> None:
        """The drill is done."""
        ...


def routes(course: Course, over: threading.Event) -> tuple[Mapping[str, Read], Mapping[str, Write]]:
    """The clock, going on, and the end."""
    turn = threading.Lock()

    def read(_: Mapping[str, str]) -> dict[str, Any]:
        with turn:
            return state(course.clock())

    def go(body: bytes) -> dict[str, Any]:
        part = asked.part(body)
        with turn:
            if part not in {name for name, _, _ in course.clock().parts}:
                raise Gone("there is no such part on this page")
            course.go(part)
            return state(course.clock())

    def end(body: bytes) -> dict[str, Any]:
        asked.nothing(body)
        with turn:
            course.end()
            found = state(course.clock())
        over.set()
        return found

    return {"/course": read}, {"/part": go, "/end": end}


def state(clock: Clock) -> dict[str, Any]:
    """A drill's clock as the page is told of it; times in seconds."""
    return {
        "drill": visible(clock.drill),
        "part": clock.part,
        "title": visible(clock.title),
        "number": clock.number,
        "of": clock.of,
        "minutes": clock.minutes,
        "partLeft": round(clock.part_left_s, 2),
        "drillLeft": round(clock.drill_left_s, 2),
        "due": visible(clock.due),
        "parts": [
            {"id": name, "title": visible(title), "todo": visible(todo)} for name, title, todo in clock.parts
        ],
        "done": clock.done,
    }
