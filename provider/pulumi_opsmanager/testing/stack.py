"""A stack under test: a program with its own file backend and environment, run by the real engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from pulumi import automation as auto
from pulumi.automation.events import EngineEvent

from .workspace import variables_of, workspace_of, write_program

if TYPE_CHECKING:
    # The emulator needs an extra, and every test that makes a stack has it.
    from pulumi_opsmanager.emulator import Emulator

_STACK = "test"

# Options of the automation API's `Stack.up` whose flag has another name.
_FLAGS = {
    "log_flow": "logflow",
    "log_to_std_err": "logtostderr",
    "log_verbosity": "verbose",
    "policy_pack_configs": "policy-pack-config",
    "policy_packs": "policy-pack",
}


class Refused(Exception):
    """The engine ended with an error. The text has the diagnostics that a person reads."""


class StoredResource(TypedDict):
    """A resource in the state.

    Attributes:
        type: Pulumi's type: `pulumi-python:dynamic/opsmanager:LogCollectionJob`.
        name: Name of the resource in the program.
        id: Id of the resource on the server; empty for a component.
        inputs: Checked inputs by vendor name, without Pulumi's own keys.
        outputs: Outputs by vendor name, without Pulumi's own keys. They repeat the inputs.
    """

    type: str
    name: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class StackFactory(Protocol):
    """Type of the fixture `opsmanager_stack`."""

    def __call__(
        self,
        program: str | Path,
        *,
        config: Mapping[str, str] | None = None,
        environment: Mapping[str, str | None] | None = None,
    ) -> Stack:
        """Make a stack.

        Args:
            program: As in `Stack`.
            config: As in `Stack`.
            environment: As in `Stack`.
        """


class Stack:
    """One stack of a program, with the emulator's settings in the environment.

    Every operation returns the number of resources by operation, without unchanged ones: `{"create": 2}`. The stack
    itself counts as one.

    Args:
        program: The text of a Python program, or the `Path` of a project's folder. A folder is copied, without
            `Pulumi.STACK.yaml` files. Backend, Python and `opsmanager:` settings of its `Pulumi.yaml` are left out.
        server: The emulator that it uses.
        folder: An empty folder for program, backend and Pulumi's home.
        engine: The Pulumi command; None takes the one on PATH.
        config: Configuration of the stack; `project:key`, or `key` of the program's own project.
        environment: Variables beside those of this process and the emulator's. None removes one of the emulator's.

    Attributes:
        folder: Folder in which the program runs.
        lines: Diagnostics of the last operation: errors, warnings, and texts that the program printed or logged.
        progress: Messages that the engine showed only while it ran.
        steps: Operations on the resources of this package, by `KIND NAME`.
        printed: Output of the last preview, with property differences.
    """

    def __init__(
        self,
        program: str | Path,
        server: Emulator,
        folder: Path,
        *,
        engine: auto.PulumiCommand | None = None,
        config: Mapping[str, str] | None = None,
        environment: Mapping[str, str | None] | None = None,
    ) -> None:
        self.folder = folder
        self.lines: list[str] = []
        self.progress: list[str] = []
        self.steps: dict[str, str] = {}
        self.printed = ""
        self._server = server
        variables = variables_of(server, folder) | dict(environment or {})
        self._variables = {name: value for name, value in variables.items() if value is not None}
        self._workspace = workspace_of(program, folder, engine or auto.PulumiCommand(), self._variables)
        self._pulumi("stack", "init", _STACK)
        for key, value in (config or {}).items():
            self.configure(key, value)

    def program(self, text: str) -> None:
        """Change the program to another text."""
        write_program(self.folder, text)

    def configure(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a value of the stack's configuration.

        Args:
            key: `project:key`, or `key` of the program's own project.
            value: Text, as in the configuration file.
            secret: Whether it is stored encrypted.
        """
        self._workspace.set_config(_STACK, key, auto.ConfigValue(value, secret=secret))

    def environ(self, **variables: str) -> None:
        """Change the environment of the next operations."""
        self._workspace.env_vars = dict(self._workspace.env_vars) | variables

    def preview(self) -> dict[str, int]:
        """Return what an `up` would do. This sends nothing to the server.

        Raises:
            Refused: The program, or an input of it, is not acceptable.
        """
        return self._run("preview", "--diff")

    def up(self, **options: Any) -> dict[str, int]:
        """Apply the program.

        Args:
            options: Of `pulumi up`, with `_` for `-`: `continue_on_error=True`, `target=["**LogCollectionJob::logs"]`.

        Raises:
            Refused: The engine ended with an error. The state has what was created before.
        """
        return self._run("up", "--yes", "--skip-preview", *_flags(options))

    def refresh(self) -> dict[str, int]:
        """Read all resources from the server.

        Raises:
            Refused: A resource could not be read. Its state is unchanged.
        """
        return self._run("refresh", "--yes", "--skip-preview")

    def destroy(self) -> dict[str, int]:
        """Delete all resources.

        Raises:
            Refused: A resource is protected or could not be deleted. The state still has it.
        """
        return self._run("destroy", "--yes", "--skip-preview")

    def close(self) -> None:
        """Destroy what remains, with the first environment and no faults. Protected resources stay.

        Raises:
            Refused: A resource could not be deleted.
        """
        if self.resources():
            self._server.forget_faults()
            self._workspace.env_vars = dict(self._variables)
            self._run("destroy", "--yes", "--skip-preview", "--exclude-protected")

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the stack, with secrets in clear text."""
        shown: dict[str, Any] = json.loads(self._pulumi("stack", "output", "--json", "--show-secrets").stdout)
        return shown

    def exported(self) -> str:
        """Return the state in the backend as JSON text, with encrypted secrets."""
        # The SDK's own export would decrypt it.
        return next(self.folder.glob(f".pulumi/stacks/*/{_STACK}.json")).read_text()

    def resources(self, kind: str | None = None) -> list[StoredResource]:
        """Return the resources in the state, in the order of their creation.

        Args:
            kind: Last part of a type: `LogCollectionJob`. None for all but the stack and its providers.
        """
        latest = json.loads(self.exported())["checkpoint"].get("latest") or {}
        return [
            StoredResource(
                type=stored["type"],
                name=stored["urn"].rpartition("::")[2],
                id=stored.get("id", ""),
                inputs=_declared(stored.get("inputs")),
                outputs=_declared(stored.get("outputs")),
            )
            for stored in latest.get("resources") or ()
            if (not stored["type"].startswith("pulumi:") if kind is None else stored["type"].endswith(f":{kind}"))
        ]

    def _run(self, *command: str) -> dict[str, int]:
        """Run one operation: start the CLI once, and read messages, steps and counts from its event log."""
        self.lines.clear()
        self.progress.clear()
        self.steps.clear()
        log = self.folder / "home" / "events.json"
        log.unlink(missing_ok=True)
        try:
            self.printed = self._pulumi(*command, "--stack", _STACK, "--event-log", str(log)).stdout
        except auto.CommandError as error:
            self._read(log)
            raise Refused("\n".join(self.lines) or str(error)) from None
        return self._read(log)

    def _read(self, log: Path) -> dict[str, int]:
        changes: Mapping[Any, int] = {}
        for line in log.read_text().splitlines() if log.exists() else ():
            event = EngineEvent.from_json(json.loads(line))
            self._hear(event)
            if event.summary_event is not None:
                changes = event.summary_event.resource_changes
        return {str(getattr(kind, "value", kind)): count for kind, count in changes.items() if kind != "same"}

    def _pulumi(self, *command: str) -> auto.CommandResult:
        # The CLI writes event logs only with its option for debugging.
        variables = {"PULUMI_DEBUG_COMMANDS": "true"} | dict(self._workspace.env_vars)
        return self._workspace.pulumi_command.run(list(command), str(self.folder), variables)

    def _hear(self, event: EngineEvent) -> None:
        diagnostic = event.diagnostic_event
        if diagnostic is not None and diagnostic.severity != "debug":
            (self.progress if diagnostic.ephemeral else self.lines).append(_plain(diagnostic.message))
        step = event.resource_pre_event
        if step is not None and "opsmanager" in step.metadata.urn and step.metadata.op.value != "same":
            kind, _, name = step.metadata.urn.rpartition("::")
            self.steps.setdefault(f"{kind.rpartition(':')[2]} {name}", str(step.metadata.op.value))


def _flags(options: Mapping[str, Any]) -> list[str]:
    """Return options as flags of a command line. A list becomes one flag for each of its values."""
    flags = []
    for name, given in options.items():
        flag = "--" + _FLAGS.get(name, name.replace("_", "-"))
        for value in given if isinstance(given, list | tuple) else [given]:
            shown = str(value).lower() if isinstance(value, bool) else value
            flags += [] if value is None else [f"{flag}={shown}"]
    return flags


def _declared(stored: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (stored or {}).items() if not key.startswith("__")}


def _plain(message: str) -> str:
    for mark in ("<{%reset%}>", "<{%fg 1%}>", "<{%fg 2%}>", "<{%fg 3%}>", "<{%bold%}>"):
        message = message.replace(mark, "")
    return message.strip()
