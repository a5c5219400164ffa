"""`unsaid prompts`: the questions that can be practised, the program's and one's own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unsaid.drills import bank
from unsaid.drills.bank import LEVELS, MOST_MINUTES, SIGNALS, PromptCard
from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind

if TYPE_CHECKING:
    from unsaid.config import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FILTERS = (
    click.option("--kind", type=click.Choice(KINDS), help="Only this kind of question."),
    click.option("--level", type=click.Choice(LEVELS), help="Only those meant for this level."),
    click.option(
        "--signal",
        type=click.Choice(SIGNALS),
        metavar="SIGNAL",
        help="Only those that ask for this signal, e.g. delivery-judgement.",
    ),
    click.option("--minutes-at-most", type=float, metavar="N", help="Only those that take no longer."),
    click.option("--recovery", is_flag=True, help="Only those with a flawed solution to mend."),
)


def _filters(command: _Command) -> _Command:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group(name="prompts")
def prompts() -> None:
    """List, show, draw and add prompts to practise with.

    ID is a prompt's name as `unsaid prompts list` shows it. `unsaid record --prompt ID` puts it to you.
    """


@prompts.command("list")
@_filters
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(settings: Settings, /, as_json: bool, **wanted: Any) -> None:
    """List the prompts by kind and level."""
    found, broken = bank.cards(settings.workspace)
    chosen = _fitting(found, **wanted)
    practised = last_practised(settings)
    if as_json:
        click.echo(_json([_row(c, practised) for c in chosen]))
    elif chosen:
        _print_table(chosen, practised)
    else:
        click.echo(_NONE_FIT, err=True)
    for error in broken:
        click.echo(f"note: {error.message}", err=True)


_ROOMY_COLUMNS = 76
"""In a narrower terminal a prompt's title has no room beside all the rest."""
_SINGULAR = {"facts": "fact", "asks": "ask", "signals": "signal"}
_NONE_FIT = "No prompt fits. `unsaid prompts list` shows all, `unsaid prompts add` adds one of your own."


@prompts.command()
@click.argument("prompt_id", metavar="ID")
@click.option("--hints", is_flag=True, help="Show these as well.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, hints included.")
@click.pass_obj
def show(settings: Settings, prompt_id: str, hints: bool, as_json: bool) -> None:
    """Show a prompt.

    What a good answer settles first is left out, so that you can still find it yourself; so are the signals
    that it should make visible, and the fault of a flawed solution.
    """
    card = bank.find(prompt_id, settings.workspace)
    if as_json:
        click.echo(_json(_row(card, last_practised(settings))))
        return
    _print(card, hints=hints)
    if not hints:
        click.echo(
            "after your answer: --hints shows what was worth settling, and which signals count", err=True
        )


@prompts.command("random")
@_filters
@click.option("--seed", type=int, metavar="N", help="The same number draws the same prompt.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, hints included.")
@click.pass_obj
def random_(settings: Settings, /, seed: int | None, as_json: bool, **wanted: Any) -> None:
    """Draw a prompt: one that you never practised, or not for long.

    Those with a flawed solution are a drill of their own: they are drawn with --recovery only.
    """
    from random import Random

    found, broken = bank.cards(settings.workspace)
    for error in broken:
        click.echo(f"note: {error.message}", err=True)
    chosen = [c for c in _fitting(found, **wanted) if c.recovery == wanted["recovery"]]
    if not chosen:
        raise UnsaidError("no prompt fits", "Ask for less, or add one of your own: unsaid prompts add")
    practised = last_practised(settings)
    drawn = bank.draw(chosen, practised, datetime.now().astimezone(), Random(seed))
    card = drawn.card
    if as_json:
        click.echo(_json(_row(card, practised)))
    else:
        _print(card, hints=False)
    if drawn.lately:
        click.echo(
            f"note: {_all(len(chosen))} practised in the last {bank.LATELY.days} days; "
            f"this one on {practised[card.id]:%Y-%m-%d}",
            err=True,
        )
    click.echo(f"next: unsaid record --prompt {card.id} --minutes {card.minutes:g}", err=True)


def _all(count: int) -> str:
    return "the only prompt that fits was" if count == 1 else f"all {count} prompts that fit were"


