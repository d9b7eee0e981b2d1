"""The base of all provider classes: it passes the engine's calls to the rules of a kind, and returns the answers.

The provider class of each kind only names its kind.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from pulumi_opsmanager.api.settings import OBJECT_ID, Settings
from pulumi_opsmanager.errors import InvalidInput, OpsManagerError
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.kinds import Kind
from pulumi_opsmanager.lifecycle.stored import Found, Stored
from pulumi_opsmanager.schema.fields import Values
from pulumi_opsmanager.schema.freeform import same
from pulumi_opsmanager.schema.models import read_model, read_partial

from . import asking
from .call import Call, attended_clock, current_call
from .configuration import settings_from
from .layout import is_stored, keys_of, moved_keys, outputs_of, seen_inputs, stored_from
from .phrases import add_phrases
from .reporter import EngineReporter, kept
from .sessions import first_warning, run, server_for
from .values import from_engine, to_engine
from .watch import end_with_engine

_Answer = TypeVar("_Answer")


def answering(method: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """Pass the present call to the method as its second argument.

    Convert every exception to a one-line error, because the SDK's host answers only `Exception`.
    """

    @functools.wraps(method)
    def answer(self: Any, *args: Any) -> _Answer:
        try:
            return method(self, current_call(), *args)
        except OpsManagerError as error:
            add_phrases(error, method.__name__)
            raise error from None
        except Exception:
            raise
        except BaseException as stop:  # noqa: BLE001  SystemExit and its like
            # The host does not answer a BaseException, and the engine would wait forever.
            raise RuntimeError(f"stopped by {type(stop).__name__}") from None

    return answer


class Adapter(ResourceProvider):
    """Base of the provider classes. It has no attributes before `configure`, so its pickle holds only a name."""

    # The pickle holds no secret. Unencrypted, the state stays readable and loads faster.
    serialize_as_secret_always = False

    kind: ClassVar[Kind[Any, Any, Any]]

    def configure(self, req: ConfigureRequest) -> None:
        """Store the configuration. `check` reports problems of the configuration and of the inputs."""
        # Show a failure as one line, without the host's traceback.
        sys.tracebacklimit = 0
        end_with_engine()
        self._config = req.config
        self._checked: dict[bool, Settings] = {}
        # Whether the read of a refresh changed outputs, by URN. The engine calls diff right after that read, without
        # check. It shows the resource as updated if this diff reports changes. If this diff fails, the engine drops
        # the result of the read. Source: `RefreshStep.Apply` in pkg/resource/deploy/step.go of pulumi 3.259.
        self._moved: dict[str, bool] = {}

    @answering
    def check(self, call: Call, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Return the canonical inputs, and all problems of inputs and settings."""
        # No diff follows the read of a `get`, or any read with `PULUMI_ENABLE_LEGACY_REFRESH_DIFF`.
        self._moved.pop(call.urn, None)
        values, problems, broken = asking.check(
            self.kind,
            self._context(call),
            from_engine(news),
            from_engine(olds),
            lambda is_needed: self._settings(call, project_needed=is_needed).project_id,
        )
        # For a named property the engine would print the complete value, under the vendor's name.
        failures = [CheckFailure("", line) for line in (*problems, *map(str, broken))]
        return CheckResult(to_engine(values), failures)

    @answering
    def diff(self, call: Call, resource_id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Plan an update. Return whether it changes and which properties replace the resource."""
        new, is_moved = from_engine(news), self._moved.pop(call.urn, None)
        stored, declared = self._stored(resource_id, olds), read_partial(self.kind.inputs, new)
        plan = asking.diff(self.kind, call, self._context(call), stored, declared, is_refresh=is_moved is not None)
        if is_moved is not None or not plan.acts:
            # A refresh needs to know whether outputs changed, not what an update would do.
            return DiffResult(changes=bool(is_moved))
        # None: the engine compares the inputs and shows each property. With equal inputs it would see no change.
        is_declared = call.old_inputs is not None and not same(call.old_inputs, new)
        return DiffResult(
            changes=None if is_declared else True, replaces=keys_of(self.kind.inputs, self.kind.state, plan.replaces)
        )

    @answering
    def create(self, call: Call, props: dict[str, Any]) -> CreateResult:
        """Create the resource."""
        stored = self.kind.create(self._context(call), read_model(self.kind.inputs, from_engine(props)))
        return CreateResult(stored.id, kept(EngineReporter(call), outputs_of(stored)))

    @answering
    def read(self, call: Call, resource_id: str, props: dict[str, Any]) -> ReadResult:
        """Refresh the resource, or read an existing one. A blank ID means that the resource does not exist."""
        context, before = self._context(call), from_engine(props)
        if self.kind.import_by_id is None or is_stored(self.kind.state, before):
            found = self.kind.read(context, self._stored(resource_id, props))
        else:
            # A resource that is only read is known by its name in the program.
            with call.naming():
                found = adopted(self.kind, context, resource_id, before)
        if found is None:
            return ReadResult("", {})
        outputs = kept(EngineReporter(call), outputs_of(found.stored))
        if call.urn:
            self._moved[call.urn] = bool(moved_keys(before, outputs))
        inputs = None if call.old_inputs is None else seen_inputs(call.old_inputs, found.inputs)
        return ReadResult(resource_id, outputs, inputs)

    @answering
    def update(self, call: Call, resource_id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Plan the update again, and apply it."""
        inputs = read_model(self.kind.inputs, from_engine(news))
        after = self.kind.update(self._context(call), self._stored(resource_id, olds), inputs)
        return UpdateResult(kept(EngineReporter(call), outputs_of(after)))

    @answering
    def delete(self, call: Call, resource_id: str, props: dict[str, Any]) -> None:
        """Delete the resource."""
        self.kind.delete(self._context(call), self._stored(resource_id, props))

    def _stored(self, resource_id: str, outputs: dict[str, Any]) -> Stored[Any, Any]:
        return stored_from(resource_id, self.kind.inputs, self.kind.state, from_engine(outputs))

    def _context(self, call: Call) -> Context:
        clock, reporter = attended_clock(call), EngineReporter(call)
        return Context(lambda: server_for(self._settings(call)), clock, run(), reporter, call.urn)

    def _settings(self, call: Call, *, project_needed: bool = False) -> Settings:
        """The checked settings. The first call in a process also shows a warning about unsafe settings."""
        # Checked once: every call needs the settings, and a check reads the CA file (16 ms for a bundle of roots).
        if project_needed not in self._checked:
            settings = settings_from(self._config, project_needed=project_needed)
            if warning := first_warning(settings):
                EngineReporter(call).warn(warning)
            # Settings with a project also serve calls that need none.
            self._checked = {False: settings, project_needed: settings}
        return self._checked[project_needed]


def adopted(kind: Kind[Any, Any, Any], context: Context, resource_id: str, known: Values) -> Found[Any, Any]:
    """Read an existing job for `get`. The engine keeps the ID as written, so `PROJECT/JOB` is not accepted here."""
    if kind.import_by_id is None or not OBJECT_ID.fullmatch(resource_id):
        raise InvalidInput(f"id must be 24 lower-case hex digits, not {resource_id!r}; project_id names the project")
    return kind.import_by_id(context, resource_id, known.get("projectId"))
