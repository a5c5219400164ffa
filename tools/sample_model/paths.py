"""Where things lie."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

PHRASES = HERE / "phrases.txt"
UNSEEN = HERE / "unseen.txt"
ANSWER = HERE / "answer.toml"
CARD = HERE / "card.md"
WORK = HERE / "scratch"
"""Everything that can be made again: clips, checkpoints, logs. Not under version control."""
SAMPLE = ROOT / "sessions" / "sample"
MODEL = ROOT / "models" / "sample-en"
