"""The part of the engine that registers the resources of a component: it checks and creates them by the plugin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc

from tests.plugin.host import Plugin, plain, struct

TYPE = "opsmanager:index:LogCollection"


@dataclass
class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """The monitor of one program.

    Attributes:
        plugin: Serves the resources.
        address: Where it listens.
        is_preview: Nothing is created.
        registered: The requests, by type and name.
        states: The outputs of resources, by name of their kind and name.
        outputs: Those that the component has registered.
    """

    plugin: Plugin
    address: str = ""
    is_preview: bool = False
    registered: dict[tuple[str, str], Any] = field(default_factory=dict)
    states: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802  the wire's names
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in ("secrets", "aliasSpecs"))

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "an engine that answers SupportsFeature")

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind = request.type.rpartition(":")[2]
        parent = request.parent.split("::")[2] + "$" if request.parent else ""
        urn = f"urn:pulumi:dev::project::{parent}{request.type}::{request.name}"
        self.registered[kind, request.name] = request
        if not request.custom:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        given = struct({key: value for key, value in plain(request.object).items() if value is not None})
        checked = self.plugin.call("Check", pb.CheckRequest(urn=urn, news=given))
        if checked.failures:
            context.abort(grpc.StatusCode.UNKNOWN, checked.failures[0].reason)
        create = pb.CreateRequest(urn=urn, properties=checked.inputs, preview=self.is_preview)
        made = self.plugin.call("Create", create)
        self.states[kind, request.name] = plain(made.properties)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=made.id, object=made.properties)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self.outputs = plain(request.outputs)
        return empty_pb2.Empty()

    def construct(self, inputs: Mapping[str, Any], *, type_: str = TYPE, name: str = "fleet") -> dict[str, Any]:
        """The outputs of a component that the plugin constructs."""
        request = pb.ConstructRequest(
            project="project",
            stack="dev",
            type=type_,
            name=name,
            monitorEndpoint=self.address,
            dryRun=self.is_preview,
            inputs=struct(inputs),
        )
        return plain(self.plugin.call("Construct", request).state)


@contextmanager
def monitor(plugin: Plugin) -> Iterator[Monitor]:
    """A monitor that listens."""
    server = grpc.server(futures.ThreadPoolExecutor(16))
    found = Monitor(plugin)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(found, server)
    found.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield found
    finally:
        server.stop(None).wait()
