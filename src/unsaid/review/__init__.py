"""The drill after the audit: every flagged moment is judged and said better. `state` and `check` are pure."""
