"""Run the tests that need no engine with the lowest versions that pyproject.toml allows, in an environment of its own.

The package is installed as others install it, not as a link to its source. What it does not name itself is pinned as
everywhere, so that the run fails for a bound that is too low and for nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Sequence
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]

# Pydantic asks for one version of it, so there is no choice.
_FOLLOWS = {"pydantic-core"}


def lowest(requirements: Iterable[str], pins: Iterable[str]) -> list[str]:
    """Constraints: the lowest version of each requirement, and those pins that are of other packages.

    Raises:
        ValueError: A requirement has no lower bound.
    """
    bounds: dict[str, str] = {}
    for requirement in map(Requirement, requirements):
        found = [bound.version for bound in requirement.specifier if bound.operator == ">="]
        if len(found) != 1:
            raise ValueError(f"{requirement} must have one lower bound")
        bounds[canonicalize_name(requirement.name)] = found[0]
    lines = [line for line in pins if line.strip() and not line.startswith("#")]
    others = [line for line in lines if canonicalize_name(Requirement(line).name) not in bounds.keys() | _FOLLOWS]
    return [f"{name}=={version}" for name, version in bounds.items()] + others


def pins() -> list[str]:
    """The lines of constraints.txt."""
    return (ROOT / "constraints.txt").read_text().splitlines()


def environment(folder: Path, constraints: Iterable[str], what: Sequence[str]) -> Path:
    """Make a virtual environment in a folder, install into it as from the project's root, and return its Python."""
    folder.mkdir(exist_ok=True)
    file = folder / "constraints.txt"
    file.write_text("".join(f"{line}\n" for line in constraints))
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--constraint", str(file)]
    # The pip that comes with Python may be too old to know groups.
    subprocess.run([*pip, "--upgrade", "pip"], check=True)
    subprocess.run([*pip, *what], cwd=ROOT, check=True)
    return python


def main() -> int:
    """Make the environment, run the tests in it, leave nothing."""
    with tempfile.TemporaryDirectory(prefix="opsmanager-minimal-") as folder:
        constraints = lowest(requires("pulumi-opsmanager") or (), pins())
        python = environment(Path(folder), constraints, [".[emulator]", "--group", "test"])
        # Nor those of the examples' pipelines: their linters have requirements of their own.
        left_out = ["--ignore", "tests/engine", "--ignore", "tests/meta/test_pipelines.py"]
        options = ["-q", "-n", "2", "-p", "no:cacheprovider", *left_out]
        return subprocess.run([python, "-m", "pytest", *options], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError:
        # pip has said why on stderr.
        sys.exit(1)
