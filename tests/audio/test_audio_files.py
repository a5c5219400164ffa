"""Any sound file becomes 16 kHz mono; whatever is wrong with one is said, with a way on."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import textwrap
import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unsaid.audio.files import check_audible, decode, encode_opus, peak_dbfs, write_flac
from unsaid.errors import UnsaidError

RATE = 16_000
ANSWER = Path(__file__).parents[2] / "sessions" / "sample" / "answer.flac"
VOICES = Path(__file__).parents[3] / "shared" / "audio"


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    """Six seconds of the sample answer."""
    return decode(ANSWER).samples[: 6 * RATE]


def encode(path: Path, samples: np.ndarray, codec: str, rate: int, *, video: bool = False, skip_s=0.0):
    """Write `samples` with PyAV; `skip_s` leaves a hole in the timestamps after the first half."""
    import av

    with av.open(str(path), "w") as container:
        if video:
            picture = container.add_stream("mpeg4", rate=10)
            picture.width = picture.height = 64
            picture.pix_fmt = "yuv420p"
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        if video:
            for i in range(len(samples) * 10 // RATE):
                image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
                image.pts = i
                container.mux(picture.encode(image))
            container.mux(picture.encode(None))
        frame = av.AudioFrame.from_ndarray(
            (samples * 32767).astype(np.int16)[np.newaxis], format="s16", layout="mono"
        )
        frame.rate = RATE
        frame.pts = 0
        resampler = av.AudioResampler(
            stream.codec_context.format, "mono", rate, frame_size=stream.codec_context.frame_size or None
        )
        packets = [p for f in (frame, None) for g in resampler.resample(f) for p in stream.encode(g)]
        packets += stream.encode(None)
        for i, packet in enumerate(packets):
            if i >= len(packets) // 2 and skip_s:
                hole = int(Fraction(skip_s) / packet.time_base)
                packet.pts += hole
                packet.dts += hole
            container.mux(packet)


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Highest correlation of two sounds over shifts up to 0.1 s."""
    n = min(len(a), len(b)) - 3200
    return max(
        np.corrcoef(a[1600 : 1600 + n], b[1600 + k : 1600 + k + n])[0, 1] for k in range(-1600, 1600, 2)
    )


@pytest.mark.parametrize(
    ("name", "codec", "rate", "video"),
    [
        ("a.wav", "pcm_s16le", 44_100, False),
        ("a24.wav", "pcm_s24le", 48_000, False),
        ("float.wav", "pcm_f32le", 16_000, False),
        ("a.flac", "flac", 48_000, False),
        ("a.mp3", "libmp3lame", 44_100, False),
        ("a.m4a", "aac", 44_100, False),
        ("a.ogg", "libopus", 48_000, False),
        ("a.webm", "libopus", 48_000, False),
        ("film.mp4", "aac", 44_100, True),
        ("film.mkv", "libopus", 48_000, True),
    ],
)
def test_every_container_gives_the_same_sound(tmp_path, voice, name, codec, rate, video):
    path = tmp_path / name
    encode(path, voice, codec, rate, video=video)
    sound = decode(path)
    assert sound.samples.dtype == np.float32
    assert sound.duration_s == pytest.approx(6.0, abs=0.1)
    assert sound.samples.size == round(sound.duration_s * sound.rate_hz)
    assert likeness(voice, sound.samples) > 0.95
    assert sound.notes == ()


def test_stereo_is_mixed_and_full_scale_does_not_wrap(tmp_path):
    path = tmp_path / "stereo.wav"
    left = np.full(RATE, 32767, np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.stack([left, np.zeros_like(left)], 1).tobytes())
    samples = decode(path).samples
    assert samples.min() > 0.3
    assert samples.max() <= 1.0


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=4000))
@settings(max_examples=25, deadline=None)
def test_what_is_kept_is_exactly_what_was_heard(tmp_path_factory, pcm):
    folder = tmp_path_factory.mktemp("kept")
    samples = np.array(pcm, np.float32) / 32768
    write_flac(folder / "a.flac", samples)
    assert np.array_equal(decode(folder / "a.flac").samples, samples)
    assert [p.name for p in folder.iterdir()] == ["a.flac"]


