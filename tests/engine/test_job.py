"""Jobs in stacks: their life, the changes of a program, and drift."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Refused, Stack, job, jobs
from tests.support import PROJECT, days_ahead, job_request

NewStack = Callable[..., Stack]

DUE = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=40)
EXPIRY = DUE.isoformat()
AS_TEXT = f"expiration_date={EXPIRY!r}"
AS_DATETIME = f"datetime.datetime.fromisoformat({EXPIRY!r})"
IN_INDIA = DUE.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
RENEWED = "retention_days=60, renew_when_days_left=7"

# The first values in a program, the next values, and the engine's action.
CHANGES = [
    ("", "log_types=['ftdc', 'MONGODB', 'FTDC']", None),
    ("", "size_requested_per_file_bytes=10_000.0", None),
    ("", "max_retries=1, triggers=None", None),
    ("triggers=[1, {'a': 2.0}]", "triggers=[1.0, {'a': 2}]", None),
    ("triggers=['2026-03-01', 'a', 'b']", "triggers={'b', 'a', datetime.date(2026, 3, 1)}", None),
    ("", "log_types=frozenset({'FTDC', 'MONGODB'})", None),
    ("triggers=[{'a': 1}]", "triggers=[{'a': True}]", "create-replacement"),
    (AS_TEXT, f"expiration_date={IN_INDIA!r}", None),
    (AS_TEXT, f"expiration_date={AS_DATETIME}", None),
    (AS_TEXT, f"expiration_date=pulumi.Output.from_input({EXPIRY!r})", None),
    (AS_TEXT, f"expiration_date=pulumi.Output.from_input(1).apply(lambda _: {AS_DATETIME})", None),
    ("", "resource_name='rs9', opts=pulumi.ResourceOptions(ignore_changes=['resource_name'])", None),
    ("", "resource_name='rs1'", "create-replacement"),
    ("", "triggers=['again']", "create-replacement"),
    (AS_TEXT, f"expiration_date={days_ahead(60)!r}", "update"),
    ("retention_days=60", "retention_days=90", "update"),
    ("retention_days=60", "", "update"),
]

# What a program says, in how many days others let the job expire, its status then, what the next `up` does, and what
# refresh or preview says.
DRIFT = [
    ("", None, "MARKED_FOR_EXPIRY", None, "status SUCCESS → MARKED_FOR_EXPIRY"),
    ("max_retries=0", None, "FAILURE", None, "status SUCCESS → FAILURE"),
    ("", None, None, "create", "is gone from the server"),
    ("on_expired='keep'", None, "EXPIRED", None, "status SUCCESS → EXPIRED"),
    ("on_expired='recreate'", None, "EXPIRED", "create-replacement", "; up collects again"),
    (AS_TEXT, 70, "SUCCESS", "update", "it differs from the declared one"),
    (AS_TEXT, 10, "EXPIRED", None, "the job has expired and its archive is gone"),
    (RENEWED, 7.5, "SUCCESS", None, ""),
    (RENEWED, 6.5, "SUCCESS", "update", "fewer than 7 days are left"),
    ("on_expired='fail'", None, "EXPIRED", "update", "; up fails"),
]


def by_job(values: Iterable[str | None]) -> dict[str, str]:
    """The values of a program's `jobs`, by the names of `steps`."""
    return {f"LogCollectionJob job-{row}": value for row, value in enumerate(values) if value}


def ids(stack: Stack) -> dict[str, str]:
    """The IDs in the state, by the same names."""
    return {f"LogCollectionJob {stored['name']}": stored["id"] for stored in stack.jobs()}


def collected_again(steps: dict[str, str]) -> set[str]:
    """The jobs that these steps created."""
    return {name for name, step in steps.items() if step.startswith("create")}


def test_job_is_created_restarted_changed_and_deleted(new_stack: NewStack, server: Emulator) -> None:
    """Each step has its own requests, and a job is restarted as often as declared."""
    stack = new_stack(job())
    assert stack.preview() == {"create": 2}
    assert server.requests == []
    assert stack.up() == {"create": 2}
    assert server.calls == ["POST 201", "GET 200"]
    outputs = stack.outputs()
    (job_id,) = server.job_ids
    assert (outputs["id"], outputs["status"], outputs["size_type"]) == (job_id, "SUCCESS", "int")
    assert outputs["download_url"].startswith(server.url)
    assert outputs["download_url"].endswith(f"/logCollectionJobs/{job_id}/download")
    assert not any(key in stack.exported() for key in (server.private_key, f'"{server.public_key}"'))
    server.forget_requests()
    assert stack.up() == {}
    assert server.requests == []

    server.set_status(job_id, "FAILURE")
    stack.refresh()
    assert stack.preview() == {"update": 1}
    assert any("restarts its failed parts (attempt 1 of 1)" in line for line in stack.lines)
    server.forget_requests()
    assert stack.up() == {"update": 1}
    assert server.calls == ["PUT 200", "GET 200"]
    server.set_status(job_id, "FAILURE")
    stack.refresh()
    assert stack.up() == {}
    outputs = stack.outputs()
    assert (outputs["status"], outputs["retries"]) == ("FAILURE", 1)
    assert outputs["child_job_counts"] == {"FAILURE": 1, "SUCCESS": 5}
    assert outputs["failed_hosts"] == ["rs0-0.example.net:27017"]

    stack.program(job(f"max_retries=2, expiration_date={days_ahead(60)!r}"))
    server.forget_requests()
    assert stack.up() == {"update": 1}
    assert server.calls == ["PATCH 200", "PUT 200", "GET 200"]
    assert (stack.outputs()["id"], stack.outputs()["expiration_date"]) == (job_id, days_ahead(60))
    server.forget_requests()
    assert stack.destroy() == {"delete": 2}
    assert server.calls == ["DELETE 200"]


