"""Create and update of a collection window: two dates that come from the clock once, and stay."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from pulumi_opsmanager.instants import format_instant, parse_duration
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.window import WindowInputs, WindowState

from .context import Context
from .plan import Plan, Step, changes
from .stored import Stored

StoredWindow = Stored[WindowInputs, WindowState]


@dataclass(frozen=True)
class MoveWindow(Step):
    """Move the window so that it ends now."""

    moves: ClassVar[frozenset[str]] = frozenset({"log_collection_from_date", "log_collection_to_date"})


def plan_window(stored: StoredWindow | None, declared: Partial[WindowInputs], _facts: None, _now: datetime) -> Plan:
    """Decide what an update does: any change moves the window to the present."""
    plan = Plan() if stored is None else changes(stored.inputs, declared)
    return plan + Plan(steps=(MoveWindow(),)) if plan.acts else plan


def create_window(context: Context, inputs: WindowInputs) -> StoredWindow:
    """Create a window that ends now."""
    return Stored(uuid.uuid4().hex, inputs, _ending(context.clock.now(), inputs))


def update_window(context: Context, stored: StoredWindow, inputs: WindowInputs) -> StoredWindow:
    """Make a plan, and carry it out."""
    plan = plan_window(stored, Partial(inputs), None, context.clock.now())
    return apply_window(context, stored, inputs, plan)


def apply_window(context: Context, stored: StoredWindow, inputs: WindowInputs, plan: Plan) -> StoredWindow:
    """Carry out the steps of a plan."""
    return Stored(stored.id, inputs, _ending(context.clock.now(), inputs) if plan.steps else stored.state)


def _ending(now: datetime, inputs: WindowInputs) -> WindowState:
    return WindowState(
        log_collection_from_date=format_instant(now - parse_duration(inputs.last)),
        log_collection_to_date=format_instant(now),
    )
