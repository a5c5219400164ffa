from __future__ import annotations

import json
from pathlib import Path


def chunk_length_s(folder: Path) -> float:
    """Length of the model's window in seconds: `chunk_length` of preprocessor_config.json, 30 where it says nothing."""
    try:
        config = json.loads((folder / "preprocessor_config.json").read_text("utf-8"))
        return float(config.get("chunk_length", 30))
    except (OSError, ValueError, AttributeError, TypeError):
        return 30.0
