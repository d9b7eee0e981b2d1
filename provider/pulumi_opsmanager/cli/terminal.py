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
    from rich.progress import Progress

PATIENCE_SECONDS = 1.0
"""A command that takes longer shows a progress line."""

# A width that no row reaches.
_UNBOUNDED = 10_000

_Unit = Literal["bytes", "jobs"]


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    title: str
    colours: Mapping[str, str] = field(default_factory=dict)  # colour of a cell by its exact text
    folds: bool = False  # whether a cell may take several lines if the terminal is too narrow
    justify: Literal["left", "right"] = "left"


def show(columns: Sequence[Column], rows: Sequence[Sequence[str | int | None]]) -> None:
    """Print a table. A terminal folds cells between words. A pipe or file gets one line for each row.

    A cell that is None is an unknown value.
    """
    from rich.cells import cell_len
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    cells = [["-" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        unbroken = [part for row in cells for part in (row[place].split() if column.folds else [row[place]])]
        width = max(map(cell_len, [column.title, *unbroken]))
        table.add_column(column.title, justify=column.justify, min_width=width, no_wrap=not column.folds)
    for row in cells:
        # Names come from a server, and rich parses markup in a str, but not in a Text.
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
    """Write a number of bytes for people, such as `80.0 kB`."""
    from rich.filesize import decimal

    return decimal(size_bytes)


@contextmanager
def progress(doing: str, *, unit: _Unit | None = None, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a progress line until the block ends. It needs a terminal, and appears after `PATIENCE_SECONDS`.

    Yields: Function that receives the present count. Without a unit the line shows no count.
    """
    with activity(doing, unit=unit, total=total) as line:
        yield line.count


@contextmanager
def activity(doing: str, *, unit: _Unit | None = None, total: int | None = None) -> Iterator[Line]:
    """Show a progress line with changing words, and messages above it. See `progress`."""
    # FORCE_COLOR asks for colours in a file, not for a moving line.
    is_shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    line = Line(doing, unit, total)
    timer = threading.Timer(PATIENCE_SECONDS, line.begin)
    if is_shown:
        timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        if is_shown:
            timer.join()
        line.end()


class Line:
    """A progress line, before and after it appears."""

    def __init__(self, doing: str, unit: _Unit | None, total: int | None) -> None:
        self._doing = doing
        self._unit = unit
        self._total = total
        self._count = 0
        self._bar: Progress | None = None

    def begin(self) -> None:
        """Show the line."""
        bar = _bar(self._unit, self._total)
        bar.add_task(self._doing, total=self._total, completed=self._count)
        bar.start()
        self._bar = bar

    def end(self) -> None:
        """Remove the line."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def count(self, present: int) -> None:
        """Show a count."""
        self._count = present
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=present)

    def say(self, doing: str) -> None:
        """Show other words."""
        from rich.markup import escape

        self._doing = escape(printable(doing))
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=self._doing)

    def note(self, message: str) -> None:
        """Print a message that stays, above the line."""
        text = printable(message)
        if self._bar is None:
            click.echo(text, err=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _bar(unit: _Unit | None, total: int | None) -> Progress:
    from rich import progress as rich

    counts: list[rich.ProgressColumn] = []
    if unit == "bytes":
        counts = [*([rich.BarColumn()] if total else []), rich.DownloadColumn(), rich.TransferSpeedColumn()]
    elif unit:
        counts = [rich.TextColumn(f"{unit}: {{task.completed:.0f}}")]
    columns = [rich.SpinnerColumn(), rich.TextColumn("{task.description}"), *counts, rich.TimeElapsedColumn()]
    console = _console(stderr=True)
    # No redirection, because standard output may be a pipe.
    return rich.Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    # NO_COLOR wins over FORCE_COLOR.
    return Console(stderr=stderr, color_system=None if os.environ.get("NO_COLOR") else "auto")
