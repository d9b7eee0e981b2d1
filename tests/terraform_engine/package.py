"""The zip file of the provider, made once for all tests of a run."""

from __future__ import annotations

import fcntl
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.cli.terminal import COMMAND, environment_of


def made_once(factory: pytest.TempPathFactory) -> Path:
    """Make the zip file, or wait for the worker that makes it.

    Returns: A folder. `dist` has the files, `output` has the output, and `home` and `scratch` were empty before.
    """
    base = factory.getbasetemp()
    # The folders of the workers lie in that of the run.
    run = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "package"
    run.mkdir(exist_ok=True)
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (run / "dist").exists():
            own = {"HOME": run / "home", "TMPDIR": run / "scratch"}
            for path in own.values():
                path.mkdir()
            environment = environment_of(None, **{name: str(path) for name, path in own.items()})
            command = [COMMAND, "terraform", "package", "--out", str(run / "dist")]
            with (run / "output").open("w") as output:
                subprocess.run(command, env=environment, stdout=output, check=True, timeout=600)
    return run


def unpacked(archive: Path, folder: Path) -> Path:
    """Unpack a zip file as Terraform does, with the modes.

    Returns: The executable.
    """
    with zipfile.ZipFile(archive) as packed:
        for entry in packed.infolist():
            Path(packed.extract(entry, folder)).chmod(entry.external_attr >> 16 & 0o777)
    (executable,) = folder.glob("terraform-provider-opsmanager_v*")
    return executable
