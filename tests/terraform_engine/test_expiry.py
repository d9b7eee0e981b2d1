"""Time that passes between commands: renewals, and jobs that have expired."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.instants import parse_instant
from tests.support import PROJECT, FakeClock, client_for
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    LOGS,
    applied,
    instances,
    job,
    made,
    planned,
    refused,
    require_settled,
    stored,
    write,
    writes,
)

RENEWED = {"retention_days": "60", "renew_when_days_left": "7"}


@pytest.mark.parametrize("is_gone", [False, True], ids=["shown", "gone"])
def test_expired_job_is_kept_collected_again_or_reported(
    is_gone: bool, reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """What happens is declared, and does not depend on whether the server still shows the expired job."""
    policies = ("keep", "recreate", "fail")
    write(reattached, *(job(policy, on_expired=f'"{policy}"') for policy in policies))
    applied(reattached)
    before = {address: one["attributes"]["id"] for address, one in instances(reattached).items()}
    keep, recreate, fail = (f"opsmanager_log_collection_job.{policy}" for policy in policies)
    clock.sleep(31 * DAY)
    for job_id in server.job_ids if is_gone else []:
        server.set_status(job_id, None)
    # Terraform itself says that a job is gone.
    assert planned(reattached).actions == {recreate: "create" if is_gone else "replace", fail: "update"}
    said = refused(reattached, "apply")
    assert re.search(r'job expired on \S+ and its archive is gone \(on_expired = "fail"\): change triggers', said)
    write(reattached, job("keep"), job("recreate", on_expired='"recreate"'), job("fail"))
    applied(reattached)
    after = {address: one["attributes"]["id"] for address, one in instances(reattached).items()}
    assert made(server) == 4
    assert dict(before.items() ^ after.items()).keys() == {recreate}
    assert instances(reattached)[keep]["attributes"]["status"] == "EXPIRED"


def test_expired_job_is_collected_again_without_a_refresh_too(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """The clock alone proves nothing. The first apply reads the job, and the next one replaces it."""
    write(reattached, job(on_expired='"recreate"'))
    reattached.apply()
    clock.sleep(31 * DAY)
    found = planned(reattached, "-refresh=false")
    assert found.actions == {LOGS: "update"}
    assert any("apply checks whether the job still exists" in warning for warning in found.warnings)
    reattached.apply("-refresh=false")
    assert planned(reattached, "-refresh=false").actions == {LOGS: "replace"}
    applied(reattached, "-refresh=false")
    assert made(server) == 2


def test_expiry_is_renewed_when_few_days_are_left(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """A warning says why the plan acts, and the expiry is known after the apply."""
    write(reattached, job(**RENEWED))
    applied(reattached)
    clock.sleep(52 * DAY)
    require_settled(reattached)
    clock.sleep(2 * DAY)
    found = planned(reattached)
    assert found.actions == {LOGS: "update"}
    assert any("moves the expiry" in one and "fewer than 7 days are left" in one for one in found.warnings)
    server.forget_requests()
    assert "fewer than 7 days are left" in applied(reattached)
    assert writes(server) == ["PATCH"]


def test_renewal_that_falls_due_after_the_plan_is_part_of_its_apply(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """A saved plan that acts applies all changes that are due at its apply."""
    write(reattached, job(**RENEWED))
    reattached.apply()
    write(reattached, job(**RENEWED, max_retries="3"))
    reattached.plan("-out=saved.tfplan")
    clock.sleep(54 * DAY)
    server.forget_requests()
    reattached.run("apply", "saved.tfplan")
    assert writes(server) == ["PATCH"]
    require_settled(reattached)
    assert len(server.job_ids) == 1


def test_renewal_that_falls_due_after_an_empty_plan_waits_for_the_next(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """Terraform plans a resource without a change only once."""
    write(reattached, job(**RENEWED), job("other"))
    reattached.apply()
    write(reattached, job(**RENEWED), job("other", max_retries="3"))
    reattached.plan("-out=saved.tfplan")
    clock.sleep(54 * DAY)
    server.forget_requests()
    reattached.run("apply", "saved.tfplan")
    assert writes(server) == []
    applied(reattached)
    assert writes(server) == ["PATCH"]


def test_declaring_the_moved_date_of_the_server_never_fails(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """An apply of the server's present date changes nothing, and no passing of time may make it an error."""
    write(reattached, job())
    reattached.apply()
    at = stored(reattached)["expiration_date"]
    write(reattached, job(expiration_date=f'"{at}"'))
    applied(reattached)
    client_for(server, clock).jobs(PROJECT).extend(server.job_ids[0], parse_instant(at) + timedelta(days=30))
    assert planned(reattached).actions == {LOGS: "update"}
    clock.sleep(35 * DAY)
    assert planned(reattached).actions == {}
    assert planned(reattached).actions == {}
