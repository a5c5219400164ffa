"""Playing through the real PortAudio, into outputs that keep every sample.

An ALSA `file` output over `null` takes sound as fast as it comes and writes it down. Where it writes into a
FIFO, it takes what the test reads and no more: that is how a test catches it in the middle. The environment
must be in place before PortAudio starts, so each program runs in a process of its own.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from support import missing
from unsaid.audio.files import write_flac
from unsaid.audio.playback import resampled, stretched

HANGS_S = 120
"""A program that is not done by then hangs."""

STUBBORN = r"""
/* An output with one rate, which takes nothing but stereo, as cards without a mixer do. It plays at once. */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <fcntl.h>
static struct { snd_pcm_ioplug_t io; int out; } card;
static int begun(snd_pcm_ioplug_t *io) { (void)io; return 0; }
static snd_pcm_sframes_t played(snd_pcm_ioplug_t *io)
{
    return (io->appl_ptr ? io->appl_ptr - 1 : 0) % io->buffer_size;
}
static snd_pcm_sframes_t taken(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *a, snd_pcm_uframes_t at,
                               snd_pcm_uframes_t n)
{
    (void)io;
    return write(card.out, (char *)a[0].addr + (a[0].first + a[0].step * at) / 8, n * 4) < 0 ? -EIO : (long)n;
}
static int ready(snd_pcm_ioplug_t *io, struct pollfd *p, unsigned n, unsigned short *events)
{
    (void)io; (void)p; (void)n;
    *events = POLLOUT;
    return 0;
}
static int left(snd_pcm_ioplug_t *io) { close(card.out); close(io->poll_fd); return 0; }
static const snd_pcm_ioplug_callback_t calls = { .start = begun, .stop = begun, .drain = begun,
    .pointer = played, .transfer = taken, .poll_revents = ready, .close = left };
