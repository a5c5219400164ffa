"""What a review has come to: the moments of an audit with what the speaker says of them. Pure.

An action gives a new `Review`; `sessions.review` keeps it. Two windows on one session each apply their
action to what the file holds by then, so that neither loses what the other did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from unsaid.model import OWN, Audit, Dismissal, Keep, Moment, Outcome, OwnMark, Rewrite, Sentence, Share
from unsaid.sessions.review import Review
from unsaid.shortlist import NO_REASON, SAID_ELSEWHERE, Named, matched, put_aside, with_all, with_these


def moments(audit: Audit, review: Review, *, everything: bool = False) -> tuple[Moment, ...]:
    """The moments of an audit in order of time; `everything`: those that are left out by default as well.

    A flag that was kept, rewritten or dismissed is always among them.
    """
    audit = put_aside(audit, review.dismissals)
    flags = (*audit.flags, *audit.more, *audit.dismissed)
    kept, rewritten = matched(flags, review.kept), matched(flags, review.rewrites)
    out = []
    for at, flag in enumerate(flags):
        said = flag.dismissed or at in kept or at in rewritten
        if flag.standing != "shown" and not (said or everything):
            continue
        keep = kept.get(at)
        out.append(
            Moment(
                number=flag.number,
                code=flag.code,
                quote=flag.quote,
                start_s=flag.start_s,
                end_s=flag.end_s,
                sentence_index=flag.sentence_index,
                letter=(keep.letter if keep else "") or flag.code[0],
                flag=flag,
                verdict="dismissed" if flag.dismissed else "kept" if keep else "open",
                reason="" if flag.dismissed == NO_REASON else flag.dismissed,
                rewrite=rewritten.get(at),
            )
        )
    return tuple(sorted([*out, *_own(audit, review)], key=lambda m: (m.start_s, m.sentence_index, m.code)))


def _own(audit: Audit, review: Review) -> list[Moment]:
    """The speaker's own marks whose sentence is still there."""
    by_place = [_Said(OWN, s.text, s.start_s) for s in audit.sentences]
    marks, rewritten = matched(by_place, review.marks), matched(by_place, review.rewrites)
    out = []
    for at, mark in marks.items():
        s = audit.sentences[at]
        out.append(
            Moment(0, OWN, s.text, s.start_s, s.end_s, at, mark.letter, None, "kept", "", rewritten.get(at))
        )
    return out


@dataclass(frozen=True, slots=True)
class _Said:
    code: str
    quote: str
    start_s: float


def keep(review: Review, moment: Moment, at: str, letter: str = "") -> Review:
    """Agree with a flag; under another family where `letter` says so. An own mark only changes its family."""
    letter = letter or moment.letter
    if moment.flag is None:
        marks = [m for m in review.marks if not _same(m, moment)]
        return replace(review, marks=(*marks, OwnMark(letter, moment.quote, moment.start_s, at)))
    review = _without_verdict(review, moment)
    own = "" if letter == moment.flag.code[0] else letter
    return replace(review, kept=(*review.kept, Keep(moment.code, moment.quote, moment.start_s, own, at)))


def dismiss(review: Review, moment: Moment, reason: str, at: str) -> Review:
    """Put a flag aside; an own mark is taken away."""
    review = _without_verdict(review, moment)
    if moment.flag is None:
        return review
    new = Dismissal(moment.code, moment.quote, moment.start_s, reason, at)
    return replace(review, dismissals=(*review.dismissals, new))


def reopen(review: Review, moment: Moment) -> Review:
    """Take a verdict back."""
    return review if moment.flag is None else _without_verdict(review, moment)


def mark(review: Review, sentence: Sentence, letter: str, at: str) -> Review:
    """Mark a sentence as a moment of family `letter`; once only."""
    new = OwnMark(letter, sentence.text, sentence.start_s, at)
    return replace(review, marks=(*(m for m in review.marks if not _same(m, new)), new))


