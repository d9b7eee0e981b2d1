"""Measure our provider alone: the start of its process, and check and diff of one unchanged job."""

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
from pulumi_opsmanager.lifecycle.job import create_job, look_at_job
from pulumi_opsmanager.lifecycle.job_inputs import check_job
from pulumi_opsmanager.lifecycle.job_plan import plan_job
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.models import read_model
from pulumi_opsmanager.testing import Stack

from .figure import Lab, Row, figure
from .job import INPUTS, PROJECT, client_of, context_of
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
        client, clock = client_of(server, wall_clock()), wall_clock()
        context = context_of(client, clock)
        stored = create_job(context, read_model(JobInputs, INPUTS))

        def decide() -> None:
            for _ in range(_CHECKS):
                declared = check_job(INPUTS, stored.inputs, None).declared
                plan_job(stored, declared, look_at_job(context, stored, declared), clock.now())

        def ask() -> None:
            for _ in range(_CHECKS):
                client.jobs(PROJECT).get(stored.id)

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
