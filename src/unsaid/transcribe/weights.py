"""Whisper models on this machine: which there are, which are here, and how they get here.

`pull` is the only thing in the program that touches the network. It fetches one pinned revision from the
Hugging Face hub, checks every file, and puts the folder in place whole or not at all. Everything else looks
at folders.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from unsaid.errors import UnsaidError, first_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Progress = Callable[[int, int], None]
    """Called with the bytes that are here, and the bytes in all."""

SAMPLE_MODEL = "sample-en"
"""Name of the model that comes with the program, for the demo and the tests."""

DEFAULT_MODEL = "base.en"
"""What is offered where no model is here: the smallest that hears an English answer well enough to audit."""

RECORD = "unsaid-model.json"
"""File beside the weights that says what was pulled, with every file's checksum."""

NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""Files without which a model cannot be used; `vocabulary.json` or `vocabulary.txt` comes on top. Without
tokenizer.json faster-whisper would ask the network for one."""

_FETCHED = {*NEEDED, "vocabulary.json", "vocabulary.txt", "preprocessor_config.json"}


@dataclass(frozen=True, slots=True)
class Known:
    """One row of the table of models."""

    name: str
    repo: str
    """Repository on the Hugging Face hub; the same as faster-whisper's own table."""
    revision: str
    """The commit that is fetched."""
    sha256: str | None
    """Of model.bin at that commit; None: only what the hub says of it is checked."""
    size_mb: int
    """To fetch, and on the disk."""
    note: str
    aliases: tuple[str, ...] = ()


# Revisions and checksums are those that many public projects pin alike (read in their source code, November
# 2026). large-v1 and distil-large-v2 are left out: each has a successor of the same size that is better.
KNOWN: tuple[Known, ...] = (
    Known(
        "tiny.en",
        "Systran/faster-whisper-tiny.en",
        "0d3d19a32d3338f10357c0889762bd8d64bbdeba",
        "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        78,
        "English; fastest, misses much",
    ),
    Known(
        "tiny",
        "Systran/faster-whisper-tiny",
        "d90ca5fe260221311c53c58e660288d3deb8d356",
        "dcb76c6586fc06cbdac6dd21f14cfd129cc4cdd9dce19bf4ffa62e59cbe6e6d1",
        78,
        "99 languages; fastest, misses much",
    ),
    Known(
        "base.en",
        "Systran/faster-whisper-base.en",
        "3d3d5dee26484f91867d81cb899cfcf72b96be6c",
        "2a166925539a16005f14ff328359f9b9adb9dc4fb631bb3b227526862e93e2ef",
        148,
        "English; good enough for clear speech, the default",
    ),
    Known(
        "base",
        "Systran/faster-whisper-base",
        "ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
        148,
        "99 languages",
    ),
    Known(
        "small.en",
        "Systran/faster-whisper-small.en",
        "d1d751a5f8271d482d14ca55d9e2deeebbae577f",
        "62b2a45b05ee59acb4a5341b33ee35e041395d378d418a18acfe4c9e768ee37a",
        486,
        "English; a good balance on a laptop",
    ),
    Known(
        "small",
        "Systran/faster-whisper-small",
        "536b0662742c02347bc0e980a01041f333bce120",
        "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671",
        486,
        "99 languages; a good balance on a laptop",
    ),
    Known(
        "medium.en",
        "Systran/faster-whisper-medium.en",
        "a29b04bd15381511a9af671baec01072039215e3",
        "11b220779aea4c6f3ce9d2549c8a95ea869ed84066864b999531ef53e594fe5b",
        1530,
        "English; slow without a GPU",
    ),
    Known(
        "medium",
        "Systran/faster-whisper-medium",
        "08e178d48790749d25932bbc082711ddcfdfbc4f",
        "9b45e1009dcc4ab601eff815b61d80e60ce3fd8c74c1a14f4a282258286b51ae",
        1531,
        "99 languages; slow without a GPU",
    ),
    Known(
        "large-v2",
        "Systran/faster-whisper-large-v2",
        "f0fe81560cb8b68660e564f55dd99207059c092e",
        "bf2a9746382e1aa7ffff6b3a0d137ed9edbd9670c3b87e5d35f5e85e70d0333a",
        3090,
        "99 languages; wants a GPU",
    ),
    Known(
        "large-v3",
        "Systran/faster-whisper-large-v3",
        "edaa852ec7e145841d8ffdb056a99866b5f0a478",
        "69f74147e3334731bc3a76048724833325d2ec74642fb52620eda87352e3d4f1",
        3091,
        "99 languages; the most accurate, wants a GPU",
        ("large",),
    ),
    Known(
        "turbo",
        "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
        "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da",
        1622,
        "99 languages; nearly large-v3, several times faster",
        ("large-v3-turbo",),
    ),
    Known(
        "distil-small.en",
        "Systran/faster-distil-whisper-small.en",
        "ef77d90526ccd62cde3808ee70626a01e5cf83e4",
        "1187de3982cdcf962a2fb8f797e429fb4651b875b18fe9ce50b58b52fc9072b7",
        336,
        "English; distilled, faster than small.en",
    ),
    Known(
        "distil-medium.en",
        "Systran/faster-distil-whisper-medium.en",
        "80ddfce281f77766d8943d63109199fc8145dfa5",
        "d4cb75d823dcd2647191064da76f026774c06c036908f38456165368d0e2d66a",
        792,
        "English; distilled, faster than medium.en",
    ),
    Known(
        "distil-large-v3",
        "Systran/faster-distil-whisper-large-v3",
        "c3058b475261292e64a0412df1d2681c06260fab",
        "b79368e19b6623813609431a6e5ee309a71506701ebc49fd7820e692dec7c5f5",
        1516,
        "English; distilled, faster than large-v3",
    ),
    Known(
        "distil-large-v3.5",
        "distil-whisper/distil-large-v3.5-ct2",
        "9793ccc07920e0f830e1dba0343efcdf0ef8c903",
        None,
        1516,
        "English; distilled, a later training of distil-large-v3",
    ),
)
"""Every model that `pull` knows, smallest first within a family."""

