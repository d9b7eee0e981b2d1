from __future__ import annotations

import pytest


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send lines to stderr, start no watch, and restore the length of tracebacks for other tests."""
    monkeypatch.setattr("sys.argv", ["provider", "unix:/nowhere"])
    monkeypatch.setattr("sys.tracebacklimit", 1000, raising=False)
