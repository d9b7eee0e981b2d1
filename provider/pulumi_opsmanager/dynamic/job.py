"""The provider class of the log collection job. Its dotted path is in every state: it never moves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from pulumi.dynamic import CreateResult, ReadResult, UpdateResult

from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.lifecycle.check import Checked, check_job
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.job import create_job, delete_job, read_job, update_job
from pulumi_opsmanager.lifecycle.plan import Plan

from .adapter import Adapter, answering, reporter, stored
from .engine import EngineReporter, running_call
from .values import from_engine


class LogCollectionJobProvider(Adapter):
    """Adapter between the engine's calls and the rules of a job."""

    @answering
    def create(self, props: dict[str, Any]) -> CreateResult:
        """POST, then GET."""
        job_id, outputs = create_job(self._session, from_engine(props), reporter())
        return CreateResult(job_id, stored(outputs))

    @answering
    def read(self, job_id: str, props: dict[str, Any]) -> ReadResult:
        """Refresh; a blank id tells the engine that the job is gone."""
        call = running_call()
        session, state = self._session, from_engine(props)
        # One that is only read has no name but the program's.
        with nullcontext() if "downloadUrl" in state else call.naming():
            found = read_job(
                session,
                job_id,
                state,
                call.old_inputs(),
                EngineReporter(call),
                default_project_id=session.client.settings.project_id,
            )
        return ReadResult("", {}) if found is None else ReadResult(job_id, stored(found.outputs), found.inputs)

    @answering
    def update(self, job_id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """PATCH, PUT or neither, then GET."""
        outputs = update_job(self._session, job_id, from_engine(olds), from_engine(news), reporter())
        return UpdateResult(stored(outputs))

    @answering
    def delete(self, job_id: str, props: dict[str, Any]) -> None:
        """DELETE."""
        delete_job(self._session, job_id, from_engine(props), reporter())

    def _judge(self, new: dict[str, Any], old: dict[str, Any], default_project_id: str | None) -> Checked:
        return check_job(new, old, default_project_id=default_project_id, now=wall_clock().now())

    def _plan(
        self, job_id: str, old_inputs: Mapping[str, Any] | None, state: Mapping[str, Any], new: Mapping[str, Any]
    ) -> Plan:
        return diff_job(self._session, job_id, old_inputs, state, new)
