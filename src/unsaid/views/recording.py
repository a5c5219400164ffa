"""The screen while an answer is recorded: what it shows, how it is drawn, and what a level means in words.

Every frame has the same rows in the same places, empty ones too, so that nothing jumps. No row is wider than
the terminal. What colour says, words say as well.
"""

from __future__ import annotations

import math
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from unsaid.views.wording import clock, plural, visible

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.segment import Segment

State = Literal["countdown", "recording", "paused", "asking", "stopping", "finishing"]
"""Where a recording stands. "asking": whether to throw it away; meanwhile it goes on, or stays paused."""

FLOOR_DBFS = -60.0
"""The left end of the level meter; its right end is 0 dBFS."""

GOOD = "good"
TOO_QUIET = "too quiet: come closer or raise the input level"
CLIPPING = "clipping: move back or lower the input level"
NO_SOUND = "no sound: is the microphone muted?"

TIME_IS_UP = "time is up: finish your sentence"

MEASURE_COLUMNS = 100
"""Longer lines are hard to read: nothing is wider than this, however wide the terminal."""


@dataclass(frozen=True, slots=True)
class Screen:
    """All that the screen shows at one moment; times in seconds, levels in dBFS."""

    state: State
    """Where the recording stands."""
    paused: bool = False
    """While asking: whether the recording is paused meanwhile."""
    prompt: str = ""
    """The question that is answered; "" where there is none."""
    countdown_s: float = 0.0
    """Time until the recording begins; shown while counting down."""
    elapsed_s: float = 0.0
    """Recorded so far, without the time spent paused."""
    limit_s: float | None = None
    """How long the answer may be; None: as long as one likes."""
    over: bool = False
    """Whether the limit has passed."""
    device: str = ""
    """The microphone's name."""
    peak_dbfs: float | None = None
    """How far the meter's bar reaches (`Reading.peak_dbfs`); None: no level is known."""
    rms_dbfs: float | None = None
    """How far the solid part of the bar reaches (`Reading.rms_dbfs`)."""
    hold_dbfs: float | None = None
    """The highest level of the last moments (`Reading.hold_dbfs`)."""
    level_note: str = ""
    """What the level means (`Reading.note`), also when cut at its colon; "" where nothing is known."""
    lost_s: float = 0.0
    """How much sound has been dropped."""
    overflows: int = 0
    """How often the system said that sound was dropped, whether or not it said how much."""
    silence_s: float | None = None
    """How long nobody has spoken; None: not known."""
    words: int | None = None
    """Words heard so far; None: there is no live transcription."""
    heard: tuple[str, ...] = ()
    """The text of each finished stretch, oldest first. Each begins on a line of its own; only the last ones
    that fit are looked at, so the first may be left out once there are many."""
    provisional: str = ""
    """What the stretch that is not finished sounds like so far."""
    behind_s: float = 0.0
    """How much sound waits to be transcribed."""
    transcriber: str = ""
    """What is to be said of the live transcription: "loading the model", "not available: …", or nothing."""
    nudge: str = ""
    """A quiet line that invites to think aloud; "" for none."""
    marks: int = 0
    """How many moments have been marked."""
    notes: tuple[str, ...] = ()
    """Short messages of the moment, newest last ("marked 2:13"); whoever fills this in lets them go again."""
    done_s: float = 0.0
    """While finishing: how much of the sound has been worked through."""
    total_s: float = 0.0
    """While finishing: how much sound there is; 0: not known."""


# What a level means


@dataclass(frozen=True, slots=True)
class Reading:
    """Where the level meter stands."""

    peak_dbfs: float
    """The peak, quick to rise and slow to fall, at least `FLOOR_DBFS`, at most 0."""
    rms_dbfs: float
    """The same of the mean level."""
    hold_dbfs: float
    """The highest peak of the last moments."""
    note: str
    """`GOOD`, `TOO_QUIET`, `CLIPPING`, `NO_SOUND`, or "" while nobody can tell."""


