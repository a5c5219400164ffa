"""The microphones that PortAudio offers, and the command that installs PortAudio where it is missing.

`import sounddevice` raises OSError on a system without PortAudio, so `load` alone imports it. PortAudio looks
at the hardware once in a process, and on a broken sound configuration it ends the process that asks: `survey`
asks in a process of its own.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from unsaid.errors import UnsaidError, first_line

RATES_HZ: tuple[int, ...] = (8_000, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000)
"""The rates that `rates` asks a device about."""

_PACKAGES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"debian", "ubuntu"}), "sudo apt install libportaudio2"),
    (frozenset({"fedora", "rhel", "centos"}), "sudo dnf install portaudio"),
    (frozenset({"arch"}), "sudo pacman -S portaudio"),
    (frozenset({"opensuse", "suse", "sles"}), "sudo zypper install libportaudio2"),
    (frozenset({"alpine"}), "sudo apk add portaudio"),
    (frozenset({"gentoo"}), "sudo emerge media-libs/portaudio"),
    (frozenset({"void"}), "sudo xbps-install portaudio"),
    (frozenset({"nixos"}), "nix-shell -p portaudio binutils"),
)
"""Names in os-release's ID or ID_LIKE, and the command that installs PortAudio there."""

REFUSED = {-9994, -9997, -9998}
"""PortAudio's codes for a sample format, a rate or a number of channels that a device does not take."""

_REINSTALL = f'Run: "{sys.executable}" -m pip install --force-reinstall sounddevice'

_HARDWARE = re.compile(r"\s*\((?:plug)?hw:[^()]*\)\s*$")
"""ALSA's ending of a name. It changes with the order in which devices were plugged in."""


@dataclass(frozen=True, slots=True)
class Device:
    """One microphone or other input."""

    index: int
    """PortAudio's number, good in this process only."""
    name: str
    """As the system gives it, e.g. "HDA Intel PCH: ALC255 Analog (hw:0,0)"."""
    host: str
    """The sound system that offers it, e.g. "ALSA", "Core Audio", "Windows WASAPI"."""
    channels: int
    """Inputs that it has at most."""
    rate_hz: int
    """The rate that it prefers."""
    is_default: bool
    """The system's own choice."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What PortAudio offers."""

    version: str
    """PortAudio's, e.g. "19.6.0"."""
    devices: tuple[Device, ...]
    rates_hz: tuple[tuple[int, ...], ...]
    """For each device what `rates` says; empty where it was not asked for."""


def load() -> Any:
    """The sounddevice module.

    Raises:
        UnsaidError: PortAudio is missing or does not start; the hint is the one command for this system.
    """
    try:
        with quiet():
            import sounddevice
    except ImportError as error:
        raise UnsaidError(
            f"recording needs the Python package sounddevice ({first_line(error)})", _REINSTALL
        ) from error
    except OSError as error:
        raise UnsaidError(
            f"recording needs PortAudio, and it cannot be loaded ({first_line(error)})",
            install_command(),
        ) from error
    except Exception as error:  # sounddevice's own class, which a failed import does not hand out
        raise UnsaidError(
            f"PortAudio does not start ({first_line(error)})",
            "Check that the system's sound works, e.g. in its sound settings, and try again.",
        ) from error
    return sounddevice


def install_command() -> str:
    """What to run on this system to get PortAudio: "Run: " and one command."""
    if sys.platform in ("darwin", "win32"):  # sounddevice's wheels carry PortAudio there
        return _REINSTALL
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    # Its own name first: what a system is like fits less well.
    for name in (release.get("ID", ""), *release.get("ID_LIKE", "").split()):
        for names, command in _PACKAGES:
            if name in names or name.partition("-")[0] in names:
                return f"Run: {command.removeprefix('sudo ') if _is_root() else command}"
    return "Install PortAudio (libportaudio.so.2) with this system's package manager."


def version() -> str:
    """PortAudio's version, e.g. "19.6.0". Raises UnsaidError as `load` does."""
    number = load().get_portaudio_version()[0]
    return f"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def inputs() -> tuple[Device, ...]:
    """All devices that can record, in PortAudio's order; empty where there is none.

    Raises:
        UnsaidError: PortAudio is missing or does not start.
    """
    sounddevice = load()
    with quiet():
        hosts = [str(host["name"]) for host in sounddevice.query_hostapis()]
        default = sounddevice.default.device[0]
        return tuple(
            Device(
                index=int(d["index"]),
                name=str(d["name"]).strip(),
                host=hosts[d["hostapi"]],
                channels=int(d["max_input_channels"]),
                rate_hz=round(d["default_samplerate"]),
                is_default=d["index"] == default,
            )
            for d in sounddevice.query_devices()
            if d["max_input_channels"] > 0
        )


