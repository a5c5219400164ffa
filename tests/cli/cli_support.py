"""Answers for tests of commands: sessions made of a text, without a model."""

from __future__ import annotations

from pathlib import Path

from unsaid import pipeline
from unsaid.cli.output import Notes
from unsaid.model import Prompt
from unsaid.sessions.record import Drilled
from unsaid.sessions.store import Store
from unsaid.transcribe.weights import ModelFolder


def no_model() -> ModelFolder:
    """There is nothing to hear in a text."""
    raise AssertionError("a model was asked for")


def audited(workspace: Path, words: str, prompt: Prompt | None = None, drilled: Drilled | None = None) -> str:
    """Make a session of `words`, audit it, and return its id."""
    store = Store(workspace / "sessions")
    file = workspace.parent / "answer.txt"
    file.write_text(words, encoding="utf-8")
    session = pipeline.import_transcript(file, store, prompt=prompt, drilled=drilled)
    pipeline.audit_session(session, store, pipeline.Request(choose_model=no_model), Notes(quiet=True))
    return session.id
