"""Measure how much the memory of a process grows during some work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path


def grown_mib(work: Callable[..., None], *arguments: object) -> float:
    """Return the peak of a new process during the work, less its memory after the imports (MiB)."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_grown_mib, work, *arguments).result()


def _grown_mib(work: Callable[..., None], *arguments: object) -> float:
    before = _status_mib("VmRSS")
    work(*arguments)
    return _status_mib("VmHWM") - before


def _status_mib(field: str) -> float:
    # The peak of `getrusage` includes the process that started this one.
    return int(Path("/proc/self/status").read_text().partition(f"{field}:")[2].split()[0]) / 1024
