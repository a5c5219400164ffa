"""Real recordings without a sound card: microphones that play a file into PortAudio, sample for sample.

    env = microphones(tmp_path, Mic("Desk", samples), Mic("Old 44k", other, rate_hz=44_100, speed=20))
    subprocess.run([...], env={**os.environ, **env})

The first microphone is also the system's default, unless `default=` names another one (None: no default).
The environment must be in place before PortAudio starts (`import sounddevice`), so it is meant for child
processes. For code under test that starts children itself, use `monkeypatch.setenv` with each pair.

The plug-in (microphone/testmic.c) is compiled once a test run. Where gcc or ALSA's headers are missing the
test is skipped, or fails where everything is required (`support.missing`).
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from support import missing

SOURCE = Path(__file__).parent / "microphone" / "testmic.c"


@dataclass(frozen=True, slots=True, eq=False)
class Mic:
    """One microphone. Times are seconds of sound after its start; 0: never."""

    name: str
    sound: Path | npt.NDArray[np.int16]
    """What it hears: a file of raw 16-bit samples at `rate_hz`, or samples of shape [n] or [n, channels].
    After their end it hears digital silence."""
    rate_hz: int = 16_000
    """The only rate that it accepts."""
    channels: int = 1
    """The only number of channels that it accepts."""
    speed: float = 1.0
    """1: real time; 20: a minute of sound in three seconds."""
    gone_s: float = 0.0
    """When it vanishes, as if unplugged (-ENODEV)."""
    stall_s: float = 0.0
    """When it stops delivering without a word."""
    dies_s: float = 0.0
    """When reading fails, as when a sound server goes away (-EIO)."""
    buffer_frames: int = 0
    """What it keeps at most when nobody takes it; 0: four seconds and more."""
    clock: Path | None = None
    """A file to which each start of it adds a line: the system's monotonic clock in nanoseconds, and which
    frame of the sound is heard then. `heard_frames` reads it."""
    opens: int = 0
    """How often one process may open it before it is busy (PortAudio opens each microphone once to see
    what it can do, so 1 means: listed, and busy when it is to be used); 0: any number."""


@functools.cache
def plugin() -> Path:
    """The compiled plug-in (a file that is gone with the temporary folder when the test run ends)."""
    if shutil.which("gcc") is None:
        missing("gcc", "install gcc to test with a virtual microphone")
    folder = tempfile.TemporaryDirectory(prefix="unsaid-microphone-")
    _FOLDERS.append(folder)
    built = Path(folder.name) / "testmic.so"
    ran = subprocess.run(
        ["gcc", "-O1", "-shared", "-fPIC", "-DPIC", "-o", str(built), str(SOURCE), "-lasound"],
        capture_output=True,
        text=True,
    )
    if "asoundlib.h" in ran.stderr or "-lasound" in ran.stderr:
        missing("libasound2-dev", "install ALSA's headers to test with a virtual microphone")
    assert ran.returncode == 0, ran.stderr
    return built


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []
"""Kept until the interpreter ends, which removes them."""


def microphones(folder: Path, *mics: Mic, default: str | None = "") -> dict[str, str]:
    """Writes `asound.conf` (and the raw files) to `folder`; returns the environment that makes them heard.

    `default`: the name of the one behind the system's default ("" the first, None no default). No `mics`
    at all: a computer without a microphone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'pcm_type.testmic {{ lib "{plugin()}" }}']
    for number, mic in enumerate(mics):
        raw = mic.sound if isinstance(mic.sound, Path) else folder / f"microphone-{number}.raw"
        if not isinstance(mic.sound, Path):
            np.ascontiguousarray(mic.sound, "<i2").tofile(raw)
        fields = [
            f'file "{raw}"',
            f"rate {mic.rate_hz}",
            f"channels {mic.channels}",
            f"speed {mic.speed:.3f}",
        ]
        fields += [f"{k} {v:.6f}" for k, v in _faults(mic) if v]
        fields += [f"buffer {mic.buffer_frames}"] if mic.buffer_frames else []
        fields += [f"opens {mic.opens}"] if mic.opens else []
        fields += [f'clock "{mic.clock}"'] if mic.clock else []
        lines.append(f'pcm."{mic.name}" {{ type testmic {" ".join(fields)} }}')
    chosen = mics[0].name if mics and default == "" else default
    if mics and chosen is not None:
        lines.append(
            f'pcm.!default {{ type asym capture.pcm {{ type plug slave.pcm "{chosen}" }} playback.pcm '
            "{ type null } }"
        )
    else:  # without any default PortAudio 19.6 ends the process (an assertion): one that is not there
        lines.append("pcm.!default { type hw card 99 }")
    conf = folder / "asound.conf"
    conf.write_text("\n".join(lines) + "\n", "utf-8")
    return {"ALSA_CONFIG_PATH": str(conf)}


def _faults(mic: Mic) -> Sequence[tuple[str, float]]:
    return (("gone", mic.gone_s), ("stall", mic.stall_s), ("dies", mic.dies_s))


def heard_frames(mic: Mic, monotonic_s: float) -> int:
    """How much of its sound a microphone with a `clock` had played at that moment of `time.monotonic()`;
    0 where it had not been started."""
    assert mic.clock is not None
    try:
        lines = mic.clock.read_text().splitlines()
    except FileNotFoundError:
        return 0
    starts = [(int(began) / 1e9, int(frame)) for began, frame in (line.split() for line in lines)]
    began_s, frame = max((start for start in starts if start[0] <= monotonic_s), default=(monotonic_s, 0))
    return frame + int((monotonic_s - began_s) * mic.speed * mic.rate_hz)


def speechlike(duration_s: float, rate_hz: int = 16_000, seed: int = 7) -> npt.NDArray[np.int16]:
    """Shape [n], int16: syllables of filtered noise with pauses, about -12 dBFS; the same for a seed.

    No two stretches are alike, so that a recording of it can be aligned without doubt.
    """
    rng = np.random.default_rng(seed)
    n = round(duration_s * rate_hz)
    smooth = np.convolve(rng.standard_normal(n + 15), np.hanning(16) / 8.0, "valid")[:n]
    syllable_hz = 4.0
    strength = rng.uniform(0.0, 1.0, int(duration_s * syllable_hz) + 3)
    strength[strength < 0.25] = 0.0
    at = np.arange(n) / rate_hz * syllable_hz
    envelope = np.interp(at, np.arange(strength.size), strength)
    sound: npt.NDArray[np.int16] = np.clip(smooth * envelope * 8000.0, -32000, 32000).astype(np.int16)
    return sound
