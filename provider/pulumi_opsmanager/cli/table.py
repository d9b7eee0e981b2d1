"""A table for people: folded to a terminal where no word breaks, one line a row everywhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import click
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

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
    """Print a table to standard output; no colours with NO_COLOR, no escape codes at all in a pipe or a file."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, column in enumerate(columns):
        unbroken = [part for row in rows for part in (row[place].split() if column.folds else [row[place]])]
        width = max(map(cell_len, [column.title, *unbroken]))
        table.add_column(column.title, justify=column.justify, min_width=width, no_wrap=not column.folds)
    for row in rows:
        # A `Text` is not read as rich's markup: names come from a server.
        table.add_row(*(_text(cell, column) for cell, column in zip(row, columns, strict=True)))
    console = Console(color_system=None if os.environ.get("NO_COLOR") else "auto")
    room = Measurement.get(console, console.options.update(width=_NO_BOUND), table)
    if not console.is_terminal or room.minimum > console.width:
        console.width = _NO_BOUND
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _text(cell: str, column: Column) -> Text:
    # A server's text cannot steer the terminal.
    printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in cell)
    return Text(printable, column.colours.get(cell, ""))