@prompts.command()
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--text", help="The question.")
@click.option("--kind", type=click.Choice(KINDS), help="Kind of question.")
@click.option("--title", help="A few words to find it by.")
@click.option("--level", type=click.Choice(LEVELS), help="For whom it is meant.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, MOST_MINUTES, min_open=True),
    metavar="N",
    help="Time for the answer.",
)
@click.option("--fact", "facts", multiple=True, help="Something that is given; may be repeated.")
@click.option("--ask", "asks", multiple=True, help="What a good answer asks first; may be repeated.")
@click.option(
    "--signal",
    "signals",
    type=click.Choice(SIGNALS),
    multiple=True,
    metavar="SIGNAL",
    help="A signal that it asks for, e.g. problem-framing; may be repeated.",
)
@click.option("--flawed", help="A solution with a fault, to be mended.")
@click.option("--fault", help="What is wrong with it.")
@click.option("--id", "prompt_id", metavar="ID", help="Name of the prompt (default: made of its title).")
@click.option("--force", is_flag=True, help="Replace a prompt of your own that has this name.")
@click.pass_obj
def add(settings: Settings, /, file: str | None, prompt_id: str | None, force: bool, **given: Any) -> None:
    """Add a prompt of your own.

    From a TOML FILE, from options, or, without --text or --kind, by answering questions. Nothing is
    overwritten without --force.
    """
    from unsaid.sessions.files import make_folder, write_whole

    if prompt_id is not None and not bank.is_id(prompt_id):
        raise UnsaidError(
            f"{prompt_id!r} is no name for a prompt", "Small letters, digits and hyphens, as in my-own."
        )
    given = {k: v for k, v in given.items() if v not in (None, ())}
    folder = bank.own_folder(settings.workspace)
    if file is not None:
        if given:
            named = ", ".join(f"--{_SINGULAR.get(k, k)}" for k in given)
            raise UnsaidError(f"{file} is given, and {named} too", "Give the file or the options, not both.")
        raw = _bytes_of(Path(file))
        name = prompt_id or _name_of(bank.loads(raw, prompt_id="", name=file))
    else:
        asked = not given.keys() >= {"text", "kind"}
        card = bank.made_of(_asked(given) if asked else given)
        raw = bank.dumps(card).encode()
        name = prompt_id or _name_of(card)
        if asked and not prompt_id:
            name = _asked_name(name, folder, force)
    target = folder / f"{name}.toml"
    if target.exists() and not force:
        raise UnsaidError(
            f"there is already a prompt '{name}' of yours: {target}",
            "Give another name with --id, or replace it with --force.",
        )
    make_folder(folder)
    write_whole(target, raw)
    click.echo(f"{name} is in {target}")
    if any(name == path.stem for path in bank.folders(settings.workspace)[1].glob("*.toml")):
        click.echo(f"note: it goes before the program's own prompt '{name}'", err=True)
    click.echo(f"next: unsaid record --prompt {name}", err=True)


@prompts.command()
@click.pass_obj
def path(settings: Settings) -> None:
    """Print where your own prompts lie, and where the program's do."""
    own, program = bank.folders(settings.workspace)
    click.echo(f"yours    {own}")
    click.echo(f"program  {program}")
    if not own.is_dir():
        click.echo("You have none yet: `unsaid prompts add` makes the folder.", err=True)


def _fitting(
    found: Sequence[PromptCard],
    *,
    kind: Kind | None,
    level: str | None,
    signal: str | None,
    minutes_at_most: float | None,
    recovery: bool,
) -> list[PromptCard]:
    return [
        c
        for c in found
        if kind in (None, c.kind)
        and level in (None, c.level)
        and (signal is None or signal in c.signals)
        and (minutes_at_most is None or c.minutes <= minutes_at_most)
        and (c.recovery or not recovery)
    ]


def last_practised(settings: Settings) -> dict[str, datetime]:
    """When each prompt was last answered, by id."""
    from unsaid.sessions.store import Store

    times: dict[str, datetime] = {}
    for session in Store(settings.sessions_dir).all()[0]:
        if session.prompt is None or session.prompt.id is None:
            continue
        try:
            at = datetime.fromisoformat(session.created).astimezone()
        except (ValueError, OverflowError):
            continue
        times[session.prompt.id] = max(at, times.get(session.prompt.id, at))
    return times


def _row(card: PromptCard, practised: Mapping[str, datetime]) -> dict[str, object]:
    when = practised.get(card.id)
    return {
        "id": card.id,
        "title": card.title,
        "text": card.text,
        "kind": card.kind,
        "level": card.level,
        "minutes": card.minutes,
        "facts": card.facts,
        "asks": card.asks,
        "signals": card.signals,
        "recovery": card.recovery,
        "flawed": card.flawed or None,
        "fault": card.fault or None,
        "own": card.own,
        "file": str(card.file),
        "practised": when.isoformat(timespec="seconds") if when else None,
    }


