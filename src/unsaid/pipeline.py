"""From a recording to a marked-up transcript, stage by stage.

decode → speech → transcribe → audit → views. Each stage saves its result in the session's folder and reads
what the stage before it has saved, so that a stage that fails loses nothing and can be run again.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from unsaid import __version__
from unsaid.errors import UnsaidError
from unsaid.model import Audit, Dismissal, Kind, Outcome, Pause, Prompt, Segment, Span, Transcript
from unsaid.sessions import review
from unsaid.sessions.files import FILE_MODE, explain, write_whole
from unsaid.sessions.record import STAGES, Drilled, Session, Source, Stage
from unsaid.sessions.store import Store
from unsaid.shortlist import put_aside
from unsaid.taste import Taste
from unsaid.transcribe.segments import from_json, to_json

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from unsaid.audio.speech import Speech
    from unsaid.drills.bank import PromptCard
    from unsaid.drills.listened import Listened
    from unsaid.drills.signals import Heard
    from unsaid.transcribe.weights import ModelFolder
    from unsaid.transcribe.whisper import WhisperTranscriber


_OTHER_WINDOW_S = 5.0
"""How long a key of a review waits for what another window is writing."""


class Bar(Protocol):
    """Shows how far a stage is."""

    def at(self, done_s: float) -> None:
        """`done_s` seconds of sound are done."""


class Reporter(Protocol):
    """Where a run tells what it does; the command line's writes to standard error."""

    def note(self, text: str) -> None:
        """Something a person may want to read."""

    def warn(self, text: str) -> None:
        """Something a person should read."""

    def progress(self, what: str, total_s: float) -> AbstractContextManager[Bar]:
        """A bar over `total_s` seconds of sound."""


@dataclass(frozen=True, slots=True)
class Request:
    """What to do with a recording."""

    choose_model: Callable[[], ModelFolder]
    """Called when a model is needed, before anything is written; may ask the user or raise UnsaidError."""
    model_named: bool = False
    """The user named a model for this run: a transcript by another one is out of date."""
    language: str | None = "en"
    language_named: bool = False
    device: str = "auto"
    compute_type: str = "default"
    compute_named: bool = False
    threads: int = 0
    prompt: Prompt | None = None
    kind: Kind | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    min_confidence: float | None = None
    """None: the audit's own."""
    taste: Taste = field(default_factory=Taste)
    redo_from: str | None = None
    """Start this stage and all after it anew."""


@dataclass(slots=True)
class _Run:
    """The state of one run over one session."""

    store: Store
    session: Session
    request: Request
    reporter: Reporter
    samples: npt.NDArray[np.float32] | None = None
    _model: ModelFolder | None = field(default=None)
    heard: tuple[Heard, ...] | None = None
    """The signals, once the audit has been made in this run."""

    def model(self) -> ModelFolder:
        if self._model is None:
            self._model = self.request.choose_model()
        return self._model

    def sound(self) -> npt.NDArray[np.float32]:
        """The recording's samples, float32 [n], 16 kHz mono."""
        if self.samples is None:
            from unsaid.audio.files import decode

            self.samples = decode(self.session.recording).samples
        return self.samples

    def wanted(self, stage: str) -> bool:
        """True when `stage` is not done, or is to be done anew."""
        redo = self.request.redo_from
        if redo is not None and STAGES.index(stage) >= STAGES.index(redo):
            return True
        return stage not in self.session.stages

    def done(self, stage: str, began: float, key: str = "", **changes: object) -> None:
        """Note that `stage` is done; whatever came after it is out of date."""
        later = STAGES[STAGES.index(stage) + 1 :]
        stages = {n: s for n, s in self.session.stages.items() if n not in later}
        stages[stage] = Stage(_now().isoformat(timespec="seconds"), round(time.monotonic() - began, 3), key)
        self.session = replace(self.session, stages=stages, program=__version__, **changes)  # type: ignore[arg-type]
        self.store.save(self.session)


