"""The service that the engine calls: how its questions reach the row of a kind, and how the answers leave.

Each public method is a method of the wire. The SDK answers Construct, and gives it to the component.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from google.protobuf import empty_pb2
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.dynamic.layout import (
    is_stored,
    keys_of,
    moved_keys,
    outputs_of,
    seen_inputs,
    showing,
    stored_from,
)
from pulumi_opsmanager.dynamic.phrases import of_up
from pulumi_opsmanager.dynamic.reporter import EngineReporter, kept
from pulumi_opsmanager.errors import InvalidInput, InvalidSettings
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import KINDS, Kind
from pulumi_opsmanager.lifecycle.stored import Found, Stored
from pulumi_opsmanager.schema.fields import UNKNOWN, Values
from pulumi_opsmanager.schema.job import JobState
from pulumi_opsmanager.schema.models import read_model, read_partial, values_of

from .answering import InitFailed, answering
from .package import package, token_of
from .phrases import as_written
from .planning import detailed_diff, planned_outputs
from .properties import properties_of, secret_keys, values_in
from .session import Session, settings_in

# More than any `--parallel`: a call must not queue behind calls that wait. A thread is made when it is needed.
_THREADS: Final = 1024

_KINDS: Final[Mapping[str, Kind[Any, Any, Any]]] = {token_of(kind): kind for kind in KINDS}
_SECRET_SETTINGS: Final = frozenset(row.key for row in SETTINGS if row.secret)
_ACCEPTED: Final = {"accept_secrets": True, "accept_resources": True, "accept_outputs": True}


class Service(ProviderServicer):
    """Serves one provider of a program.

    Attributes:
        pool: Runs the rules.
        idle: Set while no call is under way.
    """

    def __init__(self, clock: Clock, version: str, engine: str = "") -> None:
        """Begin without settings. `engine` is the address of the engine; it may come later."""
        super().__init__(None, [], engine)  # type: ignore[arg-type]
        self.pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="call")
        self.idle = asyncio.Event()
        self.idle.set()
        self._running = 0
        self._clock = clock
        self._version = version
        self._session = Session(clock, {}, engine or None)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Count a call."""
        self._running += 1
        self.idle.clear()
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self.idle.set()

    def stop(self) -> None:
        """End the waits. A request under way ends, and what it made is stored."""
        self._session.stopping.set()

    async def Handshake(self, request: Any, _context: Any) -> pb.ProviderHandshakeResponse:
        """Accept secrets, which this service marks again. The engine asks for that where a component exists."""
        self._reach(request.engine_address)
        return pb.ProviderHandshakeResponse(**_ACCEPTED)

    async def Attach(self, request: Any, _context: Any) -> empty_pb2.Empty:
        """Use another engine: a developer has started this plugin."""
        self._reach(request.address)
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
        self._session = session = Session(self._clock, values_in(request.args), self.engine_address or None)
        try:
            if warning := session.settings.warning:
                session.reporter(session.call(request.urn)).warn(warning)
        except InvalidSettings:
            pass
        return pb.ConfigureResponse(supportsPreview=True, acceptSecrets=True, acceptResources=True, acceptOutputs=True)

    @answering
    def Check(self, request: Any) -> pb.CheckResponse:
        """Canonical inputs, and everything that is wrong with them."""
        kind, session, call = _kind(request), self._session, self._session.call(request.urn)
        # No diff follows a read with `PULUMI_ENABLE_LEGACY_REFRESH_DIFF`, or that of a `get`.
        session.moved.pop(request.urn, None)
        new, old_values, secret = values_in(request.news), values_in(request.olds), secret_keys(request.news)
        old = read_model(kind.inputs, old_values) if old_values else None
        lines, project_id = [], None
        try:
            if kind.has_project:
                is_needed = not (new.get("projectId") or old_values.get("projectId"))
                project_id = session.project_id(is_needed=is_needed)
        except InvalidSettings as error:
            lines.append(str(error))
        checked = kind.check(new, old, project_id)
        broken = checked.failures
        if old is None:
            context = session.context(call)
            plan = kind.preview(context, None, checked.declared)
            broken += plan.failures
            for line in plan.notes:
                context.reporter.info(of_up(line))
        # A message must not show a secret value.
        lines += [str(one).partition(", not ")[0] if one.key in secret else str(one) for one in broken]
        # With a property the engine prints its complete value.
        failures = [pb.CheckFailure(reason=as_written(line)) for line in lines]
        return pb.CheckResponse(inputs=properties_of(checked.values, secret), failures=failures)

    @answering
    def Diff(self, request: Any) -> pb.DiffResponse:
        """The plan of an update, with each changed property; after the read of a refresh, what has moved."""
        kind, session, call = _kind(request), self._session, self._session.call(request.urn)
        moved = session.moved.pop(request.urn, None)
        context, new = session.context(call), values_in(request.news)
        stored, declared = _stored(kind, request.id, request.olds), read_partial(kind.inputs, new)
        with call.naming():
            plan = kind.preview(context, stored, declared)
            if moved is None:
                plan.require()
        kind.remember(context, stored, declared, plan)
        for line in plan.reasons + plan.notes:
            context.reporter.info(of_up(line))
        for line in (*plan.warnings, *map(str, plan.failures)):
            context.reporter.warn(line)
        if moved is not None:
            # A refresh asks what has moved, and not what an update does.
            update = pb.PropertyDiff(kind=pb.PropertyDiff.UPDATE)
            shown: Mapping[str, pb.PropertyDiff] = dict.fromkeys(moved, update)
            return pb.DiffResponse(changes=_changes(bool(moved)), diffs=moved, detailedDiff=shown, hasDetailedDiff=True)
        shown = detailed_diff(kind, plan, values_in(request.old_inputs), new)
        replaces = keys_of(kind.inputs, kind.state, plan.replaces)
        return pb.DiffResponse(
            changes=_changes(plan.acts), replaces=replaces, diffs=[*shown], detailedDiff=shown, hasDetailedDiff=True
        )

    @answering
    def Create(self, request: Any) -> pb.CreateResponse:
        """Make the resource; in a preview, what is known of it."""
        kind, values, secret = _kind(request), values_in(request.properties), secret_keys(request.properties)
        call = self._session.call(request.urn)
        if request.preview:
            plan = kind.preview(self._session.context(call), None, read_partial(kind.inputs, values))
            return pb.CreateResponse(
                properties=properties_of(planned_outputs(kind, None, values, plan), showing(secret))
            )
        reporter = _Held(self._session.reporter(call))
        try:
            made = kind.create(self._session.context(call, reporter), read_model(kind.inputs, values))
            outputs = kept(reporter, outputs_of(made))
            if _is_unread(made) and reporter.held:
                raise InitFailed(made.id, outputs, showing(secret), reporter.held.pop())
        finally:
            reporter.release()
        return pb.CreateResponse(id=made.id, properties=properties_of(outputs, showing(secret)))

    @answering
    def Read(self, request: Any) -> pb.ReadResponse:
        """Refresh, or read what others have made; a blank id tells the engine that the resource is gone."""
        kind, session, call = _kind(request), self._session, self._session.call(request.urn)
        context, before, inputs = session.context(call), values_in(request.properties), values_in(request.inputs)
        is_known = is_stored(kind.state, before)
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
        seen = seen_inputs(inputs, found.inputs) if inputs else values_of(found.inputs)
        secret = showing(secret_keys(request.properties, request.inputs))
        return pb.ReadResponse(
            id=found.stored.id, properties=properties_of(outputs, secret), inputs=properties_of(seen, secret)
        )

    @answering
    def Update(self, request: Any) -> pb.UpdateResponse:
        """Plan again, and do it; in a preview, what is known of the result."""
        kind, values, secret = _kind(request), values_in(request.news), secret_keys(request.olds, request.news)
        context, stored = (
            self._session.context(self._session.call(request.urn)),
            _stored(kind, request.id, request.olds),
        )
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

    def _reach(self, engine: str) -> None:
        if engine:
            self.engine_address = engine
            self._session.engine = engine


