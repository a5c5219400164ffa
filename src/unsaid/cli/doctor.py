"""`unsaid doctor`: would recording and auditing work here, and if not, what to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from unsaid.config import Settings
from unsaid.errors import UnsaidError

if TYPE_CHECKING:
    from unsaid.audio.devices import Device, Survey
    from unsaid.audio.microphone import Ended
    from unsaid.transcribe.weights import ModelFolder

OK, WARNING, PROBLEM, SKIPPED = "ok", "warning", "problem", "skipped"

LISTEN_S = 2.0
"""Length of the take from the microphone."""

BYTES_AN_HOUR = 16_000 * 2 * 3600 * 8 // 5
"""What an hour of recording needs while it is being finished: 16-bit samples at 16 kHz, and three fifths of
that for the FLAC beside them."""

_SIGNS = {OK: "✓", WARNING: "!", PROBLEM: "✗", SKIPPED: "-"}
_PLAIN_SIGNS = {OK: "+", WARNING: "!", PROBLEM: "x", SKIPPED: "-"}
_STYLES = {OK: "green", WARNING: "yellow", PROBLEM: "bold red", SKIPPED: "dim"}


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found."""

    name: str
    state: str
    """ "ok", "warning" (works, but look at it), "problem" (must be mended) or "skipped"."""
    text: str
    todo: str = ""
    """What to do; empty where there is nothing."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--no-microphone", is_flag=True, help="Do not record from the microphone.")
@click.pass_obj
def doctor(settings: Settings, as_json: bool, no_microphone: bool) -> None:
    """Check that recording and auditing work here, and say what to do where they do not.

    Records two seconds from the microphone, looks how loud they are, and throws them away. Nothing is
    changed, and nothing leaves this machine. Exit status 1 when something must be mended.
    """
    found: list[Check] = []
    try:
        for check in _checks(settings, no_microphone=no_microphone):
            found.append(check)
            if not as_json:
                _print(check)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        sys.exit(130)
    problems = sum(c.state == PROBLEM for c in found)
    if as_json:
        rows = [{"name": c.name, "state": c.state, "text": c.text, "todo": c.todo or None} for c in found]
        click.echo(json.dumps({"ok": not problems, "checks": rows}, indent=2, ensure_ascii=False))
    elif problems:
        things = "one thing" if problems == 1 else f"{problems} things"
        click.echo(f"\nMend {things}, then run `unsaid doctor` again.")
    else:
        click.echo("\nReady. To begin: unsaid record")
    if problems:
        sys.exit(1)


def _checks(settings: Settings, *, no_microphone: bool) -> Iterator[Check]:
    """All checks, one after the other; none can end the run."""
    yield _guarded("program", _program)
    survey: list[Survey] = []
    yield _guarded("PortAudio", lambda: _portaudio(survey))
    yield _guarded("microphone", lambda: _microphone(settings, survey, skipped=no_microphone))
    model: list[ModelFolder] = []
    yield _guarded("model", lambda: _model(settings, model))
    yield _guarded("GPU", lambda: _gpu(settings, model[0] if model else None))
    yield _guarded("workspace", lambda: _workspace(settings))
    yield _guarded("disk", lambda: _disk(settings))
    yield _guarded("recordings", lambda: _unfinished(settings))


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except UnsaidError as error:
        return Check(name, PROBLEM, error.message, error.hint)
    except Exception as error:  # a doctor that falls ill helps nobody: whatever it is, the next check runs
        return Check(name, PROBLEM, f"the check failed ({type(error).__name__}: {error})")


def _program() -> Check:
    import platform

    from unsaid import __version__

    system = f"{platform.system()} {platform.machine()}"
    return Check("program", OK, f"unsaid {__version__}, Python {platform.python_version()}, {system}")


def _portaudio(survey: list[Survey]) -> Check:
    from unsaid.audio import devices

    survey.append(devices.survey())
    return Check("PortAudio", OK, survey[0].version)


def _microphone(settings: Settings, survey: list[Survey], *, skipped: bool) -> Check:
    from unsaid.cli.devices import taken_input

    if not survey:
        return Check("microphone", SKIPPED, "cannot be tried without PortAudio")
    device, note = taken_input(settings, survey[0].devices)
    if skipped:
        return Check("microphone", SKIPPED, f"{device.name}: not tried (--no-microphone)")
    return _judged(device, note, _listen(device))


@dataclass(frozen=True, slots=True)
class _Heard:
    peak_dbfs: float
    """Minus infinity for digital silence."""
    clipped: int
    ended: Ended


def _listen(device: Device) -> _Heard:
    """Record from `device` as `unsaid record` does, into a folder that is gone afterwards."""
    import tempfile

    from unsaid.audio.files import decode, peak_dbfs
    from unsaid.audio.microphone import Level, Microphone
    from unsaid.audio.take import frames_in

    with tempfile.TemporaryDirectory(prefix="unsaid-doctor-") as folder, _telling(device):
        take = Path(folder) / "take.wav"
        microphone = Microphone(take, device=device.name, max_s=LISTEN_S)
        try:
            microphone.start()
            ended = microphone.wait(LISTEN_S + 10.0)
        finally:
            microphone.kill()
        peak = peak_dbfs(decode(take).samples) if frames_in(take) else float("-inf")
        levels = [event for event in microphone.poll() if isinstance(event, Level)]
    return _Heard(peak, levels[-1].clipped if levels else 0, ended)


@contextmanager
def _telling(device: Device) -> Iterator[None]:
    """Ask on standard error for a few words while the microphone listens."""
    seen = sys.stderr.isatty()
    asking = f"Say something: {device.name} listens for {LISTEN_S:.0f} seconds ..."
    if seen:
        asking = asking if len(asking) < 80 else f"Say something: listening for {LISTEN_S:.0f} seconds ..."
    click.echo(asking, err=True, nl=not seen)
    try:
        yield
    finally:
        if seen:
            click.echo(f"\r{' ' * len(asking)}\r", err=True, nl=False)


_ENDINGS = {"device-gone": "it vanished", "disk-full": "the disk is full", "signal": "it was stopped"}


def _judged(device: Device, note: str, heard: _Heard) -> Check:
    from unsaid.audio.files import SILENT_BELOW_DBFS
    from unsaid.views.recording import LevelMeter

    name = device.name
    level = f"loudest {heard.peak_dbfs:.0f} dBFS".replace("-0 ", "0 ")
    ended = heard.ended
    if ended.reason != "limit":
        why = ended.detail or _ENDINGS.get(ended.reason, ended.reason)
        return Check(
            "microphone",
            PROBLEM,
            f"{name}: ended after {ended.at_s:.1f} s ({why})",
            "Plug it in again, or choose another: unsaid devices",
        )
    if heard.peak_dbfs < SILENT_BELOW_DBFS:
        level = "digital silence" if heard.peak_dbfs == float("-inf") else level
        return Check("microphone", PROBLEM, f"{name}: no sound ({level}); is it muted?", _unmute())
    if heard.clipped:
        return Check(
            "microphone",
            WARNING,
            f"{name}: clipping, too loud ({level})",
            "Turn its level down in the system's sound settings, or sit farther away.",
        )
    if ended.dropped_frames:
        return Check(
            "microphone",
            WARNING,
            f"{name}: {ended.dropped_frames / 16:.0f} ms of sound were lost ({level})",
            "Close programs that keep this machine busy, then run this again.",
        )
    if heard.peak_dbfs < LevelMeter.QUIET_DBFS:
        return Check(
            "microphone",
            WARNING,
            f"{name}: too quiet, or nobody spoke ({level})",
            "Speak while it listens. If you did: turn its level up in the system's sound settings.",
        )
    if note:
        return Check("microphone", WARNING, f"{name}: good ({level})", note)
    return Check("microphone", OK, f"{name}: good ({level})")


def _unmute() -> str:
    if sys.platform == "darwin":
        return (
            "Say something while it listens. If you did: allow this terminal to use the microphone in System "
            "Settings > Privacy & Security > Microphone, or choose another: unsaid devices"
        )
    return (
        "Say something while it listens. If you did: unmute it in the system's sound settings, or choose "
        "another: unsaid devices"
    )


def _model(settings: Settings, chosen: list[ModelFolder]) -> Check:
    from unsaid.transcribe import weights

    asked = settings.text("model")
    pull = f"Run: unsaid models pull {weights.DEFAULT_MODEL}"
    if asked:
        found = weights.resolve(asked, settings.models_dirs)
    else:
        best = weights.default_for_recordings(settings.models_dirs)
        if best is None:
            return Check("model", PROBLEM, "none for real answers is here", pull)
        found = best
    chosen.append(found)
    if found.is_sample:
        return Check(
            "model",
            PROBLEM,
            f"{found.name} knows one voice and a few sentences; it invents text on real answers",
            f"{pull}   ({found.name} is set by: {settings.origins['model']})",
        )
    checked = weights.verify(found)
    if not checked.ok:
        return Check(
            "model",
            PROBLEM,
            f"{found.name}: {checked.text}",
            f"Fetch it anew: unsaid models remove {found.name} && unsaid models pull {found.name}",
        )
    return Check("model", OK, f"{found.name} ({found.size_mb} MB): {checked.text}")


_GPU = """
import json, sys
from pathlib import Path
from unsaid.errors import UnsaidError
device, model, compute = sys.argv[1:]
try:
    try:
        import ctranslate2, onnxruntime
    except (ImportError, OSError) as error:
        raise UnsaidError(
            f"the libraries that run the model cannot be loaded ({error})",
            f'Run: "{sys.executable}" -m pip install --force-reinstall ctranslate2 onnxruntime',
        )
    count = 0 if device == "cpu" else ctranslate2.get_cuda_device_count()
    if model or not count:
        from unsaid.transcribe.whisper import choose_device
        answer = [count, *choose_device(device, Path(model), compute)]
    else:
        answer = [count, "", ""]
