"""The processes of this machine, for tests that interrupt some of them."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable


def family(pid: int) -> dict[int, str]:
    """A process and its descendants, with their command lines."""
    rows, found = processes(), {pid}
    while more := {child for child, parent, _ in rows if parent in found} - found:
        found |= more
    return {child: words for child, _, words in rows if child in found}


def left_of(started: dict[int, str]) -> dict[int, str]:
    """The processes of a family that still run, with their command lines."""
    present = {pid: words for pid, _, words in processes()}
    return {pid: words for pid, words in started.items() if present.get(pid) == words}


def processes() -> list[tuple[int, int, str]]:
    """ID, parent and command line of each process on this machine, without zombies."""
    listing = subprocess.run(
        shlex.split("ps -A -ww -o pid= -o ppid= -o stat= -o args="),
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [line.split(maxsplit=3) for line in listing.stdout.splitlines()]
    return [(int(row[0]), int(row[1]), row[3]) for row in rows if len(row) == 4 and not row[2].startswith("Z")]


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    """Wait until a condition holds that other processes change.

    Raises:
        AssertionError: The condition does not hold after 60 s.
    """
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"{otherwise}, after 60 s")
