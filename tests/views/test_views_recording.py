"""The screen of a recording: fits every terminal, obeys nothing that it shows, and judges levels calmly."""

from __future__ import annotations

import io
import math
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import hypothesis.strategies as st
import numpy as np
import pytest
import soundfile
import views_support as support
from hypothesis import example, given, settings
from rich.cells import cell_len
from rich.console import Console
from rich.screen import Screen as Whole
from test_views_contrast import contrast

from unsaid.views.recording import (
    CLIPPING,
    GOOD,
    NO_SOUND,
    TOO_QUIET,
    LevelMeter,
    Screen,
    State,
    plain_line,
    render,
    told,
)

STATES: tuple[State, ...] = get_args(State)
STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

FULL = Screen(
    "recording",
    prompt="Design a rate limiter for an interface that many customers call.",
    elapsed_s=133.4,
    limit_s=600,
    device="Blue Microphone",
    peak_dbfs=-12.0,
    rms_dbfs=-24.0,
    hold_dbfs=-6.0,
    level_note=GOOD,
    silence_s=4.2,
    words=312,
    heard=("So first I want to know who calls it.", "Ten thousand a second, I would assume."),
    provisional="And then a token",
    marks=2,
)

# Wide signs, signs of several code points, controls, markup, words without an end.
TEXTS = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "",
            " \t\n ",
            support.HOSTILE,
            "日本語" * 40,
            "👩‍👩‍👧‍👦❤️🇩🇪👍🏽 " * 9,
            "x" * 400,
            "[red]a[/red] [/] [link=x]",
            "\x1b[2J\x1b[31m\x9b5A\x07\r\n",
            "e\u0301\u0302\u0303" * 50,
            "ᄒ\u1161\u11ab \u3164\u200b",
            "नमस्ते ทดสอบ ﷽",
        ]
    ),
)
LEVELS = st.none() | st.floats(allow_nan=True, allow_infinity=True)
TIMES = st.floats(0, 1e5)
SCREENS = st.builds(
    Screen,
    state=st.sampled_from(STATES),
    paused=st.booleans(),
    prompt=TEXTS,
    countdown_s=TIMES,
    elapsed_s=TIMES,
    limit_s=st.none() | TIMES,
    over=st.booleans(),
    device=TEXTS,
    peak_dbfs=LEVELS,
    rms_dbfs=LEVELS,
    hold_dbfs=LEVELS,
    level_note=st.sampled_from(["", GOOD, TOO_QUIET, CLIPPING, NO_SOUND]),
    lost_s=TIMES,
    overflows=st.integers(0, 10**6),
    silence_s=st.none() | TIMES,
    words=st.none() | st.integers(0, 10**6),
    heard=st.lists(TEXTS, max_size=6).map(tuple),
    provisional=TEXTS,
    behind_s=TIMES,
    transcriber=TEXTS,
    nudge=TEXTS,
    marks=st.integers(0, 10**4),
    notes=st.lists(TEXTS, max_size=3).map(tuple),
    done_s=TIMES,
    total_s=TIMES,
)
HELP = {
    "countdown": "a cancel",
    "recording": "s stop",
    "asking": "y ",
    "paused": "go on",
    "stopping": "kept",
    "finishing": "later",
}


