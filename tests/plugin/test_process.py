"""The plugin's process as the engine starts it: by the installed script, over real pipes, sockets and signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_opsmanager.emulator import Emulator, after_seconds
from tests.plugin.host import COMPLETION, JOB, PATIENCE, Engine, Plugin, engine, settings_of
from tests.support import job_request

SCRIPT = Path(sys.executable).parent / "pulumi-resource-opsmanager"


@contextmanager
def started(address: str = "") -> Iterator[tuple[subprocess.Popen[str], Plugin]]:
    """The process, and the plugin in it; it is killed at the end."""
    command = [str(SCRIPT), *([address] if address else [])]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield process, Plugin(provider_pb2_grpc.ResourceProviderStub(channel), Engine(address))
        finally:
            process.kill()


def test_first_line_is_the_port_and_a_signal_ends_the_process() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        with started() as (process, plugin):
            schema = json.loads(plugin.call("GetSchema", pb.GetSchemaRequest()).schema)
            assert schema["name"] == "opsmanager"
            plugin.call("Cancel", empty_pb2.Empty())
            assert process.poll() is None
            process.send_signal(number)
            assert process.wait(PATIENCE) == 0


def test_a_wait_ends_with_the_process(server: Emulator) -> None:
    """The call is answered before, so that the engine shows why."""
    server.set_pace("rs0", after_seconds(3600))
    with engine() as found, started(found.address) as (process, plugin):
        plugin.engine = found
        plugin.configure(settings_of(server))
        job_id, _ = plugin.create(JOB, plugin.checked(JOB, job_request()))
        inputs = plugin.checked(COMPLETION, {"jobIds": [job_id]})
        request = pb.CreateRequest(urn="urn:pulumi:dev::project::opsmanager:index:LogCollectionCompletion::done")
        request.properties.update(inputs)
        waiting = plugin.stub.Create.future(request, timeout=PATIENCE)
        plugin.until(lambda: bool(found.progress))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert "stopped because the engine no longer waits" in str(waiting.exception().details())
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - began < 4  # the engine kills it after 5 s


@pytest.mark.parametrize("ignores_interrupts", [False, True])
def test_process_ends_after_its_engine_was_killed(*, ignores_interrupts: bool) -> None:
    """An engine that was killed sends nothing. A background job ignores SIGINT."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        host, port = listener.getsockname()
        before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignores_interrupts else signal.getsignal(signal.SIGINT))
        try:
            with started(f"{host}:{port}") as (process, plugin):
                plugin.call("GetPluginInfo", empty_pb2.Empty())
                listener.close()
                assert process.wait(PATIENCE) == 0
        finally:
            signal.signal(signal.SIGINT, before)


def test_script_is_where_the_engine_looks() -> None:
    assert os.access(SCRIPT, os.X_OK)
