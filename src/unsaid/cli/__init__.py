"""The command line. Each command's module is imported only when that command runs."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

import click

from unsaid import __version__
from unsaid.errors import UnsaidError

COMMANDS: dict[str, tuple[str, str]] = {
    "audit": ("unsaid.cli.audit", "Find what was left unsaid in a recording or a transcript."),
    "record": ("unsaid.cli.record", "Record a spoken answer and audit it when you stop."),
    "practice": ("unsaid.cli.practice", "Do the hidden reasoning audit in one go: 25 minutes."),
    "drill": ("unsaid.cli.drill", "Practise one of the four drills, part by part, by the clock."),
    "prompts": ("unsaid.cli.prompts", "List, show, draw and add prompts to practise with."),
    "demo": ("unsaid.cli.demo", "Audit the sample answer: see what unsaid is for."),
    "import": ("unsaid.cli.import_", "Make a session of each recording, to audit it later."),
    "recover": ("unsaid.cli.recover", "Finish recordings that were cut off, and audit them."),
    "devices": ("unsaid.cli.devices", "List the microphones that are here."),
    "doctor": (
        "unsaid.cli.doctor",
        "Check that recording and auditing work here, and say what to do where they do not.",
    ),
    "review": ("unsaid.cli.review", "Judge the flagged moments of an answer, and rewrite them."),
    "report": ("unsaid.cli.report", "Show an answer with your verdicts and rewrites."),
    "signals": ("unsaid.cli.signals", "Show which of the seven signals an answer made visible."),
    "checklist": ("unsaid.cli.checklist", "Print the checklist for the end of an answer, filled in."),
    "score": ("unsaid.cli.score", "Score an answer of yours in six dimensions, 1 to 5."),
    "progress": ("unsaid.cli.progress", "Show what your practice comes to over many answers."),
    "dismiss": ("unsaid.cli.dismiss", "Put flags aside that are of no use to you."),
    "replay": ("unsaid.cli.replay", "Play a moment of an answer again, or all that was flagged."),
    "rules": ("unsaid.cli.rules", "List the rules, or how they did on your answers."),
    "explain": ("unsaid.cli.rules", "Explain one rule, with examples."),
    "models": ("unsaid.cli.models", "List, fetch, verify and remove speech models."),
    "sessions": ("unsaid.cli.sessions", "List, show, rename, remove and export sessions."),
    "config": ("unsaid.cli.config", "Show the settings and where each comes from."),
}
"""Command to its module, which has it under that name (`import` as `import_`), and its line in the help."""


class _Group(click.Group):
    """Knows every command's name and help line without importing it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        import importlib
        import keyword

        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        command = getattr(importlib.import_module(COMMANDS[cmd_name][0]), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="unsaid")
@click.option(
    "--workspace",
    metavar="FOLDER",
    help="Folder that holds models/ and sessions/ (or set UNSAID_WORKSPACE).",
)
@click.pass_context
def cli(ctx: click.Context, workspace: str | None) -> None:
    """Find the reasoning that a spoken answer left unsaid.

    Everything stays on this machine. New here? Run: unsaid demo
    """
    from unsaid.config import load

    ctx.obj = load(workspace)
    if ctx.invoked_subcommand != "recover" and _has_unfinished(ctx.obj.sessions_dir):
        from unsaid.cli.recover import finish_cut_off

        finish_cut_off(ctx.obj)


def _has_unfinished(sessions_dir: Path) -> bool:
    """A quick look, for every start: is there a recording that nobody finished?"""
    try:
        with os.scandir(sessions_dir / ".unfinished") as found:
            return any(not entry.name.startswith(".") for entry in found)
    except OSError:
        return False


def main() -> None:
    """Run the command line; the one place where an error becomes two lines and an exit status."""
    # numpy's threads go on spinning after each small matrix product and keep a core from the recogniser,
    # which has its own: a run on two cores takes a tenth longer. numpy reads this when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # An audit makes some hundred thousand small objects, none of them in a cycle: looking for cycles as often
    # as Python does by default takes a fifth of its time.
    gc.set_threshold(1_000_000, 20, 20)
    try:
        cli(prog_name="unsaid")
    except UnsaidError as error:
        _complain(error)
    except OSError as error:
        from unsaid.sessions.files import explain

        _complain(explain(error, Path(str(error.filename or "a file"))))
    finally:
        # On its way out Python would look through all of them once more.
        gc.freeze()


def _complain(error: UnsaidError) -> None:
    click.echo(f"error: {error.message}", err=True)
    if error.hint:
        click.echo(f"hint: {error.hint}", err=True)
    sys.exit(2)