def test_resampled_sound_survives_being_kept_bit_by_bit(tmp_path, voice):
    encode(tmp_path / "a.mp3", voice, "libmp3lame", 44_100)
    heard = decode(tmp_path / "a.mp3").samples
    write_flac(tmp_path / "a.flac", heard)
    assert np.array_equal(decode(tmp_path / "a.flac").samples, heard)


def wav_bytes(samples: np.ndarray, data_size: int | None = None) -> bytes:
    """A WAV whose header says `data_size`, whatever it holds."""
    data = (samples * 32767).astype("<i2").tobytes()
    size = len(data) if data_size is None else data_size
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", size + 36, b"WAVE", b"fmt ", 16, 1, 1, RATE, 32000, 2, 16)
    return head + b"data" + struct.pack("<I", size) + data


def test_a_recording_that_was_never_closed_is_read_whole(tmp_path, voice):
    (tmp_path / "dead.wav").write_bytes(wav_bytes(voice, data_size=0))
    sound = decode(tmp_path / "dead.wav")
    assert sound.duration_s == pytest.approx(6.0, abs=0.001)
    assert "never closed" in sound.notes[0]


@pytest.mark.parametrize(
    ("name", "codec"), [("a.wav", "pcm_s16le"), ("a.flac", "flac"), ("a.mp3", "libmp3lame")]
)
def test_of_a_cut_file_what_came_before_is_used_and_said(tmp_path, voice, name, codec):
    path = tmp_path / name
    encode(path, voice, codec, 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    sound = decode(path)
    assert 3.0 < sound.duration_s < 4.5
    assert "breaks off after" in sound.notes[0]
    assert f"{sound.duration_s:.1f} s" in sound.notes[0]
    assert likeness(voice, sound.samples) > 0.95


def test_damage_in_the_middle_does_not_end_the_sound(tmp_path, voice):
    path = tmp_path / "a.mp3"
    encode(path, voice, "libmp3lame", 44_100)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 2000] = b"\xff\xfb" + b"\x55" * 1998
    path.write_bytes(data)
    assert decode(path).duration_s > 5.0


def test_silence_that_the_encoder_left_out_is_put_back(tmp_path, voice):
    path = tmp_path / "dtx.webm"
    encode(path, voice, "libopus", 48_000, skip_s=2.0)
    sound = decode(path)
    assert sound.duration_s == pytest.approx(8.0, abs=0.1)
    hole = sound.samples[int(3.3 * RATE) : int(4.7 * RATE)]
    assert np.abs(hole).max() == 0.0


def test_samples_that_are_no_numbers_are_silence(tmp_path):
    import soundfile

    samples = np.full(RATE, 0.25, np.float32)
    samples[100:200] = np.nan
    samples[300] = np.inf
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    sound = decode(tmp_path / "a.wav")
    assert np.isfinite(sound.samples).all()
    assert np.abs(sound.samples).max() == pytest.approx(0.25, abs=0.001)
    assert "no numbers" in sound.notes[0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: None, "no such file"),
        (lambda p: p.mkdir(), "is a folder"),
        (lambda p: p.write_bytes(b""), "empty (0 bytes)"),
        (lambda p: p.write_bytes(np.random.default_rng(0).bytes(5000)), "not a sound or video file"),
        (lambda p: p.write_text("I would use a hash map here.\n" * 50), "not a sound or video file"),
        (lambda p: p.write_text('{"segments": []}'), "not a sound or video file"),
        (lambda p: p.write_bytes(wav_bytes(np.zeros(0))), "0 s of sound"),
    ],
    ids=["missing", "folder", "empty", "noise", "text", "json", "no-samples"],
)
def test_what_is_no_recording_is_refused_with_a_way_on(tmp_path, make, said):
    path = tmp_path / "answer.bin"
    make(path)
    with pytest.raises(UnsaidError) as caught:
        decode(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_a_film_without_sound_is_refused(tmp_path):
    import av

    path = tmp_path / "mute.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for i in range(10):
            image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            image.pts = i
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))
    with pytest.raises(UnsaidError, match="no sound in this file"):
        decode(path)