def choose(name: str | None, among: Sequence[Device] | None = None) -> Device:
    """The device that `name` means, of all that are there or of those in `among`.

    None and "default" mean the system's default, else the first input. Otherwise: the device of that name;
    else the one whose name differs only in its "(hw:…)" ending, which changes as devices come and go, or in
    capitals; else the only one whose name holds `name`.

    Raises:
        UnsaidError: there is no such device, no device at all, more than one fits, or PortAudio is missing.
    """
    found = inputs() if among is None else tuple(among)
    if not found:
        raise nothing_there()
    if name is None or name.strip().lower() in ("", "default"):
        return next((d for d in found if d.is_default), found[0])
    wanted = name.strip()
    bare = bare_name(wanted)
    fitting: list[Device] = []
    for fits in (
        [d for d in found if d.name == wanted],
        [d for d in found if bare_name(d.name) == bare],
        [d for d in found if wanted.casefold() in d.name.casefold()],
    ):
        if fits:
            fitting = fits
            break
    if not fitting:
        raise UnsaidError(f"there is no microphone '{name}'", f"There are: {_listed(found)}.")
    if len({d.name for d in fitting}) > 1:
        raise UnsaidError(
            f"'{name}' fits {len(fitting)} microphones", f"Give more of the name: {_listed(fitting)}."
        )
    # Windows lists one device once for each of its sound systems: that of the default one is preferred.
    host = next((d.host for d in found if d.is_default), "")
    return min(fitting, key=lambda d: (not d.is_default, d.host != host))


def nothing_there() -> UnsaidError:
    """The error for a machine without any microphone, with what to do on this one."""
    return UnsaidError("no microphone was found", _why_nothing())


def rates(device: Device) -> tuple[int, ...]:
    """Those of `RATES_HZ` that the device takes by itself, in Hz; empty where it is in use or gone.

    A rate that is not among them is no obstacle: the recording is resampled.
    """
    sounddevice = load()
    taken = []
    with quiet():
        for rate_hz in RATES_HZ:
            for channels in sorted({1, min(2, device.channels), device.channels}):
                try:
                    sounddevice.check_input_settings(device.index, channels, "int16", samplerate=rate_hz)
                except sounddevice.PortAudioError as error:
                    if not set(error.args) & REFUSED:
                        return ()  # in use or gone: each further question would wait a second
                else:
                    taken.append(rate_hz)
                    break
    return tuple(taken)


def survey(*, with_rates: bool = False) -> Survey:
    """Ask PortAudio in a process of its own, which may be ended by what it asks.

    Raises:
        UnsaidError: PortAudio is missing, does not start, ends that process or does not answer.
    """
    program = f"from unsaid.audio.devices import _answer; _answer({with_rates})"
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-c", program],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
    except subprocess.TimeoutExpired as error:
        raise UnsaidError(
            "the system's sound does not answer",
            "Unplug the microphone and plug it in again, or restart the system's sound; then run this again.",
        ) from error
    lines = asked.stdout.splitlines()
    if asked.returncode or not lines:
        raise UnsaidError(
            f"PortAudio ends the program that asks it for microphones (status {asked.returncode})",
            "The system's sound configuration is broken or missing: on Linux look at /usr/share/alsa, "
            "~/.asoundrc and ALSA_CONFIG_PATH.",
        )
    answer = json.loads(lines[-1])
    if "message" in answer:
        raise UnsaidError(answer["message"], answer["hint"])
    return Survey(
        answer["version"],
        tuple(Device(**d) for d in answer["devices"]),
        tuple(tuple(r) for r in answer["rates_hz"]),
    )


def _answer(with_rates: bool) -> None:
    try:
        found = inputs()
        taken = [rates(d) for d in found] if with_rates else []
        answer = {"version": version(), "devices": [asdict(d) for d in found], "rates_hz": taken}
    except UnsaidError as error:
        answer = {"message": error.message, "hint": error.hint}
    print(json.dumps(answer), flush=True)
    # Some sound systems hang when they are let go of.
    os._exit(0)


def bare_name(name: str) -> str:
    """A device's name without the hardware's address at its end, for comparing."""
    return _HARDWARE.sub("", name).casefold()


def _listed(devices: Sequence[Device]) -> str:
    return ", ".join(f"'{n}'" for n in dict.fromkeys(d.name for d in devices))


def _why_nothing() -> str:
    if sys.platform.startswith("linux"):
        sound = Path("/dev/snd")
        closed = [p for p in sound.glob("pcm*c") if not os.access(p, os.R_OK | os.W_OK)]
        if closed:
            return (
                "There is one, but you may not use it. Run: sudo usermod -aG audio $USER   and log in again."
            )
        if not sound.exists():
            return (
                "This system shows no sound device at all, as in a container or over SSH. "
                "Record elsewhere and bring the file: unsaid import FILE"
            )
    return "Plug one in, or switch it on in the system's sound settings; then run: unsaid devices"


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


@contextmanager
def quiet() -> Iterator[None]:
    """Keep PortAudio and ALSA, which print from C, off the terminal; what Python prints is lost as well."""
    try:
        kept = os.dup(2)
    except OSError:  # no standard error to keep clean
        yield
        return
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
