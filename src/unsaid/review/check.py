"""Whether a rewrite says aloud what was left unsaid: the rules are run on it in its place. Pure.

Nothing is invented here: what is missing is named, the reason itself only the speaker has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from unsaid.audit import SURE, flags_instead
from unsaid.language import sentences
from unsaid.model import Audit, Flag, Kind, Segment, Transcript
from unsaid.taste import Taste

LONGEST_WORDS = 60
"""Nobody says more in one breath and is followed."""
_SAME = 0.5
_BLANK = re.compile(r"_{2,}|…|\.\.\.")
_WORD = re.compile(r"[^\W\d_]{2,}")


def missing(
    audit: Audit,
    index: int,
    text: str,
    *,
    letter: str = "",
    kind: Kind | None = None,
    min_confidence: float = SURE,
    taste: Taste | None = None,
) -> tuple[str, ...]:
    """What is still missing when sentence `index` (from 0) of `audit` is said as `text`; () when it passes.

    `letter` is the family of the moment: its flags come first. One line each, for the speaker.
    """
    text = " ".join(text.split())
    if len(_WORD.findall(text)) < 2:
        return ("There is no sentence yet.",)
    if _BLANK.search(text):
        return ("A blank is left: put your own words there.",)
    if (words := len(text.split())) > LONGEST_WORDS:
        return (f"{words} words are too many for one breath: {LONGEST_WORDS} at most.",)
    count = len(_cut(text))
    if count > 1:
        return (f"These are {count} sentences: say it in one.",)
    flags = flags_instead(audit, index, text, kind=kind, min_confidence=min_confidence, taste=taste)
    # That nothing was framed before it, no sentence can make up for but those before it.
    flags = tuple(f for f in flags if f.code != "A1" or letter == "A")
    first = [f for f in flags if f.code[0] == letter]
    return tuple(_told(f) for f in (*first, *(f for f in flags if f not in first)))


def corrects(old: str, new: str) -> bool:
    """Whether `new` is `old` put right, as after a word that was misheard, and not another sentence: half of
    their words or more are the same, in the same order."""
    before, after = ([word.strip(".,;:?!") for word in text.casefold().split()] for text in (old, new))
    return bool(before) and SequenceMatcher(None, before, after, autojunk=False).ratio() >= _SAME


def _cut(text: str) -> Sequence[object]:
    """The sentences of typed text: its own full stops count, and nothing else."""
    closed = text if text.endswith((".", "!", "?")) else f"{text}."
    # One at a time, so that the length of the whole decides nothing.
    heard = Transcript((Segment(0.0, float(len(closed)), closed),), float(len(closed)), timing="none")
    return sentences.split(heard)


def _told(flag: Flag) -> str:
    return f"Still {flag.code} ({flag.name.replace('-', ' ')}): {flag.message}"