def audit_recording(
    path: Path, store: Store, request: Request, reporter: Reporter, *, name: str | None = None
) -> tuple[Session, Audit]:
    """Audit the sound or video file `path` in a session of its own, or go on with the one it already has.

    `name` is the id of a new session (default: time and file name). Raises UnsaidError for whatever cannot be
    heard, before anything is written.
    """
    sha256 = _sha256_of_recording(path)
    known = store.by_source(sha256)
    if known is not None and known.recording.is_file():
        reporter.note(f"going on with session {known.id}")
        return audit_session(known, store, request, reporter)
    model = request.choose_model()
    began = time.monotonic()
    session, samples, new = _new_session(
        path, sha256, store, reporter, name=name, prompt=request.prompt, kind=_kind(request)
    )
    run = _Run(store, session, request, reporter, samples, model)
    with _removed_if_useless(run, new=new), store.lock(session):
        return _stages(run, began)


def import_recording(
    path: Path,
    store: Store,
    reporter: Reporter,
    *,
    prompt: Prompt | None = None,
    kind: Kind | None = None,
    name: str | None = None,
    drilled: Drilled | None = None,
) -> tuple[Session, bool]:
    """Make a session of the sound or video file `path`, which stays as it is; nothing is transcribed.

    The session, and False where there was already one of this file. `name` is the id of a new session
    (default: time and file name). A take of a drill (`drilled`) is always a session of its own. Raises
    UnsaidError as `audit_recording` does.
    """
    sha256 = _sha256_of_recording(path)
    known = store.by_source(sha256) if drilled is None else None
    if known is not None and known.recording.is_file():
        return known, False
    if name and (store.folder / name).exists():
        raise UnsaidError(f"there is already a session '{name}'", "Choose another name.")
    began = time.monotonic()
    kind = kind or (prompt.kind if prompt else None)
    session, samples, new = _new_session(
        path, sha256, store, reporter, name=name, prompt=prompt, kind=kind, drilled=drilled
    )
    run = _Run(store, session, Request(choose_model=_no_model), reporter, samples)
    with _removed_if_useless(run, new=new), store.lock(session):
        _decode(run, began)
    return run.session, True


def import_transcript(
    path: Path,
    store: Store,
    *,
    prompt: Prompt | None = None,
    kind: Kind | None = None,
    drilled: Drilled | None = None,
) -> Session:
    """Make a session of the transcript file `path`, which stays as it is: one without a recording.

    Raises UnsaidError, with file and line, for what is no transcript; nothing is then written.
    """
    from unsaid.audio.speech import Speech
    from unsaid.formats import read_file, transcript_json

    began = time.monotonic()
    transcript = read_file(path)
    prompt = prompt or transcript.prompt
    with store.making():
        session = store.create(
            Source(path.name, _sha256(path), path.stat().st_size),
            now=_now(),
            duration_s=transcript.duration_s,
            prompt=prompt,
            kind=kind or (prompt.kind if prompt else None),
            program=__version__,
            notes=transcript.notes,
            drilled=drilled,
        )
    with store.lock(session):
        speech = Speech((), transcript.pauses, transcript.duration_s)
        write_whole(session.speech, _Heard(speech, ()).dumps())
        write_whole(session.transcript, transcript_json.dumps(replace(transcript, prompt=prompt)))
        # In one go: a session with some of them would count on a recording that it has not.
        done = Stage(_now().isoformat(timespec="seconds"), round(time.monotonic() - began, 3), "{}")
        stages = dict.fromkeys(("decode", "speech", "transcribe"), done)
        session = replace(session, stages=stages, model=transcript.model)
        store.save(session)
    return session


def _no_model() -> ModelFolder:
    raise AssertionError("an import needs no model")


def _sha256_of_recording(path: Path) -> str:
    from unsaid.audio.files import decode

    if not path.exists() or not path.is_file() or path.stat().st_size == 0:
        decode(path)  # says what is wrong with it
    return _sha256(path)