except UnsaidError as error:
    answer = {"message": error.message, "hint": error.hint}
print(json.dumps(answer))
"""


def _gpu(settings: Settings, model: ModelFolder | None) -> Check:
    """A GPU whose libraries do not fit can end the process that asks for it: ask in another one."""
    cores = os.cpu_count() or 1
    cpu = f"the CPU is used ({cores} {'core' if cores == 1 else 'cores'})"
    device = settings.text("device")
    arguments = [device, str(model.path) if model else "", settings.text("compute_type")]
    asked = subprocess.run(
        [sys.executable, "-P", "-c", _GPU, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    lines = asked.stdout.splitlines()
    if asked.returncode or not lines:
        why = f"the process that tried it ended with status {asked.returncode}"
        return _no_gpu(device, f"cannot be used ({why}): {cpu}")
    answer = json.loads(lines[-1])
    if isinstance(answer, dict):
        raise UnsaidError(answer["message"], answer["hint"])
    if device == "cpu":
        return Check("GPU", OK, f"not asked for ({settings.origins['device']}): {cpu}")
    count, used, note = answer
    if used == "cuda":
        return Check("GPU", OK, "works, and is used")
    if not count:
        return Check("GPU", OK, f"none: {cpu}")
    if not used:
        return Check("GPU", OK, "there is one; whether it can be used shows with a model")
    return _no_gpu(device, note or f"not used: {cpu}")


def _no_gpu(device: str, text: str) -> Check:
    todo = (
        "It needs the NVIDIA driver, cuBLAS and cuDNN: "
        f'"{sys.executable}" -m pip install nvidia-cublas-cu12 nvidia-cudnn-cu12'
    )
    return Check("GPU", PROBLEM if device == "cuda" else WARNING, text, todo)


def _workspace(settings: Settings) -> Check:
    import tempfile

    from unsaid.sessions.files import explain

    folder = settings.workspace
    where = f"{folder} ({settings.workspace_origin})"
    place = _nearest(folder)
    if not place.is_dir():
        return Check("workspace", PROBLEM, f"{place} is no folder", "Choose another with --workspace.")
    try:
        with tempfile.NamedTemporaryFile(dir=place, prefix=".unsaid-doctor-"):
            pass
    except OSError as error:
        raise explain(error, place) from error
    if place != folder:
        return Check("workspace", OK, f"{where}: made when it is needed")
    if open_to_others := _readable_by_others(settings):
        return Check(
            "workspace",
            WARNING,
            f"{where}: others on this machine can read {_counted(open_to_others, 'session')}",
            f'Run: chmod -R go-rwx "{settings.sessions_dir}"',
        )
    return Check("workspace", OK, f"{where}: writable")


def _readable_by_others(settings: Settings) -> int:
    """How many sessions others may look into; permissions of Windows are not looked at."""
    from unsaid.sessions.store import Store

    folders = Store(settings.sessions_dir).folders()
    if os.name != "posix" or not folders or not settings.sessions_dir.stat().st_mode & 0o011:
        return 0
    return sum(bool(folder.stat().st_mode & 0o055) for folder in folders)


def _disk(settings: Settings) -> Check:
    import shutil

    free = shutil.disk_usage(_nearest(settings.sessions_dir)).free
    hours = free / BYTES_AN_HOUR
    room = f"{free / 1e9:.1f} GB free: room for {_hours(hours)} of recording"
    todo = "Free some space, or choose another place with --workspace."
    if hours < 0.5:
        return Check("disk", PROBLEM, room, todo)
    return Check("disk", WARNING if hours < 2 else OK, room, todo if hours < 2 else "")


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:,.1f} hours" if hours < 10 else f"{hours:,.0f} hours"


def _unfinished(settings: Settings) -> Check:
    from unsaid.sessions.record import PART_NAME, load
    from unsaid.sessions.store import InUse, Store

    store = Store(settings.sessions_dir)
    going_on, cut_off = 0, 0
    for part in settings.sessions_dir.glob(f"*/{PART_NAME}"):
        try:
            with store.lock(load(part.parent)):
                cut_off += 1
        except InUse:
            going_on += 1
        except UnsaidError:
            cut_off += 1
    if cut_off:
        return Check(
            "recordings",
            WARNING,
            f"{_counted(cut_off, 'recording')} cut off before the end; the sound is there",
            "Run: unsaid recover",
        )
    if going_on:
        return Check("recordings", OK, f"{_counted(going_on, 'recording')} going on right now")
    return Check("recordings", OK, "none is unfinished")


def _counted(number: int, noun: str) -> str:
    return f"one {noun}" if number == 1 else f"{number} {noun}s"


def _nearest(folder: Path) -> Path:
    """The folder itself, or the nearest above it that is there."""
    return next((p for p in (folder, *folder.parents) if p.exists()), Path("/"))


def _print(check: Check) -> None:
    import textwrap

    from rich.text import Text

    from unsaid.cli.output import console

    out = console()
    sign = _sign(check.state)
    head = f"{sign} {check.state:7}  {check.name:10}  "
    width = max(40, out.width)
    lines = textwrap.wrap(
        check.text,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
        break_long_words=False,
    )
    text = Text("\n".join(lines or [head]))
    text.stylize(_STYLES[check.state], 0, len(sign) + 1 + len(check.state))
    out.print(text, soft_wrap=True)
    if check.todo:
        indent = " " * 11
        todo = textwrap.fill(
            check.todo,
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        )
        out.print(Text(todo), soft_wrap=True)


def _sign(state: str) -> str:
    """The state's sign, in letters that the output can take."""
    try:
        _SIGNS[state].encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _PLAIN_SIGNS[state]
    return _SIGNS[state]
