"""The review as a picture of a terminal: one moment, what stands around it, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from unsaid.model import OWN, Audit, Moment, Share
from unsaid.shortlist import REASONS
from unsaid.views.markup import find_quote
from unsaid.views.wording import (
    FAMILY_TITLES,
    OWN_NAME,
    clock,
    passed_words,
    rule_words,
    share_rows,
    still_line,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from unsaid.views.fitted import Fitted
    from unsaid.views.recording import Screen

Mode = Literal["moment", "dismiss", "family", "mark", "help", "end", "say", "listen"]

AROUND = 2
"""Sentences shown before and after the moment."""
KEYS: dict[Mode, str] = {
    "moment": "k keep  d dismiss  w rewrite  v say  space play  n next  b back  ? more  q quit",
    "dismiss": f"{'  '.join(f'{n} {r}' for n, r in enumerate(REASONS, 1))}  enter no reason  escape back",
    "family": "d decision  a assumption  u uncertainty  escape back",
    "mark": "up/down choose  d decision  a assumption  u uncertainty  escape back",
    "help": "any key goes back",
    "end": "b back to the moments  q quit",
    "say": "enter or space stops  escape throws it away",
    "listen": "escape throws it away",
}
KEYS_ALOUD = KEYS["moment"].replace("w rewrite  v say", "w say it  t type it")
"""The same where `w` says a rewrite aloud."""
HELP: tuple[tuple[str, str], ...] = (
    ("k", "keep: it was left unsaid"),
    ("d", "dismiss, with a reason"),
    ("w", "rewrite it as one sentence; the rules check it (with --say: aloud)"),
    ("v  t", "rewrite it: say it aloud, or type it"),
    ("h", "hear the moment, then how you said it anew"),
    ("f", "file it under another family"),
    ("m", "mark a sentence yourself"),
    ("o", "open it again: take the verdict back"),
    ("x", "drop the rewrite"),
    ("u", "undo: take the last change back, and the one before"),
    ("space", "play from 2 s before it; again stops"),
    (", .", "play 1 s earlier, 1 s later"),
    ("l", "play 2 s longer at both ends"),
    ("s", "slower: 1, 0.75, 0.5"),
    ("n  b", "next, back (also the arrows)"),
    ("q", "quit; everything is kept already"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What the screen shows."""

    title: str
    audit: Audit
    moments: tuple[Moment, ...]
    at: int
    """Place of the moment that is shown."""
    mode: Mode = "moment"
    note: str = ""
    """What the last key did."""
    chosen: int = -1
    """In mode `mark`: the sentence that would be marked."""
    shares: tuple[Share, ...] = ()
    sound: str = ""
    """How it would be played, or why it cannot be."""
    aloud: bool = False
    """Whether a rewrite is said aloud unless the speaker asks to type it."""
    saying: Screen | None = None
    """In mode `say`: how the recording stands; None while the microphone is opened."""


def lines(console: Console, picture: Picture, width: int, height: int) -> list[Text]:
    """`height` rows, none wider than `width`; the keys stand in the last ones."""
    from unsaid.views.fitted import Fitted

    p = Fitted(console)
    p.width = max(4, min(width, p.width))
    head = p.paragraph(_heading(picture), style="bold")
    own = picture.aloud and picture.mode == "moment"
    keys = p.paragraph(KEYS_ALOUD if own else KEYS[picture.mode], style="dim")
    note = p.paragraph(picture.note) if picture.note else [p.text("")]
    room = height - len(head) - len(keys) - len(note) - 1
    body = _body(p, picture, room)
    rows = [*head, p.text(""), *body[: max(0, room)]]
    rows += [p.text("")] * (height - len(rows) - len(note) - len(keys))
    return [*rows, *note, *keys][-height:]


def _heading(picture: Picture) -> str:
    found = picture.moments
    done = sum(1 for m in found if m.settled)
    kept = sum(1 for m in found if m.verdict == "kept")
    gone = sum(1 for m in found if m.verdict == "dismissed")
    where = f"moment {picture.at + 1} of {len(found)}" if picture.mode != "end" and found else "the end"
    return f"{picture.title} · {where} · {kept} kept, {gone} dismissed, {done} of {len(found)} done"


def _body(p: Fitted, picture: Picture, room: int) -> list[Text]:
    if picture.mode == "help":
        return [row for key, text in HELP for row in p.hanging(f"{key:7}", text)]
    if picture.mode == "end" or not picture.moments:
        return ending(p, picture)
    if picture.mode == "mark":
        return _choosing(p, picture, room)
    moment = picture.moments[picture.at]
    around = _around(p, picture.audit, moment)
    told = _told(p, moment)
    if picture.mode in ("say", "listen"):
        return [*_aloud(p, picture), p.text(""), *_frame(p, moment), p.text(""), *around, *told[0]]
    rewritten = [*_say(p, moment), *p.hanging("sound    ", picture.sound, label_style="dim")]
    # In a low terminal the reasons of the rule give way first, then the sentences around.
    missing, why = told
    for shown in ([*around, p.text(""), *missing, *why], [*around, p.text(""), *missing], missing):
        if len(shown) + len(rewritten) <= room:
            return [*shown, *rewritten]
    return [*missing, *rewritten]


