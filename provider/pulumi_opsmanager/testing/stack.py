"""A stack under test: a program, a file backend and an environment of its own, driven through the real engine."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypedDict

from pulumi import automation as auto
from pulumi.automation.events import EngineEvent

if TYPE_CHECKING:
    # The emulator needs an extra; whoever makes a stack has it.
    from pulumi_opsmanager.emulator import Emulator

_STACK = "test"
_NAMESPACE = "opsmanager:"

# Settings of other stacks, environments and states are not the program's; logs belong nowhere but where they were put.
_LEFT_OUT = shutil.ignore_patterns(
    "Pulumi.*.yaml", ".pulumi", ".venv", "venv", ".git", "__pycache__", "node_modules", "*.tar.gz"
)


class Refused(Exception):
    """The engine ended with an error; its text is the diagnostics as a person reads them."""


class StoredResource(TypedDict):
    """A resource as the state has it.

    Attributes:
        type: Pulumi's: `pulumi-python:dynamic/opsmanager:LogCollectionJob`.
        name: Pulumi's, as the program gave it.
        id: The server's; empty for a component.
        inputs: Checked inputs under the vendor's names, without Pulumi's own keys.
        outputs: The same of the outputs, which repeat the inputs.
    """

    type: str
    name: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]


class StackFactory(Protocol):
    """What the fixture `opsmanager_stack` is."""

    def __call__(
        self,
        program: str | Path,
        *,
        config: Mapping[str, str] | None = None,
        environment: Mapping[str, str | None] | None = None,
    ) -> Stack:
        """Make a stack.

        Args:
            program: As of `Stack`.
            config: As of `Stack`.
            environment: As of `Stack`.
        """


class Stack:
    """One stack of a program, with the emulator's settings in the environment.

    Every operation returns how many resources saw which operation, without those that stay the same: `{"create": 2}`.
    The stack itself counts as one.

    Args:
        program: The text of a Python program, or the `Path` of a project's folder. A folder is copied, without
            `Pulumi.STACK.yaml` files; what its `Pulumi.yaml` says of a backend, a Python and `opsmanager:` is dropped.
        server: The emulator that it talks to.
        folder: An empty folder for program, backend and Pulumi's home.
        engine: The Pulumi command; None takes the one on PATH.
        config: Configuration of the stack; `project:key`, or `key` of the program's own project.
        environment: Variables beside those of this process and the emulator's; None leaves one of the latter out.

    Attributes:
        folder: Where the program runs.
        lines: What the engine said during the last operation, one message each.
        progress: What it showed only while it ran.
        steps: What it did to the resources of this package: operation by `KIND NAME`.
        printed: What the last preview would have shown to a person, with property differences.
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
        variables = _environment(server, folder) | dict(environment or {})
        self._variables = {name: value for name, value in variables.items() if value is not None}
        settings = _project("under-test")
        if isinstance(program, Path):
            shutil.copytree(program, folder, ignore=_LEFT_OUT, dirs_exist_ok=True)
            settings = _project_in(folder, engine) or settings
        else:
            self.program(program)
        options = auto.LocalWorkspaceOptions(env_vars=self._variables, pulumi_command=engine, project_settings=settings)
        self._stack = auto.create_stack(stack_name=_STACK, work_dir=str(folder), opts=options)
        for key, value in (config or {}).items():
            self.configure(key, value)

    def program(self, text: str) -> None:
        """Change the program to another text."""
        (self.folder / "__main__.py").write_text(text)

    def configure(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a value of the stack's configuration.

        Args:
            key: `project:key`, or `key` of the program's own project.
            value: Text, as in the configuration file.
            secret: Whether it is stored encrypted.
        """
        self._stack.set_config(key, auto.ConfigValue(value, secret=secret))

    def environ(self, **variables: str) -> None:
        """Change the environment of the operations to come."""
        self._stack.workspace.env_vars = dict(self._stack.workspace.env_vars) | variables

    def preview(self) -> dict[str, int]:
        """What an `up` would do; sends nothing to the server.

        Raises:
            Refused: The program, or an input of it, is not acceptable.
        """

        def preview() -> Any:
            found = self._stack.preview(on_event=self._hear, diff=True)
            self.printed = found.stdout
            return found.change_summary

        return self._run(preview)

    def up(self, **options: Any) -> dict[str, int]:
        """Apply the program.

        Args:
            options: Of the automation API's `Stack.up`.

        Raises:
            Refused: The engine ended with an error; what was made before it is in the state.
        """
        return self._run(lambda: self._stack.up(on_event=self._hear, **options).summary.resource_changes)

    def refresh(self) -> dict[str, int]:
        """Read what is on the server.

        Raises:
            Refused: Something could not be read; the state has it as before.
        """
        return self._run(lambda: self._stack.refresh(on_event=self._hear).summary.resource_changes)

    def destroy(self) -> dict[str, int]:
        """Delete everything.

        Raises:
            Refused: Something could not be deleted, or is protected; the state still has it.
        """
        return self._run(lambda: self._stack.destroy(on_event=self._hear).summary.resource_changes)

    def close(self) -> None:
        """Destroy what is left, with the first environment and no faults; what is protected stays.

        Raises:
            Refused: Something could not be deleted.
        """
        if self.resources():
            self._server.forget_faults()
            self._stack.workspace.env_vars = dict(self._variables)
            self._run(lambda: self._stack.destroy(on_event=self._hear, exclude_protected=True).summary.resource_changes)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secret ones in clear."""
        return {name: output.value for name, output in self._stack.outputs().items()}

    def exported(self) -> str:
        """The state as it lies in the backend, where secrets are encrypted: JSON text."""
        # The SDK's own export would decrypt it.
        return next(self.folder.glob(f".pulumi/stacks/*/{_STACK}.json")).read_text()

    def resources(self, kind: str | None = None) -> list[StoredResource]:
        """The resources in the state, in the order they were made.

        Args:
            kind: The last part of a type: `LogCollectionJob`. None is all but the stack and its providers.
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

    def _run(self, operation: Callable[[], Any]) -> dict[str, int]:
        self.lines.clear()
        self.progress.clear()
        self.steps.clear()
        try:
            changes = operation() or {}
        except auto.CommandError as error:
            raise Refused("\n".join(self.lines) or str(error)) from None
        return {str(getattr(kind, "value", kind)): count for kind, count in changes.items() if kind != "same"}

    def _hear(self, event: EngineEvent) -> None:
        diagnostic = event.diagnostic_event
        if diagnostic is not None and diagnostic.severity != "debug":
            (self.progress if diagnostic.ephemeral else self.lines).append(_plain(diagnostic.message))
        step = event.resource_pre_event
        if step is not None and "opsmanager" in step.metadata.urn and step.metadata.op.value != "same":
            kind, _, name = step.metadata.urn.rpartition("::")
            self.steps.setdefault(f"{kind.rpartition(':')[2]} {name}", str(step.metadata.op.value))


def _environment(server: Emulator, folder: Path) -> dict[str, str | None]:
    return {
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "passphrase",
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # A language host without the project's option `virtualenv` takes this Python too.
        "PULUMI_PYTHON_CMD": sys.executable,
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
        "OPSMANAGER_PROJECT_ID": server.project_id,
    }


def _project(name: str) -> auto.ProjectSettings:
    return auto.ProjectSettings(name=name, runtime=_runtime())


def _project_in(folder: Path, engine: auto.PulumiCommand | None) -> auto.ProjectSettings | None:
    """The settings of a copied project, for this Python and this server; None where the folder has none."""
    if not list(folder.glob("Pulumi.y*ml")):
        return None
    settings = auto.LocalWorkspace(work_dir=str(folder), pulumi_command=engine).project_settings()
    settings.runtime = _runtime()
    settings.backend = settings.template = None
    # Configuration wins over the environment, and would lead to the real server. The SDK takes it for text.
    config: Any = settings.config
    if isinstance(config, dict):
        settings.config = {key: value for key, value in config.items() if not key.startswith(_NAMESPACE)}  # type: ignore[assignment]
    return settings


def _runtime() -> auto.ProjectRuntimeInfo:
    is_virtual = sys.prefix != sys.base_prefix
    return auto.ProjectRuntimeInfo("python", {"toolchain": "pip"} | ({"virtualenv": sys.prefix} if is_virtual else {}))


def _declared(stored: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (stored or {}).items() if not key.startswith("__")}


def _plain(message: str) -> str:
    for mark in ("<{%reset%}>", "<{%fg 1%}>", "<{%fg 2%}>", "<{%fg 3%}>", "<{%bold%}>"):
        message = message.replace(mark, "")
    return message.strip()
