"""The desk as the page's requests find it: one at a time, and nothing made twice that did not change."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid import pipeline
from unsaid.desk import Desk
from unsaid.errors import UnsaidError
from unsaid.model import Moment, Sentence
from unsaid.shortlist import REASONS
from unsaid.views.listened import whole
from unsaid.web import answers, asked
from unsaid.web.asked import Gone
from unsaid.web.site import Site

if TYPE_CHECKING:
    from unsaid.pipeline import Request
    from unsaid.web.course import Course
    from unsaid.web.scored import Scoring


def site(
    desk: Desk,
    *,
    command: str,
    sound: bool = True,
    request: Callable[[], Request] | None = None,
    scoring: Scoring | None = None,
    course: Course | None = None,
) -> Site:
    """The review of `desk` as a site, with the self-score at its end where there is a `scoring`.

    Without `sound` the page plays nothing; `request` tells how rewrites that are said aloud are heard,
    without it they are not. `course` is the drill that the review is part of.
    """
    from unsaid.web import course as courses
    from unsaid.web import scored

    over = threading.Event()
    room = Room(
        desk,
        command=command,
        sound=sound,
        request=request,
        scored=scoring is not None,
        drilled=course is not None,
    )
    score = scored.routes(scoring, over) if scoring is not None else ({}, {})
    drill = courses.routes(course, over) if course is not None else ({}, {})
    return Site(
        command,
        room.page,
        {
            "/state": lambda query: room.state(asked.window(query.get("window", ""))),
            "/whole": lambda _: room.whole(),
            **score[0],
            **drill[0],
        },
        {
            "/act": lambda body: room.act(asked.act(body)),
            "/check": lambda body: room.check(asked.check(body)),
            "/finish": lambda _: room.finish(),
            **score[1],
            **drill[1],
        },
        review=room,
        prepare=room.prepare,
        over=over,
    )


class Room:
    """One review, for requests that come from several threads."""

    def __init__(
        self,
        desk: Desk,
        *,
        command: str,
        sound: bool,
        request: Callable[[], Request] | None = None,
        scored: bool = False,
        drilled: bool = False,
    ) -> None:
        """Without `sound` nothing is played; `request`: how what is said aloud is heard; `scored`: with the
        self-score at the end; `drilled`: within a drill."""
        self._desk = desk
        self._command, self._scored, self._drilled = command, scored, drilled
        self._request = request
        self._hearing: Request | None = None
        self._turn = threading.Lock()
        self._checking = threading.Lock()
        self._sound = (
            sound and answers.sound_file(desk.session.folder, desk.session.recording.name) is not None
        )
        self._peaks: tuple[float, ...] | None = None
        self._prepared = False
        self._page: tuple[tuple[Moment, ...], str] | None = None
        self._whole: tuple[tuple[Sentence, ...], dict[str, Any]] | None = None

    def page(self) -> str:
        """The whole page. Raises UnsaidError."""
        from unsaid.web import page

        with self._turn:
            desk = self._desk
            desk.look()
            # Every change makes another tuple of moments; as long as it is this one, so is the page.
            if self._page is None or self._page[0] is not desk.moments:
                text = page.render(
                    desk.audit,
                    desk.moments,
                    title=desk.session.id,
                    state=self._state(""),
                    peaks=self._waveform(),
                    audio=self._sound,
                    reasons=REASONS,
                    command=self._command,
                    scored=self._scored,
                    drilled=self._drilled,
                )
                self._page = (desk.moments, text)
            return self._page[1]

    def state(self, window: str) -> dict[str, Any]:
        """The review as it is by now. Raises UnsaidError."""
        with self._turn:
            self._desk.look()
            return self._state(window)

    def whole(self) -> dict[str, Any]:
        """What was heard of the answer as a whole: a line, and the panel. Raises UnsaidError."""
        from unsaid.web import page

        with self._turn:
            self._desk.look()
            audit, session = self._desk.audit, self._desk.session
        if self._whole is None or self._whole[0] is not audit.sentences:
            told = whole(audit, pipeline.listen(session, audit))
            self._whole = (audit.sentences, answers.whole(told, audit, page.render_whole(told, audit)))
        return self._whole[1]

    def act(self, act: asked.Act) -> dict[str, Any]:
        """Do one thing, and the review as it is then. Raises UnsaidError."""
        more: dict[str, Any] = {}
        with self._turn:
            desk = self._desk
            desk.look()
            if act.do == "undo":
                undone = desk.undo(window=act.window)
                more["undone"] = undone and answers.lines((undone,))[0]
            elif act.do == "mark":
                sentences = desk.audit.sentences
                if act.sentence >= len(sentences):
                    raise Gone(f"there is no sentence {act.sentence + 1}", "Load the page anew.")
                more["marked"] = desk.mark(sentences[act.sentence], act.letter, window=act.window).id
            else:
                moment = self._moment(act.moment)
                if act.do == "rewrite":
                    more["missing"] = answers.lines(desk.rewrite(moment, act.text, window=act.window))
                elif act.do == "dismiss":
                    desk.dismiss(moment, act.reason, window=act.window)
                elif act.do == "reopen":
                    desk.reopen(moment, window=act.window)
                else:
                    letter = act.letter if act.do == "family" else ""
                    desk.keep(moment, letter, window=act.window)
            return self._state(act.window) | more

    def check(self, check: asked.Check) -> dict[str, Any]:
        """What a sentence would still miss; nothing is kept. Raises UnsaidError."""
        with self._turn:
            self._desk.look()
            moment = self._moment(check.moment)
        # It takes a while in a long answer, and reads only what never changes; the others need not wait.
        with self._checking:
            return {"missing": answers.lines(self._desk.missing(moment, check.text))}

    def say(self, id: str, window: str, sound: bytes) -> dict[str, Any]:
        """Hear what was said for a moment, and keep it as its rewrite. Raises UnsaidError."""
        from unsaid import say

        with self._turn:
            self._desk.look()
            moment = self._moment(id)
            if self._request is None:
                raise Gone("nothing is heard here")
            # One and the same for all: the model stays loaded for it.
            self._hearing = self._hearing or self._request()
        told = _Told()
        spoken = say.hear(self._desk.session, sound, moment, self._hearing, told)
        with self._turn:
            self._desk.look()
            missing = self._desk.rewrite(self._moment(id), spoken.text, recording=spoken.name, window=window)
            more = {
                "missing": answers.lines(missing),
                "heard": answers.lines((spoken.text,))[0],
                "notes": answers.lines(tuple(told.lines)),
            }
            return self._state(window) | more

    def prepare(self) -> None:
        """Load what the first check needs, so that it does not wait for it."""
        if self._prepared:
            return
        self._prepared = True
        with contextlib.suppress(UnsaidError), self._checking:
            for moment in self._desk.moments[:1]:
                self._desk.missing(moment, "This is no rewrite yet.")

    def finish(self, window: str = "") -> dict[str, Any]:
        """Write the reports anew. Raises UnsaidError."""
        with self._turn:
            self._desk.finish()
            return self._state(window)

    def recording(self) -> Path:
        """Path of the recording. Raises Gone."""
        path = answers.sound_file(self._desk.session.folder, self._desk.session.recording.name)
        if not self._sound or path is None:
            raise Gone("this session has no recording to play")
        return path

    def said(self, name: str) -> Path:
        """Path of a rewrite's sound. Raises UnsaidError."""
        with self._turn:
            self._desk.look()
            known = name in {r.recording for r in self._desk.review.rewrites if r.recording}
        path = answers.sound_file(self._desk.session.folder, name) if known else None
        if not self._sound or path is None:
            raise Gone("there is no such sound")
        return path

    def _state(self, window: str) -> dict[str, Any]:
        return answers.state(self._desk, window=window, sound=self._sound)

    def _moment(self, id: str) -> Moment:
        for moment in self._desk.moments:
            if answers.shown_id(moment) == id:
                return moment
        raise Gone("there is no such moment any more", "Another window may have taken it away.")

    def _waveform(self) -> tuple[float, ...] | None:
        if self._peaks is None:
            try:
                self._peaks = pipeline.load_peaks(self._desk.session)
            except UnsaidError:
                self._peaks = ()
        return self._peaks or None


class _Told:
    """What is to be told of a take, for the page. A `pipeline.Reporter`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)

    def warn(self, text: str) -> None:
        """Keep a line."""
        self.lines.append(text)

    @contextlib.contextmanager
    def progress(self, _what: str, _total_s: float) -> Iterator[_NoBar]:
        """Nothing is shown: it takes no longer than the sentence did."""
        yield _NoBar()


class _NoBar:
    def at(self, done_s: float) -> None: ...
