"""How the engine starts the plugin, reaches it and ends it: one process for each provider of a run.

The first line on stdout is the port. The engine gives its own address as an argument.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from importlib import metadata
from typing import Final

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.dynamic.watch import end_with_engine

from .service import Service

_PACKAGE: Final = "pulumi-opsmanager"
_GRACE_SECONDS: Final = 0.3  # for answers under way
# Bytes; the limit of the engine.
_OPTIONS: Final = [(f"grpc.max_{way}_message_length", 400 << 20) for way in ("receive", "send")]


def main() -> None:
    """Serve until the engine ends the plugin or is gone."""
    engine = "".join(sys.argv[1:][-1:])
    asyncio.run(_serve(Service(wall_clock(), metadata.version(_PACKAGE), engine)))


async def start(service: Service) -> tuple[grpc.aio.Server, int]:
    """Serve in the running loop. Returns the server and its port on this machine."""
    # The SDK leaves a task for each part of a component that failed. The engine has shown why.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    server = grpc.aio.server(options=_OPTIONS)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    return server, port


async def _serve(service: Service) -> None:
    server, port = await start(service)
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    print(port, flush=True)  # noqa: T201  what the engine waits for
    end_with_engine()
    await ended.wait()
    service.stop()
    await loop.run_in_executor(None, service.pool.shutdown)
    await server.stop(_GRACE_SECONDS)
    # Neither threads nor calls to an engine that does not answer may keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
