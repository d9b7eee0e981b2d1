"""What a check and a diff of Pulumi ask the row of a kind, and which lines they show. It knows no host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pulumi_opsmanager.errors import InvalidSettings
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import Kind
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.fields import Values
from pulumi_opsmanager.schema.models import Partial, read_model
from pulumi_opsmanager.schema.validate import Failure

from .call import Call
from .phrases import of_up


def check(
    kind: Kind[Any, Any, Any],
    context: Context,
    new: Values,
    old_values: Values,
    project_id: Callable[[bool], str | None],
) -> tuple[Values, list[str], tuple[Failure, ...]]:
    """Check inputs, and for a new resource also what its create refuses.

    Args:
        kind: The row.
        context: What to work with.
        new: The inputs of the program.
        old_values: The checked inputs of the existing resource; empty for a new one.
        project_id: Returns the configured project. Its argument says whether the resource needs it.

    Returns: Canonical inputs; what is wrong with the settings; and all broken rules.
    """
    old = read_model(kind.inputs, old_values) if old_values else None
    problems, default = [], None
    try:
        if kind.has_project:
            default = project_id(not (new.get("projectId") or old_values.get("projectId")))
    except InvalidSettings as error:
        problems.append(str(error))
    checked = kind.check(new, old, default)
    broken = checked.failures
    if old is None:
        plan = kind.preview(context, None, checked.declared)
        broken += plan.failures
        for line in plan.notes:
            context.reporter.info(of_up(line))
    return checked.values, problems, broken


def diff(
    kind: Kind[Any, Any, Any],
    call: Call,
    context: Context,
    stored: Stored[Any, Any],
    declared: Partial[Any],
    *,
    is_refresh: bool,
) -> Plan:
    """The plan of an update, after its lines were shown.

    Raises:
        InvalidInput: The update is refused. In a refresh, which updates nothing, that is a warning.
        Expired: The same, because the job has expired.
    """
    with call.naming():
        plan = kind.preview(context, stored, declared)
        if not is_refresh:
            plan.require()
    kind.remember(context, stored, declared, plan)
    for line in plan.reasons + plan.notes:
        context.reporter.info(of_up(line))
    for line in (*plan.warnings, *map(str, plan.failures)):
        context.reporter.warn(line)
    return plan
