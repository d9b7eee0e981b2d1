"""The plugin as the engine reaches it: over gRPC, in process, with an engine that remembers the lines on rows."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc, status_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.clock import Clock, wall_clock
from pulumi_opsmanager.dynamic.values import SIGNATURE
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.plugin.serve import start
from pulumi_opsmanager.plugin.service import Service

PATIENCE = 30  # seconds after which a test fails instead of waiting without an end
JOB, COMPLETION, ARCHIVE, WINDOW = "LogCollectionJob", "LogCollectionCompletion", "LogArchive", "LogCollectionWindow"
OPTIONS = [("grpc.max_receive_message_length", 400 << 20)]


def secret(value: Any) -> dict[str, Any]:
    """A value as the engine marks a secret."""
    return {SIGNATURE: rpc._special_secret_sig, "value": value}


def is_secret(value: Any) -> bool:
    """Whether a value of a message is marked as a secret."""
    return isinstance(value, dict) and value.get(SIGNATURE) == rpc._special_secret_sig


@dataclass(frozen=True)
class InitFailure:
    """A resource that exists, with the reasons of its failure."""

    id: str
    outputs: dict[str, Any]
    reasons: list[str]


def init_failure(error: Any) -> InitFailure | None:
    """What the engine stores after a failed create; None if nothing."""
    found = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
    if found is None:
        return None
    (detail,) = status_pb2.Status.FromString(found).details
    failed = pb.ErrorResourceInitFailed()
    assert detail.Unpack(failed)
    return InitFailure(failed.id, plain(failed.properties), list(failed.reasons))


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties of a message; nothing is left out."""
    message = struct_pb2.Struct()
    message.update(dict(values))
    return message


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """Properties as JSON, with the marks of the wire."""
    return {key: _json(value) for key, value in message.fields.items()}


