"""What several test files share."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

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


def comes_true(page: Page, condition: str, limit_s: float = 20) -> None:
    """Wait until the JavaScript expression `condition` holds in `page`, looked at once a frame."""
    # Not wait_for_function: it compiles strings later on, which a page's policy rightly forbids.
    held = page.evaluate(
        f"""() => new Promise((done) => {{
          const end = performance.now() + {limit_s * 1000};
          const look = () =>
            {condition} ? done(true)
            : performance.now() > end ? done(false)
            : requestAnimationFrame(look);
          look();
        }})"""
    )
    assert held, f"never came true: {condition}"
