"""A configuration in its own folder, and the commands that a person runs in it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_opsmanager.emulator import Emulator

HEAD = """\
terraform {
  required_providers {
    opsmanager = {
      source = "opsmanager/opsmanager"
    }
  }
}

provider "opsmanager" {}
"""

ADDRESSES = ("registry.terraform.io/opsmanager/opsmanager", "registry.opentofu.org/opsmanager/opsmanager")
"""The source address of `opsmanager/opsmanager` in Terraform and in OpenTofu."""

# For a command that hangs; no test fails because a machine is slow.
_HANGS_SECONDS = 300

_OF_THE_MACHINE = ("TF_", "OPSMANAGER_", "MCLI_", "XDG_")


@dataclass(frozen=True)
class Result:
    """The result of a command.

    Attributes:
        code: The exit code.
        output: The text on stdout, followed by the text on stderr.
    """

    code: int
    output: str


@dataclass(frozen=True)
class Configuration:
    """A `main.tf` and its state, without settings of the machine.

    Attributes:
        folder: Folder of the configuration, with home, data and CLI configuration of the commands. Made if missing.
        binary: Terraform or OpenTofu.
        environment: Variables of the commands, beside those of every configuration.
    """

    folder: Path
    binary: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._cli_configuration.touch()

    @property
    def home(self) -> Path:
        """The home directory of the commands."""
        return self.folder / "home"

    @property
    def _cli_configuration(self) -> Path:
        return self.home / "empty.tfrc"

    def write(self, text: str, name: str = "main.tf") -> None:
        """Replace the text of a file."""
        (self.folder / name).write_text(text)

    def run(self, *arguments: str, expect_code: int | None = 0) -> Result:
        """Run a command to its end.

        Args:
            arguments: The command and its options.
            expect_code: The expected exit code; None accepts any.

        Raises:
            AssertionError: The exit code differs. The message is the output.
        """
        ended = self._finished(*arguments, expect_code=expect_code)
        return Result(ended.returncode, ended.stdout + ended.stderr)

    def start(self, *arguments: str, is_group: bool = False) -> subprocess.Popen[str]:
        """Start a command, for a test that interrupts it.

        Args:
            arguments: The command and its options.
            is_group: Whether the command gets a process group, so that a signal can reach only its processes.
        """
        machine = {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_MACHINE)}
        ours = {
            "CHECKPOINT_DISABLE": "1",
            "HOME": str(self.home),
            "TF_CLI_CONFIG_FILE": str(self._cli_configuration),
            "TF_DATA_DIR": str(self.folder / ".terraform"),
            "TF_INPUT": "0",
            "TF_IN_AUTOMATION": "1",
        }
        return subprocess.Popen(
            [str(self.binary), *arguments, "-no-color"],
            cwd=self.folder,
            env={**machine, **ours, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=is_group,
        )

    def init(self, *arguments: str, expect_code: int | None = 0) -> Result:
        """Install the providers. A reattached provider does not need it."""
        return self.run("init", *arguments, expect_code=expect_code)

    def validate(self, *arguments: str, expect_code: int | None = 0) -> Result:
        """Check the configuration without the server."""
        return self.run("validate", *arguments, expect_code=expect_code)

    def plan(self, *arguments: str, expect_code: int | None = 0) -> Result:
        """Show what would change."""
        return self.run("plan", *arguments, expect_code=expect_code)

    def apply(self, *arguments: str, expect_code: int | None = 0) -> Result:
        """Apply the configuration without a question."""
        return self.run("apply", "-auto-approve", *arguments, expect_code=expect_code)

    def destroy(self, *arguments: str, expect_code: int | None = 0) -> Result:
        """Delete all resources without a question."""
        return self.run("destroy", "-auto-approve", *arguments, expect_code=expect_code)

    def plan_json(self, *arguments: str) -> dict[str, Any]:
        """The plan as `show -json` prints it."""
        file = str(self.folder / "shown.tfplan")
        self.plan(f"-out={file}", *arguments)
        return self.json_of("show", "-json", file)

    def changes(self, *arguments: str) -> dict[str, list[str]]:
        """The actions of a plan for each resource, by address. Resources without a change are left out."""
        planned = self.plan_json(*arguments).get("resource_changes", [])
        actions = {change["address"]: change["change"]["actions"] for change in planned}
        return {address: did for address, did in actions.items() if did not in (["no-op"], ["read"])}

    def state(self) -> dict[str, Any]:
        """The state as `show -json` prints it."""
        return self.json_of("show", "-json")

    def outputs(self) -> dict[str, Any]:
        """The values of the outputs in the state, by name."""
        return {name: output["value"] for name, output in self.json_of("output", "-json").items()}

    def json_of(self, *arguments: str) -> dict[str, Any]:
        """The output of a command, parsed as JSON."""
        values: dict[str, Any] = json.loads(self._finished(*arguments).stdout)
        return values

    def _finished(self, *arguments: str, expect_code: int | None = 0) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments) as process:
            try:
                printed, complained = process.communicate(timeout=_HANGS_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        said = f"{self.binary.name} {' '.join(arguments)} ended with {process.returncode}:\n{printed}{complained}"
        assert expect_code in (None, process.returncode), said
        return subprocess.CompletedProcess(arguments, process.returncode, printed, complained)


def settings_of(server: Emulator) -> dict[str, str]:
    """Variables that lead a provider to an emulator."""
    return {
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
        "OPSMANAGER_PROJECT_ID": server.project_id,
    }


def reattached_to(socket: Path) -> dict[str, str]:
    """Variables that lead a command to a provider that this process serves, instead of one that it starts."""
    provider = {
        "Protocol": "grpc",
        "ProtocolVersion": 6,
        "Pid": os.getpid(),
        "Test": True,
        "Addr": {"Network": "unix", "String": str(socket)},
    }
    return {"TF_REATTACH_PROVIDERS": json.dumps(dict.fromkeys(ADDRESSES, provider))}
