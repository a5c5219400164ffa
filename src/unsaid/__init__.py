"""unsaid: find the reasoning that a spoken answer left unsaid."""

import os

__version__ = "0.1.0"

# Nothing leaves the machine: onnxruntime, which runs the voice activity model, otherwise keeps a number of
# this machine and reports to its maker (Linux and macOS, since 1.29). It reads this when it is imported, and
# in every process of ours this package is imported before it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
