"""`unsaid record` as its user sees it: the real program, a virtual microphone, a real terminal."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import jiwer
import numpy as np
import pytest
import soundfile

from support import ROOT, command
from terminal_driver import Driven
from virtual_microphone import Mic, microphones

RATE_HZ = 16_000
SAMPLE = ROOT / "sessions" / "sample"
MODEL = ("--model", "sample-en")
BARE = ("--countdown", "0", "--no-live", "--no-audit")
"""Begins at once, and ends without a transcript: where that is not the point."""
BRIEF = ("--minutes", "0.05", *BARE)
"""Ends by itself, on a fast microphone within a second or two."""


@pytest.fixture(scope="module")
def answer() -> np.ndarray:
    return soundfile.read(SAMPLE / "answer.flac", dtype="int16")[0]


@pytest.fixture(scope="module")
def mics(tmp_path_factory: pytest.TempPathFactory, answer: np.ndarray) -> dict[str, str]:
    def part(start_s: float, end_s: float) -> np.ndarray:
        return answer[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]

    hush = (np.random.default_rng(3).standard_normal(4 * RATE_HZ) * 4).astype(np.int16)
    # Speech to 3.4 s, a silence of 4 s, speech from 7.4 to 10.1 s, one of 2.9 s, speech from 13.0 s on.
    slow = np.concatenate([part(0, 3.4), hush, part(4.1, 6.8), hush[: round(2.9 * RATE_HZ)], part(8.7, 20)])
    return microphones(
        tmp_path_factory.mktemp("sound"),
        Mic("Desk", answer),
        Mic("Thinker", slow),
        Mic("Fast", answer[: 13 * RATE_HZ], speed=20),
        Mic("Racing", answer, speed=60),
    )


def run(mics: dict[str, str], workspace: Path, *args: str, **env: str) -> subprocess.Popen[str]:
    """The program without a terminal."""
    workspace.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [*command(), "--workspace", str(workspace), *args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workspace.parent,
        env={**os.environ, **mics, **env},
    )


def end(process: subprocess.Popen[str], status: int = 0) -> tuple[str, str]:
    """What it printed to standard output and to standard error."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, err
    assert "Traceback" not in err
    return out, err


def ran(mics: dict[str, str], workspace: Path, *args: str, status: int = 0, **env: str) -> tuple[str, str]:
    return end(run(mics, workspace, *args, **env), status)


def sessions(workspace: Path) -> list[Path]:
    folder = workspace / "sessions"
    return sorted(p for p in folder.glob("*") if not p.name.startswith(".")) if folder.is_dir() else []


def only(workspace: Path) -> Path:
    (folder,) = sessions(workspace)
    return folder


def record_of(folder: Path) -> dict:
    return json.loads((folder / "session.json").read_text(encoding="utf-8"))


def sound_of(folder: Path) -> np.ndarray:
    info = soundfile.info(folder / "answer.flac")
    assert (info.samplerate, info.channels, info.subtype) == (RATE_HZ, 1, "PCM_16")
    return soundfile.read(folder / "answer.flac", dtype="int16")[0]


def place(piece: np.ndarray, whole: np.ndarray) -> int:
    """Where `piece` is in `whole`, sample for sample."""
    data, at = whole.tobytes(), -1
    while (at := data.find(piece.tobytes(), at + 1)) >= 0:
        if at % 2 == 0:
            return at // 2
    raise AssertionError("what was recorded was never played")


def words(transcript: dict) -> list[str]:
    return [w["word"].strip() for s in transcript["segments"] for w in s["words"]]


def check_against_audit(folder: Path, other: Path) -> None:
    """The session's transcript is what an audit of its finished recording gives in a new workspace."""
    ran({}, other, "audit", str(folder / "answer.flac"), *MODEL)
    live, after = (json.loads((p / "transcript.json").read_text()) for p in (folder, only(other)))
    wer = jiwer.wer(" ".join(words(after)), " ".join(words(live)))
    print(f"{len(words(after))} words, WER {wer:.2%}")
    assert len(words(after)) >= 10
    assert wer <= 0.02
    speech = [json.loads((p / "speech.json").read_text()) for p in (folder, only(other))]
    assert speech[0]["pauses"] == speech[1]["pauses"]


