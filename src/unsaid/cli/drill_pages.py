"""What the pages of a drill say: lines and tables, made of what was planned, typed and heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from unsaid.views.drilling import Item, Line, State, Step, Table
from unsaid.views.wording import FAMILY_TITLES, clock, level_words, plural

if TYPE_CHECKING:
    from unsaid.drills.bank import PromptCard
    from unsaid.drills.plan import Drill, Part, Time
    from unsaid.drills.signals import Heard
    from unsaid.model import Audit, Prompt
    from unsaid.sessions.drills import Label, Run
    from unsaid.sessions.review import Review
    from unsaid.views.drilling import Compared

FREE = Line()


def minutes(value: float) -> str:
    """Minutes as `m:ss`."""
    return clock(round(value * 60))


def heading(drill: Drill, part: Part) -> str:
    """Which drill, which part."""
    return f"{drill.title} · part {drill.parts.index(part) + 1} of {len(drill.parts)}: {part.title}"


def clock_line(now: Time) -> str:
    """How the part and the drill stand by their clocks."""
    from unsaid.drills.plan import left

    told = f"this part {left(now.part_left_s)} · the drill {left(now.drill_left_s)}"
    if now.over:
        return f"{told} · the time is up"
    return f"{told} · by the clock: {now.due.title}" if now.ahead < 0 else told


def parts_list(drill: Drill, run: Run, at: str, spent_s: Mapping[str, float]) -> list[Item]:
    """All parts of the drill, with the time that they have and took."""
    out: list[Item] = []
    for part in drill.parts:
        known = run.parts.get(part.id)
        done = known is not None and bool(known.done)
        state: State = "now" if part.id == at else "done" if done else "open"
        took = f"{clock(spent_s[part.id])} of " if part.id in spent_s else ""
        out.append(Step(part.title, f"{took}{minutes(part.minutes)}", state))
    return out


def prompt_head(prompt: Prompt, card: PromptCard | None) -> tuple[str, str]:
    """A prompt's title, and of what sort it is."""
    if card is None:
        return "Your prompt", prompt.kind or ""
    return card.title, " · ".join((card.kind, card.level, f"{card.minutes:g} min", card.id))


def prompt_lines(prompt: Prompt, card: PromptCard | None, *, flawed: bool = False) -> list[Item]:
    """A prompt as it is put: what a good answer settles, and what it should show, is left out."""
    title, about = prompt_head(prompt, card)
    out: list[Item] = [Line(title, style="bold")]
    out += [Line(about, style="dim"), FREE, Line(prompt.text)]
    out += [FREE, Line("Given", style="bold")] if prompt.facts else []
    out += [Line(fact, label="  - ") for fact in prompt.facts]
    if flawed and card is not None:
        out += [FREE, Line("The solution, as you have just told it", style="bold"), Line(card.flawed)]
    return out


# ------------------------------------------------------------------------------------------ an answer


def place(audit: Audit, index: int) -> str:
    """Where a sentence stands: its time, or its number where there are no times."""
    if audit.transcript.timing == "none":
        return f"sentence {index + 1}"
    return clock(audit.sentences[index].start_s)


def said(audit: Audit, indices: Iterable[int], label: str = "") -> list[Item]:
    """Sentences with their places, the first one behind a label."""
    out: list[Item] = []
    for n, index in enumerate(dict.fromkeys(indices)):
        where = f"{place(audit, index):>5}  "
        out.append(Line(f"“{audit.sentences[index].text}”", label=f"{'' if n else label:14}{where}"))
    return out


def answer_line(audit: Audit) -> str:
    """How long an answer is, in a few words."""
    words = plural(audit.measures.words, "word")
    if audit.transcript.timing == "none":
        return words
    return f"{clock(audit.transcript.duration_s)}, {words}"


# ------------------------------------------------------------------------------------------ hidden reasoning


