"""Writes the tables and plots of the page, and all results as JSON."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from tools.engine.making import version_of

from .figure import Figure, Row
from .plot import draw

ROOT = Path(__file__).resolve().parents[1]
_RESULTS = ROOT / "benchmarks" / "results.json"
_PAGE = ROOT / "docs" / "benchmarks.md"
_PLOTS = ROOT / "docs" / "plots"
_MARKS = ("<!-- figures -->\n", "<!-- /figures -->")


Measured = tuple[Figure, tuple[Row, ...]]


def markdown(figure: Figure, rows: Sequence[Row]) -> str:
    """Return work and limit of a figure, and a table of its rows."""
    head = [figure.axis, *rows[0].costs, "ratio", "limit"]
    lines = [head, ["---:"] * len(head)]
    for row in rows:
        costs = map(_number, (row.case, *row.costs.values(), row.ratio))
        lines.append([*costs, _verdict(row)])
    words = f"**{figure.title}**, in {figure.unit}. {figure.work} Limit: {figure.limit}."
    return "\n".join([words, "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def write_report(page: Mapping[str, Sequence[Figure]], measured: Sequence[Measured], terraform: Path) -> None:
    """Write the results, the plots, and the part of the page between its marks.

    Args:
        page: Figures by section of the page; the figures of a section share one plot.
        measured: All figures with their rows, also figures without a section.
        terraform: Terraform or OpenTofu, whichever was measured.
    """
    machine = {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        terraform.name: ".".join(map(str, version_of(terraform, CHECKPOINT_DISABLE="1"))),
        "load average": round(os.getloadavg()[2]),
    }
    figures = ",\n".join(json.dumps(_result(*one)) for one in measured)
    _RESULTS.write_text(f'{{"machine": {json.dumps(machine)}, "figures": [\n{figures}\n]}}\n')
    _PLOTS.mkdir(exist_ok=True)
    parts = [f"Machine of this run: {', '.join(f'{key} {value}' for key, value in machine.items())}.\n"]
    for title, shown in page.items():
        panels = [(figure, rows) for figure, rows in measured if figure in shown]
        plot = _PLOTS / f"{title.lower().replace(' ', '_')}.svg"
        draw(panels, plot)
        parts += [f"## {title}\n", *(markdown(*panel) for panel in panels), f"![{title}](plots/{plot.name})\n"]
    text = "\n".join(parts).join(_MARKS)
    _PAGE.write_text(re.sub(".*".join(_MARKS), lambda _: text, _PAGE.read_text(), flags=re.DOTALL))


def _result(figure: Figure, rows: Sequence[Row]) -> dict[str, object]:
    described = {key: value for key, value in vars(figure).items() if key != "measure"}
    return described | {"rows": [asdict(row) | {"ratio": row.ratio} for row in rows]}


def _verdict(row: Row) -> str:
    if row.limit is None:
        return "none"
    return f"{_number(row.limit)} ({'kept' if row.of_limit <= 1 else f'missed: {row.of_limit:.2f} of it'})"


def _number(value: float) -> str:
    return f"{value:.3g}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}"
