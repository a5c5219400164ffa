"""`unsaid review`: judge every flagged moment and say it better, key by key, each one kept at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from unsaid.cli.on_page import Web, web_options
from unsaid.errors import UnsaidError
from unsaid.model import OWN

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from unsaid.audio.playback import Player
    from unsaid.cli.aloud import Aloud
    from unsaid.cli.keys import Keys
    from unsaid.config import Settings
    from unsaid.desk import Desk
    from unsaid.model import Moment
    from unsaid.pipeline import Request
    from unsaid.review.screen import Mode, Picture
    from unsaid.sessions.record import Session
    from unsaid.sessions.store import Store
    from unsaid.views.recording import Screen as Recording
    from unsaid.web.course import Course

_LOOK_S = 0.5
"""How often the terminal's size is looked at while no key comes."""
_NEXT_S = 0.1
"""The same while one take is played after the other."""
_BEFORE_S, _AFTER_S, _MORE_S = 2.0, 0.5, 2.0
_SPEEDS = (1.0, 0.75, 0.5)


@click.command()
@click.argument("session", required=False)
@click.option("--all", "everything", is_flag=True, help="Go through the less sure flags as well.")
@click.option("--no-audio", is_flag=True, help="Play nothing: over ssh, or where others sit.")
@click.option("--say", "aloud", is_flag=True, help="Say rewrites aloud: key w records; t types instead.")
@click.option("--model", metavar="NAME|FOLDER", help="What hears them (default: what heard the answer).")
@web_options("Review on a page in the browser; its link is printed.")
@click.pass_obj
def review(
    settings: Settings,
    session: str | None,
    everything: bool,
    no_audio: bool,
    aloud: bool,
    model: str | None,
    web: Web | None,
) -> None:
    """Judge the flagged moments of an answer, and rewrite them.

    SESSION is the newest one where it is not named. One moment at a time: hear it again, keep or dismiss it,
    say it as one sentence; the rules check that sentence in its place. Every key is kept at once, and the
    next start goes on where you stopped. --say records the rewrites, and what was really said is checked.
    --web shows the same on a page in the browser; nothing leaves this machine.
    """
    from unsaid.cli.newest import named_or_newest
    from unsaid.sessions.store import Store

    if web is not None and aloud:
        raise UnsaidError("--say is for the terminal", "On the page the key v says a rewrite aloud.")
    store = Store(settings.sessions_dir)
    found = named_or_newest(store, session)
    review_answer(
        settings, store, found, everything=everything, no_audio=no_audio, aloud=aloud, model=model, web=web
    )


def review_answer(
    settings: Settings,
    store: Store,
    session: Session,
    *,
    everything: bool = False,
    no_audio: bool = False,
    aloud: bool = False,
    model: str | None = None,
    web: Web | None = None,
    clock: Callable[[], str] | None = None,
    course: Course | None = None,
) -> None:
    """What `unsaid review` does, in the terminal or (`web`) on a page. Raises UnsaidError.

    Within a drill `clock` tells what time its part has left, and `course` is the drill for the page.
    """
    from unsaid.cli.aloud import Aloud
    from unsaid.cli.choose import taste
    from unsaid.desk import Desk
    from unsaid.say import reviewing

    desk = Desk(session, store, taste(settings)[0], everything=everything)
    if web is None and not sys.stderr.isatty():
        raise UnsaidError(
            "a review needs a terminal, or a browser with --web",
            f"`unsaid dismiss {session.id}` puts flags aside from a script.",
        )
    with reviewing(session):
        if web is not None:
            _on_a_page(settings, store, desk, web, model=model, no_audio=no_audio, course=course)
        else:
            booth = Aloud(settings, session, model=model)
            _in_the_terminal(_Screen(desk, booth, no_audio=no_audio, aloud=aloud, clock=clock))
        desk.finish()
    click.echo(desk.summary())


def _in_the_terminal(screen: _Screen) -> None:
    from unsaid.cli.keys import Keys

    try:
        with screen.shown():
            while True:
                with Keys() as keys:
                    if not keys.live:
                        break
                    again = screen.run(keys)
                if not again:
                    break
                screen.ask_for_rewrite()
    finally:
        screen.close()


