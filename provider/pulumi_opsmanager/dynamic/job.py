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

from .adapter import Adapter, answering, stored
from .call import Call
from .reporter import EngineReporter
from .values import from_engine


class LogCollectionJobProvider(Adapter):
    """Adapter between the engine's calls and the rules of a job."""

    @answering
    def create(self, call: Call, props: dict[str, Any]) -> CreateResult:
        """POST, then GET."""
        job_id, outputs = create_job(self._session(call), from_engine(props), EngineReporter(call))
        return CreateResult(job_id, stored(call, outputs))

    @answering
    def read(self, call: Call, job_id: str, props: dict[str, Any]) -> ReadResult:
        """Refresh; a blank id tells the engine that the job is gone."""
        session, state = self._session(call), from_engine(props)
        # One that is only read has no name but the program's.
        with nullcontext() if "downloadUrl" in state else call.naming():
            found = read_job(
                session,
                job_id,
                state,
                call.old_inputs,
                EngineReporter(call),
                default_project_id=session.client.settings.project_id,
            )
        if found is None:
            return ReadResult("", {})
        return self._read_result(call, job_id, props, found.outputs, found.inputs)

    @answering
    def update(self, call: Call, job_id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """PATCH, PUT or neither, then GET."""
        session, row = self._session(call), EngineReporter(call)
        outputs = update_job(session, job_id, from_engine(olds), from_engine(news), row)
        return UpdateResult(stored(call, outputs))

    @answering
    def delete(self, call: Call, job_id: str, props: dict[str, Any]) -> None:
        """DELETE."""
        delete_job(self._session(call), job_id, from_engine(props), EngineReporter(call))

    def _judge(self, _call: Call, new: dict[str, Any], old: dict[str, Any], default_project_id: str | None) -> Checked:
        return check_job(new, old, default_project_id=default_project_id, now=wall_clock().now())

    def _plan(self, call: Call, job_id: str, state: Mapping[str, Any], new: Mapping[str, Any]) -> Plan:
        return diff_job(self._session(call), job_id, call.old_inputs, state, new)
