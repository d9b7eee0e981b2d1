"""The provider class of the log collection job. Its dotted path is in every state: it never moves."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.errors import InvalidSettings, OpsManagerError
from pulumi_opsmanager.lifecycle.check import check_job
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.job import create_job, delete_job, read_job, update_job
from pulumi_opsmanager.lifecycle.session import Session

from .engine import EngineReporter, old_inputs, running_request
from .sessions import session_for, settings_from
from .values import from_engine, to_engine

_Answer = TypeVar("_Answer")


def _answering(method: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """Let errors out as one line each, and let none out that the host does not answer."""

    @functools.wraps(method)
    def answer(*args: Any) -> _Answer:
        try:
            return method(*args)
        except OpsManagerError as error:
            raise error from None
        except Exception:
            raise
        except BaseException as stop:  # noqa: BLE001  SystemExit and its like
            # The host answers exceptions only; the engine would wait for ever.
            raise RuntimeError(f"stopped by {type(stop).__name__}") from None

    return answer


class LogCollectionJobProvider(ResourceProvider):
    """Adapter between the engine's calls and `lifecycle`. Holds nothing before `configure`, so its pickle is a name."""

    # The pickle holds no secret: state stays readable, and needs no decryption per resource.
    serialize_as_secret_always = False

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the configuration; check tells what is wrong with it, beside what is wrong with the inputs."""
        # A failure is one line, not the host's stack.
        sys.tracebacklimit = 0
        self._config = req.config

    @_answering
    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Canonical inputs, and everything that is wrong with inputs and settings."""
        new, old = from_engine(news), from_engine(olds)
        failures, default_project_id = [], None
        try:
            needed = not (new.get("projectId") or old.get("projectId"))
            default_project_id = settings_from(self._config, project_needed=needed).project_id
        except InvalidSettings as error:
            failures.append(CheckFailure("", str(error)))
        checked = check_job(new, old, default_project_id=default_project_id, now=wall_clock().now())
        failures += [CheckFailure(failure.path, failure.rule) for failure in checked.failures]
        return CheckResult(to_engine(checked.inputs), failures)

    @_answering
    def diff(self, job_id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """The plan of `lifecycle.diff`, in the engine's three answers."""
        request = running_request()
        before, new = old_inputs(request), from_engine(news)
        plan = diff_job(job_id, before, from_engine(olds), new, now=wall_clock().now())
        for line in plan.reasons + plan.notes:
            EngineReporter(request).info(line)
        if not plan.acts:
            return DiffResult(changes=False)
        if before is not None and before != new:
            # The engine compares the inputs itself and shows each property; with equal ones it would see no change.
            return DiffResult(changes=None, replaces=list(plan.replaces))
        return DiffResult(changes=True, replaces=list(plan.replaces))

    @_answering
    def create(self, props: dict[str, Any]) -> CreateResult:
        """POST, then GET."""
        job_id, outputs = create_job(self._session(), from_engine(props), _reporter())
        return CreateResult(job_id, outputs)

    @_answering
    def read(self, job_id: str, props: dict[str, Any]) -> ReadResult:
        """Refresh; a blank id tells the engine that the job is gone."""
        request = running_request()
        session = self._session()
        found = read_job(
            session,
            job_id,
            from_engine(props),
            old_inputs(request),
            EngineReporter(request),
            default_project_id=session.client.settings.project_id,
        )
        return ReadResult("", {}) if found is None else ReadResult(job_id, found.outputs, found.inputs)

    @_answering
    def update(self, job_id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """PATCH, PUT or neither, then GET."""
        outputs = update_job(self._session(), job_id, from_engine(olds), from_engine(news), _reporter())
        return UpdateResult(outputs)

    @_answering
    def delete(self, job_id: str, props: dict[str, Any]) -> None:
        """DELETE."""
        delete_job(self._session(), job_id, from_engine(props), _reporter())

    def _session(self) -> Session:
        return session_for(settings_from(self._config))


def _reporter() -> EngineReporter:
    return EngineReporter(running_request())
