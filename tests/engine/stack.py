"""A stack under test: a program, a file backend and an environment of its own, driven through the real CLI."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pulumi import automation as auto
from pulumi.automation.events import EngineEvent

from pulumi_opsmanager.emulator import Emulator

PROJECT_FILE = """\
name: under-test
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: {virtualenv}
"""

HEAD = """\
import datetime
import pulumi
import pulumi_opsmanager as om

GOOD = dict(
    resource_type="REPLICASET",
    resource_name="rs0",
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes=10_000,
    redacted=True,
)
"""

JOB = (
    HEAD
    + """\
job = om.LogCollectionJob("logs", **(GOOD | dict({changes})))
pulumi.export("id", job.id)
pulumi.export("status", job.status)
pulumi.export("download_url", job.download_url)
pulumi.export("expiration_date", job.expiration_date)
pulumi.export("child_job_counts", job.child_job_counts)
pulumi.export("failed_hosts", job.failed_child_jobs.apply(lambda jobs: [job.host_name for job in jobs or []]))
pulumi.export("retries", job.retries)
pulumi.export("size_type", job.size_requested_per_file_bytes.apply(lambda size: type(size).__name__))
"""
)


def job(changes: str = "") -> str:
    """A program of one job, with changes written as keyword arguments."""
    return JOB.format(changes=changes)


def jobs(changes: Sequence[str]) -> str:
    """A program of one job for each row of changes, named `job-0` and so on."""
    lines = [f"om.LogCollectionJob('job-{i}', **(GOOD | dict({row})))" for i, row in enumerate(changes)]
    return "\n".join([HEAD, *lines, ""])


class Refused(Exception):
    """The engine ended with an error; its text is the diagnostics as a person reads them."""


class Stack:
    """One stack; every operation returns how many resources saw which operation, without those that stay the same."""

    def __init__(
        self,
        engine: auto.PulumiCommand,
        folder: Path,
        program: str,
        server: Emulator,
        environment: dict[str, str | None],
    ) -> None:
        self.folder = folder
        (folder / "Pulumi.yaml").write_text(PROJECT_FILE.format(virtualenv=sys.prefix))
        self.program(program)
        variables = {
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "passphrase",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The language host that is built from Go modules knows no `virtualenv` option.
            "PULUMI_PYTHON_CMD": sys.executable,
            "OPSMANAGER_BASE_URL": server.url,
            "OPSMANAGER_PUBLIC_KEY": server.public_key,
            "OPSMANAGER_PRIVATE_KEY": server.private_key,
            "OPSMANAGER_PROJECT_ID": server.project_id,
        } | environment
        self._stack = auto.create_stack(
            stack_name="test",
            work_dir=str(folder),
            opts=auto.LocalWorkspaceOptions(
                env_vars={name: value for name, value in variables.items() if value is not None}, pulumi_command=engine
            ),
        )
        self.lines: list[str] = []
        self.progress: list[str] = []
        self.steps: dict[str, str] = {}
        self.printed = ""

    def program(self, text: str) -> None:
        """Change the program."""
        (self.folder / "__main__.py").write_text(text)

    def configure(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a value of the stack's configuration."""
        self._stack.set_config(key, auto.ConfigValue(value, secret=secret))

    def environ(self, **variables: str) -> None:
        """Change the environment of the operations to come."""
        self._stack.workspace.env_vars = dict(self._stack.workspace.env_vars) | variables

    def preview(self) -> dict[str, int]:
        """What an up would do; `printed` holds what a person sees."""

        def preview() -> Any:
            result = self._stack.preview(on_event=self._hear, diff=True)
            self.printed = result.stdout
            return result.change_summary

        return self._run(preview)

    def up(self, **options: Any) -> dict[str, int]:
        """Apply the program; options are those of the SDK."""
        return self._run(lambda: self._stack.up(on_event=self._hear, **options).summary.resource_changes)

    def refresh(self) -> dict[str, int]:
        """Read what is there."""
        return self._run(lambda: self._stack.refresh(on_event=self._hear).summary.resource_changes)

    def destroy(self) -> dict[str, int]:
        """Delete everything."""
        return self._run(lambda: self._stack.destroy(on_event=self._hear).summary.resource_changes)

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command line in the stack's folder, as a person would."""
        process = self.start(command, stderr=subprocess.PIPE)
        printed, complained = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, printed, complained)

    def start(self, command: str, stderr: int = subprocess.STDOUT) -> subprocess.Popen[str]:
        """The same, without waiting for its end."""
        return subprocess.Popen(
            shlex.split(command),
            cwd=self.folder,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def variables(self) -> dict[str, str]:
        """The whole environment of such a command line."""
        folders = (str(Path(self._stack.workspace.pulumi_command.command).parent), str(Path(sys.executable).parent))
        path = os.pathsep.join([*folders, os.environ["PATH"]])
        return {**os.environ, **self._stack.workspace.env_vars, "PATH": path}

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        return {name: output.value for name, output in self._stack.outputs().items()}

    def exported(self) -> str:
        """The state as it lies in the backend; the SDK's own export would decrypt it."""
        return next(self.folder.glob(".pulumi/stacks/*/test.json")).read_text()

    def jobs(self) -> list[dict[str, Any]]:
        """The jobs in the state: id, inputs and outputs as they are stored."""
        return self.resources("LogCollectionJob")

    def resources(self, kind: str) -> list[dict[str, Any]]:
        """The same of any kind of resource."""
        resources = json.loads(self.exported())["checkpoint"]["latest"].get("resources") or []
        found = [stored for stored in resources if stored["type"].endswith(f":{kind}")]
        return [{key: stored[key] for key in ("id", "inputs", "outputs")} for stored in found]

    def _run(self, operation: Any) -> dict[str, int]:
        self.lines.clear()
        self.progress.clear()
        self.steps.clear()
        try:
            changes = operation() or {}
        except auto.CommandError:
            raise Refused("\n".join(self.lines)) from None
        return {str(getattr(kind, "value", kind)): count for kind, count in changes.items() if kind != "same"}

    def _hear(self, event: EngineEvent) -> None:
        diagnostic = event.diagnostic_event
        if diagnostic is not None and diagnostic.severity != "debug":
            (self.progress if diagnostic.ephemeral else self.lines).append(_plain(diagnostic.message))
        step = event.resource_pre_event
        if step is not None and "opsmanager" in step.metadata.urn and step.metadata.op.value != "same":
            kind, _, name = step.metadata.urn.rpartition("::")
            self.steps.setdefault(f"{kind.rpartition(':')[2]} {name}", str(step.metadata.op.value))


def _plain(message: str) -> str:
    for mark in ("<{%reset%}>", "<{%fg 1%}>", "<{%fg 2%}>", "<{%fg 3%}>", "<{%bold%}>"):
        message = message.replace(mark, "")
    return message.strip()