def counts(audit: Audit, review: Review) -> list[Item]:
    """What a listener could follow, before the rewrites and with them."""
    from unsaid.review.state import moments, shares

    found = moments(audit, review)
    rows: list[tuple[str, str, str]] = []
    total = [m for m in found if m.verdict != "dismissed"]
    rows.append(("moments left unsaid", str(len(total)), str(sum(1 for m in total if not m.settled))))
    for letter, title in FAMILY_TITLES.items():
        mine = [m for m in total if m.letter == letter]
        if mine:
            rows.append((f"  {title.lower()}", str(len(mine)), str(sum(1 for m in mine if not m.settled))))
    names = {"D": "decisions with a reason", "A": "assumptions stated", "U": "doubts bounded"}
    rows += [
        (names[s.letter], _share(s.before, s.total), _share(s.after, s.total))
        for s in shares(audit, found)
        if s.total
    ]
    out: list[Item] = [Table(("", "before", "with your rewrites"), tuple(rows))]
    gone = sum(1 for m in found if m.verdict == "dismissed")
    if gone:
        out += [FREE, Line(f"{plural(gone, 'flag')} dismissed; they are in neither count.", style="dim")]
    for m in found:
        if m.rewrite is not None and m.verdict != "dismissed":
            passed = "" if m.rewrite.passed else "  (does not pass yet)"
            out += [FREE, Line(m.quote, label=f"{place(audit, m.sentence_index):>5}  said  ", style="dim")]
            out.append(Line(f"{m.rewrite.text}{passed}", label=f"{'':5}  now   "))
    if not any(m.rewrite is not None for m in found):
        out += [FREE, Line("Nothing was said again yet: that is what the count is for.")] if total else []
    return out


def _share(good: int, total: int) -> str:
    return f"{good} of {total} ({good / total:.0%})"


# ------------------------------------------------------------------------------------------ recovery


def recovery(audit: Audit, card: PromptCard | None) -> list[Item]:
    """What an answer did with the fault, in plain words, with the sentences."""
    from unsaid.drills.recovery import recovery as hear

    found = hear(audit, fault=card.fault if card is not None else "")
    out: list[Item] = [Line(found.words, style="bold")]
    out += [Line(note) for note in found.notes]
    for label, indices, none in (
        ("acknowledged", found.acknowledged, "not heard: say that something is wrong, in one sentence"),
        ("too strong", found.assumption, "not heard: say which assumption was too strong"),
        ("revised", found.revised, "not heard: say what changes"),
        ("forward", found.forward, "not heard: go on from the change"),
    ):
        out += [FREE, *(said(audit, indices, label) or [Line(none, label=f"{label:14}")])]
    out += [FREE, *_counted(audit, "apologies", found.apologies, most=1)]
    longest = max((f.duration_s for f in found.freezes), default=0.0)
    told = f"{len(found.freezes)}, the longest {longest:.0f} s" if found.freezes else "none"
    if audit.transcript.timing == "none":
        told = "not known: this transcript has no times"
    at = ", ".join(clock(f.start_s) for f in found.freezes)
    out.append(Line(f"{told}{f', at {at}' if at else ''}", label=f"{'freezes':14}"))
    out += _counted(audit, "defence", found.defended, most=0)
    out += _counted(audit, "blame", found.blamed, most=0)
    return out


def _counted(audit: Audit, label: str, indices: Sequence[int], *, most: int) -> list[Item]:
    told = (
        "none"
        if not indices
        else str(len(indices)) + (" (one is enough)" if most and len(indices) > most else "")
    )
    return [Line(told, label=f"{label:14}"), *said(audit, indices)]


def fault(card: PromptCard, audit: Audit | None) -> list[Item]:
    """The fault as the card has it, and beside it what the answer said was too strong."""
    out: list[Item] = [Line("The fault", style="bold"), Line(card.fault)]
    if audit is None:
        return out
    from unsaid.drills.recovery import recovery as hear

    found = hear(audit, fault=card.fault)
    named = found.assumption or found.acknowledged
    out += [FREE, Line("What you said was wrong", style="bold")]
    out += said(audit, named) or [Line("Nothing was heard that names it.")]
    out += [
        FREE,
        Line("Is it the same fault? If not: was yours there as well, or did you take a symptom for it?"),
    ]
    return out


# ------------------------------------------------------------------------------------------ labels


def form(labels: Mapping[str, Label], at: int) -> list[Item]:
    """The seven signals with what was written under each; the one at place `at` is chosen."""
    from unsaid.drills.signals import SIGNALS

    out: list[Item] = []
    for n, signal in enumerate(SIGNALS):
        label = labels.get(signal.id)
        text = "…" if label is None else label.text or "(left blank: should not be tested)"
        out.append(Line(text, label=f"{n + 1} {signal.title:29}", chosen=n == at))
    here = SIGNALS[at]
    out += [
        FREE,
        Line(f"{here.title.capitalize()} is visible when the answer {here.visible}.", style="italic"),
    ]
    return out


SHOWN = 3
"""So many sentences that show a signal are told beside a line, where there is room."""


