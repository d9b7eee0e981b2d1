"""The provider class of the local archive. Its dotted path is in every state: it never moves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi.dynamic import CreateResult, UpdateResult

from pulumi_opsmanager.lifecycle.archive import (
    check_archive,
    create_archive,
    delete_archive,
    diff_archive,
    update_archive,
)
from pulumi_opsmanager.lifecycle.check import Checked
from pulumi_opsmanager.lifecycle.plan import Plan

from .adapter import Adapter, answering, stored
from .call import Call
from .reporter import EngineReporter
from .sessions import holders
from .values import from_engine


class LogArchiveProvider(Adapter):
    """Adapter between the engine's calls and the rules of a local copy."""

    @answering
    def create(self, call: Call, props: dict[str, Any]) -> CreateResult:
        """Download and verify."""
        session, row = self._session(call), EngineReporter(call)
        archive_id, outputs = create_archive(session, from_engine(props), row, call.urn)
        return CreateResult(archive_id, stored(call, outputs))

    @answering
    def update(self, call: Call, archive_id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Download again, move, or neither."""
        session, row = self._session(call), EngineReporter(call)
        outputs = update_archive(session, archive_id, from_engine(news), from_engine(olds), row, call.urn)
        return UpdateResult(stored(call, outputs))

    @answering
    def delete(self, call: Call, archive_id: str, props: dict[str, Any]) -> None:
        """Remove the file, for which no settings are needed."""
        delete_archive(holders(), archive_id, from_engine(props), EngineReporter(call))

    def _judge(self, call: Call, new: dict[str, Any], old: dict[str, Any], default_project_id: str | None) -> Checked:
        def is_own(file: Path) -> bool:
            holder = holders().holder_of(file)
            return holder is not None and holder.owner == call.urn

        return check_archive(new, old, default_project_id=default_project_id, is_own=is_own)

    def _plan(self, call: Call, archive_id: str, state: Mapping[str, Any], new: Mapping[str, Any]) -> Plan:
        return diff_archive(self._session(call), archive_id, state, new, call.urn)
