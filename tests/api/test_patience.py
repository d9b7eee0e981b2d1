"""The decision to wait or to give up, without a clock and without a request."""

from __future__ import annotations

import pytest

from pulumi_opsmanager.api.exchange import Failure, Kind, Request
from pulumi_opsmanager.api.patience import BRIEF, PATIENT, Patience
from pulumi_opsmanager.errors import Unavailable
from tests.support import PROJECT


def waits(kind: Kind, method: str = "GET", patience: Patience = PATIENT, retry_after: float = 0) -> list[float]:
    """All waits of a call that meets the same failure each time."""
    request, error = Request(method, "https://om", PROJECT), Unavailable("not now")
    met: list[Failure] = []
    found: list[float] = []
    while len(met) < 100:
        met.append(Failure(kind, error, retry_after_seconds=retry_after))
        delay = patience.wait(request, met, sum(found), sum(found), pause_seconds=40, jitter_seconds=0.25)
        if delay is None:
            break
        found.append(delay)
    return found


GROWING = [0, 1.25, 2.25, 4.25, 8.25, 16.25, 30, 30]


@pytest.mark.parametrize(
    ("kind", "repeatable", "others"),
    [
        (Kind.UNSENT, GROWING[:3], GROWING[:3]),
        (Kind.REFUSED, GROWING, GROWING),
        (Kind.LIMITED, [40] * 4, [40] * 4),
        (Kind.LOST, GROWING[:3], []),
        (Kind.BROKEN, GROWING, []),
        (Kind.FINAL, [], []),
    ],
)
def test_class_of_a_failure_decides_the_repeats(kind: Kind, repeatable: list[float], others: list[float]) -> None:
    """If the server may have carried a request out, the request is repeated only if a second time changes nothing."""
    for method in ("GET", "DELETE", "PATCH"):
        assert waits(kind, method) == repeatable
    for method in ("POST", "PUT"):
        assert waits(kind, method) == others


def test_requested_wait_is_respected_up_to_the_limit() -> None:
    """A program waits three minutes; a diagnosis ends at once."""
    assert waits(Kind.BROKEN, retry_after=60) == [60] * 3
    assert waits(Kind.BROKEN, patience=BRIEF) == [0]
    assert waits(Kind.BROKEN, patience=BRIEF, retry_after=60) == []
