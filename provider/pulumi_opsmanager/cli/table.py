"""A table for people: folded to a terminal where no word breaks, one line a row everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import click
from rich.cells import cell_len
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from pulumi_opsmanager.errors import printable

from .console import console

# Far beyond any row.
_NO_BOUND = 10_000


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: Its head.
        colours: Of a cell with exactly this text, on a terminal.
        folds: The one column that takes several lines where the terminal has no room.
        justify: Numbers stand to the right.
    """

    title: str
    colours: Mapping[str, str] = field(default_factory=dict)
    folds: bool = False
    justify: Literal["left", "right"] = "left"


def show(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output; no escape code in a pipe or a file, unless FORCE_COLOR asks for colours."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        unbroken = [part for row in rows for part in (row[place].split() if column.folds else [row[place]])]
        width = max(map(cell_len, [column.title, *unbroken]))
        table.add_column(column.title, justify=column.justify, min_width=width, no_wrap=not column.folds)
    for row in rows:
        # A `Text` is not read as rich's markup: names come from a server.
        table.add_row(*(_text(cell, column) for cell, column in zip(row, columns, strict=True)))
    printer = console()
    room = Measurement.get(printer, printer.options.update(width=_NO_BOUND), table)
    if not sys.stdout.isatty() or room.minimum > printer.width:
        printer.width = _NO_BOUND
    with printer.capture() as captured:
        printer.print(table)
    lines = (line.rstrip() for line in captured.get().splitlines())
    # Left to itself, click takes every escape code out of what goes to a pipe.
    click.echo("\n".join(lines), color=printer.color_system is not None)


def _text(cell: str, column: Column) -> Text:
    return Text(printable(cell), column.colours.get(cell, ""))
