"""What is a figure: the work, what it is compared with, how it grows, and the limit it has to keep."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation import PulumiCommand


@dataclass(frozen=True)
class Lab:
    """Where figures are measured.

    Attributes:
        folder: Shared by all figures of a run: each names what it puts there.
        engine: The real one.
    """

    folder: Path
    engine: PulumiCommand


@dataclass(frozen=True)
class Row:
    """One point of a figure.

    Attributes:
        case: Place on the figure's axis.
        ours: Cost in the figure's unit.
        others: What the alternatives cost, by name; the first one is what the ratio is taken against.
        limit: Ours must not be above it.
    """

    case: float
    ours: float
    others: Mapping[str, float]
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours as a share of the first alternative."""
        return self.ours / next(iter(self.others.values())) if self.others else None

    @property
    def is_kept(self) -> bool:
        """Whether the limit holds."""
        return self.limit is None or self.ours <= self.limit


@dataclass(frozen=True)
class Figure:
    """One cost, measured in one run with its alternatives.

    Attributes:
        name: Of the function that measures it.
        work: What is done, in words.
        axis: What `Row.case` counts.
        unit: Of all costs.
        target: The limit in words.
        missed: Why it is missed, where it is: measured, not guessed.
        measure: Yields the rows.
    """

    name: str
    work: str
    axis: str
    unit: str
    target: str
    missed: str
    measure: Callable[[Lab], Iterator[Row]]


def figure(
    *, axis: str, unit: str, target: str, missed: str = ""
) -> Callable[[Callable[[Lab], Iterator[Row]]], Figure]:
    """Make a figure of a generator of rows; its docstring says what is measured."""

    def of(measure: Callable[[Lab], Iterator[Row]]) -> Figure:
        return Figure(measure.__name__, inspect.getdoc(measure) or "", axis, unit, target, missed, measure)

    return of
