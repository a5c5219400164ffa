"""A rewrite that is said aloud: recorded or handed over, heard, and kept beside the answer.

What is checked afterwards is what was really said. A take is a file of its own in the session's folder,
`say-MOMENT-NUMBER.flac`; nothing of it is there before it is whole. What is not whole yet lies in a hidden
folder, `.say-…`, that this process holds locked for as long as the review runs: so another window, or a later
run, knows whether it is still needed.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unsaid.errors import UnsaidError
from unsaid.model import Moment, Pause, Transcript
from unsaid.sessions import review as kept
from unsaid.sessions.files import FILE_MODE, explain
from unsaid.sessions.record import Session
from unsaid.sessions.store import Store

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from unsaid.audio.microphone import Ended, Level, Opened
    from unsaid.pipeline import Reporter, Request
    from unsaid.transcribe.whisper import WhisperTranscriber

LONGEST_S = 90.0
"""Nobody needs longer for one sentence."""
_SPARE_S = 0.4
"""A take that was stopped at the limit may be longer by so much."""

_ROOM = ".say-"
_LOCK_NAME = ".lock"
_CLOSE_S = 5.0
"""How long the capture process may take to close its file."""
_OTHER_WINDOW_S, _SHORT_S = 5.0, 0.5
"""How long is waited for what another window is writing; where it can be done without."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A rewrite as it was heard."""

    text: str
    """What the model heard, in one line."""
    name: str
    """Of the file in the session's folder that holds it."""
    duration_s: float
    """Length of that file."""
    pauses: tuple[Pause, ...] = ()
    """Silences of 0.3 s or more, in seconds of that file; those before and after the words included."""

    @property
    def longest_pause_s(self) -> float:
        """The longest silence between its words; 0 where there is none."""
        inside = (p for p in self.pauses if p.start_s > 0 and p.end_s < self.duration_s)
        return max((p.duration_s for p in inside), default=0.0)


def hear(
    session: Session, sound: bytes | Path, moment: Moment, request: Request, reporter: Reporter
) -> Spoken:
    """Hear what was said for `moment`, and keep the sound in the session's folder.

    `sound`: a file in any container that is decoded, or its bytes (webm with Opus as a browser records it,
    WAV, …), of `LONGEST_S` at most. The model is loaded the first time and kept for the same session and
    request. From threads, one is heard after the other.

    Raises:
        UnsaidError: no sound, silence, nobody who speaks, no words, too long, no model, or no room on the
            disk. Nothing is kept then.
    """
    room = _room(session)
    with _given(room, sound) as path:
        samples = _decoded(path, reporter)
    from unsaid.audio.files import RATE_HZ
    from unsaid.audio.speech import find_speech

    speech = find_speech(samples)
    if not speech.spans:
        raise UnsaidError(
            "nobody is heard speaking", "Say it again, closer to the microphone; `unsaid doctor` tests it."
        )
    with _EAR.free:
        segments = tuple(_EAR.of(session, request, reporter).transcribe(samples, speech))
    text = " ".join(Transcript(segments, speech.duration_s).text.split())
    if not text:
        raise UnsaidError("the model heard speech but no words", "Say it again, or type it.")
    return Spoken(text, _keep(session, room, moment, samples), samples.size / RATE_HZ, speech.pauses)


def prepare(session: Session, request: Request, reporter: Reporter) -> None:
    """Load the model, so that it is there when the first rewrite has been said.

    Raises UnsaidError where there is none, or it cannot be loaded.
    """
    with _EAR.free:
        _EAR.of(session, request, reporter)


@contextlib.contextmanager
def reviewing(session: Session) -> Iterator[None]:
    """What a review runs in. It begins by removing what one that was killed has left; while it lasts no other
    process removes a take, for this one may want it back by undo; it ends with `tidy`."""
    tidy(session)
    with contextlib.suppress(UnsaidError):  # then the first take makes the room
        _room(session, wait_s=_SHORT_S)
    try:
        yield
    finally:
        tidy(session)


