"""The provider class of the collection window. Its dotted path is in every state: it never moves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CreateResult, UpdateResult

from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.lifecycle.check import Checked, check_inputs
from pulumi_opsmanager.lifecycle.plan import Plan, compare
from pulumi_opsmanager.lifecycle.window import open_window
from pulumi_opsmanager.schema.window import WindowInputs

from .adapter import Adapter, answering, stored
from .call import Call
from .values import from_engine


class LogCollectionWindowProvider(Adapter):
    """Adapter between the engine's calls and the clock; it asks no server."""

    has_project = False

    @answering
    def create(self, call: Call, props: dict[str, Any]) -> CreateResult:
        """Take the present as the window's end."""
        return CreateResult(uuid.uuid4().hex, stored(call, open_window(from_engine(props), wall_clock().now())))

    @answering
    def update(self, call: Call, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Move the window to the present."""
        return UpdateResult(stored(call, open_window(from_engine(news), wall_clock().now())))

    def _judge(self, _call: Call, new: dict[str, Any], old: dict[str, Any], default_project_id: str | None) -> Checked:
        return check_inputs(WindowInputs, new, old, default_project_id=default_project_id)

    def _plan(self, _call: Call, _id: str, state: Mapping[str, Any], new: Mapping[str, Any]) -> Plan:
        return compare(WindowInputs, state, new)
