"""The effects of `ignore_changes` in a configuration."""

from __future__ import annotations

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.support import FakeClock, days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    applied,
    job,
    lifecycle,
    require_settled,
    stored,
    write,
    writes,
)

DUE, LATER = f'"{days_ahead(40)}"', f'"{days_ahead(60)}"'


# What a configuration ignores, an attribute, and its first and second value.
IGNORED = [
    ("[resource_name]", "resource_name", '"rs0"', '"rs1"'),
    ("[expiration_date]", "expiration_date", DUE, LATER),
    ("[expiration_date]", "expiration_date", "null", LATER),
    ("[log_types]", "log_types", '["ftdc"]', '["MONGODB"]'),
    ("[triggers]", "triggers", '[1, "a"]', "[2]"),
    ("[expiration_date]", "retention_days", "60", "60"),
    ("[retention_days]", "retention_days", "60", "90"),
    ("all", "retention_days", "60", "90"),
    ("all", "expiration_date", DUE, LATER),
    ("all", "triggers", '[1, "a"]', "[2]"),
    ("all", "max_retries", "1", "3"),
    ("all", "redacted", "true", "false"),
]


@pytest.mark.parametrize(("ignored", "name", "first", "then"), IGNORED, ids=[f"{row[0]}-{row[1]}" for row in IGNORED])
def test_ignored_change_is_not_planned(
    ignored: str, name: str, first: str, then: str, reattached: Configuration, server: Emulator
) -> None:
    """`ignore_changes` keeps one attribute or all of them. Another change is still applied."""
    more = lifecycle(f"ignore_changes = {ignored}")
    write(reattached, job(more=more, **{name: first}))
    applied(reattached)
    before = stored(reattached)
    write(reattached, job(more=more, **{name: then}))
    require_settled(reattached)
    if ignored != "all":
        write(reattached, job(more=more, **{name: then, "max_retries": "5"}))
        applied(reattached)
    after = stored(reattached)
    assert after["id"] == before["id"]
    assert after[name] == before[name]
    assert [call for call in writes(server) if call != "PATCH"] == ["POST"]


def test_ignored_configuration_does_not_stop_a_renewal(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """With `ignore_changes = all` the stored days stay declared."""
    days = {"retention_days": "60", "renew_when_days_left": "7"}
    write(reattached, job(more=lifecycle("ignore_changes = all"), **days))
    applied(reattached)
    clock.sleep(54 * DAY)
    server.forget_requests()
    applied(reattached)
    assert writes(server) == ["PATCH"]


def test_ignored_configuration_does_not_ignore_drift(reattached: Configuration, server: Emulator) -> None:
    """With `ignore_changes = all` the stored values stay declared, so a failed job is restarted."""
    write(reattached, job(more=lifecycle("ignore_changes = all")))
    reattached.apply()
    server.set_status(server.job_ids[0], "FAILURE")
    applied(reattached)
    assert writes(server) == ["POST", "PUT"]
