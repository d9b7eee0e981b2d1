"""The main job through the real engine, over real HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.engine.stack import Refused, Stack, job, jobs
from tests.support import client_for, days_ahead

NewStack = Callable[..., Stack]


def test_first_up_posts_and_gets_and_the_second_asks_nothing(new_stack: NewStack, server: Emulator) -> None:
    """A job costs one POST and one GET; previews and an unchanged program cost nothing."""
    stack = new_stack(job())
    assert stack.preview() == {"create": 2}
    assert server.requests == []
    assert stack.up() == {"create": 2}
    assert server.calls == ["POST 201", "GET 200"]
    server.forget_requests()
    assert stack.preview() == {}
    assert stack.up() == {}
    assert server.requests == []


def test_outputs_have_python_names_types_and_the_servers_words(new_stack: NewStack, server: Emulator) -> None:
    """Outputs arrive under Python names, whole numbers as int, map keys as the server wrote them."""
    stack = new_stack(job())
    stack.up()
    outputs = stack.outputs()
    assert outputs["id"] == server.job_ids[0]
    assert outputs["download_url"].startswith(server.url)
    assert outputs["download_url"].endswith(f"/logCollectionJobs/{outputs['id']}/download")
    assert outputs["size_type"] == "int"
    server.set_status(outputs["id"], "QUEUED")
    stack.refresh()
    stack.up()
    assert stack.outputs()["child_job_counts"] == {"QUEUED": 6}


def test_declared_expiry_costs_one_patch_and_one_get_more(new_stack: NewStack, server: Emulator) -> None:
    """A declared expiry is applied at creation."""
    expiry = days_ahead(90)
    stack = new_stack(job(f"expiration_date={expiry!r}"))
    stack.up()
    assert server.calls == ["POST 201", "GET 200", "PATCH 200", "GET 200"]
    assert stack.outputs()["expiration_date"] == expiry


def test_equal_inputs_in_another_form_are_no_change(new_stack: NewStack, server: Emulator) -> None:
    """Order, case, number form, written-out defaults, zones and `datetime` make no update."""
    expiry = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=40)
    as_text = f"expiration_date={expiry.isoformat()!r}"
    as_datetime = f"datetime.datetime.fromisoformat({expiry.isoformat()!r})"
    in_india = expiry.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    forms = [
        ("", "log_types=['FTDC', 'MONGODB', 'FTDC']"),
        ("", "log_types=['mongodb', 'ftdc']"),
        ("", "resource_type='replica_set'"),
        ("", "size_requested_per_file_bytes=10_000.0"),
        ("", "max_retries=1, triggers=None"),
        ("triggers=[1, {'a': 2.0}]", "triggers=[1.0, {'a': 2}]"),
        (as_text, f"expiration_date={in_india!r}"),
        (as_text, f"expiration_date={as_datetime}"),
        (as_text, f"expiration_date=pulumi.Output.from_input({expiry.isoformat()!r})"),
        (as_text, f"expiration_date=pulumi.Output.from_input(1).apply(lambda _: {as_datetime})"),
    ]
    stack = new_stack(jobs([before for before, _ in forms]))
    stack.up()
    server.forget_requests()
    stack.program(jobs([after for _, after in forms]))
    assert stack.preview() == {}, stack.steps
    assert stack.up() == {}
    assert server.requests == []


def test_changed_expiry_updates_in_place(new_stack: NewStack, server: Emulator) -> None:
    """An expiry is moved by PATCH; the job stays."""
    stack = new_stack(job(f"expiration_date={days_ahead(50)!r}"))
    stack.up()
    before = stack.outputs()["id"]
    stack.program(job(f"expiration_date={days_ahead(60)!r}"))
    assert stack.preview() == {"update": 1}
    server.forget_requests()
    assert stack.up() == {"update": 1}
    assert server.calls == ["PATCH 200", "GET 200"]
    assert stack.outputs()["expiration_date"] == days_ahead(60)
    assert stack.outputs()["id"] == before


def test_other_changes_replace_the_job(new_stack: NewStack, server: Emulator) -> None:
    """What the server cannot change makes a new job, and the old one goes."""
    changes = [
        "resource_name='rs1'",
        "resource_type='PROCESS'",
        "log_types=['MONGODB']",
        "size_requested_per_file_bytes=20_000",
        "redacted=False",
        "triggers=['again']",
        "log_collection_from_date='2026-03-01T00:00:00Z', log_collection_to_date='2026-03-02T00:00:00Z'",
    ]
    stack = new_stack(jobs([""] * len(changes)))
    stack.up()
    before = set(server.job_ids)
    stack.program(jobs(changes))
    assert stack.preview() == {"replace": len(changes)}
    assert stack.up() == {"replace": len(changes)}
    assert len(server.job_ids) == len(changes)
    assert not before & set(server.job_ids)
    assert stack.preview() == {}


def test_refresh_says_what_moved(new_stack: NewStack, server: Emulator) -> None:
    """The engine shows nothing for a moved status, so the row says it; the next up brings it to the outputs."""
    stack = new_stack(job())
    stack.up()
    server.set_status(stack.outputs()["id"], "MARKED_FOR_EXPIRY")
    stack.refresh()
    assert "status SUCCESS → MARKED_FOR_EXPIRY" in stack.lines
    stack.up()
    assert stack.outputs()["status"] == "MARKED_FOR_EXPIRY"


def test_unchanged_refresh_costs_one_list_walk(new_stack: NewStack, server: Emulator) -> None:
    """All jobs of a stack are refreshed by one list request."""
    stack = new_stack(
        "import pulumi_opsmanager as om\n"
        "for i in range(5):\n"
        "    om.LogCollectionJob(f'logs-{i}', resource_type='REPLICASET', resource_name=f'rs{i}', log_types=['FTDC'],\n"
        "        size_requested_per_file_bytes=1000, redacted=True)\n"
    )
    stack.up()
    server.forget_requests()
    stack.refresh()
    assert server.calls == ["GET 200"]


def test_failed_job_is_restarted_as_often_as_declared(new_stack: NewStack, server: Emulator) -> None:
    """A failure seen by a refresh is retried once by the next up, under the same id, and then left alone."""
    stack = new_stack(job())
    stack.up()
    job_id = stack.outputs()["id"]
    server.set_status(job_id, "FAILURE")
    stack.refresh()
    assert stack.preview() == {"update": 1}
    assert any("restarts its failed parts (attempt 1 of 1)" in line for line in stack.lines)
    server.forget_requests()
    assert stack.up() == {"update": 1}
    assert server.calls == ["PUT 200", "GET 200"]
    stack.up()
    assert (stack.outputs()["id"], stack.outputs()["retries"]) == (job_id, 1)
    server.set_status(job_id, "FAILURE")
    stack.refresh()
    assert stack.preview() == {}
    stack.up()
    assert stack.outputs()["failed_hosts"] == ["rs0-0.example.net:27017"]
    stack.program(job("max_retries=2"))
    assert stack.up() == {"update": 1}
    assert server.calls.count("PUT 200") == 2


def test_failed_job_stays_failed_without_retries(new_stack: NewStack, server: Emulator) -> None:
    """`max_retries=0` never sends a PUT."""
    stack = new_stack(job("max_retries=0"))
    stack.up()
    server.set_status(stack.outputs()["id"], "FAILURE")
    stack.refresh()
    assert stack.preview() == {}


def test_expiry_moved_by_others_shows_and_is_moved_back(new_stack: NewStack, server: Emulator) -> None:
    """Drift of a declared expiry shows at refresh and is mended by the next up."""
    stack = new_stack(job(f"expiration_date={days_ahead(50)!r}"))
    stack.up()
    client_for(server, wall_clock()).extend_job(
        server.project_id, stack.outputs()["id"], datetime.now(timezone.utc) + timedelta(days=70)
    )
    stack.refresh()
    assert stack.preview() == {"update": 1}
    stack.up()
    assert stack.outputs()["expiration_date"] == days_ahead(50)


def test_job_that_expired_early_does_not_break_the_program(new_stack: NewStack, server: Emulator) -> None:
    """Others shortened a declared expiry, and the job ran out: refresh and the unchanged program still work."""
    stack = new_stack(job(f"expiration_date={days_ahead(50)!r}"))
    stack.up()
    job_id = stack.outputs()["id"]
    others = client_for(server, wall_clock())
    others.extend_job(server.project_id, job_id, datetime.now(timezone.utc) + timedelta(days=10))
    stack.refresh()
    server.set_status(job_id, "EXPIRED")
    stack.refresh()
    assert stack.preview() == {}
    assert any("cannot be had: the job has expired" in line for line in stack.lines)
    stack.program(job(f"expiration_date={days_ahead(60)!r}"))
    with pytest.raises(Refused, match="cannot be had: the job has expired"):
        stack.preview()


def test_vanished_job_is_forgotten_at_refresh_and_made_again(new_stack: NewStack, server: Emulator) -> None:
    """A proven absence removes the job from the state; the next up makes a new one."""
    stack = new_stack(job())
    stack.up()
    before = stack.outputs()["id"]
    server.set_status(before, None)
    stack.refresh()
    assert stack.jobs() == []
    assert stack.up() == {"create": 1}
    assert stack.outputs()["id"] != before


def test_destroy_deletes_the_job(new_stack: NewStack, server: Emulator) -> None:
    """Nothing stays on the server."""
    stack = new_stack(job())
    stack.up()
    server.forget_requests()
    assert stack.destroy() == {"delete": 2}
    assert server.calls == ["DELETE 200"]
    assert server.job_ids == []


def test_destroy_of_a_vanished_job_succeeds(new_stack: NewStack, server: Emulator) -> None:
    """A job that is proven gone needs no deleting."""
    stack = new_stack(job())
    stack.up()
    server.set_status(stack.outputs()["id"], None)
    assert stack.destroy() == {"delete": 2}


def test_get_reads_a_job_of_others_and_never_deletes_it(new_stack: NewStack, server: Emulator) -> None:
    """`LogCollectionJob.get` shows a job that this stack does not own."""
    owner = new_stack(job())
    owner.up()
    job_id = owner.outputs()["id"]
    reader = new_stack(
        "import pulumi\n"
        "import pulumi_opsmanager as om\n"
        f"job = om.LogCollectionJob.get('theirs', {job_id!r})\n"
        "pulumi.export('status', job.status)\n"
        "pulumi.export('log_types', job.log_types)\n"
        "pulumi.export('resource_type', job.resource_type)\n"
        "pulumi.export('counts', job.child_job_counts)\n"
    )
    reader.up()
    assert reader.outputs() == {
        "status": "SUCCESS",
        "log_types": ["FTDC", "MONGODB"],
        "resource_type": "REPLICASET",
        "counts": {"SUCCESS": 6},
    }
    reader.destroy()
    assert server.job_ids == [job_id]


def test_get_of_a_missing_job_fails_at_preview(new_stack: NewStack) -> None:
    """There is no state to forget, so absence is an error."""
    stack = new_stack("import pulumi_opsmanager as om\nom.LogCollectionJob.get('theirs', '6' * 24)\n")
    with pytest.raises(Refused, match="JobNotFound: there is no job 6{24} in project .*: check job_id and"):
        stack.preview()


def test_unknown_inputs_pass_the_preview(new_stack: NewStack) -> None:
    """An input that another resource still has to compute is neither missing nor wrong."""
    stack = new_stack(
        job()
        + "follower = om.LogCollectionJob('follower', resource_type='REPLICASET', resource_name=job.id,\n"
        + "    log_types=[job.status.apply(lambda _: 'FTDC'), 'MONGODB'], size_requested_per_file_bytes=1000,\n"
        + "    redacted=True, expiration_date=job.expiration_date, triggers=[job.id])\n"
    )
    assert stack.preview() == {"create": 3}
    assert stack.up() == {"create": 3}
    assert stack.preview() == {}


def test_ids_are_kept_when_the_get_after_the_post_fails(new_stack: NewStack, server: Emulator) -> None:
    """A job whose first reading fails is in the state, with a warning; the next plain up reads it."""
    server.fail("get", FaultKind.HTML)
    stack = new_stack(job())
    stack.up()
    assert any("the next up reads it" in line for line in stack.lines)
    assert "status" not in stack.jobs()[0]["outputs"]
    assert stack.jobs()[0]["outputs"]["downloadUrl"]
    assert stack.up() == {"update": 1}
    assert stack.outputs()["status"] == "SUCCESS"
    assert server.calls.count("POST 201") == 1


def test_expiry_that_failed_after_the_post_is_moved_by_the_next_up(new_stack: NewStack, server: Emulator) -> None:
    """A failed PATCH is a warning and a difference, not a lost job."""
    server.fail("extend", FaultKind.HTML)
    stack = new_stack(job(f"expiration_date={days_ahead(50)!r}"))
    stack.up()
    assert any("its expiry could not be set" in line for line in stack.lines)
    assert stack.up() == {"update": 1}
    assert stack.outputs()["expiration_date"] == days_ahead(50)
    assert server.calls.count("POST 201") == 1


def test_lost_reply_to_the_post_makes_no_second_job(new_stack: NewStack, server: Emulator) -> None:
    """The job that a lost reply left behind is found and adopted."""
    server.fail("create", FaultKind.LOST_REPLY)
    stack = new_stack(job())
    stack.up()
    assert server.job_ids == [stack.outputs()["id"]]
    assert server.calls.count("POST 201") == 1
    assert stack.preview() == {}


def test_ignored_changes_take_python_names(new_stack: NewStack) -> None:
    """`ignore_changes` speaks the program's language."""
    stack = new_stack(job())
    stack.up()
    stack.program(job("resource_name='rs9', opts=pulumi.ResourceOptions(ignore_changes=['resource_name'])"))
    assert stack.preview() == {}


def test_expiry_that_passes_does_not_break_the_program(new_stack: NewStack) -> None:
    """A date is judged when it changes; time alone never makes a program fail."""
    expiry = (datetime.now(timezone.utc) + timedelta(seconds=10)).replace(microsecond=0)
    stack = new_stack(job(f"expiration_date={expiry.isoformat()!r}"))
    stack.up()
    time.sleep(max(0.0, (expiry - datetime.now(timezone.utc)).total_seconds()) + 1)
    assert stack.preview() == {}
    stack.refresh()
    assert stack.preview() == {}
