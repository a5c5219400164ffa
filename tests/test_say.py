"""A rewrite said aloud: heard by the real recogniser, kept whole or not at all, as long as it is needed."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from said_aloud import FAILS, PASSES, RATE_HZ, SAMPLE, hush, names, pcm, text, wav, webm

from unsaid import say
from unsaid.cli.choose import request_for_rewrites
from unsaid.cli.output import Notes
from unsaid.config import Settings, load
from unsaid.desk import Desk
from unsaid.errors import UnsaidError
from unsaid.model import Moment
from unsaid.pipeline import Request
from unsaid.review.check import corrects
from unsaid.sessions.record import Session
from unsaid.sessions.review import load as load_review
from unsaid.sessions.store import Store
from unsaid.taste import Taste

NOTES = Notes(quiet=True)


@pytest.fixture
def settings(workspace: Path) -> Settings:
    return load(str(workspace))


@pytest.fixture
def session(demo: Path) -> Iterator[Session]:
    found = Store(demo.parent).find("demo")
    yield found
    say.tidy(found)


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session, Store(session.folder.parent), Taste())


@pytest.fixture
def moment(desk: Desk) -> Moment:
    return next(m for m in desk.moments if m.code == "D2")


@pytest.fixture
def request_(settings: Settings, session: Session) -> Request:
    return request_for_rewrites(settings, session, NOTES)


def takes(session: Session) -> list[str]:
    return [path.name for path in session.said]


def test_what_was_said_is_what_is_heard_and_kept(session: Session, moment: Moment, request_: Request) -> None:
    first = say.hear(session, wav(pcm(PASSES)), moment, request_, NOTES)
    assert first.text == text(PASSES)
    assert first.name == f"say-{moment.id}-1.flac"
    path = session.folder / first.name
    info = soundfile.info(path)
    assert (info.format, info.samplerate, info.channels, info.subtype) == ("FLAC", RATE_HZ, 1, "PCM_16")
    assert np.array_equal(soundfile.read(path, dtype="int16")[0], pcm(PASSES)), "sample for sample"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.duration_s == len(pcm(PASSES)) / RATE_HZ

    # As a browser sends it, and from a file.
    second = say.hear(session, webm(pcm(FAILS)), moment, request_, NOTES)
    third = say.hear(session, path, moment, request_, NOTES)
    assert (second.text, third.text) == (text(FAILS), text(PASSES))
    assert takes(session) == [f"say-{moment.id}-{n}.flac" for n in (1, 2, 3)]
    assert path.is_file(), "a file that was given stays where it is"


def test_a_pause_within_the_sentence_is_told(session: Session, moment: Moment, request_: Request) -> None:
    sound = np.concatenate([hush(1.0), pcm(5), hush(1.5), pcm(7), hush(2.0)])
    spoken = say.hear(session, wav(sound), moment, request_, NOTES)
    assert spoken.text == f"{text(5)} {text(7)}"
    # With the silence around both cuts; that before the first word and after the last does not count.
    assert spoken.longest_pause_s == pytest.approx(2.1, abs=0.3)
    assert len(spoken.pauses) >= 3


ROOM = (np.random.default_rng(1).standard_normal(3 * RATE_HZ) * 300).astype(np.int16)
LONG = np.tile(np.concatenate([pcm(PASSES), pcm(FAILS)]), 13)


@pytest.mark.parametrize(
    ("sound", "told"),
    [
        (b"", "the file is empty"),
        (b"I said it", "not a sound or video file"),
        (wav(np.zeros(2 * RATE_HZ, np.int16)), "the sound is silent"),
        (wav(ROOM), "nobody is heard speaking"),
        (wav(LONG), r"too long \(9\d s; at most 90 s\)"),
        (webm(LONG), r"too long \(9\d s; at most 90 s\)"),
    ],
    ids=["empty", "text", "silence", "noise", "long", "long webm"],
)
def test_what_cannot_be_heard_is_told_and_not_kept(
    session: Session, moment: Moment, request_: Request, sound: bytes, told: str
) -> None:
    before = names(session.folder)
    with pytest.raises(UnsaidError, match=told) as caught:
        say.hear(session, sound, moment, request_, NOTES)
    assert caught.value.hint and ".say-" not in caught.value.message
    (room,) = names(session.folder) - before
    assert {path.name for path in (session.folder / room).iterdir()} == {".lock"}, "nothing lies about"


def test_a_take_of_ninety_seconds_is_heard(session: Session, moment: Moment, request_: Request) -> None:
    sound = np.concatenate([pcm(PASSES), hush(90.0)])[: 90 * RATE_HZ]
    assert say.hear(session, wav(sound), moment, request_, NOTES).text == text(PASSES)


# A process of its own: no file in it may grow beyond 20 kB, as on a full disk.
FULL = """
import resource, sys
from pathlib import Path
from unsaid import say
from unsaid.cli.choose import request_for_rewrites
from unsaid.cli.output import Notes
from unsaid.config import load
from unsaid.errors import UnsaidError
from unsaid.model import Moment
from unsaid.sessions.store import Store
settings = load(sys.argv[1])
session = Store(settings.sessions_dir).find("demo")
moment = Moment(1, "D1", "", 0.0, 1.0, 0, "D", None, "open")
request = request_for_rewrites(settings, session, Notes())
say.prepare(session, request, Notes())
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    print(say.hear(session, Path(sys.argv[2]), moment, request, Notes()))
except UnsaidError as error:
    print("told:", error.message)
