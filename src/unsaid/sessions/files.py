"""Writing files whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from pathlib import Path

from unsaid.errors import UnsaidError

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(path: Path) -> None:
    """Create `path`, and its parents, readable by nobody but the user. Raises UnsaidError."""
    try:
        path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, path) from error


def read_json(path: Path, *, schema: int, hint: str) -> object:
    """What a JSON file of ours holds.

    Raises FileNotFoundError where there is none, and UnsaidError, naming the file and what is wrong, for one
    that is damaged or was written by a newer version.
    """
    try:
        raw: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except json.JSONDecodeError as error:
        raise UnsaidError(f"{path}, line {error.lineno}: not valid JSON: {error.msg}", hint) from error
    except (OSError, ValueError, RecursionError) as error:
        raise UnsaidError(f"{path} cannot be read: {error}", hint) from error
    found = raw.get("schema", schema) if isinstance(raw, dict) else schema
    if isinstance(found, int) and found > schema:
        raise UnsaidError(
            f"{path} was written by a newer version of unsaid (schema {found}; this one knows {schema})",
            "Update unsaid; nothing was changed.",
        )
    return raw


def write_whole(path: Path, data: str | bytes, *, mode: int = FILE_MODE) -> None:
    """Write `data` to `path` so that a reader sees the old file or the new one, never a part.

    Temporary file in the same folder, fsync, rename. Raises UnsaidError where the disk is full or the
    folder cannot be written; the old file is then untouched and no temporary file is left.
    """
    raw = data.encode("utf-8", "replace") if isinstance(data, str) else data
    name = ""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise explain(error, path) from error


def explain(error: OSError, path: Path) -> UnsaidError:
    """The error in words, with what to do next."""
    if error.errno == errno.ENOSPC:
        folder = path if path.is_dir() else path.parent
        try:
            free_mb = shutil.disk_usage(folder).free / 1e6
            room = f" ({free_mb:.1f} MB free)"
        except OSError:
            room = ""
        return UnsaidError(
            f"the disk is full{room}: {path} could not be written",
            "Free some space, or choose another place with --workspace; what was there is unharmed.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UnsaidError(
            f"{path} cannot be written: {(error.strerror or str(error)).lower()}",
            "Choose a folder that you may write to, with --workspace or UNSAID_WORKSPACE.",
        )
    return UnsaidError(
        f"{path} cannot be written: {error.strerror or error}",
        "Choose another folder with --workspace or UNSAID_WORKSPACE.",
    )
