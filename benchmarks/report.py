"""How figures are told: as a table for the terminal, as rows of the page, as JSON and as plots."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .figure import Figure, Row

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
PLOTS = ROOT / "docs" / "plots"


@dataclass(frozen=True)
class Measured:
    """A figure with what was seen."""

    figure: Figure
    rows: tuple[Row, ...]

    @property
    def is_kept(self) -> bool:
        """Whether every row keeps its limit."""
        return all(row.is_kept for row in self.rows)

    def cells(self) -> list[tuple[str, ...]]:
        """One line for each row, under `HEAD`."""
        return [
            (
                f"{row.case:g} {self.figure.axis}",
                _number(row.ours, self.figure.unit),
                "; ".join(f"{name} {_number(cost, self.figure.unit)}" for name, cost in row.others.items()) or "-",
                f"{row.ratio:.2g}" if row.ratio is not None else "-",
                _number(row.limit, self.figure.unit) if row.limit is not None else "-",
                "kept" if row.is_kept else "missed",
            )
            for row in self.rows
        ]

    def text(self) -> str:
        """For a terminal."""
        table = [HEAD, *self.cells()]
        widths = [max(len(line[column]) for line in table) for column in range(len(HEAD))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table
        ]
        return "\n".join([self.figure.work, f"to reach: {self.figure.target}", *lines, *self._why(), ""])

    def markdown(self) -> str:
        """For the page."""
        table = [HEAD, tuple("---" for _ in HEAD), *self.cells()]
        lines = [f"| {' | '.join(line)} |" for line in table]
        plot = f"![{self.figure.name}](plots/{self.figure.name}.svg)"
        heading = f"## {self.figure.name.replace('_', ' ').capitalize()}"
        told = [heading, self.figure.work, f"To reach: {self.figure.target}.", "\n".join(lines), *self._why(), plot]
        return "\n\n".join(told) + "\n"

    def _why(self) -> list[str]:
        return [] if self.is_kept else [f"Missed: {self.figure.missed or 'not explained'}."]


HEAD = ("case", "ours", "others", "ratio", "limit", "")


def write_report(measured: Sequence[Measured]) -> None:
    """Write results, plots and the page's part between `<!-- figures -->` and its end."""
    seen = [
        {key: value for key, value in asdict(one.figure).items() if key != "measure"}
        | {"rows": [asdict(row) | {"ratio": row.ratio, "is_kept": row.is_kept} for row in one.rows]}
        for one in measured
    ]
    machine = {"system": platform.system(), "python": platform.python_version(), "machine": platform.machine()}
    RESULTS.write_text(json.dumps({"machine": machine, "figures": seen}, indent=2) + "\n")
    figures = "\n".join(one.markdown() for one in measured)
    page = PAGE.read_text()
    marked = re.sub(
        r"<!-- figures -->\n.*<!-- /figures -->",
        lambda _: f"<!-- figures -->\n{figures}<!-- /figures -->",
        page,
        flags=re.DOTALL,
    )
    PAGE.write_text(marked)
    PLOTS.mkdir(exist_ok=True)
    for one in measured:
        _plot(one, PLOTS / f"{one.figure.name}.svg")


def _plot(measured: Measured, file: Path) -> None:
    # Only a report needs it, and it takes a second to import.
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    # The same figures give the same file, wherever they are drawn.
    mpl.rcParams["svg.hashsalt"] = measured.figure.name
    canvas = Canvas(figsize=(6, 3.2), layout="constrained")
    axes: Any = canvas.subplots()
    cases = [row.case for row in measured.rows]
    series: dict[str, list[float | None]] = {"ours": [row.ours for row in measured.rows]}
    for name in dict.fromkeys(name for row in measured.rows for name in row.others):
        series[name] = [row.others.get(name) for row in measured.rows]
    for name, costs in series.items():
        axes.plot(cases, costs, marker="o", linewidth=2.5 if name == "ours" else 1.2, label=name)
    if all(row.limit is not None for row in measured.rows):
        axes.plot(cases, [row.limit for row in measured.rows], "k:", linewidth=1, label="limit")
    axes.set(xlabel=measured.figure.axis, ylabel=measured.figure.unit, ylim=(0, None))
    if len(cases) > 1 and max(cases) > 8 * min(cases):
        axes.set_xscale("log")
        axes.set_xticks(cases, [f"{case:g}" for case in cases], minor=False)
        axes.minorticks_off()
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small")
    canvas.savefig(file, metadata={"Date": None})


def _number(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}" if isinstance(value, float) and value < 1000 else f"{value:,.0f} {unit}"
