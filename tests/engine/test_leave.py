"""docs/leave.md with Pulumi: the package goes first, and the jobs stay with the commands of the page."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

from pulumi_opsmanager.emulator import Emulator
from tests.blocks import blocks_of
from tests.engine.stack import HEAD, Stack
from tests.support import ROOT

KEEP, FAILURE = (block.text for block in blocks_of(ROOT / "docs" / "leave.md") if block.kind in {"shell", "shown"})

PROGRAM = (
    HEAD
    + """\
job = om.LogCollectionJob("logs", **GOOD)
om.LogArchive("archive", job_id=job.id, path="archives/")
"""
)


def environment_with_the_package(folder: Path) -> Path:
    """Make a virtual environment in which pip has installed the package from a clone; its Python.

    It also sees the packages of this environment, except ours, so that nothing is downloaded.
    """
    packages = folder / "packages"
    packages.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "opsmanager" not in path.name:
            (packages / path.name).symlink_to(path)
    made = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", made], check=True)
    (site,) = made.glob("lib/python*/site-packages")
    (site / "packages.pth").write_text(f"{packages}\n")
    python = made / "bin" / "python"
    # Build isolation would download.
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--no-compile")
    subprocess.run([python, "-m", "pip", "install", *options, ROOT], check=True)
    return python


def test_jobs_and_files_stay_after_the_package_is_gone(
    new_stack: Callable[..., Stack], server: Emulator, tmp_path: Path
) -> None:
    """`destroy` fails as the page shows and changes nothing. The commands that keep jobs need no package and no SDK."""
    python = environment_with_the_package(tmp_path)
    stack = new_stack(PROGRAM, PULUMI_PYTHON_CMD=str(python), PULUMI_SKIP_CONFIRMATIONS="true")
    stack.up()
    before = stack.jobs()
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "pulumi-opsmanager"], check=True)

    failed = stack.shell("pulumi destroy --yes --stack test")
    assert failed.returncode != 0
    assert FAILURE.strip() in failed.stdout
    (tmp_path / "packages" / "pulumi").unlink()
    assert "No module named 'pulumi'" in stack.shell("pulumi destroy --yes --stack test").stdout
    assert stack.jobs() == before
    assert server.job_ids == [before[0]["id"]]

    server.forget_requests()
    commands = KEEP.replace("pulumi stack rm", "pulumi stack rm --yes").replace("--all", "--all --yes")
    kept = subprocess.run(
        ["/bin/sh", "-eu"],
        input=f"pulumi stack select test\n{commands}",
        cwd=stack.folder,
        env=stack.command_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert "Resources deleted" in kept.stdout
    assert "has been removed" in kept.stdout
    assert len(server.job_ids) == 1
    assert server.requests == []
    assert server.job_ids[0] in (stack.folder / "last-state.json").read_text()
    (archive,) = stack.folder.glob("archives/*.tar.gz")
    assert archive.with_name(f"{archive.name}.json").is_file()


def test_retained_job_outlives_a_destroy(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """The option of Pulumi, as the page says."""
    stack = new_stack(
        f'{HEAD}om.LogCollectionJob("logs", **GOOD, opts=pulumi.ResourceOptions(retain_on_delete=True))\n'
    )
    stack.up()
    stack.destroy()
    assert len(server.job_ids) == 1
