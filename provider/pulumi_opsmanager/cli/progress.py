"""A line on standard error about what takes long: only on a terminal, not in the first second, gone at the end."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn, TaskID

PATIENCE_SECONDS = 1.0

_Unit = Literal["bytes", "jobs"]


@contextmanager
def progress(doing: str, *, unit: _Unit | None = None, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show what goes on until the block ends.

    Args:
        doing: In a few words.
        unit: Of what is counted; None = nothing is.
        total: How many there will be; None = nobody knows.

    Yields: Hears how many there are so far.
    """
    # FORCE_COLOR asks for colours in a file, not for a line that moves.
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    line = _Line(doing, unit, total)
    timer = threading.Timer(PATIENCE_SECONDS, line.show)
    timer.start()
    try:
        yield line.hear
    finally:
        timer.cancel()
        timer.join()
        line.hide()


def _columns(unit: _Unit | None, total: int | None) -> Iterator[ProgressColumn]:
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TransferSpeedColumn,
    )

    yield SpinnerColumn()
    yield TextColumn("{task.description}")
    if unit == "bytes":
        if total:
            yield BarColumn()
        yield from (DownloadColumn(), TransferSpeedColumn())
    elif unit:
        yield TextColumn(f"{unit}: {{task.completed:.0f}}")
    yield TimeElapsedColumn()


class _Line:
    """What has been heard, and the line once there is one; `show` comes from another thread than the rest."""

    def __init__(self, doing: str, unit: _Unit | None, total: int | None) -> None:
        self._doing, self._unit, self._total = doing, unit, total
        self._heard = 0
        self._shown: tuple[Progress, TaskID] | None = None

    def show(self) -> None:
        # Here, because what takes no second needs no rich.
        from rich.progress import Progress

        from .console import console

        bar = Progress(
            *_columns(self._unit, self._total),
            console=console(stderr=True),
            transient=True,
            # Standard output is none of its business, and may be a pipe.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        task = bar.add_task(self._doing, total=self._total, completed=self._heard)
        bar.start()
        self._shown = bar, task

    def hear(self, count: int) -> None:
        self._heard = count
        if self._shown is not None:
            bar, task = self._shown
            bar.update(task, completed=count)

    def hide(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()