def _json(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain(value.struct_value)
    if kind == "list_value":
        return [_json(item) for item in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def urn(kind: str, name: str = "logs") -> str:
    """URN of a resource of the package."""
    return f"urn:pulumi:dev::project::opsmanager:index:{kind}::{name}"


@dataclass
class Engine(engine_pb2_grpc.EngineServicer):
    """The service of the engine. Attributes: address; lines, as severity, URN and text; ephemeral lines, as text."""

    address: str = ""
    lines: list[tuple[str, str, str]] = field(default_factory=list)
    progress: list[str] = field(default_factory=list)

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: ARG002, N802  the wire's names
        severity = engine_pb2.LogSeverity.Name(request.severity).lower()
        if request.ephemeral:
            self.progress.append(request.message)
        else:
            self.lines.append((severity, request.urn, request.message))
        return empty_pb2.Empty()

    @property
    def warnings(self) -> list[str]:
        """The warnings so far."""
        return [text for severity, _, text in self.lines if severity == "warning"]


@contextmanager
def engine() -> Iterator[Engine]:
    """An engine that takes lines."""
    server = grpc.server(futures.ThreadPoolExecutor(4))
    found = Engine()
    engine_pb2_grpc.add_EngineServicer_to_server(found, server)
    found.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield found
    finally:
        server.stop(None).wait()


@dataclass
class Plugin:
    """A plugin that serves, as the engine calls it.

    Attributes:
        stub: Has a method for each call of the wire.
        engine: Takes the lines.
        settings: Those of the last configuration.
    """

    stub: provider_pb2_grpc.ResourceProviderStub
    engine: Engine
    settings: Mapping[str, Any] = field(default_factory=dict)

    def call(self, method: str, request: Any, **options: Any) -> Any:
        """Call a method."""
        return getattr(self.stub, method)(request, timeout=PATIENCE, **options)

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Handshake and Configure, as at the beginning of a run."""
        self.settings = settings
        self.call("Handshake", pb.ProviderHandshakeRequest(engine_address=self.engine.address))
        self.call("Configure", pb.ConfigureRequest(args=struct(settings), acceptSecrets=True, urn="urn:provider"))

    def check(
        self, kind: str, news: Mapping[str, Any], olds: Mapping[str, Any] | None = None, name: str = "logs"
    ) -> tuple[dict[str, Any], list[str]]:
        """Checked inputs, and the reasons of the failures."""
        request = pb.CheckRequest(urn=urn(kind, name), news=struct(news), olds=struct(olds or {}))
        answer = self.call("Check", request)
        assert not any(failure.property for failure in answer.failures)
        return plain(answer.inputs), [failure.reason for failure in answer.failures]

    def checked(self, kind: str, news: Mapping[str, Any], **options: Any) -> dict[str, Any]:
        """Checked inputs that have no failure."""
        inputs, failures = self.check(kind, news, **options)
        assert failures == []
        return inputs

    def diff(
        self,
        kind: str,
        resource_id: str,
        state: Mapping[str, Any],
        old_inputs: Mapping[str, Any],
        news: Mapping[str, Any],
        name: str = "logs",
    ) -> Any:
        """The answer to Diff."""
        request = pb.DiffRequest(
            id=resource_id, urn=urn(kind, name), olds=struct(state), old_inputs=struct(old_inputs), news=struct(news)
        )
        return self.call("Diff", request)

    def create(
        self, kind: str, inputs: Mapping[str, Any], *, preview: bool = False, name: str = "logs"
    ) -> tuple[str, dict[str, Any]]:
        """The id and the outputs of a new resource."""
        request = pb.CreateRequest(urn=urn(kind, name), properties=struct(inputs), preview=preview)
        answer = self.call("Create", request)
        return answer.id, plain(answer.properties)

    def read(
        self, kind: str, resource_id: str, state: Mapping[str, Any], inputs: Mapping[str, Any], name: str = "logs"
    ) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """Id, outputs and inputs of a refresh or an import."""
        request = pb.ReadRequest(id=resource_id, urn=urn(kind, name), properties=struct(state), inputs=struct(inputs))
        answer = self.call("Read", request)
        return answer.id, plain(answer.properties), plain(answer.inputs)

    def update(
        self,
        kind: str,
        resource_id: str,
        state: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        preview: bool = False,
        name: str = "logs",
    ) -> dict[str, Any]:
        """The outputs after an update."""
        request = pb.UpdateRequest(
            id=resource_id, urn=urn(kind, name), olds=struct(state), news=struct(news), preview=preview
        )
        return plain(self.call("Update", request).properties)

    def delete(self, kind: str, resource_id: str, state: Mapping[str, Any], name: str = "logs") -> None:
        """Delete a resource."""
        self.call("Delete", pb.DeleteRequest(id=resource_id, urn=urn(kind, name), properties=struct(state)))

    def until(self, happens: Callable[[], bool]) -> None:
        """Wait until something has happened, which takes a moment."""
        deadline = time.monotonic() + PATIENCE
        while not happens():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def cancel(self) -> None:
        """End the waits."""
        self.call("Cancel", empty_pb2.Empty())


def settings_of(server: Emulator) -> dict[str, Any]:
    """Settings that the emulator accepts."""
    return {
        "baseUrl": server.url,
        "publicKey": server.public_key,
        "privateKey": secret(server.private_key),
        "projectId": server.project_id,
        "timeoutSeconds": "5",
    }


@contextmanager
def plugin(clock: Clock | None = None) -> Iterator[Plugin]:
    """A plugin of this process that serves, with a connection to it."""
    started = futures.Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]]()

    async def serve() -> None:
        ended = asyncio.Event()
        server, port = await start(Service(clock or wall_clock(), "0.1.0"))
        started.set_result((port, asyncio.get_running_loop(), ended))
        await ended.wait()
        await server.stop(None)

    thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
    thread.start()
    port, loop, ended = started.result(PATIENCE)
    with engine() as found, grpc.insecure_channel(f"127.0.0.1:{port}", OPTIONS) as channel:
        try:
            yield Plugin(provider_pb2_grpc.ResourceProviderStub(channel), found)
        finally:
            loop.call_soon_threadsafe(ended.set)
            thread.join(PATIENCE)
