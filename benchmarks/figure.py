"""A figure: the cost of some work for several cases, the alternatives, and the limit."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation import PulumiCommand


@dataclass(frozen=True)
class Lab:
    """What all figures share: a scratch folder, the Pulumi command, and Terraform or OpenTofu."""

    folder: Path
    engine: PulumiCommand
    terraform: Path


@dataclass(frozen=True)
class Row:
    """One case of a figure. All costs have the unit of the figure.

    Attributes:
        case: Position on the axis of the figure.
        costs: Cost by contestant: first `ours`, then the alternative of the ratio, then others.
        limit: Highest acceptable cost of ours. Default: only the ratio is of interest.
    """

    case: int
    costs: Mapping[str, float]
    limit: float | None = None

    @property
    def ratio(self) -> float:
        """Ours as a share of the first alternative."""
        ours, alternative, *_ = self.costs.values()
        return ours / alternative

    @property
    def of_limit(self) -> float:
        """Ours as a share of the limit; 0 without a limit."""
        return self.costs["ours"] / self.limit if self.limit else 0


@dataclass(frozen=True)
class Figure:
    """The work, the meaning of `Row.case` (axis), the unit of the costs, and the limit in words."""

    name: str
    work: str
    axis: str
    unit: str
    limit: str
    measure: Callable[[Lab], Iterator[Row]]

    @property
    def title(self) -> str:
        """The name for tables and plots."""
        words = self.name.replace("_", " ").replace("terraform", "Terraform")
        return words[0].upper() + words[1:]


def figure(*, axis: str, unit: str, limit: str) -> Callable[[Callable[[Lab], Iterator[Row]]], Figure]:
    """Make a figure of a generator of rows; its docstring describes the work."""

    def of(measure: Callable[[Lab], Iterator[Row]]) -> Figure:
        return Figure(measure.__name__, inspect.getdoc(measure) or "", axis, unit, limit, measure)

    return of
