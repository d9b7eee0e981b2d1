"""How a call ends: with an answer, or with one line and a code that the engine shows plainly."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection
from typing import Any, Final

import grpc
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto import status_pb2

from pulumi_opsmanager import errors
from pulumi_opsmanager.dynamic.phrases import add_phrases

from .phrases import as_written
from .properties import properties_of

# gRPC itself answers UNAVAILABLE for a dead plugin. UNKNOWN and INTERNAL say that the resource may have changed.
_CODES: Final[tuple[tuple[type[Exception], grpc.StatusCode], ...]] = (
    (errors.InvalidInput, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.InvalidSettings, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.BadCredentials, grpc.StatusCode.UNAUTHENTICATED),
    (errors.NotAllowed, grpc.StatusCode.PERMISSION_DENIED),
    (errors.JobNotFound, grpc.StatusCode.NOT_FOUND),
    (errors.ReplyLost, grpc.StatusCode.UNKNOWN),
    (errors.OpsManagerError, grpc.StatusCode.ABORTED),
)


class InitFailed(Exception):
    """A resource exists, but could not be read. The engine stores it, and the next run repairs it."""

    def __init__(self, resource_id: str, outputs: dict[str, Any], secret: Collection[str], reason: str) -> None:
        super().__init__(reason)
        self.details = pb.ErrorResourceInitFailed(
            id=resource_id, properties=properties_of(outputs, secret), reasons=[as_written(reason)]
        )


def answering(method: Callable[..., Any]) -> Callable[..., Any]:
    """Run a method of the service on a thread of its pool. Every exception becomes a status of one line."""

    @functools.wraps(method)
    async def answer(self: Any, request: Any, context: Any) -> Any:
        ended = await asyncio.get_running_loop().run_in_executor(self.pool, _ended, method, self, request)
        if not isinstance(ended, BaseException):
            return ended
        code, line, details = status_of(ended, method.__name__)
        return await context.abort(code, line, details)

    return answer


def status_of(error: BaseException, method: str) -> tuple[grpc.StatusCode, str, tuple[tuple[str, bytes], ...]]:
    """The code, the line and the trailing metadata of a call that failed."""
    if isinstance(error, InitFailed):
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=_line(error))
        status.details.add().Pack(error.details)
        return grpc.StatusCode.UNKNOWN, _line(error), (("grpc-status-details-bin", status.SerializeToString()),)
    if isinstance(error, errors.OpsManagerError):
        add_phrases(error, method.lower())
        return next(code for kind, code in _CODES if isinstance(error, kind)), _line(error), ()
    words = f"the provider failed in {method}: {type(error).__name__}: {error}; this is a defect of the provider"
    return grpc.StatusCode.INTERNAL, _line(" ".join(words.split())), ()


def _line(error: object) -> str:
    # Protobuf carries no unpaired surrogates.
    return as_written(str(error)).encode(errors="replace").decode()


def _ended(method: Callable[..., Any], self: Any, request: Any) -> Any:
    """The answer of a method, or what it has raised: SystemExit and its like would end the process."""
    try:
        return method(self, request)
    except BaseException as error:  # noqa: BLE001  each becomes a status
        return error
