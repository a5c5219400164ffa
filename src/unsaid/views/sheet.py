"""The rewrite sheet: only the moments worth saying again, before and after, to practise from.

`entries` picks and words them once, for the terminal, Markdown and the page (`html`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from unsaid.model import Audit, Moment, Outcome
from unsaid.views.fitted import Fitted
from unsaid.views.markdown import code, escape
from unsaid.views.wording import (
    FAMILY_TITLES,
    OWN_NAME,
    clock,
    letter,
    passed_words,
    plural,
    rule_words,
    share_rows,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

TITLE = "Rewrite sheet"
BLANK = "_" * 40
"""Where a rewrite is hidden."""
NOTHING = "Nothing was kept, marked or rewritten yet."


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment on the sheet; all texts as they were said, not yet made safe to show."""

    label: str
    """What names it: `3 [D2]`, or `[own:D]`."""
    badge: str
    """The same as it stands in a transcript: `3:D2`, `own:D`."""
    name: str
    """The rule's name, or the family of an own mark."""
    letter: str
    """The family under which it counts: D, A or U."""
    where: str
    """Its time, or its sentence's number where there are no times."""
    start_s: float
    end_s: float
    said: str
    """The sentence as it was said."""
    now: str
    """The rewrite; empty where there is none yet."""
    frame: str
    """The half-filled sentence of the flag; empty for an own mark."""
    passed: str
    """`passes` or `does not pass yet`; empty without a rewrite."""
    missing: tuple[str, ...]
    """What the check still missed."""


def entries(audit: Audit, outcome: Outcome) -> tuple[Entry, ...]:
    """The moments that were kept, marked or rewritten, in order of time."""
    timed = audit.transcript.timing != "none"
    return tuple(_entry(moment, timed) for moment in outcome.to_practise)


def _entry(moment: Moment, timed: bool) -> Entry:
    flag, rewrite = moment.flag, moment.rewrite
    if flag is None:
        badge = f"{moment.code}:{moment.letter}"
        label, name = f"[{badge}]", f"{OWN_NAME}: {FAMILY_TITLES[moment.letter].lower()}"
    else:
        badge = f"{moment.number}:{moment.code}"
        label, name = f"{moment.number} [{moment.code}]", rule_words(flag.name)
        if moment.letter != letter(flag):
            name += f", filed under {FAMILY_TITLES[moment.letter].lower()}"
    return Entry(
        label=label,
        badge=badge,
        name=name,
        letter=moment.letter,
        where=clock(moment.start_s) if timed else f"sentence {moment.sentence_index + 1}",
        start_s=moment.start_s,
        end_s=moment.end_s,
        said=moment.sentence,
        now=rewrite.text if rewrite is not None else "",
        frame=flag.rewrite if flag is not None else "",
        passed=passed_words(rewrite) if rewrite is not None else "",
        missing=rewrite.missing if rewrite is not None else (),
    )


def summary(found: Sequence[Entry]) -> str:
    """One line that says how far the sheet is."""
    if not found:
        return NOTHING
    written = [entry for entry in found if entry.now]
    good = sum(1 for entry in written if not entry.missing)
    return f"{plural(len(found), 'moment')}, {len(written):,} rewritten ({good:,} pass)."


def print_sheet(console: Console, audit: Audit, outcome: Outcome, *, title: str, hide: bool = False) -> None:
    """Print the sheet to `console`; with `hide` a blank stands where the rewrite would, to say it aloud."""
    from rich.text import Text

    lines = _Printer(console).lines(audit, outcome, title=title, hide=hide)
    console.print(Text("\n").join(lines), soft_wrap=True, highlight=False)


class _Printer(Fitted):
    def lines(self, audit: Audit, outcome: Outcome, *, title: str, hide: bool) -> list[Text]:
        found = entries(audit, outcome)
        out = self.paragraph(f"{title}: {TITLE.lower()}", style="bold")
        if audit.prompt is not None:
            out += self.hanging("Prompt: ", audit.prompt.text, style="dim")
        out += self.paragraph(summary(found))
        for entry in found:
            out += [self.text(""), *self.entry(entry, hide=hide)]
        if found and not hide:
            out += self.heading("Before and after")
            for row in share_rows(outcome.shares):
                out += self.hanging(f"{row.label:13}", row.sentence, label_style="dim")
        return out

    def entry(self, entry: Entry, *, hide: bool) -> list[Text]:
        out = self.paragraph(f"{entry.label} {entry.name}  {entry.where}", style="bold")
        out += self.hanging("   said  ", entry.said, style="dim", label_style="dim")
        if hide:
            return [*out, *self.hanging("   now   ", BLANK[: max(8, self.width - 12)], label_style="dim")]
        if not entry.now:
            out += (
                self.hanging("   say   ", entry.frame, style="italic", label_style="dim")
                if entry.frame
                else []
            )
            return [*out, *self.hanging("         ", "not rewritten yet", style="dim")]
        out += self.hanging("   now   ", f"{entry.now}  ({entry.passed})", label_style="dim")
        for line in entry.missing:
            out += self.hanging("         ", line)
        return out


def markdown(audit: Audit, outcome: Outcome, *, title: str, hide: bool = False) -> str:
    """The sheet as Markdown, ending in a line break; with `hide` blanks stand for the rewrites."""
    found = entries(audit, outcome)
    blocks = [f"# {escape(title)}: {TITLE.lower()}"]
    if audit.prompt is not None:
        blocks.append(f"**Prompt:** {escape(audit.prompt.text)}")
    blocks.append(summary(found))
    for entry in found:
        blocks.append(f"## {code(entry.label)} {escape(entry.name)}, {entry.where}")
        blocks.append(f"**Said:** {escape(entry.said)}")
        if hide:
            blocks.append(f"**Now:** {escape(BLANK)}")
            continue
        if not entry.now:
            blocks += [f"**Say it:** {escape(entry.frame)}"] if entry.frame else []
            blocks.append("*Not rewritten yet.*")
            continue
        blocks.append(f"**Now:** {escape(entry.now)} ({entry.passed})")
        blocks += [escape(line) for line in entry.missing]
    if found and not hide:
        blocks.append("## Before and after")
        blocks.append("\n".join(f"- {row.label}: {row.sentence}" for row in share_rows(outcome.shares)))
    return "\n\n".join(blocks) + "\n"
