"""Errors of a broken configuration: all rules at once, each with file and line."""

from __future__ import annotations

import json

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator
from tests.support import FakeClock, days_ahead
from tests.terraform_engine.configuration import HEAD, Configuration
from tests.terraform_engine.jobs import (
    LOGS,
    applied,
    flat,
    instances,
    job,
    refused,
    row,
    stored,
    write,
)

IN_THE_PAST, TOO_LATE = '"2020-01-01T00:00:00Z"', f'"{days_ahead(300)}"'

SETTINGS = "the provider block and OPSMANAGER_… variables give the settings"

# An attribute, its broken value, and what is said about it.
BROKEN = [
    ("resource_type", '"SHARD"', "resource_type must be one of CLUSTER, PROCESS, REPLICASET"),
    ("resource_name", '""', "resource_name"),
    ("log_types", '["MONGODB", "DISK"]', "log_types must be one of AUTOMATION_AGENT"),
    ("log_types", '["MONGODB", null]', "MONITORING_AGENT, not null"),
    ("log_types", "[]", "log_types"),
    ("size_requested_per_file_bytes", "0", "size_requested_per_file_bytes"),
    ("size_requested_per_file_bytes", "0.5", "size_requested_per_file_bytes"),
    ("size_requested_per_file_bytes", "pow(2, 53) + 1", "size_requested_per_file_bytes"),
    ("size_requested_per_file_bytes", "1e40", "size_requested_per_file_bytes"),
    ("project_id", '"ours"', "project_id must be 24 lower-case hex digits"),
    ("expiration_date", '"tomorrow"', "expiration_date"),
    ("retention_days", "0", "retention_days must be 1 to 184"),
    ("renew_when_days_left", "7", "renew_when_days_left"),
    ("on_expired", '"forget"', "on_expired must be one of keep, recreate, fail"),
    ("max_retries", "101", "max_retries"),
    ("triggers", '"again"', "triggers"),
    ("triggers", "[1, pow(2, 60)]", "triggers[1] must be a number from -2^53 to 2^53"),
    ("triggers", "[1, {a = [pow(2, 60)]}]", "triggers[1].a[0] must be a number from -2^53 to 2^53"),
]


def line_of(configuration: Configuration, start: str) -> int:
    """Number of the first line of `main.tf` that begins with some text."""
    lines = (configuration.folder / "main.tf").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.strip().startswith(start))


def test_broken_value_is_shown_with_its_line(reattached: Configuration, server: Emulator) -> None:
    """`validate` finds each without the server."""
    write(reattached, *(job(f"row_{number}", **{name: value}) for number, (name, value, _) in enumerate(BROKEN)))
    found = json.loads(reattached.run("validate", "-json", expect_code=1).output)["diagnostics"]
    for number, (name, _, said) in enumerate(BROKEN):
        (one,) = (one for one in found if one["address"] == row(number))
        assert said in flat(f"{one['summary']}: {one['detail']}")
        assert one["snippet"]["code"].strip().startswith(f"{name} = ")
    assert len(found) == len(BROKEN)
    assert server.requests == []


def test_all_broken_rules_are_shown_at_once(reattached: Configuration, server: Emulator) -> None:
    """The errors of several resources are shown at once too, and nothing is created."""
    broken = {"resource_type": '"SHARD"', "log_types": '["DISK", "NET"]', "max_retries": "-1"}
    write(reattached, job(**broken), job("other", on_expired='"forget"'))
    for command in ("validate", "apply"):
        said = refused(reattached, command)
        assert said.count("Error:") == 5
        for name in (*broken, "on_expired"):
            assert f"on main.tf line {line_of(reattached, name + ' = ' + (broken | {'on_expired': ''})[name])}" in said
    assert server.job_ids == []


def test_values_that_exclude_each_other_are_refused(reattached: Configuration) -> None:
    """The error names both."""
    write(reattached, job(expiration_date=f'"{days_ahead(40)}"', retention_days="60"))
    said = refused(reattached, "validate")
    assert "retention_days" in said
    assert "expiration_date" in said