Open = Callable[..., Driven]


@pytest.fixture
def terminal(mics: dict[str, str], workspace: Path, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as opened:

        def open_(*args: str, **how) -> Driven:
            argv = [*command(), "--workspace", str(workspace), "record", *args]
            return opened.enter_context(Driven(argv, cwd=tmp_path, env=mics, **how))

        yield open_


@pytest.fixture(scope="module")
def thinking(
    mics: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, tuple[Path, subprocess.Popen[str]]]]:
    """Two recordings in real time, by how often they ask to think aloud. Begun early, beside other tests."""
    args = ("record", *BARE, "--input", "Thinker", "--minutes", "0.14")
    begun = {}
    for nudges, after_s in ((1, "3"), (0, "0")):
        workspace = tmp_path_factory.mktemp("thinking") / "workspace"
        begun[nudges] = (workspace, run(mics, workspace, *args, "--nudge-after", after_s))
    yield begun
    for _, process in begun.values():
        process.kill()
        process.wait()


@pytest.mark.usefixtures("thinking")
def test_a_whole_recording(terminal: Open, workspace: Path, tmp_path: Path, answer: np.ndarray) -> None:
    one = terminal(*MODEL, "--countdown", "0", "--input", "Desk", "--prompt", "Design a rate limiter.")
    one.until("recording 0:02")
    part = only(workspace) / "answer.part.wav"
    marked_s = (part.stat().st_size - 44) / 2 / RATE_HZ
    one.type("m")
    one.until("marked 0:02")
    one.until("recording 0:04")
    one.type("p")
    for _ in range(15):  # more than a second of pictures
        one.until("paused at 0:04")
    one.type("p")
    one.until("recording 0:08")
    one.type("s")
    assert one.status() == 0

    # What was played is what is kept, but for the break.
    folder = only(workspace)
    kept, record = sound_of(folder), record_of(folder)
    take = record["take"]
    (gap,) = take["breaks"]
    join = round(gap["at"] * RATE_HZ)  # told in milliseconds: 16 samples
    first, second = place(kept[: join - 16], answer), place(kept[join + 16 :], answer) - 16
    skipped_s = (second - first - join) / RATE_HZ
    print(
        f"{skipped_s:.3f} s were not kept; told: {gap['lasted']} s; mark {take['marks']} for {marked_s:.3f} s"
    )
    assert skipped_s >= 0.9
    assert skipped_s == pytest.approx(gap["lasted"], abs=0.15)
    assert take["marks"] == [pytest.approx(marked_s, abs=0.3)]
    assert (take["device"], take["device_rate_hz"], take["ended"]) == ("Desk", RATE_HZ, "stopped")
    assert (take["overflows"], take["dropped_frames"], take["nudges"]) == (0, 0, [])
    assert record["duration"] == len(kept) / RATE_HZ
    assert record["prompt"]["text"] == "Design a rate limiter."
    assert list(record["stages"]) == ["decode", "speech", "transcribe", "audit", "views"]

    # Nobody else can read any of it, and nothing of the making is left.
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == dict.fromkeys(
        (
            ".lock",
            "answer.flac",
            "audit.json",
            "report.html",
            "report.md",
            "session.json",
            "speech.json",
            "transcript.json",
        ),
        0o600,
    )
    assert list((workspace / "sessions" / ".unfinished").iterdir()) == []

    # The terminal is as before; the report alone goes to standard output.
    drawn = one.bytes.decode()
    assert one.after == one.before
    assert re.findall(r"\x1b\[\?1049[hl]", drawn) == ["\x1b[?1049h", "\x1b[?1049l"]
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")
    assert "\x1b[2J" not in drawn, "the screen flickers"
    assert not re.search(r"\x1b\[(?:\d+;)*(?:3[0-7]|38|4[0-7]|48|9[0-7])[;m]", drawn), "NO_COLOR"
    assert one.out().startswith(folder.name)
    assert "Transcript" in one.out()
    assert f"recorded 0:08 from Desk: {folder.name}; marked 0:02" in " ".join(one.told().split())
    check_against_audit(folder, tmp_path / "other" / "workspace")


