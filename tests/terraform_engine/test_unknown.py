"""Values of a job that another resource must still compute."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.support import PROJECT, FakeClock, days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    GIVEN,
    applied,
    given,
    ids,
    job,
    made,
    planned,
    refused,
    row,
    stored,
    write,
    writes,
)

DUE, LATER = f'"{days_ahead(40)}"', f'"{days_ahead(60)}"'
# An attribute, the expression that it gets with X for the unknown part, a first and a second value of that part,
# and what a plan of the second one does to the job.
UNKNOWN = [
    ("resource_type", "X", '"replicaset"', '"CLUSTER"', "replace"),
    ("resource_name", '"rs-${X}"', '"0"', '"1"', "replace"),
    ("log_types", '[X, "FTDC"]', '"mongodb"', '"BACKUP_AGENT"', "replace"),
    ("redacted", "X", "true", "false", "replace"),
    ("expiration_date", "X", DUE, LATER, "update"),
    ("on_expired", "X", '"keep"', '"recreate"', "update"),
    ("triggers", "[{a = [X, 1]}]", '"x"', '["x"]', "replace"),
    ("triggers", "X", '["x"]', '["x", 0.1]', "replace"),
    ("size_requested_per_file_bytes", "X", "10000", "20000", "replace"),
    ("retention_days", "X", "60", "90", "update"),
    ("max_retries", "X", "2", "3", "update"),
]


def given_rows(values: Iterable[str]) -> str:
    """One resource with a value for each row. All values are unknown until it was applied."""
    return given("{" + ", ".join(f"row_{number} = {value}" for number, value in enumerate(values)) + "}")


def test_unknown_value_is_known_after_the_apply(reattached: Configuration, server: Emulator) -> None:
    """The plan shows new jobs, and later the change that each value may cause."""
    declared = [
        job(f"row_{number}", **{name: expression.replace("X", f"{GIVEN}.output.row_{number}")})
        for number, (name, expression, *_) in enumerate(UNKNOWN)
    ]
    actions = {row(number): action for number, (*_, action) in enumerate(UNKNOWN)}
    write(reattached, given_rows(first for _, _, first, *_ in UNKNOWN), *declared)
    assert planned(reattached).actions == dict.fromkeys((*actions, GIVEN), "create")
    applied(reattached)
    before = ids(reattached)
    assert sorted(server.job_ids) == sorted(before.values())
    write(reattached, given_rows(then for *_, then, _ in UNKNOWN), *declared)
    assert planned(reattached).actions == actions | {GIVEN: "update"}
    applied(reattached)
    after = ids(reattached)
    assert sorted(server.job_ids) == sorted(after.values())
    replaced = {address for address, action in actions.items() if action == "replace"}
    assert {address for address in before if after[address] != before[address]} == replaced
    assert made(server) == len(UNKNOWN) + len(replaced)


def test_unknown_value_that_stays_the_same_sends_nothing(reattached: Configuration, server: Emulator) -> None:
    """If a planned update turns out to change nothing, it sends nothing. A planned replacement happens anyway."""
    values = {"expiration_date": DUE, "max_retries": "2", "log_types": '"MONGODB"'}
    expressions = {name: f"{GIVEN}.output.{name}" for name in values} | {"log_types": f"[{GIVEN}.output.log_types]"}
    declared = [job(name, **{name: expression}) for name, expression in expressions.items()]
    known = "".join(f"{name} = {value}, " for name, value in values.items())
    write(reattached, given(f"{{{known} other = 1}}"), *declared)
    reattached.apply()
    before = ids(reattached)
    write(reattached, given(f"{{{known} other = 2}}"), *declared)
    server.forget_requests()
    applied(reattached)
    assert writes(server) == ["DELETE", "POST"]
    replaced = before["opsmanager_log_collection_job.log_types"]
    assert writes(server, replaced) == ["DELETE"]
    assert set(before.values()) - set(server.job_ids) == {replaced}
    assert sorted(server.job_ids) == sorted(ids(reattached).values())


def test_unknown_value_that_becomes_null_has_its_default(reattached: Configuration, server: Emulator) -> None:
    """The jobs are created as if nothing were declared."""
    names = ["expiration_date", "retention_days", "project_id", "on_expired", "triggers"]
    nothing = "{" + ", ".join(f"{name} = null" for name in names) + "}"
    write(reattached, given(nothing), *(job(name, **{name: f"{GIVEN}.output.{name}"}) for name in names))
    applied(reattached)
    known = {name: stored(reattached, f"opsmanager_log_collection_job.{name}") for name in names}
    defaults = {"retention_days": None, "project_id": PROJECT, "on_expired": "keep", "triggers": None}
    assert {name: known[name][name] for name in defaults} == defaults
    assert sorted(server.job_ids) == sorted(one["id"] for one in known.values())
    assert writes(server) == ["POST"] * len(names)


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
