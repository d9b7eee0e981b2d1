"""A stack takes over existing jobs through the real engine, with the output of the command."""

from __future__ import annotations

import re
from collections.abc import Callable

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.schema.types import LOG_TYPES
from tests.engine.stack import Stack
from tests.support import PROJECT, job_request

NAMES = {"REPLICASET": "rs{}", "CLUSTER": 'shop "{}"', "PROCESS": "db{}.example.net:27017"}
STATUSES = ["SUCCESS", "FAILURE", "MARKED_FOR_EXPIRY", "EXPIRED", "IN_PROGRESS"]
MARCH = {"logCollectionFromDate": 1772323200000, "logCollectionToDate": 1772409600000}


def make_elsewhere(client: Client, server: Emulator) -> set[str]:
    """Thirty jobs: every resource type and status, one to five log types, some with a window."""
    made = set()
    for i in range(30):
        kind = list(NAMES)[i % 3]
        job_id = client.jobs(PROJECT).create(
            job_request(
                resourceType=kind,
                resourceName=NAMES[kind].format(i),
                logTypes=LOG_TYPES[i % 5 :],
                redacted=i % 2 == 0,
                **(MARCH if i % 7 == 0 else {}),
            ),
        )
        server.set_status(job_id, STATUSES[i // 6])
        made.add(job_id)
    return made


def test_jobs_made_elsewhere_are_taken_over_without_a_change(
    new_stack: Callable[..., Stack], server: Emulator, client: Client
) -> None:
    """The printed command and the written program make a stack that previews empty, also after a refresh."""
    made = make_elsewhere(client, server)
    # Only the option names the project; the environment and the stack set none.
    stack = new_stack("", OPSMANAGER_PROJECT_ID=None)
    every_status = " ".join(f"--status {status}" for status in STATUSES)
    written = stack.shell(f"pulumi-opsmanager import-file --project-id {PROJECT} {every_status}")
    assert written.returncode == 0, written.stderr

    printed = re.findall(r"^ +(pulumi import .*)$", written.stdout, re.MULTILINE)
    assert len(printed) == 1
    imported = stack.shell(printed[0])
    assert imported.returncode == 0, imported.stdout + imported.stderr
    assert "warning" not in imported.stdout + imported.stderr
    assert {job["id"] for job in stack.jobs()} == made

    stack.program((stack.folder / "jobs.py").read_text())
    assert stack.preview() == {}, stack.printed
    stack.refresh()
    assert stack.preview() == {}, stack.printed
    assert {call.split()[0] for call in server.calls} == {"POST", "GET"}
    assert set(server.job_ids) == made

    stack.destroy()
    assert server.job_ids == []
