"""One plot per section: a panel for each figure, with bars for two cases and lines for more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .figure import Figure, Row

_COLOURS = ("#1f77b4", "#ff7f0e", "#7f7f7f", "#bcbd22", "#9467bd")

# A linear scale hides the small values of a wider range.
_WIDE = 10


def draw(panels: Sequence[tuple[Figure, Sequence[Row]]], file: Path) -> None:
    """Draw figures side by side into an SVG file."""
    # Only a report needs it, and its import takes a second.
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    # The same figures always give the same file.
    mpl.rcParams["svg.hashsalt"] = file.name
    canvas = Canvas(figsize=(5.6 * len(panels), 3.8), layout="constrained")
    for axes, (figure, rows) in zip(canvas.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        (_lines if len(rows) > 2 else _bars)(axes, rows)
        axes.set(title=figure.title, xlabel=figure.axis, ylabel=figure.unit)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(visible=True, axis="y", alpha=0.3)
        axes.set_axisbelow(True)
        axes.legend(fontsize="small", loc="upper left", frameon=False)
    canvas.savefig(file, metadata={"Date": None})


def _bars(axes: Any, rows: Sequence[Row]) -> None:
    width = 0.8 / len(rows[0].costs)
    for place, name in enumerate(rows[0].costs):
        middles = [case - 0.4 + width * (place + 0.5) for case in range(len(rows))]
        bars = axes.bar(middles, [row.costs[name] for row in rows], 0.9 * width, label=name, color=_COLOURS[place])
        labels = [f"x {row.ratio:.2g}\n" * (name == "ours") + f"{row.costs[name]:.3g}" for row in rows]
        axes.bar_label(bars, labels, fontsize="small", padding=2)
    for case, row in enumerate(rows):
        if row.limit is not None:
            label = None if case else "limit of ours"
            axes.plot([case - 0.4, case - 0.4 + width], [row.limit] * 2, "k:", linewidth=1.5, label=label)
    axes.set_xticks(range(len(rows)), [f"{row.case:,}" for row in rows])
    axes.set_ylim(0, 1.4 * axes.get_ylim()[1])  # room for the legend


def _lines(axes: Any, rows: Sequence[Row]) -> None:
    cases = [row.case for row in rows]
    for place, name in enumerate(rows[0].costs):
        costs, width = [row.costs[name] for row in rows], 2.5 if name == "ours" else 1.5
        axes.plot(cases, costs, marker="o", linewidth=width, label=name, color=_COLOURS[place])
    axes.plot(cases, [row.limit for row in rows], "k:", linewidth=1.5, label="limit of ours")
    seen = [cost for row in rows for cost in row.costs.values()]
    is_wide = max(seen) > _WIDE * min(seen)
    axes.set_yscale("log" if is_wide else "linear")
    axes.set_ylim(min(seen) / 1.5 if is_wide else 0, max(seen) * (4 if is_wide else 1.4))  # room for the legend
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.set_xscale("log" if max(cases) > _WIDE * min(cases) else "linear")
    axes.set_xticks(cases, [f"{case:,}" for case in cases])
    axes.minorticks_off()
