"""What every provider class shares: how the engine's calls reach the rules, and how answers and errors leave."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from pulumi.dynamic import CheckFailure, CheckResult, ConfigureRequest, DiffResult, ReadResult, ResourceProvider

from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.errors import BadCredentials, InvalidSettings, NotAllowed, OpsManagerError
from pulumi_opsmanager.lifecycle.check import Checked
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.session import Session
from pulumi_opsmanager.schema.fields import Bag
from pulumi_opsmanager.schema.freeform import same

from .call import Call, current_call
from .configuration import settings_from
from .moved import Moved
from .reporter import EngineReporter
from .sessions import first_warning, session_for
from .values import from_engine, storable, to_engine
from .watch import end_with_engine

_Answer = TypeVar("_Answer")

# What refresh and destroy call; an `up` calls the others, with the present configuration.
_CALLED_FROM_STATE = frozenset({"read", "delete"})
_STORED_SETTINGS = (
    "(destroy and refresh read OPSMANAGER_… variables now, but take opsmanager:… configuration from the last up; "
    "--run-program takes the present configuration)"
)


def answering(method: Callable[..., _Answer]) -> Callable[..., _Answer]:
    """Hand the call under way to the method as its second argument.

    Every exception becomes a one-line error, because the SDK's host answers only `Exception`.
    """

    @functools.wraps(method)
    def answer(self: Any, *args: Any) -> _Answer:
        try:
            return method(self, current_call(), *args)
        except (BadCredentials, NotAllowed, InvalidSettings) as error:
            if method.__name__ in _CALLED_FROM_STATE:
                error.args = (f"{error} {_STORED_SETTINGS}",)
            raise error from None
        except OpsManagerError as error:
            raise error from None
        except Exception:
            raise
        except BaseException as stop:  # noqa: BLE001  SystemExit and its like
            # The host answers exceptions only; the engine would wait for ever.
            raise RuntimeError(f"stopped by {type(stop).__name__}") from None

    return answer


class Adapter(ResourceProvider):
    """Base of the provider classes. Holds nothing before `configure`, so a provider's pickle is a name."""

    # The pickle holds no secret: state stays readable, and needs no decryption per resource.
    serialize_as_secret_always = False

    has_project: ClassVar[bool] = True
    """Whether its resources live in a project, and so need settings to be complete."""

    def configure(self, req: ConfigureRequest) -> None:
        """Keep the configuration; check reports what is wrong with it and with the inputs."""
        # A failure is one line, not the host's stack.
        sys.tracebacklimit = 0
        end_with_engine()
        self._config = req.config
        self._judged: dict[bool, Settings] = {}
        self._moved = Moved()

    @answering
    def check(self, call: Call, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Canonical inputs, and everything that is wrong with inputs and settings."""
        self._moved.take(call.urn)
        new, old = from_engine(news), from_engine(olds)
        failures, default_project_id = [], None
        try:
            if self.has_project:
                needed = not (new.get("projectId") or old.get("projectId"))
                default_project_id = self._settings(call, project_needed=needed).project_id
        except InvalidSettings as error:
            failures.append(CheckFailure("", str(error)))
        checked = self._judge(call, new, old, default_project_id)
        for line in checked.notes:
            EngineReporter(call).info(line)
        # With a property the engine prints its complete value, under the vendor's name.
        failures += [CheckFailure("", str(failure)) for failure in checked.failures]
        return CheckResult(to_engine(checked.inputs), failures)

    @answering
    def diff(self, call: Call, resource_id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """The plan of `lifecycle`, in the engine's three answers."""
        new, is_moved = from_engine(news), self._moved.take(call.urn)
        with call.naming():
            plan = self._plan(call, resource_id, from_engine(olds), new)
        row = EngineReporter(call)
        for line in plan.reasons + plan.notes:
            row.info(line)
        for line in plan.warnings:
            row.warn(line)
        if not plan.acts:
            return DiffResult(changes=is_moved)
        # The engine compares the inputs itself and shows each property; with equal ones it would see no change.
        is_declared = call.old_inputs is not None and not same(call.old_inputs, new)
        return DiffResult(changes=None if is_declared else True, replaces=list(plan.replaces))

    @answering
    def read(self, call: Call, resource_id: str, props: dict[str, Any]) -> ReadResult:
        """What is stored, where nothing on the server is ours."""
        return self._read_result(call, resource_id, props, from_engine(props))

    def _read_result(
        self,
        call: Call,
        resource_id: str,
        props: Mapping[str, Any],
        outputs: Bag,
        inputs: dict[str, Any] | None = None,
    ) -> ReadResult:
        """The answer of a read. The diff of a refresh, which comes next, answers "changed" if outputs moved."""
        answer = stored(call, outputs)
        if not same(_present(from_engine(props)), _present(answer)):
            self._moved.note(call.urn)
        return ReadResult(resource_id, answer, inputs)

    def _judge(self, call: Call, new: dict[str, Any], old: dict[str, Any], default_project_id: str | None) -> Checked:
        """Canonical inputs and broken rules."""
        raise NotImplementedError

    def _plan(self, call: Call, resource_id: str, state: Mapping[str, Any], new: Mapping[str, Any]) -> Plan:
        """What an update would do."""
        raise NotImplementedError

    def _session(self, call: Call) -> Session:
        return session_for(self._settings(call))

    def _settings(self, call: Call, *, project_needed: bool = False) -> Settings:
        """The judged settings; the first call that needs them also warns of what is unsafe about them."""
        # Once per process: every check and diff asks, and judging reads the CA file, 16 ms for a bundle of roots.
        if project_needed not in self._judged:
            settings = settings_from(self._config, project_needed=project_needed)
            if warning := first_warning(settings):
                EngineReporter(call).warn(warning)
            # What has a project will do where none is needed.
            self._judged = {False: settings, project_needed: settings}
        return self._judged[project_needed]


def _present(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs without those that the engine drops."""
    return {key: value for key, value in outputs.items() if value is not None}


def stored(call: Call, outputs: Bag) -> dict[str, Any]:
    """Outputs that the host can send and read back: after this, nothing can lose the resource.

    What cannot be stored is left out with a warning: the next refresh or `up` finds it missing.
    """
    answer, lost = storable(outputs)
    for key, problem in lost.items():
        EngineReporter(call).warn(f"{key} is left out of the state, because it cannot be stored ({problem})")
    return answer
