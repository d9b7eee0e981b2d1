"""The provider class of the completion. Its dotted path is in every state: it never moves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CreateResult, UpdateResult

from pulumi_opsmanager.lifecycle.check import Checked
from pulumi_opsmanager.lifecycle.completion import check_completion, complete_jobs, diff_completion
from pulumi_opsmanager.lifecycle.plan import Plan

from .adapter import Adapter, answering, stored
from .call import Call, attended_clock
from .reporter import EngineReporter
from .values import from_engine


class LogCollectionCompletionProvider(Adapter):
    """Adapter between the engine's calls and the wait. It owns nothing, so there is nothing to delete."""

    @answering
    def create(self, call: Call, props: dict[str, Any]) -> CreateResult:
        """Wait for all jobs."""
        return CreateResult(uuid.uuid4().hex, self._complete(call, props, {}))

    @answering
    def update(self, call: Call, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Wait for those that are new or failed."""
        return UpdateResult(self._complete(call, news, olds))

    def _complete(self, call: Call, props: dict[str, Any], olds: dict[str, Any]) -> dict[str, Any]:
        outputs = complete_jobs(
            self._session(call), attended_clock(call), from_engine(props), from_engine(olds), EngineReporter(call)
        )
        return stored(call, outputs)

    def _judge(self, _call: Call, new: dict[str, Any], old: dict[str, Any], default_project_id: str | None) -> Checked:
        return check_completion(new, old, default_project_id=default_project_id)

    def _plan(self, call: Call, _id: str, state: Mapping[str, Any], new: Mapping[str, Any]) -> Plan:
        return diff_completion(self._session(call), state, new)
