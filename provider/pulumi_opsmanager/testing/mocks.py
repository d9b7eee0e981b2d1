"""Answers of a made-up server to Pulumi's mocks: what a program gets of its resources without an engine.

Inputs are judged and outputs are shaped by the very rules that the provider follows; only the server is made up.
"""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.models import FAILED_STATUSES, Job
from pulumi_opsmanager.api.settings import OBJECT_ID, judge
from pulumi_opsmanager.clock import Clock, wall_clock
from pulumi_opsmanager.dynamic.values import from_engine, to_engine
from pulumi_opsmanager.errors import CollectionFailed, InvalidInput, attempting, counted
from pulumi_opsmanager.instants import format_instant, instant_of_id
from pulumi_opsmanager.lifecycle.check import Checked, check_inputs, check_job
from pulumi_opsmanager.lifecycle.completion import check_completion
from pulumi_opsmanager.lifecycle.expiry import wanted_expiry
from pulumi_opsmanager.lifecycle.naming import job_name, missing_parts, reasons_of
from pulumi_opsmanager.lifecycle.outputs import (
    applied_outputs,
    child_outputs,
    failed_children,
    failed_outputs,
    unread_outputs,
)
from pulumi_opsmanager.lifecycle.transfer import place
from pulumi_opsmanager.lifecycle.window import open_window
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.completion import CompletionState
from pulumi_opsmanager.schema.fields import Bag
from pulumi_opsmanager.schema.window import WindowInputs

_TYPES = "pulumi-python:dynamic/opsmanager:"
_PROJECT = "66f2a41b9d3c5e0012ab34cd"
_USER = "66f29f0e1c88d4000b7711aa"
_FIRST_NUMBER = 0x7E41B2000F5D8A01
_LIFE = timedelta(days=30)
_FILE_BYTES = 20_000

_OF_OTHERS = {
    "resourceType": "REPLICASET",
    "resourceName": "rs0",
    "logTypes": ["MONGODB"],
    "sizeRequestedPerFileBytes": 10_000_000,
    "redacted": True,
}
"""A job that no resource of the program made."""

_Made = tuple[str | None, dict[str, Any]]


