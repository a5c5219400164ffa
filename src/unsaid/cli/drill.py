"""`unsaid drill`: the four drills, from their first part to their last, left and taken up again."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from unsaid.cli.on_page import Web, web_options
from unsaid.config import Settings
from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind

if TYPE_CHECKING:
    from unsaid.cli.pages import Pages
    from unsaid.cli.sitting import How, Sitting
    from unsaid.drills.plan import Drill
    from unsaid.model import Prompt
    from unsaid.sessions.drills import Keeper, Run
    from unsaid.sessions.store import Store

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which drill is wanted."""

    prompt: str | None = None
    kind: Kind | None = None
    minutes: tuple[str, ...] = ()
    new: bool = False
    resume: bool = False

    @property
    def special(self) -> bool:
        """It says how the drill is to be: such a one cannot have been left."""
        return self.new or self.prompt is not None or self.kind is not None or bool(self.minutes)


def drill_options(minutes: str, resume: str) -> Callable[[F], F]:
    """The options of every command that does a drill; `minutes` and `resume` say what these two are for.

    The command gets them as `wanted`: `Wanted`, and `how`: `How`, without takes.
    """

    def decorate(command: F) -> F:
        @click.option("--prompt", metavar="ID|TEXT", help="The prompt, instead of one that is drawn.")
        @click.option("--kind", type=click.Choice(KINDS), help="Draw a prompt of this kind.")
        @click.option("--minutes", "minutes", multiple=True, metavar="N|PART=N", help=minutes)
        @click.option("--resume", is_flag=True, help=resume)
        @click.option("--new", is_flag=True, help="Begin anew, even where one was left.")
        @click.option(
            "--input", "input_", metavar="NAME", help="Microphone, from `unsaid devices`; remembered."
        )
        @click.option("--model", metavar="NAME|FOLDER", help="Whisper model; see `unsaid models list`.")
        @click.option(
            "--no-audio", is_flag=True, help="Play nothing in the review: over ssh, or where others sit."
        )
        @web_options("Do the parts that need no microphone on a page in the browser.")
        @click.option(
            "--yes", "-y", is_flag=True, help="Fetch the default model without asking, where none is here."
        )
        @click.option("--quiet", "-q", is_flag=True, help="No notes on standard error but warnings.")
        @functools.wraps(command)
        def with_options(
            *args: Any,
            prompt: str | None,
            kind: Kind | None,
            minutes: tuple[str, ...],
            resume: bool,
            new: bool,
            input_: str | None,
            model: str | None,
            no_audio: bool,
            web: Web | None,
            yes: bool,
            quiet: bool,
            **given: Any,
        ) -> Any:
            from unsaid.cli.sitting import How

            wanted = Wanted(prompt, kind, minutes, new=new, resume=resume)
            how = How((), model, input_, no_audio, yes, quiet, web)
            return command(*args, wanted=wanted, how=how, **given)

        return with_options  # type: ignore[return-value]

    return decorate


@click.command()
@click.argument("name", required=False)
@click.option(
    "--take",
    "takes",
    multiple=True,
    metavar="FILE",
    help="A recording or a transcript instead of the microphone; may be repeated, one a take.",
)
@drill_options(
    "Time for the whole drill, or for one part of it; may be repeated.",
    "Go on with the drill that was left last (or with NAME).",
)
@click.option("--list", "list_", is_flag=True, help="List the drills, and those under way.")
@click.option("--json", "as_json", is_flag=True, help="With --list: print JSON.")
@click.option("--remove", metavar="RUN", help="Forget a drill that was begun; its sessions stay.")
@click.pass_obj
def drill(
    settings: Settings,
    name: str | None,
    takes: tuple[str, ...],
    wanted: Wanted,
    how: How,
    list_: bool,
    as_json: bool,
    remove: str | None,
) -> None:
    """Practise one of the four drills, part by part, by the clock.

    NAME is hidden-reasoning (25 minutes), evidence-replay (20), signal-labelling (15) or recovery (15); the
    beginning of it will do. Without it you are asked. Every step is kept at once: q leaves, and --resume goes
    on from there. The clocks count the time at work, not the time away. --web does signal labelling, and the
    review and the score of the hidden reasoning audit, on a page in the browser.
    """
    if list_:
        _list(settings, as_json=as_json)
        return
    if as_json:
        raise UnsaidError("--json is for --list", "Add --list, or leave it out.")
    if remove is not None:
        _remove(settings, remove)
        return
    practise(settings, name, wanted, replace(how, files=tuple(Path(t) for t in takes)))


