"""The README says what the code says."""

from __future__ import annotations

from tests.support import tool


def test_tables_are_those_of_the_schema() -> None:
    """`make docs` writes them; a change of a field without it fails here."""
    readme = tool("readme.py")
    text = readme.README.read_text()
    assert "| `expiration_date` | - | updates in place |" in text
    assert readme.with_tables(text) == text