def rewrite(
    review: Review, moment: Moment, text: str, missing: Sequence[str], at: str, recording: str = ""
) -> Review:
    """Say a moment anew, or with empty `text` no longer; one that is not dismissed counts as kept.

    `recording` names the file in which it is heard, where it was said aloud.
    """
    rest = tuple(r for r in review.rewrites if not _same(r, moment))
    text = " ".join(text.split())
    if not text:
        return replace(review, rewrites=rest)
    new = Rewrite(moment.code, moment.quote, moment.start_s, text, tuple(missing), at, recording)
    review = replace(review, rewrites=(*rest, new))
    return keep(review, moment, at) if moment.verdict == "open" else review


@dataclass(frozen=True, slots=True)
class Before:
    """What was said of one moment before a change, to put it back."""

    code: str
    quote: str
    start_s: float
    said: Review
    """What the review held of this moment alone."""


def before(review: Review, of: Named) -> Before:
    """What `review` holds of one moment: of a `Moment`, or of an `OwnMark` that is about to be made."""
    said = Review(
        tuple(d for d in review.dismissals if _same(d, of)),
        tuple(k for k in review.kept if _same(k, of)),
        tuple(m for m in review.marks if _same(m, of)),
        tuple(r for r in review.rewrites if _same(r, of)),
    )
    return Before(of.code, of.quote, of.start_s, said)


def put_back(review: Review, old: Before) -> Review:
    """`review` with what was said of that one moment as it was; whatever else was said since stays."""
    review = _without_verdict(review, old)
    rewrites = tuple(r for r in review.rewrites if not _same(r, old))
    return replace(
        review,
        dismissals=(*review.dismissals, *old.said.dismissals),
        kept=(*review.kept, *old.said.kept),
        marks=(*review.marks, *old.said.marks),
        rewrites=(*rewrites, *old.said.rewrites),
    )


def _without_verdict(review: Review, moment: Named) -> Review:
    return replace(
        review,
        dismissals=tuple(d for d in review.dismissals if not _same(d, moment)),
        kept=tuple(k for k in review.kept if not _same(k, moment)),
        marks=tuple(m for m in review.marks if not _same(m, moment)),
    )


def _same(one: Dismissal | Keep | OwnMark | Rewrite, other: Named) -> bool:
    return bool(matched([other], [one]))


def shares(audit: Audit, found: Sequence[Moment]) -> tuple[Share, ...]:
    """By family, how much a listener could follow, before and after the rewrites.

    Begins with what the audit counts (for assumptions: those that were stated, and those that were flagged).
    A flag that was dismissed as "said elsewhere" was audible after all; dismissed for another reason it is
    none of the family. What the speaker adds or files under the family is one more that was not audible.
    """
    m = audit.measures
    stated = sum(1 for s in audit.sentences if s.does("assumption"))
    certain = [f for f in (*audit.flags, *audit.more, *audit.dismissed) if f.standing != "less-sure"]
    sure = {f.id for f in certain}
    counted = {
        "D": (m.decisions, m.decisions_explained),
        "A": (stated + sum(1 for f in certain if f.code[0] == "A"), stated),
        "U": (m.doubts, m.doubts_bounded),
    }
    out = []
    for letter, (total, before) in counted.items():
        known = {x.id for x in found if x.id in sure and x.code[0] == letter}
        missing = [x for x in found if x.letter == letter and x.verdict != "dismissed"]
        gone = [x for x in found if x.id in known and (x.letter != letter or x.verdict == "dismissed")]
        elsewhere = sum(1 for x in gone if x.verdict == "dismissed" and x.reason == SAID_ELSEWHERE)
        before += elsewhere
        total += elsewhere - len(gone) + sum(1 for x in missing if x.id not in known)
        # An audit of an earlier version counts flagged sentences among those that were audible.
        total = max(total, len(missing))
        before = min(before, total - len(missing))
        after = before + sum(1 for x in missing if x.settled)
        out.append(Share(letter, total, before, after))
    return tuple(out)


def reported(audit: Audit, review: Review, *, everything: bool = False) -> tuple[Audit, Outcome]:
    """What a report shows: the audit, with what is left out by default where `everything` says so or where
    the speaker said something of it, and what the review has come to."""
    audit = put_aside(audit, review.dismissals)
    found = moments(audit, review, everything=everything)
    said = [m.flag for m in found if m.flag is not None and m.verdict != "dismissed"]
    shown = with_all(audit) if everything else with_these(audit, said)
    return shown, Outcome(found, shares(audit, found))
