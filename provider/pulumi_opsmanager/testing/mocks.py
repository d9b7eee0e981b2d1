"""Pulumi's mocks for this package: what a program receives from its resources without an engine.

Resources follow the rules of the provider. Only the server is a mock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timezone
from tempfile import TemporaryDirectory
from typing import Any

import pulumi
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, rpc

from pulumi_opsmanager.api.settings import settings_of
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.dynamic.adapter import adopted
from pulumi_opsmanager.dynamic.layout import outputs_of
from pulumi_opsmanager.dynamic.values import from_engine, to_engine
from pulumi_opsmanager.errors import InvalidInput, attempting
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive, later_place
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import ARCHIVE, KINDS, Kind
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.server import Server
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.fields import Values

from .mock_server import MockClient

_KINDS = {f"pulumi-python:dynamic/opsmanager:{kind.name}": kind for kind in KINDS}


class OpsManagerMocks(Mocks):
    """Mocks of a server whose jobs finish at once: `pulumi.runtime.set_mocks(OpsManagerMocks())`.

    Inputs are checked as in a preview. With `set_mocks(…, preview=True)`, outputs that only the server knows stay
    unknown. An archive is verified, but no file stays at its path. Resources of other packages return their inputs as
    outputs, and their name with `_id` as id. To answer for those, subclass it and call `super().new_resource(args)`.

    Args:
        base_url: Start of `download_url`, with or without `/api/public/v1.0`.
        project_id: Project of resources that name none; 24 lower-case hex digits.
        failing: Names of the deployments or processes whose jobs fail in the part on their first host.
        now: Present time, aware UTC. The server creates jobs at this time.

    Raises:
        InvalidSettings: `base_url` or `project_id` is malformed.
        InvalidInput: From `new_resource`: inputs that a preview refuses, all of them with their paths.
        CollectionFailed: From `new_resource`: a failed job that a completion or an archive does not accept.
    """

    def __init__(
        self,
        *,
        base_url: str = "https://om.example.net:8443",
        project_id: str = "66f2a41b9d3c5e0012ab34cd",
        failing: Collection[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        keys = {"public_key": "public", "private_key": "private"}
        settings = settings_of({"base_url": base_url, "project_id": project_id, **keys})
        self._project_id = project_id
        self._clock = Clock(now, lambda _seconds: None)
        self._server = Server.of(MockClient(settings, now, failing), self._clock)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return the arguments: this package has no functions, so the call is for another package."""
        return dict(args.args), []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Return id and outputs of a resource."""
        kind = _KINDS.get(args.typ)
        if kind is None:
            return f"{args.name}_id", dict(args.inputs)
        secret = {key for key, value in args.inputs.items() if rpc.is_rpc_secret(value)}
        inputs = from_engine({key: rpc.unwrap_rpc_secret(value) for key, value in args.inputs.items()})
        with attempting(f"make {args.name!r}"):
            made_id, outputs = self._made(kind, inputs, args.resource_id)
        # As in the engine, an output is secret when the input of its name is.
        return made_id, {
            key: rpc.wrap_rpc_secret(value) if key in secret else value for key, value in to_engine(outputs).items()
        }

    def _made(self, kind: Kind[Any, Any, Any], given: Values, read_id: str | None) -> tuple[str | None, Values]:
        # Each resource has its own run, because tests that share the mocks must not see each other's runs.
        context = Context(lambda: self._server, self._clock, Run(), _Silence())
        if read_id and kind.import_by_id is not None:
            read = adopted(kind, context, read_id, given).stored
            return read.id, outputs_of(read)
        checked = kind.check(given, None, self._project_id)
        if failures := checked.failures + kind.preview(context, None, checked.declared).failures:
            raise InvalidInput("; ".join(map(str, failures)))
        if pulumi.runtime.is_dry_run():
            return None, checked.values
        made = (_create_archive if kind is ARCHIVE else kind.create)(context, checked.declared.known)
        return made.id, outputs_of(made)


class _Silence:
    """A reporter that prints nothing, for tests."""

    def info(self, line: str) -> None:
        """Print nothing."""

    warn = progress = info


def _create_archive(context: Context, inputs: ArchiveInputs) -> StoredArchive:
    """Download to a temporary folder, and store the declared path."""
    with TemporaryDirectory() as folder:
        stored = ARCHIVE.create(context, inputs.model_copy(update={"path": f"{folder}/"}))
    file, seconds = later_place(stored, inputs.path), int(context.clock.now().timestamp())
    state = stored.state.model_copy(update={"file": file, "mtime_ns": str(seconds * 10**9)})
    return Stored(stored.id, inputs, state)