def practise(settings: Settings, name: str | None, wanted: Wanted, how: How) -> None:
    """Begin a drill or go on with one, to its end or until the user leaves. Raises UnsaidError."""
    from unsaid.cli.pages import Left, Pages
    from unsaid.sessions.store import Store

    if wanted.resume and wanted.special:
        raise UnsaidError(
            "--resume goes on with a drill as it was begun",
            "Leave out --new, --prompt, --kind and --minutes, or leave out --resume.",
        )
    for path in how.files:
        if not path.is_file():
            raise UnsaidError(f"there is no file {path}", "Check the name after --take.")
    if not _without_a_terminal(name, how):
        Pages.check("a drill", "`unsaid drill --list` shows them; `unsaid audit FILE` needs no terminal.")
    store = Store(settings.sessions_dir)
    try:
        run = _chosen(settings, store, name, wanted, how, Pages())
    except (Left, KeyboardInterrupt):
        click.echo("nothing was begun", err=True)
        return
    _sit(settings, store, run, how)


def _without_a_terminal(name: str | None, how: How) -> bool:
    """True where all is done on a page."""
    from unsaid.drills import plan

    if name is None or how.web is None:
        return False
    try:
        chosen = plan.find(name)
    except UnsaidError:
        return False  # the name of a run, or none at all
    return len(chosen.on_page) == len(chosen.parts)


# Which one


def _chosen(
    settings: Settings, store: Store, name: str | None, wanted: Wanted, how: How, pages: Pages
) -> Run:
    """The run to go on with, or a new one. Raises `Left`, and UnsaidError."""
    from unsaid.drills import plan
    from unsaid.sessions import drills

    runs, broken = drills.all_runs(store)
    for error in broken:
        click.echo(f"note: {error.message}", err=True)
    left = drills.left(runs)
    if wanted.resume:
        return _to_resume(store, left, name)
    if name is None:
        picked = _menu(runs, [] if wanted.special else left, pages)
        if not isinstance(picked, str):
            return picked
        name = picked
        left = []
    chosen = plan.find(name)
    _check_page(chosen, how)
    mine = [r for r in left if r.drill == chosen.id]
    if mine and not wanted.special and _goes_on(mine[0], chosen, pages):
        return mine[0]
    return _begin(settings, store, chosen, wanted)


def _to_resume(store: Store, left: Sequence[Run], name: str | None) -> Run:
    from unsaid.drills import plan
    from unsaid.sessions import drills

    if name is None:
        if not left:
            raise UnsaidError("no drill was left", "Begin one: unsaid drill")
        return left[0]
    try:
        drill_id = plan.find(name).id
    except UnsaidError:
        run = drills.find(store, name)
        if run.finished:
            raise UnsaidError(
                f"the drill '{run.id}' is done", f"Begin anew: unsaid drill {run.drill}"
            ) from None
        return run
    run_ = next((r for r in left if r.drill == drill_id), None)
    if run_ is None:
        raise UnsaidError(f"no {plan.find(name).title} was left", f"Begin one: unsaid drill {drill_id}")
    return run_