def _around(p: Fitted, audit: Audit, moment: Moment) -> list[Text]:
    out: list[Text] = []
    timed = audit.transcript.timing != "none"
    low = max(0, moment.sentence_index - AROUND)
    for s in audit.sentences[low : moment.sentence_index + AROUND + 1]:
        here = s.index == moment.sentence_index
        if s.pause_before_s >= 1.0 and timed:
            out += p.hanging("        ", f"pause {s.pause_before_s:.1f} s", style="dim")
        text = s.text
        if here:
            start, end = find_quote(s.text, moment.quote) if moment.code != OWN else (0, len(s.text))
            text = f"{s.text[:start]}{{{s.text[start:end]}}}{s.text[end:]}"
        label = f"{clock(s.start_s) if timed else s.index + 1:>5} {p.sign('▶', '>') if here else ' '} "
        out += p.hanging(label, text, style="bold" if here else "dim", label_style="dim")
    return out


def _told(p: Fitted, moment: Moment) -> tuple[list[Text], list[Text]]:
    """What is missing, and why the rule thinks so."""
    flag = moment.flag
    verdict = moment.verdict + (f": {moment.reason}" if moment.reason else "")
    if flag is None:
        head = f"{OWN_NAME} [{FAMILY_TITLES[moment.letter].lower()}]"
        return p.paragraph(head, style="bold"), []
    own = f", filed under {FAMILY_TITLES[moment.letter].lower()}" if moment.letter != moment.code[0] else ""
    head = f"{moment.number} [{moment.code}] {rule_words(flag.name)}{own} · {verdict}"
    missing = [*p.paragraph(head, style="bold"), *p.hanging("missing  ", flag.message, label_style="dim")]
    why = [
        row
        for n, reason in enumerate(flag.evidence)
        for row in p.hanging(f"{'' if n else 'why':9}", reason, style="dim", label_style="dim")
    ]
    return missing, why


def _frame(p: Fitted, moment: Moment) -> list[Text]:
    frame = moment.flag.rewrite if moment.flag is not None else ""
    return p.hanging("say      ", frame, style="italic", label_style="dim") if frame else []


def _aloud(p: Fitted, picture: Picture) -> list[Text]:
    """How it stands with what is being said."""
    from rich.text import Text

    from unsaid.views.recording import meter

    if picture.mode == "listen":
        return p.paragraph("listening to what you said …", style="bold")
    if picture.saying is None:
        return p.paragraph("opening the microphone …", style="bold")
    return [Text.assemble(*row) for row in meter(picture.saying, p.width, p.encoding or "utf-8")]


def _say(p: Fitted, moment: Moment) -> list[Text]:
    if moment.rewrite is None:
        return _frame(p, moment)
    passed = passed_words(moment.rewrite) + ("; said aloud" if moment.rewrite.recording else "")
    out = p.hanging("said     ", moment.sentence, style="dim", label_style="dim")
    out += p.hanging("now      ", f"{moment.rewrite.text}  ({passed})", label_style="dim")
    for line in moment.rewrite.missing:
        out += p.hanging("         ", line)
    return out


def _choosing(p: Fitted, picture: Picture, room: int) -> list[Text]:
    out: list[Text] = []
    sentences = picture.audit.sentences
    timed = picture.audit.transcript.timing != "none"
    low = max(0, picture.chosen - max(1, room // 3))
    for s in sentences[low:]:
        here = s.index == picture.chosen
        label = f"{clock(s.start_s) if timed else s.index + 1:>5} {p.sign('▶', '>') if here else ' '} "
        out += p.hanging(label, s.text, style="bold" if here else "", label_style="dim")
        if len(out) > room:
            break
    return out


def ending(p: Fitted, picture: Picture) -> list[Text]:
    """What the review came to: before and after, in figures and sentence by sentence."""
    found = picture.moments
    if not found:
        return p.paragraph("No moment was flagged. m marks one yourself.")
    out = [*p.paragraph(still_line(found)), p.text(""), *share_lines(p, picture.shares)]
    for m in found:
        if m.rewrite is not None and m.verdict != "dismissed":
            out += [p.text("")]
            out += p.hanging(f"{clock(m.start_s):>5}  said  ", m.quote, style="dim", label_style="dim")
            out += p.hanging(
                "       now   ", m.rewrite.text + ("" if m.rewrite.passed else "  (does not pass yet)")
            )
    return out


def share_lines(p: Fitted, shares: Sequence[Share]) -> list[Text]:
    """The shares of a review, a line each."""
    return [
        line
        for row in share_rows([s for s in shares if s.total])
        for line in p.hanging(f"{row.label:13}", row.sentence, label_style="dim")
    ]
