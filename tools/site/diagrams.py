"""Draw the Mermaid diagrams of pages while the site is built, so that a browser needs no script for them.

The hosting page draws the same text by itself.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from html import escape
from pathlib import Path
from typing import Any

from tools.engine import node
from tools.site import scripts

_DRAW = Path(__file__).resolve().with_name("draw.mjs")
_SUBGRAPH = re.compile(r"^( *)subgraph .*?\n(?P<nodes>.*?)^\1end$", re.DOTALL | re.MULTILINE)
_LABELS = re.compile(r'"([^"]+)"')
_NODES = re.compile(r"(?:^ *|--> )(\w+)", re.MULTILINE)


def figure(source: str, *_: Any, **__: Any) -> str:
    """A diagram as HTML, from top to bottom, because one from left to right is too wide for a page.

    Superfences calls it for each block of Mermaid.

    Raises:
        SuperFencesException: The diagram cannot be drawn as the hosting page draws it. After any other exception
            superfences would show the text.
    """
    try:
        return f'<figure class="diagram">{_svg(source.replace("flowchart LR", "flowchart TD", 1))}</figure>'
    except ValueError as error:
        from pymdownx.superfences import SuperFencesException  # only `make docs` installs it

        raise SuperFencesException(f"cannot draw the diagram that begins with {source[:60]!r}: {error}") from error


def _svg(source: str) -> str:
    """Draw one diagram.

    Raises:
        ValueError: The renderer does not know the diagram, or would draw another one.
    """
    for found in _SUBGRAPH.finditer(source):
        if early := set(_NODES.findall(found["nodes"])) & set(_NODES.findall(source[: found.start()])):
            raise ValueError(f"an edge before the subgraph names its nodes {sorted(early)}, so it would not have them")
    command = [node.NODE, str(_DRAW), str(scripts.renderer())]
    finished = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise ValueError(finished.stderr)
    drawn = finished.stdout
    if lost := [label for label in _LABELS.findall(source) if escape(label) not in drawn]:
        raise ValueError(f"the renderer left out {lost}")
    # The page's own font replaces one of another host. Identifiers are unique in a page of several diagrams.
    name = f"diagram-{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    return re.sub(r'(?<=id=")(?=arrowhead)|(?<=url\(#)', f"{name}-", re.sub(r"\n *@import .*", "", drawn))
