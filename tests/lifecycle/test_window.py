from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pulumi_opsmanager.instants import parse_duration
from pulumi_opsmanager.lifecycle.window import open_window
from pulumi_opsmanager.schema.validate import validate
from pulumi_opsmanager.schema.window import WindowInputs

NOW = datetime(2026, 3, 2, 12, 0, 0, 999999, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("last", "start"),
    [
        ("90s", "2026-03-02T11:58:30Z"),
        ("30m", "2026-03-02T11:30:00Z"),
        ("2h", "2026-03-02T10:00:00Z"),
        (" 2H ", "2026-03-02T10:00:00Z"),
        ("7d", "2026-02-23T12:00:00Z"),
        ("2w", "2026-02-16T12:00:00Z"),
    ],
)
def test_window_ends_now(last: str, start: str) -> None:
    """It reaches back as far as it says, to the second."""
    values, failures = validate(WindowInputs, {"last": last})
    assert failures == []
    opened = open_window(values, NOW)
    assert opened == {
        "last": last.strip().lower(),
        "logCollectionFromDate": start,
        "logCollectionToDate": "2026-03-02T12:00:00Z",
    }


@pytest.mark.parametrize(
    "last", ["", "2", "h", "-2h", "2.5h", "0h", "2 hours", "99999999999d", "9999999999w", "36526d", "٢h", 2]
)
def test_what_is_no_duration_is_refused(last: object) -> None:
    """A whole number and a unit, more than nothing, at most a hundred years."""
    _, failures = validate(WindowInputs, {"last": last})
    assert [failure.path for failure in failures] == ["last"]
    assert failures[0].rule.startswith("must be ")


def test_duration_is_read_in_seconds() -> None:
    """The command line reads ages with it."""
    assert parse_duration("1d").total_seconds() == 86400
