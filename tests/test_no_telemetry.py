"""Libraries that would report to their makers are kept from it, in every process of this program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAR = """
import numpy
from unsaid.audio.speech import find_speech
find_speech(numpy.random.default_rng(0).standard_normal(48_000).astype("float32") * 0.1)
"""


@pytest.mark.parametrize("asked", [None, "0"])
def test_the_voice_activity_library_keeps_no_number_of_this_machine(
    tmp_path: Path, asked: str | None
) -> None:
    # Without these it would be silent of its own accord.
    quiet = {"CI", "GITHUB_ACTIONS", "TF_BUILD", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS"}
    places = {"HOME": "home", "XDG_CACHE_HOME": "home/cache", "XDG_DATA_HOME": "home/data", "TMPDIR": "tmp"}
    for place in places.values():
        (tmp_path / place).mkdir()
    env = {k: v for k, v in os.environ.items() if k not in quiet}
    env |= {name: str(tmp_path / place) for name, place in places.items()}
    env |= {"ORT_DISABLE_TELEMETRY": asked} if asked else {}
    subprocess.run([sys.executable, "-c", HEAR], check=True, env=env)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []
