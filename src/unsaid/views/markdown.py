"""The marked-up transcript as Markdown (CommonMark, no extension, no raw HTML).

Text from outside is escaped: it reads as it was said, whatever signs it holds. Flagged words are bold, the
flag's number and code stand behind them.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from unsaid.model import Audit, Outcome
from unsaid.views.listened import signal_rows, time_of, train_lines
from unsaid.views.markup import Marked, MarkedFlag, PauseMark, Run, SentenceMark, mark
from unsaid.views.wording import (
    CONDUCT_TITLE,
    FAMILY_TITLES,
    clock,
    flags_line,
    left_out,
    measure_rows,
    passed_words,
    pause_words,
    review_line,
    rule_words,
    standing_words,
    still_line,
    verdict_words,
    visible,
)

if TYPE_CHECKING:
    from unsaid.drills.listened import Listened

# What means something inside a line. The rest of ASCII punctuation does so at a line's start only.
_INLINE = re.compile(r"([\\`*_\[\]<>&~|$#]|:(?=//)|(?<=\w)@(?=\w))")
_LINE_START = re.compile(r"^(\s*)([-+]|\d{1,9}(?=[.)]))")


def render(
    audit: Audit,
    *,
    title: str,
    page: str | None = None,
    outcome: Outcome | None = None,
    listened: Listened | None = None,
) -> str:
    """The whole document, ending in a line break, with what a review has come to.

    `page`, where the same lies as a page, is named. `listened`: with what was heard of the answer as a whole.
    """
    marked = mark(audit, outcome)
    blocks = [f"# {escape(title)}"]
    if audit.prompt is not None:
        blocks.append(f"**Prompt:** {escape(audit.prompt.text)}")
        if audit.prompt.facts:
            blocks.append("**Given:**")
            blocks.append("\n".join(f"- {escape(fact)}" for fact in audit.prompt.facts))
    blocks.extend(f"**Note:** {escape(note)}" for note in audit.transcript.notes)
    if page is not None:
        blocks.append(f"**Page:** {code(page)}")

    blocks.append("## Transcript")
    if not audit.sentences:
        blocks.append("Nothing was said.")
    for block in marked.blocks:
        if isinstance(block, PauseMark):
            blocks.append(_pause(block))
        else:
            label = clock(block.sentence.start_s) if marked.timed else str(block.number)
            blocks.append(f"`{label}` {_sentence(block)}")

    blocks.append("## Flags")
    blocks.append(flags_line(audit))
    blocks.extend(escape(line) for line in left_out(audit))
    if marked.outcome is not None:
        blocks.append(review_line(marked.outcome.moments))
        blocks.append(still_line(marked.outcome.moments))
    blocks.extend(_flag(item, marked) for item in marked.by_cost)
    if marked.dismissed:
        blocks.append("## Dismissed")
        blocks.extend(f"{_heading(item, marked)}\n\n{_quote(item.flag.quote)}" for item in marked.dismissed)

    blocks.extend(_conduct(audit, marked.timed))
    if listened is not None:
        blocks.extend(_signals(audit, listened))
        blocks.extend(_time(listened))

    blocks.append("## Measures")
    rows = measure_rows(audit, marked.shares)
    blocks.append("\n".join(f"- {row.label}: {row.sentence}" for row in rows))
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """`text` as Markdown that reads as `text`, at a line's start as well as inside a line."""
    shown = _INLINE.sub(r"\\\1", visible(text).strip())
    return _LINE_START.sub(_escape_start, shown)


def _escape_start(found: re.Match[str]) -> str:
    sign = found[2]
    return f"{found[1]}{sign}\\" if sign.isdigit() else f"{found[1]}\\{sign}"


