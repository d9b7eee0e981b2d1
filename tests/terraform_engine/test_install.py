"""`init` of both binaries installs and verifies the output of `terraform install` and `terraform package`."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.cli.mirror import HOSTS, Release, install, launcher_text, platform_name
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import COMMAND
from tests.terraform_engine.configuration import HEAD, Configuration, settings_of
from tests.terraform_engine.package import made_once

RELEASE = Release(version("pulumi-opsmanager"), platform_name(platform.system(), platform.machine()))

JOB = """
resource "opsmanager_log_collection_job" "rs0" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB"]
  size_requested_per_file_bytes = 100000
  redacted                      = false
}
"""

ARCHIVE = """
resource "opsmanager_log_archive" "rs0" {
  job_id = opsmanager_log_collection_job.rs0.id
  path   = "rs0.tar.gz"
}
"""


@pytest.fixture
def configuration(binary: Path, server: Emulator, tmp_path: Path) -> Configuration:
    """A configuration of one job; its commands start the provider that `init` finds."""
    made = Configuration(tmp_path / "my program", binary, settings_of(server))
    made.write(HEAD + JOB)
    return made


def installed(configuration: Configuration, *options: str, **variables: str) -> dict[str, Any]:
    """Run `terraform install` as the user of a configuration."""
    machine = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    command = [COMMAND, "terraform", "install", "--json", *options]
    environment = machine | {"HOME": str(configuration.home)} | variables
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def with_variables(configuration: Configuration, **variables: str) -> Configuration:
    """The same configuration with more variables."""
    environment = dict(configuration.environment) | variables
    return Configuration(configuration.folder, configuration.binary, environment)


def lock(configuration: Configuration) -> str:
    """The lock file."""
    return (configuration.folder / ".terraform.lock.hcl").read_text()


def in_one_line(text: str) -> str:
    """A message without the line breaks and frames of a terminal."""
    return " ".join(text.replace("│", " ").split())


def test_configuration_runs_from_plan_to_destroy_after_install(configuration: Configuration) -> None:
    """There is no CLI configuration and no registry. A file beside `main.tf` is never imported."""
    installed(configuration)
    (configuration.folder / "grpc.py").write_text("raise SystemExit(3)")
    configuration.init()
    assert lock(configuration).count('"h1:') == 1
    assert "1 to add" in configuration.plan().output
    configuration.apply()
    assert "No changes" in configuration.plan("-detailed-exitcode").output
    assert "1 destroyed" in configuration.destroy().output


@pytest.mark.parametrize("share", [None, "my share"])
def test_init_finds_the_plugin_folder_of_a_user_with_xdg_folders(
    configuration: Configuration, share: str | None
) -> None:
    """The folder `~/.terraform.d` is not created. It would hide the user's configuration from OpenTofu."""
    home = configuration.home
    (home / "settings" / "opentofu").mkdir(parents=True)
    variables = {"XDG_CONFIG_HOME": str(home / "settings")} | ({"XDG_DATA_HOME": str(home / share)} if share else {})
    installed(configuration, **variables)
    assert not (home / ".terraform.d").exists()
    with_variables(configuration, **variables).init()
    assert '"h1:' in lock(configuration)


def test_printed_cli_configuration_leads_to_another_folder(configuration: Configuration, tmp_path: Path) -> None:
    """Its path has a space."""
    printed = installed(configuration, "--dir", str(tmp_path / "my mirror"))["cliConfiguration"]
    (tmp_path / "cli.tfrc").write_text(printed)
    configuration = with_variables(configuration, TF_CLI_CONFIG_FILE=str(tmp_path / "cli.tfrc"))
    configuration.init()
    assert '"h1:' in lock(configuration)
    configuration.validate()


def test_changed_launcher_is_refused_until_the_lock_file_has_it(configuration: Configuration) -> None:
    """The checksum covers the path of the Python. The command that `terraform install` prints adds the new checksum."""
    answer = installed(configuration)
    configuration.init()
    for launcher in answer["launchers"]:
        path = Path(launcher["path"])
        path.write_text(path.read_text() + "# changed\n")
    for command in ("plan", "init"):
        refused = in_one_line(configuration.run(command, expect_code=1).output)
        assert "match any of the checksums" in refused
    configuration.run("providers", "lock", f"-fs-mirror={answer['folder']}")
    configuration.init()
    configuration.validate()
    assert lock(configuration).count('"h1:') == 2