def _begin(settings: Settings, store: Store, chosen: Drill, wanted: Wanted) -> Run:
    from unsaid.drills import plan
    from unsaid.sessions import drills

    whole, parts = _minutes(wanted.minutes)
    timed = plan.with_minutes(chosen, whole, parts)
    prompt = _prompt(settings, chosen, wanted)
    minutes = {
        p.id: p.minutes for p, q in zip(timed.parts, chosen.parts, strict=True) if p.minutes != q.minutes
    }
    now = datetime.now().astimezone()
    return drills.begin(store, chosen.id, now, minutes=minutes, prompt=prompt, kind=wanted.kind)


def _minutes(given: Sequence[str]) -> tuple[float | None, dict[str, float]]:
    """`--minutes 20`, `--minutes record=5`: the whole, and the parts."""
    whole: float | None = None
    parts: dict[str, float] = {}
    for text in given:
        name, sign, number = (x.strip() for x in text.rpartition("="))
        try:
            value = float(number)
        except ValueError:
            raise UnsaidError(
                f"--minutes {text!r} is no number", "Write --minutes 20, or --minutes record=5."
            ) from None
        if sign:
            if name in parts:
                raise UnsaidError(f"--minutes gives '{name}' twice", "Give each part one time.")
            parts[name] = value
        elif whole is not None:
            raise UnsaidError("--minutes gives the whole drill twice", "A part is named: --minutes record=5.")
        else:
            whole = value
    return whole, parts


def _prompt(settings: Settings, chosen: Drill, wanted: Wanted) -> Prompt | None:
    """The prompt that was asked for; None where one is to be drawn. Raises UnsaidError for one that does not
    fit the drill."""
    from dataclasses import replace

    from unsaid.drills import bank

    kinds = " or ".join(f"{k} prompts" for k in chosen.kinds)
    if chosen.only and wanted.kind is not None and wanted.kind not in chosen.kinds:
        raise UnsaidError(f"{chosen.title} takes {kinds}", f"Leave out --kind {wanted.kind}.")
    if wanted.prompt is None:
        return None
    prompt = bank.resolve(wanted.prompt, settings.workspace)
    card = bank.find(prompt.id, settings.workspace) if prompt.id is not None else None
    flawed = card is not None and card.recovery
    if chosen.flawed and not flawed:
        what = f"'{prompt.id}'" if prompt.id is not None else "a prompt of your own words"
        raise UnsaidError(
            f"{what} has no flawed solution", "`unsaid prompts list --recovery` shows those that have one."
        )
    if flawed and not chosen.flawed:
        raise UnsaidError(
            f"'{prompt.id}' hands out a flawed solution",
            f"It is for: unsaid drill recovery --prompt {prompt.id}",
        )
    kind = wanted.kind or prompt.kind
    if chosen.only and kind is None:
        kind = chosen.kinds[0]
    if chosen.only and kind not in chosen.kinds:
        raise UnsaidError(
            f"'{prompt.id}' is a {kind} prompt; {chosen.title} takes {kinds}",
            "`unsaid prompts list --kind story` shows some.",
        )
    return replace(prompt, kind=kind)


def _goes_on(run: Run, chosen: Drill, pages: Pages) -> bool:
    """Ask whether to go on with a drill that was left. Raises UnsaidError where nobody can be asked."""
    if not sys.stderr.isatty() or not sys.stdin.isatty():
        raise UnsaidError(
            f"{chosen.title} was left: {_where(run, chosen)}",
            "Add --resume to go on with it, or --new to begin anew.",
        )
    from unsaid.views.drilling import Line, Picture

    body = (Line(f"You left one: {_where(run, chosen)}."), Line(), Line(_about(run), style="dim"))
    keys = "enter goes on with it  n begins anew  q leaves"
    picture = Picture(chosen.title, "", body, keys)
    return pages.ask(lambda: picture, ("enter", "n")) == "enter"


