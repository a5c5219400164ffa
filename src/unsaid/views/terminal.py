"""The marked-up transcript in a terminal.

Colour is never alone: every mark carries its number and code, and where there is no colour (a pipe, NO_COLOR,
a plain terminal) the flagged words stand in braces. Lines never exceed the console's width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from unsaid.model import Audit, Outcome
from unsaid.views.fitted import Fitted
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
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from unsaid.drills.listened import Listened

# Of middle lightness: 4:1 or better against a black and a white background.
_INK = {"D": "#d2641a", "A": "#2f86d1", "U": "#c2589c"}
# White on these: 5:1 or better.
_BADGE = {"D": "bold #ffffff on #a84300", "A": "bold #ffffff on #0a5c9e", "U": "bold #ffffff on #8e2a6b"}
_PAD = "   "


def print_audit(
    console: Console,
    audit: Audit,
    *,
    title: str,
    page: str | None = None,
    outcome: Outcome | None = None,
    listened: Listened | None = None,
) -> None:
    """Print transcript, flags and measures of `audit` to `console`, with what a review has come to.

    `title` heads it all; `page` (a path or address of the same as a page) is named at the end. `listened`:
    with what was heard of the answer as a whole, in short.
    """
    from rich.text import Text

    lines = _Printer(console).lines(mark(audit, outcome), title=title, page=page, listened=listened)
    # One print of all lines, already fitted: rich neither wraps nor interprets them again.
    console.print(Text("\n").join(lines), soft_wrap=True, highlight=False)


class _Printer(Fitted):
    def lines(self, marked: Marked, *, title: str, page: str | None, listened: Listened | None) -> list[Text]:
        audit = marked.audit
        out = self.paragraph(title, style="bold")
        if audit.prompt is not None:
            out += self.hanging("Prompt: ", audit.prompt.text, style="dim")
            for at, fact in enumerate(audit.prompt.facts):
                out += self.hanging("        - " if at else "Given:  - ", fact, style="dim")
        for note in audit.transcript.notes:
            out += self.hanging("Note: ", note, style="dim")
        out += self.heading("Transcript")
        out += self.transcript(marked)
        out += self.heading("Flags")
        out += self.paragraph(flags_line(audit))
        for line in left_out(audit):
            out += self.paragraph(line, style="dim")
        if marked.outcome is not None:
            out += self.paragraph(review_line(marked.outcome.moments))
            out += self.paragraph(still_line(marked.outcome.moments))
        for item in marked.by_cost:
            out += [self.text("")]
            out += self.flag(item, marked)
        if marked.dismissed:
            out += self.heading("Dismissed")
            for item in marked.dismissed:
                out += self.head(item, marked)
                out += self.hanging(f"{_PAD}heard    ", f'"{item.flag.quote}"', label_style="dim")
        out += self.conduct(marked)
        if listened is not None:
            out += self.signals(marked, listened)
            out += self.time(listened)
        out += self.heading("Measures")
        out += self.measures(marked)
        if page is not None:
            out += [self.text("")]
            out += self.paragraph(f"Page: {page}", fold=False)
        return out

    # Transcript

    def transcript(self, marked: Marked) -> list[Text]:
        from rich.text import Text

        if not marked.audit.sentences:
            return self.paragraph("(nothing was said)", style="dim")
        if marked.timed:
            labels = len(clock(marked.audit.transcript.duration_s))
        else:
            labels = len(str(len(marked.audit.sentences)))
        labels = max(4, labels)
        out: list[Text] = []
        for block in marked.blocks:
            if isinstance(block, PauseMark):
                out += self.indent(Text(" " * (labels + 4)), self.pause(block))
                continue
            label = clock(block.sentence.start_s) if marked.timed else str(block.number)
            pointer = self.sign("▶", ">") if block.flags else " "
            gutter = Text.assemble((label.rjust(labels), "dim"), f" {pointer}  ")
            out += self.indent(gutter, self.sentence(block))
        return out

    def pause(self, pause: PauseMark) -> Text:
        from rich.text import Text

        words = pause_words(pause.duration_s)
        if pause.is_long:
            bar = self.sign("━━━━", "====")
            return Text(f"{bar} {words} {bar}", style="bold yellow" if self.coloured else "bold")
        return Text(f"{self.sign('╌╌', '--')} {words}", style="dim")

    def sentence(self, block: SentenceMark) -> Text:
        from rich.text import Text

        out = Text()
        open_numbers: set[int] = set()
        for piece in block.pieces:
            if isinstance(piece, PauseMark):
                words = f"[{pause_words(piece.duration_s).replace(' ', chr(0xA0))}]"
                out.append(f"{words} ", style="bold yellow" if piece.is_long else "dim")
                continue
            self.run(out, piece, open_numbers)
        return out

    def run(self, out: Text, run: Run, open_numbers: set[int]) -> None:
        for item in run.flags:
            if item.number not in open_numbers:
                open_numbers.add(item.number)
                if not self.coloured:
                    out.append("{")
        # The last flag on the run gives the colour; the badges behind name them all.
        style = f"underline {_INK.get(run.flags[-1].letter, '')}".strip() if run.flags else ""
        out.append(self.safe(run.text), style=style if self.coloured else "")
        for item in run.closes:
            out.append(" " if self.coloured else "}")
            out.append(f"[{self.safe(item.badge)}]", style=_BADGE.get(item.letter, "bold"))

    # Flags and measures

    def head(self, item: MarkedFlag, marked: Marked) -> list[Text]:
        """The line that names a flag or an own mark, and what was said of it."""
        from rich.text import Text

        flag = item.flag
        where = clock(flag.start_s) if marked.timed else f"sentence {item.sentence_number or '?'}"
        number = "" if item.own else f"{item.number}".rjust(2)
        name = f"{flag.name}: {FAMILY_TITLES[item.letter].lower()}" if item.own else rule_words(flag.name)
        verdict = verdict_words(item.moment) if item.moment is not None else ""
        head = Text.assemble(
            (f"{number} " if number else "", "bold"),
            (f"[{self.safe(item.badge if item.own else flag.code)}]", _BADGE.get(item.letter, "bold")),
            (f" {self.safe(name)}", "bold"),
            (f"  {where}", "dim"),
            (f"  {standing_words(flag)}".rstrip(), "dim"),
            (f"  {self.safe(verdict)}".rstrip(), ""),
        )
        return self.wrap(head, self.width)

    def flag(self, item: MarkedFlag, marked: Marked) -> list[Text]:
        flag = item.flag
        rewrite = item.moment.rewrite if item.moment is not None else None
        out = self.head(item, marked)
        ink = _INK.get(item.letter, "") if self.coloured else ""
        if not item.own:
            out += self.hanging(f"{_PAD}heard    ", f'"{flag.quote}"', style=ink, label_style="dim")
        if flag.message:
            out += self.hanging(f"{_PAD}missing  ", flag.message, label_style="dim")
        for at, reason in enumerate(flag.evidence):
            out += self.hanging(f"{_PAD}{'why' if at == 0 else '':9}", reason, style="dim", label_style="dim")
        if rewrite is not None or item.own:
            out += self.hanging(f"{_PAD}said     ", f'"{flag.sentence}"', style=ink, label_style="dim")
        if rewrite is not None:
            out += self.hanging(
                f"{_PAD}now      ", f'"{rewrite.text}"  {passed_words(rewrite)}', label_style="dim"
            )
            for line in rewrite.missing:
                out += self.hanging(f"{_PAD}         ", line)
        elif flag.rewrite:
            out += self.hanging(f"{_PAD}say      ", flag.rewrite, style="italic", label_style="dim")
        return out

    def conduct(self, marked: Marked) -> list[Text]:
        out = self.heading(CONDUCT_TITLE) if marked.audit.conduct else []
        for flag in marked.audit.conduct:
            where = f", {clock(flag.start_s)}" if marked.timed else f", sentence {flag.sentence_index + 1}"
            out += self.hanging(f"{flag.code} ", f"{rule_words(flag.name)}{where}: {flag.message}")
            out += self.hanging("   say      ", flag.rewrite, style="italic", label_style="dim")
        return out

    def signals(self, marked: Marked, listened: Listened) -> list[Text]:
        rows = signal_rows(marked.audit, listened)
        if not rows:
            return []
        wide = max(len(row.title) for row in rows)
        out = self.heading("Signals")
        for row in rows:
            if not row.asked:
                continue
            if self.width < 2 * wide:
                out += self.paragraph(f"{row.title}: {row.told}")
            else:
                out += self.hanging(f"{row.title:{wide}}  ", row.told, label_style="dim")
        others = ", ".join(row.title for row in rows if not row.asked)
        if others:
            out += self.paragraph(f"Not asked for by this prompt: {others}.", style="dim")
        return out + self.paragraph(" ".join(train_lines(listened)))

    def time(self, listened: Listened) -> list[Text]:
        time = time_of(listened)
        if time is None:
            return []
        out = self.heading(time.title)
        parts = "; ".join(f"{part.name} {part.took} ({part.share:.0%})" for part in time.parts)
        out += self.paragraph(f"{parts}.")
        for line in time.notes:
            out += self.paragraph(line)
        return out

    def measures(self, marked: Marked) -> list[Text]:
        rows = measure_rows(marked.audit, marked.shares)
        wide = max(len(row.label) for row in rows)
        out: list[Text] = []
        for row in rows:
            out += self.hanging(f"{row.label:{wide}}  ", row.sentence, label_style="dim")
        return out