def _new_session(
    path: Path,
    sha256: str,
    store: Store,
    reporter: Reporter,
    *,
    name: str | None,
    prompt: Prompt | None,
    kind: Kind | None,
    drilled: Drilled | None = None,
) -> tuple[Session, npt.NDArray[np.float32], bool]:
    """The file's session, its samples, and whether it is new: one that lost its sound is gone on with."""
    from unsaid.audio.files import check_audible, decode

    sound = decode(path)
    check_audible(sound)
    for note in sound.notes:
        reporter.warn(note)
    with store.making():
        known = store.by_source(sha256) if drilled is None else None
        session = known or store.create(
            Source(path.name, sha256, path.stat().st_size),
            now=_now(),
            duration_s=sound.duration_s,
            name=name,
            prompt=prompt,
            kind=kind,
            program=__version__,
            notes=sound.notes,
            drilled=drilled,
        )
    return session, sound.samples, known is None


def audit_session(
    session: Session, store: Store, request: Request, reporter: Reporter
) -> tuple[Session, Audit]:
    """Do what is still to be done in a session, or is to be done anew."""
    with store.lock(session):
        return _stages(_Run(store, session, request, reporter), time.monotonic())


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """What was heard of a recording while it was made."""

    speech: Speech
    peaks: tuple[float, ...]
    segments: tuple[Segment, ...]
    model: ModelFolder
    language: str | None
    options: Mapping[str, object]
    """The recogniser's, as `WhisperTranscriber.options` tells them."""


def audit_live(
    session: Session, store: Store, request: Request, reporter: Reporter, live: Live
) -> tuple[Session, Audit]:
    """Audit a finished recording whose transcript was made while it was recorded."""
    began = time.monotonic()
    # The model was chosen before the recording began; asking again could only ask the user twice.
    request = replace(request, model_named=False, language_named=False, compute_named=False)
    with store.lock(session):
        run = _Run(store, session, request, reporter)
        _keep_speech(run, _Heard(live.speech, live.peaks), began)
        key = transcript_key(live.model, live.options)
        _keep_transcript(run, live.speech, live.segments, live.model, live.language, live.options, key, began)
        return _stages(run, began)


def audit_transcript(transcript: Transcript, request: Request) -> Audit:
    """Audit a transcript; nothing is written."""
    prompt = request.prompt or transcript.prompt
    kind = _kind(request) or (prompt.kind if prompt else None)
    return _judged(transcript, prompt, kind, request)


def _judged(transcript: Transcript, prompt: Prompt | None, kind: Kind | None, request: Request) -> Audit:
    from unsaid.audit import SURE, audit

    return audit(
        transcript,
        prompt,
        kind=kind,
        select=request.select,
        ignore=request.ignore,
        min_confidence=SURE if request.min_confidence is None else request.min_confidence,
        taste=request.taste,
    )


def _kind(request: Request) -> Kind | None:
    return request.kind or (request.prompt.kind if request.prompt else None)


def load_audit(session: Session) -> Audit:
    """The audit that a session holds. Raises UnsaidError where it has none yet, or its files are damaged."""
    from unsaid.formats import audit_json

    for path in (session.transcript, session.audit):
        if not path.is_file():
            raise UnsaidError(f"session {session.id} has no audit yet", f"Run: unsaid audit {session.id}")
    try:
        text = session.audit.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UnsaidError(
            f"{session.audit} cannot be read: {error}", f"Run: unsaid audit {session.id}"
        ) from error
    found = audit_json.loads(text, load_transcript(session), name=str(session.audit))
    return put_aside(found, review.load(session.folder).dismissals)


