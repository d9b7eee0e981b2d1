"""The pages of the Terraform provider match its schema, and each resource has an example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_opsmanager.terraform.attributes import RESOURCES
from pulumi_opsmanager.terraform.data_sources import DATA_SOURCES
from tests.meta.test_prose import BANNED
from tests.support import ROOT
from tools import terraform_pages
from tools.terraform_pages import DOCS, EXAMPLES

PAGES = terraform_pages.pages()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_page_matches_the_schema(page: Path) -> None:
    """`make generate` writes it. A changed field or example without it fails here."""
    assert page.read_text() == PAGES[page]


def test_each_resource_and_data_source_has_a_page_and_an_example() -> None:
    """No page and no example is left over. Only resources that can be imported show an import."""
    assert {*DOCS.rglob("*.md")} == {DOCS / "index.md", *PAGES}
    assert {path.name for path in (EXAMPLES / "resources").iterdir()} == RESOURCES.keys()
    assert {path.name for path in (EXAMPLES / "data-sources").iterdir()} == DATA_SOURCES.keys()
    for name, resource in RESOURCES.items():
        files = {path.name for path in (EXAMPLES / "resources" / name).iterdir()}
        assert files - {"resource.tf"} == ({"import.sh", "import.tf"} if resource.kind.import_by_id else set())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_each_attribute_says_what_it_is(page: Path) -> None:
    """Also those of nested objects."""
    assert re.findall(r"^- `\w+` \([^)]*\)(?: See .*)?$", PAGES[page], re.MULTILINE) == []


def test_secret_settings_say_so() -> None:
    """The private key is the only secret setting."""
    (line,) = (line for line in terraform_pages.provider_schema().splitlines() if "Sensitive" in line)
    assert line.startswith("- `private_key` (String, Sensitive) ")


def test_each_difference_of_the_engines_names_a_test_that_runs() -> None:
    """Each row of the table names a test with the real binaries."""
    table = (DOCS / "index.md").read_text().partition("## Where the engines differ")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    named = re.findall(r"^(?:\| [^|]+ ){4}\| `(test_\w+)` \|$", table, re.MULTILINE)
    sources = "".join(file.read_text() for file in (ROOT / "tests" / "terraform_engine").glob("test_*.py"))
    assert [name for name in named if f"\ndef {name}(" not in sources] == []
    assert len(named) == len(rows) > 10


def test_texts_are_in_plain_english() -> None:
    """The pages written by hand have no banned word."""
    written = [DOCS / "index.md", *EXAMPLES.rglob("*.tf"), *ROOT.glob("examples/**/terraform/**/*.md")]
    assert [match[0] for page in written for match in BANNED.finditer(page.read_text())] == []
