"""What several test files share."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def missing(what: str, how: str) -> None:
    """Skip, and say so, for want of a tool; where everything is required (as in CI) fail instead."""
    message = f"{what} is not here; {how}"
    if os.environ.get("UNSAID_REQUIRE_ALL"):
        pytest.fail(message)
    pytest.skip(message)


def command() -> list[str]:
    """The console script beside the Python that runs the tests, else the one on the path."""
    beside = Path(sys.executable).with_name("unsaid")
    found = str(beside) if beside.exists() else shutil.which("unsaid")
    assert found, "unsaid is not installed: pip install '.[test]'"
    return [found]
