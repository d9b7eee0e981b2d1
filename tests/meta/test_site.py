"""The site needs no other host: its diagrams are drawn when it is built, and its check notices what would load."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blocks import Block, blocks
from tools.site import diagrams
from tools.site.hosts import foreign

SEARCH = '<script src="../assets/iframe-worker.js"></script>'


@pytest.mark.parametrize("block", blocks("diagram"), ids=str)
def test_diagram_is_drawn_without_a_script_of_the_page(block: Block) -> None:
    """The renderer knows each kind of diagram that the pages have, and names no font of another host."""
    drawn = diagrams.figure(block.text)
    assert drawn.count("<svg") == 1
    assert drawn.count("http") == 1  # the namespace


def test_diagram_with_a_node_outside_of_its_subgraph_is_refused() -> None:
    """The hosting page draws such a node inside, and the renderer outside."""
    with pytest.raises(ValueError, match="names its nodes"):
        diagrams._svg("flowchart TD\n    a --> b\n    subgraph s\n        b --> c\n    end\n")


def test_diagram_of_an_unknown_kind_is_refused() -> None:
    """A page would show its text."""
    with pytest.raises(ValueError, match="Invalid mermaid header"):
        diagrams._svg("unknown\n    a --> b\n")


@pytest.mark.parametrize(
    ("loads", "found"),
    [
        ('<script src="https://example.com/a.js"></script>', "https://example.com/a.js"),
        ('<link rel="stylesheet" href="//example.com/a.css">', "//example.com/a.css"),
        ('<img src="http://example.com/a.png">', "http://example.com/a.png"),
        ("<style>@import url('https://example.com/a.css')</style>", "https://example.com/a.css"),
        ('<pre class="mermaid">flowchart</pre>', "a diagram that is not drawn"),
        ('<a href="https://example.com/">a link that a reader follows</a>', None),
        ('<link rel="next" href="a.html"><img src="a.png"><script src="a.js"></script>', None),
    ],
)
def test_page_that_loads_from_another_host_is_found(tmp_path: Path, loads: str, found: str | None) -> None:
    """Only what a browser loads by itself counts."""
    (tmp_path / "page.html").write_text(SEARCH + loads)
    assert list(foreign(tmp_path)) == ([f"page.html: {found}"] if found else [])


def test_style_that_loads_from_another_host_is_found(tmp_path: Path) -> None:
    """A style sheet loads fonts and images."""
    (tmp_path / "site.css").write_text("a { background: url(https://example.com/a.png) } b { background: url(b.png) }")
    assert list(foreign(tmp_path)) == ["site.css: https://example.com/a.png"]


def test_page_without_search_from_a_disk_is_found(tmp_path: Path) -> None:
    """Browsers refuse web workers to pages from a disk, so each page loads a replacement."""
    (tmp_path / "page.html").write_text("<p>text</p>")
    assert list(foreign(tmp_path)) == ["page.html: no search from a disk"]
