"""The parts of a drill that are done on a page in the browser."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from unsaid.cli import drill_pages as say
from unsaid.cli.pages import Left

if TYPE_CHECKING:
    from collections.abc import Mapping

    from unsaid.cli.on_page import Web
    from unsaid.cli.sitting import Sitting
    from unsaid.sessions.drills import Label
    from unsaid.sessions.record import Session
    from unsaid.views.drilling import Clock, Compared, Form


class OnPage:
    """The drill as its page goes through it: the part that is on, its clock, and the end."""

    def __init__(self, sitting: Sitting) -> None:
        self.sitting = sitting
        self.ended = False
        """The user said on the page that the drill is done."""

    def clock(self) -> Clock:
        """How the drill stands by now."""
        from unsaid.views.drilling import Clock

        drill, part, now = self.sitting.drill, self.sitting.part, self.sitting.time()
        return Clock(
            drill.title,
            part.id,
            part.title,
            drill.parts.index(part) + 1,
            len(drill.parts),
            part.minutes,
            now.part_left_s,
            now.drill_left_s,
            now.due.title if now.ahead < 0 else "",
            tuple((p.id, p.title, p.todo) for p in drill.parts if p.id in drill.on_page),
            self.ended,
        )

    def go(self, part: str) -> None:
        """Part `part` is on; those between are done. Raises UnsaidError."""
        keeper, order = self.sitting.keeper, self.sitting.drill.on_page
        here = keeper.part
        if part == here or self.ended:
            return
        for passed in order[order.index(here) : order.index(part)]:
            self._done(passed)
        keeper.enter(part)

    def end(self) -> None:
        """The drill is done, with all parts that are left. Raises UnsaidError."""
        order = self.sitting.drill.on_page
        for part in order[order.index(self.sitting.keeper.part) :]:
            self._done(part)
        self.ended = True

    def _done(self, part: str) -> None:
        known = self.sitting.run.parts.get(part)
        if known is None or not known.done:
            self.sitting.keeper.done(part, datetime.now().astimezone().isoformat(timespec="seconds"))

    def _left(self) -> None:
        """Raises `Left` where the page was left before the drill's end."""
        if not self.ended:
            raise Left


class Reviewed(OnPage):
    """Replay and rewrite, the counts, and the self-score: the review page with the drill's clock."""

    def __init__(self, sitting: Sitting, session: Session) -> None:
        super().__init__(sitting)
        self.session = session

    def show(self, web: Web) -> None:
        """Until the drill is done. Raises `Left`, and UnsaidError."""
        from unsaid.cli.review import review_answer

        sitting = self.sitting
        review_answer(
            sitting.settings,
            sitting.store,
            self.session,
            no_audio=sitting.how.no_audio,
            web=web,
            course=self,
        )
        self._left()


class Labelled(OnPage):
    """Signal labelling, from the prompt to the comparison."""

    _compared: tuple[Mapping[str, Label], Compared] | None = None
    """What was compared last, and with what it came of: hearing an answer takes a moment."""

    def show(self, web: Web) -> None:
        """Until the drill is done. Raises `Left`, and UnsaidError."""
        from unsaid.cli.on_page import show
        from unsaid.web.labelled import site

        show(site(self, command="unsaid drill --resume --web"), web)
        self._left()

    def form(self) -> Form:
        """The prompt and the lines as they are kept."""
        from unsaid.drills.signals import SIGNALS
        from unsaid.views.drilling import Field, Form

        run = self.sitting.run
        assert run.prompt is not None
        title, about = say.prompt_head(run.prompt, self.sitting.card())
        return Form(
            run.id,
            title,
            about,
            run.prompt.text,
            run.prompt.facts,
            run.prompt.id is not None,
            tuple(
                Field(s.id, s.title, s.visible, label.text if (label := run.labels.get(s.id)) else None)
                for s in SIGNALS
            ),
        )

    def draw(self) -> bool:
        """Another prompt; False where there is no other that fits. Raises UnsaidError."""
        return self.sitting.draw()

    def write(self, signal: str, text: str) -> None:
        """Keep a line at once. Raises UnsaidError."""
        self.sitting.label({signal: text})

    def go(self, part: str) -> None:
        """As before; what has no line when it comes to comparing was left blank. Raises UnsaidError."""
        from unsaid.drills.signals import SIGNALS

        left = {s.id: "" for s in SIGNALS if s.id not in self.sitting.run.labels}
        if part == "compare" and left:
            self.sitting.label(left)
        super().go(part)

    def compared(self) -> Compared:
        """The lines beside what the prompt asks for, and what was heard in an answer to it."""
        from dataclasses import replace

        from unsaid.cli.drill_end import WORDS, closing

        labels = self.sitting.run.labels
        if self._compared is None or self._compared[0] != labels:
            words = (WORDS[self.sitting.drill.id], *closing(self.sitting))
            self._compared = (labels, replace(self.sitting.labels_compared(), next=words))
        return self._compared[1]