def test_only_other_values_change_a_job(new_stack: NewStack, server: Emulator) -> None:
    """Another form of a value is no change. Another value replaces the job, or moves its expiry."""
    stack = new_stack(jobs([before for before, *_ in CHANGES]))
    stack.up()
    before = ids(stack)
    server.forget_requests()
    stack.program(jobs([after for _, after, _ in CHANGES]))
    assert stack.preview() == {"replace": 3, "update": 3}
    assert stack.steps == by_job(step for *_, step in CHANGES)
    assert any(line.endswith(": retention_days=90") for line in stack.lines)
    assert server.requests == []
    assert stack.up() == {"replace": 3, "update": 3}
    assert dict(before.items() ^ ids(stack).items()).keys() == collected_again(stack.steps)
    assert sorted(server.job_ids) == sorted(ids(stack).values())


def test_refresh_shows_drift_and_up_repairs_it(new_stack: NewStack, server: Emulator, client: Client) -> None:
    """Refresh and preview show the drift and the action of `up`. After `up` the server matches the program again."""
    declared = [before for before, *_ in DRIFT]
    stack = new_stack(jobs(declared))
    stack.up()
    before = ids(stack)
    for row, (_, days, status, *_) in enumerate(DRIFT):
        job_id = before[f"LogCollectionJob job-{row}"]
        if days is not None:
            client.jobs(PROJECT).extend(job_id, datetime.now(timezone.utc) + timedelta(days=days))
        if status != "SUCCESS":
            server.set_status(job_id, status)
    stack.refresh()
    said = list(stack.lines)
    server.forget_requests()
    stack.preview()
    said += stack.lines
    assert stack.steps == by_job(step for *_, step, _ in DRIFT)
    assert [line for *_, line in DRIFT if not any(line in one for one in said)] == []
    assert server.requests == []

    with pytest.raises(
        Refused, match="cannot update job .* of REPLICASET rs0: the job expired on .* change triggers to"
    ):
        stack.up(continue_on_error=True)
    declared[-1] += ", triggers=['again']"
    stack.program(jobs(["expiration_date='2099-01-01T00:00:00Z'", *declared[1:]]))
    with pytest.raises(Refused, match=r"expiration_date must be at most 20\d\d-.*6 months after"):
        stack.preview()
    stack.program(jobs(declared))
    assert stack.up() == {"replace": 1}
    again = collected_again(by_job(step for *_, step, _ in DRIFT)) | collected_again(stack.steps)
    assert dict(before.items() ^ ids(stack).items()).keys() == again
    assert sorted(server.job_ids) == sorted(ids(stack).values())
    assert stack.preview() == {}


def test_refresh_shows_a_job_as_updated_only_when_it_moved(new_stack: NewStack, server: Emulator) -> None:
    """`--expect-no-changes` fails then. Another refresh shows no change, and neither does an `up`."""
    stack = new_stack(jobs(["", ""]))
    stack.up()
    assert stack.refresh() == {}
    server.set_status(ids(stack)["LogCollectionJob job-0"], "MARKED_FOR_EXPIRY")
    refresh = "pulumi refresh --yes --skip-preview --non-interactive --stack test --expect-no-changes"
    refused = stack.shell(refresh)
    assert refused.returncode != 0
    assert "no changes were expected for refresh" in refused.stderr
    assert re.search(r" ~ .* job-0 updated .*status SUCCESS → MARKED_FOR_EXPIRY", refused.stdout)
    assert "job-1 updated" not in refused.stdout
    assert stack.refresh() == {}
    assert stack.up(refresh=True) == {}


def test_get_reads_an_existing_job_and_never_deletes_it(new_stack: NewStack, server: Emulator, client: Client) -> None:
    """A preview refuses an unknown ID."""
    program = "import pulumi\nimport pulumi_opsmanager as om\njob = om.LogCollectionJob.get('theirs', {id!r})\n"
    stack = new_stack(program.format(id="6" * 24))
    with pytest.raises(Refused, match="JobNotFound: no job 6{24} in project .*; `pulumi-opsmanager list` shows"):
        stack.preview()
    job_id = client.jobs(PROJECT).create(job_request())
    exports = [f"pulumi.export({name!r}, job.{name})" for name in ("status", "log_types", "resource_type")]
    stack.program("\n".join([program.format(id=job_id), *exports]))
    stack.up()
    assert stack.outputs() == {"status": "SUCCESS", "log_types": ["FTDC", "MONGODB"], "resource_type": "REPLICASET"}
    stack.destroy()
    assert server.job_ids == [job_id]


def test_unknown_inputs_pass_the_preview(new_stack: NewStack) -> None:
    """An unknown input is neither missing nor wrong."""
    stack = new_stack(
        job()
        + "follower = om.LogCollectionJob('follower', resource_type='REPLICASET', resource_name=job.id,\n"
        + "    log_types=[job.status.apply(lambda _: 'FTDC'), 'MONGODB'], size_requested_per_file_bytes=1000,\n"
        + "    redacted=True, expiration_date=job.expiration_date, triggers=[job.id])\n"
    )
    assert stack.preview() == {"create": 3}
    assert stack.up() == {"create": 3}