def test_an_mp4_that_lost_its_index_says_why(tmp_path, voice):
    path = tmp_path / "cut.m4a"
    encode(path, voice, "aac", 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnsaidError) as caught:
        decode(path)
    assert "index" in caught.value.hint


def test_a_playlist_opens_nothing_else(tmp_path, voice):
    (tmp_path / "other.wav").write_bytes(wav_bytes(voice))
    for name, text in (
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\nhttp://127.0.0.1:9/a.ts\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile 'http://127.0.0.1:9/a.wav'\n"),
    ):
        (tmp_path / name).write_text(text)
        with pytest.raises(UnsaidError):
            decode(tmp_path / name)


def test_too_long_a_recording_is_refused(tmp_path, voice):
    (tmp_path / "a.wav").write_bytes(wav_bytes(voice))
    with pytest.raises(UnsaidError, match="too long"):
        decode(tmp_path / "a.wav", max_duration_s=5.0)


def test_silence_is_told_with_its_level(tmp_path):
    dither = np.where(np.arange(RATE) % 2, 1, -1) / 10_000
    (tmp_path / "mute.wav").write_bytes(wav_bytes(dither))
    with pytest.raises(UnsaidError) as caught:
        check_audible(decode(tmp_path / "mute.wav"))
    assert "silent (peak -8" in caught.value.message
    assert "microphone" in caught.value.hint
    (tmp_path / "zero.wav").write_bytes(wav_bytes(np.zeros(RATE)))
    with pytest.raises(UnsaidError, match="digital silence"):
        check_audible(decode(tmp_path / "zero.wav"))
    check_audible(decode(ANSWER))


@pytest.mark.skipif(not VOICES.is_dir(), reason="the folder with real voices is not here")
def test_real_voices_decode(voice):
    for name, duration_s in (("jfk.flac", 11.0), ("mfa_acoustic_corpus.wav", 26.72)):
        sound = decode(VOICES / name)
        assert sound.duration_s == pytest.approx(duration_s, abs=0.05)
        assert peak_dbfs(sound.samples) > -20
        check_audible(sound)


def test_opus_for_a_page_keeps_time_and_sound(tmp_path, voice):
    data = encode_opus(voice)
    assert len(data) < 6 * 6000
    (tmp_path / "a.opus").write_bytes(data)
    sound = decode(tmp_path / "a.opus")
    assert sound.duration_s == pytest.approx(6.0, abs=0.03)
    n = min(voice.size, sound.samples.size)
    assert np.corrcoef(voice[:n], sound.samples[:n])[0, 1] > 0.9  # no shift allowed here


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UnsaidError, match="cannot be written"):
        write_flac(tmp_path / "none" / "a.flac", np.zeros(100, np.float32))


FULL_DISK = """
    import sys
    from pathlib import Path
    import numpy as np
    from unsaid.audio.files import write_flac
    from unsaid.errors import UnsaidError
    path = Path(sys.argv[1]) / "a.flac"
    noise = np.random.default_rng(0).uniform(-1, 1, 16000 * 20).astype(np.float32)
    try:
        write_flac(path, noise)
    except UnsaidError as error:
        print(error.message)
    print(sorted(p.name for p in path.parent.iterdir()))
"""


def test_a_full_disk_is_told_and_leaves_nothing_behind(tmp_path):
    script = tmp_path / "full.py"
    script.write_text(textwrap.dedent(FULL_DISK))
    disk = tmp_path / "disk"
    disk.mkdir()
    command = f"mount -t tmpfs -o size=128k none {disk} && exec {sys.executable} {script} {disk}"
    if shutil.which("unshare") is None:
        pytest.skip("no unshare(1) here to make a small disk with")
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True, timeout=60)
    if "unshare" in ran.stderr or "mount:" in ran.stderr:
        pytest.skip(f"a small disk cannot be mounted here: {ran.stderr.strip()}")
    said, left = ran.stdout.splitlines()
    assert "the disk is full" in said
    assert "MB free" in said
    assert left == "[]"
