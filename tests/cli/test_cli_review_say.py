"""`unsaid review --say` in a real terminal, on a microphone that plays sentences of the sample answer."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from said_aloud import FAILS, PASSES, RATE_HZ, hush, names, pcm, text

from support import ROOT, command
from terminal_driver import Driven
from virtual_microphone import Mic, microphones

SPEED = 8.0
"""Nobody waits for a sentence in real time."""
HANGS_S = 60.0


class Booth:
    """A microphone that says what it is told to, and an output that keeps what is played."""

    def __init__(self, folder: Path) -> None:
        self.sound, self._played = folder / "said.raw", folder / "played.raw"
        self.env = microphones(
            folder,
            Mic("Desk", self.sound, speed=SPEED),
            Mic("Racing", self.sound, speed=30),
            Mic("Loose", self.sound, speed=SPEED, gone_s=7.5),
        )
        conf = folder / "asound.conf"
        words = conf.read_text("utf-8")
        null = "playback.pcm { type null }"
        assert null in words
        plug = f'playback.pcm {{ type plug slave {{ pcm "Kept" rate {RATE_HZ} format S16_LE channels 1 }} }}'
        kept = (
            f'pcm."Kept" {{ type file slave.pcm {{ type null }} file "|cat >> {self._played}" format raw }}'
        )
        conf.write_text(f"{words.replace(null, plug)}{kept}\n", "utf-8")
        self.says(FAILS)

    def says(self, *numbers: int) -> None:
        """Sentences of the sample, from its next start on; none: silence."""
        sound = [hush(1.0), *map(pcm, numbers), hush(1.0)] if numbers else [np.zeros(RATE_HZ, np.int16)]
        np.concatenate(sound).astype("<i2").tofile(self.sound)

    def played(self, count: int) -> np.ndarray:
        """What was played, without zeros, once it is `count` samples."""
        end = time.monotonic() + HANGS_S
        while True:
            raw = np.fromfile(self._played, "<i2") if self._played.exists() else np.zeros(0, np.int16)
            if (found := raw[raw != 0]).size >= count:
                return found
            assert time.monotonic() < end, f"{found.size} of {count} samples were played"
            time.sleep(0.01)


@pytest.fixture
def booth(tmp_path: Path) -> Booth:
    return Booth(tmp_path / "sound")


@pytest.fixture
def opened(booth: Booth, workspace: Path, tmp_path: Path, demo: Path) -> Iterator:
    with ExitStack() as stack:

        def open_(*args: str, **env: str) -> Driven:
            argv = [*command(), "--workspace", str(workspace), "review", "demo", *args]
            one = Driven(argv, cwd=tmp_path, env={**booth.env, **env}, size=(100, 40))
            return stack.enter_context(one)

        yield open_


def at_the_third(one: Driven) -> Driven:
    """At the sample's moment D2."""
    one.until("moment [1-7] of 7")
    one.type("nn")
    one.until("moment 3 of 7")
    return one


def say(one: Driven, key: str = "w", *, seconds: int = 6, stop: str = "\r") -> None:
    """Say what the microphone says next, for so long."""
    one.type(key)
    until_recorded(one, seconds)
    one.type(stop)


def until_recorded(one: Driven, seconds: int) -> None:
    while True:
        at = one.until(r"recording (\d):(\d\d)")
        if int(at[1]) * 60 + int(at[2]) >= seconds:
            return


def flat(frame: str) -> str:
    """Its words, wherever lines were broken."""
    return " ".join(frame.split())


def rewrites(demo: Path) -> list[dict]:
    path = demo / "review.json"
    return json.loads(path.read_text(encoding="utf-8"))["rewrites"] if path.exists() else []


def leave(one: Driven) -> None:
    one.type("q")
    assert one.status() == 0, one.told()
    assert one.after == one.before, "the terminal is as it was"


def test_said_once_in_vain_and_once_well(opened, booth: Booth, demo: Path) -> None:
    before = names(demo)
    one = at_the_third(opened("--say"))
    one.type("w")
    one.until(r"recording 0:\d\d · 1:\d\d left · default")
    one.until(r"\[█[█▒│ ]+\] +-\d+ dB")
    until_recorded(one, 4)
    one.type("\r")
    frame = one.until(r"(?s).*heard: Okay, I'd put it in the gateway\..*It does not pass yet.*")[0]
    lines = "\n".join(line.strip() for line in frame.splitlines())
    assert f"said     {text(FAILS)}\nnow      {text(FAILS)}  (does not pass yet; said aloud)" in lines
    assert "Still D2" in frame and "the sample model knows one voice" in flat(frame)
    (row,) = rewrites(demo)
    first = row["recording"]
    assert (row["text"], bool(row["missing"])) == (text(FAILS), True)

    booth.says(PASSES)
    say(one, stop=" ")
    frame = one.until(r"(?s).*heard: I'd keep them in a shared store, .* It\s+passes.*")[0]
    assert "passes; said aloud" in flat(frame)
    (row,) = rewrites(demo)
    assert (row["text"], row["missing"]) == (text(PASSES), [])
    assert {first, row["recording"]} <= names(demo), "until the end the first can be had back"

    # What is played: the moment as it was said, then the new take.
    one.type("h")
    one.until("playing it as you said it first")
    one.until("playing it as you say it now")
    (flag,) = [f for f in json.loads((demo / "audit.json").read_text())["flags"] if f["code"] == "D2"]
    answer, take = (
        soundfile.read(demo / name, dtype="int16")[0] for name in ("answer.flac", row["recording"])
    )
    moment = answer[round((flag["start"] - 2) * RATE_HZ) : round((flag["end"] + 0.5) * RATE_HZ)]
    both = np.concatenate([moment, take])
    both = both[both != 0]
    assert np.array_equal(booth.played(both.size), both)

    leave(one)
    assert names(demo) == before | {"review.json", row["recording"]}
    assert stat.S_IMODE((demo / row["recording"]).stat().st_mode) == 0o600


