"""Answers that are heard by the real rules, for the views of signals, time, evidence and conduct."""

from __future__ import annotations

from dataclasses import replace

from made_session import spoken
from unsaid.audit import audit
from unsaid.drills.listened import Listened, listen, terms
from unsaid.model import Audit, Kind, Prompt, Transcript

DESIGN = [
    "Is the limit for each user, or for each address?",
    "I'll assume it's for each user, and that losing a count for a second is fine.",
    "First I do the plain version, then I make it fast.",
    "I'd keep the counts in one table rather than in a queue, because two servers must read the same number.",
    "That costs a second write on every request, and I take it.",
    "If the table is down, I let the requests through, because blocking everyone is worse.",
    "I'd alert on the age of the oldest count, not on the number of errors.",
    "The table is split by user, so each count lives in one place.",
    "To sum up, one table, split by user, and it opens when it fails.",
]
STORY = [
    "Last year our checkout lost one payment in fifty, and support had thirty calls a day.",
    "I was one of four engineers, and nobody owned the payments.",
    "I decided to build a retry queue, because customers had to pay twice otherwise.",
    "I showed the team the failed payments of one week, and they agreed to wait with the new page.",
    "I wrote the queue and taught two others to run it.",
    "We are the best team in the company and deliver world class quality.",
    "Failed payments fell from two percent to half a percent, and calls fell to four a day.",
    "The other team uses the queue now without us.",
    "Next time I would ask support first, since they knew the cause all along.",
]
CODING = [
    "Are the intervals sorted, and can two of them touch?",
    "I'll assume they are not sorted.",
    "I sort them by start, and I keep the last end.",
    "If the start is not greater than the last end, I set the last end to the larger of the two.",
    "Else I append it to the result.",
    "Let me run it with one to three and two to five: that gives one to five.",
    "With an empty list the loop never runs and I return an empty list.",
    "Sorting costs n log n, since every interval is compared.",
]
FACTS = ("There are 250,000 users.", "Most of them come in the evening.")


def heard(
    said: list[str],
    kind: Kind | None = "design",
    *,
    prompt: str | None = "Design a rate limiter.",
    facts: tuple[str, ...] = (),
    minutes: float = 0.0,
    timed: bool = True,
    gap_s: float = 0.5,
) -> tuple[Audit, Listened]:
    """The audit of these sentences, and what is heard of them as a whole. No `prompt`: no kind either."""
    transcript: Transcript = spoken(said, gap_s=gap_s)
    if not timed:
        bare = tuple(replace(s, words=()) for s in transcript.segments)
        transcript = replace(transcript, segments=bare, timing="none")
    asked = Prompt(prompt, kind, None, facts, (), minutes) if prompt is not None else None
    found = audit(transcript, asked)
    return found, listen(found, terms(asked))
