from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pulumi_opsmanager.lifecycle.inputs import check_inputs
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.window import MoveWindow, create_window, plan_window, update_window
from pulumi_opsmanager.schema.models import Partial
from pulumi_opsmanager.schema.window import WindowInputs, WindowState
from tests.support import offline

NOW = datetime(2026, 3, 2, 12, 0, 0, 999999, tzinfo=timezone.utc)
LATER = datetime(2026, 3, 3, tzinfo=timezone.utc)


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
    """Its length is exactly `last`, to the second."""
    checked = check_inputs(WindowInputs, {"last": last}, None, None)
    assert checked.failures == ()
    made = create_window(offline(NOW), checked.declared.known)
    assert made.inputs == WindowInputs(last=last.strip().lower())
    assert made.state == WindowState(log_collection_from_date=start, log_collection_to_date="2026-03-02T12:00:00Z")


@pytest.mark.parametrize(
    "last", ["", "2", "h", "-2h", "2.5h", "0h", "2 hours", "99999999999d", "9999999999w", "36526d", "٢h", 2]
)
def test_malformed_duration_is_refused(last: object) -> None:
    """A duration is a positive whole number with a unit, at most a hundred years."""
    (failure,) = check_inputs(WindowInputs, {"last": last}, None, None).failures
    assert str(failure).startswith("last must be ")


def test_unchanged_window_stays_and_a_changed_one_ends_now() -> None:
    """Plan and update agree."""
    made, triggers = create_window(offline(NOW), WindowInputs(last="2h")), WindowInputs(last="2h", triggers=[1])
    assert plan_window(None, Partial(made.inputs), None, LATER) == Plan()
    assert plan_window(made, Partial(made.inputs), None, LATER) == Plan()
    assert update_window(offline(LATER), made, made.inputs) == made
    found = plan_window(made, Partial(triggers), None, LATER)
    assert found == Plan(updates=("triggers",), steps=(MoveWindow(),))
    assert found.moves == {"log_collection_from_date", "log_collection_to_date"}
    assert update_window(offline(LATER), made, triggers).state.log_collection_to_date == "2026-03-03T00:00:00Z"
