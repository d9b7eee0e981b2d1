"""What does it cost, compared with other ways? Run as `make bench` or `python -m benchmarks [FIGURE …]`."""
