"""The life of a job: create, no change, update, replacement and delete, with drift in between."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.support import PROJECT, days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    LOGS,
    applied,
    flat,
    ids,
    job,
    made,
    planned,
    require_settled,
    row,
    stored,
    write,
    writes,
)

DUE = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=40)
UTC, PARIS = DUE.strftime("%Y-%m-%dT%H:%M:%SZ"), DUE.astimezone(timezone(timedelta(hours=2))).isoformat()

# Two spellings of an attribute with one meaning.
SPELLINGS = [
    ("resource_type", '"replicaset"', '"REPLICA_SET"'),
    ("log_types", '["mongodb", "FTDC"]', '["ftdc", "MONGODB", "FTDC"]'),
    ("size_requested_per_file_bytes", "30", "30.0"),
    ("expiration_date", f'"{PARIS}"', f'"{UTC}"'),
    ("max_retries", "1", "null"),
    ("on_expired", '"keep"', "null"),
    ("triggers", '[1, {a = 2.5, b = ["x", null]}]', '[1.0, {b = ["x", null], a = 2.50}]'),
    ("triggers", '[0.1, 1e-7, "ü"]', '[0.10, 0.0000001, "\\u00fc"]'),
    ("triggers", 'tolist(["a"])', '["a"]'),
    ("triggers", 'toset(["b", "a"])', '["a", "b"]'),
    ("triggers", "[tomap({a = 1})]", "[{a = 1}]"),
]

# The first and second value of an attribute, the planned action, and the requests of the apply that change the server.
CHANGES = [
    ("expiration_date", "null", f'"{UTC}"', "update", ["PATCH"]),
    ("expiration_date", f'"{UTC}"', f'"{days_ahead(60)}"', "update", ["PATCH"]),
    ("expiration_date", f'"{UTC}"', "null", "update", []),
    ("retention_days", "60", "90", "update", ["PATCH"]),
    ("max_retries", "3", "null", "update", []),
    ("on_expired", '"keep"', '"recreate"', "update", []),
    ("resource_name", '"rs0"', '"rs1"', "replace", ["DELETE", "POST"]),
    ("log_types", '["FTDC"]', '["FTDC", "MONGODB"]', "replace", ["DELETE", "POST"]),
    ("triggers", "[1]", '["1"]', "replace", ["DELETE", "POST"]),
]


def test_job_is_made_once_and_deleted(reattached: Configuration, server: Emulator) -> None:
    """The plan of a new job sends nothing. The plan of an unchanged one reads the list."""
    write(reattached, job())
    assert planned(reattached).actions == {LOGS: "create"}
    assert server.requests == []
    reattached.apply()
    assert server.calls == ["POST 201", "GET 200"]
    (job_id,) = server.job_ids
    known = stored(reattached)
    assert (known["id"], known["status"], known["project_id"]) == (job_id, "SUCCESS", PROJECT)
    assert known["download_url"] == f"{server.url}/api/public/v1.0/groups/{PROJECT}/logCollectionJobs/{job_id}/download"
    server.forget_requests()
    require_settled(reattached)
    assert server.calls == ["GET 200"]
    reattached.destroy()
    assert server.calls[-1] == "DELETE 200"
    assert server.job_ids == []


def test_another_spelling_changes_nothing(reattached: Configuration, server: Emulator) -> None:
    """The state keeps the declared spelling. Another spelling with the same meaning changes nothing."""
    rows = list(enumerate(SPELLINGS))
    write(reattached, *(job(f"row_{number}", **{name: first}) for number, (name, first, _) in rows))
    applied(reattached)
    kept = [stored(reattached, row(number)) for number, _ in rows]
    assert kept[0]["resource_type"] == "replicaset"
    assert sorted(kept[1]["log_types"]) == ["FTDC", "mongodb"]
    assert kept[3]["expiration_date"] == PARIS
    write(reattached, *(job(f"row_{number}", **{name: then}) for number, (name, _, then) in rows))
    assert planned(reattached).actions == {}
    assert made(server) == len(SPELLINGS)


def test_changed_value_updates_or_replaces_the_job(reattached: Configuration, server: Emulator) -> None:
    """An update keeps the job, and sends only the needed requests. A replacement collects again, once."""
    rows = list(enumerate(CHANGES))
    write(reattached, *(job(f"row_{number}", **{name: first}) for number, (name, first, *_) in rows))
    reattached.apply()
    before = ids(reattached)
    write(reattached, *(job(f"row_{number}", **{name: then}) for number, (name, _, then, *_) in rows))
    actions = {row(number): action for number, (*_, action, _) in rows}
    assert planned(reattached).actions == actions
    server.forget_requests()
    applied(reattached)
    after = ids(reattached)
    sent = {row(number): [method for method in methods if method != "POST"] for number, (*_, methods) in rows}
    assert {address: writes(server, job_id) for address, job_id in before.items()} == sent
    assert sorted(writes(server)) == sorted(method for *_, methods in CHANGES for method in methods)
    assert {address for address in before if after[address] != before[address]} == {
        address for address, action in actions.items() if action == "replace"
    }
    assert sorted(server.job_ids) == sorted(after.values())


def test_changed_window_replaces_the_job(reattached: Configuration, server: Emulator) -> None:
    """Another spelling of a date changes nothing. Another date collects again."""
    window = {
        "log_collection_from_date": '"2026-03-01T02:00:00+02:00"',
        "log_collection_to_date": '"2026-03-02T00:00:00Z"',
    }
    write(reattached, job(**window))
    applied(reattached)
    write(reattached, job(**window | {"log_collection_from_date": '"2026-03-01T00:00:00Z"'}))
    require_settled(reattached)
    write(reattached, job(**window | {"log_collection_from_date": '"2026-03-01T00:00:01Z"'}))
    applied(reattached)
    assert writes(server) == ["POST", "DELETE", "POST"]


def test_date_and_days_replace_each_other(reattached: Configuration, server: Emulator) -> None:
    """Each way to declare the expiry replaces the other, and the job stays."""
    write(reattached, job(expiration_date=f'"{UTC}"'))
    reattached.apply()
    write(reattached, job(retention_days="60"))
    applied(reattached)
    write(reattached, job(expiration_date=f'"{UTC}"'))
    applied(reattached)
    assert writes(server) == ["POST", "PATCH", "PATCH", "PATCH"]
    assert stored(reattached)["expiration_date"] == UTC


def test_job_stays_in_its_project(reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """The default project applies to new jobs, also to one that replaces a job. The plan shows it."""
    write(reattached, job())
    reattached.apply()
    monkeypatch.setenv("OPSMANAGER_PROJECT_ID", "7" * 24)
    require_settled(reattached)
    monkeypatch.delenv("OPSMANAGER_PROJECT_ID")
    write(reattached, job(max_retries="4"))
    applied(reattached)
    assert stored(reattached)["project_id"] == PROJECT
    assert made(server) == 1
    monkeypatch.setenv("OPSMANAGER_PROJECT_ID", "7" * 24)
    write(reattached, job(redacted="false"))
    assert re.search(rf'~ project_id += "{PROJECT}" -> "{"7" * 24}"', reattached.plan().output)


def test_removed_expiry_stays_on_the_server(reattached: Configuration) -> None:
    """Without a declared date the state shows the date of the server."""
    write(reattached, job(expiration_date=f'"{PARIS}"'))
    reattached.apply()
    write(reattached, job())
    applied(reattached)
    assert stored(reattached)["expiration_date"] == UTC


def test_plan_names_the_value_that_forces_a_replacement(reattached: Configuration) -> None:
    """Every value that can differ in the new job is unknown until the apply."""
    write(reattached, job())
    reattached.apply()
    write(reattached, job(resource_name='"rs1"'))
    said = flat(reattached.plan().output)
    assert '~ resource_name = "rs0" -> "rs1" # forces replacement' in said
    assert f'~ id = "{stored(reattached)["id"]}" -> (known after apply)' in said