BEST_FIRST: tuple[str, ...] = (
    "large-v3",
    "turbo",
    "distil-large-v3.5",
    "distil-large-v3",
    "large-v2",
    "medium.en",
    "medium",
    "distil-medium.en",
    "small.en",
    "small",
    "distil-small.en",
    "base.en",
    "base",
    "tiny.en",
    "tiny",
)
"""For English answers: fewer errors first; of two that are alike the faster one."""


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model that is here."""

    path: Path
    name: str
    chunk_length_s: float
    """Length of the sound that the model hears at once."""
    is_sample: bool
    """The program's own sample model, which invents text on anything but its own phrases."""
    shared: bool = False
    """It lies in the Hugging Face cache, where other programs use it too."""

    @property
    def sha256(self) -> str:
        """Checksum of model.bin: as recorded where it was fetched, else computed (once in a process)."""
        weights = self.path / "model.bin"
        recorded = _record(self.path).get("files", {}).get("model.bin", {})
        if recorded.get("size") == weights.stat().st_size:
            return str(recorded["sha256"])
        blob = weights.resolve().name
        if self.shared and re.fullmatch("[0-9a-f]{64}", blob):
            return blob  # the cache names its large files by their checksum
        return _sha256_once(weights, weights.stat().st_size, weights.stat().st_mtime_ns)

    @property
    def size_mb(self) -> int:
        """On the disk."""
        return max(1, round(sum(f.stat().st_size for f in self.path.iterdir() if f.is_file()) / 1e6))


@dataclass(frozen=True, slots=True)
class Check:
    """What `verify` found."""

    ok: bool
    text: str
    """For the user: what was compared, or what is wrong."""


