"""Prove what is about to be published, from its files alone. Needs build and twine.

Builds sdist and wheel into `dist`, looks at what is in them, and runs the README's first program through the real
engine from the installed wheel, outside of this checkout, with the lowest and with the newest versions that are
allowed. Ends 0 only when all of it holds.
"""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tools.minimal import ROOT, environment, lowest, pins
from tools.shell import Shell, emulator, end_with, interruptible_engine, keys, say, write_project

PACKAGE = "pulumi_opsmanager"
DIST = ROOT / "dist"


def members(file: Path) -> dict[str, bytes]:
    """The files in a wheel or an sdist by name; those of an sdist without the folder that holds them all."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(file) as sdist:
        opened = {member.name: sdist.extractfile(member) for member in sdist if member.isfile()}
        return {name.partition("/")[2]: content.read() for name, content in opened.items() if content is not None}


def sources() -> set[str]:
    """The files of the package as an installation has them."""
    found = {path.relative_to(ROOT / "provider") for path in (ROOT / "provider" / PACKAGE).rglob("*")}
    return {path.as_posix() for path in found if path.suffix in (".py", ".typed")}


def wheel_problems(names: Iterable[str], expected: Iterable[str]) -> list[str]:
    """What a wheel lacks, and what it has that nobody should install."""
    metadata = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
    inside = {name for name in names if not re.match(rf"{PACKAGE}-[^/]+\.dist-info/", name)}
    beside = {name.partition("/")[2] for name in names if name not in inside}
    wanted = {*expected, f"{PACKAGE}/pulumi-plugin.json"}
    return [
        *(f"the wheel lacks {name}" for name in sorted((wanted - inside) | (set(metadata) - beside))),
        *(f"the wheel has {name}" for name in sorted((inside - wanted) | (beside - set(metadata)))),
    ]


def sdist_problems(names: Iterable[str]) -> list[str]:
    """What others need of an sdist to build and to test, and what must not be in it."""
    needed = (
        *("pyproject.toml", "constraints.txt", "Makefile", "mkdocs.yml", ".pre-commit-config.yaml"),
        *("README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO"),
    )
    given = set(names)
    ours = r"\.(gitignore|gitlab-ci\.yml|pre-commit-config\.yaml)$"
    leaked = [name for name in given if re.search(rf"(^|/)((?!{ours})\.|__pycache__|Pulumi\.[^/]+\.yaml$)", name)]
    return [
        *(f"the sdist lacks {name}" for name in needed if name not in given),
        *(f"the sdist has {name}" for name in sorted(leaked)),
    ]


def build() -> tuple[Path, Path]:
    """Make sdist and, of it, wheel; a wheel that is made of the checkout has to be the same.

    Returns: Sdist and wheel.
    """
    shutil.rmtree(DIST, ignore_errors=True)
    # The build's own requirements are pinned as everything else is.
    pinned = os.environ | {"PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    command = [sys.executable, "-m", "build", "--outdir"]
    with tempfile.TemporaryDirectory(prefix="opsmanager-release-") as folder:
        subprocess.run([*command, str(DIST), str(ROOT)], env=pinned, stdout=subprocess.DEVNULL, check=True)
        subprocess.run([*command, folder, "--wheel", str(ROOT)], env=pinned, stdout=subprocess.DEVNULL, check=True)
        (sdist,), (wheel,), (direct,) = DIST.glob("*.tar.gz"), DIST.glob("*.whl"), Path(folder).glob("*.whl")
        if members(wheel) != members(direct):
            raise SystemExit("error: the sdist builds another wheel than the checkout")
    return sdist, wheel


def requirements(wheel: Mapping[str, bytes]) -> list[str]:
    """What a wheel asks for, in its own words."""
    (metadata,) = [content for name, content in wheel.items() if name.endswith(".dist-info/METADATA")]
    return [str(value) for value in email.message_from_bytes(metadata).get_all("Requires-Dist", [])]


def quickstart(python: Path, folder: Path, engine: Path) -> None:
    """The README's first program from preview to destroy, with nothing of this checkout but its text."""
    project = folder / "quickstart"
    (program,) = re.findall(r"\A.*?^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    write_project(project, "quickstart", program, python)
    shell = Shell(folder, engine, python=python, project=project)
    where = f"import pathlib, {PACKAGE} as om; print(om.__version__, pathlib.Path(om.__file__).parent)"
    shell.run("python", "-c", where, expect=str(python.parents[1]))
    with emulator(shell) as url:
        shell.environment |= keys(url)
        shell.run("pulumi", "stack", "init", "quickstart")
        shell.run("pulumi", "preview", "--diff", expect="+ 2 to create")
        shell.run("pulumi", "up", "--yes", "--skip-preview", expect="+ 2 created")
        shell.run("pulumi", "preview", "--expect-no-changes")
        shell.run("pulumi", "refresh", "--yes", "--skip-preview")
        shell.run("pulumi-opsmanager", "list", expect="SUCCESS")
        shell.run("pulumi", "destroy", "--yes", "--skip-preview", expect="- 2 deleted")
        shell.run("pulumi-opsmanager", "list", "--json", expect="[]")


def main() -> int:
    """Build, look, install, run."""
    say("Build")
    sdist, wheel = build()
    content = members(wheel)
    print(f"{sdist.name}, {wheel.name}: the same wheel from sdist and checkout")

    say("What is in them")
    problems = wheel_problems(content, sources()) + sdist_problems(members(sdist))
    for problem in problems:
        print(problem)
    if problems:
        return 1
    subprocess.run([sys.executable, "-m", "twine", "check", "--strict", str(sdist), str(wheel)], check=True)

    engine = interruptible_engine()
    bounds = {"lowest": lowest(requirements(content), pins()), "newest": []}
    for kind, constraints in bounds.items():
        say(f"The quickstart from the wheel, with the {kind} versions that are allowed")
        with tempfile.TemporaryDirectory(prefix=f"opsmanager-{kind}-") as folder:
            python = environment(Path(folder), constraints, [f"{wheel}[emulator]"])
            quickstart(python, Path(folder), engine)
    print(f"\nDone: {sdist.name} and {wheel.name} are what they should be.")
    return 0


if __name__ == "__main__":
    end_with(main)
