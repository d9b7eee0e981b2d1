"""Existing jobs are imported into a configuration: by command, by block, and with a generated block."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.instants import parse_instant
from tests.support import PROJECT, job_request
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    LOGS,
    applied,
    block,
    flat,
    instances,
    job,
    planned,
    refused,
    require_settled,
    stored,
    write,
    writes,
)

ABSENT = "6" * 24
MARCH = {"logCollectionFromDate": 1772323200000, "logCollectionToDate": 1772409600000}


def make_elsewhere(client: Client, **changes: object) -> str:
    """Create a job of another program with the inputs of `job`. Returns its ID."""
    return client.jobs(PROJECT).create(job_request(sizeRequestedPerFileBytes=10000, redacted=True, **changes))


def import_block(identity: str) -> str:
    """A block that imports a job to the address of `job`."""
    return f"import {{\n  to = {LOGS}\n  id = {json.dumps(identity)}\n}}\n"


@pytest.mark.parametrize("form", ["{job}", "{project}/{job}"])
def test_imported_job_is_managed_without_a_change(
    form: str, reattached: Configuration, server: Emulator, client: Client
) -> None:
    """The command reads the job, and the plan of an equal configuration is empty."""
    job_id = make_elsewhere(client)
    server.forget_requests()
    write(reattached, job())
    reattached.run("import", LOGS, form.format(job=job_id, project=PROJECT))
    known = stored(reattached)
    assert (known["id"], known["project_id"], known["max_retries"]) == (job_id, PROJECT, 1)
    require_settled(reattached)
    assert writes(server) == []
    reattached.destroy()
    assert server.job_ids == []


def test_import_block_takes_a_job_over(reattached: Configuration, server: Emulator, client: Client) -> None:
    """The plan shows an import and no other change. Another spelling is not a difference."""
    job_id = make_elsewhere(client)
    server.forget_requests()
    write(reattached, import_block(job_id), job(resource_type='"replicaset"', log_types='["mongodb", "ftdc"]'))
    assert "1 to import, 0 to add, 0 to change, 0 to destroy" in flat(reattached.plan().output)
    applied(reattached)
    assert stored(reattached)["id"] == job_id
    assert writes(server) == []


def test_import_block_with_another_declaration_updates_or_replaces(
    reattached: Configuration, server: Emulator, client: Client
) -> None:
    """The same apply sets the inputs that the server does not report."""
    job_id = make_elsewhere(client)
    write(reattached, import_block(job_id), job(retention_days="60"))
    assert "1 to import, 0 to add, 1 to change, 0 to destroy" in flat(reattached.plan().output)
    server.forget_requests()
    applied(reattached)
    assert writes(server) == ["PATCH"]
    assert server.job_ids == [job_id]


def test_import_of_a_job_that_differs_deletes_it(reattached: Configuration, server: Emulator, client: Client) -> None:
    """The plan shows it, and an apply creates another job."""
    job_id = make_elsewhere(client)
    write(reattached, import_block(job_id), job(redacted="false"))
    said = flat(reattached.plan().output)
    assert "must be replaced" in said
    assert "1 to import, 1 to add, 0 to change, 1 to destroy" in said
    applied(reattached)
    assert [stored(reattached)["id"]] == server.job_ids != [job_id]


@pytest.mark.parametrize("changes", [{}, {"resourceType": "CLUSTER", "resourceName": 'shop "1" ${x}', **MARCH}])
def test_generated_configuration_declares_the_job_as_it_is(
    changes: dict[str, object], reattached: Configuration, server: Emulator, client: Client
) -> None:
    """Terraform writes the block, and the plan with it is an import without a change."""
    job_id = make_elsewhere(client, **changes)
    server.forget_requests()
    write(reattached, import_block(f"{PROJECT}/{job_id}"))
    reattached.plan("-generate-config-out=generated.tf")
    written = (reattached.folder / "generated.tf").read_text()
    assert re.search(r"^ +redacted += true$", written, re.MULTILINE)
    applied(reattached)
    assert stored(reattached)["id"] == job_id
    assert writes(server) == []


def test_failed_job_is_imported_without_a_restart(reattached: Configuration, server: Emulator, client: Client) -> None:
    """An import changes nothing on the server, so the generated block allows no restart."""
    job_id = make_elsewhere(client)
    server.set_status(job_id, "FAILURE")
    server.forget_requests()
    write(reattached, import_block(job_id))
    reattached.plan("-generate-config-out=generated.tf")
    applied(reattached)
    assert (stored(reattached)["status"], stored(reattached)["max_retries"]) == ("FAILURE", 0)
    assert writes(server) == []


@pytest.mark.parametrize(
    ("identity", "said"),
    [
        (ABSENT, f"no job {ABSENT} in project {PROJECT}"),
        (f"{ABSENT}/{ABSENT}", ABSENT),
        ("logs", "the id 'logs' must be JOB or PROJECT/JOB, each 24 lower-case hex digits"),
        (f"{PROJECT}/{ABSENT}/1", "must be JOB or PROJECT/JOB"),
    ],
)
def test_unknown_job_id_is_refused(
    identity: str, said: str, reattached: Configuration, server: Emulator, client: Client
) -> None:
    """The command and the block fail, and nothing is stored."""
    make_elsewhere(client)
    server.forget_requests()
    write(reattached, job())
    assert said in refused(reattached, "import", LOGS, identity)
    write(reattached, job(), import_block(identity))
    assert said in refused(reattached, "plan")
    assert instances(reattached) == {}
    assert writes(server) == []


def test_resource_that_exists_only_in_a_state_cannot_be_imported(reattached: Configuration) -> None:
    """The error says what to do instead."""
    write(reattached, block("opsmanager_log_collection_window", "march", {"last": '"2h"'}))
    said = refused(reattached, "import", "opsmanager_log_collection_window.march", ABSENT)
    assert "opsmanager_log_collection_window cannot be imported" in said
    assert "declare a new one" in said


def test_imported_job_can_be_forgotten_and_imported_again(
    reattached: Configuration, server: Emulator, client: Client
) -> None:
    """`state rm` leaves the job on the server."""
    job_id = make_elsewhere(client)
    write(reattached, job())
    reattached.run("import", LOGS, job_id)
    reattached.run("state", "rm", LOGS)
    assert planned(reattached).actions == {LOGS: "create"}
    reattached.run("import", LOGS, job_id)
    require_settled(reattached)
    assert server.job_ids == [job_id]


def test_generated_expiry_is_declared(reattached: Configuration, server: Emulator, client: Client) -> None:
    """An expiry that somebody moves after the import is moved back."""
    job_id = make_elsewhere(client)
    write(reattached, import_block(job_id))
    reattached.plan("-generate-config-out=generated.tf")
    applied(reattached)
    declared = stored(reattached)["expiration_date"]
    client.jobs(PROJECT).extend(job_id, parse_instant(declared) + timedelta(days=30))
    server.forget_requests()
    assert planned(reattached).actions == {LOGS: "update"}
    applied(reattached)
    assert writes(server) == ["PATCH"]
    assert stored(reattached)["expiration_date"] == declared
