"""What a plan shows: a value for each attribute, which an apply has to keep, or that it is unknown until then.

Terraform plans twice, and the second plan may only make unknown values known. Between the two an expiry can fall due,
or a file can vanish. So an update that does anything leaves all values unknown that any update can move.
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
    """The value of each attribute after an apply that acts. `prior` has the present ones; None for a new resource."""
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
            # The server's value stays where no step moves it, for example because the declared date is over.
            is_left = attribute.is_shared and not plan.replaces and name not in plan.updates
            is_kept = is_left or is_same(attribute, was, plain(written, attribute.type))
            cells[name] = was if is_kept else written
    return cells


def is_forgotten(resource: Resource, config: Cells, prior: Cells) -> bool:
    """Whether the state shows an input that an apply could not carry out, and that nobody declares any more."""
    inputs = [name for name, one in resource.attributes.items() if one.is_optional and not one.is_computed]
    return any(prior.get(name) is not None and config.get(name) is None for name in inputs)


def _filled_in(attribute: Attribute, was: Any, declared: Partial[Any]) -> Any:
    """The value of an input that the configuration does not give."""
    if attribute.is_shared:
        return UNKNOWN
    value = getattr(declared.known, attribute.name)
    if value is None:
        return UNKNOWN if attribute.is_computed else None
    return was if was is not None and is_same(attribute, was, value) else cell_of(value, attribute.type)
