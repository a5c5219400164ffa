"""The folder of sessions: make, find, list, lock, rename, remove, export."""

from __future__ import annotations

import difflib
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from unsaid.errors import UnsaidError
from unsaid.model import Kind, Prompt
from unsaid.sessions.files import explain, make_folder, write_whole
from unsaid.sessions.record import USUAL_DRILL, Drilled, Session, Source, Take, load

LOCK_NAME = ".lock"
UNFINISHED = ".unfinished"
"""Folder with an empty file for each recording that is being made: a look there is all that a start costs."""
_SOUND = (".flac", ".wav")
"""All sound in a session's folder ends so."""


class InUse(UnsaidError):
    """Another run is at work on the same session."""


class Store:
    """All sessions of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def folders(self) -> list[Path]:
        """Folders that hold a session.json, newest name first."""
        try:
            found = [p for p in self.folder.iterdir() if (p / "session.json").is_file()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise UnsaidError(f"{self.folder} cannot be read: {error.strerror}") from error
        return sorted(found, reverse=True)

    def all(self) -> tuple[list[Session], list[UnsaidError]]:
        """All readable sessions, newest first, and what is wrong with the others."""
        sessions, broken = [], []
        for folder in self.folders():
            try:
                sessions.append(load(folder))
            except UnsaidError as error:
                broken.append(error)
        sessions.sort(key=lambda s: s.created, reverse=True)
        return sessions, broken

    def find(self, reference: str) -> Session:
        """The session with this id, or whose id begins with `reference` and no other's does.

        Raises UnsaidError where there is none, or more than one.
        """
        ids = [p.name for p in self.folders()]
        if reference in ids:
            return load(self.folder / reference)
        starts = [i for i in ids if i.startswith(reference)] if reference else []
        if len(starts) == 1:
            return load(self.folder / starts[0])
        if starts:
            raise UnsaidError(
                f"'{reference}' fits {len(starts)} sessions: {', '.join(starts[:5])}",
                "Give more of the name.",
            )
        near = difflib.get_close_matches(reference, ids, 1, 0.5)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise UnsaidError(
            f"there is no session '{reference}' in {self.folder}",
            f"{hint}`unsaid sessions list` shows what is there.",
        )

    def by_source(self, sha256: str) -> Session | None:
        """The newest session made from the file with this hash."""
        return next((s for s in self.all()[0] if s.source.sha256 == sha256), None)

    def create(
        self,
        source: Source,
        *,
        now: datetime,
        duration_s: float,
        name: str | None = None,
        prompt: Prompt | None = None,
        kind: Kind | None = None,
        program: str = "",
        notes: tuple[str, ...] = (),
        take: Take | None = None,
        drilled: Drilled | None = None,
    ) -> Session:
        """Make a new session's folder and its session.json. Never touches an existing folder."""
        base = name or f"{now:%Y-%m-%d-%H%M}-{slug(Path(source.name).stem) or 'answer'}"
        make_folder(self.folder)
        folder = self.folder / base
        number = 1
        while True:
            try:
                folder.mkdir(mode=0o700)
                break
            except FileExistsError:
                number += 1
                folder = self.folder / f"{base}-{number}"
            except OSError as error:
                raise explain(error, folder) from error
        session = Session(
            id=folder.name,
            folder=folder,
            created=now.astimezone().isoformat(timespec="seconds"),
            source=source,
            duration_s=duration_s,
            prompt=prompt,
            kind=kind,
            program=program,
            notes=notes,
            take=take,
            drill=USUAL_DRILL if drilled is None else drilled.drill,
            drilled=drilled,
        )
        try:
            self.save(session)
        except UnsaidError:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return session

    def save(self, session: Session) -> None:
        """Write session.json, whole or not at all."""
        write_whole(session.folder / "session.json", session.dumps())

    def begin_recording(self, session: Session) -> None:
        """Note that a recording is being made, so that the next start knows where to look."""
        make_folder(self.folder / UNFINISHED)
        write_whole(self.folder / UNFINISHED / session.id, "")

    def end_recording(self, session_id: str) -> None:
        """The recording is finished, or thrown away."""
        (self.folder / UNFINISHED / session_id).unlink(missing_ok=True)

    def unfinished(self) -> list[str]:
        """Ids of the sessions whose recording was begun and not finished, oldest first."""
        try:
            return sorted(p.name for p in (self.folder / UNFINISHED).iterdir() if not p.name.startswith("."))
        except OSError:
            return []

    @contextmanager
    def lock(self, session: Session, wait_s: float = 0.0) -> Iterator[None]:
        """Hold the session for this process alone. Raises UnsaidError where another run holds it for longer
        than `wait_s`.

        The operating system drops the lock when the process ends, however it ends.
        """
        with held(session.folder / LOCK_NAME, wait_s, f"session '{session.id}' is in use by another run"):
            yield

    @contextmanager
    def making(self) -> Iterator[None]:
        """Hold while looking for a session and making it where there is none."""
        make_folder(self.folder)
        with held(self.folder / LOCK_NAME, 10.0, f"{self.folder} is in use by another run"):
            yield

    def rename(self, session: Session, name: str) -> Session:
        """Give the session another id. Raises UnsaidError for an empty or taken name."""
        new = slug(name)
        if not new:
            raise UnsaidError(f"'{name}' has no letter or digit to make a name of", "Use letters and digits.")
        target = self.folder / new
        with self.lock(session):
            if target.exists():
                raise UnsaidError(f"there is already a session '{new}'", "Choose another name.")
            try:
                session.folder.rename(target)
            except OSError as error:
                raise explain(error, target) from error
            renamed = replace(session, id=new, folder=target)
            self.save(renamed)
        return renamed

    def remove(self, session: Session) -> None:
        """Delete the session's folder and all in it."""
        with self.lock(session):
            try:
                shutil.rmtree(session.folder)
            except OSError as error:
                raise explain(error, session.folder) from error

    def export(self, session: Session, target: Path, *, with_audio: bool = True) -> None:
        """Write the session as a zip file, whole or not at all. Raises UnsaidError where `target` exists.

        `with_audio` off leaves out the recording and all that was said aloud in a review.
        """
        if target.exists():
            raise UnsaidError(f"{target} is already there", "Give another name with --output.")
        part = target.with_name(f".{target.name}.part")
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(session.folder.iterdir()):
                    hidden = path.name.startswith(".") or not path.is_file()
                    if hidden or (path.suffix in _SOUND and not with_audio):
                        continue
                    archive.write(path, f"{session.id}/{path.name}")
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise explain(error, target) from error


@contextmanager
def held(path: Path, timeout_s: float, message: str) -> Iterator[None]:
    """Hold the lock file `path`. Raises InUse with `message` where another process does for `timeout_s`.

    The operating system drops the lock when the process ends, however it ends.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=timeout_s, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise InUse(message, "Wait until it is done, or end it, then run this again.") from None
    except OSError as error:
        raise explain(error, path) from error
    try:
        yield
    finally:
        lock.release()


def slug(text: str) -> str:
    """`text` as a folder name: lower-case letters, digits and hyphens, at most 60."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-")