say.tidy(session)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_what_cannot_be_written_is_not_there(session: Session, workspace: Path, tmp_path: Path) -> None:
    before = names(session.folder)
    given = tmp_path / "said.wav"
    given.write_bytes(wav(pcm(PASSES)))
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(workspace), str(given)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("told: ") and "cannot be written" in done.stdout
    assert names(session.folder) == before


# Which model


def test_the_model_that_heard_the_answer_hears_the_rewrite(
    settings: Settings, session: Session, workspace: Path
) -> None:
    shutil.copytree(SAMPLE.parents[1] / "models" / "sample-en", workspace / "models" / "mine")
    shutil.copytree(SAMPLE.parents[1] / "models" / "sample-en", workspace / "models" / "base.en")

    def chosen(of: Session, model: str | None = None) -> str:
        return request_for_rewrites(settings, of, NOTES, model=model).choose_model().name

    assert chosen(session) == "sample-en"
    assert chosen(replace(session, model="mine")) == "mine"
    assert chosen(replace(session, model="mine"), model="base.en") == "base.en"
    assert chosen(replace(session, model="removed")) == "base.en", "else as for any recording"
    assert chosen(replace(session, model=None)) == "base.en"


def test_without_a_model_it_says_how_to_get_one(
    settings: Settings, session: Session, moment: Moment, capfd: pytest.CaptureFixture[str]
) -> None:
    request = request_for_rewrites(settings, replace(session, model="removed"), NOTES)
    with pytest.raises(UnsaidError, match="no speech model is here yet") as caught:
        say.hear(session, wav(pcm(PASSES)), moment, request, NOTES)
    assert "unsaid models pull" in caught.value.hint
    assert takes(session) == []
    assert capfd.readouterr().err == "", "nothing is asked in the middle of a review"


def test_the_model_is_loaded_once(
    settings: Settings, session: Session, moment: Moment, workspace: Path
) -> None:
    """Its folder is gone after the first rewrite: whoever loads it again cannot hear the second."""
    mine = workspace / "models" / "mine"
    shutil.copytree(SAMPLE.parents[1] / "models" / "sample-en", mine)
    session = replace(session, model="mine")
    request = request_for_rewrites(settings, session, NOTES)
    say.prepare(session, request, NOTES)
    shutil.rmtree(mine)
    for number in (FAILS, PASSES):
        assert say.hear(session, wav(pcm(number)), moment, request, NOTES).text == text(number)
    with pytest.raises(UnsaidError, match="no speech model"):
        say.prepare(session, request_for_rewrites(settings, session, NOTES), NOTES)


