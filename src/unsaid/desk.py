"""The desk at which a session is reviewed: its moments, and what can be done with each, kept at once.

Both the terminal and the page are views on it. Every change is applied to what `review.json` holds by then,
so that two windows on one session do not lose each other's work; the window that made it can undo it.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from unsaid import pipeline
from unsaid.errors import UnsaidError
from unsaid.model import Audit, Moment, OwnMark, Sentence, Share
from unsaid.review import state
from unsaid.sessions import review as kept
from unsaid.sessions.record import Session
from unsaid.sessions.review import Review
from unsaid.sessions.store import Store
from unsaid.taste import Taste

if TYPE_CHECKING:
    from unsaid.shortlist import Named

UNDO_STEPS = 200
"""So many changes of one window can be undone."""


class Desk:
    """One session under review."""

    def __init__(self, session: Session, store: Store, taste: Taste, *, everything: bool = False) -> None:
        """Open the review of `session`; `everything`: with the less sure flags.

        Raises UnsaidError where there is no audit, or a file is damaged.
        """
        self.session = session
        self._store, self._taste, self._everything = store, taste, everything
        self._undo: dict[str, deque[tuple[str, state.Before]]] = {}
        self._read = _stamp(session)
        self.audit: Audit = pipeline.load_audit(session)
        self.review: Review = kept.load(session.folder)
        self.moments: tuple[Moment, ...] = ()
        self._arrange()

    # What there is

    @property
    def shares(self) -> tuple[Share, ...]:
        """How much a listener could follow, before and after the rewrites."""
        return state.shares(self.audit, self.moments)

    @property
    def revision(self) -> str:
        """Changes with every change of the review, whoever made it."""
        return hashlib.sha256(self.review.dumps().encode()).hexdigest()[:16]

    def moment(self, id: str) -> Moment:
        """The moment with this id (`Moment.id`). Raises UnsaidError where there is none any more."""
        for moment in self.moments:
            if moment.id == id:
                return moment
        raise UnsaidError(f"there is no moment '{id}' any more", "Another window may have taken it away.")

    def summary(self) -> str:
        """What the review has come to, in one line."""
        found = self.moments
        kept_ = sum(1 for m in found if m.verdict == "kept")
        gone = sum(1 for m in found if m.verdict == "dismissed")
        said = [m.rewrite for m in found if m.rewrite is not None]
        good = sum(1 for r in said if r.passed)
        left = sum(1 for m in found if not m.settled)
        line = f"{kept_} kept, {gone} dismissed, {len(said)} rewritten ({good} pass)"
        return f"{line}; {left} to go: unsaid review {self.session.id}" if left else f"{line}; all done"

    def look(self) -> None:
        """Take in what another window, or another audit, wrote meanwhile. Raises UnsaidError."""
        stamp = _stamp(self.session)
        new = kept.load(self.session.folder)
        if stamp != self._read:
            self.audit, self.review, self._read = pipeline.load_audit(self.session), new, stamp
            self._arrange()
        elif new != self.review:
            self.audit, self.review = pipeline.seen_by(self.audit, new), new
            self._arrange()

    # What can be done; `window` names who does it, for undo

    def keep(self, moment: Moment, letter: str = "", *, window: str = "") -> None:
        """Agree with a moment; under another family (D, A, U) where `letter` says so."""
        self._change(f"keep {moment.id}", moment, lambda r, at: state.keep(r, moment, at, letter), window)

    def dismiss(self, moment: Moment, reason: str = "", *, window: str = "") -> None:
        """Put a flag aside; an own mark is taken away."""
        self._change(
            f"dismiss {moment.id}", moment, lambda r, at: state.dismiss(r, moment, reason, at), window
        )

    def reopen(self, moment: Moment, *, window: str = "") -> None:
        """Take a verdict back."""
        self._change(f"reopen {moment.id}", moment, lambda r, _: state.reopen(r, moment), window)

    def mark(self, sentence: Sentence, letter: str, *, window: str = "") -> Moment:
        """Mark a sentence; the moment that this makes."""
        new = OwnMark(letter, sentence.text, sentence.start_s)
        self._change(f"mark {sentence.index}", new, lambda r, at: state.mark(r, sentence, letter, at), window)
        return self.moment(f"{new.code}-{sentence.index}")

    def missing(self, moment: Moment, text: str) -> tuple[str, ...]:
        """What is still missing when the moment is said as `text`; () when it passes. Nothing is kept."""
        from unsaid.review import check

        return check.missing(
            self.audit,
            moment.sentence_index,
            text,
            letter=moment.letter,
            kind=self.session.kind,
            taste=self._taste,
        )

    def rewrite(self, moment: Moment, text: str, *, recording: str = "", window: str = "") -> tuple[str, ...]:
        """Keep `text` as what would be said, passing or not; what is still missing. Empty text drops it.

        `recording`: the file in which it is heard. Where the rewrite before it was said aloud and `text` only
        puts right what was heard, it keeps that one's.
        """
        from unsaid.review import check

        lines = self.missing(moment, text) if text.strip() else ()
        old = moment.rewrite
        if not recording and old is not None and check.corrects(old.text, text):
            recording = old.recording
        self._change(
            f"rewrite {moment.id}",
            moment,
            lambda r, at: state.rewrite(r, moment, text, lines, at, recording),
            window,
        )
        return lines

    def undo(self, *, window: str = "") -> str | None:
        """Take back the last change of this window alone; what it was, None where there is nothing left."""
        steps = self._undo.get(window)
        if not steps:
            return None
        what, old = steps.pop()
        self._keep(lambda r, _: state.put_back(r, old))
        return what

    def can_undo(self, *, window: str = "") -> bool:
        """True where `undo` has something to take back."""
        return bool(self._undo.get(window))

    def finish(self) -> None:
        """Write the session's audit and pages anew, with all that was said, here and in other windows.

        Raises UnsaidError.
        """
        pipeline.draw_again(self.session, self._store)
        self.look()

    def _change(self, what: str, of: Named, change: Callable[[Review, str], Review], window: str) -> None:
        old: list[state.Before] = []

        def changed(review: Review, at: str) -> Review:
            old[:] = [state.before(review, of)]
            return change(review, at)

        if self._keep(changed):
            self._undo.setdefault(window, deque(maxlen=UNDO_STEPS)).append((what, old[0]))

    def _keep(self, change: Callable[[Review, str], Review]) -> bool:
        """Apply a change to what the file holds by now, and keep it at once; False where nothing changed."""
        self.look()
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        was: list[Review] = []

        def changed(_: Audit, review: Review) -> Review:
            was[:] = [review]
            return change(review, now)

        self.audit, self.review = pipeline.change_review(self.session, self._store, changed, audit=self.audit)
        self._arrange()
        return self.review != was[0]

    def _arrange(self) -> None:
        self.moments = state.moments(self.audit, self.review, everything=self._everything)


def _stamp(session: Session) -> tuple[int, ...]:
    """Changes when the transcript or the audit is written anew."""
    return tuple(
        found
        for path in (session.transcript, session.audit)
        if path.is_file()
        for found in (path.stat().st_mtime_ns, path.stat().st_size)
    )
