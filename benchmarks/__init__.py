"""What does it cost, compared with what people use today? Run as `make bench` or `python -m benchmarks [FIGURE …]`."""
