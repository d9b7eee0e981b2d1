"""Measure what the package costs, beside alternatives. Run as `make bench` or `python -m benchmarks [FIGURE …]`."""