def _json(value: object) -> str:
    """JSON whose texts a terminal can only read: what would act is written as its number."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _print_table(chosen: Sequence[PromptCard], practised: Mapping[str, datetime]) -> None:
    from rich.table import Table
    from rich.text import Text

    from unsaid.cli.output import console
    from unsaid.views.wording import visible

    out = console()
    roomy = out.width >= _ROOMY_COLUMNS
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("prompt", no_wrap=True, overflow="fold")
    if roomy:
        for heading in ("kind", "level"):
            table.add_column(heading)
        table.add_column("min", justify="right")
        table.add_column("practised", no_wrap=True)
    table.add_column("title", overflow="fold")
    for card in chosen:
        when = practised.get(card.id)
        last = f"{when:%Y-%m-%d}" if when else "-"
        marks = ", ".join(m for m, is_so in (("recovery", card.recovery), ("yours", card.own)) if is_so)
        title = Text(visible(card.title) + (f" ({marks})" if marks else ""))
        figures = (card.kind, card.level, f"{card.minutes:g}", last) if roomy else ()
        table.add_row(card.id, *figures, title)
    out.print(table)


def _print(card: PromptCard, *, hints: bool) -> None:
    from rich.text import Text

    from unsaid.cli.output import PIPE_COLUMNS, console
    from unsaid.views.wording import visible

    out = console()
    out.width = min(out.width, PIPE_COLUMNS)

    def hanging(text: str, lead: str) -> None:
        """Each line of `text` wrapped, the first one behind `lead`, the others below its words."""
        for part in text.splitlines():
            for line in Text(visible(part)).wrap(out, max(1, out.width - len(lead))):
                line.rstrip()
                out.print(Text(lead) + line)
                lead = " " * len(lead)

    def section(heading: str, texts: Sequence[str], lead: str = "  - ") -> None:
        if texts:
            out.print()
            out.print(Text(heading, style="bold"))
        for text in texts:
            hanging(text, lead)

    out.print(Text(visible(card.title), style="bold"))
    kind = f"{card.kind}, recovery" if card.recovery else card.kind
    about = (kind, card.level, f"{card.minutes:g} min", card.id, "yours" if card.own else "")
    out.print(Text(" · ".join(filter(None, about)), style="dim"))
    out.print()
    hanging(card.text, "  ")
    section("Given", card.facts)
    section("The solution to mend", [card.flawed] if card.flawed else [], "  ")
    if hints:
        section("Worth settling first", card.asks)
        section("The fault", [card.fault] if card.fault else [], "  ")
        section("Signals that it asks for", [s.replace("-", " ") for s in card.signals])


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnsaidError(
            f"{path} cannot be read: {error.strerror or error}", "Give the name of a TOML file."
        ) from error


def _name_of(card: PromptCard) -> str:
    """An id for a prompt: its title, or the first words of its text where that is its title."""
    from hashlib import sha256

    from unsaid.sessions.store import slug

    made = slug(card.title)
    if card.title == bank.title_of(card.text):
        made = "-".join(made.split("-")[:5])
    # A text without a Latin letter has no name to be made of.
    return made or f"prompt-{sha256(card.text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """The fields that are not given, by asking for them in the terminal."""
    if not sys.stdin.isatty():
        missing = " and ".join(f"no --{k}" for k in ("text", "kind") if k not in given)
        raise UnsaidError(
            f"there is no file, and {missing}",
            "Give a TOML file, or --text and --kind, or run it in a terminal to be asked.",
        )
    told = dict(given)

    def ask(field: str, question: str, **how: Any) -> None:
        if field not in told:
            told[field] = click.prompt(question, err=True, **how)

    def ask_several(field: str, question: str) -> None:
        if field in told:
            return
        told[field] = []
        while said := _line(f"{question} (empty: no more)"):
            told[field].append(said)

    ask("text", "The question", value_proc=_not_empty)
    ask("kind", "Kind", type=click.Choice(KINDS))
    ask("title", "Title", default=bank.title_of(told["text"]), value_proc=_not_empty)
    ask("level", "Level", type=click.Choice(LEVELS), default="mid")
    ask(
        "minutes",
        "Minutes for the answer",
        type=click.FloatRange(0, MOST_MINUTES, min_open=True),
        default=bank.USUAL_MINUTES[told["kind"]],
    )
    ask_several("facts", "Something that is given")
    ask_several("asks", "What a good answer asks first")
    usual = ", ".join(bank.USUAL_SIGNALS[told["kind"]])
    ask("signals", "Signals that it asks for, with commas between", default=usual, value_proc=_signals)
    if "flawed" not in told and "fault" not in told and (said := _line("A flawed solution (empty: none)")):
        told["flawed"] = said
    if "flawed" in told or "fault" in told:
        ask("flawed", "The flawed solution", value_proc=_not_empty)
        ask("fault", "What is wrong with it", value_proc=_not_empty)
    return told


def _line(question: str) -> str:
    said = click.prompt(question, default="", show_default=False, err=True)
    return str(said).strip()


def _not_empty(said: str) -> str:
    if not said.strip():
        raise click.UsageError("something has to stand here")
    return said


def _signals(said: str) -> list[str]:
    named = [s.strip() for s in said.split(",") if s.strip()]
    for name in named:
        if name not in SIGNALS:
            raise click.UsageError(f"there is no signal {name!r}. {bank.nearest(name, SIGNALS, 'signals')}")
    return named


def _asked_name(made: str, folder: Path, force: bool) -> str:
    """A name for what was typed in: it must not be lost because another prompt has that name."""

    def free(name: str) -> bool:
        return force or not (folder / f"{name}.toml").exists()

    def checked(said: str) -> str:
        if not bank.is_id(said):
            raise click.UsageError("small letters, digits and hyphens, as in my-own")
        if not free(said):
            raise click.UsageError(f"there is already a prompt '{said}' of yours")
        return said

    names = (made if number == 1 else f"{made}-{number}" for number in count(1))
    return str(click.prompt("Name", default=next(filter(free, names)), value_proc=checked, err=True))
