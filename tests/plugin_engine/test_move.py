"""A stack of a Python program continues as a stack of a YAML program."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import HEAD
from tests.plugin_engine.stack import Stack, job, resource, write_program
from tests.support import days_ahead

EXPIRY = days_ahead(60)

PYTHON = (
    HEAD
    + f"""\
window = om.LogCollectionWindow("window", last="2h")
job = om.LogCollectionJob("logs", **GOOD, expiration_date="{EXPIRY}",
    log_collection_from_date=window.log_collection_from_date, log_collection_to_date=window.log_collection_to_date)
done = om.LogCollectionCompletion("done", job_ids=[job.id], poll_interval_seconds=0.2)
om.LogArchive("archive", job_id=job.id, path="./one.tar.gz", triggers=[done.id])
om.LogCollection("fleet", targets=[om.ReplicaSet("rs0"), om.Cluster("shop")], log_types=["MONGODB"],
    size_requested_per_file_bytes=10_000, redacted=True, last="2h", archive_dir="./logs", keep_on_delete=False,
    poll_interval_seconds=0.2)
"""
)

YAML = (
    resource("window", "LogCollectionWindow", "last: 2h\n"),
    job(
        changes=f"expirationDate: {EXPIRY}\n"
        "logCollectionFromDate: ${window.logCollectionFromDate}\n"
        "logCollectionToDate: ${window.logCollectionToDate}\n"
    ),
    resource("done", "LogCollectionCompletion", 'jobIds: ["${logs.id}"]\npollIntervalSeconds: 0.2\n'),
    resource("archive", "LogArchive", 'jobId: ${logs.id}\npath: ./one.tar.gz\ntriggers: ["${done.id}"]\n'),
    resource(
        "fleet",
        "LogCollection",
        "targets: [{resourceType: replicaset, resourceName: rs0}, {resourceType: CLUSTER, resourceName: shop}]\n"
        "logTypes: [MONGODB]\nsizeRequestedPerFileBytes: 10000\nredacted: true\nlast: 2h\narchiveDir: ./logs\n"
        "keepOnDelete: false\npollIntervalSeconds: 0.2\n",
    ),
)


def test_stack_of_a_python_program_moves_without_a_change_on_the_server(
    new_stack: Callable[..., Stack], server: Emulator
) -> None:
    """Every resource keeps its id and its file. The server receives no request that changes anything."""
    stack = new_stack(PYTHON)
    stack.up()
    before = {(stored["name"], stored["id"]) for stored in stack.resources()}
    files = {path: path.stat().st_mtime_ns for path in stack.folder.rglob("*.tar.gz")}
    assert len(files) == 3

    server.forget_requests()
    write_program(stack.folder, *YAML)
    assert stack.preview() == {}, stack.printed
    assert stack.up() == {}, stack.printed
    assert stack.refresh() == {}, stack.printed
    assert stack.up() == {}, stack.printed
    assert {call.split()[0] for call in server.calls} == {"GET"}
    assert {(stored["name"], stored["id"]) for stored in stack.resources()} == before
    assert {stored["type"].partition(":")[0] for stored in stack.resources()} == {"opsmanager"}
    assert {path: path.stat().st_mtime_ns for path in stack.folder.rglob("*.tar.gz")} == files
    stack.destroy()
    assert server.job_ids == []
