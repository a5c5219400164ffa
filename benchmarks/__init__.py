"""How fast `unsaid` is, as ratios measured in one run: `python -m benchmarks`."""
