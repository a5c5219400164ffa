"""The sentences of an audit with the codes of their flags, as the subtitle writers need them."""

from __future__ import annotations

from dataclasses import dataclass

from unsaid.formats.reviewed import badge, now_label
from unsaid.formats.source import one_line
from unsaid.model import Audit, Outcome

MIN_CUE_S = 0.001
"""Readers of subtitles refuse or drop a cue that does not last."""


@dataclass(frozen=True, slots=True)
class MarkedSentence:
    """A sentence ready for a cue."""

    start_s: float
    end_s: float
    text: str
    """One line, never empty."""
    codes: tuple[str, ...]
    now: tuple[str, ...] = ()
    """How the speaker would say it now, a line each: `now: …`."""

    @property
    def marked(self) -> str:
        """The text with its codes before it: `[D1] I'll use a hash map.`, `[D1 less sure] A map.`"""
        return "".join(f"[{c}] " for c in self.codes) + self.text


def marked_sentences(audit: Audit, outcome: Outcome | None = None) -> list[MarkedSentence]:
    """All sentences in order of time; those without a word are left out."""
    codes: dict[int, list[str]] = {}
    now: dict[int, list[str]] = {}
    for flag in audit.flags:
        found = codes.setdefault(flag.sentence_index, [])
        code = f"{flag.code} less sure" if flag.standing == "less-sure" else flag.code
        if code not in found:
            found.append(code)
    for moment in outcome.moments if outcome is not None else ():
        if moment.flag is None:
            codes.setdefault(moment.sentence_index, []).append(badge(moment))
        said, line = now.setdefault(moment.sentence_index, []), now_label(moment)
        if line and line not in said:
            said.append(line)
    marked = []
    for s in sorted(audit.sentences, key=lambda s: (s.start_s, s.index)):
        text = one_line(s.text)
        if text:
            end_s = max(s.end_s, s.start_s + MIN_CUE_S)
            here = tuple(codes.get(s.index, ())), tuple(now.get(s.index, ()))
            marked.append(MarkedSentence(s.start_s, end_s, text, *here))
    return marked