def find(name: str) -> Known:
    """The row of the table for `name` or one of its aliases.

    Raises:
        UnsaidError: there is none; the message lists the names.
    """
    for known in KNOWN:
        if name == known.name or name in known.aliases:
            return known
    import difflib

    names = [n for k in KNOWN for n in (k.name, *k.aliases)]
    near = difflib.get_close_matches(name, [*names, SAMPLE_MODEL], n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    raise UnsaidError(
        f"unknown model {name!r}",
        f"{meant}Give one of {', '.join(k.name for k in KNOWN)}, or a folder with a CTranslate2 model.",
    )


def missing_files(folder: Path) -> tuple[str, ...]:
    """Names of the files that a model folder lacks; empty where it is complete."""
    lacking = [name for name in NEEDED if not (folder / name).is_file()]
    if not any((folder / f"vocabulary.{end}").is_file() for end in ("json", "txt")):
        lacking.append("vocabulary.json or vocabulary.txt")
    return tuple(lacking)


def chunk_length_s(folder: Path) -> float:
    """Seconds that the model hears at once: `chunk_length` of preprocessor_config.json, else Whisper's 30."""
    try:
        config = json.loads((folder / "preprocessor_config.json").read_text("utf-8"))
        return float(config.get("chunk_length", 30))
    except (OSError, ValueError, AttributeError, TypeError):
        return 30.0


def here(models_dirs: Sequence[Path]) -> tuple[ModelFolder, ...]:
    """Every complete model in `models_dirs` and in the Hugging Face cache; of two of one name the first."""
    found: dict[str, ModelFolder] = {}
    for models_dir in models_dirs:
        try:
            folders = sorted(p for p in models_dir.iterdir() if p.is_dir() and not p.name.startswith("."))
        except OSError:
            continue
        for folder in folders:
            if not missing_files(folder):
                found.setdefault(folder.name, _folder(folder, folder.name))
    for known in KNOWN:
        if known.name not in found and (cached := _cached(known)):
            found[known.name] = _folder(cached, known.name, shared=True)
    return tuple(found.values())


def resolve(name_or_path: str | Path, models_dirs: Sequence[Path]) -> ModelFolder:
    """Find the model that the user means: a name, or a folder in CTranslate2 form.

    Looks in `models_dirs` in order, then in the Hugging Face cache. Never touches the network.

    Raises:
        UnsaidError: an unknown name, a known model that is not here, or a folder without its files.
    """
    text = str(name_or_path)
    as_path = Path(text).expanduser()
    if isinstance(name_or_path, Path) or os.sep in text or "/" in text or text in (".", ".."):
        return _given_folder(as_path)
    try:
        known: Known | None = find(text)
    except UnsaidError:
        known = None
    for name in (text, *((known.name, *known.aliases) if known else ())):
        for models_dir in models_dirs:
            folder = models_dir / name
            if folder.is_dir():
                return _given_folder(folder, known.name if known else name)
    if known and (cached := _cached(known)):
        return _folder(cached, known.name, shared=True)
    if text == SAMPLE_MODEL:
        raise UnsaidError("the sample model is not here", "It comes with the program: install unsaid again.")
    if known is None and as_path.is_dir():
        return _given_folder(as_path)
    known = known or find(text)
    raise UnsaidError(
        f"the model {known.name} is not here",
        f"Fetch it once ({known.size_mb} MB): unsaid models pull {known.name}",
    )


def default_for_recordings(models_dirs: Sequence[Path]) -> ModelFolder | None:
    """The best model for English that is already here; never the sample model, nor one of unknown making."""
    by_name = {folder.name: folder for folder in here(models_dirs)}
    for alias, name in ((a, k.name) for k in KNOWN for a in k.aliases):
        if alias in by_name:
            by_name.setdefault(name, by_name[alias])
    return next((by_name[name] for name in BEST_FIRST if name in by_name), None)


def pull(name: str, models_dir: Path, *, on_progress: Progress | None = None) -> ModelFolder:
    """Fetch a model into `models_dir`, whole or not at all; go on with what an earlier try left.

    Raises:
        UnsaidError: unknown name, hub out of reach, disk full, or a file that differs from its checksum.
    """
    known = find(name)
    target = models_dir / known.name
    if target.is_dir() and not missing_files(target):
        return _folder(target, known.name)
    import filelock

    lock = filelock.FileLock(models_dir / f".{known.name}.lock", timeout=0)
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with lock:
            _fetch(known, models_dir / f".{known.name}.part", target, on_progress)
            Path(lock.lock_file).unlink(missing_ok=True)
    except filelock.Timeout as error:
        raise UnsaidError(
            f"{known.name} is being fetched already", "Wait for the other `unsaid models pull` to end."
        ) from error
    except OSError as error:
        raise UnsaidError(
            f"{error.filename or target}: cannot be written ({error.strerror or error})",
            "Check the folder's permissions and free space, or choose another with --workspace.",
        ) from error
    return _folder(target, known.name)


def verify(folder: ModelFolder, *, on_progress: Progress | None = None) -> Check:
    """Compare the files with the checksums known of them."""
    if lacking := missing_files(folder.path):
        return Check(False, f"lacks {', '.join(lacking)}")
    expected = {n: f["sha256"] for n, f in _record(folder.path).get("files", {}).items()}
    source = "the record of what was fetched"
    if not expected:
        row = next((k for k in KNOWN if k.name == folder.name and k.sha256), None)
        if row is None:
            return Check(True, "all files are there; no checksum is known of it")
        expected, source = {"model.bin": row.sha256}, "the checksum of the pinned revision"
    total = sum((folder.path / name).stat().st_size for name in expected if (folder.path / name).is_file())
    done = 0
    for name, sha256 in expected.items():
        path = folder.path / name
        if not path.is_file():
            return Check(False, f"lacks {name}")
        if sha256_of(path) != sha256:
            return Check(False, f"{name} differs from {source}")
        done += path.stat().st_size
        if on_progress:
            on_progress(done, total)
    return Check(True, f"{', '.join(expected)} as in {source}")


def remove(name: str, models_dir: Path) -> Path:
    """Delete the model `name` from `models_dir` and return the folder that is gone.

    Raises:
        UnsaidError: it is not there, it is the sample model, or it cannot be deleted.
    """
    if name == SAMPLE_MODEL:
        raise UnsaidError("the sample model belongs to the program and stays", "It takes 5 MB.")
    known = next((k for k in KNOWN if name == k.name or name in k.aliases), None)
    for candidate in (name, *((known.name, *known.aliases) if known else ())):
        folder = models_dir / candidate
        # A name, not a path: nothing outside the models folder is ever deleted.
        if Path(candidate).name == candidate and candidate not in ("", ".", "..") and folder.is_dir():
            try:
                if folder.is_symlink():
                    folder.unlink()
                else:
                    shutil.rmtree(folder)
            except OSError as error:
                raise UnsaidError(
                    f"{folder}: cannot be deleted ({error.strerror or error})", "Check its permissions."
                ) from error
            return folder
    if known and (cached := _cached(known)):
        raise UnsaidError(
            f"{known.name} lies in the Hugging Face cache, which other programs use too ({cached})",
            "Delete it with Hugging Face's own tool: hf cache rm",
        )
    if known is None:
        find(name)
    raise UnsaidError(f"the model {name} is not in {models_dir}", "`unsaid models list` shows what is here.")


def sha256_of(path: Path) -> str:
    """Checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@lru_cache(maxsize=32)
def _sha256_once(path: Path, _size: int, _mtime_ns: int) -> str:
    return sha256_of(path)


def _folder(path: Path, name: str, *, shared: bool = False) -> ModelFolder:
    sample = name == SAMPLE_MODEL or path.resolve().name == SAMPLE_MODEL
    return ModelFolder(path, name, chunk_length_s(path), sample, shared)


def _given_folder(path: Path, name: str | None = None) -> ModelFolder:
    if not path.is_dir():
        raise UnsaidError(
            f"{path}: there is no such model folder", "Give a folder, or a name from `unsaid models list`."
        )
    if lacking := missing_files(path):
        raise UnsaidError(
            f"{path}: the model folder lacks {', '.join(lacking)}",
            "A model in CTranslate2 form is needed (ct2-transformers-converter makes one, with --copy_files "
            "tokenizer.json preprocessor_config.json); `unsaid models pull` fetches one.",
        )
    return _folder(path, name or path.resolve().name)


def _record(folder: Path) -> dict[str, Any]:
    """What was pulled; empty where nothing is recorded."""
    try:
        record = json.loads((folder / RECORD).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _cache_dir() -> Path:
    """Where the Hugging Face libraries keep what they fetch, by their own order of variables."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return Path(os.environ[variable]).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base).expanduser() if base else Path.home() / ".cache") / "huggingface" / "hub"


def _cached(known: Known) -> Path | None:
    """The model's folder in the Hugging Face cache: the pinned revision, else the one last fetched."""
    try:
        repo = _cache_dir() / f"models--{known.repo.replace('/', '--')}"
        main = repo / "refs" / "main"
        revisions = [known.revision, *([main.read_text().strip()] if main.is_file() else [])]
        folders = [repo / "snapshots" / revision for revision in revisions if revision]
        return next((f for f in folders if f.is_dir() and not missing_files(f)), None)
    except (OSError, RuntimeError):
        return None


@dataclass(frozen=True, slots=True)
class _Remote:
    """One file on the hub."""

    name: str
    size: int
    sha256: str | None
    git_sha1: str | None
    """Small files are not in the large-file store: git's own checksum is all there is."""


def _fetch(known: Known, part: Path, target: Path, on_progress: Progress | None) -> None:
    hub = _hub()
    with _explained(known):
        info = hub.HfApi(token=False).model_info(known.repo, revision=known.revision, files_metadata=True)
    remotes = [
        _Remote(s.rfilename, s.size or 0, s.lfs.sha256 if s.lfs else None, s.blob_id)
        for s in info.siblings or ()
        if s.rfilename in _FETCHED
    ]
    weights = next((r for r in remotes if r.name == "model.bin"), None)
    if weights is None or info.sha != known.revision:
        raise UnsaidError(
            f"the hub does not hold {known.repo} at {known.revision[:12]} any more",
            "Convert or copy a model by hand and give its folder with --model.",
        )
    if known.sha256 and weights.sha256 != known.sha256:
        raise UnsaidError(
            f"{known.repo}: the hub's model.bin is not the one that unsaid knows (checksum)",
            "Do not use it. If you trust it, fetch it by hand and give its folder with --model.",
        )
    if _record(part).get("revision", known.revision) != known.revision:
        shutil.rmtree(part)
    part.mkdir(exist_ok=True)
    record = {"schema": 1, "name": known.name, "repo": known.repo, "revision": known.revision, "files": {}}
    _write_json(part / RECORD, record)
    total = sum(r.size for r in remotes)
    missing = total - sum(f.stat().st_size for f in part.iterdir() if f.name != RECORD)
    if (free := shutil.disk_usage(part).free) < missing:
        raise UnsaidError(
            f"{known.name} needs {missing / 1e6:.0f} MB more on the disk of {part.parent}; "
            f"{free / 1e6:.0f} MB are free",
            "Free some space, or choose another folder with --workspace.",
        )
    done = 0
    files: dict[str, dict[str, object]] = {}
    for remote in remotes:
        before = done

        def tell(here: int, before: int = before) -> None:
            if on_progress:
                on_progress(before + here, total)

        with _explained(known):
            _fetch_file(hub, known, remote, part / remote.name, tell)
        files[remote.name] = {"size": remote.size, "sha256": _checked(part / remote.name, remote)}
        done += remote.size
    _write_json(part / RECORD, {**record, "files": files})
    if target.is_dir():
        shutil.rmtree(target)  # incomplete, or `pull` would have returned it
    part.replace(target)


def _fetch_file(hub: Any, known: Known, remote: _Remote, path: Path, tell: Callable[[int], None]) -> None:
    """Bring `path` to its full size, from where an earlier try stopped.

    huggingface_hub's own download starts from nothing after an interruption (version 2 does), so its inner
    function that can go on from a place is called directly.
    """
    from huggingface_hub.file_download import http_get

    with path.open("ab") as file:
        if file.tell() > remote.size:
            file.truncate(0)
        file.seek(0, os.SEEK_END)
        tell(file.tell())
        if file.tell() == remote.size:
            return
        http_get(
            hub.hf_hub_url(known.repo, remote.name, revision=known.revision),
            cast("BinaryIO", _Counted(file, tell)),
            resume_size=file.tell(),
            headers=hub.utils.build_hf_headers(token=False, library_name="unsaid"),
            expected_size=remote.size,
        )
        file.flush()
        os.fsync(file.fileno())


def _checked(path: Path, remote: _Remote) -> str:
    """The file's sha256, once it is what the hub says it is."""
    sha256 = sha256_of(path)
    if remote.sha256 is not None:
        good = sha256 == remote.sha256
    elif remote.git_sha1 is not None:
        content = path.read_bytes()
        header = f"blob {len(content)}\0".encode()
        good = hashlib.sha1(header + content, usedforsecurity=False).hexdigest() == remote.git_sha1
    else:
        good = path.stat().st_size == remote.size
    if not good:
        path.unlink()
        raise UnsaidError(
            f"{remote.name} arrived damaged (its checksum differs); it was deleted",
            "Run the same command again: the files that arrived whole are kept.",
        )
    return sha256


class _Counted:
    """A file that tells how long it has grown; what `http_get` needs of a file."""

    def __init__(self, file: IO[bytes], tell: Callable[[int], None]) -> None:
        self._file = file
        self._tell = tell

    def write(self, chunk: bytes) -> int:
        written = self._file.write(chunk)
        self._tell(self._file.tell())
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _hub() -> Any:
    """The hub's library, without telemetry, bars or chatter."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub.utils
    from huggingface_hub import constants

    hub: Any = huggingface_hub
    constants.HF_HUB_DISABLE_TELEMETRY = True
    # Its pieces of 10 MB are lost whole when the connection breaks, and make a bar that stands still.
    constants.DOWNLOAD_CHUNK_SIZE = 256 * 1024
    hub.utils.logging.set_verbosity_error()
    hub.utils.disable_progress_bars()
    return hub


@contextmanager
def _explained(known: Known) -> Iterator[None]:
    """Turn the hub library's errors, whose classes differ between its versions, into ours."""
    from huggingface_hub import constants, errors

    try:
        yield
    except UnsaidError:
        raise
    except errors.OfflineModeIsEnabled as error:
        raise UnsaidError(
            "HF_HUB_OFFLINE is set, so nothing is fetched",
            "Unset it, or copy the model's folder here and give it with --model.",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise UnsaidError(
            f"the hub at {constants.ENDPOINT} does not hold {known.repo} at {known.revision[:12]}",
            "Convert or copy a model by hand and give its folder with --model.",
        ) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise UnsaidError(
                f"the disk is full; what came of {known.name} is kept",
                "Free some space and run the same command again: it goes on from there.",
            ) from error
        if isinstance(error, OSError) and error.filename:
            raise
        raise UnsaidError(
            f"{known.name} could not be fetched from {constants.ENDPOINT} ({first_line(error)})",
            "Check the connection and run the same command again: it goes on from where it stopped.",
        ) from error


def _write_json(path: Path, content: object) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