def _menu(runs: Sequence[Run], left: Sequence[Run], pages: Pages) -> Run | str:
    """Let the user choose a drill, what was not done lately first: its id, or a run to go on with."""
    from unsaid.drills import plan
    from unsaid.views.drilling import Item, Line, Picture

    known: dict[str, Drill] = {d.id: d for d in plan.DRILLS}
    open_ = [r for r in left if r.drill in known][:3]
    choices: list[Run | str] = [*open_, *(d.id for d in _longest_ago_first(runs))]
    at = 0

    def make() -> Picture:
        body: list[Item] = []
        for n, choice in enumerate(choices):
            if isinstance(choice, str):
                here = known[choice]
                text = f"{here.title}, {here.minutes:g} minutes, {_last(runs, here.id)}"
            else:
                text = f"go on: {known[choice.drill].title}, {_where(choice, known[choice.drill])}"
            body.append(Line(text, label=f"{n + 1}  ", chosen=n == at))
        chosen = choices[at]
        what = known[chosen].what if isinstance(chosen, str) else _about(chosen)
        body += [Line(), Line(what, style="italic")]
        return Picture("Which drill?", "", tuple(body), "up down or a number  enter begins  q leaves")

    numbers = [str(n + 1) for n in range(len(choices))]
    with pages.shown():
        while True:
            key = pages.ask(make, ("enter", "up", "down", "k", "j", *numbers))
            if key in numbers:
                return choices[numbers.index(key)]
            if key == "enter":
                return choices[at]
            at = min(max(0, at + (-1 if key in ("up", "k") else 1)), len(choices) - 1)


def _longest_ago_first(runs: Sequence[Run]) -> list[Drill]:
    """The drills in the order in which they are worth doing: never done, then done longest ago."""
    from unsaid.drills.plan import DRILLS

    last = {d.id: max((r.last for r in runs if r.drill == d.id), default="") for d in DRILLS}
    return sorted(DRILLS, key=lambda d: last[d.id])


def _last(runs: Sequence[Run], drill_id: str) -> str:
    days = [r.last for r in runs if r.drill == drill_id]
    return f"last {_day(max(days))}" if days else "not done yet"


def _day(at: str) -> str:
    from unsaid.views.wording import visible

    return visible(at[:10])


def _where(run: Run, chosen: Drill) -> str:
    """How far a run is."""
    done = {name for name, part in run.parts.items() if part.done}
    part = next((p for p in chosen.parts if p.id not in done), chosen.parts[-1])
    place = f"part {chosen.parts.index(part) + 1} of {len(chosen.parts)} ({part.title})"
    return f"begun {_day(run.begun)}, at {place}"


def _about(run: Run) -> str:
    if run.prompt is None:
        return run.id
    return f"{run.id} · {run.prompt.id or run.prompt.text}"


# At work


def _sit(settings: Settings, store: Store, run: Run, how: How) -> None:
    from unsaid.cli.pages import Left
    from unsaid.cli.sitting import Sitting
    from unsaid.sessions.drills import Keeper, takes

    chosen = _planned(run)
    done = {name for name, part in run.parts.items() if part.done}
    # One that was removed can be told again.
    to_tell = [p for p in chosen.takes if p.id not in done or not takes(store, run.id, p.take)]
    if len(how.files) > len(to_tell):
        raise UnsaidError(
            f"--take is given {len(how.files)} times; {chosen.title} has {len(to_tell)} to tell",
            "Leave the rest out." if to_tell else "Leave it out.",
        )
    _check_page(chosen, how)
    web = "" if how.web is None else " --web"
    again = f"unsaid drill {run.id} --resume{web}"
    with Keeper(store, run.id) as keeper:
        how = _remembered(keeper, how)
        sitting = Sitting(settings, store, keeper, chosen, how)
        try:
            sitting.work()
        except (Left, KeyboardInterrupt) as left:
            keeper.leave()
            click.echo(f"left: {_where(keeper.run, chosen)}; to go on: unsaid drill --resume{web}", err=True)
            if isinstance(left, KeyboardInterrupt):
                sys.exit(130)
            return
        except UnsaidError as error:
            raise UnsaidError(
                error.message, f"{error.hint or ''} The drill is kept: {again}".strip()
            ) from error
        except SystemExit:
            click.echo(f"the drill is kept: {again}", err=True)
            raise
        _end(sitting)


