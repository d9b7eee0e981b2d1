"""README, guides and reference match the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_opsmanager.cli.main import main
from pulumi_opsmanager.emulator import FaultKind
from tools import tables
from tools.engine import find
from tools.pages import pages


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_tables_match_the_schema(page: Path) -> None:
    """`make generate` writes them. A change of a field without it fails here."""
    text = page.read_text()
    assert tables.with_tables(text) == text


def test_every_resource_has_its_tables() -> None:
    """Each generated table has a place in a page."""
    marks = {mark for page in tables.PAGES for mark in re.findall(r"<!-- ([\w ]+) -->", page.read_text())}
    assert marks == set(tables._tables())


def test_every_fault_is_described() -> None:
    """The page of the emulator has a row for each kind of fault."""
    page = (tables.ROOT / "docs" / "emulator.md").read_text()
    kinds = page.partition("| kind |")[2]
    assert set(re.findall(r"^\| `(\w+)` \|", kinds, re.MULTILINE)) == {kind.value for kind in FaultKind}


def test_each_promise_names_a_test_that_runs() -> None:
    """Each row of the reliability page names a test."""
    page = (tables.ROOT / "docs" / "reliability.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith(("| fault ", "| --- "))]
    named = re.findall(r"^(?:\| [^|]+ ){4}\| `(test_\w+(?:\[[\w-]+\])?)` \|$", page, re.MULTILINE)
    assert len(set(named)) == len(rows) > 30


def test_tests_that_a_page_names_exist() -> None:
    """A test that gets another name is renamed on each page."""
    sources = "".join(file.read_text() for file in (tables.ROOT / "tests").rglob("test_*.py"))
    named = {name: page for page in pages() for name in re.findall(r"`(test_\w+)[`\[]", page.read_text())}
    assert len(named) > 30
    assert {name: page.name for name, page in named.items() if f"\ndef {name}(" not in sources} == {}


def test_page_names_the_versions_of_the_engine() -> None:
    """A reader without internet access installs exactly these versions."""
    page = (tables.ROOT / "docs" / "air-gapped.md").read_text()
    assert f"`pulumi` {'.'.join(map(str, find.OLDEST))} or newer" in page
    assert f"older than {'.'.join(map(str, find.GO_VERSION))}," in page


def test_commands_are_listed() -> None:
    """The page of the command line has a row for each command."""
    page = (tables.ROOT / "docs" / "cli.md").read_text()
    assert set(re.findall(r"^\| `([a-z-]+)(?: [^`]+)?` \|", page, re.MULTILINE)) == set(main.commands)
