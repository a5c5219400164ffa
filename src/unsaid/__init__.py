"""unsaid: find the reasoning that a spoken answer left unsaid."""

__version__ = "0.1.0"
