"""Pages, their links and their blocks."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.blocks import RUN_ELSEWHERE, blocks_of
from tests.support import ROOT
from tools.pages import CONTENTS, FENCED, groups, links, pages


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the hosting page makes them."""
    return {anchor_of(heading) for heading in headings(page)}


def headings(page: Path) -> list[str]:
    """The headings of a page, from top to bottom."""
    return re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text()), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """The anchor of a heading, as the hosting page makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    """The site cannot open folders."""
    for path, anchor in links(page):
        assert path.is_file(), path
        assert not anchor or anchor in anchors(path), f"{path}#{anchor}"


def heading_at(page: Path, anchor: str) -> str:
    """The heading that a link leads to: the first one of the page without an anchor."""
    return next(heading for heading in headings(page) if not anchor or anchor_of(heading) == anchor)


def test_contents_name_each_page_once_by_its_heading() -> None:
    """The site's menu is made of the contents. Guides show the examples' programs, so their READMEs are not in it."""
    listed = [page for pages_of in groups().values() for page in pages_of]
    assert sorted(listed) == sorted(page for page in pages() if "examples" not in page.relative_to(ROOT).parts)
    rows = re.findall(r"^\| .* \| \[(.*)\]\(.*\) \|$", CONTENTS.read_text(), re.MULTILINE)
    assert rows == [heading_at(page, anchor) for page, anchor in links(CONTENTS)]
    assert next(iter(groups())) == "Get started"


@pytest.mark.parametrize("page", [page for listed in groups().values() for page in listed], ids=lambda page: page.name)
def test_page_of_the_site_links_to_pages_of_the_site(page: Path) -> None:
    """A link to the README of an example would lead nowhere on the site: link to its guide or its program."""
    listed = {page for listed in groups().values() for page in listed}
    assert [path for path, _ in links(page) if path.suffix == ".md" and path not in listed] == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_block_is_run_by_some_test(page: Path) -> None:
    """A block that no test runs fails here. So does an indented fence, which would hide a block."""
    found = blocks_of(page)
    assert len(re.findall(r"^[ >]*(?:```|~~~)", page.read_text(), re.MULTILINE)) == 2 * len(found)
    if page.relative_to(ROOT).as_posix() not in RUN_ELSEWHERE:
        assert [str(block) for block in found if not block.kind] == []
        # The block above prints the shown text.
        kinds = ["", *(block.kind for block in found)]
        assert {above for above, kind in pairwise(kinds) if kind == "shown"} <= {"program", "shell"}


@pytest.mark.parametrize(("page", "module"), RUN_ELSEWHERE.items())
def test_module_that_runs_a_page_by_itself_reads_it(page: str, module: str) -> None:
    """Without that module no test would run the blocks of the page."""
    assert Path(page).name in (ROOT / "tests" / module).read_text()