def tidy(session: Session) -> None:
    """Remove the takes that no rewrite in review.json names: they cannot be had back by undo any more.

    While another process reviews the session all of them stay; the last one that ends removes them. Nothing
    is removed where review.json cannot be read, or the session is in use by another run.
    """
    with _MAKING:
        room = _rooms.pop(session.folder, None)
        if room is not None:
            room.leave()
    if not session.said and not any(session.folder.glob(f"{_ROOM}*")):
        return
    with contextlib.suppress(UnsaidError), _held(session, _SHORT_S):
        rooms = [path for path in session.folder.glob(f"{_ROOM}*") if path.is_dir()]
        if [path for path in rooms if not _removed(path)]:
            return
        named = {r.recording for r in kept.load(session.folder).rewrites}
        for path in session.said:
            if path.name not in named:
                path.unlink(missing_ok=True)


class Saying:
    """One take through the microphone. At the end of its block what was recorded goes: hear it before."""

    def __init__(self, session: Session, device: str | None) -> None:
        """`device`: the microphone's name, or part of it; None: the system's default."""
        self._session, self._device = session, device
        self._folder: Path | None = None
        self._microphone: Any = None
        self._level: Level | None = None
        self._ended: Ended | None = None

    def start(self) -> Opened:
        """Open the microphone and begin.

        Raises UnsaidError where there is no room on the disk, no PortAudio, no microphone, or no sound of it.
        """
        from unsaid.audio.microphone import Microphone
        from unsaid.recording import check_room

        check_room(self._session.folder)
        room = _room(self._session)
        try:
            self._folder = Path(tempfile.mkdtemp(dir=room))
        except OSError as error:
            raise explain(error, room) from error
        self._microphone = Microphone(self._take, device=self._device, max_s=LONGEST_S)
        opened: Opened = self._microphone.start()
        return opened

    @property
    def running(self) -> bool:
        """False once the recording is closed, by itself or by `finish`."""
        return self._ended is None

    def look(self) -> Level | None:
        """The newest level; None while there is none yet. Never waits."""
        from unsaid.audio.microphone import Ended, Level

        for event in self._microphone.poll():
            match event:
                case Level():
                    self._level = event
                case Ended():
                    self._ended = event
        return self._level

    def finish(self) -> Path:
        """Stop, and wait until all that was said is written; the file."""
        if self._ended is None:
            self._microphone.stop()
            self._ended = self._microphone.wait(_CLOSE_S)
        return self._take

    @property
    def because(self) -> str:
        """Why it ended, where nobody wanted it; "" otherwise."""
        from unsaid.recording import why_ended

        return why_ended(self._ended.reason) if self._ended is not None else ""

    @property
    def _take(self) -> Path:
        assert self._folder is not None
        return self._folder / "take.wav"

    def __enter__(self) -> Saying:
        return self

    def __exit__(self, *_: object) -> None:
        if self._microphone is not None:
            self._microphone.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


# The recogniser


class _Ear:
    """The recogniser that was used last, kept for the next rewrite."""

    def __init__(self) -> None:
        self.free = threading.Lock()
        """Held while it is loaded or hears."""
        self._known: tuple[Path, Request, WhisperTranscriber] | None = None

    def of(self, session: Session, request: Request, reporter: Reporter) -> WhisperTranscriber:
        """The one for this session and request, loaded. Raises UnsaidError."""
        if self._known is not None and self._known[:2] == (session.folder, request):
            return self._known[2]
        from unsaid.transcribe.whisper import WhisperTranscriber

        model = request.choose_model()
        self._known = None
        transcriber = WhisperTranscriber(
            model.path,
            name=model.name,
            device=request.device,
            compute_type=request.compute_type,
            language=request.language,
            threads=request.threads or None,
        )
        transcriber.load()
        for note in transcriber.notes:
            reporter.note(note)
        self._known = (session.folder, request, transcriber)
        return transcriber


_EAR = _Ear()


# The sound


