"""The command `terraform package`; the binaries install its zip file elsewhere."""

from __future__ import annotations

import hashlib
import platform
import re
import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from PyInstaller.archive.readers import CArchiveReader

import pulumi_opsmanager
from pulumi_opsmanager.cli.mirror import Release, platform_name
from pulumi_opsmanager.terraform.serve import COOKIE
from tests.terraform_engine.package import made_once, unpacked

pytestmark = pytest.mark.one_binary

RELEASE = Release(version("pulumi-opsmanager"), platform_name(platform.system(), platform.machine()))
SUMS = f"terraform-provider-opsmanager_{RELEASE.version}_SHA256SUMS"
PACKAGE = Path(pulumi_opsmanager.__file__).parent
LEFT_OUT = ("cli", "dynamic", "emulator", "plugin", "resources", "testing")
ONLY_FOR_COMMANDS = {
    "pulumi_opsmanager.api.deployments",
    *(f"pulumi_opsmanager.download.{name}" for name in ("contents", "lines", "reading")),
    "pulumi_opsmanager.lifecycle.verification",
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the command ran."""
    return made_once(tmp_path_factory)


@pytest.fixture
def executable(made: Path, tmp_path: Path) -> Path:
    """The unpacked provider."""
    return unpacked(made / "dist" / RELEASE.archive, tmp_path / "unpacked")


def test_command_leaves_only_zip_file_and_checksums(made: Path) -> None:
    """PyInstaller works in a temporary folder, with a cache of its own."""
    assert {path.name for path in (made / "dist").iterdir()} == {RELEASE.archive, SUMS}
    assert list((made / "home").iterdir()) == list((made / "scratch").iterdir()) == []


def test_checksums_are_those_of_sha256sum(made: Path) -> None:
    """A registry reads them in this form."""
    own = hashlib.sha256((made / "dist" / RELEASE.archive).read_bytes()).hexdigest()
    assert (made / "dist" / SUMS).read_text() == f"{own}  {RELEASE.archive}\n"


def test_output_says_where_the_zip_file_belongs(made: Path) -> None:
    """A reader can copy the paths and the block."""
    printed = (made / "output").read_text()
    assert printed.startswith(f"Wrote {made / 'dist' / RELEASE.archive} (")
    assert f"\nIt runs on {RELEASE.platform}" in printed
    for host in ("registry.terraform.io", "registry.opentofu.org"):
        assert f"\n    {host}/opsmanager/opsmanager/{RELEASE.archive}\n" in printed
    assert "\n    terraform {\n      required_providers {\n" in printed


def test_executable_answers_the_handshake_without_python(executable: Path, tmp_path: Path) -> None:
    """It has an environment without PATH, and a folder without files."""
    (tmp_path / "empty").mkdir()
    environment = {COOKIE[0]: COOKIE[1], "PLUGIN_PROTOCOL_VERSIONS": "5,6", "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [executable],
        cwd=tmp_path / "empty",
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert re.match(r"1\|6\|unix\|.+\|grpc\|", process.stdout.readline())
        finally:
            process.kill()


def test_modes_are_in_the_zip_file(made: Path) -> None:
    """The entries are plain files in order of their names, all of one date; only programs can be run."""
    with zipfile.ZipFile(made / "dist" / RELEASE.archive) as packed:
        entries = packed.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    modes = {entry.filename: entry.external_attr >> 16 for entry in entries}
    assert modes[f"terraform-provider-opsmanager_v{RELEASE.version}"] == 0o100755
    assert modes["_internal/base_library.zip"] == 0o100644
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.create_system for entry in entries} == {3}


def test_zip_file_has_each_module_that_the_provider_can_need(made: Path, executable: Path) -> None:
    """It has every module of its rooms, those that are imported late too. It has no tool of a developer."""
    inside = set(CArchiveReader(str(executable)).open_embedded_archive("PYZ.pyz").toc)
    modules = {
        ".".join(("pulumi_opsmanager", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        for file in PACKAGE.rglob("*.py")
        if file.relative_to(PACKAGE).parts[0] not in LEFT_OUT
    }
    assert {name for name in inside if name.startswith("pulumi_opsmanager")} == modules - ONLY_FOR_COMMANDS
    foreign = {"click", "flask", "hypothesis", "matplotlib", "mypy", "numpy", "pulumi", "pytest", "rich", "werkzeug"}
    assert foreign & {name.partition(".")[0] for name in inside} == set()
    with zipfile.ZipFile(made / "dist" / RELEASE.archive) as packed:
        folders = {name.split("/")[1] for name in packed.namelist() if name.startswith("_internal/")}
    assert foreign & folders == set()
