"""Pages, their links and their blocks."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.blocks import RUN_ELSEWHERE, blocks_of
from tests.support import ROOT
from tools.pages import FENCED, links, pages


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the hosting page makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    """The site cannot open folders."""
    for path, anchor in links(page):
        assert path.is_file(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_is_run_by_some_test(page: Path) -> None:
    """A block that no test runs fails here, and so does an indented fence, which would hide one."""
    found = blocks_of(page)
    assert len(re.findall(r"^[ >]*(?:```|~~~)", page.read_text(), re.MULTILINE)) == 2 * len(found)
    if page.relative_to(ROOT).as_posix() not in RUN_ELSEWHERE:
        assert [str(block) for block in found if not block.kind] == []
        # The block above prints what is shown.
        kinds = ["", *(block.kind for block in found)]
        assert {above for above, kind in pairwise(kinds) if kind == "shown"} <= {"program", "shell"}


@pytest.mark.parametrize(("page", "module"), RUN_ELSEWHERE.items())
def test_module_that_runs_a_page_by_itself_reads_it(page: str, module: str) -> None:
    """Without that module no test would run the blocks of the page."""
    assert Path(page).name in (ROOT / "tests" / module).read_text()