def comparison(
    labels: Mapping[str, Label],
    asked: Sequence[str],
    found: Sequence[Heard] | None,
    audit: Audit | None,
    answer: str = "",
) -> Compared:
    """The labels beside what the prompt asks for, and beside what was heard in an answer to it, the session
    `answer`."""
    from unsaid.drills.signals import SIGNALS
    from unsaid.views.drilling import Compared, ComparedRow

    heard = {h.signal.id: h for h in found or ()}
    rows: list[ComparedRow] = []
    for signal in SIGNALS:
        label, here = labels.get(signal.id), heard.get(signal.id)
        mine, theirs = label is not None and bool(label.text), signal.id in asked
        told = {
            (True, True): "you and the prompt",
            (True, False): "you alone",
            (False, True): "the prompt alone",
            (False, False): "neither",
        }[mine, theirs]
        sentences: tuple[tuple[str, str, str], ...] = ()
        # What nobody asks for may be heard as well: that is noise beside the rest.
        if here is not None and audit is not None and (mine or theirs):
            once = {e.sentence: e.what for e in here.evidence}
            sentences = tuple(
                (place(audit, index), audit.sentences[index].text, what)
                for index, what in list(once.items())[:SHOWN]
            )
        level = level_words(here.level) if here is not None else ""
        rows.append(
            ComparedRow(signal.title, label.text if label else "", told, mine == theirs, level, sentences)
        )
    agree = sum(1 for row in rows if row.agrees)
    same = "all seven" if agree == len(rows) else f"{agree} of {len(rows)}"
    return Compared(f"You and the prompt agree on {same}.", tuple(rows), found is not None, answer)


def compared(found: Compared) -> list[Item]:
    """A comparison as a table for the terminal."""
    headings = ("signal", "your line", "asked for by", *(("heard",) if found.heard else ()))
    rows = []
    for row in found.rows:
        cells = [row.title, row.line or "left blank", row.by]
        if found.heard:
            where = [f"{at} “{text}”" for at, text, _ in row.sentences[:1]]
            cells.append(": ".join((row.level, *where)))
        rows.append(tuple(cells))
    out: list[Item] = [Line(found.words, style="bold"), FREE, Table(headings, tuple(rows), least=20)]
    if not found.heard:
        out += [FREE, Line("No answer to this prompt is here yet.", style="dim")]
    return out


# ------------------------------------------------------------------------------------------ evidence


_AUDIBLE = {"yes": "heard", "partly": "half heard", "no": "not heard"}


def audible(audit: Audit) -> list[Item]:
    """What one telling of a project let be heard, element by element, with the sentences."""
    from unsaid.drills.evidence_replay import ELEMENTS, replay

    take = replay(audit)
    out: list[Item] = [Line(f"{take.audible} of {len(ELEMENTS)} elements can be heard.", style="bold"), FREE]
    for element in take.elements:
        out.append(Line(element.words, label=f"{element.id:14}"))
        out += said(audit, element.sentences)
    out += [FREE, *_claims(audit)]
    return out


def _claims(audit: Audit) -> list[Item]:
    from unsaid.drills.evidence_replay import replay

    claims = replay(audit).claims
    out: list[Item] = [Line(str(len(claims)) if claims else "none", label="claims without evidence  ")]
    for flag in claims:
        out.append(Line(f"“{flag.quote}”", label=f"{'':14}{place(audit, flag.sentence_index):>5}  "))
    return out


def side_by_side(takes: Mapping[int, Audit], count: int) -> list[Item]:
    """The tellings of one project beside each other; `takes` lacks those that were removed."""
    from unsaid.drills.evidence_replay import replay, side_by_side

    told = {number: replay(audit) for number, audit in sorted(takes.items())}
    whole = side_by_side(list(told.values()))
    numbers = range(1, count + 1)
    headings = ("", *(f"take {n}" for n in numbers), "")

    def cells(of: Mapping[int, str]) -> tuple[str, ...]:
        return tuple(of.get(n, "removed") for n in numbers)

    rows = []
    for at, row in enumerate(whole.rows):
        first = {n: t.elements[at].sentences for n, t in told.items()}
        level = {n: _AUDIBLE[t.elements[at].audible] for n, t in told.items()}
        text = {n: f"{level[n]}, {place(takes[n], first[n][0])}" if first[n] else level[n] for n in told}
        rows.append((row.id, *cells(text), row.words))
    rows.append(
        ("bare claims", *cells({n: str(len(t.claims)) for n, t in told.items()}), "claims without evidence")
    )
    rows.append(("numbers", *cells({n: str(t.figures) for n, t in told.items()}), "sentences with a number"))
    rows.append(("length", *cells({n: answer_line(takes[n]) for n in told}), ""))
    out: list[Item] = [Table(headings, tuple(rows)), FREE, *(Line(words) for words in whole.words)]
    for number, take in told.items():
        if take.claims:
            out += [FREE, Line(f"Claims without evidence in take {number}", style="bold")]
            audit = takes[number]
            out += [Line(f"“{f.quote}”", label=f"{place(audit, f.sentence_index):>5}  ") for f in take.claims]
    return out