class LevelMeter:
    """Turns the levels of a microphone into a meter that can be watched and a verdict that can be trusted.

    The verdict is calm. "Too quiet" is said of moments that stand out of the room's noise as speech does, not
    of the room; "good" stays through pauses; "no sound" needs some seconds before anything has been heard,
    and afterwards longer than any hush that somebody has come back from (a noise gate gives digital silence
    in every pause). All thresholds are this program's own choice; the tests hold them on scripted levels.
    """

    FALL_DB_PER_S = 25.0
    """How fast the bar falls."""
    HOLD_S = 1.5
    """How long the highest peak stays before it falls too."""

    HUSH_DBFS = -60.0
    """Below it is no sound that matters."""
    DEAD_DBFS = -75.0
    """Below it is not even the quietest room through a microphone that works."""
    WOKEN_DBFS = -55.0
    """From here on there is sound again."""
    DEAD_S = 3.0
    """How long it must be dead before that is told, while nothing has been heard yet."""
    HUSH_S = 8.0
    """The same for a mere hush, which may be a good microphone in a quiet room."""
    LATER_S = 10.0
    """How long either must last once something has been heard."""

    QUIET_DBFS = -30.0
    """Loud moments of speech that stay below it are too quiet."""
    ENOUGH_DBFS = -27.0
    """From here on they are so no longer."""
    JUDGED_S = 5.0
    """How much of the latest speech is judged …"""
    FORGET_S = 30.0
    """… none of it older than this …"""
    NEEDED_S = 1.5
    """… and at least this much."""
    ABOVE_NOISE_DB = 10.0
    """How far speech stands out of the lowest peaks of the last seconds."""
    NOISE_S = 10.0
    """How far back those lowest peaks are looked for."""
    CREST_DB = 18.0
    """A peak further than this above the mean level is a click, a key or a knock and not speech."""

    CLIPPED_S = 5.0
    """Clipping twice within this time is told, and goes on being told for as long."""
    APART_S = 0.2
    """What clips within this time is one and the same knock."""

    def __init__(self) -> None:
        self._at_s: float | None = None
        self._peak = self._rms = self._hold = FLOOR_DBFS
        self._held_s = 0.0
        self._clipped: int | None = None
        self._clips: deque[float] = deque(maxlen=2)
        self._clipping_until_s = -math.inf
        self._hush_s = self._dead_s = self._longest_s = 0.0
        self._heard = self._silent = False
        self._recent: deque[tuple[float, float]] = deque()
        self._speech: deque[tuple[float, float, float]] = deque()
        self._loudness = ""

    def hear(
        self,
        at_s: float,
        peak_dbfs: float,
        rms_dbfs: float,
        clipped: int = 0,
        *,
        speaking: bool | None = None,
    ) -> Reading:
        """Take in the level since the last call and tell where the meter stands.

        `at_s` is the time on any clock that never goes back and does not stop while paused; `clipped` counts
        from the start of the recording. `speaking` says whether somebody speaks, where that is known: then
        only such moments are judged.
        """
        peak, rms = _level(peak_dbfs), _level(rms_dbfs)
        step_s = 0.0 if self._at_s is None else max(0.0, at_s - self._at_s)
        self._at_s = at_s
        self._move(at_s, step_s, peak, rms)
        # A gap in the levels (a busy machine) is no sound of its own.
        step_s = min(step_s, 0.5)
        self._clip(at_s, clipped)
        self._hush(step_s, peak)
        self._judge(at_s, step_s, peak, rms, speaking)
        if self._silent:
            note = NO_SOUND
        elif at_s < self._clipping_until_s:
            note = CLIPPING
        else:
            note = self._loudness
        return Reading(self._peak, self._rms, self._hold, note)

    def _move(self, at_s: float, step_s: float, peak: float, rms: float) -> None:
        fall = self.FALL_DB_PER_S * step_s
        self._peak = _on_scale(max(peak, self._peak - fall))
        self._rms = _on_scale(max(rms, self._rms - fall))
        if self._peak >= self._hold:
            self._hold, self._held_s = self._peak, at_s
        elif at_s - self._held_s > self.HOLD_S:
            self._hold = max(self._peak, self._hold - fall)

    def _clip(self, at_s: float, clipped: int) -> None:
        before, self._clipped = self._clipped, clipped
        if clipped <= (0 if before is None else before):
            return
        if not self._clips or at_s - self._clips[-1] >= self.APART_S:
            self._clips.append(at_s)
        if len(self._clips) == 2 and at_s - self._clips[0] <= self.CLIPPED_S:
            self._clipping_until_s = at_s + self.CLIPPED_S

    def _hush(self, step_s: float, peak: float) -> None:
        self._dead_s = self._dead_s + step_s if peak < self.DEAD_DBFS else 0.0
        if peak < self.HUSH_DBFS:
            self._hush_s += step_s
        elif peak >= self.WOKEN_DBFS or not self._silent:
            if self._heard:
                self._longest_s = max(self._longest_s, self._hush_s)
            self._hush_s = 0.0
            self._silent = False
            self._heard = self._heard or peak >= self.WOKEN_DBFS
        if self._heard:
            patience_s = max(self.LATER_S, 2 * self._longest_s)
            self._silent = self._silent or self._hush_s >= patience_s
        else:
            self._silent = self._silent or self._dead_s >= self.DEAD_S or self._hush_s >= self.HUSH_S

    def _judge(self, at_s: float, step_s: float, peak: float, rms: float, speaking: bool | None) -> None:
        self._recent.append((at_s, peak))
        while self._recent[0][0] < at_s - self.NOISE_S:
            self._recent.popleft()
        noise = min(peak for _, peak in self._recent)
        stands_out = peak >= max(noise + self.ABOVE_NOISE_DB, self.HUSH_DBFS)
        if speaking is False or not stands_out or peak - rms > self.CREST_DB:
            return
        self._speech.append((at_s, step_s, peak))
        judged_s = sum(step for _, step, _ in self._speech)
        while judged_s - self._speech[0][1] >= self.JUDGED_S or self._speech[0][0] < at_s - self.FORGET_S:
            judged_s -= self._speech.popleft()[1]
        if judged_s < self.NEEDED_S:
            return
        peaks = sorted(peak for _, _, peak in self._speech)
        loud = peaks[int(0.8 * (len(peaks) - 1))]
        if loud < self.QUIET_DBFS:
            self._loudness = TOO_QUIET
        elif loud >= self.ENOUGH_DBFS or self._loudness != TOO_QUIET:
            self._loudness = GOOD


