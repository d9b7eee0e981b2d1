"""The command `terraform install`, and the names that `terraform package` uses; the binaries try both elsewhere."""

from __future__ import annotations

import json
import os
import platform
import re
import stat
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from pulumi_opsmanager.cli.mirror import HOSTS, Release, launcher_text, platform_name, plugin_folder
from pulumi_opsmanager.errors import InvalidSettings, needs_extra
from tests.cli.terminal import environment_of, run

VERSION = version("pulumi-opsmanager")
RELEASE = Release(VERSION, platform_name(platform.system(), platform.machine()))
BLOCK = """\
    terraform {
      required_providers {
        opsmanager = {
          source  = "opsmanager/opsmanager"
          version = "~> 0.1"
        }
      }
    }
"""


def launchers(mirror: Path) -> list[Path]:
    """The launchers of a mirror."""
    return [
        mirror
        / host
        / "opsmanager"
        / "opsmanager"
        / VERSION
        / RELEASE.platform
        / f"terraform-provider-opsmanager_v{VERSION}"
        for host in ("registry.terraform.io", "registry.opentofu.org")
    ]


def files(folder: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in folder.rglob("*") if not path.is_dir())


def test_version_has_the_form_that_a_mirror_takes() -> None:
    """Terraform ignores a folder with a version such as 0.2.0rc1."""
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_launchers_are_in_the_plugin_folder(home: Path) -> None:
    """Each registry has one, and nothing else is left there. Everybody can run them."""
    done = run(None, "terraform", "install")
    assert (done.exit_code, done.stderr) == (0, "")
    expected = launchers(home / ".terraform.d" / "plugins")
    assert files(home) == sorted(expected)
    assert {path.read_text() for path in expected} == {launcher_text(sys.executable, VERSION)}
    assert {stat.S_IMODE(path.stat().st_mode) for path in expected} == {0o755}


def test_output_names_files_python_and_what_to_declare(home: Path) -> None:
    """A reader can copy the block."""
    done = run(None, "terraform", "install")
    first, second = launchers(home / ".terraform.d" / "plugins")
    assert done.stdout == (
        f"Wrote the launcher of provider {VERSION} for {RELEASE.platform}:\n  {first}\n  {second}\n"
        f"It runs {sys.executable}.\n\n"
        f"Declare the provider in main.tf, then run `terraform init`:\n\n{BLOCK}"
    )