def dismiss(
    session: Session, store: Store, change: Callable[[Audit, Sequence[Dismissal]], Sequence[Dismissal]]
) -> tuple[Session, Audit]:
    """Change which flags of a session are put aside; its audit and its pages are written anew.

    `change` gets the audit and the dismissals so far and gives the new ones. Raises UnsaidError.
    """

    def changed(audit: Audit, kept: review.Review) -> review.Review:
        return replace(kept, dismissals=tuple(change(audit, kept.dismissals)))

    change_review(session, store, changed)
    return draw_again(session, store)


def change_review(
    session: Session,
    store: Store,
    change: Callable[[Audit, review.Review], review.Review],
    *,
    audit: Audit | None = None,
) -> tuple[Audit, review.Review]:
    """Apply `change` to what review.json holds by now, and keep it. Raises UnsaidError.

    `audit` spares reading the audit again. The pages stay as they are: `draw_again` is for the end of a
    review, this for every key in it.
    """
    # Another window's key takes a moment; a run that transcribes anew takes longer, and is told of.
    with store.lock(session, wait_s=_OTHER_WINDOW_S):
        kept = review.load(session.folder)
        found = load_audit(session) if audit is None else seen_by(audit, kept)
        new = change(found, kept)
        if new != kept:
            review.save(session.folder, new)
        return seen_by(found, new), new


def seen_by(audit: Audit, kept: review.Review) -> Audit:
    """`audit` with the flags put aside that this review dismisses, and no others."""
    return put_aside(audit, kept.dismissals)


def draw_again(session: Session, store: Store) -> tuple[Session, Audit]:
    """Write a session's audit and pages anew, by what was said of its flags. Raises UnsaidError."""
    from unsaid.formats import audit_json

    with store.lock(session, wait_s=_OTHER_WINDOW_S):
        audit = load_audit(session)
        run = _Run(store, session, Request(choose_model=_no_model), _Silent())
        text = audit_json.dumps(audit, source=source_of(session, session.source.name))
        if not _same(session.audit, text):
            write_whole(session.audit, text)
            run.done("audit", time.monotonic())
        _views(run, audit)
        return run.session, audit


class _Silent:
    """Nothing that takes long, and nothing to tell."""

    def note(self, text: str) -> None: ...

    def warn(self, text: str) -> None: ...

    def progress(self, what: str, total_s: float) -> AbstractContextManager[Bar]:
        raise AssertionError(f"{what}, {total_s} s")


def load_transcript(session: Session) -> Transcript:
    """The transcript that a session holds."""
    from unsaid.formats import read_file

    return read_file(session.transcript)


def _stages(run: _Run, began: float) -> tuple[Session, Audit]:
    request = run.request
    run.session = replace(
        run.session, prompt=request.prompt or run.session.prompt, kind=_kind(request) or run.session.kind
    )
    if _model_needed(run):
        run.model()  # a model that is not there must stop the run before anything is written
    _decode(run, began)
    speech = _speech(run)
    transcript = _transcribe(run, speech)
    audit = _audit(run, transcript)
    _views(run, audit)
    return run.session, audit


def _model_needed(run: _Run) -> bool:
    return run.wanted("transcribe") or not _transcript_fits(run)


def _decode(run: _Run, began: float) -> None:
    if not run.wanted("decode"):
        return
    recording = run.session.recording
    if not recording.is_file():
        if run.samples is None:
            raise UnsaidError(
                f"session {run.session.id} has no recording",
                f"It was stopped before the sound was saved: audit {run.session.source.name} again.",
            )
        from unsaid.audio.files import write_flac

        write_flac(recording, run.samples)
        recording.chmod(FILE_MODE)
    run.sound()
    run.done("decode", began)


def _speech(run: _Run) -> _Heard:
    if not run.wanted("speech") and run.session.speech.is_file():
        return _Heard.loads(run.session.speech)
    from unsaid.audio.peaks import peaks
    from unsaid.audio.speech import find_speech

    began = time.monotonic()
    samples = run.sound()
    with run.reporter.progress("listening for speech", run.session.duration_s):
        speech = find_speech(samples)
    heard = _Heard(speech, tuple(peaks(samples)))
    _keep_speech(run, heard, began)
    return heard