def drawn(
    screen: Screen, width: int, height: int, *, encoding: str = "utf-8", no_color: bool = True, **more: object
) -> str:
    """What goes to the terminal for one frame of the whole screen."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(
        file=out,
        width=width,
        height=height,
        force_terminal=True,
        no_color=no_color,
        legacy_windows=False,
        **more,
    )  # type: ignore[arg-type]
    console.print(Whole(render(screen, width, height)), end="")
    out.flush()
    return raw.getvalue().decode(encoding)


def shown(screen: Screen, width: int = 80, height: int = 24, **more: object) -> list[str]:
    """The rows as one reads them."""
    text = STEERING.sub("", drawn(screen, width, height, **more))  # type: ignore[arg-type]
    return [row.rstrip() for row in text.split("\n")]


# It fits


@settings(max_examples=150, deadline=None)
@given(SCREENS, st.integers(40, 200), st.integers(10, 50))
@example(replace(FULL, prompt="日" * 999, device="日" * 99), 41, 10)
def test_every_frame_fills_the_terminal_and_no_more(screen: Screen, width: int, height: int) -> None:
    rows = STEERING.sub("", drawn(screen, width, height)).split("\n")
    assert [cell_len(row) for row in rows] == [width] * height
    assert HELP[screen.state] in rows[-1]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e]", "".join(rows))
    assert all(cell_len(text) <= width for text in map(row_text, render(screen, width, height).rows()))


def row_text(row: Iterable[tuple[str, str]]) -> str:
    return "".join(text for text, _ in row)


@settings(max_examples=60, deadline=None)
@given(SCREENS, st.integers(1, 39), st.integers(1, 9))
def test_smaller_ones_are_filled_too(screen: Screen, width: int, height: int) -> None:
    rows = STEERING.sub("", drawn(screen, width, height)).split("\n")
    assert [cell_len(row) for row in rows] == [width] * height
    own = [row_text(row) for row in render(screen, width, height).rows()]
    assert len(own) == height
    assert max(map(cell_len, own)) <= width
    keys = row_text(render(screen, width, 1).rows()[0])
    assert keys and own[-1] == keys


@pytest.mark.parametrize("width", range(8, 46))
def test_no_figure_is_cut_in_two(width: int) -> None:
    for screen in (FULL, replace(FULL, over=True), replace(FULL, state="paused", behind_s=34)):
        text = " ".join(shown(screen, width, 4)[:3])
        assert set(re.findall(r"\d[\d:]*", text)) <= {"2:13", "7:47", "12", "4", "312", "2", "34"}


# It says what there is to say


def test_a_recording_at_a_glance() -> None:
    rows = shown(
        replace(FULL, nudge="What are you deciding?", notes=("marked 2:13",), lost_s=0.3, behind_s=34)
    )
    assert rows[0] == "Design a rate limiter for an interface that many customers call."
    assert rows[2] == "● recording 2:13 · 7:47 left · Blue Microphone"
    assert rows[3] == "[█████████████▒▒▒▒▒  │ ] -12 dB  good"
    assert rows[4] == "silence 4 s   312 words     2 marks    transcription 34 s behind"
    assert rows[5] == "0.3 s of sound lost: this machine is too busy"
    assert rows[7:10] == [*FULL.heard, "And then a token …"]
    assert rows[-3:] == [
        "What are you deciding?",
        "marked 2:13",
        "p pause  m mark this moment  s stop  a abandon",
    ]


def test_both_clocks_add_up() -> None:
    for tenth in range(40):
        row = shown(replace(FULL, elapsed_s=100 + tenth / 10))[2]
        seconds = [60 * int(m) + int(s) for m, s in re.findall(r"(\d+):(\d\d)", row)]
        assert sum(seconds) == 600


def test_time_is_up() -> None:
    over = replace(FULL, over=True, elapsed_s=612)
    assert "● recording 10:12 · time is up: finish your sentence" in shown(over)[2]
    assert any("time is up" in row for row in shown(over, 40, 10))


def test_without_a_limit_and_without_live_transcription_nothing_is_said_of_them() -> None:
    text = "\n".join(shown(replace(FULL, limit_s=None, words=None, heard=(), provisional="")))
    assert "left" not in text and "words" not in text and "heard" not in text


@pytest.mark.parametrize(
    ("screen", "words"),
    [
        (Screen("countdown", countdown_s=2.4), "○ starting in 3"),
        (replace(FULL, state="paused"), "‖ paused at 2:13 · 7:47 left"),
        (replace(FULL, state="asking"), "● recording 2:13 · 7:47 left"),
        (replace(FULL, state="stopping"), "■ stopping at 2:13"),
        (replace(FULL, state="finishing", done_s=30, total_s=120), "25%  0:30 of 2:00 transcribed"),
        (replace(FULL, state="finishing"), "working …"),
        (replace(FULL, silence_s=0.2), "speaking"),
        (replace(FULL, silence_s=200), "silence 3:20"),
        (replace(FULL, words=1), "1 word "),
        (replace(FULL, lost_s=0.01), "less than 0.1 s of sound lost"),
        (replace(FULL, overflows=3), "sound may be missing at 3 moments"),
        (replace(FULL, transcriber="loading the model"), "transcription: loading the model"),
        (
            replace(FULL, state="asking"),
            "Throw this recording away? y yes · any other key no — still recording",
        ),
    ],
)
def test_every_state_in_words(screen: Screen, words: str) -> None:
    assert any(words in f"{row} " for row in shown(screen))


def test_asked_while_paused_it_stays_paused() -> None:
    rows = shown(replace(FULL, state="asking", paused=True))
    assert rows[2].startswith("‖ paused at 2:13")
    assert rows[-1].endswith("still paused")


def test_on_a_small_terminal_what_passes_soon_comes_before_what_stays() -> None:
    screen = replace(FULL, lost_s=1.0)
    assert shown(screen, 80, 12)[-2].startswith("1.0 s of sound lost")
    assert shown(replace(screen, nudge="What?"), 80, 12)[-2] == "What?"
    assert shown(replace(screen, nudge="What?", notes=("marked 2:13",)), 80, 12)[-2] == "marked 2:13"


@pytest.mark.parametrize("ground", ["#000000", "#ffffff"])
def test_colours_can_be_read_on_black_and_on_white(ground: str) -> None:
    loud = replace(FULL, level_note=CLIPPING, nudge="What?", lost_s=1, hold_dbfs=-1.0, peak_dbfs=-1.0)
    styles = " ".join(style for row in render(loud, 80, 24).rows() for _, style in row)
    colours = set(re.findall(r"#[0-9a-f]{6}", styles))
    assert len(colours) == 3
    assert all(contrast(colour, ground) >= 4 for colour in colours)


def test_a_long_prompt_is_cut_at_a_third_of_the_height() -> None:
    rows = shown(replace(FULL, prompt="why " * 999), 80, 24)
    assert [bool(row) for row in rows[:9]] == [True] * 8 + [False]
    assert rows[7].endswith("…")
    assert "…" not in "".join(rows[:7])


def test_the_newest_words_stay_visible_and_finished_lines_do_not_break_anew() -> None:
    heard = tuple(f"stretch {i} " + "said this and that " * 12 for i in range(40))
    rows = shown(replace(FULL, heard=heard, provisional="the very newest"))
    assert "the very newest …" in rows[-5]
    cut = shown(replace(FULL, heard=heard[-10:], provisional="the very newest"))
    assert rows == cut
    # A provisional text that turns out right stays where it is.
    before = shown(replace(FULL, provisional="and so on"))
    after = shown(replace(FULL, heard=(*FULL.heard, "and so on"), provisional=""))
    assert [row.removesuffix(" …") for row in before] == after


def test_markup_and_escapes_are_shown_and_not_obeyed() -> None:
    hostile = replace(
        FULL, prompt=support.HOSTILE, heard=(support.HOSTILE,), device="\x1b]0;x\x07", notes=("[red]n[/red]",)
    )
    raw = drawn(hostile, 100, 30)
    text = "\n".join(shown(hostile, 100, 30))
    assert text.count("[red]bold[/red]") == 2
    assert "[red]n[/red]" in text
    assert "⟨U+001B⟩[31mred" in text and "⟨U+001B⟩]0;x⟨U+0007⟩" in text
    assert "\x1b[31mred" not in raw and "\x1b]" not in raw


# It does not flicker


@pytest.mark.parametrize("height", [10, 24, 50])
def test_no_frame_clears_the_screen(height: int) -> None:
    raw = drawn(FULL, 80, height, no_color=False, color_system="truecolor")
    assert set(re.findall(r"\x1b\[[0-9;?]*[A-Za-ln-z]", raw)) <= {
        "\x1b[?2026h",
        "\x1b[?2026l",
        "\x1b[?7l",
        "\x1b[?7h",
        "\x1b[K",
    }
    assert raw.count("\x1b[?7l") == raw.count("\x1b[?7h") == 1


def test_without_colour_there_is_none() -> None:
    raw = drawn(replace(FULL, level_note=CLIPPING, nudge="What?"), 80, 24, color_system="truecolor")
    assert not re.search(r"\x1b\[[0-9;]*(3[0-8]|4[0-8]|9\d|10\d)[;m]", raw)
    assert CLIPPING in STEERING.sub("", raw)


def test_one_plain_line_and_when_it_is_worth_another() -> None:
    line = plain_line(replace(FULL, lost_s=0.3, nudge="What\x1b now?", notes=("marked 2:13",)))
    assert line == (
        "recording 2:13; Blue Microphone; 7:47 left; good; 0.3 s of sound lost: this machine is too busy; "
        "marked 2:13; What⟨U+001B⟩ now?"
    )
    for state in STATES:
        assert "\n" not in plain_line(replace(FULL, state=state, prompt="a\nb", device="a\nb"))
    later = replace(FULL, elapsed_s=140, silence_s=9, words=400, peak_dbfs=-3, provisional="more", behind_s=2)
    assert told(later) == told(FULL)
    for change in (
        {"level_note": CLIPPING},
        {"state": "paused"},
        {"lost_s": 0.2},
        {"notes": ("a",)},
        {"over": True},
    ):
        assert told(replace(FULL, **change)) != told(FULL)  # type: ignore[arg-type]


# What levels mean

Levels = Iterator[tuple[float, float]]
RATE = 15


def room(seconds: float, floor: float = -52, seed: int = 1) -> Levels:
    """A room in which nobody speaks: peaks about `floor`, and its mean level."""
    chance = random.Random(seed)
    for _ in range(round(seconds * RATE)):
        peak = floor + chance.uniform(-2.5, 2.5)
        yield peak, peak - 11


def speech(seconds: float, peak: float, floor: float = -52, seed: int = 2) -> Levels:
    """Syllables: loudest at about `peak`, some 8 dB lower in between, and every so often a gap."""
    chance = random.Random(seed)
    for at in range(round(seconds * RATE)):
        here = floor if at % 12 > 9 else peak - 4 - 4 * math.cos(at * 1.3) + chance.uniform(-1.5, 1.5)
        yield here, here - 12


def typing(seconds: float, peak: float = -38, floor: float = -55, every: int = 2) -> Levels:
    """Keys: peaks without a body."""
    for at in range(round(seconds * RATE)):
        yield (peak, peak - 24) if at % every == 0 else (floor, floor - 11)


def silence(seconds: float, dbfs: float = -math.inf) -> Levels:
    for _ in range(round(seconds * RATE)):
        yield dbfs, dbfs


def recording(path: Path, gain_db: float) -> Levels:
    """The levels of a real file."""
    samples, rate_hz = soundfile.read(path, dtype="float32")
    size = rate_hz // RATE
    for start in range(0, len(samples) - size, size):
        block = samples[start : start + size] * 10 ** (gain_db / 20)
        peak, rms = float(np.abs(block).max()), float(np.sqrt(np.mean(block**2)))
        yield 20 * math.log10(max(peak, 1e-9)), 20 * math.log10(max(rms, 1e-9))


def verdicts(*parts: Levels, speaking: bool | None = None) -> list[tuple[str, float]]:
    """Each verdict and when it was first given, without repetitions; time in seconds."""
    meter = LevelMeter()
    out: list[tuple[str, float]] = []
    at_s = 1000.0
    for part in parts:
        for peak, rms in part:
            at_s += 1 / RATE
            note = meter.hear(at_s, peak, rms, speaking=speaking).note
            if not out or out[-1][0] != note:
                out.append((note, round(at_s - 1000, 1)))
    return out


def notes(*parts: Levels, speaking: bool | None = None) -> list[str]:
    return [note for note, _ in verdicts(*parts, speaking=speaking)]


@pytest.mark.parametrize("floor", [-35, -45, -52, -58])
def test_a_room_in_which_nobody_speaks_is_not_judged(floor: float) -> None:
    assert notes(room(120, floor)) == [""]


def test_a_very_good_microphone_in_a_very_quiet_room_is_not_called_muted_while_one_reads_the_prompt() -> None:
    assert notes(room(7, -68), speech(10, -15, -68), room(9, -68)) == ["", GOOD]


@pytest.mark.parametrize("peak", [-6, -12, -20, -25])
def test_good_speech_is_good_and_stays_so_through_pauses(peak: float) -> None:
    assert notes(room(4), speech(10, peak), room(25), speech(8, peak), room(60), speech(3, peak)) == [
        "",
        GOOD,
    ]


@pytest.mark.parametrize("peak", [-42, -38, -34])
def test_quiet_speech_is_told_within_seconds_and_once(peak: float) -> None:
    found = verdicts(room(5, -60), speech(30, peak, -60), room(20, -60), speech(30, peak, -60))
    assert [note for note, _ in found] == ["", TOO_QUIET]
    assert found[1][1] < 5 + 4


@pytest.mark.parametrize(
    ("gain_db", "said"),
    [(0, ["", GOOD]), (-10, ["", GOOD]), (-30, ["", TOO_QUIET]), (-90, ["", NO_SOUND])],
)
def test_the_sample_answer_at_several_input_levels(gain_db: float, said: list[str]) -> None:
    assert notes(recording(support.SAMPLE / "answer.flac", gain_db)) == said


def test_somebody_who_comes_closer_is_told_that_it_is_good() -> None:
    found = verdicts(room(3, -60), speech(60, -38, -60), speech(15, -14, -60))
    assert [note for note, _ in found] == ["", TOO_QUIET, GOOD]
    assert found[2][1] < 3 + 60 + 4


def test_somebody_who_leans_back_is_told_that_it_is_too_quiet() -> None:
    found = verdicts(room(3, -60), speech(60, -14, -60), speech(20, -40, -60))
    assert [note for note, _ in found] == ["", GOOD, TOO_QUIET]
    assert found[2][1] < 3 + 60 + 9


@pytest.mark.parametrize("peak", [-31, -30, -29, -28, -27])
def test_speech_on_the_edge_does_not_flap(peak: float) -> None:
    for seed in range(5):
        parts = [speech(10, peak + (-1) ** i, -60, seed + i) for i in range(30)]
        assert len(notes(room(3, -60), *parts)) <= 3


def test_one_quiet_word_after_good_speech_changes_nothing() -> None:
    assert notes(room(3), speech(12, -14), speech(1.0, -38), room(5), speech(6, -14)) == ["", GOOD]


@pytest.mark.parametrize("every", [1, 2, 5])
def test_keys_and_clicks_are_not_taken_for_quiet_speech(every: int) -> None:
    assert notes(room(4, -55), typing(60, every=every)) == [""]


def test_where_speech_is_known_only_speech_is_judged() -> None:
    assert notes(room(4, -60), speech(20, -40, -60), speaking=False) == [""]
    assert notes(room(4, -60), speech(20, -40, -60), speaking=True) == ["", TOO_QUIET]


def test_digital_silence_is_told_after_three_seconds_and_gone_at_the_first_sound() -> None:
    found = verdicts(silence(20), speech(10, -15))
    assert [note for note, _ in found] == ["", NO_SOUND, "", GOOD]
    assert found[1][1] == pytest.approx(3.1, abs=0.2)
    assert found[2][1] == pytest.approx(20.1, abs=0.1)


def test_hiss_of_a_muted_input_counts_as_no_sound() -> None:
    assert verdicts(room(10, -82))[1] == (NO_SOUND, pytest.approx(3.1, abs=0.2))
    assert verdicts(room(10, -66))[1] == (NO_SOUND, pytest.approx(8.1, abs=0.2))


def test_noise_about_the_threshold_does_not_flap() -> None:
    assert len(notes(room(300, -60))) <= 2
    assert notes(silence(5), room(60, -59)) == ["", NO_SOUND]


def test_a_microphone_that_is_muted_in_the_middle_is_noticed() -> None:
    found = verdicts(room(3), speech(10, -15), silence(30))
    assert [note for note, _ in found] == ["", GOOD, NO_SOUND]
    assert found[2][1] == pytest.approx(13 + 10, abs=1)


def test_a_noise_gate_is_not_a_muted_microphone() -> None:
    """It gives digital silence in every pause, and thinking takes its time: half of all silences last 6 s."""
    pauses = [4, 9, 6, 15, 7, 25, 30, 5]
    parts = [part for pause in pauses for part in (speech(6, -15, -120), silence(pause))]
    assert NO_SOUND not in notes(speech(3, -15, -120), *parts)


def test_clipping_is_told_of_speech_and_not_of_one_knock() -> None:
    def clips(counts: list[int]) -> list[str]:
        meter = LevelMeter()
        heard = [meter.hear(i / RATE, -20, -30, count).note for i, count in enumerate(counts)]
        return [note for i, note in enumerate(heard) if i == 0 or heard[i - 1] != note]

    assert clips([0] * 10 + [7] * 200) == [""]
    assert clips([0] * 10 + [3, 7] + [7] * 200) == [""]
    assert clips([40] * 200) == [""]
    twice = [0] * 10 + [7] * 15 + [9] * 300
    assert clips(twice) == ["", CLIPPING, ""]
    often = [i // 20 for i in range(900)]
    assert clips(often) == ["", CLIPPING]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(), st.floats(), st.integers(0, 9)), max_size=60))
def test_any_levels_give_a_meter_on_its_scale(levels: list[tuple[float, float, float, int]]) -> None:
    meter = LevelMeter()
    at_s = 0.0
    for step_s, peak, rms, clipped in levels:
        at_s += step_s
        reading = meter.hear(at_s, peak, rms, clipped)
        assert -60 <= reading.peak_dbfs <= reading.hold_dbfs <= 0
        assert -60 <= reading.rms_dbfs <= 0


def test_the_meter_rises_at_once_falls_slowly_and_holds_the_peak() -> None:
    meter = LevelMeter()
    assert meter.hear(0.0, -50, -60).peak_dbfs == -50
    loud = meter.hear(0.1, -6, -18)
    assert (loud.peak_dbfs, loud.rms_dbfs, loud.hold_dbfs) == (-6, -18, -6)
    after = meter.hear(0.3, -50, -60)
    assert after.peak_dbfs == pytest.approx(-11)
    assert after.hold_dbfs == -6
    for tenth in range(4, 17):
        assert meter.hear(tenth / 10, -50, -60).hold_dbfs == -6
    for tenth in range(17, 60):
        last = meter.hear(tenth / 10, -50, -60)
    assert last.hold_dbfs == last.peak_dbfs == -50


def test_memory_does_not_grow_with_the_length() -> None:
    meter = LevelMeter()
    for i in range(20_000):
        meter.hear(i / RATE, -20 - i % 7, -32)
    kept = sum(len(value) for value in vars(meter).values() if hasattr(value, "__len__"))
    assert kept < 1000
