"""Microphones: what PortAudio lists, which one a name means, and what to do where there is none."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unsaid.audio import devices
from unsaid.audio.devices import Device, choose, install_command, survey
from unsaid.errors import UnsaidError
from virtual_microphone import Mic, microphones, speechlike


def device(name: str, index: int = 0, host: str = "ALSA", *, default: bool = False) -> Device:
    return Device(index, name, host, 2, 48_000, default)


LAPTOP = (
    device("HDA Intel PCH: ALC255 Analog (hw:0,0)", 0),
    device("HDA Intel PCH: ALC255 Alt Analog (hw:0,2)", 1),
    device("USB PnP Sound Device: Audio (hw:1,0)", 4),
    device("pulse", 6),
    device("default", 7, default=True),
)


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A desk microphone behind the system's default, and one that knows 44.1 kHz in stereo only."""
    sound = speechlike(1.0)
    mics = (Mic("Desk", sound), Mic("Old one", sound, rate_hz=44_100, channels=2))
    for name, value in microphones(tmp_path / "sound", *mics).items():
        monkeypatch.setenv(name, value)


def test_what_portaudio_lists(heard: None) -> None:
    found = survey(with_rates=True)
    assert [d.name for d in found.devices] == ["Desk", "Old one", "default"]
    assert [d.is_default for d in found.devices] == [False, False, True]
    assert [d.channels for d in found.devices][:2] == [1, 2]
    assert [d.rate_hz for d in found.devices][:2] == [16_000, 44_100]
    assert {d.host for d in found.devices} == {"ALSA"}
    assert found.rates_hz[:2] == ((16_000,), (44_100,))
    assert set(found.rates_hz[2]) >= {16_000, 44_100, 48_000}
    assert found.version.count(".") == 2
    assert survey().rates_hz == ()


def test_a_microphone_in_use_is_listed_without_rates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mics = (Mic("Desk", speechlike(1.0)), Mic("Busy", speechlike(1.0), opens=1))
    for name, value in microphones(tmp_path / "sound", *mics).items():
        monkeypatch.setenv(name, value)
    found = survey(with_rates=True)
    assert [d.name for d in found.devices][:2] == ["Desk", "Busy"]
    assert found.rates_hz[:2] == ((16_000,), ())


def test_the_c_library_prints_nothing_and_standard_error_is_back_afterwards(heard: None) -> None:
    program = (
        "import os\n"
        "from unsaid.audio import devices\n"
        "desk = devices.choose('Desk')\n"
        "more = devices.Device(desk.index, desk.name, desk.host, 5, desk.rate_hz, False)\n"
        "assert devices.rates(more) == (16_000,)\n"  # PortAudio prints why it does not take 5 channels
        "os.write(2, b'still here')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "still here")


def test_asking_works_without_any_standard_error(heard: None) -> None:
    program = "import os; os.close(2); from unsaid.audio import devices; print(devices.choose('desk').name)"
    ran = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert (ran.returncode, ran.stdout) == (0, "Desk\n")


def test_no_microphone_at_all_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in microphones(tmp_path / "sound").items():
        monkeypatch.setenv(name, value)
    assert survey().devices == ()
    with pytest.raises(UnsaidError, match="no microphone was found") as raised:
        choose(None, survey().devices)
    assert raised.value.hint


def test_a_sound_configuration_that_kills_portaudio_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "asound.conf").write_text("")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    with pytest.raises(UnsaidError, match="PortAudio ends the program") as raised:
        survey()
    assert "ALSA_CONFIG_PATH" in raised.value.hint


def test_portaudio_missing_gives_the_command_for_this_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real sounddevice, in a process that finds no shared library of any name.
    (tmp_path / "sitecustomize.py").write_text(
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with pytest.raises(UnsaidError, match=r"needs PortAudio.*PortAudio library not found") as raised:
        survey()
    assert raised.value.hint == install_command()


def test_a_missing_python_package_is_not_taken_for_a_missing_portaudio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sounddevice.py").write_text("raise ModuleNotFoundError(\"No module named '_cffi_backend'\")")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    with pytest.raises(UnsaidError, match=r"package sounddevice.*_cffi_backend") as raised:
        survey()
    assert "pip install" in raised.value.hint


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ({"ID": "debian"}, "apt install libportaudio2"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt install libportaudio2"),
        ({"ID": "fedora"}, "dnf install portaudio"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "dnf install portaudio"),
        ({"ID": "manjaro", "ID_LIKE": "arch"}, "pacman -S portaudio"),
        ({"ID": "opensuse-tumbleweed", "ID_LIKE": "opensuse suse"}, "zypper install libportaudio2"),
        ({"ID": "alpine"}, "apk add portaudio"),
    ],
)
def test_one_command_for_each_system(
    monkeypatch: pytest.MonkeyPatch, release: dict[str, str], command: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: release)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert install_command() == f"Run: sudo {command}"
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert install_command() == f"Run: {command}"


def test_an_unknown_linux_and_a_system_whose_wheels_carry_portaudio(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "own-making"})
    assert "package manager" in install_command()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert install_command().endswith("-m pip install --force-reinstall sounddevice")


@pytest.mark.parametrize(
    ("name", "index"),
    [
        (None, 7),
        ("default", 7),
        ("", 7),
        ("USB PnP Sound Device: Audio (hw:1,0)", 4),
        ("USB PnP Sound Device: Audio (hw:3,0)", 4),  # plugged in after two others today
        ("USB PnP Sound Device: Audio", 4),
        ("usb", 4),
        ("PULSE", 6),
        ("alc255 alt", 1),
    ],
)
def test_which_microphone_a_name_means(name: str | None, index: int) -> None:
    assert choose(name, LAPTOP).index == index


@given(st.permutations(LAPTOP), st.integers(0, 9), st.integers(0, 9))
def test_a_remembered_name_survives_other_numbers(order: list[Device], card: int, new_card: int) -> None:
    mics = [device(f"{d.name.partition(' (')[0]} (hw:{card},{i})", i) for i, d in enumerate(order)]
    for mic in mics:
        later = [device(m.name.replace(f"hw:{card},", f"hw:{new_card},"), 10 - m.index) for m in mics]
        assert choose(mic.name, later).index == 10 - mic.index


def test_the_first_input_where_the_system_names_no_default() -> None:
    assert choose(None, LAPTOP[:4]).index == 0


def test_an_unknown_name_lists_what_is_there() -> None:
    with pytest.raises(UnsaidError, match="no microphone 'headset'") as raised:
        choose("headset", LAPTOP)
    assert "'pulse'" in raised.value.hint
    assert "USB PnP" in raised.value.hint


def test_a_name_that_fits_several_lists_them_and_no_others() -> None:
    with pytest.raises(UnsaidError, match="fits 2 microphones") as raised:
        choose("hda intel", LAPTOP)
    assert "Alt Analog" in raised.value.hint
    assert "pulse" not in raised.value.hint


def test_of_one_microphone_in_several_sound_systems_the_default_ones_is_taken() -> None:
    windows = (
        device("Microphone (USB)", 0, "MME"),
        device("Microphone (USB)", 1, "Windows DirectSound"),
        device("Line in", 2, "Windows DirectSound", default=True),
    )
    assert choose("Microphone (USB)", windows).index == 1
    assert choose("line", windows).index == 2


def test_asking_loads_nothing_until_it_is_asked() -> None:
    program = "import sys, unsaid.audio.devices; print('sounddevice' in sys.modules, 'numpy' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False False\n"
    assert devices.RATES_HZ[1] == 16_000
