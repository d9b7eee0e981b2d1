"""What an update would do, and the comparison that every plan begins with: by our own idea of equal."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_opsmanager.schema.fields import UNKNOWN, Bag, Declaration, OnChange, fields_of
from pulumi_opsmanager.schema.freeform import same


@dataclass(frozen=True)
class Plan:
    """What has to change.

    Attributes:
        replaces: Keys that need a new resource: inputs that changed, or what of the state asks for it.
        updates: Inputs, by vendor name, whose change is made in place.
        reasons: What an update will do that no changed input tells.
        notes: Wishes that are passed over, and why.
        warnings: The same, where somebody should act.
    """

    replaces: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Something is to be done."""
        return bool(self.replaces or self.updates or self.reasons)

    def __add__(self, other: Plan) -> Plan:
        return Plan(
            self.replaces + other.replaces,
            self.updates + other.updates,
            self.reasons + other.reasons,
            self.notes + other.notes,
            self.warnings + other.warnings,
        )


def compare(declaration: type[Declaration], state: Bag, new: Bag, *, without: tuple[str, ...] = ()) -> Plan:
    """What the changed inputs ask for, each by its policy.

    Args:
        declaration: Whose fields.
        state: The stored outputs, which repeat every input.
        new: The checked inputs, `UNKNOWN` included.
        without: Keys that are judged elsewhere.
    """
    changed = [
        field
        for key, field in fields_of(declaration).items()
        if key not in without and differs(key, state, new, declaration)
    ]
    return Plan(
        replaces=tuple(field.key for field in changed if field.on_change is OnChange.REPLACE),
        updates=tuple(field.key for field in changed if field.on_change is OnChange.UPDATE),
    )


def differs(key: str, old: Bag, new: Bag, declaration: type[Declaration]) -> bool:
    """Whether one field has another value; what is unknown may have any."""
    field = fields_of(declaration)[key]
    # What an older release did not store yet stands at its default.
    before, after = (field.default if bag.get(key) is None else bag[key] for bag in (old, new))
    if after is UNKNOWN:
        return True
    return not same(field.canonical(before), field.canonical(after))
