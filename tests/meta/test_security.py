"""The tests and commands that pages name exist."""

from __future__ import annotations

import re

import pytest

from tests.support import ROOT

PAGE = (ROOT / "SECURITY.md").read_text()


def test_named_tests_exist() -> None:
    """Each promise names test modules, and each of them has tests."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "| ---"))]
    assert len(rows) > 10
    for row in rows:
        modules = re.findall(r"`(tests/[\w/]+\.py)`", row.rpartition(". |")[2])
        assert modules, row
        for module in modules:
            assert "\ndef test_" in (ROOT / module).read_text(), module


@pytest.mark.parametrize("page", ["SECURITY.md", "CONTRIBUTING.md", ".pre-commit-config.yaml"])
def test_named_targets_exist(page: str) -> None:
    """Each `make` command of the page is in the Makefile."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|entry: )make ([\w-]+)", (ROOT / page).read_text()))
    assert set() < named <= targets