def test_abandoning_asks_first(terminal: Open, workspace: Path) -> None:
    one = terminal(*BARE, "--input", "Desk")
    one.until("recording 0:00")
    one.type("a")
    one.until("Throw this recording away")
    one.type("x")
    one.until("m mark")
    one.type("pa")
    one.until("still paused")
    one.type("n")
    one.until("p go on")
    assert len(sessions(workspace)) == 1
    one.type("a")
    one.until("Throw this recording away")
    one.type("y")
    assert one.status() == 0
    assert "thrown away; nothing was kept" in one.told()
    assert sessions(workspace) == []
    assert list((workspace / "sessions" / ".unfinished").iterdir()) == []
    assert one.after == one.before
    assert one.out() == ""


def test_what_control_keys_do(terminal: Open, workspace: Path) -> None:
    one = terminal(*BARE[2:], "--countdown", "60", "--input", "Desk")
    one.until("starting in (5[89]|60)")
    one.type(" ")
    one.until("recording 0:00")
    one.type("\x1a\x13")  # Ctrl-Z, Ctrl-S
    one.until("recording 0:01")
    one.type("\x03")
    assert one.status() == 0, "not even stopped for a moment"
    assert one.after == one.before
    take = record_of(only(workspace))["take"]
    assert (take["ended"], take["breaks"]) == ("stopped", []), "the countdown is no break"
    assert len(sound_of(only(workspace))) >= RATE_HZ


@pytest.mark.parametrize(("key", "status"), [("a", 0), ("\x03", 130)])
def test_the_countdown_can_be_left(terminal: Open, workspace: Path, key: str, status: int) -> None:
    one = terminal(*BARE[2:], "--countdown", "60", "--input", "Desk")
    one.until("starting in")
    one.type(key)
    assert one.status() == status
    assert "nothing was kept" in one.told()
    assert sessions(workspace) == []
    assert one.after == one.before


def test_time_and_silence(thinking: dict[int, tuple[Path, subprocess.Popen[str]]]) -> None:
    for nudges, (workspace, process) in thinking.items():
        out, err = end(process)
        folder = only(workspace)
        take = record_of(folder)["take"]
        seconds = len(sound_of(folder)) / RATE_HZ
        print(f"{seconds:.2f} s, nudges at {take['nudges']}")
        assert out == ""
        assert "time is up: finish your sentence" in err
        assert 10.1 < seconds < 13.0, "8.4 s, and then to the end of the sentence"
        assert take["ended"] == "stopped"
        assert len(take["nudges"]) == nudges
        assert all(6.3 < at_s < 7.4 for at_s in take["nudges"]), "the silence is from 3.4 to 7.4 s"
        assert ("say what you are deciding" in err) == bool(nudges)
        assert re.search(rf"^time is up: recorded 0:1[0-2] from Thinker: {folder.name}$", err, re.MULTILINE)
        assert err.endswith(f"next: unsaid audit {folder.name}\n")
        assert "\x1b" not in err
        assert "no keys here: Ctrl-C stops" in err


def test_every_silence_is_asked_about_once() -> None:
    from unsaid.recording import Nudges

    nudges = Nudges(2.0)
    told = [
        nudges.due(at, silence) for at, silence in [(1, 0), (3, 2), (4, 3), (5, 0), (6, 1), (7, 2), (8, 3)]
    ]
    assert told == [False, True, False, False, False, True, False]


