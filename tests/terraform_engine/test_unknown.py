"""Values of a job that another resource must still compute."""

from __future__ import annotations

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.support import PROJECT, FakeClock, days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    GIVEN,
    LOGS,
    applied,
    given,
    job,
    made,
    planned,
    refused,
    stored,
    write,
    writes,
)

DUE, LATER = f'"{days_ahead(40)}"', f'"{days_ahead(60)}"'
# An attribute, the expression that it gets, a first and a second value of the unknown part, and what a plan of the
# second one does to the job.
UNKNOWN = [
    ("resource_type", f"{GIVEN}.output", '"replicaset"', '"CLUSTER"', "replace"),
    ("resource_name", f'"rs-${{{GIVEN}.output}}"', '"0"', '"1"', "replace"),
    ("log_types", f'[{GIVEN}.output, "FTDC"]', '"mongodb"', '"BACKUP_AGENT"', "replace"),
    ("redacted", f"{GIVEN}.output", "true", "false", "replace"),
    ("expiration_date", f"{GIVEN}.output", DUE, LATER, "update"),
    ("on_expired", f"{GIVEN}.output", '"keep"', '"recreate"', "update"),
    ("triggers", f"[{{a = [{GIVEN}.output, 1]}}]", '"x"', '["x"]', "replace"),
    ("triggers", f"{GIVEN}.output", '["x"]', '["x", 0.1]', "replace"),
    ("size_requested_per_file_bytes", f"{GIVEN}.output", "10000", "20000", "replace"),
    ("retention_days", f"{GIVEN}.output", "60", "90", "update"),
    ("max_retries", f"{GIVEN}.output", "2", "3", "update"),
]


@pytest.mark.parametrize(("name", "expression", "first", "then", "action"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_unknown_value_is_known_after_the_apply(
    name: str, expression: str, first: str, then: str, action: str, reattached: Configuration, server: Emulator
) -> None:
    """The plan shows a new job, or the change that the value may cause."""
    declared = job(**{name: expression})
    write(reattached, given(first), declared)
    assert planned(reattached).actions == {LOGS: "create", GIVEN: "create"}
    applied(reattached)
    assert server.job_ids == [stored(reattached)["id"]]
    write(reattached, given(then), declared)
    assert planned(reattached).actions == {LOGS: action, GIVEN: "update"}
    applied(reattached)
    assert server.job_ids == [stored(reattached)["id"]]
    assert made(server) == (2 if action == "replace" else 1)


@pytest.mark.parametrize("name", ["expiration_date", "max_retries", "log_types"])
def test_unknown_value_that_stays_the_same_sends_nothing(
    name: str, reattached: Configuration, server: Emulator
) -> None:
    """If a planned update turns out to change nothing, it sends nothing. A planned replacement happens anyway."""
    value = {"expiration_date": DUE, "max_retries": "2", "log_types": '"MONGODB"'}[name]
    expression = f"[{GIVEN}.output.value]" if name == "log_types" else f"{GIVEN}.output.value"
    declared = job(**{name: expression})
    write(reattached, given(f"{{value = {value}, other = 1}}"), declared)
    reattached.apply()
    write(reattached, given(f"{{value = {value}, other = 2}}"), declared)
    server.forget_requests()
    applied(reattached)
    assert writes(server) == (["DELETE", "POST"] if name == "log_types" else [])
    assert server.job_ids == [stored(reattached)["id"]]


@pytest.mark.parametrize("name", ["expiration_date", "retention_days", "project_id", "on_expired", "triggers"])
def test_unknown_value_that_becomes_null_has_its_default(
    name: str, reattached: Configuration, server: Emulator
) -> None:
    """The job is created as if nothing were declared."""
    write(reattached, given("null"), job(**{name: f"{GIVEN}.output"}))
    applied(reattached)
    defaults = {"on_expired": "keep", "project_id": PROJECT}
    known = stored(reattached)
    if name != "expiration_date":
        assert known[name] == defaults.get(name)
    assert server.job_ids == [known["id"]]
    assert writes(server) == ["POST"]


@pytest.mark.parametrize(("policy", "jobs"), [("keep", 1), ("recreate", 2)])
def test_expired_job_needs_a_known_policy(
    policy: str, jobs: int, reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """A plan has to show whether the job is replaced, so it is refused until the policy is known."""
    declared = job(on_expired=f"{GIVEN}.output.policy")
    write(reattached, given('{policy = "keep", other = 1}'), declared)
    reattached.apply()
    clock.sleep(31 * DAY)
    write(reattached, given(f'{{policy = "{policy}", other = 2}}'), declared)
    said = refused(reattached, "plan")
    assert "on_expired must be known" in said
    assert "on main.tf line" in said
    reattached.apply(f"-target={GIVEN}")
    applied(reattached)
    assert made(server) == jobs


def test_broken_value_is_found_when_it_is_known(reattached: Configuration, server: Emulator) -> None:
    """The apply fails before it creates a job, and shows the line."""
    write(reattached, given('"DISK"'), job(log_types=f"[{GIVEN}.output]"))
    reattached.plan()
    said = refused(reattached, "apply")
    assert "log_types" in said
    assert "must be one of AUTOMATION_AGENT" in said
    assert "on main.tf line" in said
    assert server.requests == []
