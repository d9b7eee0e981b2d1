from __future__ import annotations

import pytest


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines go to stderr, no engine's end is watched for, and errors look as ever to other tests."""
    monkeypatch.setattr("sys.argv", ["provider", "unix:/nowhere"])
    monkeypatch.setattr("sys.tracebacklimit", 1000, raising=False)
