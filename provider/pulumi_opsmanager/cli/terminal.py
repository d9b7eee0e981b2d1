"""The terminal: tables on standard output, and a progress line on standard error.

NO_COLOR and FORCE_COLOR apply to both. rich is imported late, because help, errors and JSON do not need it.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import click

from pulumi_opsmanager.errors import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, TaskID

PATIENCE_SECONDS = 1.0
"""A command that takes longer shows a progress line."""

# Wider than any row.
_UNBOUNDED = 10_000

_Unit = Literal["bytes", "jobs"]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        title: Text of the header.
        colours: Colour by the exact text of the cell.
        folds: Whether a cell may take several lines if the terminal is too narrow.
        justify: "right" for numbers.
    """

    title: str
    colours: Mapping[str, str] = field(default_factory=dict)
    folds: bool = False
    justify: Literal["left", "right"] = "left"


def show(columns: Sequence[Column], rows: Sequence[Sequence[str | None]]) -> None:
    """Print a table: on a terminal folded between words, in a pipe or file one line for each row.

    Args:
        columns: The columns.
        rows: The cells of each row; None is an unknown value.
    """
    from rich.cells import cell_len
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    cells = [["-" if cell is None else printable(cell) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        unbroken = [part for row in cells for part in (row[place].split() if column.folds else [row[place]])]
        width = max(map(cell_len, [column.title, *unbroken]))
        table.add_column(column.title, justify=column.justify, min_width=width, no_wrap=not column.folds)
    for row in cells:
        # Names come from a server: rich parses markup in a str, but not in a Text.
        table.add_row(*(Text(cell, column.colours.get(cell, "")) for cell, column in zip(row, columns, strict=True)))
    console = _console()
    room = Measurement.get(console, console.options.update(width=_UNBOUNDED), table)
    if not sys.stdout.isatty() or room.minimum > console.width:
        console.width = _UNBOUNDED
    with console.capture() as captured:
        console.print(table)
    lines = (line.rstrip() for line in captured.get().splitlines())
    # By default click removes every escape code from the output to a pipe, also if FORCE_COLOR is set.
    click.echo("\n".join(lines), color=console.color_system is not None)


def size(size_bytes: int) -> str:
    """A number of bytes for people, such as `80.0 kB`."""
    from rich.filesize import decimal

    return decimal(size_bytes)


@contextmanager
def progress(doing: str, *, unit: _Unit | None = None, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a progress line until the block ends: only on a terminal, and only after `PATIENCE_SECONDS`.

    Args:
        doing: What the command does, in a few words.
        unit: What is counted; None if nothing is.
        total: The final count; None if unknown.

    Yields: Function that receives the present count.
    """
    # FORCE_COLOR asks for colours in a file, not for a moving line.
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _: None
        return
    line = _Line(doing, unit, total)
    timer = threading.Timer(PATIENCE_SECONDS, line.show)
    timer.start()
    try:
        yield line.update
    finally:
        timer.cancel()
        timer.join()
        line.hide()


class _Line:
    """The progress line; the timer's thread calls `show`."""

    def __init__(self, doing: str, unit: _Unit | None, total: int | None) -> None:
        self._doing, self._unit, self._total = doing, unit, total
        self._count = 0
        self._shown: tuple[Progress, TaskID] | None = None

    def show(self) -> None:
        from rich.progress import Progress

        bar = Progress(
            *_columns(self._unit, self._total),
            console=_console(stderr=True),
            transient=True,
            # Standard output may be a pipe.
            redirect_stdout=False,
            redirect_stderr=False,
        )
        task = bar.add_task(self._doing, total=self._total, completed=self._count)
        bar.start()
        self._shown = bar, task

    def update(self, count: int) -> None:
        self._count = count
        if self._shown is not None:
            bar, task = self._shown
            bar.update(task, completed=count)

    def hide(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()


def _columns(unit: _Unit | None, total: int | None) -> Iterator[ProgressColumn]:
    from rich import progress as columns

    yield columns.SpinnerColumn()
    yield columns.TextColumn("{task.description}")
    if unit == "bytes":
        if total:
            yield columns.BarColumn()
        yield from (columns.DownloadColumn(), columns.TransferSpeedColumn())
    elif unit:
        yield columns.TextColumn(f"{unit}: {{task.completed:.0f}}")
    yield columns.TimeElapsedColumn()


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # NO_COLOR wins over FORCE_COLOR.
    return Console(stderr=stderr, color_system=None if os.environ.get("NO_COLOR") else "auto")