def _level(dbfs: float) -> float:
    """A level that can be reckoned with: digital silence is -120, nothing is above 0."""
    return -120.0 if math.isnan(dbfs) else min(max(dbfs, -120.0), 0.0)


def _on_scale(dbfs: float) -> float:
    return min(max(dbfs, FLOOR_DBFS), 0.0)


# What is said in words

_HELP: dict[State | Literal["asking, paused"], tuple[str, ...]] = {
    "countdown": ("space start now  a cancel",),
    "recording": (
        "p pause  m mark this moment  s stop  a abandon",
        "p pause  m mark  s stop  a abandon",
        "p  m  s  a",
    ),
    "paused": (
        "p go on  m mark this moment  s stop  a abandon",
        "p go on  m mark  s stop  a abandon",
        "p  m  s  a",
    ),
    "asking": (
        "Throw this recording away? y yes · any other key no — still recording",
        "Throw it away? y yes · other key no",
        "y throw away · else no",
    ),
    "asking, paused": (
        "Throw this recording away? y yes · any other key no — still paused",
        "Throw it away? y yes · other key no",
        "y throw away · else no",
    ),
    "stopping": ("Everything is kept. One moment …", "Everything is kept"),
    "finishing": (
        "Everything is kept. Ctrl-C leaves the rest for later",
        "Ctrl-C leaves the rest for later",
    ),
}
"""The last line by state: the first wording that fits is shown."""


def lost_words(screen: Screen) -> str:
    """How much sound is lost, in words; "" where none is."""
    if screen.lost_s > 0:
        much = f"{screen.lost_s:.1f} s" if screen.lost_s >= 0.1 else "less than 0.1 s"
        return f"{much} of sound lost: this machine is too busy"
    if screen.overflows > 0:
        return f"sound may be missing at {plural(screen.overflows, 'moment')}: this machine is too busy"
    return ""


def plain_line(screen: Screen) -> str:
    """The same in one line, for where there is no screen to draw on; to be printed when `told` changes."""
    where = {
        "countdown": f"starting in {math.ceil(screen.countdown_s)} s",
        "recording": f"recording {clock(screen.elapsed_s)}",
        "paused": f"paused at {clock(screen.elapsed_s)}",
        "stopping": f"stopping at {clock(screen.elapsed_s)}",
        "finishing": f"finishing {clock(screen.elapsed_s)}",
    }[_standing(screen)]
    parts = [where, screen.device]
    if _standing(screen) in ("recording", "paused"):
        parts += [_left(screen), screen.level_note, lost_words(screen)]
        parts += [f"transcription: {screen.transcriber}"] if screen.transcriber else []
        parts += [*screen.notes, screen.nudge]
    return visible("; ".join(part for part in parts if part))