def _keep_speech(run: _Run, heard: _Heard, began: float) -> None:
    if not heard.speech.spans:
        if run.session.take is not None:
            raise UnsaidError(
                "nobody is heard speaking in this recording",
                f"Check the microphone with `unsaid doctor`. The recording is kept: {run.session.recording}",
            )
        raise UnsaidError(
            f"nobody is heard speaking in {run.session.source.name}",
            "Check that this is the right file and that the microphone was on.",
        )
    write_whole(run.session.speech, heard.dumps())
    run.done("speech", began)


def _transcribe(run: _Run, heard: _Heard) -> Transcript:
    if not run.wanted("transcribe") and _transcript_fits(run):
        return load_transcript(run.session)
    from unsaid.transcribe.whisper import WhisperTranscriber

    began = time.monotonic()
    model, request = run.model(), run.request
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
        run.reporter.note(note)
    key = transcript_key(model, transcriber.options)
    fresh = request.redo_from in STAGES[: STAGES.index("transcribe") + 1]
    with _meanwhile(lambda: prepare_later_stages(request.taste)):
        segments = _heard_segments(run, heard, transcriber, key, fresh=fresh)
    return _keep_transcript(
        run, heard.speech, segments, model, transcriber.language, transcriber.options, key, began
    )


def _keep_transcript(
    run: _Run,
    speech: Speech,
    segments: tuple[Segment, ...],
    model: ModelFolder,
    language: str | None,
    options: Mapping[str, object],
    key: str,
    began: float,
) -> Transcript:
    from unsaid.formats import transcript_json

    transcript = Transcript(
        segments=segments,
        duration_s=speech.duration_s,
        pauses=speech.pauses,
        language=language,
        prompt=run.session.prompt,
        model=model.name,
        options=dict(options),
        notes=run.session.notes,
    )
    if not segments:
        run.reporter.warn("the model heard speech but no words; try another --model")
    write_whole(run.session.transcript, transcript_json.dumps(transcript))
    run.done("transcribe", began, key, model=model.name, model_sha256=model.sha256)
    run.session.partial.unlink(missing_ok=True)
    return transcript


def prepare_later_stages(taste: Taste | None = None) -> None:
    """Load what the audit and the views need, so that it is there when the transcript is."""
    from unsaid.drills import listened as _  # noqa: F401 (so that it is loaded)
    from unsaid.drills import signals
    from unsaid.language import cues
    from unsaid.views import html

    cues.prepare((taste or Taste()).lexicon)
    signals.prepare()
    html.prepare()


@contextmanager
def _meanwhile(work: Callable[[], None]) -> Iterator[None]:
    """Do `work` beside the block: the recogniser leaves Python, and often a core, idle."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    thread.join()


def _heard_segments(
    run: _Run, heard: _Heard, transcriber: WhisperTranscriber, key: str, *, fresh: bool
) -> tuple[Segment, ...]:
    """Transcribe, keeping each stretch's segments as they come; goes on where an earlier run stopped."""
    kept, until_s = ([], 0.0) if fresh else _kept(run.session.partial, key)
    if until_s:
        run.reporter.note(f"going on at {until_s:.0f} s of {heard.speech.duration_s:.0f} s")
    pending: list[Segment] = []
    with (
        PartialTranscript(run.session.partial, key, kept, until_s) as partial,
        run.reporter.progress("transcribing", heard.speech.duration_s) as bar,
    ):

        def progress(done_s: float, _total_s: float) -> None:
            partial.add(pending, done_s)
            kept.extend(pending)
            pending.clear()
            bar.at(done_s)

        bar.at(until_s)
        for segment in transcriber.transcribe(
            run.sound(), heard.speech, start_s=until_s, on_progress=progress
        ):
            pending.append(segment)
    return (*kept, *pending)


