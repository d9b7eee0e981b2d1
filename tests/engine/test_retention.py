"""Retention through the real engine. The server's clock is handed in, so no test waits for a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.api.instants import months_later, parse_instant
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind
from tests.engine.stack import Refused, Stack, job
from tests.support import client_for

NewStack = Callable[..., Stack]


def now() -> datetime:
    return datetime.now(timezone.utc)


def expiry(stack: Stack) -> datetime:
    return parse_instant(str(stack.outputs()["expiration_date"]))


def shorten(server: Emulator, stack: Stack, days: float) -> None:
    """Others leave the job that many days; the refresh sees it."""
    others = client_for(server, wall_clock())
    others.extend_job(server.project_id, stack.outputs()["id"], now() + timedelta(days=days))
    stack.refresh()


def test_days_are_counted_from_the_creation(new_stack: NewStack, server: Emulator) -> None:
    """Applied when the job is made, and no change ever after; more days move it in place."""
    stack = new_stack(job("retention_days=60"))
    stack.up()
    assert server.calls == ["POST 201", "GET 200", "PATCH 200", "GET 200"]
    created = parse_instant(stack.jobs()[0]["outputs"]["creationDate"])
    assert expiry(stack) == created + timedelta(days=60)
    server.forget_requests()
    assert stack.preview() == stack.up() == {}
    stack.program(job("retention_days=90"))
    assert stack.preview() == {"update": 1}
    before, after = (f"{created + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (60, 90))
    assert f"up moves the expiry from {before} to {after}: retention_days is 90" in stack.lines
    assert server.requests == []
    assert stack.up() == {"update": 1}
    assert server.calls == ["PATCH 200", "GET 200"]
    assert expiry(stack) == created + timedelta(days=90)


def test_days_that_are_no_longer_declared_leave_no_trace(new_stack: NewStack, server: Emulator) -> None:
    """One update that sends nothing, then no change."""
    stack = new_stack(job("retention_days=60, renew_when_days_left=7"))
    stack.up()
    before = expiry(stack)
    stack.program(job())
    server.forget_requests()
    assert stack.up() == {"update": 1}
    assert stack.preview() == {}
    assert server.requests == []
    assert expiry(stack) == before


def test_expiry_is_renewed_when_too_few_days_are_left(new_stack: NewStack, server: Emulator) -> None:
    """Enough days left: no change. Fewer: the row says from, to and why, without a request; then no change again."""
    stack = new_stack(job("retention_days=60, renew_when_days_left=7"))
    stack.up()
    assert timedelta(days=60) <= expiry(stack) - now() <= timedelta(days=61)
    assert expiry(stack).strftime("%H:%M:%S") == "00:00:00"
    shorten(server, stack, 7.5)
    assert stack.preview() == {}
    shorten(server, stack, 6.5)
    server.forget_requests()
    assert stack.preview() == {"update": 1}
    assert server.requests == []
    assert any(line.endswith("T00:00:00Z: fewer than 7 days are left") for line in stack.lines)
    assert stack.up() == {"update": 1}
    assert server.calls == ["PATCH 200", "GET 200"]
    assert timedelta(days=60) <= expiry(stack) - now() <= timedelta(days=61)
    assert stack.preview() == {}


def test_renewal_ends_six_months_after_the_creation_with_a_warning(new_stack: NewStack) -> None:
    """A job made 170 days ago goes to its limit and no further."""
    behaviour = Behaviour(default_life=timedelta(days=175))
    with Emulator(now=lambda: now() - timedelta(days=170), behaviour=behaviour) as old:
        stack = new_stack(job("retention_days=60, renew_when_days_left=30"), OPSMANAGER_BASE_URL=old.url)
        stack.up()
        limit = months_later(parse_instant(stack.jobs()[0]["outputs"]["creationDate"]), 6)
        assert expiry(stack) == limit
        assert stack.preview() == {}
        warning = f"the expiry {limit:%Y-%m-%dT%H:%M:%SZ} is the last one, 6 months after the job's creation"
        assert any(line.startswith(warning) for line in stack.lines)


def test_expiry_that_was_not_applied_is_applied_by_the_next_up(new_stack: NewStack, server: Emulator) -> None:
    """A failed PATCH after the POST is a difference, also with `renew_when_days_left`."""
    server.fail("extend", FaultKind.HTML)
    stack = new_stack(job("retention_days=60, renew_when_days_left=7"))
    stack.up()
    assert any("its expiry could not be set" in line for line in stack.lines)
    assert stack.preview() == {"update": 1}
    assert stack.up() == {"update": 1}
    assert timedelta(days=60) <= expiry(stack) - now() <= timedelta(days=61)
    assert stack.preview() == {}


@pytest.mark.parametrize(("policy", "previewed"), [("keep", {}), ("recreate", {"replace": 1}), ("fail", {"update": 1})])
def test_expired_job_does_what_its_policy_says(
    new_stack: NewStack, server: Emulator, policy: str, previewed: dict[str, int]
) -> None:
    """Kept as it is, collected again, or an error that says what to do."""
    stack = new_stack(job(f"on_expired={policy!r}"))
    stack.up()
    before = stack.outputs()["id"]
    server.set_status(before, "EXPIRED")
    stack.refresh()
    assert stack.preview() == previewed
    if policy == "fail":
        words = "cannot update job .* of REPLICASET rs0: it expired at .* change triggers to collect again, or set"
        with pytest.raises(Refused, match=words):
            stack.up()
        stack.program(job(f"on_expired={policy!r}, triggers=['again']"))
        stack.up()
    else:
        stack.up()
    assert (stack.outputs()["id"] != before) is (policy != "keep")
    assert stack.preview() == {}
    stack.destroy()
    assert server.job_ids == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ("retention_days=60, expiration_date='2030-01-01T00:00:00Z'", "excludes expirationDate: give one of them"),
        ("renew_when_days_left=7", "needs retentionDays"),
        ("retention_days=7, renew_when_days_left=7", "must be less than retentionDays"),
        ("retention_days=200", "must be 1 to 184: the server keeps an archive for 6 months at the most"),
        ("on_expired='forget'", "must be one of keep, recreate, fail"),
    ],
)
def test_retention_that_cannot_be_is_refused_at_preview(
    new_stack: NewStack, server: Emulator, changes: str, words: str
) -> None:
    """Each rule under its property."""
    stack = new_stack(job(changes))
    with pytest.raises(Refused, match=words):
        stack.preview()
    assert server.requests == []
