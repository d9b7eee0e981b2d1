"""The provider's process as Terraform starts it, and a provider without rules for it.

Run as a program, it serves that provider. Its `ReadResource` waits until `StopProvider`, and its `ReadDataSource` waits
for longer than any test.
"""

from __future__ import annotations

import base64
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import grpc

from pulumi_opsmanager.terraform import serve
from pulumi_opsmanager.terraform.messages import METHODS, SERVICE

ENVIRONMENT = {serve.COOKIE[0]: serve.COOKIE[1], "PLUGIN_PROTOCOL_VERSIONS": "5,6"}
STUB = ["-I", __file__]
MAIN = ["-I", "-m", "pulumi_opsmanager.terraform.serve"]
PATIENCE = 30  # seconds after which a test fails instead of waiting forever


class StubProvider:
    """Answers each RPC with an empty message. Three RPCs do more."""

    def __init__(self) -> None:
        self.stopped = Event()

    def __getattr__(self, name: str) -> Any:
        return lambda _request: METHODS[name][1]()

    def ValidateProviderConfig(self, _request: Any) -> Any:  # noqa: N802  the RPC's name
        print("printed by a library")
        return METHODS["ValidateProviderConfig"][1]()

    def ReadResource(self, _request: Any) -> Any:  # noqa: N802
        self.stopped.wait()
        return METHODS["ReadResource"][1](private=b"stopped")

    def ReadDataSource(self, _request: Any) -> Any:  # noqa: N802
        Event().wait(2 * PATIENCE)
        return METHODS["ReadDataSource"][1]()

    def StopProvider(self, _request: Any) -> Any:  # noqa: N802
        self.stopped.set()
        return METHODS["StopProvider"][1]()


@dataclass(frozen=True)
class Plugin:
    """A started provider.

    Attributes:
        process: Process of the provider.
        handshake: The parts of its handshake line.
    """

    process: subprocess.Popen[str]
    handshake: list[str]

    @property
    def socket(self) -> Path:
        return Path(self.handshake[3])

    @contextmanager
    def channel(self) -> Iterator[grpc.Channel]:
        """A connection like Terraform's: it trusts only the certificate of the handshake line."""
        address, shown = f"unix:{self.socket}", self.handshake[5]
        if shown:
            der = base64.b64decode(shown + "=" * (-len(shown) % 4))
            trusted = grpc.ssl_channel_credentials(ssl.DER_cert_to_PEM_cert(der).encode())
            channel = grpc.secure_channel(address, trusted, [("grpc.ssl_target_name_override", "localhost")])
        else:
            channel = grpc.insecure_channel(address)
        with channel:
            yield channel

    def end(self) -> str:
        """End the process as Terraform does. Returns its stderr."""
        with self.channel() as channel:
            shutdown(channel)
        _, written = self.process.communicate(timeout=PATIENCE)
        return written


def shutdown(channel: grpc.Channel) -> None:
    """Call the RPC that ends a plugin."""
    assert channel.unary_unary("/plugin.GRPCController/Shutdown")(b"", timeout=PATIENCE) == b""


def rpc(channel: grpc.Channel, name: str) -> Any:
    """The callable of one RPC."""
    request, response = METHODS[name]
    return channel.unary_unary(
        f"/{SERVICE}/{name}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )


@contextmanager
def started(arguments: Sequence[str], **environment: str) -> Iterator[Plugin]:
    """Start a provider with Terraform's environment, and kill it at the end."""
    with subprocess.Popen(
        [sys.executable, *arguments],
        env=os.environ | ENVIRONMENT | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            yield Plugin(process, process.stdout.readline().rstrip("\n").split("|"))
        finally:
            process.kill()


if __name__ == "__main__":
    if "nohup" in sys.argv:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    serve.run(StubProvider())
