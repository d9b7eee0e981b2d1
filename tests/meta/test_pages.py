"""Pages, their links and their blocks: none is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from pulumi_opsmanager.api.models import EXPIRED_STATUS, FAILED_STATUSES, FINISHED_STATUSES
from tests.blocks import RUN_BY, RUN_ELSEWHERE, Block, blocks, blocks_of
from tests.support import ROOT
from tools.pages import FENCED, links, pages

# What may stand in a line of our diagrams: an edge between two names, with words on it.
_NAME = r"(?:\w+|\[\*\])"
_DIAGRAMS = {
    "flowchart LR": re.compile(rf'{_NAME}(?:\["[^"]+"\])?(?: -- "[^"]+" --> {_NAME}(?:\["[^"]+"\])?)?'),
    "stateDiagram-v2": re.compile(rf"{_NAME} --> {_NAME}(?:: [^:;]+)?"),
}


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the hosting page makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """To a file and a heading: the site has no folders that could be opened."""
    for path, anchor in links(page):
        assert path.is_file(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_is_run_by_some_test(page: Path) -> None:
    """Nobody adds a block that no test takes; a fence that is not at the start of a line would hide one."""
    found = blocks_of(page)
    assert len(re.findall(r"^[ >]*(?:```|~~~)", page.read_text(), re.MULTILINE)) == 2 * len(found)
    if page.relative_to(ROOT).as_posix() not in RUN_ELSEWHERE:
        assert [str(block) for block in found if block.kind not in RUN_BY] == []
    # What is shown is shown by what stands before it.
    shown = [after for before, after in zip([None, *found], found, strict=False) if _shows(after) and not _runs(before)]
    assert shown == []


def _shows(block: Block) -> bool:
    return block.kind == "shown"


def _runs(block: Block | None) -> bool:
    return block is not None and block.kind in ("program", "script", "shell", "tests")


def test_tests_that_run_blocks_are_there() -> None:
    """A kind without its test, or a page without its module, would be run by nobody."""
    for test in RUN_BY.values():
        module, _, name = test.partition("::")
        assert f"\ndef {name}(" in (ROOT / "tests" / module).read_text(), test
    for page, module in RUN_ELSEWHERE.items():
        folder = Path(page).parent.name.partition("-")[2]
        assert (folder or Path(page).name) in (ROOT / "tests" / module).read_text(), page


def test_every_page_is_in_the_navigation_and_the_contents() -> None:
    """A page that nobody finds is not there; what a link's target is not, MkDocs tells."""
    listed = set(re.findall(r"^ +- .*: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert {page.relative_to(ROOT).as_posix() for page in pages()} <= listed
    contents = ROOT / "docs" / "README.md"
    linked = {path for path, _ in links(contents)}
    assert {page for page in pages() if page.parent == contents.parent} - {contents} <= linked


@pytest.mark.parametrize("block", blocks("diagram"), ids=str)
def test_diagram_can_be_drawn(block: Block) -> None:
    """It keeps to the small part of Mermaid that is known to be drawn."""
    head, *lines = block.text.splitlines()
    for line in lines:
        is_frame = re.fullmatch(r'subgraph \w+\["[^"]+"\]|end', line.strip())
        assert is_frame or _DIAGRAMS[head].fullmatch(line.strip()), line


def test_diagram_of_states_has_those_of_the_server() -> None:
    """Of those that a job can have only the unexplained one, and a second word for a failure, are left out."""
    (block,) = [block for block in blocks("diagram") if block.text.startswith("stateDiagram")]
    states = set(re.findall(r"\b[A-Z_]{2,}\b", block.text))
    assert states == {"IN_PROGRESS", "SUCCESS", "FAILURE", EXPIRED_STATUS}
    assert states - {"IN_PROGRESS"} == FINISHED_STATUSES - {"MARKED_FOR_EXPIRY", *FAILED_STATUSES - {"FAILURE"}}


def test_yaml_can_be_read() -> None:
    """What cannot be run here, as a pipeline of others, is well formed at least."""
    for block in blocks("yaml"):
        assert yaml.safe_load(block.text), str(block)
