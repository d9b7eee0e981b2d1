"""What does an update do? Its steps, the fields that need a new resource, the outputs that may change, and messages.

A plan is a value. It depends on the stored and the declared values, on facts that were read before, and on the time. A
function that makes a plan asks no server, reads no file and stores nothing.
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
        moves: Python names of outputs that may have another value after the step.
    """

    moves: ClassVar[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Plan:
    """What an update does. An empty plan changes nothing.

    Attributes:
        replaces: Python names of fields that need a new resource: changed inputs, or an output such as an expired
            status.
        updates: Python names of inputs whose change is made in place.
        steps: What an update does, in this order. A change of an input that is only stored needs no step.
        reasons: Messages about steps that no changed input shows.
        notes: Messages about what a run leaves unchanged, and why.
        warnings: As notes, if somebody should act.
        failures: Why a run is refused. Then nothing is done.
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
        """Whether an update has something to do or to store."""
        return bool(self.replaces or self.updates or self.steps)

    @property
    def moves(self) -> frozenset[str]:
        """Python names of outputs that an update with the same facts may change. Later facts may add more."""
        return frozenset[str]().union(*(step.moves for step in self.steps))

    def require(self) -> None:
        """Raise the first failure of the plan, if any.

        Raises:
            InvalidInput: The resource cannot have a changed value.
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
    """The plan for changed inputs, each by its policy."""
    changed = [field for field in changed_fields(old, new) if field.name not in without]
    return Plan(
        replaces=tuple(field.name for field in changed if field.on_change is OnChange.REPLACE),
        updates=tuple(field.name for field in changed if field.on_change is OnChange.UPDATE),
    )
