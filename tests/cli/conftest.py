"""What tests of commands on an audited session share."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from support import command


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the sample answer audited once; tests take a copy."""
    folder = tmp_path_factory.mktemp("audited") / "workspace"
    done = subprocess.run(
        [*command(), "--workspace", str(folder), "demo", "-q"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def demo(audited: Path, workspace: Path) -> Path:
    """The session's folder in the test's own workspace."""
    shutil.copytree(audited, workspace)
    return workspace / "sessions" / "demo"