# How long a take is kept


def test_takes_that_no_rewrite_names_go_at_the_end(
    session: Session, desk: Desk, moment: Moment, request_: Request
) -> None:
    before = names(session.folder)
    for number in (FAILS, PASSES):
        spoken = say.hear(session, wav(pcm(number)), moment, request_, NOTES)
        desk.rewrite(desk.moment(moment.id), spoken.text, recording=spoken.name)
    assert len(takes(session)) == 2
    # Until then the one that was replaced can be had back.
    assert desk.undo() == f"rewrite {moment.id}"
    (row,) = load_review(session.folder).rewrites
    assert (row.text, row.recording) == (text(FAILS), f"say-{moment.id}-1.flac")
    assert (session.folder / row.recording).is_file()
    say.tidy(session)
    assert names(session.folder) == before | {"review.json", row.recording}
    # Its number is not given again while it is there.
    assert say.hear(session, wav(pcm(PASSES)), moment, request_, NOTES).name == f"say-{moment.id}-2.flac"


WINDOW = """
import sys
from pathlib import Path
from unsaid import say
from unsaid.cli.choose import request_for_rewrites
from unsaid.cli.output import Notes
from unsaid.config import load
from unsaid.model import Moment
from unsaid.sessions.store import Store
settings = load(sys.argv[1])
session = Store(settings.sessions_dir).find("demo")
moment = Moment(1, "D1", "", 0.0, 1.0, 7, "D", None, "open")
request = request_for_rewrites(settings, session, Notes())
print(say.hear(session, Path(sys.argv[2]), moment, request, Notes()).name, flush=True)
if input() == "end":
    say.tidy(session)
"""
LOOKER = """
import sys
from pathlib import Path
from unsaid import say
from unsaid.sessions.store import Store
session = Store(Path(sys.argv[1])).find("demo")
with say.reviewing(session):
    print("open", flush=True)
    input()
"""


