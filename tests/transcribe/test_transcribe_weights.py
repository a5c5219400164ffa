"""Finding, fetching, checking and removing models; the hub is a small server on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from unsaid.errors import UnsaidError
from unsaid.transcribe import weights

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "models" / "sample-en"
REVISION = "0123456789abcdef0123456789abcdef01234567"
REPO = "toys/faster-whisper-toy"


# -- finding --


def model_at(folder: Path) -> Path:
    """A folder that looks like a model."""
    folder.mkdir(parents=True)
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_text(name)
    return folder


def test_the_table_is_sound():
    names = [n for k in weights.KNOWN for n in (k.name, *k.aliases)]
    assert len(names) == len(set(names))
    assert set(weights.BEST_FIRST) == {k.name for k in weights.KNOWN}
    for known in weights.KNOWN:
        assert len(known.revision) == 40
        int(known.revision, 16)
        assert known.sha256 is None or len(known.sha256) == 64
        assert known.repo.count("/") == 1


def test_names_mean_what_faster_whisper_means_by_them():
    from faster_whisper.utils import _MODELS

    for known in weights.KNOWN:
        for name in (known.name, *known.aliases):
            assert _MODELS[name] == known.repo


def test_a_name_is_found_in_the_first_folder_that_has_it(tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    model_at(second / "base.en")
    assert weights.resolve("base.en", (first, second)).path == second / "base.en"
    model_at(first / "base.en")
    found = weights.resolve("base.en", (first, second))
    assert found.path == first / "base.en"
    assert (found.name, found.is_sample, found.chunk_length_s) == ("base.en", False, 30.0)


def test_an_alias_and_the_name_are_one_model(tmp_path):
    model_at(tmp_path / "large-v3-turbo")
    assert weights.resolve("turbo", (tmp_path,)).name == "turbo"
    assert weights.resolve("large-v3-turbo", (tmp_path,)).name == "turbo"
    best = weights.default_for_recordings((tmp_path,))
    assert best is not None
    assert best.path == tmp_path / "large-v3-turbo"


def test_the_sample_model_is_known_as_such_wherever_it_lies(tmp_path):
    found = weights.resolve("sample-en", (ROOT / "models",))
    assert found.is_sample
    assert found.chunk_length_s == 15
    assert found.sha256 == hashlib.sha256((SAMPLE / "model.bin").read_bytes()).hexdigest()
    assert weights.resolve(SAMPLE, ()).is_sample
    assert weights.default_for_recordings((ROOT / "models",)) is None


def test_any_folder_in_ctranslate2_form_is_a_model(tmp_path):
    folder = model_at(tmp_path / "mine")
    for given in (folder, str(folder), f"{folder}/", os.path.relpath(folder)):
        assert weights.resolve(given, ()).name == "mine"
    (folder / "tokenizer.json").unlink()
    (folder / "vocabulary.txt").unlink()
    with pytest.raises(UnsaidError) as caught:
        weights.resolve(folder, ())
    assert "lacks tokenizer.json, vocabulary.json or vocabulary.txt" in caught.value.message


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("base.n", "unknown model 'base.n'", "Did you mean base.en?"),
        ("xyz", "unknown model 'xyz'", "tiny.en, tiny, base.en"),
        ("base.en", "base.en is not here", "unsaid models pull base.en"),
        ("large-v3-turbo", "turbo is not here", "unsaid models pull turbo"),
        ("./nowhere", "no such model folder", "unsaid models list"),
        ("sample-en", "sample model is not here", "install unsaid again"),
    ],
)
def test_what_is_not_here_is_told_with_the_next_step(tmp_path, name, message, hint):
    with pytest.raises(UnsaidError) as caught:
        weights.resolve(name, (tmp_path,))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_models_that_other_programs_fetched_are_used(tmp_path, monkeypatch):
    known = weights.find("small.en")
    repo = tmp_path / "hub" / f"models--{known.repo.replace('/', '--')}"
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    assert weights.here(()) == ()
    other = model_at(repo / "snapshots" / ("f" * 40))
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("f" * 40)
    found = weights.resolve("small.en", (tmp_path / "models",))
    assert (found.path, found.shared) == (other, True)
    pinned = model_at(repo / "snapshots" / known.revision)
    assert weights.resolve("small.en", ()).path == pinned
    blob = repo / "blobs" / ("a" * 64)
    blob.parent.mkdir()
    (pinned / "model.bin").rename(blob)
    (pinned / "model.bin").symlink_to(blob)
    assert weights.resolve("small.en", ()).sha256 == "a" * 64
    (pinned / "model.bin").unlink()  # a download that never ended
    assert weights.resolve("small.en", ()).path == other
    with pytest.raises(UnsaidError, match="other programs use too"):
        weights.remove("small.en", tmp_path / "models")


def test_the_best_that_is_here_is_taken(tmp_path):
    assert weights.default_for_recordings((tmp_path,)) is None
    for name in ("tiny.en", "mine", "small.en", "base"):
        model_at(tmp_path / name)
    best = weights.default_for_recordings((tmp_path,))
    assert best is not None
    assert best.name == "small.en"


def test_removing_touches_nothing_but_the_model(tmp_path):
    models = tmp_path / "models"
    model_at(models / "base.en")
    model_at(models / "tiny.en")
    keep = model_at(tmp_path / "keep")
    assert weights.remove("base.en", models) == models / "base.en"
    assert [p.name for p in models.iterdir()] == ["tiny.en"]
    for name in ("base.en", "sample-en", "../keep", "..", ".", "", str(keep)):
        with pytest.raises(UnsaidError):
            weights.remove(name, models)
    assert keep.is_dir()
    assert (models / "tiny.en").is_dir()


# -- fetching --


class Hub:
    """The parts of the Hugging Face hub that a fetch needs, with faults to order."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.large = {"model.bin"}
        self.sent: list[tuple[str, str, int]] = []
        """Path, Range header and bytes of every file that was sent."""
        self.asked: list[str] = []
        self.break_after: int | None = None
        """Cut the connection after this many bytes of model.bin."""
        self.garble = False
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                hub.asked.append(self.path)
                if self.path.startswith(f"/api/models/{REPO}/revision/{REVISION}"):
                    self._json(hub.info())
                elif self.path.startswith(f"/{REPO}/resolve/{REVISION}/"):
                    self._file(self.path.rsplit("/", 1)[1])
                else:
                    self.send_response(404)
                    self.send_header("X-Error-Code", "RepoNotFound")
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def _json(self, content: object) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def _file(self, name: str) -> None:
                body = hub.files[name]
                if hub.garble and name == "model.bin":
                    body = bytes(len(body))
                wanted = self.headers.get("Range", "")
                start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                part = body[start:]
                if hub.break_after is not None and name == "model.bin":
                    part = part[: hub.break_after]
                    self.close_connection = True
                hub.sent.append((name, wanted, len(part)))
                self.wfile.write(part)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def info(self) -> dict[str, object]:
        siblings: list[dict[str, object]] = []
        for name, body in self.files.items():
            git = hashlib.sha1(f"blob {len(body)}\0".encode() + body).hexdigest()
            sibling: dict[str, object] = {"rfilename": name, "size": len(body), "blobId": git}
            if name in self.large:
                sha256 = hashlib.sha256(body).hexdigest()
                sibling["lfs"] = {"size": len(body), "sha256": sha256, "pointerSize": 134}
            siblings.append(sibling)
        return {"id": REPO, "sha": REVISION, "siblings": siblings, "tags": [], "private": False}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def hub() -> Iterator[Hub]:
    files = {p.name: p.read_bytes() for p in SAMPLE.iterdir() if p.is_file() and p.name != weights.RECORD}
    server = Hub({**files, "README.md": b"a toy", ".gitattributes": b"*.bin filter=lfs"})
    yield server
    server.close()


