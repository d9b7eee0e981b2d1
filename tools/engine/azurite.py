"""Find Azurite, Microsoft's emulator of Azure Blob Storage, or install it once per machine.

Its packages are pinned beside this file.
"""

from __future__ import annotations

from pathlib import Path

from tools.engine import node
from tools.engine.making import Engine, Say, make_once

VERSION = "3.37.0"

_PINS = Path(__file__).resolve().parent / "azurite"
_SCRIPT = Path("node_modules", "azurite", "dist", "src", "blob", "main.js")


def find_command(say: Say) -> list[str]:
    """Return the first words of a command that serves blobs. Install Azurite first if it is missing.

    Args:
        say: Receives one line per step and, during the installation, one line every 20 seconds.

    Raises:
        NoEngineError: What was tried, why it failed, and what to do.
    """
    return [node.NODE, str(make_once(_AZURITE, say) / _SCRIPT)]


def _works(root: Path) -> bool:
    return (root / _SCRIPT).is_file()


def _install(root: Path, say: Say) -> None:
    node.install(_PINS, root, say, doing="installing Azurite (about 1 minute)")


_AZURITE = Engine(
    f"Azurite {VERSION}",
    f"azurite-{VERSION}",
    _works,
    {"npm registry": _install},
    "Azurite, which the tests of object storage need",
    node.ADVICE,
)