@pytest.mark.parametrize("minutes", ["0", "-1", "121", "nan", "inf"])
def test_minutes_out_of_range(mics: dict[str, str], workspace: Path, minutes: str) -> None:
    out, err = ran(mics, workspace, "record", f"--minutes={minutes}", status=2)
    assert out == ""
    assert err.startswith(f"error: --minutes {minutes}")
    assert not workspace.exists()


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (("--prompt", "two-sum"), r"recording 0:\d\d · [45]:\d\d left"),  # its card says five minutes
        (("--prompt", "two-sum", "--minutes", "2"), r"recording 0:\d\d · [12]:\d\d left"),
        (("--prompt", "Why here?"), r"recording 0:\d\d(?! · \d+:\d\d left)"),
    ],
)
def test_a_prompts_own_minutes_are_taken(terminal: Open, args: tuple[str, ...], shown: str) -> None:
    one = terminal(*BARE, "--input", "Desk", *args)
    one.until(shown)
    one.type("s")
    assert one.status() == 0


def test_too_fast_to_keep_up(terminal: Open, workspace: Path, tmp_path: Path) -> None:
    one = terminal(*MODEL, "--countdown", "0", "--input", "Racing")
    one.until(r"transcription \d+ s behind")
    one.until(r"recording 2:")
    one.type("\x03\x03")  # in a hurry: the second one is not meant for what comes after the stop
    one.until(r"\d:\d\d of 2:\d\d transcribed")
    one.until("Ctrl-C leaves the rest for later")
    assert one.status() == 0
    assert one.out().startswith(only(workspace).name)
    check_against_audit(only(workspace), tmp_path / "other" / "workspace")


def test_leaving_while_the_rest_is_transcribed(terminal: Open, workspace: Path) -> None:
    one = terminal(*MODEL, "--countdown", "0", "--input", "Racing", "--minutes", "2")
    one.until(r"transcribed")
    one.type("\x03")
    assert one.status() == 130
    folder = only(workspace)
    assert f"unsaid audit {folder.name} goes on from here" in " ".join(one.told().split())
    assert one.out() == ""
    assert not (folder / "audit.json").exists()
    assert len(sound_of(folder)) >= 120 * RATE_HZ
    assert one.after == one.before


def test_recording_only(mics: dict[str, str], tmp_path: Path) -> None:
    """Several ways of it, side by side."""
    here = {
        "afterwards": run(
            mics,
            tmp_path / "afterwards",
            *("record", *MODEL, "--no-live", "--countdown", "0", "--minutes", "0.1", "--input", "Fast"),
        ),
        "no-audit": run(
            mics,
            tmp_path / "no-audit",
            *(
                "record",
                *MODEL,
                "--no-audit",
                "--countdown",
                "0",
                "--minutes",
                "0.1",
                "--input",
                "Fast",
                "-q",
            ),
        ),
        "no-model": run(
            mics,
            tmp_path / "no-model",
            *("record", "--countdown", "0", "--minutes", "0.1", "--input", "Fast"),
        ),
    }
    out, err = end(here["afterwards"])
    folder = only(tmp_path / "afterwards")
    assert out.startswith(folder.name)
    assert "recorded 0:" in err
    check_against_audit(folder, tmp_path / "other" / "workspace")

    out, err = end(here["no-audit"])
    assert out == ""
    assert [line for line in err.splitlines() if not line.startswith("warning: the sample model")] == []
    folder = only(tmp_path / "no-audit")
    assert not (folder / "transcript.json").exists()
    out, _ = ran(mics, tmp_path / "no-audit", "audit", folder.name, *MODEL)
    assert out.startswith(folder.name)

    out, err = end(here["no-model"])
    folder = only(tmp_path / "no-model")
    assert out == ""
    assert "warning: no speech model is here yet: the answer is recorded, not transcribed" in err
    assert "unsaid models pull" in err
    assert err.endswith(f"next: unsaid audit {folder.name}\n")
    assert len(sound_of(folder)) >= 6 * RATE_HZ


