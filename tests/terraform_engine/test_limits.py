"""Limits of the provider, as docs/terraform/index.md lists them."""

from __future__ import annotations

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.instants import parse_instant
from tests.support import PROJECT, FakeClock, days_ahead
from tests.terraform_engine.archives import COPY, PATH, archive, file_of, files
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    GIVEN,
    LOGS,
    applied,
    block,
    given,
    job,
    lifecycle,
    made,
    planned,
    refused,
    require_settled,
    stored,
    write,
    writes,
)


def test_plan_that_reads_nothing_detects_nothing(
    reattached: Configuration, server: Emulator, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first plan accepts a wrong key, and a plan without a refresh misses a deleted job."""
    write(reattached, job())
    with monkeypatch.context() as patch:
        patch.setenv("OPSMANAGER_PRIVATE_KEY", "wrong")
        assert planned(reattached).actions == {LOGS: "create"}
    assert server.calls == []
    reattached.apply()
    client.jobs(PROJECT).delete(server.job_ids[0])
    assert planned(reattached, "-refresh=false").actions == {}
    assert planned(reattached).actions == {LOGS: "create"}


def test_plan_file_is_for_one_project(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment names another project at the apply. Nothing is sent."""
    write(reattached, job())
    reattached.plan("-out=saved.tfplan")
    monkeypatch.setenv("OPSMANAGER_PROJECT_ID", "0" * 24)
    assert "Provider produced inconsistent final plan" in refused(reattached, "apply", "saved.tfplan")
    assert server.calls == []


def test_date_that_passes_after_a_drift_makes_a_plan_file_useless(
    reattached: Configuration, server: Emulator, client: Client, clock: FakeClock
) -> None:
    """The plan file moves the expiry back to a date that has passed at the apply. The next plan is empty."""
    write(reattached, job(expiration_date=f'"{days_ahead(40)}"'))
    applied(reattached)
    client.jobs(PROJECT).extend(server.job_ids[0], parse_instant(days_ahead(60)))
    assert planned(reattached, "-out=saved.tfplan").actions == {LOGS: "update"}
    clock.sleep(41 * DAY)
    server.forget_requests()
    assert "Provider produced inconsistent final plan" in refused(reattached, "apply", "saved.tfplan")
    assert writes(server) == []
    require_settled(reattached)


def test_two_archives_cannot_swap_their_paths(reattached: Configuration) -> None:
    """Both files stay. A third path in an earlier apply solves it."""
    a, b = {"path": '"a.tar.gz"'}, {"path": '"b.tar.gz"'}
    write(reattached, job(), archive("first", **a), archive("second", **b))
    applied(reattached)
    write(reattached, job(), archive("first", **b), archive("second", **a))
    said = refused(reattached, "apply")
    assert said.count("Error:") == 2
    assert "is the file of another opsmanager_log_archive" in said
    assert files(reattached) == {"a.tar.gz", "b.tar.gz"}
    write(reattached, job(), archive("first", path='"c.tar.gz"'), archive("second", **b))
    applied(reattached)
    write(reattached, job(), archive("first", path='"c.tar.gz"'), archive("second", **a))
    applied(reattached)
    assert files(reattached) == {"a.tar.gz", "c.tar.gz"}


def test_archive_created_first_cannot_take_the_path_of_the_old_job_s_archive(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """Job and archive are replaced together, with `create_before_destroy`. The next apply gets the archive."""
    values = {"job_id": f"{LOGS}.id", "path": f'"{PATH}"'}
    first = block("opsmanager_log_archive", "copy", values, lifecycle("create_before_destroy = true"))
    write(reattached, job(triggers="[1]"), first)
    applied(reattached)
    clock.sleep(DAY)
    write(reattached, job(triggers="[2]"), first)
    said = refused(reattached, "apply", f"-replace={COPY}")
    assert f"{PATH} exists and is not the file of this archive: remove it, or choose another path" in said
    applied(reattached)
    assert [stored(reattached, COPY)["job_id"]] == server.job_ids
    assert file_of(reattached) == reattached.folder / PATH
    assert made(server) == 2


def test_unknown_renewal_needs_declared_days(reattached: Configuration, server: Emulator) -> None:
    """An unknown `renew_when_days_left` may become null, but is refused without `retention_days`."""
    write(reattached, given("null"), job(renew_when_days_left=f"{GIVEN}.output"))
    assert "renew_when_days_left needs retention_days" in refused(reattached, "plan")
    write(reattached, given("null"), job(renew_when_days_left=f"{GIVEN}.output", retention_days="60"))
    applied(reattached)
    assert made(server) == 1