@pytest.mark.parametrize(
    ("date", "said"), [(IN_THE_PAST, "must be in the future"), (TOO_LATE, "6 months after")], ids=["past", "late"]
)
def test_date_that_no_new_job_can_have_is_an_error_of_the_plan(
    date: str, said: str, reattached: Configuration, server: Emulator
) -> None:
    """`validate` accepts the date, because it does not know whether the job exists."""
    write(reattached, job(expiration_date=date))
    reattached.validate()
    found = refused(reattached, "plan")
    assert said in found
    assert f"on main.tf line {line_of(reattached, 'expiration_date')}" in found
    assert server.requests == []


def test_unchanged_date_never_starts_to_fail(reattached: Configuration, server: Emulator, clock: FakeClock) -> None:
    """A new date in the past is refused for an existing job too, and the job stays as it is."""
    write(reattached, job(expiration_date=f'"{days_ahead(40)}"'))
    applied(reattached)
    before = stored(reattached)
    write(reattached, job(expiration_date=IN_THE_PAST))
    assert "must be in the future" in refused(reattached, "apply")
    clock.sleep(41 * 86_400)
    write(reattached, job(expiration_date=f'"{days_ahead(40)}"'))
    applied(reattached)
    assert stored(reattached) == before | {"status": "EXPIRED"}
    assert len(server.job_ids) == 1


def test_date_that_passes_between_plan_and_apply_is_refused(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """No job is created."""
    write(reattached, job(expiration_date=f'"{days_ahead(2)}"'))
    reattached.plan("-out=saved.tfplan")
    clock.sleep(3 * 86_400)
    said = flat(reattached.run("apply", "saved.tfplan", expect_code=1).output)
    assert "must be in the future" in said
    assert server.job_ids == []


def test_missing_settings_are_named_at_once(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says how to set them. `validate` needs none."""
    for name in ("BASE_URL", "PUBLIC_KEY", "PRIVATE_KEY"):
        monkeypatch.delenv(f"OPSMANAGER_{name}")
    write(reattached, job())
    reattached.validate()
    said = refused(reattached, "plan")
    assert "base_url, public_key, private_key are missing" in said
    assert "provider block" in said
    assert "OPSMANAGER_PRIVATE_KEY" in said
    assert 'in provider "opsmanager"' in said
    assert server.requests == []


def test_broken_setting_is_shown_with_its_line(reattached: Configuration) -> None:
    """A value of the provider block wins over the environment."""
    reattached.write(HEAD.replace("{}\n", '{\n  base_url = "ftp://x"\n}\n') + job())
    said = refused(reattached, "plan")
    assert "base_url must" in said
    assert f"on main.tf line {line_of(reattached, 'base_url')}" in said


def test_missing_project_is_an_error_of_the_resource(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project of the resource or of the provider block replaces the one of the environment."""
    monkeypatch.delenv("OPSMANAGER_PROJECT_ID")
    write(reattached, job())
    said = refused(reattached, "plan")
    assert "project_id" in said
    assert f"with {LOGS}" in said
    reattached.write(HEAD.replace("{}\n", f'{{\n  project_id = "{server.project_id}"\n}}\n') + job())
    applied(reattached)
    write(reattached, job(project_id=f'"{server.project_id}"'))
    applied(reattached)
    assert server.job_ids == [stored(reattached)["id"]]


def test_wrong_key_is_an_error_that_keeps_the_state(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan of a new job sends nothing. A refresh and a create say what to check."""
    write(reattached, job())
    reattached.apply()
    before = instances(reattached)
    monkeypatch.setenv("OPSMANAGER_PRIVATE_KEY", "wrong")
    said = refused(reattached, "plan")
    assert "401" in said
    assert SETTINGS in said
    write(reattached, job(), job("new"))
    said = refused(reattached, "apply", "-refresh=false")
    assert "cannot create the job" in said
    assert SETTINGS in said
    assert instances(reattached) == before
    assert len(server.job_ids) == 1


def test_missing_role_is_named(reattached: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's code is in the error."""
    with Emulator(behaviour=Behaviour(denies="USER_UNAUTHORIZED")) as strict:
        monkeypatch.setenv("OPSMANAGER_BASE_URL", strict.url)
        write(reattached, job())
        assert "USER_UNAUTHORIZED" in refused(reattached, "apply")
        assert strict.job_ids == []
