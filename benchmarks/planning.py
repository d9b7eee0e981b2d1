"""What does Pulumi itself take, and how much do we add? Through the real engine, on a file backend."""

from __future__ import annotations

import functools
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.check import check_job
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.job import create_job
from pulumi_opsmanager.lifecycle.session import Session
from tests.engine.stack import Stack
from tests.support import Heard, client_for, job_inputs

from .figure import Lab, Row, figure
from .stacks import pair_of

_SOURCE_LINES = {"sourcePosition", "stackTrace"}
_ALTERNATIVE = "a provider that does nothing"


@functools.cache
def _operations(lab: Lab, jobs: int) -> Mapping[str, tuple[float, float]]:
    with Emulator() as server:
        pair = pair_of(lab.engine, lab.folder, server, jobs)
        return {
            "up": pair.seconds(Stack.up),
            "preview": pair.seconds(Stack.preview, times=2),
            "refresh": pair.seconds(Stack.refresh, times=2),
        }


def _rows(lab: Lab, operation: str, share: float) -> Iterator[Row]:
    for jobs in (100, 500, 1000):
        ours, theirs = _operations(lab, jobs)[operation]
        yield Row(jobs, ours, {_ALTERNATIVE: theirs}, limit=share * theirs)


@figure(
    axis="jobs",
    unit="s",
    target="at most 1.25 of the alternative",
    missed=(
        "500 jobs take 4.4 s of the two cores more: 1.8 s of them the provider, for a POST and a GET of each, both "
        "signed; 1.3 s the local server, which shares the cores; 1.2 s the SDK in the program, which goes through all "
        "pending outputs at each answer, and answers come later; the alternative sends nothing"
    ),
)
def up_of_new_jobs(lab: Lab) -> Iterator[Row]:
    """Create jobs on a server that answers at once."""
    yield from _rows(lab, "up", 1.25)


@figure(
    axis="jobs",
    unit="s",
    target="at most 1.15 of the alternative",
    missed=(
        "the difference is 0.3 s once, for the start of program and provider, and 0.5 to 1.5 ms for each job: the SDK "
        "resolves 26 outputs, and looks up their types, where the alternative has 20 without types; check and diff are "
        "0.05 ms of it"
    ),
)
def preview_of_unchanged_jobs(lab: Lab) -> Iterator[Row]:
    """See that nothing is to be done."""
    yield from _rows(lab, "preview", 1.15)


@figure(
    axis="jobs",
    unit="s",
    target="at most 1.15 of the alternative",
    missed=(
        "the difference is 0.2 s once, for the HTTP library and the models to load and the list to come, and 0.3 to "
        "0.8 ms for each job, of which reading and judging its entry is 0.1 ms; the alternative asks nobody"
    ),
)
def refresh_of_unchanged_jobs(lab: Lab) -> Iterator[Row]:
    """Read all jobs, whose status did not change."""
    yield from _rows(lab, "refresh", 1.15)


_EMPTY = """\
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Empty(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        return CreateResult("69a5553c7e41b2000f5d8a01", {})

class EmptyResource(Resource):
    def __init__(self, name):
        super().__init__(Empty(), name, {})
"""

_SIZED = """\
import empty
import pulumi_opsmanager as om

empty.EmptyResource("none")
om.LogCollectionJob("logs", resource_type="{kind}", resource_name="rs0", log_types=["FTDC", "MONGODB"],
    size_requested_per_file_bytes=10_000_000, redacted=True)
"""


@figure(axis="child jobs", unit="bytes", target="at most 1.2 KB more than an empty dynamic resource, and flat")
def size_in_state(lab: Lab) -> Iterator[Row]:
    """One finished job as it lies in the backend; source lines, which the engine notes as well, are left out."""
    for kind in ("PROCESS", "REPLICASET", "CLUSTER"):
        with Emulator() as server:
            folder = lab.folder / kind
            folder.mkdir()
            stack = Stack(_SIZED.format(kind=kind), server, folder, engine=lab.engine)
            (folder / "empty.py").write_text(_EMPTY)
            stack.up()
        latest = json.loads(stack.exported())["checkpoint"]["latest"]["resources"]
        sizes = {stored["urn"].rpartition("::")[2]: _size(stored) for stored in latest}
        (job,) = stack.jobs()
        children = sum(job["outputs"]["childJobCounts"].values())
        yield Row(children, sizes["logs"], {"an empty dynamic resource": sizes["none"]}, limit=sizes["none"] + 1200)


def _size(stored: Mapping[str, Any]) -> int:
    return len(json.dumps({key: value for key, value in stored.items() if key not in _SOURCE_LINES}))


@figure(
    axis="processes",
    unit="s",
    target="at most 1.5 of the alternative",
    missed=(
        "what is left is imported: `python -X importtime` gives our provider's modules 80 ms beside the 150 ms of "
        "pulumi, and 61 ms of these are pydantic and the types of fields that are built with it"
    ),
)
def start_of_the_provider(lab: Lab) -> Iterator[Row]:
    """From the start of the provider's process to its first answer: a check of one job."""
    with Emulator() as server:
        pair = pair_of(lab.engine, lab.folder, server, 1)
        pair.ours.up()
        pair.theirs.up()
        environment = pair.ours.command_environment()
        ours, theirs = pair.seconds(lambda stack: _first_check(stack, environment), times=9)
    yield Row(1, ours, {_ALTERNATIVE: theirs}, limit=1.5 * theirs)


def _first_check(stack: Stack, environment: Mapping[str, str]) -> None:
    latest = json.loads(stack.exported())["checkpoint"]["latest"]["resources"]
    inputs = next(stored["inputs"] for stored in latest if "__provider" in stored.get("inputs", {}))
    bag = struct_pb2.Struct()
    bag.update(inputs)
    # The provider looks for the engine that started it.
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = "{}:{}".format(*engine.getsockname())
        command = [sys.executable, "-u", "-m", "pulumi.dynamic", address]
        with subprocess.Popen(command, cwd=stack.folder, env=environment, stdout=subprocess.PIPE, text=True) as host:
            try:
                assert host.stdout is not None
                with grpc.insecure_channel(f"127.0.0.1:{host.stdout.readline().strip()}") as channel:
                    provider = provider_pb2_grpc.ResourceProviderStub(channel)
                    provider.Check(provider_pb2.CheckRequest(news=bag), timeout=30)
            finally:
                host.kill()


@figure(axis="jobs", unit="ms", target="below 1 ms, without a request")
def check_and_diff(lab: Lab) -> Iterator[Row]:  # noqa: ARG001
    """Judge the inputs of one job and plan its update."""
    times = 1000
    with Emulator() as server:
        session = Session(client_for(server, wall_clock()), wall_clock())
        job_id, state = create_job(session, job_inputs(), Heard())
        server.forget_requests()
        started = time.perf_counter()
        for _ in range(times):
            checked = check_job(job_inputs(), job_inputs(), default_project_id=None, now=session.clock.now())
            plan = diff_job(session, job_id, job_inputs(), state, checked.inputs)
        taken_ms = (time.perf_counter() - started) * 1000 / times
        assert not plan.acts
        assert server.requests == []
    yield Row(1, taken_ms, {}, limit=1)
