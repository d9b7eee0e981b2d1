"""Find the compiler of TypeScript and Pulumi's SDK for it, or install them once per machine.

The packages are pinned beside this file.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from tools.engine import node
from tools.engine.making import Engine, Say, make_once

_PINS = Path(__file__).resolve().parent / "typescript"
_COMPILER = Path("node_modules", "typescript", "bin", "tsc")


def find_packages(say: Say) -> Path:
    """Return the folder `node_modules`. Install it first if it is missing.

    Args:
        say: Receives one line per step and, during the installation, one line every 20 seconds.

    Raises:
        NoEngineError: What was tried, why it failed, and what to do.
    """
    return make_once(_TYPESCRIPT, say) / "node_modules"


def _works(root: Path) -> bool:
    return (root / _COMPILER).is_file()


def _install(root: Path, say: Say) -> None:
    node.install(_PINS, root, say, doing="installing TypeScript (about 1 minute)")


_TYPESCRIPT = Engine(
    "TypeScript",
    f"typescript-{hashlib.sha256((_PINS / 'package-lock.json').read_bytes()).hexdigest()[:12]}",
    _works,
    {"npm registry": _install},
    "TypeScript, which the tests of generated SDKs need",
    node.ADVICE,
)
