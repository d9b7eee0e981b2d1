"""What does our provider cost alone? The start of its process, and the check and diff of one unchanged job."""

from __future__ import annotations

import functools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.check import check_job
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.lifecycle.job import create_job
from pulumi_opsmanager.lifecycle.session import Session
from pulumi_opsmanager.testing import Stack

from .figure import Lab, Row, figure
from .job import INPUTS, PROJECT, Silent, client_of
from .stacks import IDLE, contestants, seconds_of

_CHECKS = 1000


@figure(axis="processes", unit="seconds", limit="1.5 of the alternative")
def start_of_the_provider(lab: Lab) -> Iterator[Row]:
    """Start the provider process and check one job. Ours imports pydantic and the types of its fields."""
    with Emulator() as server:
        stacks = contestants(lab, server, 1)
        for stack in stacks.values():
            stack.up()
        works = {who: functools.partial(_first_check, stack, server) for who, stack in stacks.items()}
        costs = seconds_of(works, times=9)
    yield Row(1, costs, 1.5 * costs[IDLE])


@figure(axis="jobs", unit="ms", limit="0.1 ms")
def check_and_diff(lab: Lab) -> Iterator[Row]:  # noqa: ARG001
    """Check the inputs of one unchanged job and plan its update. The alternative asks the server for it."""
    with Emulator() as server:
        session = Session(client_of(server, wall_clock()), wall_clock())
        job_id, state = create_job(session, INPUTS, Silent())

        def decide() -> None:
            for _ in range(_CHECKS):
                checked = check_job(INPUTS, INPUTS, default_project_id=None, now=session.clock.now())
                diff_job(session, job_id, INPUTS, state, checked.inputs)

        def ask() -> None:
            for _ in range(_CHECKS):
                session.client.jobs(PROJECT).get(job_id)

        seconds = seconds_of({"ours": decide, "a GET": ask})
    yield Row(1, {who: taken * 1000 / _CHECKS for who, taken in seconds.items()}, 0.1)


def _first_check(stack: Stack, server: Emulator) -> None:
    latest = json.loads(stack.exported())["checkpoint"]["latest"]["resources"]
    properties = struct_pb2.Struct()
    properties.update(next(stored["inputs"] for stored in latest if "__provider" in stored.get("inputs", {})))
    settings = {
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
    }
    # The provider ends when nothing listens at the address of its engine.
    with socket.create_server(("127.0.0.1", 0)) as engine:
        address = "{}:{}".format(*engine.getsockname())
        command = [sys.executable, "-u", "-m", "pulumi.dynamic", address]
        with subprocess.Popen(
            command, cwd=stack.folder, env=os.environ | settings, stdout=subprocess.PIPE, text=True
        ) as host:
            try:
                assert host.stdout is not None
                with grpc.insecure_channel(f"127.0.0.1:{host.stdout.readline().strip()}") as channel:
                    stub = provider_pb2_grpc.ResourceProviderStub(channel)
                    stub.Check(provider_pb2.CheckRequest(news=properties), timeout=30)
            finally:
                host.kill()