def code(text: str) -> str:
    """`text` as a code span, whatever backticks it holds."""
    shown = visible(text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _pause(pause: PauseMark) -> str:
    words = f"[{pause_words(pause.duration_s)}]".replace("[", r"\[").replace("]", r"\]")
    return f"**{words}**" if pause.is_long else f"*{words}*"


def _sentence(block: SentenceMark) -> str:
    out: list[str] = []
    bold: list[Run] = []
    for piece in block.pieces:
        if isinstance(piece, Run) and piece.flags:
            # Runs of overlapping quotes are one stretch of bold, up to where a quote ends.
            bold.append(piece)
            if not piece.closes:
                continue
        out.append(_bold(bold, block.text))
        if isinstance(piece, PauseMark):
            out.append(f"{_pause(piece)} ")
        elif piece.flags:
            out.extend(f" `[{visible(item.badge)}]`" for item in sorted(piece.closes, key=_number))
        else:
            out.append(_inline(piece.text))
        bold = []
    return "".join(out).strip()


def _number(item: MarkedFlag) -> int:
    return item.number


def _bold(runs: list[Run], sentence: str) -> str:
    if not runs:
        return ""
    start, end = runs[0].start, runs[-1].end
    text = sentence[start:end]
    core = text.strip()
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    # A badge follows where a quote ends; else a pause or the sentence goes on.
    before = visible(lead or sentence[:start])[-1:]
    after = visible(trail or (" " if runs[-1].closes else sentence[end:]))[:1]
    inner = _inline(core)
    shown = visible(core)
    if shown and _flanks(before, shown[0]) and _flanks(after, shown[-1]):
        inner = f"**{inner}**"
    return f"{_inline(lead)}{inner}{_inline(trail)}"


def _inline(text: str) -> str:
    return _INLINE.sub(r"\\\1", visible(text))


def _flanks(outside: str, inside: str) -> bool:
    """Whether `**` between these two characters opens or closes bold (CommonMark's flanking rule)."""
    return not _is_punctuation(inside) or not outside or outside.isspace() or _is_punctuation(outside)


def _is_punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"


def _heading(item: MarkedFlag, marked: Marked) -> str:
    flag = item.flag
    what = [clock(flag.start_s) if marked.timed else f"sentence {item.sentence_number or '?'}"]
    what.append(standing_words(flag))
    if item.own:
        name = f"{flag.name.capitalize()}: {FAMILY_TITLES[item.letter].lower()}"
    else:
        name = f"{item.number}. {escape(flag.code)} {escape(rule_words(flag.name))}"
    if item.moment is not None:
        what.append(escape(verdict_words(item.moment)))
    return ", ".join(("### " + name, *filter(None, what)))


def _quote(text: str) -> str:
    return f"> {escape(text) or '(the whole sentence)'}"


def _flag(item: MarkedFlag, marked: Marked) -> str:
    flag = item.flag
    rewrite = item.moment.rewrite if item.moment is not None else None
    lines = [_heading(item, marked)]
    if not item.own:
        lines += ["", _quote(flag.quote), "", escape(flag.message)]
    if rewrite is not None or item.own:
        lines += ["", f"**Said:** {_inline(flag.sentence)}"]
    if rewrite is not None:
        lines += ["", f"**Now:** {_inline(rewrite.text)} ({passed_words(rewrite)})"]
        lines += [part for line in rewrite.missing for part in ("", escape(line))]
    elif flag.rewrite:
        lines += ["", f"**Say it:** {_inline(flag.rewrite)}"]
    if flag.evidence:
        lines += ["", *(f"- {escape(reason)}" for reason in flag.evidence)]
    return "\n".join(lines)


def _conduct(audit: Audit, timed: bool) -> list[str]:
    """The notes on evidence and conduct, under their own heading; nothing where there are none."""
    lines = []
    for flag in audit.conduct:
        where = clock(flag.start_s) if timed else f"sentence {flag.sentence_index + 1}"
        head = f"**{escape(flag.code)} {escape(rule_words(flag.name))}**, {where}"
        lines.append(f"- {head}: {escape(flag.message)} Say it: {_inline(flag.rewrite)}")
    return [f"## {CONDUCT_TITLE}", "\n".join(lines)] if lines else []


def _signals(audit: Audit, listened: Listened) -> list[str]:
    """Which of the seven were heard, with the sentences that show them; nothing where nothing was said."""
    rows = signal_rows(audit, listened)
    lines = []
    for row in rows:
        lines.append(f"- **{escape(row.title)}**, {escape(row.told)}")
        lines += [
            f"  - `{place.where}` {escape(place.what)}: “{_inline(place.text)}”" for place in row.places
        ]
    train = " ".join(escape(line) for line in train_lines(listened))
    return ["## Signals", "\n".join(lines), train] if rows else []


def _time(listened: Listened) -> list[str]:
    """The parts of the answer, and what is to be said of how the time went."""
    time = time_of(listened)
    if time is None:
        return []
    lines = [f"- `{part.where}` {part.name}: {part.took}, {part.share:.0%}" for part in time.parts]
    notes = ["\n".join(f"- {escape(line)}" for line in time.notes)] if time.notes else []
    # Two lists that follow each other would be one.
    return [f"## {time.title}", "\n".join(lines), *(["What stands out:", *notes] if notes else [])]
