"""A session is a folder: the recording, what was heard, what was flagged."""
