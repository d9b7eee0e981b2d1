"""The service that the engine calls: how its questions reach the row of a kind, and how the answers leave.

Each public method is a method of the wire.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, Final

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.dynamic import asking, layout
from pulumi_opsmanager.dynamic.layout import moved_keys, outputs_of, showing
from pulumi_opsmanager.dynamic.reporter import kept
from pulumi_opsmanager.dynamic.spelling import configuration_warnings
from pulumi_opsmanager.errors import InvalidInput, InvalidSettings
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import KINDS, Kind
from pulumi_opsmanager.lifecycle.stored import Found, Stored
from pulumi_opsmanager.schema.fields import UNKNOWN, Values
from pulumi_opsmanager.schema.job import JobState
from pulumi_opsmanager.schema.models import read_model, read_partial, values_of

from .answering import InitFailed, answering
from .component import Component
from .package import NAME, package, token_of
from .phrases import as_written
from .planning import detailed_diff, planned_outputs
from .properties import properties_of, secret_keys, values_in
from .session import Session, settings_in

# More than any `--parallel`: a call must not queue behind calls that wait. A thread is made when it is needed.
_THREADS: Final = 1024

_KINDS: Final[Mapping[str, Kind[Any, Any, Any]]] = {token_of(kind): kind for kind in KINDS}
_SECRET_SETTINGS: Final = frozenset(row.key for row in SETTINGS if row.secret)
_OF_THE_ENGINE: Final = frozenset({"version", "pluginDownloadURL"})
_ACCEPTED: Final = {"accept_secrets": True, "accept_resources": True, "accept_outputs": True}


class Service(ProviderServicer):
    """Serves one provider of a program.

    Attributes:
        pool: Runs the rules.
    """

    def __init__(self, clock: Clock, version: str, engine: str = "") -> None:
        """Begin without settings. `engine` is the address of the engine; it may come later."""
        super().__init__(Component(version), [], engine)
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="call")
        self._clock = clock
        self._version = version
        self._session = Session(clock, {}, engine)

    def stop(self) -> None:
        """End the waits. A request under way ends, and what it made is stored."""
        self._session.stopping.set()

    async def Handshake(self, request: Any, _context: Any) -> pb.ProviderHandshakeResponse:
        """Accept secrets, which this service marks again. The engine asks for that where a component exists."""
        self.engine_address = request.engine_address or self.engine_address
        return pb.ProviderHandshakeResponse(**_ACCEPTED)

    async def Attach(self, request: Any, _context: Any) -> empty_pb2.Empty:
        """Use another engine: a developer has started this plugin."""
        self.engine_address = request.address
        return empty_pb2.Empty()

    async def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:
        """The version, which is that of the distribution."""
        return plugin_pb2.PluginInfo(version=self._version)

    async def GetSchema(self, _request: Any, _context: Any) -> pb.GetSchemaResponse:
        """What code generators, YAML and editors know of the package."""
        return pb.GetSchemaResponse(schema=json.dumps(package(self._version)))

    async def Cancel(self, _request: Any, _context: Any) -> empty_pb2.Empty:
        """End the waits. The engine calls it at the first Ctrl-C, and also at the end of each run."""
        self.stop()
        return empty_pb2.Empty()

    @answering
    def CheckConfig(self, request: Any) -> pb.CheckResponse:
        """Everything that is wrong with the settings, once. Unknown settings are checked by the next run."""
        given, failures = values_in(request.news), []
        try:
            if UNKNOWN not in given.values():
                settings_in(given)
        except InvalidSettings as error:
            failures.append(pb.CheckFailure(reason=as_written(str(error))))
        keys = {f"{NAME}:{key}": "" for key in given.keys() - _OF_THE_ENGINE}
        # The engine sends secret settings without their marks, so nobody can say which are in clear text.
        for line in configuration_warnings(keys, lambda _: True, project="", stack=""):
            self._session.reporter(self._session.call(request.urn)).warn(line)
        secret = secret_keys(request.news) | _SECRET_SETTINGS
        return pb.CheckResponse(inputs=properties_of(given, secret), failures=failures)

    @answering
    def DiffConfig(self, request: Any) -> pb.DiffResponse:
        """Which settings differ. Other settings never replace a resource."""
        changed = moved_keys(values_in(request.old_inputs), values_in(request.news))
        return pb.DiffResponse(changes=_changes(bool(changed)), diffs=changed)

    @answering
    def Configure(self, request: Any) -> pb.ConfigureResponse:
        """Begin a session. What is wrong with the settings is an error where they are needed."""
        self._session = session = Session(self._clock, values_in(request.args), self.engine_address)
        if session.warning:
            session.reporter(session.call(request.urn)).warn(session.warning)
        return pb.ConfigureResponse(supportsPreview=True, acceptSecrets=True, acceptResources=True, acceptOutputs=True)

    @answering
    def Check(self, request: Any) -> pb.CheckResponse:
        """Canonical inputs, and everything that is wrong with them."""
        kind, session, call = _kind(request), self._session, self._session.call(request.urn)
        # No diff follows a read with `PULUMI_ENABLE_LEGACY_REFRESH_DIFF`, or that of a `get`.
        session.moved.pop(request.urn, None)
        values, lines, broken = asking.check(
            kind, session.context(call), values_in(request.news), values_in(request.olds), session.project_id
        )
        # A message must not show a secret value.
        secret = secret_keys(request.news)
        lines += [str(one).partition(", not ")[0] if one.key in secret else str(one) for one in broken]
        # With a property the engine prints its complete value.
        failures = [pb.CheckFailure(reason=as_written(line)) for line in lines]
        return pb.CheckResponse(inputs=properties_of(values, secret), failures=failures)

    @answering
    def Diff(self, request: Any) -> pb.DiffResponse:
        """The plan of an update, with each changed property; after the read of a refresh, what has moved."""
        kind, session, call = _kind(request), self._session, self._session.call(request.urn)
        moved = session.moved.pop(request.urn, None)
        new, stored = values_in(request.news), _stored(kind, request.id, request.olds)
        declared, is_refresh = read_partial(kind.inputs, new), moved is not None
        plan = asking.diff(kind, call, session.context(call), stored, declared, is_refresh=is_refresh)
        shown = detailed_diff(kind, plan, values_in(request.old_inputs), new)
        acts, replaces = plan.acts, layout.keys_of(kind.inputs, kind.state, plan.replaces)
        if moved is not None:
            # A refresh asks what has moved, and not what an update does.
            acts, replaces, shown = bool(moved), [], dict.fromkeys(moved, pb.PropertyDiff(kind=pb.PropertyDiff.UPDATE))
        return pb.DiffResponse(
            changes=_changes(acts), replaces=replaces, diffs=[*shown], detailedDiff=shown, hasDetailedDiff=True
        )

    @answering
    def Create(self, request: Any) -> pb.CreateResponse:
        """Make the resource; in a preview, what is known of it."""
        kind, values, secret = _kind(request), values_in(request.properties), secret_keys(request.properties)
        call = self._session.call(request.urn)
        if request.preview:
            plan = kind.preview(self._session.context(call), None, read_partial(kind.inputs, values))
            outputs = planned_outputs(kind, None, values, plan)
            return pb.CreateResponse(properties=properties_of(outputs, showing(secret)))
        reporter, held = self._session.reporter(call), list[str]()
        # A warning may become the reason of a failure.
        holding: Any = SimpleNamespace(info=reporter.info, progress=reporter.progress, warn=held.append)
        try:
            made = kind.create(self._session.context(call, holding), read_model(kind.inputs, values))
            outputs = kept(holding, outputs_of(made))
            if isinstance(made.state, JobState) and made.state.status is None and held:
                raise InitFailed(made.id, outputs, showing(secret), held.pop(0))
        finally:
            for line in held:
                reporter.warn(line)
        return pb.CreateResponse(id=made.id, properties=properties_of(outputs, showing(secret)))

    @answering
    def Read(self, request: Any) -> pb.ReadResponse:
        """Refresh, or read what others have made; a blank id tells the engine that the resource is gone."""
        kind, session, call = _kind(request), self._session, self._session.call(request.urn)
        context, before, inputs = session.context(call), values_in(request.properties), values_in(request.inputs)
        is_known = layout.is_stored(kind.state, before)
        if is_known:
            found = kind.read(context, _stored(kind, request.id, request.properties))
        else:
            with call.naming():
                found = _imported(kind, context, request.id, before)
        if found is None:
            return pb.ReadResponse()
        outputs = kept(context.reporter, outputs_of(found.stored))
        if is_known:
            session.moved[request.urn] = moved_keys(before, outputs)
        seen = layout.seen_inputs(inputs, found.inputs) if inputs else values_of(found.inputs)
        secret = showing(secret_keys(request.properties, request.inputs))
        return pb.ReadResponse(
            id=found.stored.id, properties=properties_of(outputs, secret), inputs=properties_of(seen, secret)
        )

    @answering
    def Update(self, request: Any) -> pb.UpdateResponse:
        """Plan again, and do it; in a preview, what is known of the result."""
        kind, values, secret = _kind(request), values_in(request.news), secret_keys(request.olds, request.news)
        context = self._session.context(self._session.call(request.urn))
        stored = _stored(kind, request.id, request.olds)
        if request.preview:
            plan = kind.preview(context, stored, read_partial(kind.inputs, values))
            outputs = planned_outputs(kind, stored, values, plan)
        else:
            after = kind.update(context, stored, read_model(kind.inputs, values))
            outputs = kept(context.reporter, outputs_of(after))
        return pb.UpdateResponse(properties=properties_of(outputs, showing(secret)))

    @answering
    def Delete(self, request: Any) -> empty_pb2.Empty:
        """Delete the resource."""
        kind, context = _kind(request), self._session.context(self._session.call(request.urn))
        kind.delete(context, _stored(kind, request.id, request.properties))
        return empty_pb2.Empty()

    async def Construct(self, request: Any, context: Any) -> pb.ConstructResponse:
        """Declare the parts of a component. The SDK answers everything but errors."""
        try:
            return await self._construct(request, context)
        except pulumi.InputPropertyError as error:
            refused: Any = {"property_path": error.property_path, "reason": error.reason}
            await context.abort_with_status(self.create_grpc_invalid_properties_status("", [refused]))
        except Exception as error:  # noqa: BLE001  the SDK would show a trace
            await context.abort(grpc.StatusCode.ABORTED, as_written(str(error)))
        raise AssertionError("an abort raises")


def _kind(request: Any) -> Kind[Any, Any, Any]:
    """The row of the resource that a request is about."""
    # The type in a URN begins with the types of its parents.
    token = request.urn.split("::")[2].rpartition("$")[2]
    if token not in _KINDS:
        raise InvalidInput(f"{token} is not a resource of this package")
    return _KINDS[token]


def _stored(kind: Kind[Any, Any, Any], resource_id: str, outputs: Any) -> Stored[Any, Any]:
    return layout.stored_from(resource_id, kind.inputs, kind.state, values_in(outputs))


def _imported(kind: Kind[Any, Any, Any], context: Context, resource_id: str, known: Values) -> Found[Any, Any]:
    if kind.import_by_id is None:
        raise InvalidInput(f"{kind.name} cannot be imported: it exists only in the state of a stack; declare a new one")
    found = kind.import_by_id(context, resource_id, known.get("projectId"))
    for failure in found.failures:
        context.reporter.warn(f"a program cannot declare this job: {failure}")
    return found


def _changes(is_some: bool) -> Any:  # noqa: FBT001
    return pb.DiffResponse.DIFF_SOME if is_some else pb.DiffResponse.DIFF_NONE
