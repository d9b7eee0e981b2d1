"""The page of other languages matches the tests of the plugin."""

from __future__ import annotations

import re

from tests.support import ROOT

PAGE = (ROOT / "docs" / "languages.md").read_text()


def test_each_difference_between_package_and_plugin_names_a_test_that_runs() -> None:
    """Each row of the table names a test of the plugin."""
    table = PAGE.partition("## Choose the package or the plugin")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    named = re.findall(r"^(?:\| [^|]+ ){3}\| `(test_\w+)` \|$", table, re.MULTILINE)
    sources = "".join(file.read_text() for file in ROOT.glob("tests/plugin*/test_*.py"))
    assert [name for name in named if f"\ndef {name}(" not in sources] == []
    assert len(named) == len(rows) > 5
