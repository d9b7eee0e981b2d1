"""What does it cost, against what people use today? Run as `python -m benchmarks`, or by `make bench`."""