def test_a_window_that_only_looks_on_can_undo_as_well(
    session: Session, moment: Moment, request_: Request
) -> None:
    """It may have dropped a rewrite, and want it back: its sound is still there."""
    name = say.hear(session, wav(pcm(PASSES)), moment, request_, NOTES).name
    with subprocess.Popen(
        [sys.executable, "-c", LOOKER, str(session.folder.parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None and other.stdout.readline() == "open\n"
        say.tidy(session)
        assert takes(session) == [name]
        other.communicate("\n")
    assert takes(session) == []


def test_the_takes_of_another_window_stay_until_it_ends(
    session: Session, moment: Moment, request_: Request, workspace: Path, tmp_path: Path
) -> None:
    given = tmp_path / "said.wav"
    given.write_bytes(wav(pcm(PASSES)))
    for ends in (True, False):
        other = subprocess.Popen(
            [sys.executable, "-c", WINDOW, str(workspace), str(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with other:
            assert other.stdout is not None
            theirs = other.stdout.readline().strip()
            ours = say.hear(session, wav(pcm(FAILS)), moment, request_, NOTES).name
            say.tidy(session)  # nobody has named either of them yet
            assert set(takes(session)) == {theirs, ours}
            if ends:
                other.communicate("end\n")
            else:
                other.kill()
        if not ends:  # its room is there, and nobody holds it
            assert list(session.folder.glob(".say-*"))
            say.tidy(session)
        assert takes(session) == []
        assert list(session.folder.glob(".say-*")) == []


def test_nothing_goes_where_it_cannot_be_told_what_is_needed(
    session: Session, moment: Moment, request_: Request
) -> None:
    name = say.hear(session, wav(pcm(PASSES)), moment, request_, NOTES).name
    (session.folder / "review.json").write_text("{")
    say.tidy(session)
    assert takes(session) == [name]
    (session.folder / "review.json").unlink()
    with Store(session.folder.parent).lock(session):
        assert subprocess.run([sys.executable, "-c", TIDY, str(session.folder.parent)]).returncode == 0
    assert takes(session) == [name], "another run is at work on the session"


TIDY = """
import sys
from pathlib import Path
from unsaid import say
from unsaid.sessions.store import Store
say.tidy(Store(Path(sys.argv[1])).find("demo"))
"""


def test_several_can_be_heard_at_once(session: Session, moment: Moment, request_: Request) -> None:
    sounds = [FAILS, PASSES, 5, 7]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: say.hear(session, wav(pcm(n)), moment, request_, NOTES), sounds))
    assert [spoken.text for spoken in done] == [text(number) for number in sounds]
    assert len(takes(session)) == 4


def test_two_windows_take_no_name_from_each_other(session: Session, moment: Moment, tmp_path: Path) -> None:
    samples = pcm(FAILS).astype(np.float32) / 32768.0
    start = Barrier(16)

    def keep(_: int) -> str:
        start.wait()
        return say._keep(session, tmp_path, moment, samples)

    with ThreadPoolExecutor(16) as pool:
        given = list(pool.map(keep, range(16)))
    assert sorted(given) == takes(session) and len(set(given)) == 16


# What else knows of them


def test_a_text_that_is_only_put_right_keeps_its_sound(desk: Desk, moment: Moment) -> None:
    desk.rewrite(moment, "I put it in the gate way as every quest passes there.", recording="say-x-1.flac")
    desk.rewrite(desk.moment(moment.id), "I put it in the gateway, as every request passes there.")
    now = desk.moment(moment.id).rewrite
    assert now is not None and now.recording == "say-x-1.flac"
    desk.rewrite(desk.moment(moment.id), "Latency decides here, so I chose the edge.")
    now = desk.moment(moment.id).rewrite
    assert now is not None and now.recording == "", "that was never said aloud"
    desk.undo()
    now = desk.moment(moment.id).rewrite
    assert now is not None and now.recording == "say-x-1.flac"
    desk.rewrite(desk.moment(moment.id), "")
    assert desk.moment(moment.id).rewrite is None


SENTENCES = st.lists(st.sampled_from(["we", "keep", "it", "in", "one", "store", "because", "any"]))


@given(SENTENCES, SENTENCES)
def test_correcting_is_saying_nearly_the_same(one: list[str], other: list[str]) -> None:
    a, b = " ".join(one), " ".join(other)
    assert corrects(a, a.upper() + ".") == bool(one)
    if not set(one) & set(other):
        assert not corrects(a, b)
    if one:
        assert corrects(a, f"Well, {a}"), "a word more"


def test_an_export_without_sound_has_no_take(unsaid, session: Session, tmp_path: Path) -> None:
    (session.folder / "say-D1-aa-1.flac").write_bytes(wav(pcm(FAILS)))
    for option, held in (("--no-audio", False), (None, True)):
        target = tmp_path / f"{held}.zip"
        given = [option] if option else []
        assert unsaid("sessions", "export", "demo", "-o", target, *given).returncode == 0
        with zipfile.ZipFile(target) as archive:
            sound = {name for name in archive.namelist() if name.endswith((".flac", ".wav"))}
        assert sound == ({"demo/answer.flac", "demo/say-D1-aa-1.flac"} if held else set())


def test_removing_a_session_removes_what_was_said(unsaid, session: Session) -> None:
    (session.folder / "say-D1-aa-1.flac").write_bytes(wav(pcm(FAILS)))
    (session.folder / ".say-left").mkdir()
    assert unsaid("sessions", "remove", "demo", "--yes").returncode == 0
    assert not session.folder.exists()


def test_a_session_that_is_gone_is_told(session: Session, moment: Moment, request_: Request) -> None:
    shutil.rmtree(session.folder)
    with pytest.raises(UnsaidError, match="not there any more"):
        say.hear(session, wav(pcm(PASSES)), moment, request_, NOTES)
    assert not session.folder.exists()
    say.tidy(session)
