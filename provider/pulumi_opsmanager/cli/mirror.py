"""The mirrors in which Terraform and OpenTofu look for the provider, and the launchers in them.

A mirror is a folder from which `terraform init` and `tofu init` install providers without a registry. They record the
checksum of a provider in the lock file of a configuration. The checksum of a launcher covers the path of its Python and
its version. It does not cover the code that the Python runs.

Source: Terraform's CLI configuration file, and the directory search of both binaries, read 2026-11.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Literal

from pulumi_opsmanager.cli.files import storing, write_together
from pulumi_opsmanager.errors import CannotStore, InvalidSettings, needs_extra

HOSTS = ("registry.terraform.io", "registry.opentofu.org")
"""The default registry of each binary. Both use their registry for the source `opsmanager/opsmanager`."""

SOURCE = "opsmanager/opsmanager"
EXECUTABLE = "terraform-provider-opsmanager"

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}

_LAUNCHER = """\
#!/bin/sh
# Written by `pulumi-opsmanager terraform install`. It runs the provider of one Python environment.
python={python}
for needed in "$python" {module}; do
    if [ ! -e "$needed" ]; then
        printf '%s\\n' "the provider is gone: $needed. Install pulumi-opsmanager and run its terraform install again."
        exit 1
    fi
done
# -I, because the folder of the configuration may hold files that are named like Python modules.
exec "$python" -I -m pulumi_opsmanager.terraform.serve --launched-as {version} "$@"
"""

_REQUIRED_PROVIDERS = """\
terraform {
  required_providers {
    opsmanager = {
      source  = "opsmanager/opsmanager"
      version = "VERSION"
    }
  }
}
"""

_CLI_CONFIGURATION = """\
provider_installation {
  filesystem_mirror {
    path    = PATH
    include = ADDRESSES
  }
  direct {
    exclude = ADDRESSES
  }
}
"""

Outcome = Literal["written", "replaced", "unchanged"]


@dataclass(frozen=True)
class Release:
    """One version of the provider for one platform, with its names in a mirror."""

    version: str  # MAJOR.MINOR.PATCH
    platform: str  # as Terraform writes it: linux_amd64

    @property
    def executable(self) -> str:
        """The name of the executable."""
        return f"{EXECUTABLE}_v{self.version}"

    @property
    def archive(self) -> str:
        """The name of the zip file."""
        return f"{EXECUTABLE}_{self.version}_{self.platform}.zip"

    def unpacked(self, mirror: Path, host: str) -> Path:
        """The path of the executable in a mirror."""
        return mirror / host / SOURCE / self.version / self.platform / self.executable

    def packed(self, mirror: str, host: str) -> PurePosixPath:
        """The path of the zip file in a mirror."""
        return PurePosixPath(mirror, host, SOURCE, self.archive)

    @property
    def required_providers(self) -> str:
        """The block of `main.tf` for this version and later ones of the same major version."""
        major, minor, _patch = self.version.split(".")
        return _REQUIRED_PROVIDERS.replace("VERSION", f"~> {major}.{minor}")


@dataclass(frozen=True)
class Launcher:
    """A launcher file of a mirror, after it was installed."""

    path: Path
    outcome: Outcome
    python_before: str | None = None  # Python of the replaced launcher; None if no launcher was replaced


def platform_name(system: str, machine: str) -> str:
    """Return Terraform's name of a platform, from `platform.system()` and `platform.machine()`.

    Raises:
        InvalidSettings: The package does not support it.
    """
    try:
        return f"{_SYSTEMS[system]}_{_MACHINES[machine.lower()]}"
    except KeyError:
        raise InvalidSettings(
            f"the provider cannot run on {system} {machine}; it supports Linux and macOS, on x86-64 and ARM64"
        ) from None


def plugin_folder(home: Path, environment: Mapping[str, str], system: str) -> Path:
    """Return the folder in which both binaries find providers of this user without a configuration.

    The folder is `~/.terraform.d/plugins`. If only `$XDG_CONFIG_HOME/opentofu` exists, it is below the user's folder
    for data, because OpenTofu ignores that configuration as soon as `~/.terraform.d` exists.
    """
    settings, configured = home / ".terraform.d", environment.get("XDG_CONFIG_HOME")
    if settings.exists() or not configured or not Path(configured, "opentofu").exists():
        return settings / "plugins"
    if system == "Darwin":
        return home / "Library" / "Application Support" / "io.terraform" / "plugins"
    return Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "terraform" / "plugins"


def cli_configuration(mirror: Path) -> str:
    """Return the block of `~/.terraformrc` or `~/.tofurc` that uses the folder for this provider only."""
    addresses = json.dumps([f"{host}/{SOURCE}" for host in HOSTS])
    path = json.dumps(str(mirror), ensure_ascii=False)
    return _CLI_CONFIGURATION.replace("ADDRESSES", addresses).replace("PATH", path)


def require_provider(python: str) -> None:
    """Check that a Python can run the provider.

    Args:
        python: Absolute path of the Python.

    Raises:
        InvalidSettings: A library is missing, or the package is hidden from an isolated Python.
    """
    for module in ("cryptography", "grpc", "msgpack"):
        if find_spec(module) is None:
            raise InvalidSettings(f"{module} is missing; the provider {needs_extra('terraform')}")
    command = [python, "-I", "-c", "import pulumi_opsmanager.terraform.serve"]
    proof = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if proof.returncode:
        reason = (proof.stderr.splitlines() or [f"exit code {proof.returncode}"])[-1]
        raise InvalidSettings(
            f"{python} -I cannot run the provider: {reason}. Install pulumi-opsmanager into a virtual environment"
        )


def launcher_text(python: str, version: str) -> str:
    """Return the script that runs the provider of a Python environment. The provider refuses other versions."""
    module = str(Path(__file__).parents[1] / "terraform" / "serve.py")
    return _LAUNCHER.format(python=shlex.quote(python), module=shlex.quote(module), version=shlex.quote(version))


def newer_than(release: Release, mirror: Path) -> tuple[Path, ...]:
    """Return the folders of newer versions in a mirror. Without a pinned version, both binaries use the newest."""
    versions = (path for host in HOSTS for path in sorted((mirror / host / SOURCE).glob("*.*.*")) if path.is_dir())
    return tuple(path for path in versions if _numbers(path.name) > _numbers(release.version))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def install(release: Release, mirror: Path, python: str) -> tuple[Launcher, ...]:
    """Put a launcher for each registry into a mirror. Other versions and platforms stay there.

    Args:
        release: Release that the launchers run.
        mirror: Absolute path of a folder, created if it is missing.
        python: Absolute path of the Python that has the package.

    Raises:
        CannotStore: A file or folder cannot be written. The launchers are unchanged.
    """
    text = launcher_text(python, release.version)
    paths = [release.unpacked(mirror, host) for host in HOSTS]
    for path in paths:
        with storing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
    launchers = tuple(_compared(path, text) for path in paths)
    changed = [launcher.path for launcher in launchers if launcher.outcome != "unchanged"]
    write_together(dict.fromkeys(changed, text), mode=0o755)
    return launchers


def _compared(path: Path, text: str) -> Launcher:
    try:
        before = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return Launcher(path, "written")
    except OSError as error:
        raise CannotStore(f"cannot read {path}: {error.strerror}") from error
    if before == text:
        return Launcher(path, "unchanged" if os.access(path, os.X_OK) else "written")
    return Launcher(path, "replaced", _python_of(before))


def _python_of(text: str) -> str | None:
    line = next((line for line in text.splitlines() if line.startswith("python=")), "")
    try:
        (word,) = shlex.split(line)
    except ValueError:
        return None
    return word.removeprefix("python=")
