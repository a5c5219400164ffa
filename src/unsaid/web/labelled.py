"""The signal form of a drill as a page: a prompt, seven lines, and both compared with what was heard."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from unsaid.views.drilling import Compared, Form
from unsaid.views.wording import visible
from unsaid.web import answers, asked
from unsaid.web import course as courses
from unsaid.web.asked import Gone
from unsaid.web.course import Course
from unsaid.web.site import Site


class Labelling(Course, Protocol):
    """The drill with its form. All raise UnsaidError."""

    def form(self) -> Form:
        """The prompt and the lines as they are kept."""
        ...

    def draw(self) -> bool:
        """Another prompt; False where there is no other that fits."""
        ...

    def write(self, signal: str, text: str) -> None:
        """Keep a line under a signal; an empty one is left blank on purpose."""
        ...

    def compared(self) -> Compared:
        """The lines beside what the prompt asks for, and what was heard in an answer to it."""
        ...


def site(labelling: Labelling, *, command: str) -> Site:
    """The form as a site; when the drill is done the server ends."""
    from unsaid.web import page

    over = threading.Event()
    turn = threading.Lock()
    course_reads, course_writes = courses.routes(labelling, over)

    def now() -> dict[str, Any]:
        return state(labelling)

    def read(_: Mapping[str, str]) -> dict[str, Any]:
        with turn:
            return now()

    def write(body: bytes) -> dict[str, Any]:
        line = asked.line(body)
        with turn:
            if line.signal not in {field.id for field in labelling.form().fields}:
                raise Gone("there is no such signal")
            labelling.write(line.signal, line.text)
            return now()

    def draw(body: bytes) -> dict[str, Any]:
        asked.nothing(body)
        with turn:
            if labelling.clock().part != "prompt":
                raise Gone("the prompt is taken already")
            return {"drawn": labelling.draw()} | now()

    def drawn() -> str:
        with turn:
            found = now()
            return page.render_form(
                title=found["drill"], command=command, state=found, course=courses.state(labelling.clock())
            )

    return Site(
        command,
        drawn,
        {"/form": read, **course_reads},
        {"/label": write, "/draw": draw, **course_writes},
        over=over,
    )


def state(labelling: Labelling) -> dict[str, Any]:
    """The form as the page is told of it: plain JSON, every text made safe to show."""
    form, clock = labelling.form(), labelling.clock()
    told: dict[str, Any] = {
        "drill": visible(clock.drill),
        "run": visible(form.run),
        "part": clock.part,
        "done": clock.done,
        "prompt": {
            "title": visible(form.title),
            "about": visible(form.about),
            "text": [visible(line) for line in form.text.split("\n")],
            "facts": answers.lines(form.facts),
            "drawn": form.drawn,
        },
        "fields": [
            {
                "id": field.id,
                "title": visible(field.title),
                "visible": visible(field.visible),
                "text": None if field.text is None else visible(field.text),
            }
            for field in form.fields
        ],
        "compared": _compared(labelling.compared()) if clock.part == "compare" or clock.done else None,
    }
    return {**told, "revision": answers.digest(told)}


def _compared(found: Compared) -> dict[str, Any]:
    return {
        "words": visible(found.words),
        "heard": found.heard,
        "answer": visible(found.answer),
        "next": answers.lines(found.next),
        "rows": [
            {
                "title": visible(row.title),
                "line": visible(row.line),
                "by": row.by,
                "agrees": row.agrees,
                "level": row.level,
                "sentences": [
                    [visible(place), visible(text), visible(what)] for place, text, what in row.sentences
                ],
            }
            for row in found.rows
        ],
    }