def _on_a_page(
    settings: Settings,
    store: Store,
    desk: Desk,
    web: Web,
    *,
    model: str | None,
    no_audio: bool,
    course: Course | None,
) -> None:
    from unsaid.cli.choose import request_for_rewrites
    from unsaid.cli.on_page import show
    from unsaid.cli.output import Notes
    from unsaid.cli.scoring import Scoring
    from unsaid.web.room import site

    def request() -> Request:
        return request_for_rewrites(settings, desk.session, Notes(quiet=True), model=model)

    show(
        site(
            desk,
            command=f"unsaid review {desk.session.id} --web"
            if course is None
            else "unsaid drill --resume --web",
            sound=not no_audio,
            request=request,
            scoring=Scoring(desk.session, store, settings.workspace),
            course=course,
        ),
        web,
    )


class _Screen:
    """The state of the screen, and what the keys do."""

    def __init__(
        self,
        desk: Desk,
        booth: Aloud,
        *,
        no_audio: bool,
        aloud: bool,
        clock: Callable[[], str] | None = None,
    ) -> None:
        self.desk, self.session, self.clock = desk, desk.session, clock
        self.booth, self.aloud = booth, aloud
        self.saying: Recording | None = None
        self.to_play: list[tuple[Path, float, float]] = []
        """What `h` still has to play: file, start and end in seconds."""
        self.take: Player | None = None
        """Plays what was said aloud."""
        self.no_audio = no_audio
        self.at = 0
        self.mode: Mode = "moment"
        self.note = ""
        self.chosen = -1
        self.speed = _SPEEDS[0]
        self.shift_s = self.more_s = 0.0
        self.player: Player | None = None
        self.silent = ""
        """Why nothing is played."""
        if no_audio:
            self.silent = "no sound: --no-audio"
        elif not self.session.recording.is_file():
            self.silent = "no sound: this session has no recording"
        self._go_on()

    # What is shown

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The terminal's second screen."""
        from unsaid.cli.output import console

        self.out: Console = console(stderr=True)
        with self.out.screen():
            yield

    def _draw(self) -> None:
        from unsaid.cli.output import draw
        from unsaid.review.screen import lines

        draw(self.out, lambda out, width, height: lines(out, self.picture(), width, height))

    def picture(self) -> Picture:
        """What the screen shows now."""
        from unsaid.review.screen import Picture

        speed = "" if self.speed == 1.0 else f", at {self.speed:g} of the speed"
        start_s, end_s = self._stretch()
        sound = self.silent or f"from {start_s:.1f} to {end_s:.1f} s{speed}"
        clock = f" · {self.clock()}" if self.clock is not None else ""
        return Picture(
            f"{self.session.id}{clock}",
            self.desk.audit,
            self.moments,
            self.at,
            self.mode,
            self.note,
            self.chosen,
            self.desk.shares,
            sound,
            self.aloud,
            self.saying,
        )

    # What the keys do

    def run(self, keys: Keys) -> bool:
        """Until a rewrite is to be typed (True), or the review is left (False)."""
        while True:
            self._draw()
            key = keys.read(_NEXT_S if self.to_play else _LOOK_S)
            if key is None:
                if not keys.live:
                    return False
                self._play_on()
                continue
            self.note = ""
            if self.mode == "moment" and self.moments and key in ("w", "v", "t"):
                if key == "t" or (key == "w" and not self.aloud):
                    return True
                self._say_aloud(keys)
                continue
            if not self._press(key):
                return False

    def _press(self, key: str) -> bool:
        """False to leave."""
        mode = self.mode
        if mode == "help":
            self.mode = "moment"
        elif mode in ("dismiss", "family", "mark"):
            self._answer(key)
        elif key == "q":
            return False
        elif mode == "end" and key in ("b", "left", "up"):
            self.mode = "moment"
        elif key == "?":
            self.mode = "help"
        elif key == "u":
            self._undo()
        elif key == "m" and self.desk.audit.sentences:
            self.mode = "mark"
            self.chosen = self._moment.sentence_index if self.moments else 0
        elif mode == "moment" and self.moments:
            self._judge(key)
        return True

    def _judge(self, key: str) -> None:
        desk, moment = self.desk, self._moment
        if key == "k":
            self._do(lambda: desk.keep(moment), "kept")
            self._step(1)
        elif key == "d":
            if moment.flag is None:
                self._do(lambda: desk.dismiss(moment), "your mark was taken away")
            else:
                self.mode = "dismiss"
        elif key == "f":
            self.mode = "family"
        elif key == "o":
            self._do(lambda: desk.reopen(moment), "open again")
        elif key == "x":
            self._do(lambda: desk.rewrite(moment, ""), "the rewrite was dropped")
        elif key in ("n", "right", "down", "enter"):
            self._step(1)
        elif key in ("b", "left", "up"):
            self._step(-1)
        elif key == "h":
            self._hear_both()
        elif key in (" ", ",", ".", "l", "s"):
            self._sound(key)

    def _answer(self, key: str) -> None:
        """A key in answer to a question."""
        from unsaid.shortlist import REASONS

        desk = self.desk
        if key == "escape":
            self.mode = "moment"
        elif self.mode == "dismiss":
            if key == "enter" or (key.isdecimal() and 1 <= int(key) <= len(REASONS)):
                reason = "" if key == "enter" else REASONS[int(key) - 1]
                self.mode = "moment"
                moment = self._moment
                self._do(lambda: desk.dismiss(moment, reason), "dismissed")
                self._step(1)
        elif self.mode == "mark" and key in ("up", "down", "k", "j"):
            by = 1 if key in ("down", "j") else -1
            self.chosen = min(max(0, self.chosen + by), len(desk.audit.sentences) - 1)
        elif key.upper() in ("D", "A", "U"):
            letter, mode = key.upper(), self.mode
            self.mode = "moment"
            if mode == "family":
                moment = self._moment
                self._do(lambda: desk.keep(moment, letter), "filed anew")
            else:
                sentence = desk.audit.sentences[self.chosen]
                self._do(lambda: desk.mark(sentence, letter), "marked")
                self._stand_on(f"{OWN}-{sentence.index}")

    def _undo(self) -> None:
        what = self.desk.undo()
        self.mode = "moment"
        self.at = min(self.at, max(0, len(self.moments) - 1))
        if what is None:
            self.note = "nothing to undo"
            return
        action, _, of = what.partition(" ")
        self._stand_on(f"{OWN}-{of}" if action == "mark" else of)
        self.note = f"undone: {action}"

    def ask_for_rewrite(self) -> None:
        """Let the speaker type a sentence, check it, and keep it."""
        moment = self._moment
        before = moment.rewrite.text if moment.rewrite else moment.flag.rewrite if moment.flag else ""
        text = _typed(self.out, before)
        if text is None or not text.strip():
            self.note = "nothing was changed"
            return
        self._do(lambda: self.desk.rewrite(moment, text), "kept")
        now = next((m.rewrite for m in self.moments if m.id == moment.id), None)
        if now is not None:
            self.note = "it passes" if now.passed else "kept; it does not pass yet"

    # Rewrites that are said aloud

    def _say_aloud(self, keys: Keys) -> None:
        """Record a rewrite, hear it, check it and keep it."""
        moment = self._moment
        self._hush()
        try:
            spoken = self.booth.said(moment, keys, self._draw_saying)
            if spoken is None:
                self.note = "thrown away; nothing was changed"
                return
            self._do(lambda: self.desk.rewrite(moment, spoken.text, recording=spoken.name), "kept")
        except UnsaidError as error:
            self.note = " · ".join(filter(None, (error.message, error.hint, "t types it instead")))
            return
        finally:
            self.mode, self.saying = "moment", None
        passed = any(m.id == moment.id and m.rewrite and m.rewrite.passed for m in self.moments)
        pause = f", longest pause {spoken.longest_pause_s:.1f} s" if spoken.longest_pause_s else ""
        said = f"heard: {spoken.text} ({spoken.duration_s:.1f} s{pause})"
        result = "It passes; h plays both takes." if passed else "It does not pass yet; h plays both takes."
        self.note = " ".join((f"{said} {result}", *(f"Note: {line}." for line in self.booth.told.taken())))

    def _draw_saying(self, mode: Mode, saying: Recording | None) -> None:
        self.mode, self.saying = mode, saying
        self._draw()

    def _hear_both(self) -> None:
        """Play the moment as it was said first, then as it was said anew."""
        rewrite = self._moment.rewrite
        if rewrite is None or not rewrite.recording:
            self.note = "nothing was said aloud here yet: v does"
            return
        if self.no_audio:
            self.note = self.silent
            return
        self._hush()
        start_s, end_s = self._stretch()
        first, take = self.session.recording, self.session.folder / rewrite.recording
        self.to_play = [(take, 0.0, float("inf"))]
        if first.is_file():
            self.to_play.insert(0, (first, start_s, end_s))
        self._play_on()

    def _play_on(self) -> None:
        """Play what is next, once nothing plays any more."""
        if not self.to_play or any(p is not None and p.playing for p in (self.player, self.take)):
            return
        path, start_s, end_s = self.to_play.pop(0)
        self.note = "playing it as you said it first" if self.to_play else "playing it as you say it now"
        self._play(path, start_s, end_s)

    # What it stands on

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Those of the desk."""
        return self.desk.moments

    @property
    def _moment(self) -> Moment:
        return self.moments[self.at]

    def _do(self, change: Callable[[], object], done: str) -> None:
        change()
        self.note = done
        self.at = min(self.at, max(0, len(self.moments) - 1))

    def _stand_on(self, id: str) -> None:
        self.at = next((n for n, m in enumerate(self.moments) if m.id == id), self.at)

    def _go_on(self) -> None:
        """To the first moment without a verdict, else to the first that is not settled, else to the end."""
        for wanted in (lambda m: m.verdict == "open", lambda m: not m.settled):
            at = next((n for n, m in enumerate(self.moments) if wanted(m)), None)
            if at is not None:
                self.at = at
                return
        self.mode = "end"

    def _step(self, by: int) -> None:
        self._hush()
        self.shift_s = self.more_s = 0.0
        if self.at + by >= len(self.moments):
            self.mode = "end"
        else:
            self.at = max(0, self.at + by)

    # Sound

    def _stretch(self) -> tuple[float, float]:
        if not self.moments:
            return 0.0, 0.0
        m = self._moment
        start_s = max(0.0, m.start_s - _BEFORE_S - self.more_s + self.shift_s)
        end_s = min(self.session.duration_s, m.end_s + _AFTER_S + self.more_s + self.shift_s)
        return start_s, max(start_s, end_s)

    def _sound(self, key: str) -> None:
        if key == "s":
            self.speed = _SPEEDS[(_SPEEDS.index(self.speed) + 1) % len(_SPEEDS)]
        elif key == "l":
            self.more_s += _MORE_S
        elif key in (",", "."):
            self.shift_s += 1.0 if key == "." else -1.0
        elif self._hush():
            return
        if self.silent:
            self.note = self.silent
            return
        self._hush()
        self._play(self.session.recording, *self._stretch())

    def _play(self, path: Path, start_s: float, end_s: float) -> None:
        from unsaid.audio.playback import Player

        try:
            if path == self.session.recording:
                player = self.player = self.player or Player(path)
            else:
                player = self.take = Player(path)
            player.play(start_s, end_s, speed=self.speed)
        except UnsaidError as error:
            self.to_play.clear()
            self.note = f"no sound: {error.message}. {error.hint or ''}".strip()
            if path == self.session.recording:
                self.silent = f"no sound: {error.message}"

    def _hush(self) -> bool:
        """Be silent; False where nothing was to be heard."""
        heard = bool(self.to_play)
        self.to_play.clear()
        for player in (self.player, self.take):
            if player is not None:
                heard = heard or player.playing
                player.stop()
        return heard

    def close(self) -> None:
        """Stop what plays, and wait for what is being heard."""
        self.booth.close()
        for player in (self.player, self.take):
            if player is not None:
                player.close()


def _typed(out: Console, before: str) -> str | None:
    """A sentence that the speaker types, with `before` to start from; None where she thought better of it."""
    from unsaid.cli.typed import typed

    return typed(out, "One sentence; enter keeps it, Ctrl-C leaves it as it was:", before)