@contextlib.contextmanager
def _given(room: Path, sound: bytes | Path) -> Iterator[Path]:
    """`sound` as a file."""
    if isinstance(sound, Path):
        yield sound
        return
    path: Path | None = None
    try:
        try:
            with tempfile.NamedTemporaryFile(dir=room, delete=False) as file:
                path = Path(file.name)
                file.write(sound)
        except OSError as error:
            raise explain(error, room) from error
        yield path
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


def _decoded(path: Path, reporter: Reporter) -> npt.NDArray[np.float32]:
    """Shape [n], 16 kHz mono."""
    from unsaid.audio.files import check_audible, decode

    try:
        sound = decode(path, max_duration_s=LONGEST_S + _SPARE_S)
    except UnsaidError as error:
        # Where it lies says nothing to the speaker.
        why = error.message.removeprefix(f"{path}: ")
        raise UnsaidError(f"what was said cannot be used: {why}", "Say it again, or type it.") from error
    check_audible(sound)
    for note in sound.notes:
        reporter.warn(note)
    return sound.samples


def _keep(session: Session, room: Path, moment: Moment, samples: npt.NDArray[np.float32]) -> str:
    """Write the take, whole or not at all, under a name that was not there; the name."""
    from unsaid.audio.files import write_flac
    from unsaid.audio.take import rename_new, sync_folder

    of = re.sub(r"[^A-Za-z0-9]+", "-", moment.id).strip("-")
    numbers = (re.fullmatch(rf"say-{of}-(\d+)", path.stem) for path in session.said)
    number = max((int(found[1]) for found in numbers if found), default=0)
    try:
        with tempfile.TemporaryDirectory(dir=room) as folder:
            whole = Path(folder) / "take.flac"
            write_flac(whole, samples)
            whole.chmod(FILE_MODE)
            while True:
                number += 1
                path = session.folder / f"say-{of}-{number}.flac"
                with contextlib.suppress(FileExistsError):  # by another window, just now
                    rename_new(whole, path)
                    break
        sync_folder(session.folder)
    except OSError as error:
        raise explain(error, session.folder) from error
    return path.name


# The room


class _Room:
    """A hidden folder in the session's, and the lock that says that it is in use."""

    def __init__(self, session: Session, wait_s: float) -> None:
        from filelock import FileLock

        if not session.folder.is_dir():  # the lock would make it
            raise UnsaidError(
                f"session {session.id} is not there any more", "`unsaid sessions list` shows what is."
            )
        try:
            with _held(session, wait_s):
                self.folder = Path(tempfile.mkdtemp(prefix=_ROOM, dir=session.folder))
                # Made and left by whatever thread there is.
                self._lock = FileLock(self.folder / _LOCK_NAME, timeout=0, mode=FILE_MODE, thread_local=False)
                self._lock.acquire()
        except OSError as error:
            raise explain(error, session.folder) from error

    def leave(self) -> None:
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


_rooms: dict[Path, _Room] = {}
_MAKING = threading.Lock()


def _room(session: Session, wait_s: float = _OTHER_WINDOW_S) -> Path:
    """This process's room in the session. Raises UnsaidError."""
    with _MAKING:
        room = _rooms.get(session.folder)
        if room is None or not room.folder.is_dir():
            room = _rooms[session.folder] = _Room(session, wait_s)
        return room.folder


@contextlib.contextmanager
def _held(session: Session, wait_s: float) -> Iterator[None]:
    """Rooms are made, and takes removed, by one run at a time. Raises InUse."""
    with Store(session.folder.parent).lock(session, wait_s=wait_s):
        yield


def _removed(room: Path) -> bool:
    """Remove a room that nobody uses any more; False where somebody does."""
    from filelock import FileLock, Timeout

    from unsaid.audio.take import LOCK_NAME

    # A capture process whose parent was killed is still closing its file.
    for lock in (room / _LOCK_NAME, *room.glob(f"*/{LOCK_NAME}")):
        try:
            with FileLock(lock, timeout=0, mode=FILE_MODE):
                pass
        except Timeout:
            return False
        except OSError:
            pass  # it cannot be locked, so nobody has
    shutil.rmtree(room, ignore_errors=True)
    return True
