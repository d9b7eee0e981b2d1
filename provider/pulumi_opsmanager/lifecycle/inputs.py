"""Are the inputs of a resource valid? Reports all broken rules at once. Needs neither clock nor server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

from pulumi_opsmanager.schema.fields import Values, fields_of
from pulumi_opsmanager.schema.models import Declared, Partial, accepted, read_partial
from pulumi_opsmanager.schema.validate import Failure, validate

_PROJECT = "projectId"


@dataclass(frozen=True)
class Checked(Generic[Declared]):
    """The result of a check.

    Attributes:
        declared: The valid inputs, with defaults.
        values: All inputs by vendor name, with `UNKNOWN`. Valid inputs are in canonical form.
        failures: All broken rules.
    """

    declared: Partial[Declared]
    values: Mapping[str, Any]
    failures: tuple[Failure, ...]


def check_inputs(
    declaration: type[Declared], given: Values, old: Declared | None, default_project_id: str | None
) -> Checked[Declared]:
    """Check each input by its own rules.

    Args:
        declaration: The model that declares the fields.
        given: The values of the program by vendor name, with `UNKNOWN`.
        old: The checked inputs of the existing resource, which keeps its project. None for a new resource, and before a
            replacement.
        default_project_id: The configured project, for a new resource.
    """
    fields = fields_of(declaration)
    project_id = getattr(old, "project_id", None) or default_project_id
    if project_id and _PROJECT in fields and given.get(_PROJECT) is None:
        given = {**given, _PROJECT: project_id}
    # One pass is much faster than a check of each field, but it does not report all broken rules.
    if (model := accepted(declaration, given)) is not None:
        known = {key: getattr(model, field.name) for key, field in fields.items()}
        return Checked(Partial(model), {key: value for key, value in known.items() if value is not None}, ())
    values, failures = validate(declaration, given)
    broken = {failure.key for failure in failures}
    unbroken = {key: value for key, value in values.items() if key not in broken}
    return Checked(read_partial(declaration, unbroken), values, tuple(failures))
