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

from .adapter import Adapter, answering, reporter, stored
from .engine import running_call
from .sessions import holders
from .values import from_engine


class LogArchiveProvider(Adapter):
    """Adapter between the engine's calls and the rules of a local copy."""

    @answering
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Download and verify."""
        archive_id, outputs = create_archive(self._session, from_engine(props), reporter(), running_call().urn)
        return CreateResult(archive_id, stored(outputs))

    @answering
    def update(self, archive_id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Download again, move, or neither."""
        urn = running_call().urn
        outputs = update_archive(self._session, archive_id, from_engine(news), from_engine(olds), reporter(), urn)
        return UpdateResult(stored(outputs))

    @answering
    def delete(self, archive_id: str, props: dict[str, Any]) -> None:
        """Remove the file, for which no settings are needed."""
        delete_archive(holders(), archive_id, from_engine(props), reporter())

    def _judge(self, new: dict[str, Any], old: dict[str, Any], default_project_id: str | None) -> Checked:
        urn = running_call().urn

        def is_own(file: Path) -> bool:
            holder = holders().holder_of(file)
            return holder is not None and holder.owner == urn

        return check_archive(new, old, default_project_id=default_project_id, is_own=is_own)

    def _plan(
        self, archive_id: str, _old_inputs: Mapping[str, Any] | None, state: Mapping[str, Any], new: Mapping[str, Any]
    ) -> Plan:
        return diff_archive(self._session, archive_id, state, new, running_call().urn)