@pytest.mark.one_binary
def test_launcher_of_another_version_is_refused_at_run_time(configuration: Configuration) -> None:
    """The error names the remedy, and the remedy works."""
    older = Release("0.0.9", RELEASE.platform)
    for host in HOSTS:
        path = older.unpacked(configuration.home / ".terraform.d" / "plugins", host)
        path.parent.mkdir(parents=True)
        path.write_text(launcher_text(sys.executable, older.version))
        path.chmod(0o755)
    configuration.init()
    refused = in_one_line(configuration.validate(expect_code=1).output)
    assert f"the launcher of provider version 0.0.9 found pulumi-opsmanager {RELEASE.version}" in refused
    assert "run `pulumi-opsmanager terraform install`, then `terraform init -upgrade`" in refused
    installed(configuration)
    configuration.init("-upgrade")
    configuration.validate()


@pytest.mark.one_binary
def test_launcher_whose_python_is_gone_says_so(configuration: Configuration) -> None:
    """A removed virtual environment is the usual reason."""
    install(RELEASE, configuration.home / ".terraform.d" / "plugins", "/my venv/bin/python")
    configuration.init()
    refused = in_one_line(configuration.validate(expect_code=1).output)
    assert "the provider is gone: /my venv/bin/python." in refused
    assert "run its terraform install again" in refused


def test_launcher_of_the_same_version_wins_over_the_zip_file(configuration: Configuration) -> None:
    """The plugin folder is a mirror of both. `init` unpacks a zip file into the folder of the configuration."""
    mirror = configuration.home / ".terraform.d" / "plugins"
    packed = zipfile.ZipInfo(RELEASE.executable)
    packed.external_attr = 0o100755 << 16  # a regular file that everybody may run
    for launcher in installed(configuration)["launchers"]:
        text = Path(launcher["path"]).read_text() + "# from a zip file\n"
        with zipfile.ZipFile(Path(launcher["path"]).parents[2] / RELEASE.archive, "w") as archive:
            archive.writestr(packed, text)
    for is_launcher in (True, False):
        configuration.init("-upgrade")
        (used,) = (configuration.folder / ".terraform").rglob(f"*/{RELEASE.platform}")
        assert used.is_symlink() == is_launcher
        assert ("# from a zip file" in (used / RELEASE.executable).read_text()) != is_launcher
        for launchers in mirror.glob(f"*/*/*/{RELEASE.version}"):
            shutil.rmtree(launchers)
        (configuration.folder / ".terraform.lock.hcl").unlink()
        shutil.rmtree(configuration.folder / ".terraform")


def test_newest_launcher_is_taken_until_it_is_deleted(configuration: Configuration) -> None:
    """This happens after a downgrade. The newer launcher refuses to run the older package."""
    installed(configuration)
    newer = Release("99.0.0", RELEASE.platform)
    mirror = configuration.home / ".terraform.d" / "plugins"
    install(newer, mirror, sys.executable)
    configuration.init()
    refused = in_one_line(configuration.validate(expect_code=1).output)
    assert f"the launcher of provider version 99.0.0 found pulumi-opsmanager {RELEASE.version}" in refused
    configuration.write((HEAD + JOB).replace('opsmanager"\n', f'opsmanager"\n      version = "{RELEASE.version}"\n', 1))
    configuration.init("-upgrade")
    configuration.validate()
    configuration.write(HEAD + JOB)
    configuration.init("-upgrade")
    for launchers in mirror.glob(f"*/*/*/{newer.version}"):
        shutil.rmtree(launchers)
    assert "is no longer available" in in_one_line(configuration.init(expect_code=1).output)
    configuration.init("-upgrade")
    configuration.validate()


@pytest.mark.one_binary
def test_zip_file_runs_without_python(
    configuration: Configuration, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`init` unpacks it from a mirror. It downloads an archive as the package does, with no program on PATH."""
    mirror = tmp_path / "mirror"
    for host in HOSTS:
        place = Path(RELEASE.packed(str(mirror), host))
        place.parent.mkdir(parents=True)
        shutil.copy(made_once(tmp_path_factory) / "dist" / RELEASE.archive, place)
    # Of both binaries, and of a folder that is named in the configuration.
    (tmp_path / "cli.tfrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    )
    configuration = with_variables(configuration, TF_CLI_CONFIG_FILE=str(tmp_path / "cli.tfrc"), PATH="/nowhere")
    configuration.write(HEAD + JOB + ARCHIVE)
    configuration.init()
    assert '"h1:' in lock(configuration)
    configuration.apply()
    assert (configuration.folder / "rs0.tar.gz").stat().st_size > 0
    assert "No changes" in configuration.plan("-detailed-exitcode").output
