"""What a preview shows: a value or an unknown for each output, and which properties change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.dynamic.layout import keys_of, laid_out
from pulumi_opsmanager.lifecycle.kinds import Kind
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.fields import UNKNOWN, Declaration, Values, fields_of
from pulumi_opsmanager.schema.freeform import same
from pulumi_opsmanager.schema.models import values_of


def planned_outputs(
    kind: Kind[Any, Declaration, Any], stored: Stored[Any, Any] | None, inputs: Values, plan: Plan
) -> dict[str, Any]:
    """The outputs after a run, as far as a preview knows them.

    An output that no step of the plan moves keeps its value. All outputs of a new resource (None) are unknown.
    """
    before: Values = {} if stored is None else values_of(stored.state, with_none=True)
    # Other settings need a step of their own. Without it, a read of the job finds the same values.
    is_relocated = any(step.moves and step.moves <= kind.of_settings for step in plan.steps)
    kept = frozenset() if is_relocated else kind.of_settings
    kept |= {name for name in kind.written_once if stored and getattr(stored.state, name) is not None}
    state = {
        key: before[key] if stored and (field.name in kept or field.name not in plan.moves) else UNKNOWN
        for key, field in fields_of(kind.state).items()
    }
    return laid_out(inputs, state)


def detailed_diff(kind: Kind[Any, Any, Any], plan: Plan, old: Values, new: Values) -> Mapping[str, pb.PropertyDiff]:
    """The changed properties of a plan, from the stored and the checked inputs, for the engine's display."""
    found, replaced = {}, keys_of(kind.inputs, kind.state, plan.replaces)
    for key in keys_of(kind.inputs, kind.state, (*plan.replaces, *plan.updates)):
        before, after = old.get(key), new.get(key)
        # An unchanged input differs from what a read has found.
        is_declared = not same(before, after)
        word = "DELETE" if is_declared and after is None else "ADD" if is_declared and before is None else "UPDATE"
        word += "_REPLACE" if key in replaced else ""
        found[key] = pb.PropertyDiff(kind=pb.PropertyDiff.Kind.Value(word), inputDiff=is_declared)
    return found
