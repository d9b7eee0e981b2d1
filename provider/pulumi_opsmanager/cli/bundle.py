"""The zip file of the provider for machines without Python.

It holds a Python, the package and its libraries, for one platform. Seed, dates and order are fixed, so that a rebuilt
zip file can have the same checksum.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from pulumi_opsmanager.cli.files import draft_of, storing, write_together
from pulumi_opsmanager.cli.mirror import EXECUTABLE, Release
from pulumi_opsmanager.download.file_place import FilePlace
from pulumi_opsmanager.download.place import digest_of
from pulumi_opsmanager.errors import InvalidSettings, needs_extra

_PROGRAM = """\
import sys

from pulumi_opsmanager.terraform.serve import main

sys.exit(main())
"""

# The provider never imports these, but libraries mention them: pydantic has a plugin for mypy.
_EXCLUDED = (
    *(f"pulumi_opsmanager.{room}" for room in ("cli", "dynamic", "emulator", "resources", "testing")),
    *("pulumi", "rich", "yaml"),
    *("hypothesis", "mypy", "pydantic.mypy", "pydantic.v1", "setuptools"),
    *("curses", "readline", "sqlite3", "tkinter", "unittest"),
)

# The earliest date of an entry of a zip file.
_DATE = (1980, 1, 1, 0, 0, 0)
_EPOCH_SECONDS = "315532800"


class BuildFailed(Exception):
    """PyInstaller failed. The message is its output."""


def require_builder() -> None:
    """Check that PyInstaller is installed.

    Raises:
        InvalidSettings: It is not installed.
    """
    if find_spec("PyInstaller") is None:
        raise InvalidSettings(f"PyInstaller is missing; the command {needs_extra('terraform-package')}")


def make(release: Release, folder: Path) -> tuple[Path, Path]:
    """Make the zip file of a release, and the file with the checksums of all zip files of this version in the folder.

    Args:
        release: A release for the platform of this machine.
        folder: Folder of the files, created if it is missing.

    Returns: The paths of the zip file and of the checksums.

    Raises:
        BuildFailed: PyInstaller failed, and no file was changed.
        CannotStore: A file cannot be written.
    """
    archive, sums = folder / release.archive, folder / f"{EXECUTABLE}_{release.version}_SHA256SUMS"
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with draft_of(archive) as draft, storing(archive), tempfile.TemporaryDirectory(prefix="opsmanager-") as scratch:
        # Checked before the build, which takes long.
        draft.touch()
        _pack(_build(release, Path(scratch)), draft)
        draft.replace(archive)
    zips = sorted(folder.glob(f"{EXECUTABLE}_{release.version}_*.zip"))
    with storing(sums):
        lines = [f"{digest_of(FilePlace(path))}  {path.name}\n" for path in zips]
    write_together({sums: "".join(lines)})
    return archive, sums


def _build(release: Release, scratch: Path) -> Path:
    program = scratch / "program.py"
    program.write_text(_PROGRAM, encoding="utf-8")
    options = ["--onedir", "--noconfirm", "--log-level=WARN", f"--name={release.executable}"]
    options += ["--copy-metadata=pulumi-opsmanager", *(f"--exclude-module={module}" for module in _EXCLUDED)]
    options += [f"--distpath={scratch / 'made'}", f"--workpath={scratch / 'work'}", f"--specpath={scratch}"]
    # Without variables that add modules of this user. The option -I would ignore the hash seed too.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # The seed and the date make the build repeatable. PyInstaller's cache would stay in the user's home.
    environment |= {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": _EPOCH_SECONDS, "PYTHONNOUSERSITE": "1"}
    environment["PYINSTALLER_CONFIG_DIR"] = str(scratch / "cache")
    finished = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "PyInstaller", *options, str(program)],
        cwd=scratch,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if finished.returncode:
        raise BuildFailed(finished.stdout)
    return scratch / "made" / release.executable


def _pack(made: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        files = {path.relative_to(made).as_posix(): path for path in made.rglob("*") if path.is_file()}
        for name, file in sorted(files.items()):
            # Store the target of a link, because Terraform unpacks a link as a text.
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, whose modes `terraform init` restores
            mode = 0o755 if os.access(file, os.X_OK) else 0o644
            entry.external_attr = (0o100000 | mode) << 16
            packed.writestr(entry, file.read_bytes())