def told(screen: Screen) -> tuple[object, ...]:
    """What is worth a new `plain_line`: equal as long as nothing has happened but time going by."""
    first = (screen.state, screen.device)
    if _standing(screen) not in ("recording", "paused"):
        return first
    return (
        *first,
        screen.over,
        screen.level_note,
        screen.lost_s > 0,
        int(screen.lost_s),
        screen.overflows > 0,
        screen.transcriber,
        screen.notes,
        screen.nudge,
    )


def _standing(screen: Screen) -> State:
    """What the recording does, whatever is asked meanwhile."""
    if screen.state == "asking":
        return "paused" if screen.paused else "recording"
    return screen.state


def _left(screen: Screen) -> str:
    if screen.limit_s is None:
        return ""
    if screen.over:
        return TIME_IS_UP
    # Of whole seconds, so that both clocks change together and add up.
    return f"{clock(screen.limit_s - int(screen.elapsed_s))} left"


# How it is drawn

Piece = tuple[str, str]
"""Text and its style."""
Row = list[Piece]

# Of middle lightness: 4:1 or better against a black and a white background.
_AMBER = "#b06e19"
_RED = "#d93a3a"
_GREEN = "#2f8f4e"
_NUDGE = f"italic {_AMBER}"

_PLAIN_SIGNS = str.maketrans("●○■‖·—…█▒│─", "*o#|--.#=|-")
"""For a terminal that cannot show the signs, one for one."""

_JOINERS = {
    **dict.fromkeys([0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0]),
    **dict.fromkeys(range(0x180B, 0x1810)),
    **dict.fromkeys(range(0x200B, 0x2010)),
    **dict.fromkeys(range(0x2060, 0x2070)),
    **dict.fromkeys(range(0xFE00, 0xFE10)),
    **dict.fromkeys(range(0x1F3FB, 0x1F400)),
    **dict.fromkeys(range(0xE0100, 0xE01F0)),
    **{0x1F1E6 + at: chr(ord("A") + at) for at in range(26)},
}
"""Invisible characters, and those that make one picture of several: terminals do not agree on their width."""


def render(screen: Screen, width: int, height: int) -> Frame:
    """A frame of `width` x `height` cells, to be printed at the top left corner without a line end."""
    return Frame(screen, width, height)