def test_output_for_another_folder_has_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The path in it is absolute and quoted."""
    monkeypatch.chdir(tmp_path)
    done = run(None, "terraform", "install", "--dir", 'a "mirror"')
    mirror = tmp_path / 'a "mirror"'
    assert files(tmp_path) == sorted(launchers(mirror))
    assert "Add to ~/.terraformrc (OpenTofu: ~/.tofurc):\n\n    provider_installation {\n" in done.stdout
    assert f'        path    = "{tmp_path}/a \\"mirror\\""\n' in done.stdout
    addresses = '["registry.terraform.io/opsmanager/opsmanager", "registry.opentofu.org/opsmanager/opsmanager"]'
    assert f"        include = {addresses}\n" in done.stdout
    assert f"        exclude = {addresses}\n" in done.stdout
    assert done.stdout.endswith(BLOCK)


def test_json_has_files_and_blocks(tmp_path: Path) -> None:
    """The configuration is null where none is needed."""
    written = json.loads(run(None, "terraform", "install", "--json", "--dir", str(tmp_path)).stdout)
    assert written["version"] == VERSION
    assert (written["folder"], written["python"]) == (str(tmp_path), sys.executable)
    assert written["launchers"] == [
        {"path": str(path), "outcome": "written", "pythonBefore": None} for path in launchers(tmp_path)
    ]
    assert written["requiredProviders"].startswith("terraform {")
    assert written["cliConfiguration"].startswith("provider_installation {")
    assert json.loads(run(None, "terraform", "install", "--json").stdout)["cliConfiguration"] is None


def test_second_run_changes_nothing(tmp_path: Path) -> None:
    """It says so. Files that are alike keep their time."""
    run(None, "terraform", "install", "--dir", str(tmp_path))
    before = [path.stat().st_mtime_ns for path in launchers(tmp_path)]
    again = run(None, "terraform", "install", "--dir", str(tmp_path))
    assert again.stdout.startswith(f"The launcher of provider {VERSION} for {RELEASE.platform} is already there:\n")
    assert [path.stat().st_mtime_ns for path in launchers(tmp_path)] == before


def test_launcher_of_another_installation_is_replaced(tmp_path: Path) -> None:
    """The output names its Python, and the command for existing lock files. Other versions stay."""
    mirror = tmp_path / "my mirror"
    run(None, "terraform", "install", "--dir", str(mirror))
    other = launchers(mirror)[0]
    other.write_text(launcher_text("/my venv/bin/python", VERSION))
    older = other.parents[2] / "0.0.9" / RELEASE.platform / "terraform-provider-opsmanager_v0.0.9"
    older.parent.mkdir(parents=True)
    older.write_text("older")
    again = run(None, "terraform", "install", "--dir", str(mirror))
    assert f"Replaced the launcher of provider {VERSION} for {RELEASE.platform}:\n  {other}\n" in again.stdout
    assert f"is already there:\n  {launchers(mirror)[1]}\n" in again.stdout
    assert "\nBefore, it ran /my venv/bin/python.\n" in again.stdout
    assert f"\n  terraform providers lock -fs-mirror='{mirror}'\n" in again.stdout
    assert {path.read_text() for path in launchers(mirror)} == {launcher_text(sys.executable, VERSION)}
    assert older.read_text() == "older"


@pytest.mark.parametrize("content", ["", "python='", "ELF \x00", "python=a b"])
def test_any_file_in_its_place_is_replaced(tmp_path: Path, content: str) -> None:
    """The output names no Python."""
    for path in launchers(tmp_path):
        path.parent.mkdir(parents=True)
        path.write_text(content)
    replaced = run(None, "terraform", "install", "--dir", str(tmp_path))
    assert replaced.stdout.startswith("Replaced the launcher")
    assert "Before" not in replaced.stdout


def test_launcher_that_cannot_be_run_is_written_again(tmp_path: Path) -> None:
    """A copy of a mirror can lose the modes."""
    run(None, "terraform", "install", "--dir", str(tmp_path))
    launchers(tmp_path)[0].chmod(0o644)
    again = run(None, "terraform", "install", "--dir", str(tmp_path))
    assert (
        f"Wrote the launcher of provider {VERSION} for {RELEASE.platform}:\n  {launchers(tmp_path)[0]}\n"
        in again.stdout
    )
    assert os.access(launchers(tmp_path)[0], os.X_OK)


@pytest.mark.parametrize("name", ["python", "my python", "it's $HOME", 'a "b" `c`', "back\\nslash"])
def test_launcher_runs_its_python_in_isolation(tmp_path: Path, name: str) -> None:
    """Every path reaches the shell as it is, and arguments are handed on."""
    python = tmp_path / name
    python.write_text('#!/bin/sh\nprintf "%s|" "$0" "$@"\n')
    python.chmod(0o755)
    launcher = tmp_path / "launcher"
    launcher.write_text(launcher_text(str(python), "1.2.3"))
    ran = subprocess.run(["/bin/sh", launcher, "-x", "a b"], capture_output=True, text=True, check=True, timeout=30)
    words = [str(python), "-I", "-m", "pulumi_opsmanager.terraform.serve", "--launched-as", "1.2.3", "-x", "a b"]
    assert ran.stdout.split("|")[:-1] == words


def test_newer_launcher_is_named_after_a_downgrade(tmp_path: Path) -> None:
    """Terraform takes the newest one, which refuses to run the older package."""
    for host, number in ((HOSTS[0], "10.0.0"), (HOSTS[1], "0.0.9")):
        (tmp_path / host / "opsmanager" / "opsmanager" / number).mkdir(parents=True)
    newer = tmp_path / HOSTS[0] / "opsmanager" / "opsmanager" / "10.0.0"
    warning = f"warning: {newer} is newer, and Terraform takes the newest: delete it, or pin the version\n"
    assert run(None, "terraform", "install", "--dir", str(tmp_path)).stderr == warning


def test_launcher_names_a_python_that_is_gone(tmp_path: Path) -> None:
    """Terraform shows the first line of the output."""
    launcher = tmp_path / "launcher"
    launcher.write_text(launcher_text("/my venv/bin/python", VERSION))
    ran = subprocess.run(["/bin/sh", launcher], capture_output=True, text=True, check=False, timeout=30)
    assert (ran.returncode, ran.stdout, ran.stderr) == (
        1,
        "the provider is gone: /my venv/bin/python. Install pulumi-opsmanager and run its terraform install again.\n",
        "",
    )


@pytest.mark.parametrize("command", [["install", "--dir"], ["package", "--out"]], ids=" ".join)
def test_empty_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    """It comes from an unset variable. Nothing is written into the present folder."""
    monkeypatch.chdir(tmp_path)
    refused = run(None, "terraform", *command, "")
    assert refused.exit_code == 2
    assert f"Invalid value for '{command[1]}': must not be empty" in refused.stderr
    assert files(tmp_path) == []


@pytest.mark.parametrize("module", ["cryptography", "grpc", "msgpack"])
@pytest.mark.parametrize("command", [["install", "--dir"], ["package", "--out"]], ids=" ".join)
def test_missing_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], module: str
) -> None:
    """Nothing is written."""
    monkeypatch.setitem(sys.modules, module, None)
    refused = run(None, "terraform", *command, str(tmp_path / "new"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == f"Error: {module} is missing; the provider {needs_extra('terraform')}\n"
    assert files(tmp_path) == []


def test_missing_pyinstaller_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only `terraform package` needs it."""
    monkeypatch.setitem(sys.modules, "PyInstaller", None)
    refused = run(None, "terraform", "package", "--out", str(tmp_path))
    assert refused.exit_code == 1
    assert refused.stderr == f"Error: PyInstaller is missing; the command {needs_extra('terraform-package')}\n"
    assert run(None, "terraform", "install", "--dir", str(tmp_path)).exit_code == 0