SND_PCM_PLUGIN_DEFINE_FUNC(stubborn)
{
    const char *file = "";
    snd_config_t *given;
    (void)root;
    if (stream != SND_PCM_STREAM_PLAYBACK) return -ENODEV;
    if (snd_config_search(conf, "file", &given) == 0) snd_config_get_string(given, &file);
    memset(&card, 0, sizeof card);
    card.out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    card.io.version = SND_PCM_IOPLUG_VERSION;
    card.io.name = "stubborn";
    card.io.callback = &calls;
    card.io.poll_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
    card.io.poll_events = POLLIN;
    int failed = snd_pcm_ioplug_create(&card.io, name, stream, mode);
    if (failed < 0) return failed;
    unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED};
    unsigned format[] = {SND_PCM_FORMAT_S16_LE};
    snd_pcm_ioplug_set_param_list(&card.io, SND_PCM_IOPLUG_HW_ACCESS, 2, access);
    snd_pcm_ioplug_set_param_list(&card.io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
    snd_pcm_ioplug_set_param_minmax(&card.io, SND_PCM_IOPLUG_HW_CHANNELS, 2, 2);
    snd_pcm_ioplug_set_param_minmax(&card.io, SND_PCM_IOPLUG_HW_RATE, 44100, 44100);
    snd_pcm_ioplug_set_param_minmax(&card.io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 256, 65536);
    snd_pcm_ioplug_set_param_minmax(&card.io, SND_PCM_IOPLUG_HW_PERIODS, 2, 64);
    *pcmp = card.io.pcm;
    return 0;
}
SND_PCM_PLUGIN_SYMBOL(stubborn);
"""


@functools.cache
def stubborn() -> Path:
    """The compiled plug-in; its folder is gone with the interpreter."""
    if shutil.which("gcc") is None:
        missing("gcc", "install gcc to test with a virtual sound card")
    folder = tempfile.TemporaryDirectory(prefix="unsaid-output-")
    _FOLDERS.append(folder)
    built = Path(folder.name) / "stubborn.so"
    ran = subprocess.run(
        ["gcc", "-O1", "-shared", "-fPIC", "-DPIC", "-x", "c", "-o", str(built), "-", "-lasound"],
        input=STUBBORN,
        capture_output=True,
        text=True,
        check=False,
    )
    if "asoundlib.h" in ran.stderr or "-lasound" in ran.stderr:
        missing("libasound2-dev", "install ALSA's headers to test with a virtual sound card")
    assert ran.returncode == 0, ran.stderr
    return built


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []

PLUG = '{ type plug slave { pcm "Desk" rate 16000 format S16_LE channels 1 } }'


@pytest.fixture
def heard(tmp_path: Path) -> Path:
    """Where the output "Desk", which is the default, writes raw 16-bit samples."""
    heard = tmp_path / "heard.raw"
    sound(tmp_path, f'pcm."Desk" {{ type file slave.pcm {{ type null }} file "{heard}" format raw }}', PLUG)
    return heard


def sound(folder: Path, outputs: str, default: str) -> None:
    (folder / "asound.conf").write_text(f"{outputs}\npcm.!default {default}\n")


def numbered(duration_s: float) -> npt.NDArray[np.int16]:
    """Every sample tells its place within 1.9 s, and none is silence."""
    return (np.arange(round(duration_s * 16_000)) % 30_000 + 1).astype(np.int16)


def recording(folder: Path, pcm: npt.NDArray[np.int16]) -> Path:
    write_flac(folder / "answer.flac", pcm.astype(np.float32) / 32768.0)
    return folder / "answer.flac"


def run(folder: Path, program: str, **env: str) -> str:
    """What a program prints that has `Player`, `UnsaidError`, the recording's `path` and `fails`."""
    start = f"""
        import os, sys, threading
        from pathlib import Path
        from unsaid.audio import playback
        from unsaid.audio.playback import Player
        from unsaid.errors import UnsaidError
        path = Path({str(folder / "answer.flac")!r})
        def fails(call):
            try:
                call()
            except UnsaidError as error:
                print(error.message, "|", error.hint)
            else:
                sys.exit("no error came")
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(start) + textwrap.dedent(program)],
        env={**os.environ, "ALSA_CONFIG_PATH": str(folder / "asound.conf"), **env},
        capture_output=True,
        text=True,
        timeout=HANGS_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def without_silence(raw: bytes) -> npt.NDArray[np.int16]:
    """What was played, without what an output puts before and after."""
    samples = np.frombuffer(raw, "<i2")
    loud = np.flatnonzero(samples)
    return samples[loud[0] : loud[-1] + 1] if loud.size else samples[:0]


def frequency_hz(samples: npt.NDArray[np.float32], rate_hz: int) -> float:
    """Of a sine, by its rising crossings of zero."""
    rising = np.flatnonzero((samples[:-1] < 0) & (samples[1:] >= 0))
    between = -samples[rising] / (samples[rising + 1] - samples[rising])
    at = rising + between
    return float(rate_hz * (at.size - 1) / (at[-1] - at[0]))


def sine(hz: float, duration_s: float, rate_hz: int = 16_000) -> npt.NDArray[np.float32]:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(duration_s * rate_hz)) / rate_hz)).astype(
        np.float32
    )


@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 3.0), (1.25, 2.0), (-5.0, 1.0), (2.5, 99.0)])
def test_every_sample_of_the_stretch_is_heard_and_no_other(
    tmp_path: Path, heard: Path, start_s: float, end_s: float
) -> None:
    pcm = numbered(3.0)
    recording(tmp_path, pcm)
    said = run(
        tmp_path,
        f"""
        with Player(path) as player:
            print(player.playing, player.duration_s)
            player.play({start_s}, {end_s})
            player.wait()
            print(player.playing)
        """,
    )
    assert said.split() == ["False", "3.0", "False"]
    wanted = pcm[round(max(start_s, 0) * 16_000) : round(min(end_s, 3.0) * 16_000)]
    assert np.array_equal(without_silence(heard.read_bytes()), wanted)


def test_an_output_is_found_by_name_part_or_number(tmp_path: Path, heard: Path) -> None:
    pcm = numbered(0.5)
    recording(tmp_path, pcm)
    for device in ("Desk", "desk", " es", "default"):
        said = run(
            tmp_path,
            f"with Player(path, {device!r}) as player:\n    player.play(0, 1)\n    player.wait()\n"
            "    print(player._device)\n",
        )
        assert np.array_equal(without_silence(heard.read_bytes()), pcm), device
        heard.unlink()
        run(
            tmp_path, f"with Player(path, {int(said)}) as player:\n    player.play(0, 1)\n    player.wait()\n"
        )
        assert np.array_equal(without_silence(heard.read_bytes()), pcm), device
        heard.unlink()


def test_slower_it_takes_longer_at_the_same_pitch(tmp_path: Path, heard: Path) -> None:
    recording(tmp_path, (sine(220, 4.0) * 32768).astype(np.int16))
    run(tmp_path, "with Player(path) as player:\n    player.play(1, 3, speed=0.5)\n    player.wait()\n")
    played = without_silence(heard.read_bytes())
    assert played.size == pytest.approx(4 * 16_000, rel=0.02)
    assert frequency_hz(played / np.float32(32768), 16_000) == pytest.approx(220, rel=0.01)


def test_what_plays_can_be_stopped_and_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    desk = f'pcm."Desk" {{ type file slave.pcm {{ type null }} file "{tmp_path / "pipe"}" format raw }}'
    sound(tmp_path, desk, PLUG)
    recording(tmp_path, numbered(300.0))
    said = run(
        tmp_path,
        f"""
        pipe = os.open({str(tmp_path / "pipe")!r}, os.O_RDWR)
        got = bytearray()
        END = b"that was all"
        def read_on():
            while player.playing:  # the output stands still until the player was told to stop
                os.sched_yield()
            while not got.endswith(END):
                got.extend(os.read(pipe, 65536))
        with Player(path) as player:
            player.play(0, 300)
            while len(got) < 100_000:
                got.extend(os.read(pipe, 4096))
            print(player.playing)
            reader = threading.Thread(target=read_on)
            reader.start()
            player.stop()
            print(player.playing, len(got) < 1_000_000)
            player.stop()
            player.play(10, 300)
            player.play(1.5, 2)
            player.wait()
            print(player.playing)
            player.wait()
        os.write(pipe, END)
        reader.join()
        Path({str(tmp_path / "heard.raw")!r}).write_bytes(got[:-len(END)])
        """,
    )
    assert said.split() == ["True", "False", "True", "False"]
    heard = without_silence((tmp_path / "heard.raw").read_bytes())
    assert np.array_equal(heard[-8_000:], numbered(2.0)[-8_000:])


def test_an_output_that_hangs_is_told_and_left(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    desk = f'pcm."Desk" {{ type file slave.pcm {{ type null }} file "{tmp_path / "pipe"}" format raw }}'
    sound(tmp_path, desk, PLUG)
    recording(tmp_path, numbered(60.0))
    said = run(
        tmp_path,
        f"""
        pipe = os.open({str(tmp_path / "pipe")!r}, os.O_RDWR)  # and nobody reads
        playback.QUIET_S = playback.LEAVE_S = 0.2
        with Player(path, "Desk") as player:
            player.play(0, 60)
            fails(player.wait)
            print(player.playing)
        """,
    )
    assert said.startswith("the sound output 'Desk' takes no sound any more | Plug it in again")
    assert said.endswith("False\n")


def test_a_card_of_another_rate_in_stereo_gets_what_it_takes(tmp_path: Path) -> None:
    heard = tmp_path / "heard.raw"
    card = f'pcm."Card" {{ type stubborn file "{heard}" }}'
    sound(tmp_path, f'pcm_type.stubborn {{ lib "{stubborn()}" }}\n{card}', "{ type hw card 99 }")
    recording(tmp_path, (sine(300, 2.0) * 32768).astype(np.int16))
    run(
        tmp_path,
        """
        with Player(path, "Card") as player:
            for _ in range(2):  # the second time it is known what the card takes
                player.play(0, 2)
                player.wait()
        """,
    )
    both = np.frombuffer(heard.read_bytes(), "<i2").reshape(-1, 2)
    assert np.array_equal(both[:, 0], both[:, 1])
    played = without_silence(both[:, 0].tobytes())
    assert played.size == pytest.approx(2 * 44_100, rel=0.01)
    assert frequency_hz(played / np.float32(32768), 44_100) == pytest.approx(300, rel=0.001)


def test_what_cannot_be_played_is_told(tmp_path: Path, heard: Path) -> None:
    pcm = numbered(3.0)
    recording(tmp_path, pcm)
    (tmp_path / "torn.flac").write_bytes(b"fLaC\0")
    said = run(
        tmp_path,
        """
        player = Player(path)
        fails(lambda: player.play(3, 4))
        fails(lambda: player.play(2, 1))
        fails(lambda: player.play(0, 1, speed=0.1))
        fails(lambda: player.play(0, 1, speed=float("nan")))
        fails(lambda: Player(path, "Headphones"))
        fails(lambda: Player(path, "e"))
        fails(lambda: Player(path, 77))
        fails(lambda: Player(path.with_name("none.flac")))
        fails(lambda: Player(path.with_name("torn.flac")))
        player.wait()
        player.close()
        """,
    ).splitlines()
    for line, words in zip(
        said,
        (
            "nothing to play from 3.0 s to 3.0 s | The recording is 3.0 s long.",
            "nothing to play from 2.0 s to 1.0 s",
            "at speed 0.1 | Give 0.25 to 2.",
            "at speed nan",
            "no sound output 'Headphones' | There are: 'Desk', 'default'.",
            "'e' fits 2 sound outputs",
            "no sound output with number 77 | There are: 0 'Desk'",
            "none.flac: there is no such recording",
            "torn.flac: cannot be read as a recording",
        ),
        strict=True,
    ):
        assert words in line


def test_without_any_output_reading_goes_on(tmp_path: Path) -> None:
    sound(tmp_path, "", "{ type hw card 99 }")
    recording(tmp_path, numbered(1.0))
    said = run(tmp_path, "fails(lambda: Player(path))")
    assert said.startswith("no sound output was found | ")
    assert "--no-audio" in said


def test_without_portaudio_there_is_one_command(tmp_path: Path, heard: Path) -> None:
    recording(tmp_path, numbered(1.0))
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    said = run(tmp_path, "fails(lambda: Player(path))", PYTHONPATH=path)
    assert said.startswith("playing sound needs PortAudio, and it cannot be loaded")
    assert "| Run: " in said or "| Install PortAudio" in said


@pytest.mark.parametrize("speed", [0.25, 0.5, 0.75, 0.9, 1.0, 1.5, 2.0])
@pytest.mark.parametrize("hz", [85.0, 220.0, 1000.0, 3100.0])
def test_a_sine_keeps_its_pitch_and_strength(speed: float, hz: float) -> None:
    given = sine(hz, 2.0)
    slowed = stretched(given, speed, 16_000)
    assert slowed.dtype == np.float32
    assert slowed.size == pytest.approx(given.size / speed, rel=0.02)
    assert frequency_hz(slowed, 16_000) == pytest.approx(hz, rel=0.01)
    middle = slowed[slowed.size // 10 : -slowed.size // 10]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)
    assert np.max(np.abs(slowed)) < 0.55


@pytest.mark.parametrize("samples", [0, 1, 2, 100, 479, 481, 16_000])
@pytest.mark.parametrize("speed", [0.25, 0.5, 0.75, 2.0])
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 48_000])
def test_any_length_can_be_stretched(samples: int, speed: float, rate_hz: int) -> None:
    slowed = stretched(np.full(samples, 0.25, np.float32), speed, rate_hz)
    assert abs(slowed.size - samples / speed) <= 1
    assert np.all(np.isfinite(slowed))
    assert not slowed.size or np.max(np.abs(slowed)) <= 0.2501


def test_moments_stay_in_their_places() -> None:
    given = np.zeros(32_000, np.float32)
    given[8_000:12_000] = sine(200, 0.25)
    slowed = stretched(given, 0.5, 16_000)
    loud = np.flatnonzero(np.abs(slowed) > 0.1)
    assert loud[0] == pytest.approx(16_000, abs=800)
    assert loud[-1] == pytest.approx(24_000, abs=800)


def test_silence_stays_silent() -> None:
    assert not np.any(stretched(np.zeros(5_000, np.float32), 0.5, 16_000))


@pytest.mark.parametrize("to_hz", [8_000, 44_100, 48_000])
def test_another_rate_sounds_the_same(to_hz: int) -> None:
    given = (sine(440, 1.0) * 32768).astype(np.int16)
    other = resampled(given, 16_000, to_hz)
    assert other.size == pytest.approx(to_hz, rel=0.01)
    assert frequency_hz(other / np.float32(32768), to_hz) == pytest.approx(440, rel=0.001)
    assert resampled(given, 16_000, 16_000) is given
    assert resampled(given[:0], 16_000, to_hz).size == 0