def _check_page(chosen: Drill, how: How) -> None:
    """Raises UnsaidError where a page is asked for that the drill does not have."""
    from unsaid.drills import plan

    if how.web is not None and not chosen.on_page:
        with_page = " and ".join(d.id for d in plan.DRILLS if d.on_page)
        raise UnsaidError(f"{chosen.title} has no page", f"Leave out --web; it is for {with_page}.")


def _remembered(keeper: Keeper, how: How) -> How:
    """`how` with the model and the microphone that the drill was begun with, where no others are named now;
    those that are named are kept for the next time. Raises UnsaidError."""
    run = keeper.run
    model = how.model
    if model is not None and Path(model).is_dir():
        model = str(Path(model).resolve())  # the next time may begin in another folder
    how = replace(how, model=model or run.model or None, input=how.input or run.input or None)
    keeper.change(lambda run: replace(run, model=how.model or "", input=how.input or ""))
    return how


def _planned(run: Run) -> Drill:
    """The drill of a run, with its minutes. Raises UnsaidError for one that this version does not know."""
    from unsaid.drills import plan

    found = next((d for d in plan.DRILLS if d.id == run.drill), None)
    if found is None:
        raise UnsaidError(
            f"{run.id} is a drill that this version does not know: {run.drill!r}",
            "Update unsaid; nothing was changed.",
        )
    return plan.with_minutes(found, parts=run.minutes)


def _end(sitting: Sitting) -> None:
    """What the drill came to, once the screen is gone."""
    from unsaid.cli.afterwards import note
    from unsaid.cli.drill_end import body, closing, pages
    from unsaid.cli.output import Notes, console
    from unsaid.views.drilling import print_body

    print_body(console(), body(sitting))
    click.echo("\n" + "\n".join(pages(sitting)))
    sys.stdout.flush()
    note(closing(sitting), Notes(quiet=sitting.how.quiet))


# Without a terminal


def _list(settings: Settings, *, as_json: bool) -> None:
    from unsaid.drills.plan import DRILLS
    from unsaid.sessions import drills
    from unsaid.sessions.store import Store
    from unsaid.views.wording import visible

    runs, broken = drills.all_runs(Store(settings.sessions_dir))
    if as_json:
        doc = {
            "drills": [
                {
                    "id": d.id,
                    "title": d.title,
                    "minutes": d.minutes,
                    "what": d.what,
                    "parts": [{"id": p.id, "title": p.title, "minutes": p.minutes} for p in d.parts],
                    "last": max((r.last for r in runs if r.drill == d.id), default=None),
                }
                for d in DRILLS
            ],
            "runs": [
                {
                    "id": r.id,
                    "drill": r.drill,
                    "begun": r.begun,
                    "finished": r.finished or None,
                    "prompt": r.prompt.id if r.prompt is not None else None,
                    "worked": round(sum(p.worked_s for p in r.parts.values()), 1),
                }
                for r in runs
            ],
        }
        click.echo(json.dumps(doc, indent=2))
    else:
        for one in _longest_ago_first(runs):
            click.echo(f"{one.id:18} {one.minutes:3g} min  {_last(runs, one.id)}\n    {one.what}")
        known = {d.id: d for d in DRILLS}
        left = drills.left(runs)
        if left:
            click.echo("\nunder way:")
        for run in left:
            where = _where(run, known[run.drill]) if run.drill in known else "of another version"
            click.echo(f"  {visible(_about(run))}: {where}")
    for error in broken:
        click.echo(f"note: {error.message}", err=True)


def _remove(settings: Settings, name: str) -> None:
    from unsaid.sessions import drills
    from unsaid.sessions.store import Store

    store = Store(settings.sessions_dir)
    run = drills.find(store, name)
    drills.remove(store, run)
    click.echo(f"forgot {run.id}; its sessions are still there (unsaid sessions list)")