def test_package_that_only_a_variable_shows_is_refused(tmp_path: Path) -> None:
    """The launcher's Python ignores PYTHONPATH and the packages of the user."""
    command = [sys._base_executable, "-c", "from pulumi_opsmanager.cli.main import main; main()"]  # type: ignore[attr-defined]
    refused = subprocess.run(
        [*command, "terraform", "install", "--dir", str(tmp_path / "new")],
        env=environment_of(None, PYTHONPATH=os.pathsep.join(filter(None, sys.path))),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert refused.returncode == 1
    assert "-I cannot run the provider: ModuleNotFoundError: No module named 'pulumi_opsmanager'" in refused.stderr
    assert refused.stderr.endswith(". Install pulumi-opsmanager into a virtual environment\n")
    assert files(tmp_path) == []


@pytest.mark.parametrize("command", [["install", "--dir"], ["package", "--out"]], ids=" ".join)
def test_folder_that_cannot_be_made_is_named(tmp_path: Path, command: list[str]) -> None:
    """The error is one line."""
    (tmp_path / "file").touch()
    refused = run(None, "terraform", *command, str(tmp_path / "file" / "mirror"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.startswith(f"Error: cannot write {tmp_path}/file/mirror")
    assert refused.stderr.endswith(": Not a directory\n")


def test_launchers_stay_when_one_cannot_be_written(tmp_path: Path) -> None:
    """Both are of one installation."""
    first, second = launchers(tmp_path)
    run(None, "terraform", "install", "--dir", str(tmp_path))
    first.write_text("mine")
    second.unlink()
    second.mkdir()
    refused = run(None, "terraform", "install", "--dir", str(tmp_path))
    assert refused.exit_code == 1
    assert refused.stderr == f"Error: cannot read {second}: Is a directory\n"
    assert files(tmp_path) == [first]
    assert first.read_text() == "mine"


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux_amd64"),
        ("Linux", "aarch64", "linux_arm64"),
        ("Darwin", "arm64", "darwin_arm64"),
        ("Darwin", "x86_64", "darwin_amd64"),
    ],
)
def test_platform_has_the_name_that_terraform_gives_it(system: str, machine: str, name: str) -> None:
    """Mirrors have one folder or zip file for each."""
    assert platform_name(system, machine) == name


@pytest.mark.parametrize(("system", "machine"), [("Windows", "AMD64"), ("Linux", "armv7l"), ("", "")])
def test_other_platform_is_refused(system: str, machine: str) -> None:
    """The error says which ones are supported."""
    with pytest.raises(InvalidSettings, match=f"cannot run on {system} {machine}; it supports Linux and macOS"):
        platform_name(system, machine)


@pytest.mark.parametrize(
    ("existing", "environment", "system", "folder"),
    [
        ([], {}, "Linux", ".terraform.d/plugins"),
        ([], {"XDG_CONFIG_HOME": "~/.config"}, "Linux", ".terraform.d/plugins"),
        ([".config/opentofu", ".terraform.d"], {"XDG_CONFIG_HOME": "~/.config"}, "Linux", ".terraform.d/plugins"),
        ([".config/opentofu"], {}, "Linux", ".terraform.d/plugins"),
        ([".config/opentofu"], {"XDG_CONFIG_HOME": "~/.config"}, "Linux", ".local/share/terraform/plugins"),
        (
            [".config/opentofu"],
            {"XDG_CONFIG_HOME": "~/.config", "XDG_DATA_HOME": "~/share"},
            "Linux",
            "share/terraform/plugins",
        ),
        (
            [".config/opentofu"],
            {"XDG_CONFIG_HOME": "~/.config"},
            "Darwin",
            "Library/Application Support/io.terraform/plugins",
        ),
    ],
)
def test_plugin_folder_hides_no_configuration(
    home: Path, existing: list[str], environment: dict[str, str], system: str, folder: str
) -> None:
    """OpenTofu reads `$XDG_CONFIG_HOME/opentofu` only as long as `~/.terraform.d` does not exist."""
    for name in existing:
        (home / name).mkdir(parents=True)
    variables = {name: value.replace("~", str(home)) for name, value in environment.items()}
    assert plugin_folder(home, variables, system) == home / folder


def test_zip_file_has_the_name_and_place_of_a_mirror() -> None:
    """Registries use the same name."""
    release = Release("1.2.3", "linux_arm64")
    assert release.archive == "terraform-provider-opsmanager_1.2.3_linux_arm64.zip"
    assert [str(release.packed("", host)) for host in HOSTS] == [
        "registry.terraform.io/opsmanager/opsmanager/terraform-provider-opsmanager_1.2.3_linux_arm64.zip",
        "registry.opentofu.org/opsmanager/opsmanager/terraform-provider-opsmanager_1.2.3_linux_arm64.zip",
    ]


def test_failure_of_pyinstaller_shows_its_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs programs of the machine. An existing zip file stays."""
    (tmp_path / RELEASE.archive).write_text("before")
    monkeypatch.setenv("PATH", "/nowhere")
    failed = run(None, "terraform", "package", "--out", str(tmp_path))
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert "No such file or directory" in failed.stderr
    assert failed.stderr.endswith("\nError: PyInstaller cannot make the executable; its output is above\n")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {RELEASE.archive: "before"}