PULL = """
    import sys
    from pathlib import Path
    from unsaid.errors import UnsaidError
    from unsaid.transcribe import weights

    row = weights.Known("toy", "{repo}", "{revision}", {sha256!r}, 5, "a toy")
    weights.KNOWN = (*weights.KNOWN, row)
    seen = []
    try:
        found = weights.pull("toy", Path(sys.argv[1]), on_progress=lambda *at: seen.append(at))
    except UnsaidError as error:
        print(f"error: {{error.message}} | {{error.hint}}")
        sys.exit(2)
    assert [a for a, _ in seen] == sorted(a for a, _ in seen), seen
    assert seen[-1][0] == seen[-1][1], seen[-1]
    print(f"here: {{found.path}}; from {{seen[0][0]}}; {{weights.verify(found)}}")
"""


def run_pull(
    hub_url: str, models: Path, sha256: str | None = None, **env: str
) -> subprocess.CompletedProcess[str]:
    """Fetch the toy model in a process of its own: the hub's address is read when its library loads."""
    code = textwrap.dedent(PULL).format(repo=REPO, revision=REVISION, sha256=sha256)
    return subprocess.run(
        [sys.executable, "-c", code, str(models)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "HF_ENDPOINT": hub_url, "PYTHONPATH": str(ROOT / "src"), **env},
    )


def test_a_model_is_fetched_checked_and_recorded(hub, tmp_path):
    ran = run_pull(hub.url, tmp_path / "new" / "models")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    folder = tmp_path / "new" / "models" / "toy"
    assert f"here: {folder}; from 0; Check(ok=True" in ran.stdout
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.json", "preprocessor_config.json"):
        assert (folder / name).read_bytes() == hub.files[name]
    assert not (folder / "README.md").exists()
    assert [p.name for p in folder.parent.iterdir()] == ["toy"]
    record = json.loads((folder / weights.RECORD).read_text())
    assert record["revision"] == REVISION
    assert record["files"]["model.bin"]["sha256"] == hashlib.sha256(hub.files["model.bin"]).hexdigest()
    assert ran.stderr == ""
    # Nothing was asked of the hub but the list of files and the files.
    assert all(p.startswith((f"/api/models/{REPO}/", f"/{REPO}/resolve/")) for p in hub.asked), hub.asked
    # A second run asks nothing at all.
    hub.asked.clear()
    found = weights.resolve("toy", (folder.parent,))
    assert weights.verify(found).ok
    assert hub.asked == []


