import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if (
    str(ROOT) not in sys.path
):  # `tools` is not installed; `pytest` alone does not put the project's root there
    sys.path.insert(0, str(ROOT))
