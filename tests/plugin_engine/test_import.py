"""A job that was made elsewhere, imported by its id with the code that the engine writes."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.plugin_engine.stack import Stack, write_program
from tests.support import PROJECT, job_request

IMPORT = "pulumi import --yes --non-interactive --stack test --protect=false --out code.yaml"


def test_imported_job_has_no_diff_with_the_code_that_the_engine_writes(
    new_stack: Callable[..., Stack], server: Emulator, client: Client
) -> None:
    """The id is `PROJECT/JOB`. Nothing changes on the server, and a completion or an unknown id is refused."""
    made = client.jobs(PROJECT).create(job_request())
    # The project is known only from the id.
    stack = new_stack(OPSMANAGER_PROJECT_ID=None)
    write_program(stack.folder)
    unknown = stack.shell(f"{IMPORT} opsmanager:index:LogCollectionJob logs {PROJECT}/{made[::-1]}")
    assert unknown.returncode != 0
    assert f"no job {made[::-1]}" in unknown.stdout
    refused = stack.shell(f"{IMPORT} opsmanager:index:LogCollectionCompletion done {made}")
    assert refused.returncode != 0
    assert "LogCollectionCompletion cannot be imported" in refused.stdout

    imported = stack.shell(f"{IMPORT} opsmanager:index:LogCollectionJob logs {PROJECT}/{made}")
    assert imported.returncode == 0, imported.stdout + imported.stderr
    (job,) = stack.jobs()
    assert job["id"] == made
    (stack.folder / "Pulumi.yaml").write_text(
        (stack.folder / "Pulumi.yaml").read_text() + (stack.folder / "code.yaml").read_text()
    )
    assert stack.preview() == {}, stack.printed
    assert stack.refresh() == {}, stack.printed
    assert stack.preview() == {}, stack.printed
    assert {call.split()[0] for call in server.calls} == {"POST", "GET"}
    assert server.calls.count("POST 201") == 1