def test_a_fetch_that_was_stopped_goes_on_where_it_was(hub, tmp_path):
    whole = hub.files["model.bin"]
    part = tmp_path / ".toy.part"
    part.mkdir()
    (part / "model.bin").write_bytes(whole[:2_000_000])
    ran = run_pull(hub.url, tmp_path)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert ("model.bin", "bytes=2000000-", len(whole) - 2_000_000) in hub.sent
    assert (tmp_path / "toy" / "model.bin").read_bytes() == whole


def test_a_connection_that_breaks_is_taken_up_again(hub, tmp_path):
    size = len(hub.files["model.bin"])
    hub.break_after = size * 2 // 3
    ran = run_pull(hub.url, tmp_path)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    sent = [s for s in hub.sent if s[0] == "model.bin"]
    assert len(sent) == 2
    assert sum(n for _, _, n in sent) < size + 300_000
    assert (tmp_path / "toy" / "model.bin").read_bytes() == hub.files["model.bin"]
    assert ran.stderr == ""


def test_damage_on_the_way_is_refused_and_nothing_looks_complete(hub, tmp_path):
    hub.garble = True
    ran = run_pull(hub.url, tmp_path)
    assert ran.returncode == 2
    assert "model.bin arrived damaged" in ran.stdout
    assert not (tmp_path / "toy").exists()
    assert not (tmp_path / ".toy.part" / "model.bin").exists()
    hub.garble = False
    hub.sent.clear()
    assert run_pull(hub.url, tmp_path).returncode == 0
    assert (tmp_path / "toy" / "model.bin").read_bytes() == hub.files["model.bin"]


def test_a_small_file_that_differs_is_refused_too(hub, tmp_path):
    info = hub.info()
    hub.files["tokenizer.json"] = hub.files["tokenizer.json"].replace(b"a", b"b")
    hub.info = lambda: info  # type: ignore[method-assign]
    ran = run_pull(hub.url, tmp_path)
    assert ran.returncode == 2
    assert "tokenizer.json arrived damaged" in ran.stdout
    assert not (tmp_path / "toy").exists()


def test_weights_other_than_the_pinned_ones_are_not_even_fetched(hub, tmp_path):
    ran = run_pull(hub.url, tmp_path, sha256="0" * 64)
    assert ran.returncode == 2
    assert "not the one that unsaid knows" in ran.stdout
    assert hub.sent == []
    assert not (tmp_path / "toy").exists()


def test_a_hub_out_of_reach_is_told(tmp_path):
    ran = run_pull("http://127.0.0.1:9", tmp_path)
    assert ran.returncode == 2
    assert "toy could not be fetched from http://127.0.0.1:9" in ran.stdout
    assert "goes on from where it stopped" in ran.stdout
    assert "Traceback" not in ran.stderr


def test_a_repository_that_is_gone_is_told(hub, tmp_path):
    hub.info = lambda: {**Hub.info(hub), "sha": "f" * 40}  # type: ignore[method-assign]
    assert "does not hold" in run_pull(hub.url, tmp_path).stdout
    assert "does not hold" in run_pull(f"{hub.url}/elsewhere", tmp_path).stdout


def test_offline_mode_is_respected(hub, tmp_path):
    ran = run_pull(hub.url, tmp_path, HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE is set" in ran.stdout
    assert hub.asked == []


def test_verify_sees_a_changed_file(tmp_path):
    folder = tmp_path / "toy"
    shutil.copytree(SAMPLE, folder)
    body = (folder / "model.bin").read_bytes()
    record = {"files": {"model.bin": {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}}}
    (folder / weights.RECORD).write_text(json.dumps(record))
    found = weights.resolve(folder, ())
    assert weights.verify(found).ok
    (folder / "model.bin").write_bytes(body[:-1] + bytes([body[-1] ^ 1]))
    assert weights.verify(found).text.startswith("model.bin differs")
    (folder / "model.bin").unlink()
    assert not weights.verify(found).ok


def test_the_command_line_lists_verifies_and_removes(unsaid, workspace):
    model_at(workspace / "models" / "base.en")
    rows = {row["name"]: row for row in json.loads(unsaid("models", "list", "--json").stdout)}
    assert rows["base.en"]["path"] == str(workspace / "models" / "base.en")
    assert rows["small.en"]["path"] is None
    assert rows["sample-en"]["path"]
    listed = unsaid("models", "list")
    assert "Used where no --model is given: base.en" in listed.stdout
    assert unsaid("models", "path", "base.en").stdout.strip() == str(workspace / "models" / "base.en")
    checked = unsaid("models", "verify")
    assert checked.returncode == 2
    assert "base.en: BAD: model.bin differs" in checked.stdout
    asked = unsaid("models", "remove", "base.en")
    assert asked.returncode == 2
    assert "--yes" in asked.stderr
    assert unsaid("models", "remove", "base.en", "--yes").returncode == 0
    assert not (workspace / "models" / "base.en").exists()
    assert "Did you mean base.en?" in unsaid("models", "path", "bas.en").stderr