class OpsManagerMocks(Mocks):
    """Mocks of a server whose jobs are finished at once: `pulumi.runtime.set_mocks(OpsManagerMocks())`.

    Inputs are judged as by a preview; where `set_mocks` is told to be one, what only the server knows is unknown.
    Resources of other packages get their inputs as outputs, and their name with `_id` as id. Subclass it, and call
    `super().new_resource(args)`, to answer for those.

    Args:
        base_url: Where `download_url` leads to, with or without `/api/public/v1.0`.
        project_id: Of resources that name none; 24 lower-case hex digits.
        failing: Names of the deployments or processes whose jobs fail, in the part that is on their first host.
        now: Present time, aware UTC; jobs are made then.

    Raises:
        InvalidSettings: `base_url` or `project_id` is malformed.
        InvalidInput: From `new_resource`: inputs that a preview would refuse, all of them with their paths.
        CollectionFailed: From `new_resource`: a failed job that a completion or an archive does not accept.
    """

    def __init__(
        self,
        *,
        base_url: str = "https://om.example.net:8443",
        project_id: str = _PROJECT,
        failing: Collection[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        keys = {"public_key": "public", "private_key": "private"}
        settings = judge({"base_url": base_url, "project_id": project_id, **keys})
        self._client = Client(settings, Clock(now, wall_clock().sleep))
        self._project_id = project_id
        self._failing = frozenset(failing)
        self._now = now
        self._numbers = itertools.count(_FIRST_NUMBER)
        self._jobs: dict[str, Job] = {}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """No function of this package asks the engine; one of another package gets its arguments back."""
        return dict(args.args), []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Id and outputs of a resource."""
        make = self._makers().get(args.typ)
        if make is None:
            return f"{args.name}_id", dict(args.inputs)
        secret = {key for key, value in args.inputs.items() if rpc.is_rpc_secret(value)}
        inputs = from_engine({key: rpc.unwrap_rpc_secret(value) for key, value in args.inputs.items()})
        with attempting(f"make {args.name!r}"):
            made_id, outputs = make(inputs, args.resource_id)
        # As the engine does: an output is secret when the input of its name is.
        return made_id, {
            key: rpc.wrap_rpc_secret(value) if key in secret else value for key, value in to_engine(outputs).items()
        }

    def _makers(self) -> Mapping[str, Callable[[Bag, str | None], _Made]]:
        return {
            f"{_TYPES}LogCollectionJob": self._job,
            f"{_TYPES}LogCollectionCompletion": self._completion,
            f"{_TYPES}LogArchive": self._archive,
            f"{_TYPES}LogCollectionWindow": self._window,
        }

    def _job(self, bag: Bag, read_id: str | None) -> _Made:
        if read_id:
            if not OBJECT_ID.fullmatch(read_id):
                raise InvalidInput(f"job id {read_id!r} must be 24 lower-case hex digits")
            bag = self._answer_of(read_id) | {key: value for key, value in bag.items() if value is not None}
        now = self._now()
        inputs = _accepted(check_job(bag, {}, default_project_id=self._project_id, now=now))
        if pulumi.runtime.is_dry_run() and not read_id:
            return None, inputs
        job_id = read_id or f"{int(now.timestamp()):08x}{next(self._numbers):016x}"
        url = self._client.jobs(inputs["projectId"]).download_url(job_id)
        expires = wanted_expiry(job_id, unread_outputs(inputs, url), inputs, now)
        return job_id, applied_outputs(self._made(job_id, inputs, expires), inputs, url, retries=0)

    def _made(self, job_id: str, inputs: Bag, expires: datetime | None) -> Job:
        made = instant_of_id(job_id)
        is_failing = inputs["resourceName"] in self._failing
        self._jobs[job_id] = _finished(job_id, inputs, made, expires or made + _LIFE, is_failing=is_failing)
        return self._jobs[job_id]

    def _answer_of(self, job_id: str) -> dict[str, Any]:
        """What a server says of a job that the program made before, or of one that others made."""
        known = self._jobs.get(job_id)
        answer = {} if known is None else known.model_dump(by_alias=True, mode="json", exclude_none=True)
        return {key: answer.get(key, value) for key, value in _OF_OTHERS.items()}

    def _completion(self, bag: Bag, _read_id: str | None) -> _Made:
        inputs = _accepted(check_completion(bag, {}, default_project_id=self._project_id))
        if pulumi.runtime.is_dry_run():
            return None, inputs
        jobs = [self._jobs[job_id] for job_id in inputs["jobIds"] if job_id in self._jobs]
        failed = [job for job in jobs if job.status in FAILED_STATUSES]
        if failed and inputs["onFailure"] == "fail":
            named = "; ".join(f"{job_name(job)}: {reasons_of(failed_children(job))}" for job in failed)
            raise CollectionFailed(f"{len(failed)} of {counted(len(inputs['jobIds']), 'job')} failed: {named}")
        seen = CompletionState(
            statuses=dict.fromkeys(inputs["jobIds"], "SUCCESS") | {job.id: job.status for job in jobs},
            failed_jobs=[failed_outputs(job) for job in failed],
            finished_at=format_instant(self._now()),
            retries={job.id: inputs["maxRetriesPerRun"] for job in failed if inputs["maxRetriesPerRun"]},
        )
        return uuid.uuid4().hex, inputs | seen.model_dump(by_alias=True)

    def _archive(self, bag: Bag, _read_id: str | None) -> _Made:
        inputs = _accepted(check_inputs(ArchiveInputs, bag, {}, default_project_id=self._project_id))
        if pulumi.runtime.is_dry_run():
            return None, inputs
        job_id = inputs["jobId"]
        # No program has to make the job that it names.
        job = self._jobs.get(job_id) or self._made(job_id, _OF_OTHERS, None)
        children = job.child_jobs or ()
        missing = [child_outputs(child) for child in children if child.status in FAILED_STATUSES]
        if missing and inputs["requireComplete"]:
            raise CollectionFailed(f"the archive of {job_name(job)} is incomplete: {missing_parts(missing)}")
        size_bytes = job.uncompressed_size_total_bytes or 0
        seen = ArchiveState(
            file=str(place(inputs["path"], job)),
            sha256=hashlib.sha256(job_id.encode()).hexdigest(),
            size_bytes=size_bytes // 10,
            uncompressed_size_bytes=size_bytes,
            members=len(children) - len(missing),
            missing=missing,
            complete=not missing,
            job_status=job.status,
            mtime_ns=str(int(self._now().timestamp()) * 10**9),
        )
        return uuid.uuid4().hex, inputs | seen.model_dump(by_alias=True)

    def _window(self, bag: Bag, _read_id: str | None) -> _Made:
        inputs = _accepted(check_inputs(WindowInputs, bag, {}, default_project_id=None))
        if pulumi.runtime.is_dry_run():
            return None, inputs
        return uuid.uuid4().hex, open_window(inputs, self._now())


def _accepted(checked: Checked) -> dict[str, Any]:
    if checked.failures:
        raise InvalidInput("; ".join(map(str, checked.failures)))
    return checked.inputs


def _finished(job_id: str, inputs: Bag, made: datetime, expires: datetime, *, is_failing: bool) -> Job:
    """A job whose parts are all there, or all but the first."""
    size_bytes = min(inputs["sizeRequestedPerFileBytes"], _FILE_BYTES)
    children = [
        {
            "status": "SUCCESS",
            "hostName": host,
            "logCollectionType": log_type,
            "path": f"{host.partition(':')[0]}/{log_type.lower()}",
        }
        for host, log_type in itertools.product(_hosts(inputs), inputs["logTypes"])
    ]
    if is_failing:
        children[0] |= {"status": "FAILURE", "errorMessage": "agent did not answer"}
    answer = {
        "id": job_id,
        "status": "FAILURE" if is_failing else "SUCCESS",
        "userId": _USER,
        "creationDate": format_instant(made),
        "expirationDate": format_instant(expires),
        "rootResourceType": inputs["resourceType"],
        "rootResourceName": inputs["resourceName"],
        "uncompressedSizeTotalBytes": size_bytes * (len(children) - is_failing),
        "childJobs": children,
    }
    return Job.model_validate(answer | {key: inputs[key] for key in _OF_OTHERS})


def _hosts(inputs: Bag) -> list[str]:
    name = str(inputs["resourceName"])
    return [name] if inputs["resourceType"] == "PROCESS" else [f"{name}-{n}.example.net:27017" for n in range(3)]