def test_the_first_take_is_had_back(opened, booth: Booth, demo: Path) -> None:
    one = at_the_third(opened("--say"))
    say(one)
    one.until("It does not pass yet")
    booth.says(PASSES)
    say(one)
    one.until(r"It\s+passes")
    one.type("u")
    one.until(r"does not pass yet; said aloud\)[\s\S]*undone: rewrite")
    leave(one)
    (row,) = rewrites(demo)
    assert row["text"] == text(FAILS)
    sound, _ = soundfile.read(demo / row["recording"], dtype="int16")
    assert heart(FAILS).tobytes() in sound.tobytes()
    assert sum(name.startswith("say-") for name in names(demo)) == 1


def heart(number: int) -> np.ndarray:
    """The middle of a sentence's sound."""
    sound = pcm(number)
    return sound[len(sound) // 3 : len(sound) // 2]


@pytest.mark.parametrize("way", ["\x1b", "\x03"], ids=["escape", "Ctrl-C"])
def test_thrown_away(opened, booth: Booth, demo: Path, way: str) -> None:
    before = names(demo)
    one = at_the_third(opened("--say"))
    say(one, seconds=2, stop=way)
    one.until("thrown away; nothing was changed")
    assert rewrites(demo) == []
    # While it is heard as well.
    booth.says(PASSES, FAILS, PASSES, FAILS, PASSES, FAILS)
    say(one, seconds=30)
    one.until("listening to what you said")
    one.type(way)
    one.until("thrown away; nothing was changed")
    assert rewrites(demo) == []
    booth.says(PASSES)
    say(one)
    one.until(r"It\s+passes")
    leave(one)
    (row,) = rewrites(demo)
    assert names(demo) == before | {"review.json", row["recording"]}


def test_silence_is_told_and_typing_goes_on(opened, booth: Booth, demo: Path) -> None:
    before = names(demo)
    booth.says()
    one = at_the_third(opened("--say"))
    say(one, seconds=2)
    one.until(r"the sound is silent \(digital silence\) · Check that the right microphone")
    assert rewrites(demo) == []
    one.type("t")
    one.until_told("enter keeps it", 1)
    one.type(f"{text(PASSES)}\n")
    one.until("it passes")
    one.type("h")
    one.until("nothing was said aloud here yet")
    leave(one)
    assert [row.get("recording") for row in rewrites(demo)] == [None]
    assert names(demo) == before | {"review.json"}


def test_without_the_option_v_says_and_w_types(opened, booth: Booth, demo: Path) -> None:
    one = at_the_third(opened("--no-audio"))
    one.until("w rewrite  v say")
    booth.says(PASSES)
    say(one, "v")
    one.until(r"It\s+passes")
    one.type("h")
    one.until("no sound: --no-audio")
    (before,) = rewrites(demo)
    # What was heard is put right by typing, and is still what was said.
    one.type("w")
    one.until_told(f"{text(PASSES)}\n> ")
    one.type(f"{text(PASSES).replace('shared', 'common')}\n")
    one.until(r"common store, [\s\S]*said\s+aloud\)")
    leave(one)
    (row,) = rewrites(demo)
    assert "common" in row["text"] and row["recording"] == before["recording"]
    assert row["recording"] in names(demo)


def test_it_ends_by_itself_after_ninety_seconds(opened, booth: Booth, demo: Path) -> None:
    booth.says(PASSES)
    one = at_the_third(opened("--say", UNSAID_INPUT="Racing"))
    one.type("w")
    one.until("recording 1:")
    one.until(r"heard: I'd keep them in a shared store, .*\(90\.0 s")
    leave(one)
    assert [row["text"] for row in rewrites(demo)] == [text(PASSES)]


def test_a_microphone_that_goes_leaves_what_it_heard(opened, booth: Booth, demo: Path) -> None:
    booth.says(PASSES)
    one = at_the_third(opened("--say", UNSAID_INPUT="Loose"))
    one.type("w")
    frame = one.until(r"(?s).*heard: I'd keep them in a shared store.*Note.*")[0]
    assert "the microphone disappeared" in flat(frame)
    leave(one)
    assert [row["text"] for row in rewrites(demo)] == [text(PASSES)]


def test_the_microphone_of_last_time_is_not_here(opened, booth: Booth, demo: Path, workspace: Path) -> None:
    (workspace / "state.json").write_text('{"input": "Headset"}')
    one = at_the_third(opened("--say"))
    say(one, seconds=4)
    frame = one.until(r"(?s).*heard: Okay.*Note.*")[0]
    assert "there is no microphone 'Headset'; 'default' was taken instead" in flat(frame)
    leave(one)


def test_without_a_microphone_a_rewrite_is_typed(opened, demo: Path, tmp_path: Path) -> None:
    before = names(demo)
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    for env, told in (
        (microphones(tmp_path / "none"), "no microphone was found"),
        ({"PYTHONPATH": path}, "PortAudio library not found"),
    ):
        one = at_the_third(opened("--say", **env))
        one.type("w")
        frame = one.until(rf"(?s).*{told}.*")[0]
        assert "t types it instead" in flat(frame)
        one.type("t")
        one.until_told("enter keeps it", 1)
        one.type(f"{text(PASSES)}\n")
        one.until("it passes")
        leave(one)
        assert len(rewrites(demo)) == 1
        assert names(demo) == before | {"review.json"}
        (demo / "review.json").unlink()


def test_without_a_model_it_is_told_at_once(opened, demo: Path) -> None:
    record = json.loads((demo / "session.json").read_text())
    record["model"]["name"] = "removed"
    (demo / "session.json").write_text(json.dumps(record))
    one = at_the_third(opened("--say"))
    one.type("w")
    one.until(r"no speech model is here yet · Run: unsaid models pull \S+ · t types it instead")
    leave(one)
    assert rewrites(demo) == []


def test_the_model_is_loaded_once_for_all_rewrites(opened, booth: Booth, demo: Path, workspace: Path) -> None:
    """Its folder is gone after the first: whoever loads it again cannot hear the second."""
    mine = workspace / "models" / "mine"
    shutil.copytree(ROOT / "models" / "sample-en", mine)
    record = json.loads((demo / "session.json").read_text())
    record["model"]["name"] = "mine"
    (demo / "session.json").write_text(json.dumps(record))
    one = at_the_third(opened("--say"))
    say(one)
    one.until("It does not pass yet")
    shutil.rmtree(mine)
    booth.says(PASSES)
    say(one)
    one.until(r"It\s+passes")
    leave(one)


def test_a_review_that_does_not_begin_leaves_nothing(unsaid, demo: Path) -> None:
    before = names(demo)
    assert unsaid("review", "demo", "--say").returncode == 2
    assert names(demo) == before


def test_left_by_control_c_nothing_lies_about(opened, booth: Booth, demo: Path) -> None:
    before = names(demo)
    one = at_the_third(opened("--say"))
    say(one)
    one.until("It does not pass yet")
    one.type("u")
    one.until("undone: rewrite")
    one.type("\x03")
    assert one.status() == 1
    assert one.after == one.before
    assert names(demo) == before | {"review.json"}


@pytest.mark.parametrize("while_", ["recording", "listening"])
def test_killed_in_the_middle_of_saying(
    opened, unsaid, booth: Booth, demo: Path, workspace: Path, while_: str
) -> None:
    before = names(demo)
    one = at_the_third(opened("--say"))
    say(one)
    one.until("It does not pass yet")
    (first,) = rewrites(demo)
    kept = (demo / "review.json").read_bytes()
    booth.says(*[PASSES, FAILS] * 9)
    one.type("w")
    if while_ == "recording":
        until_recorded(one, 3)
    else:
        until_recorded(one, 60)  # so much that it takes seconds to hear
        one.type("\r")
        one.until("listening to what you said")
    os.kill(one.pid, signal.SIGKILL)
    one.status()
    assert (demo / "review.json").read_bytes() == kept

    # No other command takes it for a recording that was cut off.
    done = unsaid("recover")
    assert done.stdout == "There is nothing to recover.\n"
    done = unsaid("sessions", "list", "--json")
    assert ([row["id"] for row in json.loads(done.stdout)], done.stderr) == (["demo"], "")

    # The review goes on, with all that was kept.
    booth.says(PASSES)
    again = opened("--say")
    at_the_third(again)
    assert list(demo.rglob("*.wav")) == [], "nor does what was cut off stay"
    say(again)
    again.until(r"It\s+passes")
    leave(again)
    (row,) = rewrites(demo)
    assert (row["text"], row["missing"]) == (text(PASSES), [])
    assert row["recording"] != first["recording"]
    assert names(demo) == before | {"review.json", row["recording"]}, "what was cut off is gone"