class _Held:
    """A reporter of a create: its warnings wait, because one of them may become the reason of a failure.

    Attributes:
        held: Warnings in their order.
    """

    def __init__(self, reporter: EngineReporter) -> None:
        self.held: list[str] = []
        self.info, self.progress, self._warn = reporter.info, reporter.progress, reporter.warn

    def warn(self, line: str) -> None:
        """Keep a warning."""
        self.held.append(line)

    def release(self) -> None:
        """Show the warnings."""
        for line in self.held:
            self._warn(line)


def _kind(request: Any) -> Kind[Any, Any, Any]:
    """The row of the resource that a request is about."""
    # The type in a URN begins with the types of its parents.
    token = request.urn.split("::")[2].rpartition("$")[2]
    if token not in _KINDS:
        raise InvalidInput(f"{token} is not a resource of this package")
    return _KINDS[token]


def _stored(kind: Kind[Any, Any, Any], resource_id: str, outputs: Any) -> Stored[Any, Any]:
    return stored_from(resource_id, kind.inputs, kind.state, values_in(outputs))


def _is_unread(made: Stored[Any, Any]) -> bool:
    """Whether a job exists that could not be read."""
    return isinstance(made.state, JobState) and made.state.status is None


def _imported(kind: Kind[Any, Any, Any], context: Context, resource_id: str, known: Values) -> Found[Any, Any]:
    if kind.import_by_id is None:
        raise InvalidInput(f"{kind.name} cannot be imported: it exists only in the state of a stack; declare a new one")
    found = kind.import_by_id(context, resource_id, known.get("projectId"))
    for failure in found.failures:
        context.reporter.warn(f"a program cannot declare this job: {failure}")
    return found


def _changes(is_some: bool) -> Any:  # noqa: FBT001
    return pb.DiffResponse.DIFF_SOME if is_some else pb.DiffResponse.DIFF_NONE