class PartialTranscript:
    """Segments kept on the disk as they come, a stretch a line, so that a later run can go on from there."""

    def __init__(self, path: Path, key: str, kept: Sequence[Segment] = (), until_s: float = 0.0) -> None:
        """Begin the file with `key` (see `transcript_key`) and what is there already. Raises UnsaidError."""
        self._path = path
        lines = [json.dumps({"key": key})]
        if kept:
            lines.append(_line(kept, until_s))
        write_whole(path, "\n".join(lines) + "\n")
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND, FILE_MODE)
        except OSError as error:
            raise explain(error, path) from error

    def add(self, segments: Sequence[Segment], until_s: float) -> None:
        """Add a stretch: it is on the disk when this returns. Raises UnsaidError."""
        try:
            os.write(self._file, _line(segments, until_s).encode("utf-8") + b"\n")
            os.fsync(self._file)
        except OSError as error:
            raise explain(error, self._path) from error

    def __enter__(self) -> PartialTranscript:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _line(segments: Sequence[Segment], until_s: float) -> str:
    return json.dumps({"segments": [to_json(s) for s in segments], "until": until_s})


def _kept(path: Path, key: str) -> tuple[list[Segment], float]:
    """The segments that an unfinished run with the same model and options has kept, and up to where."""
    segments: list[Segment] = []
    until_s = 0.0
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines or json.loads(lines[0])["key"] != key:
            return [], 0.0
        for line in lines[1:]:
            row = json.loads(line)
            segments += [from_json(s) for s in row["segments"]]
            until_s = float(row["until"])
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):
        pass  # a line torn by a crash: what stands before it is whole
    return segments, until_s


def transcript_key(model: ModelFolder, options: Mapping[str, object]) -> str:
    """What a transcript depends on besides the sound; another key means that it is out of date."""
    kept = {k: v for k, v in options.items() if k not in ("threads", "device")}
    return json.dumps({"model": model.sha256, **kept}, sort_keys=True)


def _transcript_fits(run: _Run) -> bool:
    """True when the saved transcript is what the command line asks for; silence asks for nothing."""
    session, request = run.session, run.request
    if "transcribe" not in session.stages or not session.transcript.is_file():
        return False
    try:
        made = json.loads(session.stages["transcribe"].key)
    except ValueError:
        return False
    if request.model_named and run.model().sha256 != session.model_sha256:
        return False
    if request.language_named and request.language != made.get("language"):
        return False
    return not (request.compute_named and request.compute_type != made.get("compute_type"))


def _audit(run: _Run, transcript: Transcript) -> Audit:
    from unsaid.formats import audit_json

    began = time.monotonic()
    session = run.session
    found = _with_signals(_judged(transcript, session.prompt, session.kind, run.request), run)
    found = put_aside(found, review.load(session.folder).dismissals)
    text = audit_json.dumps(found, source=source_of(session, session.source.name))
    if run.wanted("audit") or not _same(session.audit, text):
        write_whole(session.audit, text)
        run.done("audit", began)
    return found


def _with_signals(audit: Audit, run: _Run) -> Audit:
    """`audit` with how far each signal was heard, and the notes that need to know it."""
    from unsaid.audit import with_signals
    from unsaid.drills import signals
    from unsaid.drills.listened import terms

    session, request = run.session, run.request
    given = terms(session.prompt, session.kind)
    run.heard = heard = signals.heard(audit, given.signals, kind=given.kind)
    audit = with_signals(
        audit,
        {h.signal.title: h.level for h in heard},
        kind=session.kind,
        select=request.select,
        ignore=request.ignore,
        taste=request.taste,
    )
    return replace(audit, signals=tuple((h.signal.id, h.level) for h in heard))


