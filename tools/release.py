"""Test the files of a release before they are published. Needs build, twine and uv.

Builds an sdist and, from the sdist, a wheel into `dist`. Compares their files with those of the commit. Then runs the
README's first program through the real engine from the installed wheel, outside of this checkout, with the lowest and
with the newest allowed versions. Exits with 0 only if every step succeeds.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.shell import ROOT, PulumiShell, emulator, end_with, find_engine, keys, say

PACKAGE = "pulumi_opsmanager"
DIST = ROOT / "dist"


def build() -> tuple[Path, Path]:
    """Build the sdist, and the wheel from the sdist. Return both paths."""
    shutil.rmtree(DIST, ignore_errors=True)
    # The requirements of the build are pinned too.
    pinned = os.environ | {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    command = [sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)]
    subprocess.run(command, env=pinned, stdout=subprocess.DEVNULL, check=True)
    (sdist,), (wheel,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl")
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(wheel)], check=True)
    return sdist, wheel


def differences(sdist: Path, wheel: Path) -> Iterator[str]:
    """Yield each file of the commit that the sdist or wheel lacks, and each file that is not in the commit."""
    git = ["git", "ls-files"]
    listed = subprocess.run(git, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    tracked = {name for name in listed.stdout.splitlines() if not name.startswith(".ci/")}
    with tarfile.open(sdist) as opened:
        files = {member.name.partition("/")[2] for member in opened if member.isfile()}
    yield from _compared("sdist", files, tracked | {"PKG-INFO"})
    installed = {name.removeprefix("provider/") for name in tracked if name.startswith(f"provider/{PACKAGE}/")}
    version = wheel.name.split("-")[1]
    metadata = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    installed |= {f"{PACKAGE}-{version}.dist-info/{name}" for name in metadata}
    with zipfile.ZipFile(wheel) as archive:
        yield from _compared("wheel", archive.namelist(), installed | {f"{PACKAGE}/pulumi-plugin.json"})


def _compared(kind: str, found: Iterable[str], expected: set[str]) -> Iterator[str]:
    names = set(found)
    yield from (f"the {kind} lacks {name}" for name in sorted(expected - names))
    yield from (f"the {kind} has {name}, which the commit has not" for name in sorted(names - expected))


def install(wheel: Path, folder: Path, resolution: str) -> Path:
    """Install a wheel into a new virtual environment. Return the Python command of that environment."""
    uv, python = Path(sys.executable).with_name("uv"), folder / "venv" / "bin" / "python"
    # The engine's language host asks pip what is installed.
    subprocess.run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, folder / "venv"], check=True)
    command: list[str | Path] = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--resolution",
        resolution,
        f"{wheel}[emulator]",
    ]
    subprocess.run(command, check=True)
    return python


def quickstart(python: Path, folder: Path, engine: Path) -> None:
    """Run the README's first program from preview to destroy. It uses nothing else of this checkout."""
    project = folder / "quickstart"
    (program,) = re.findall(r"\A.*?^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    project.mkdir()
    options = f"{{toolchain: pip, virtualenv: {python.parents[1]}}}"
    (project / "Pulumi.yaml").write_text(f"name: quickstart\nruntime: {{name: python, options: {options}}}\n")
    (project / "__main__.py").write_text(program)
    shell = PulumiShell(folder, engine, python=python, project=project)
    where = f"import pathlib, {PACKAGE} as om; print(om.__version__, pathlib.Path(om.__file__).parent)"
    shell.run("python", "-c", where, expect=str(python.parents[1]))
    with emulator(shell) as url:
        shell.environment |= keys(url)
        shell.pulumi("stack init quickstart")
        shell.pulumi("preview --diff", expect="+ 5 to create")
        shell.pulumi("up --yes --skip-preview", expect="+ 5 created")
        shell.pulumi("preview --expect-no-changes")
        shell.pulumi("refresh --yes --skip-preview")
        shell.run("pulumi-opsmanager", "list", expect="SUCCESS")
        shell.pulumi("destroy --yes --skip-preview", expect="- 5 deleted")
        shell.run("pulumi-opsmanager", "list", "--json", expect="[]")


def main() -> int:
    """Build the files, compare them with the commit, install the wheel, and run the program."""
    say("Build")
    sdist, wheel = build()
    if found := list(differences(sdist, wheel)):
        print("\n".join(found))
        return 1
    print(f"{sdist.name} and {wheel.name} hold the files of the commit")

    engine = find_engine()
    for resolution in ("lowest-direct", "highest"):
        say(f"The quickstart from the wheel, with versions of resolution {resolution}")
        with tempfile.TemporaryDirectory(prefix="opsmanager-release-") as folder:
            quickstart(install(wheel, Path(folder), resolution), Path(folder), engine)
    print(f"\nDone: {sdist.name} and {wheel.name} can be published.")
    return 0


if __name__ == "__main__":
    end_with(main)
