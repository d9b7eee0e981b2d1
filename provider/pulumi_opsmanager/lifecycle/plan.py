"""What an update does: the steps, what has to be replaced, which outputs can move, and what a person should read.

A plan is a value. It is made from what is stored, what is declared, facts that were read before, and the time. To make
one asks no server, reads no file and remembers nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from pulumi_opsmanager.schema.fields import OnChange
from pulumi_opsmanager.schema.models import Declared, Partial, changed_fields
from pulumi_opsmanager.schema.validate import Failure


@dataclass(frozen=True)
class Step:
    """Base of the steps of an update.

    Attributes:
        moves: Python names of the outputs that may have another value after the step.
    """

    moves: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What has to change. An empty plan changes nothing.

    Attributes:
        replaces: Python names of fields that need a new resource: changed inputs, or an output that asks for it.
        updates: Python names of the inputs whose change is made in place.
        steps: What an update does, in this order. A change of inputs that are only stored needs no step.
        reasons: What the steps do that no changed input shows.
        notes: What a run leaves as it is, and why.
        warnings: The same, where somebody should act.
        failures: Why a run is refused. Nothing is done then.
    """

    replaces: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()

    @property
    def acts(self) -> bool:
        """An update has something to do or to store."""
        return bool(self.replaces or self.updates or self.steps)

    @property
    def moves(self) -> frozenset[str]:
        """Python names of the outputs that an update with the same facts may change. A later one may find more."""
        return frozenset[str]().union(*(step.moves for step in self.steps))

    def require(self) -> None:
        """Refuse to go on with a plan that has failures.

        Raises:
            InvalidInput: A changed value that this resource cannot have.
            Expired: The same, because the job has expired.
        """
        for failure in self.failures:
            raise failure.error()

    def __add__(self, other: Plan) -> Plan:
        return Plan(
            self.replaces + other.replaces,
            self.updates + other.updates,
            self.steps + other.steps,
            self.reasons + other.reasons,
            self.notes + other.notes,
            self.warnings + other.warnings,
            self.failures + other.failures,
        )


def changes(old: Declared, new: Partial[Declared], *, without: Collection[str] = ()) -> Plan:
    """What the changed inputs ask for, each by its policy."""
    changed = [field for field in changed_fields(old, new) if field.name not in without]
    return Plan(
        replaces=tuple(field.name for field in changed if field.on_change is OnChange.REPLACE),
        updates=tuple(field.name for field in changed if field.on_change is OnChange.UPDATE),
    )
