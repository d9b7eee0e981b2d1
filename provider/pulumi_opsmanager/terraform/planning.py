"""The values of a plan: each attribute is unknown, or has a value that the apply must keep.

Terraform plans twice, and the second plan may only make unknown values known. Between the two plans a job can expire
or a file can disappear. So if an update acts at all, every value that any update can change is unknown.
"""

from __future__ import annotations

from typing import Any

from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.schema.models import Partial

from .attributes import Attribute, Resource
from .storage import Cells, is_same
from .values import cell_of, plain


def planned_values(
    resource: Resource, config: Cells, prior: Cells | None, declared: Partial[Any], plan: Plan
) -> dict[str, Any]:
    """The value of each attribute after an apply that acts.

    Args:
        resource: The schema of the resource.
        config: Values of the configuration.
        prior: Values of the state; None for a new resource.
        declared: The checked inputs of the configuration.
        plan: The plan of the rules.
    """
    before: Cells = prior or {}
    cells = {}
    for name, attribute in resource.attributes.items():
        written, was = config.get(name), before.get(name)
        if attribute.input is None:
            is_fixed = prior is not None and not plan.replaces and resource.is_fixed(name, was)
            cells[name] = was if is_fixed else UNKNOWN
        elif written is None:
            cells[name] = _filled_in(attribute, was, declared)
        elif was is None or name in declared.unknown:
            cells[name] = written
        else:
            # The server's value stays if no step changes it, for example because the declared date has passed.
            is_left = attribute.is_shared and not plan.replaces and name not in plan.updates
            is_kept = is_left or is_same(attribute, was, plain(written, attribute.type))
            cells[name] = was if is_kept else written
    return cells


def is_forgotten(resource: Resource, config: Cells, prior: Cells) -> bool:
    """Whether the state shows an optional input that the configuration no longer sets."""
    inputs = [name for name, one in resource.attributes.items() if one.is_optional and not one.is_computed]
    return any(prior.get(name) is not None and config.get(name) is None for name in inputs)


def _filled_in(attribute: Attribute, was: Any, declared: Partial[Any]) -> Any:
    """The value of an input that the configuration does not set."""
    if attribute.is_shared:
        return UNKNOWN
    value = getattr(declared.known, attribute.name)
    if value is None:
        return UNKNOWN if attribute.is_computed else None
    return was if was is not None and is_same(attribute, was, value) else cell_of(value, attribute.type)
