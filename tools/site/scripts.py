"""Scripts of the site, from npm: one draws diagrams, and one lets pages from a disk search.

They are pinned beside this file, and installed once per machine.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from tools.engine import node
from tools.engine.making import Engine, Say, make_once

_PINS = Path(__file__).resolve().parent
_RENDERER = Path("node_modules", "beautiful-mermaid", "dist", "index.js")
_SEARCH = Path("node_modules", "iframe-worker", "shim", "index.js")


def renderer() -> Path:
    """The script that draws Mermaid diagrams."""
    return make_once(_SCRIPTS, _say) / _RENDERER


def search_from_a_disk() -> Path:
    """The script that replaces web workers, which browsers refuse to pages from a disk."""
    return make_once(_SCRIPTS, _say) / _SEARCH


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _works(root: Path) -> bool:
    return all((root / script).is_file() for script in (_RENDERER, _SEARCH))


def _install(root: Path, say: Say) -> None:
    node.install(_PINS, root, say, doing="installing the scripts of the site (a few seconds)")


_SCRIPTS = Engine(
    "what draws and searches the site",
    f"site-{hashlib.sha256((_PINS / 'package-lock.json').read_bytes()).hexdigest()[:12]}",
    _works,
    {"npm registry": _install},
    "scripts of the site",
    node.ADVICE,
)