def _views(run: _Run, audit: Audit) -> None:
    session = run.session
    kept = review.load(session.folder)
    key = _review_key(kept)
    drawn = session.page.is_file() and session.markdown.is_file()
    if drawn and not run.wanted("views") and session.stages["views"].key == key:
        return
    from unsaid.review.state import reported
    from unsaid.views import html, markdown

    began = time.monotonic()
    heard_here = session.recording.is_file()
    shown, outcome = reported(audit, kept)
    listened = listen(session, audit, heard=run.heard)
    page = html.render(
        shown,
        title=session.id,
        audio_url=session.recording.name if heard_here else None,
        peaks=load_peaks(session) or None,
        outcome=outcome,
        listened=listened,
    )
    write_whole(session.page, page)
    write_whole(
        session.markdown, markdown.render(shown, title=session.id, outcome=outcome, listened=listened)
    )
    run.done("views", began, key)


def _review_key(kept: review.Review) -> str:
    """Changes with all that the pages show of a review; empty where nothing was said."""
    if not (kept.dismissals or kept.kept or kept.marks or kept.rewrites):
        return ""
    return hashlib.sha256(kept.dumps().encode("utf-8", "replace")).hexdigest()[:16]


def listen(
    session: Session,
    audit: Audit,
    *,
    card: PromptCard | None = None,
    heard: Sequence[Heard] | None = None,
) -> Listened:
    """What was heard of a session's answer as a whole: its signals, and how its time went.

    `card`: what its prompt asks for, where the session does not say. `heard`: its signals, where they are at
    hand already.
    """
    from unsaid.drills import listened

    return listened.listen(audit, listened.terms(session.prompt or audit.prompt, session.kind, card), heard)


def load_report(session: Session, *, everything: bool = False) -> tuple[Audit, Outcome]:
    """What a report of a session shows: its audit, and what its review has come to.

    `everything`: with the flags that are left out by default. Raises UnsaidError as `load_audit` does.
    """
    from unsaid.review.state import reported

    return reported(load_audit(session), review.load(session.folder), everything=everything)


def load_peaks(session: Session) -> tuple[float, ...]:
    """The waveform for a picture, 0 to 1, evenly spaced over the recording. Raises UnsaidError."""
    return _Heard.loads(session.speech).peaks


def source_of(session: Session | None, name: str) -> dict[str, object]:
    """What the audit's JSON says of where it came from."""
    if session is None:
        return {"kind": "transcript", "name": name}
    return {
        "kind": "recording",
        "name": session.source.name,
        "sha256": session.source.sha256,
        "session": session.id,
    }


@dataclass(frozen=True, slots=True)
class _Heard:
    """What `speech.json` holds."""

    speech: Speech
    peaks: tuple[float, ...]
    """The waveform for a picture, 0 to 1, evenly spaced over the recording."""

    def dumps(self) -> str:
        speech = self.speech
        return json.dumps(
            {
                "duration": speech.duration_s,
                "spans": [[s.start_s, s.end_s] for s in speech.spans],
                "pauses": [[p.start_s, p.end_s] for p in speech.pauses],
                "dips": [list(d) for d in speech.dips],
                "peaks": [round(p, 4) for p in self.peaks],
            }
        )

    @staticmethod
    def loads(path: Path) -> _Heard:
        from unsaid.audio.speech import Speech

        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return _Heard(
                Speech(
                    spans=tuple(Span(*s) for s in raw["spans"]),
                    pauses=tuple(Pause(*p) for p in raw["pauses"]),
                    duration_s=raw["duration"],
                    dips=tuple((d[0], d[1]) for d in raw["dips"]),
                ),
                tuple(raw["peaks"]),
            )
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise UnsaidError(
                f"{path} is damaged: {error}", "Run the audit again with --from speech."
            ) from error


@contextmanager
def _removed_if_useless(run: _Run, *, new: bool) -> Iterator[None]:
    """Leave no new session behind when the sound turns out to hold nothing to audit."""
    try:
        yield
    except UnsaidError:
        if new and "speech" not in run.session.stages:
            import shutil

            shutil.rmtree(run.session.folder, ignore_errors=True)
        raise


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _now() -> datetime:
    return datetime.now().astimezone()
