"""Make the compared configurations: jobs of our provider, and Terraform's own resource with the same inputs."""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from pulumi_opsmanager.cli.mirror import HOSTS, Release, install, platform_name
from pulumi_opsmanager.emulator import Emulator

from .figure import Lab
from .job import PROJECT

TERRAFORM_DATA = "terraform_data"

_INPUTS = """\
    resource_type                 = "REPLICASET"
    resource_name                 = "rs0"
    log_types                     = ["FTDC", "MONGODB"]
    size_requested_per_file_bytes = 131072
    redacted                      = false
"""

_OURS = f"""\
terraform {{
  required_providers {{
    opsmanager = {{ source = "opsmanager/opsmanager" }}
  }}
}}

resource "opsmanager_log_collection_job" "job" {{
  count = JOBS
{_INPUTS}}}
"""

_THEIRS = f"""\
resource "terraform_data" "job" {{
  count = JOBS
  input = {{
{_INPUTS}  }}
}}
"""

_OF_THE_MACHINE = ("TF_", "OPSMANAGER_", "MCLI_")


@dataclass(frozen=True)
class Configuration:
    """A folder with a `main.tf` and its state.

    Attributes:
        folder: Where the commands run.
        binary: Terraform or OpenTofu.
        environment: All variables of the commands.
    """

    folder: Path
    binary: Path
    environment: Mapping[str, str]

    def init(self, mirror: Path) -> None:
        """Install the providers from a mirror."""
        self._run("init", f"-plugin-dir={mirror}")

    def plan(self) -> None:
        """Plan before the first apply."""
        self._run("plan")

    def plan_unchanged(self) -> None:
        """Refresh and plan after an apply. It fails if something would change."""
        self._run("plan", "-detailed-exitcode")

    def apply(self) -> None:
        """Create everything, without an earlier state."""
        (self.folder / "terraform.tfstate").unlink(missing_ok=True)
        self._run("apply", "-auto-approve")

    def _run(self, *arguments: str) -> None:
        command = [str(self.binary), *arguments]
        ended = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")


def contestants(lab: Lab, server: Emulator, jobs: int) -> dict[str, Configuration]:
    """Return a configuration of our jobs, and one of as many `terraform_data` with the same inputs; none is applied."""
    texts = {"ours": _OURS, TERRAFORM_DATA: _THEIRS}
    return {who: _configuration(lab, server, text.replace("JOBS", str(jobs))) for who, text in texts.items()}


@functools.cache
def launcher_of(lab: Lab) -> Path:
    """The launcher of the provider, in the mirror of the lab."""
    release = Release(version("pulumi-opsmanager"), platform_name(platform.system(), platform.machine()))
    install(release, _mirror(lab), sys.executable)
    return release.unpacked(_mirror(lab), HOSTS[0])


def machine_variables() -> dict[str, str]:
    """The environment of this process without settings of Terraform and Ops Manager."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_MACHINE)}


def _configuration(lab: Lab, server: Emulator, text: str) -> Configuration:
    folder = Path(tempfile.mkdtemp(dir=lab.folder))
    (folder / "main.tf").write_text(text)
    settings = {
        "CHECKPOINT_DISABLE": "1",
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
        "OPSMANAGER_PROJECT_ID": PROJECT,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_INPUT": "0",
    }
    made = Configuration(folder, lab.terraform, machine_variables() | settings)
    launcher_of(lab)
    made.init(_mirror(lab))
    return made


def _mirror(lab: Lab) -> Path:
    return lab.folder / "mirror"
