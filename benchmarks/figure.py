"""What is a figure: the work, what it is compared with, how its cost grows, and its limit."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation import PulumiCommand


@dataclass(frozen=True)
class Lab:
    """Where figures are measured: a scratch folder that they share, and the Pulumi command."""

    folder: Path
    engine: PulumiCommand


@dataclass(frozen=True)
class Row:
    """One point of a figure, with all costs in the figure's unit.

    Attributes:
        case: Place on the figure's axis.
        costs: By contestant: `ours`, then the alternative that the ratio compares it with, then others.
        limit: Highest acceptable cost of ours.
    """

    case: int
    costs: Mapping[str, float]
    limit: float

    @property
    def ratio(self) -> float:
        """Ours as a share of the first alternative."""
        ours, alternative, *_ = self.costs.values()
        return ours / alternative

    @property
    def of_limit(self) -> float:
        """Ours as a share of the limit."""
        return self.costs["ours"] / self.limit


@dataclass(frozen=True)
class Figure:
    """One cost: what is done, what `Row.case` counts, the unit of all costs, and the limit in words."""

    name: str
    work: str
    axis: str
    unit: str
    limit: str
    measure: Callable[[Lab], Iterator[Row]]

    @property
    def title(self) -> str:
        """The name as people read it."""
        return self.name.replace("_", " ").capitalize()


def figure(*, axis: str, unit: str, limit: str) -> Callable[[Callable[[Lab], Iterator[Row]]], Figure]:
    """Make a figure of a generator of rows; its docstring describes the work."""

    def of(measure: Callable[[Lab], Iterator[Row]]) -> Figure:
        return Figure(measure.__name__, inspect.getdoc(measure) or "", axis, unit, limit, measure)

    return of
