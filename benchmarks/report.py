"""Write the tables and plots of the pages, and all results as JSON."""

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
from .stacks import IDLE

ROOT = Path(__file__).resolve().parents[1]
_RESULTS = ROOT / "benchmarks" / "results.json"
_PAGE = ROOT / "docs" / "benchmarks.md"
_SCALE_PAGE = ROOT / "docs" / "scale.md"
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
    machine = _machine() | {terraform.name: ".".join(map(str, version_of(terraform, CHECKPOINT_DISABLE="1")))}
    figures = ",\n".join(json.dumps(_result(*one)) for one in measured)
    _RESULTS.write_text(f'{{"machine": {json.dumps(machine)}, "figures": [\n{figures}\n]}}\n')
    _PLOTS.mkdir(exist_ok=True)
    parts = [_machine_line(machine)]
    for title, shown in page.items():
        panels = [(figure, rows) for figure, rows in measured if figure in shown]
        plot = _PLOTS / f"{title.lower().replace(' ', '_')}.svg"
        draw(panels, plot)
        parts += [f"## {title}\n", *(markdown(*panel) for panel in panels), f"![{title}](plots/{plot.name})\n"]
    _put(_PAGE, "\n".join(parts))


def write_scale_page(measured: Sequence[Measured]) -> None:
    """Write one table of several figures: a row for each case, a column for each figure.

    A provider that sends nothing is in brackets.
    """
    head = ["jobs", *(f"{figure.title.lower()} ({figure.unit})" for figure, _ in measured)]
    by_case = [{row.case: row for row in rows} for _, rows in measured]
    cases = sorted({case for rows in by_case for case in rows})
    cells = [[_number(case), *(_with_idle(rows.get(case)) for rows in by_case)] for case in cases]
    lines = [head, ["---:"] * len(head), *cells]
    table = "".join(f"| {' | '.join(line)} |\n" for line in lines)
    _put(_SCALE_PAGE, f"{_machine_line(_machine())}\n{table}")


def _with_idle(row: Row | None) -> str:
    if row is None:
        return "-"
    alternative = f" ({_number(row.costs[IDLE])})" if IDLE in row.costs else ""
    return _number(row.costs["ours"]) + alternative


def _put(page: Path, text: str) -> None:
    """Replace the part of a page between its marks."""
    marked = text.join(_MARKS)
    page.write_text(re.sub(".*".join(_MARKS), lambda _: marked, page.read_text(), flags=re.DOTALL))


def _machine() -> dict[str, object]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load average": round(os.getloadavg()[2]),
    }


def _machine_line(machine: Mapping[str, object]) -> str:
    return f"Machine of this run: {', '.join(f'{key} {value}' for key, value in machine.items())}.\n"


def _result(figure: Figure, rows: Sequence[Row]) -> dict[str, object]:
    described = {key: value for key, value in vars(figure).items() if key != "measure"}
    return described | {"rows": [asdict(row) | {"ratio": row.ratio} for row in rows]}


def _verdict(row: Row) -> str:
    if row.limit is None:
        return "none"
    return f"{_number(row.limit)} ({'kept' if row.of_limit <= 1 else f'missed: {row.of_limit:.2f} of it'})"


def _number(value: float) -> str:
    return f"{value:.3g}" if isinstance(value, float) and value < 1000 else f"{value:,.0f}"
