"""The effects of `ignore_changes` in a configuration."""

from __future__ import annotations

from pulumi_opsmanager.emulator import Emulator
from tests.support import FakeClock, days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    applied,
    job,
    lifecycle,
    planned,
    require_settled,
    row,
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


def declared(more: dict[str, str], *, is_first: bool = False) -> list[str]:
    """A job for each row, with its first or its second value. Jobs that do not ignore everything have more values."""
    return [
        job(
            f"row_{number}",
            more=lifecycle(f"ignore_changes = {ignored}"),
            **{name: first if is_first else then} | ({} if ignored == "all" else more),
        )
        for number, (ignored, name, first, then) in enumerate(IGNORED)
    ]


def test_ignored_change_is_not_planned(reattached: Configuration, server: Emulator) -> None:
    """`ignore_changes` keeps one attribute or all of them. Another change is still applied."""
    write(reattached, *declared({}, is_first=True))
    applied(reattached)
    addresses = {row(number): name for number, (_, name, *_) in enumerate(IGNORED)}
    before = {address: stored(reattached, address) for address in addresses}
    write(reattached, *declared({}))
    require_settled(reattached)
    write(reattached, *declared({"max_retries": "5"}))
    changed = {row(number) for number, (ignored, *_) in enumerate(IGNORED) if ignored != "all"}
    assert planned(reattached).actions == dict.fromkeys(changed, "update")
    applied(reattached)
    for address, name in addresses.items():
        after = stored(reattached, address)
        assert (after["id"], after[name]) == (before[address]["id"], before[address][name]), address
        assert after["max_retries"] == (5 if address in changed else before[address]["max_retries"])
    assert [call for call in writes(server) if call != "PATCH"] == ["POST"] * len(IGNORED)


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
