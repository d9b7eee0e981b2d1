"""The methods of the protocol: they pass Terraform's calls to the rules of a kind, and fill in the answers.

No method raises. The answer to a create has an error or a resource, and never both: Terraform would mark the resource
as tainted, and the next apply would collect again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import InvalidInput, InvalidSettings
from pulumi_opsmanager.lifecycle.inputs import Checked, check_inputs
from pulumi_opsmanager.lifecycle.stored import Stored
from pulumi_opsmanager.schema.fields import UNKNOWN, Values
from pulumi_opsmanager.schema.models import read_partial

from .attributes import RESOURCES, Resource
from .data_sources import DATA_SOURCES, DataSource
from .diagnostics import Diagnostics
from .log import log
from .messages import METHODS, pb
from .planning import is_forgotten, planned_values
from .schemas import provider_schema
from .session import PROVIDER, Session, settings_from
from .storage import Cells, Private, as_declared, declared_by, given_by, hidden, moved_from, shown, stored_from
from .values import dump, load, stored, stored_cell

_UNKNOWN = "the settings of the provider are not known yet"


def answering(targets: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[[Provider, Any], Any]]:
    """Call a method with the target that the request names, the request, diagnostics and an empty answer."""

    def decorate(method: Callable[..., None]) -> Callable[[Provider, Any], Any]:
        @functools.wraps(method)
        def answer(self: Provider, request: Any) -> Any:
            target = targets[getattr(request, "type_name", "")]
            filled = METHODS[method.__name__][1]()
            says = Diagnostics(method.__name__, target.attributes, self._session.require_listener)
            with says.catching():
                method(self, target, request, says, filled)
            filled.diagnostics.extend(says.found)
            return filled

        return answer

    return decorate


class Provider:
    """Serves one Terraform command. Calls may come from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._session = Session(clock)

    def GetProviderSchema(self, _request: Any) -> Any:
        """Return the schemas of the provider block, the resources and the data sources."""
        return provider_schema()

    def ValidateProviderConfig(self, _request: Any) -> Any:
        """Accept every block: the environment may give missing settings, and `ConfigureProvider` checks them."""
        return pb.ValidateProviderConfig.Response()

    @answering({"": PROVIDER})
    def ConfigureProvider(self, _target: object, request: Any, says: Diagnostics, _answer: Any) -> None:
        """Begin a session. Unknown settings are accepted, because a plan can work without a server."""
        settings = settings_from(load(request.config) or {})
        self._session = Session.of(settings, self._clock)
        if settings and settings.warning:
            says.warn(settings.warning)

    def StopProvider(self, _request: Any) -> Any:
        """End the waits. A request that was already sent is finished, and its result is stored."""
        log("debug", "waits end now")
        self._session.stopping.set()
        return pb.StopProvider.Response()

    @answering(RESOURCES)
    def ValidateResourceConfig(self, resource: Resource, request: Any, says: Diagnostics, _answer: Any) -> None:
        """Check the values of a configuration, without the state of the resource."""
        given = given_by(resource.attributes, load(request.config))
        # Check as for an existing resource: only a plan knows whether a path is new and so must be writable.
        old = read_partial(resource.kind.inputs, given).known
        says.refuse(resource.kind.check(given, old, None).failures)

    @answering(RESOURCES)
    def UpgradeResourceState(self, resource: Resource, request: Any, _says: Diagnostics, answer: Any) -> None:
        """Read a stored state by the names of its attributes. A missing attribute gets its default."""
        kept, cells = stored(request.raw_state.json), {}
        for name, attribute in resource.attributes.items():
            default = attribute.input.default if attribute.input else None
            cells[name] = stored_cell(kept.get(name, default), attribute.type)
        answer.upgraded_state.CopyFrom(dump(cells))

    @answering(RESOURCES)
    def ReadResource(self, resource: Resource, request: Any, says: Diagnostics, answer: Any) -> None:
        """Read a resource again. The answer is a null state if the resource is proven not to exist."""
        answer.new_state.CopyFrom(request.current_state)
        answer.private = request.private
        if self._session.server is None:
            says.warn(f"{_UNKNOWN}; the resource is shown as it was last read")
            return
        current, private = load(request.current_state), Private.of(request.private)
        before = stored_from(resource, current, private)
        found = resource.kind.read(self._session.context(says), before)
        if found is None:
            says.warn(f"{says.last_line or 'it is gone'}; it leaves the state")
            answer.new_state.CopyFrom(dump(None))
            answer.private = b""
            return
        cells = shown(resource, found.stored, current, is_bound=False)
        answer.new_state.CopyFrom(dump(cells))
        was = moved_from(resource, before, found.stored, private.was)
        answer.private = replace(hidden(resource, found.stored, cells, found.promising), was=was).to_bytes()

    @answering(RESOURCES)
    def PlanResourceChange(self, resource: Resource, request: Any, says: Diagnostics, answer: Any) -> None:
        """Plan a resource. A plan sends no requests."""
        answer.planned_state.CopyFrom(request.prior_state)
        answer.planned_private = request.prior_private
        config, prior, private = load(request.config), load(request.prior_state), Private.of(request.prior_private)
        before = None if prior is None else stored_from(resource, prior, private)
        given = declared_by(resource, config, prior, before)
        if before:
            before = as_declared(resource, before, given, private.was)
        declared = self._checked(resource, given, before, says).declared
        if says.has_errors:
            return
        context, kind = self._session.context(says), resource.kind
        if kind.has_project and self._session.server is not None and "project_id" not in declared.unknown:
            # This raises if no project is known. It sends no requests.
            context.jobs(declared.known.project_id)
        for job_id in private.promising:
            context.run.note_promising(job_id, is_promising=True)
        plan = kind.preview(context, before, declared)
        says.explain(plan)
        if says.has_errors or (prior and not plan.acts and not is_forgotten(resource, config, prior)):
            return
        if before:
            # An apply repeats only plans that act, in another process. So only those may give reasons to other plans.
            kind.remember(context, before, declared, plan)
        answer.planned_state.CopyFrom(dump(planned_values(resource, config, prior, declared, plan)))
        known = {field.key: getattr(declared.known, name) for name, field in resource.shared.items()}
        answer.planned_private = replace(private, declared=known).to_bytes()
        for name in plan.replaces:
            answer.requires_replace.add().steps.add(attribute_name=name)

    @answering(RESOURCES)
    def ApplyResourceChange(self, resource: Resource, request: Any, says: Diagnostics, answer: Any) -> None:
        """Create, update or delete a resource. After a failure the state is unchanged."""
        private = Private.of(request.planned_private)
        answer.new_state.CopyFrom(request.prior_state)
        answer.private = replace(private, declared={}).to_bytes()
        planned, prior = load(request.planned_state), load(request.prior_state)
        before = None if prior is None else stored_from(resource, prior, private)
        context, kind = self._session.context(says), resource.kind
        if planned is None:
            if before:
                kind.delete(context, before)
            answer.new_state.CopyFrom(dump(None))
            answer.private = b""
            return
        # The planned values respect `ignore_changes`; the configuration in the request does not.
        given = {key: value for key, value in given_by(resource.attributes, planned).items() if value is not UNKNOWN}
        inputs = self._checked(resource, {**given, **private.declared}, before, says).declared.known
        if not says.has_errors:
            after = kind.create(context, inputs) if before is None else kind.update(context, before, inputs)
            _keep(resource, after, planned, says, answer)

    @answering(RESOURCES)
    def ImportResourceState(self, resource: Resource, request: Any, says: Diagnostics, answer: Any) -> None:
        """Read an existing job by `JOB` or `PROJECT/JOB`."""
        if resource.kind.import_by_id is None:
            raise InvalidInput(f"{request.type_name} cannot be imported: it exists only in a state; declare a new one")
        found = resource.kind.import_by_id(self._session.context(says), request.id, None)
        for failure in found.failures:
            says.warn(f"the job cannot be declared as it is: {failure}")
        cells = shown(resource, found.stored, {}, is_bound=False)
        private = hidden(resource, found.stored, cells, found.promising).to_bytes()
        answer.imported_resources.add(type_name=request.type_name, state=dump(cells), private=private)

    @answering(DATA_SOURCES)
    def ValidateDataResourceConfig(self, source: DataSource, request: Any, says: Diagnostics, _answer: Any) -> None:
        """Check the values of a configuration."""
        given = given_by(source.attributes, load(request.config))
        says.refuse(check_inputs(source.inputs, given, None, None).failures)

    @answering(DATA_SOURCES)
    def ReadDataSource(self, source: DataSource, request: Any, says: Diagnostics, answer: Any) -> None:
        """Read a data source. Terraform sends no unknown values here."""
        if self._session.server is None:
            raise InvalidSettings(f"{_UNKNOWN}; apply what they come from first (-target)")
        config = load(request.config)
        checked = check_inputs(source.inputs, given_by(source.attributes, config), None, self._session.project_id)
        says.refuse(checked.failures)
        if not says.has_errors:
            read = source.read(self._session.context(says), checked.declared.known)
            given = {name: value for name, value in config.items() if value is not None}
            answer.state.CopyFrom(dump({name: read.get(name) for name in source.attributes} | given))

    def _checked(
        self, resource: Resource, given: Values, before: Stored[Any, Any] | None, says: Diagnostics
    ) -> Checked[Any]:
        checked = resource.kind.check(given, before.inputs if before else None, self._session.project_id)
        says.refuse(checked.failures)
        return checked


def _keep(resource: Resource, after: Stored[Any, Any], planned: Cells, says: Diagnostics, answer: Any) -> None:
    """Answer with the created or updated resource. No failure may lose its ID from here on."""
    try:
        cells = shown(resource, after, planned, is_bound=True)
        answer.new_state.CopyFrom(dump(cells))
        answer.private = hidden(resource, after, cells, frozenset()).to_bytes()
    except Exception as error:  # noqa: BLE001  the resource exists
        known = {name: None if value is UNKNOWN else value for name, value in planned.items()}
        answer.new_state.CopyFrom(dump(known | {"id": after.id}))
        answer.private = b""
        says.warn(f"{after.id} exists, but cannot be shown; the next run reads it ({type(error).__name__})")
