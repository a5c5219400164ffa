"""Sessions on disk: found, kept apart, never half written, private."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.errors import UnsaidError
from unsaid.model import Prompt
from unsaid.sessions.files import write_whole
from unsaid.sessions.record import Session, Source, Stage, load
from unsaid.sessions.store import Store, slug

NOW = datetime(2026, 11, 22, 15, 30).astimezone()


def make(store: Store, name: str = "Rate limiter (take 2).m4a", sha256: str = "a" * 64) -> Session:
    return store.create(
        Source(name, sha256, 10), now=NOW, duration_s=61.5, prompt=Prompt("Why?", "design"), kind="design"
    )


def test_a_session_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions")
    made = replace(make(store), stages={"decode": Stage("2026-11-22T15:30:00", 1.5, "key")}, notes=("cut",))
    store.save(made)
    assert load(made.folder) == made
    assert made.id == "2026-11-22-1530-rate-limiter-take-2"


def test_the_facts_of_a_prompt_are_kept(tmp_path: Path) -> None:
    prompt = Prompt("Design a kettle.", "design", "kettle", ("It holds 2 litres.", "It has no lid."))
    made = replace(make(Store(tmp_path / "sessions")), prompt=prompt)
    Store(tmp_path / "sessions").save(made)
    assert load(made.folder).prompt == prompt


def test_the_same_name_twice_makes_two_sessions(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = make(store), make(store, sha256="b" * 64)
    assert second.id == f"{first.id}-2"
    assert store.by_source("b" * 64) == second
    assert store.by_source("c" * 64) is None


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    made = make(Store(tmp_path / "sessions"))
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((made.folder / "session.json").stat().st_mode) == 0o600


def test_found_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    store = Store(tmp_path)
    one = make(store, "one.wav")
    make(store, "two.wav", "b" * 64)
    assert store.find("2026-11-22-1530-o") == one
    with pytest.raises(UnsaidError, match="fits 2 sessions"):
        store.find("2026")
    with pytest.raises(UnsaidError) as caught:
        store.find("2026-11-22-1530-onee")
    assert "Did you mean '2026-11-22-1530-one'" in caught.value.hint


def test_a_broken_session_hides_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    good, bad = make(store, "good.wav"), make(store, "bad.wav", "b" * 64)
    (bad.folder / "session.json").write_text('{"schema": 1,\n oops')
    found, broken = store.all()
    assert found == [good]
    assert len(broken) == 1
    assert "session.json, line 2" in broken[0].message


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema": 1}', '{"schema": 1, "source": 3, "model": {}}'])
def test_a_file_that_is_no_session_is_told_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "session.json").write_text(text)
    with pytest.raises(UnsaidError, match="is not a session of this program"):
        load(tmp_path)


def test_a_session_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    made = make(Store(tmp_path))
    path = made.folder / "session.json"
    text = json.dumps(json.loads(path.read_text()) | {"schema": 2})
    path.write_text(text)
    with pytest.raises(UnsaidError, match="newer version"):
        load(made.folder)
    assert path.read_text() == text


def test_two_processes_cannot_hold_one_session(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = make(store)
    other = (
        "import sys; from pathlib import Path; from unsaid.sessions.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "with store.lock(store.find(sys.argv[2])): pass"
    )
    run = [sys.executable, "-c", other, str(tmp_path), made.id]
    with store.lock(made):
        held = subprocess.run(run, capture_output=True, text=True)
    assert held.returncode == 1
    assert "in use by another run" in held.stderr
    assert subprocess.run(run).returncode == 0


def test_renamed_removed_and_exported(tmp_path: Path) -> None:
    store = Store(tmp_path / "sessions")
    made = make(store)
    write_whole(made.recording, b"sound")
    other = make(store, "other.wav", "b" * 64)
    with pytest.raises(UnsaidError, match="already a session"):
        store.rename(made, other.id)
    renamed = store.rename(made, "My best take!")
    assert renamed.id == "my-best-take"
    assert store.find("my-best-take") == renamed
    assert not made.folder.exists()

    target = tmp_path / "out.zip"
    store.export(renamed, target, with_audio=False)
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == ["my-best-take/session.json"]
    with pytest.raises(UnsaidError, match="already there"):
        store.export(renamed, target)
    store.export(renamed, tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.read("my-best-take/answer.flac") == b"sound"

    store.remove(renamed)
    assert not renamed.folder.exists()
    assert store.find(other.id) == other


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, "old")
    (tmp_path / "blocked").mkdir()
    with pytest.raises(UnsaidError):
        write_whole(tmp_path / "blocked", "a folder is in the way")
    with pytest.raises(UnsaidError, match="cannot be written"):
        write_whole(tmp_path / "nowhere" / "file", "x")
    assert path.read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["blocked", "file"]


@given(st.text())
def test_a_slug_is_a_safe_folder_name(text: str) -> None:
    name = slug(text)
    assert len(name) <= 60
    assert all(c.isascii() and (c.isalnum() or c == "-") for c in name)
    assert not name.startswith("-") and not name.endswith("-")
    assert slug(name) == name
