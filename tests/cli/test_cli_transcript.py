"""`unsaid audit` on transcripts: every way in, every way out, every refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

PROMPT = "Design a rate limiter for a public API."
ANSWER = """\
1
00:00:00,500 --> 00:00:03,000
Is the limit for each user or for each address?

2
00:00:09,000 --> 00:00:12,000
I'd go with a token bucket.

3
00:00:12,500 --> 00:00:15,000
Next, the interface.

4
00:00:15,500 --> 00:00:18,000
The client sends a key with every request.

5
00:00:18,500 --> 00:00:21,000
Thank you for listening.
"""


@pytest.fixture
def answer(tmp_path: Path) -> Path:
    path = tmp_path / "answer.srt"
    path.write_text(ANSWER)
    return path


def audit_json(unsaid, *args: object, **kwargs) -> dict:
    done = unsaid("audit", *args, "--format", "json", **kwargs)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_contract_that_other_tools_read(unsaid, answer: Path, workspace: Path) -> None:
    found = audit_json(unsaid, answer, "--prompt", PROMPT, "--kind", "design")
    assert found["schema"] == 1
    assert found["source"] == {"kind": "transcript", "name": "answer.srt"}
    flag = next(f for f in found["flags"] if f["family"] == "silent-decision")
    assert flag["start"] == pytest.approx(9.0, abs=0.1)
    assert flag["end"] == pytest.approx(12.0, abs=0.1)
    assert flag["code"] == "D2", "six seconds of silence stand before it"
    assert flag["quote"] in flag["sentence"]
    assert "___" in flag["rewrite"]
    assert flag["evidence"] and flag["message"]
    assert not workspace.exists(), "a transcript makes no session"


def test_standard_input_gives_the_same(unsaid, answer: Path) -> None:
    from_file = audit_json(unsaid, answer, "--prompt", PROMPT)
    from_pipe = audit_json(unsaid, "-", "--prompt", PROMPT, stdin=ANSWER)
    assert from_pipe["flags"] == from_file["flags"]


def test_rules_can_be_chosen(unsaid, answer: Path, workspace: Path) -> None:
    assert audit_json(unsaid, answer, "--ignore", "D")["flags"] == []
    assert {f["code"][0] for f in audit_json(unsaid, answer, "--select", "D")["flags"]} == {"D"}
    workspace.mkdir()
    (workspace / "unsaid.toml").write_text('ignore = ["silent-decision"]\n')
    assert audit_json(unsaid, answer)["flags"] == []
    assert audit_json(unsaid, answer, env={"UNSAID_IGNORE": "A"})["flags"] != []


def test_check_fails_only_when_flags_remain(unsaid, answer: Path) -> None:
    assert unsaid("audit", answer).returncode == 0
    assert unsaid("audit", answer, "--check").returncode == 1
    assert unsaid("audit", answer, "--check", "--ignore", "D").returncode == 0


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [
        (".md", "# "),
        (".html", "<!doctype html>"),
        (".json", "{"),
        (".srt", "1\n"),
        (".vtt", "WEBVTT"),
        (".txt", ""),
    ],
)
def test_the_output_files_name_tells_the_format(
    unsaid, answer: Path, tmp_path: Path, suffix: str, begins: str
) -> None:
    out = tmp_path / f"out{suffix}"
    done = unsaid("audit", answer, "-o", out)
    assert done.returncode == 0
    assert done.stdout == ""
    text = out.read_text()
    assert text.lower().startswith(begins.lower())
    assert "token bucket" in text
    assert "D2" in text


def test_audacity_labels(unsaid, answer: Path) -> None:
    rows = [line.split("\t") for line in unsaid("audit", answer, "-f", "audacity").stdout.splitlines()]
    (row,) = (r for r in rows if "D2" in r[2])
    assert [float(row[0]), float(row[1])] == pytest.approx([9.0, 12.0], abs=0.1)


def test_nothing_is_coloured_in_a_pipe(unsaid, answer: Path) -> None:
    assert "\x1b" not in unsaid("audit", answer, env={"NO_COLOR": ""}).stdout


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.srt", None, "no file"),
        ("empty.srt", b"", "empty"),
        ("bad.srt", b"1\n00:00:99,000 --> nonsense\nHello.\n", "line 2"),
        ("bad.vtt", b"WEBVTT\n\n00:00:01.000 --> 00:xx\nHello.\n", "line 3"),
        ("bad.json", b'{"segments": [\n{"start": 1, "text": "a"\n', "line"),
        ("other.json", b'{"hello": "world"}', "other.json"),
        ("latin.txt", b"caf\xe9 is where I decided", "UTF-8"),
    ],
)
def test_bad_transcripts_are_named(unsaid, tmp_path: Path, workspace: Path, name, content, says) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    out = tmp_path / "out.json"
    done = unsaid("audit", path, "--output", out)
    assert done.returncode == 2
    assert done.stdout == ""
    first, second = done.stderr.strip().splitlines()
    assert first.startswith("error: ")
    assert name in first
    assert says in first
    assert second.startswith("hint: ")
    assert not out.exists()
    assert not workspace.exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["no-such-session"], "there is no session 'no-such-session'"),
        (["ANSWER", "--select", "X9"], "'X9' stands for no rule"),
        (["ANSWER", "--prompt", "rate-limitr"], "no prompt 'rate-limitr'"),
        (["ANSWER", "--prompt", " "], "the prompt is empty"),
        (["ANSWER", "--output", "nowhere/out.md"], "no folder nowhere"),
        (["ANSWER", "--kind", "poem"], "poem"),
        (["ANSWER", "--format", "pdf"], "pdf"),
        (["."], "is no session"),
        (["-"], "standard input is empty"),
        ([], "TARGET"),
    ],
)
def test_wrong_usage_is_told_and_exits_with_2(unsaid, answer: Path, args: list[str], says: str) -> None:
    done = unsaid("audit", *[str(answer) if a == "ANSWER" else a for a in args])
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_a_prompt_can_be_named_by_its_id(unsaid, answer: Path, workspace: Path) -> None:
    found = audit_json(unsaid, answer, "--prompt", "rate-limiter")
    assert found["prompt"].startswith("Design a rate limiter")
    assert found["kind"] == "design"
    (workspace / "prompts").mkdir(parents=True)
    (workspace / "prompts" / "my-own.toml").write_text('text = "Why this one?"\nkind = "story"\n')
    assert audit_json(unsaid, answer, "--prompt", "my-own")["prompt"] == "Why this one?"
    (workspace / "prompts" / "broken.toml").write_text('text = "Why?"\nkind = "poem"\n')
    done = unsaid("audit", answer, "--prompt", "broken")
    assert done.returncode == 2
    assert "broken.toml, line 2: 'kind' is 'poem'" in done.stderr


def test_every_rule_is_listed_and_explained(unsaid) -> None:
    rows = json.loads(unsaid("rules", "--json").stdout)
    assert {r["code"] for r in rows} == {
        *("D1", "D2", "D3", "D4"),
        *("A1", "A2", "A3", "A4", "A5"),
        *("U1", "U2", "U3", "U4", "U5"),
        *("E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8"),
    }
    listed = unsaid("rules").stdout
    for row in rows:
        assert f"{row['code']}  {row['name']}" in listed
    text = unsaid("explain", "d1").stdout
    for heading in ("D1  unexplained-choice", "Flagged", "Not flagged", "How to say it instead", "___"):
        assert heading in text
    assert unsaid("explain", "unexplained-choice").stdout == text
    assert unsaid("explain", "D9").returncode == 2


def test_help_names_every_command_as_the_command_does(unsaid) -> None:
    from unsaid.cli import COMMANDS, cli

    text = unsaid("--help").stdout
    for name, (_, line) in COMMANDS.items():
        assert f"  {name}" in text
        command = cli.get_command(None, name)  # type: ignore[arg-type]
        assert command is not None and command.help is not None
        assert command.help.split("\n\n")[0].replace("\n", " ").strip() == line


def test_version(unsaid) -> None:
    from unsaid import __version__

    assert unsaid("--version").stdout == f"unsaid, version {__version__}\n"
