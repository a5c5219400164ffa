"""A review as the page is told of it: plain JSON, every text made safe to show."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from pathlib import Path
from typing import Any

from unsaid.desk import Desk
from unsaid.errors import UnsaidError
from unsaid.model import Audit, Moment, Rewrite, Sentence
from unsaid.sessions.record import Session
from unsaid.views.listened import Whole
from unsaid.views.wording import OWN_NAME, plural, rule_words, share_label, visible

SOUNDS: dict[str, str] = {
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".webm": "audio/webm",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
}
"""What is served as sound, by the end of the file's name."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def state(desk: Desk, *, window: str = "", sound: bool = True) -> dict[str, Any]:
    """The whole state of a review.

    `revision` changes with everything else in it; `transcript` only with what was heard: a page that shows
    another one has to be loaded anew.
    """
    found = [moment(m, desk, sound=sound) for m in desk.moments]
    told: dict[str, Any] = {
        "session": visible(desk.session.id),
        "transcript": digest([(s.text, s.start_s, s.end_s) for s in desk.audit.sentences]),
        "canUndo": desk.can_undo(window=window),
        "moments": found,
        "shares": [
            {
                "letter": s.letter,
                "label": share_label(s.letter),
                "total": s.total,
                "before": s.before,
                "after": s.after,
            }
            for s in desk.shares
        ],
        "progress": {"settled": sum(1 for m in desk.moments if m.settled), "total": len(found)},
    }
    return {**told, "revision": digest(told)}


def moment(of: Moment, desk: Desk, *, sound: bool = True) -> dict[str, Any]:
    """One moment. `start` and `end` in seconds, `sentence` counted from 0."""
    flag = of.flag
    sentences: tuple[Sentence, ...] = desk.audit.sentences
    here = sentences[of.sentence_index] if 0 <= of.sentence_index < len(sentences) else None
    return {
        "id": shown_id(of),
        "number": of.number,
        "code": visible(of.code),
        "letter": of.letter,
        "name": OWN_NAME if flag is None else visible(rule_words(flag.name)),
        "quote": visible(of.quote),
        "start": round(of.start_s, 3),
        "end": round(of.end_s, 3),
        "sentence": of.sentence_index,
        "sentenceText": visible(here.text if here is not None else flag.sentence if flag else of.quote),
        "verdict": of.verdict,
        "reason": visible(of.reason),
        "message": "" if flag is None else visible(flag.message),
        "evidence": [] if flag is None else [visible(line) for line in flag.evidence],
        "frame": "" if flag is None else visible(flag.rewrite),
        "standing": "shown" if flag is None else flag.standing,
        "settled": of.settled,
        "rewrite": None if of.rewrite is None else _rewrite(of.rewrite, desk.session, sound=sound),
    }


def whole(told: Whole, audit: Audit, markup: str) -> dict[str, Any]:
    """What was heard of the answer as a whole, with the panel's `markup`."""
    notes = f"{plural(len(audit.conduct), 'note')} on evidence and conduct" if audit.conduct else ""
    return {"summary": " · ".join(filter(None, (told.summary, notes))), "markup": markup}


def shown_id(of: Moment) -> str:
    """The id by which the page knows a moment."""
    return visible(of.id)


def error(of: UnsaidError) -> dict[str, Any]:
    """What went wrong, and what to do next."""
    return {"error": visible(of.message), "hint": visible(of.hint)}


def lines(missing: tuple[str, ...]) -> list[str]:
    """What is still missing, safe to show."""
    return [visible(line) for line in missing]


def _rewrite(said: Rewrite, session: Session, *, sound: bool) -> dict[str, Any]:
    heard = sound and sound_file(session.folder, said.recording) is not None
    return {
        "text": visible(said.text),
        "passed": said.passed,
        "missing": lines(said.missing),
        "said": f"/said/{said.recording}" if heard else None,
    }


def sound_file(folder: Path, name: str) -> Path | None:
    """The sound of this name in a session's folder: a file of its own, no link to another; else None."""
    path = folder / name
    if not _NAME.fullmatch(name) or path.suffix.lower() not in SOUNDS:
        return None
    try:
        found = path.lstat()
    except OSError:
        return None
    return path if stat.S_ISREG(found.st_mode) else None


def digest(told: object) -> str:
    """Changes with everything in it."""
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