def meter(screen: Screen, width: int, encoding: str = "utf-8") -> list[Row]:
    """How long it has been recorded, and how loud it is, for another screen: rows no wider than `width`."""
    painter = _Painter(screen, width, 2, encoding)
    return [painter.fit(row) for row in (painter.state(), painter.level(), painter.trouble()) if row]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of the screen, drawn when rich asks for it."""

    screen: Screen
    """What is shown."""
    width: int
    """In cells."""
    height: int
    """In rows."""

    def rows(self, encoding: str = "utf-8") -> list[Row]:
        """The rows from top to bottom, none wider than `width`, for a terminal of this encoding."""
        return _Painter(self.screen, self.width, self.height, encoding).rows()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        from rich.segment import Segment
        from rich.style import Style

        from unsaid.views.frame import framed

        width = min(self.width, options.max_width)
        height = min(self.height, options.height or self.height)
        rows = Frame(self.screen, width, height).rows(console.encoding)
        yield from framed(
            console,
            [
                ([Segment(text, Style.parse(style)) for text, style in row], _cells(row) < width)
                for row in rows
            ],
        )


class _Painter:
    def __init__(self, screen: Screen, width: int, height: int, encoding: str) -> None:
        self.screen = screen
        self.width = max(1, min(width, MEASURE_COLUMNS))
        self.height = max(1, height)
        name = (encoding or "utf-8").lower()
        self.encoding = "" if name.startswith("utf") else name

    def rows(self) -> list[Row]:
        height = self.height
        head: list[Row] = []
        tail: list[Row] = [self.help()]
        if height >= 6:
            head += self.prompt(min(height // 3, height - 5))
            if height >= 14:
                head.append([])
        if height >= 2:
            head.append(self.state())
        if height >= 3:
            head.append(self.finishing() if self.screen.state == "finishing" else self.level())
        if height >= 4:
            head.append(self.facts())
        trouble, nudge, note = self.trouble(), self.row(self.screen.nudge, _NUDGE), self.note()
        if height >= 20:
            head += [trouble, self.heading()]
            tail = [[], nudge, note, *tail]
        elif height >= 5:
            if height >= 16:
                head.append([])
            # One row for all three: what is gone again soon comes first.
            tail = [note or nudge or trouble, *tail]
        middle = self.transcript(max(0, height - len(head) - len(tail)))
        return [self.fit(row) for row in [*head, *middle, *tail]]

    # Rows

    def prompt(self, most: int) -> list[Row]:
        lines = list(_wrapped(self.screen.prompt, self.width))
        if len(lines) > most:
            lines = [*lines[: most - 1], f"{_cut(lines[most - 1], self.width - 1)}…"]
        return [[(line, "bold")] for line in lines]

    def state(self) -> Row:
        screen = self.screen
        time = clock(screen.elapsed_s)
        state = _standing(screen)
        sign, words, style = {
            "countdown": ("○", f"starting in {math.ceil(screen.countdown_s)}", "bold"),
            "recording": ("●", f"recording {time}", "bold"),
            "paused": ("‖", f"paused at {time}", f"bold {_AMBER}"),
            "stopping": ("■", f"stopping at {time}", "bold"),
            "finishing": ("■", f"finishing {time}", "bold"),
        }[state]
        red = state == "recording"
        words = self.first(self.width - 2, words, words.split()[-1])
        row: Row = [(sign, f"bold {_RED}" if red else style), (f" {words}", style)]
        if state in ("recording", "paused"):
            left = _left(screen)
            left = self.first(self.width - _cells(row) - 3, left, left.split(":")[0] if screen.over else "")
            if left:
                row += [(" · ", "dim"), (left, f"bold {_AMBER}" if screen.over else "")]
        room = self.width - _cells(row) - 3
        if screen.device and room >= 8:
            row += [(" · ", "dim"), (_fitted(_plain(screen.device), room), "dim")]
        return row

    def level(self) -> Row:
        screen = self.screen
        size, advice = self.bar_size()
        reach = (screen.rms_dbfs, screen.peak_dbfs, screen.hold_dbfs)
        solid, light, hold = (_share(dbfs) * size for dbfs in reach)
        cells: Row = []
        for at in range(size):
            dbfs = FLOOR_DBFS * (1 - (at + 0.5) / size)
            style = _RED if dbfs > -3 else _AMBER if dbfs > -12 else _GREEN
            if at < round(min(solid, light)):
                cells.append(("█", style))
            elif at < round(light):
                cells.append(("▒", style))
            elif at == min(round(hold), size - 1) and hold > 0:
                cells.append(("│", f"bold {style}"))
            else:
                cells.append((" ", ""))
        peak = screen.peak_dbfs
        figure = "--" if peak is None or peak <= FLOOR_DBFS else f"{peak:.0f}"
        note = screen.level_note if advice else screen.level_note.partition(":")[0]
        style = f"bold {_AMBER}" if screen.level_note not in ("", GOOD) else ""
        return [("[", "dim"), *_joined(cells), ("]", "dim"), (f"{figure:>4} dB  ", "dim"), (note, style)]

    def bar_size(self) -> tuple[int, bool]:
        """How long the meter's bar is, and whether the advice fits beside it."""
        size = self.width - 11 - len(TOO_QUIET)
        if size >= 20:
            return min(size, 40), True
        return max(1, min(self.width - 11 - len("too quiet"), 40)), False

    def facts(self) -> Row:
        screen = self.screen
        silence = screen.silence_s if _standing(screen) == "recording" else None
        if silence is None:
            quiet = ""
        elif silence < 1:
            quiet = "speaking"
        else:
            quiet = f"silence {silence:.0f} s" if silence < 99.5 else f"silence {clock(silence)}"
        words = "" if screen.words is None else plural(screen.words, "word")
        marks = plural(screen.marks, "mark") if screen.marks else ""
        # Columns, so that none moves when another changes; on a narrow screen the first ones.
        columns = [(quiet, 14), (words, 14), (marks, 11 if self.width >= 60 else 0)]
        row: Row = []
        room = self.width
        for text, wide in columns:
            if wide <= room and wide:
                row.append((f"{text:<{wide}}", ""))
                room -= wide
        if screen.transcriber:
            row.append((self.first(room, f"transcription: {screen.transcriber}", screen.transcriber), "dim"))
        elif screen.behind_s >= 1:
            behind = f"{screen.behind_s:.0f} s behind"
            row.append((self.first(room, f"transcription {behind}", behind, ""), "dim"))
        return row

    def finishing(self) -> Row:
        screen = self.screen
        if screen.total_s <= 0:
            return self.row("working …", "dim")
        size = self.bar_size()[0]
        part = min(max(screen.done_s / screen.total_s, 0.0), 1.0)
        done = int(part * size)
        words = f"{clock(screen.done_s)} of {clock(screen.total_s)} transcribed"
        room = self.width - size - 9
        words = self.first(room, words, f"{clock(screen.done_s)} of {clock(screen.total_s)}", "")
        bar: Row = [("█" * done, _GREEN), (" " * (size - done), "")]
        return [("[", "dim"), *bar, ("]", "dim"), (f"{part:>5.0%}  ", ""), (words, "dim")]

    def trouble(self) -> Row:
        lost = lost_words(self.screen)
        if lost:
            return self.row(self.first(self.width, lost, lost.partition(":")[0]), f"bold {_AMBER}")
        note = self.screen.level_note
        if note not in ("", GOOD) and not self.bar_size()[1] and self.screen.state != "finishing":
            return self.row(note, _AMBER)
        return []

    def note(self) -> Row:
        return self.row(" · ".join(reversed(self.screen.notes)), "")

    def help(self) -> Row:
        asking = self.screen.state == "asking"
        wordings = _HELP["asking, paused" if asking and self.screen.paused else self.screen.state]
        return self.row(self.first(self.width, *wordings), f"bold {_AMBER}" if asking else "dim")

    def heading(self) -> Row:
        live = self.screen.words is not None or self.screen.transcriber
        return [(("── heard so far " if live else "").ljust(self.width, "─")[: self.width], "dim")]

    def transcript(self, height: int) -> list[Row]:
        """What was heard, in `height` rows: from the top, and once they are full the last of it."""
        if height <= 0:
            return []
        said = [(text, "dim") for text in self.screen.heard if text.strip()]
        if self.screen.provisional.strip():
            said.append((f"{self.screen.provisional.strip()} …", "dim italic"))
        rows: list[Row] = []
        for text, style in reversed(said):
            rows[:0] = [[(line, style)] for line in _wrapped(text, self.width)]
            if len(rows) >= height:
                break
        return rows[-height:] + [[] for _ in range(height - len(rows))]

    # Text that fits

    def row(self, text: str, style: str) -> Row:
        return [(_fitted(_plain(text), self.width), style)] if text else []

    def first(self, room: int, *wordings: str) -> str:
        """The first wording that fits in `room`; the last of them cut short where none does."""
        for text in map(_plain, wordings):
            if _cell_len(text) <= room:
                return text
        return _fitted(_plain(wordings[-1]), room)

    def fit(self, row: Row) -> Row:
        out: Row = []
        room = self.width
        for text, style in row:
            shown = _cut(text, room)
            # After a piece that was cut no further one may stand in the cells that are left.
            room = room - _cell_len(shown) if shown == text else 0
            if self.encoding:
                shown = shown.translate(_PLAIN_SIGNS).encode(self.encoding, "replace").decode(self.encoding)
            if shown:
                out.append((shown, style))
        return out


