"""Settings of the provider that another resource must still compute."""

from __future__ import annotations

import re

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.support import PROJECT, days_ahead, job_request
from tests.terraform_engine.configuration import HEAD, Configuration
from tests.terraform_engine.jobs import (
    GIVEN,
    LOGS,
    applied,
    flat,
    given,
    job,
    made,
    planned,
    refused,
    require_settled,
    stored,
    writes,
)


def with_server(url: str, *blocks: str) -> str:
    """A configuration whose provider gets its server from another resource."""
    head = HEAD.replace('provider "opsmanager" {}', f'provider "opsmanager" {{\n  base_url = {GIVEN}.output\n}}')
    return "\n".join([head, given(f'"{url}"'), *blocks])


def test_jobs_are_planned_before_their_server_is_known(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan needs no server, and the apply has one."""
    monkeypatch.delenv("OPSMANAGER_BASE_URL")
    reattached.write(with_server(server.url, job()))
    assert planned(reattached).actions == {LOGS: "create", GIVEN: "create"}
    assert server.requests == []
    applied(reattached)
    assert server.job_ids == [stored(reattached)["id"]]


def test_existing_jobs_are_kept_while_their_server_is_unknown(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning says that the jobs are not read. The next run uses the new address. The change sends nothing."""
    monkeypatch.delenv("OPSMANAGER_BASE_URL")
    reattached.write(with_server(server.url, job(max_retries="1")))
    reattached.apply()
    before = stored(reattached)
    moved = server.url.replace("127.0.0.1", "localhost")
    reattached.write(with_server(moved, job(max_retries="1")))
    server.forget_requests()
    found = planned(reattached)
    assert found.actions == {GIVEN: "update"}
    assert any("the settings of the provider are not known yet" in warning for warning in found.warnings)
    assert server.requests == []
    reattached.apply()
    assert stored(reattached) == before
    said = flat(reattached.plan("-refresh=false").output)
    assert re.search(f"base_url is {moved} now.* changes download_url and sends nothing", said)
    applied(reattached, "-refresh=false")
    reattached.apply("-refresh-only")
    after = stored(reattached)
    assert after == before | {"download_url": before["download_url"].replace(server.url, moved)}
    assert writes(server) == []


def test_new_jobs_are_planned_before_their_project_is_known(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan shows it as unknown."""
    monkeypatch.delenv("OPSMANAGER_PROJECT_ID")
    head = HEAD.replace('"opsmanager" {}', f'"opsmanager" {{\n  project_id = {GIVEN}.output\n}}')
    reattached.write("\n".join([head, given(f'"{PROJECT}"'), job()]))
    assert "+ project_id = (known after apply)" in flat(reattached.plan().output)
    applied(reattached)
    assert stored(reattached)["project_id"] == PROJECT
    assert made(server) == 1


def test_job_is_replaced_and_destroyed_with_a_server_from_another_resource(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replacement and create are planned without the server. Its address is there until the last job is deleted."""
    monkeypatch.delenv("OPSMANAGER_BASE_URL")
    reattached.write(with_server(server.url, job()))
    reattached.apply()
    reattached.write(with_server(f"{server.url}/", job(resource_name='"rs1"'), job("new")))
    applied(reattached)
    assert len(server.job_ids) == 2
    assert made(server) == 3
    reattached.destroy()
    assert server.job_ids == []


def test_import_waits_for_a_known_server(
    reattached: Configuration, server: Emulator, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says that the next run knows it."""
    monkeypatch.delenv("OPSMANAGER_BASE_URL")
    job_id = client.jobs(PROJECT).create(job_request())
    reattached.write(with_server(server.url, job(), f'import {{\n  to = {LOGS}\n  id = "{job_id}"\n}}\n'))
    assert "not known yet" in refused(reattached, "plan")
    assert server.job_ids == [job_id]


def test_job_is_changed_before_its_server_is_known(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update is planned without the server, and applied with it."""
    monkeypatch.delenv("OPSMANAGER_BASE_URL")
    reattached.write(with_server(server.url, job()))
    reattached.apply()
    reattached.write(with_server(f"{server.url}/", job(expiration_date=f'"{days_ahead(40)}"')))
    server.forget_requests()
    applied(reattached)
    assert writes(server) == ["PATCH"]
    assert server.job_ids == [stored(reattached)["id"]]
    require_settled(reattached)


def test_data_source_waits_for_a_known_server(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to apply first."""
    monkeypatch.delenv("OPSMANAGER_BASE_URL")
    reattached.write(with_server(server.url, 'data "opsmanager_log_collection_jobs" "all" {}\n'))
    assert "the settings of the provider are not known yet" in refused(reattached, "plan")
    reattached.apply(f"-target={GIVEN}")
    reattached.apply()
    require_settled(reattached)