def test_the_first_recording_of_all(terminal: Open, workspace: Path) -> None:
    """No model is here, and none is wanted now: that keeps nobody from recording."""
    one = terminal("--countdown", "0", "--minutes", "0.1", "--input", "Fast")
    one.type("n\n")
    assert one.status() == 0
    told = " ".join(one.told().split())
    assert "Fetch it now?" in told
    assert "the answer is recorded, not transcribed" in told
    assert told.endswith(f"next: unsaid audit {only(workspace).name}")


def test_the_microphone_is_remembered(mics: dict[str, str], workspace: Path, answer: np.ndarray) -> None:
    _, err = ran(mics, workspace, "record", *BRIEF, "--input", "fas")
    assert "from Fast:" in err, "a part of the name will do"
    assert json.loads((workspace / "state.json").read_text()) == {"input": "Fast"}
    _, err = ran(mics, workspace, "record", *BRIEF)
    assert "from Fast:" in err
    (workspace / "state.json").write_text('{"input": "Headset"}')
    _, err = ran(microphones(workspace / "one", Mic("Fast", answer, speed=20)), workspace, "record", *BRIEF)
    assert "warning: there is no microphone 'Headset'; 'default' is taken instead" in err
    assert json.loads((workspace / "state.json").read_text()) == {"input": "Headset"}, "it may come back"
    assert len(sessions(workspace)) == 3


def test_no_microphone_nothing_left(mics: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    none = microphones(tmp_path / "none")
    here = {
        "unknown": run(mics, tmp_path / "unknown", "record", *BRIEF, "--input", "Nope"),
        "none": run(none, tmp_path / "none-here", "record", *BRIEF),
        "missing": run(mics, tmp_path / "missing", "record", *BRIEF, PYTHONPATH=path),
    }
    out, err = end(here["unknown"], 2)
    assert (out, sessions(tmp_path / "unknown")) == ("", [])
    error, hint = err.splitlines()
    assert error == "error: there is no microphone 'Nope'"
    assert all(name in hint for name in ("'Desk'", "'Fast'", "'Thinker'", "'Racing'"))
    assert not (tmp_path / "unknown" / "state.json").exists()

    out, err = end(here["none"], 2)
    assert (out, sessions(tmp_path / "none-here")) == ("", [])
    assert err.startswith("error: no microphone was found\nhint: ")

    out, err = end(here["missing"], 2)
    assert (out, sessions(tmp_path / "missing")) == ("", [])
    error, hint = err.splitlines()
    assert "PortAudio library not found" in error
    assert hint.startswith(("hint: Run: ", "hint: Install PortAudio"))


def test_a_prompt_of_the_bank_is_put_with_its_facts(terminal: Open, workspace: Path) -> None:
    one = terminal(*BARE, "--input", "Desk", "--prompt", "sheet-recalculation")
    frame = " ".join(one.until("(?s)Cells of a spreadsheet.*recording 0:00")[0].split())
    one.type("s")
    assert one.status() == 0
    prompt = record_of(only(workspace))["prompt"]
    assert prompt["id"] == "sheet-recalculation"
    assert len(prompt["facts"]) >= 2
    assert all(fact in frame for fact in prompt["facts"])


def test_a_terminal_of_any_size(terminal: Open, workspace: Path) -> None:
    """No picture is wider or higher than the terminal, also while that changes."""
    one = terminal(*BARE, "--input", "Desk", "--prompt", "Design a rate limiter. " * 20, size=(200, 50))
    for columns, rows in ((200, 50), (60, 15), (80, 24), (20, 5), (120, 40)):
        one.resize(columns, rows)
        seen = len(one.frames())
        while True:  # until a picture is as high as the terminal now is
            frame = one.until("(?s).*")[0]
            lines = frame.replace("\r", "").split("\n")
            if len(lines) == rows and max(map(len, lines)) <= columns:
                break
            assert len(one.frames()) < seen + 60, f"{columns}x{rows}: {len(lines)} rows are drawn"
    one.type("s")
    assert one.status() == 0
    assert len(sessions(workspace)) == 1
