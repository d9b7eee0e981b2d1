"""Each file of examples/terraform works unchanged with each binary."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.support import JOB, PROJECT, ROOT, job_request
from tests.terraform_engine.configuration import Configuration

FOLDER = ROOT / "examples" / "terraform"
PROVIDER = (FOLDER / "provider" / "provider.tf").read_text()
FILES = sorted(FOLDER.rglob("*.tf"))
RESOURCES = [file for file in FILES if file.name == "resource.tf"]
SOURCES = [file for file in FILES if file.name == "data-source.tf"]
IMPORTS = sorted(FOLDER.rglob("import.*"))
COMPLETE = FOLDER / "complete" / "main.tf"
ADDRESS = "https://om.example.net:8443"


@pytest.fixture(autouse=True)
def in_its_folder(reattached: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths begin at the folder of the configuration, as for a provider that Terraform has started."""
    monkeypatch.chdir(reattached.folder)


def name_of(file: Path) -> str:
    """The test's name for a file."""
    return file.relative_to(FOLDER).as_posix()


def write(configuration: Configuration, file: Path, *, address: str = ADDRESS, job: str = JOB) -> None:
    """Copy a file with what it needs: the provider's where it declares none, the resource beside an import block."""
    texts = {file.name: file.read_text()}
    if "required_providers" not in texts[file.name]:
        texts["provider.tf"] = PROVIDER
    if file.name == "import.tf":
        texts["resource.tf"] = file.with_name("resource.tf").read_text()
    for name, text in texts.items():
        configuration.write(text.replace(ADDRESS, address).replace(JOB, job), name)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_file_is_valid(reattached: Configuration, file: Path) -> None:
    """Attributes and types are those of the provider."""
    write(reattached, file)
    reattached.validate()


def test_files_are_formatted(reattached: Configuration) -> None:
    """`fmt` would change nothing."""
    reattached.run(f"-chdir={FOLDER}", "fmt", "-check", "-diff", "-recursive")


@pytest.mark.parametrize("file", RESOURCES, ids=name_of)
def test_resource_is_applied_once(reattached: Configuration, server: Emulator, file: Path) -> None:
    """The next plan has no changes, and a destroy leaves no job."""
    write(reattached, file, address=server.url)
    reattached.apply()
    assert reattached.changes() == {}
    reattached.destroy()
    assert server.job_ids == []


@pytest.mark.parametrize("file", SOURCES, ids=name_of)
def test_data_source_is_read(reattached: Configuration, server: Emulator, client: Client, file: Path) -> None:
    """It finds an existing job, and does not change it."""
    job_id = client.jobs(PROJECT).create(job_request())
    write(reattached, file, address=server.url, job=job_id)
    reattached.apply()
    assert list(reattached.outputs().values()) in (["SUCCESS"], [[job_id]])
    reattached.destroy()
    assert server.job_ids == [job_id]


@pytest.mark.parametrize("file", IMPORTS, ids=name_of)
def test_import_takes_over_the_job(
    reattached: Configuration, server: Emulator, client: Client, tmp_path: Path, file: Path
) -> None:
    """Command and block work as they are written. Only the retention is a change, because no server reports it."""
    declared = job_request(logTypes=["MONGODB", "FTDC"], sizeRequestedPerFileBytes=10_000_000, redacted=True)
    job_id = client.jobs(PROJECT).create(declared)
    write(
        reattached, file.with_name("resource.tf" if file.suffix == ".sh" else file.name), address=server.url, job=job_id
    )
    if file.suffix == ".sh":
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin" / "terraform").symlink_to(reattached.binary)
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.defpath}"
        finished = subprocess.run(
            ["/bin/sh", "-eu"],
            input=file.read_text().replace(JOB, job_id),
            cwd=reattached.folder,
            env={**os.environ, **reattached.environment, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
    assert list(reattached.changes().values()) == [["update"]]
    reattached.apply()
    assert reattached.changes() == {}
    assert server.job_ids == [job_id]


def test_complete_program_runs_from_plan_to_destroy(reattached: Configuration, server: Emulator) -> None:
    """Window, jobs, completion and archives: the plan shows them all, and the archives are gone after the destroy."""
    shutil.copy(COMPLETE, reattached.folder)
    assert list(reattached.changes().values()) == [["create"]] * 6
    assert server.requests == []
    reattached.apply()
    outputs = reattached.outputs()
    assert outputs["archives"].keys() == {"rs0", "shop-shard-0"}
    assert set(outputs["statuses"].values()) == {"SUCCESS"}
    assert outputs["statuses"].keys() == set(server.job_ids)
    archives = [reattached.folder / file for file in outputs["archives"].values()]
    assert all(file.stat().st_size > 0 for file in archives)
    assert reattached.changes() == {}
    more = reattached.changes('-var=replica_sets=["rs0", "rs1", "shop-shard-0"]')
    assert sorted(more.values()) == [["create"], ["create"], ["update"]]
    reattached.destroy()
    assert server.job_ids == []
    assert all(file.exists() for file in archives)