def _share(dbfs: float | None) -> float:
    return 0.0 if dbfs is None else 1 - _on_scale(_level(dbfs)) / FLOOR_DBFS


def _joined(cells: Row) -> Row:
    """Neighbours of one style as one piece."""
    return [("".join(text for text, _ in run), style) for style, run in groupby(cells, lambda cell: cell[1])]


def _cell_len(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _cells(row: Row) -> int:
    return sum(_cell_len(text) for text, _ in row)


def _plain(text: str) -> str:
    """`text` made safe to show, each character of a width that terminals agree on."""
    return visible(unicodedata.normalize("NFC", text).translate(_JOINERS))


def _cut(text: str, width: int) -> str:
    """The start of `text` that fits."""
    from rich.cells import set_cell_size

    if width <= 0:
        return ""
    return text if _cell_len(text) <= width else set_cell_size(text, width).rstrip()


def _fitted(text: str, width: int) -> str:
    """`text`, or its start and `…`."""
    return text if _cell_len(text) <= width else f"{_cut(text, width - 1)}…"


@lru_cache(maxsize=256)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    """`text` in lines of at most `width` cells; words that are longer go over several."""
    from rich.cells import chop_cells

    lines: list[str] = []
    line = ""
    for word in _plain(text).split():
        longer = f"{line} {word}" if line else word
        if _cell_len(longer) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, width) or [""]
        lines += full
    return (*lines, line) if line else tuple(lines)
