"""`unsaid audit`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsaid.cli.output import FORMATS, format_of, output_file
from unsaid.config import Settings
from unsaid.errors import UnsaidError
from unsaid.model import KINDS, Kind

if TYPE_CHECKING:
    from unsaid.cli.output import Notes
    from unsaid.drills.listened import Listened
    from unsaid.model import Audit
    from unsaid.pipeline import Request
    from unsaid.sessions.record import Session
    from unsaid.sessions.store import Store


@click.command()
@click.argument("target")
@click.option("--model", metavar="NAME|FOLDER", help="Whisper model; see `unsaid models list`.")
@click.option("--language", metavar="CODE", help="Language spoken (default: en; the rules know English).")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), help="Where the model runs.")
@click.option("--compute-type", metavar="TYPE", help="Number format of the model, e.g. int8 or float16.")
@click.option("--prompt", metavar="TEXT|ID", help="The question that was answered, or a prompt's id.")
@click.option("--kind", type=click.Choice(KINDS), help="Kind of question.")
@click.option("--select", metavar="RULES", multiple=True, help="Only these rules, e.g. D or D1,U3.")
@click.option("--ignore", metavar="RULES", multiple=True, help="All rules but these.")
@click.option("--all", "everything", is_flag=True, help="Show the less sure and the less costly flags too.")
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    metavar="X",
    help="Take flags of less confidence (0 to 1) as less sure.",
)
@click.option("--format", "-f", "format_", type=click.Choice(FORMATS), help="What to print.")
@click.option("--output", "-o", metavar="FILE", help="Write to FILE instead of standard output.")
@click.option("--check", is_flag=True, help="Exit with status 1 when there are flags.")
@click.option("--force", is_flag=True, help="Start every stage anew.")
@click.option(
    "--from",
    "from_stage",
    type=click.Choice(["decode", "speech", "transcribe", "audit", "views"]),
    help="Start this stage and all after it anew.",
)
@click.option("--yes", "-y", is_flag=True, help="Fetch the default model without asking, where none is here.")
@click.option("--quiet", "-q", is_flag=True, help="No progress and no notes on standard error.")
@click.pass_obj
def audit(
    settings: Settings,
    target: str,
    model: str | None,
    language: str | None,
    device: str | None,
    compute_type: str | None,
    prompt: str | None,
    kind: Kind | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    everything: bool,
    min_confidence: float | None,
    format_: str | None,
    output: str | None,
    check: bool,
    force: bool,
    from_stage: str | None,
    yes: bool,
    quiet: bool,
) -> None:
    """Find what was left unsaid in a recording or a transcript.

    TARGET is a sound or video file, a transcript (whisper's, whisperX's or whisper.cpp's JSON, SRT, VTT, TSV
    or plain text), a session, or - for standard input.

    For sound a session is made: a folder that keeps each stage's result. Running it again goes on where it
    stopped.
    """
    from unsaid.cli.afterwards import tell
    from unsaid.cli.choose import request
    from unsaid.cli.output import Notes
    from unsaid.drills.bank import resolve

    notes = Notes(quiet=quiet)
    out = output_file(output)
    format_ = format_of(format_, out)
    job = request(
        settings,
        notes,
        model=model,
        language=language,
        device=device,
        compute_type=compute_type,
        prompt=resolve(prompt, settings.workspace) if prompt is not None else None,
        kind=kind,
        select=select,
        ignore=ignore,
        min_confidence=min_confidence,
        redo_from="decode" if force else from_stage,
        yes=yes,
    )
    try:
        session, found = _run(settings, target, job, notes)
    except KeyboardInterrupt:
        click.echo("stopped; the same command goes on from here", err=True)
        sys.exit(130)
    if everything:
        from unsaid.shortlist import with_all

        found = with_all(found)
    if session is None and format_ != "terminal":  # the terminal's view has them already
        for note in found.transcript.notes:
            notes.note(f"note: {note}")
    _print(settings, found, session, target, format_, out, job.kind)
    if session is not None and format_ == "terminal" and out is None:
        tell(settings, found, notes, of=session.id, kind=session.kind)
    if check and found.flags:
        sys.exit(1)


def _run(settings: Settings, target: str, request: Request, notes: Notes) -> tuple[Session | None, Audit]:
    from unsaid import formats, pipeline
    from unsaid.sessions.record import load
    from unsaid.sessions.store import Store

    store = Store(settings.sessions_dir)
    if target == "-":
        return _run_stdin(store, request, notes)
    path = Path(target)
    if path.is_dir():
        found = load(path.absolute())
        return pipeline.audit_session(found, Store(found.folder.parent), request, notes)
    if path.exists():
        if formats.is_transcript_name(path) or is_text(path):
            return None, pipeline.audit_transcript(formats.read_file(path), request)
        return pipeline.audit_recording(path, store, request, notes)
    if path.suffix or len(path.parts) > 1:
        raise UnsaidError(
            f"there is no file {target}",
            "Check the name. TARGET is a recording, a transcript, a session, or - for standard input.",
        )
    return pipeline.audit_session(store.find(target), store, request, notes)


def _run_stdin(store: Store, request: Request, notes: Notes) -> tuple[Session | None, Audit]:
    import tempfile

    from unsaid import formats, pipeline

    data = sys.stdin.buffer.read()
    if not data:
        raise UnsaidError("standard input is empty", "Pipe a transcript or a recording into it.")
    if _looks_like_text(data[:4096]):
        return None, pipeline.audit_transcript(formats.read(data, name="-"), request)
    with tempfile.TemporaryDirectory(prefix="unsaid-") as folder:
        path = Path(folder) / "standard-input"
        path.write_bytes(data)
        return pipeline.audit_recording(path, store, request, notes)


def _print(
    settings: Settings,
    audit: Audit,
    session: Session | None,
    target: str,
    format_: str,
    out: Path | None,
    kind: Kind | None,
) -> None:
    from unsaid.cli.output import console, print_report, put
    from unsaid.cli.render import FOR_PEOPLE, render

    title = session.id if session else "standard input" if target == "-" else Path(target).name
    if format_ == "terminal" and out is None:
        # Which signals were heard is told in a line after it; the report says more.
        page = session.page if session is not None else None
        print_report(console(), audit, title=title, page=page)
        return
    heard = _listened(settings, audit, session, kind) if format_ in FOR_PEOPLE else None
    put(render(format_, audit, session, title=title, listened=heard), out)


def _listened(settings: Settings, audit: Audit, session: Session | None, kind: Kind | None) -> Listened:
    from unsaid.cli.afterwards import listened
    from unsaid.drills.listened import listen, terms

    return listen(audit, terms(audit.prompt, kind)) if session is None else listened(settings, session, audit)


def is_text(path: Path) -> bool:
    """True for a file of unknown kind whose beginning is text."""
    try:
        with path.open("rb") as file:
            return _looks_like_text(file.read(4096))
    except OSError:
        return False


def _looks_like_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if not head or b"\0" in head:
        return False
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and error.start > len(head) - 4
    return True
