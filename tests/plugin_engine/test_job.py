"""The life of a job in a YAML program, from preview to destroy, through the plugin and the real engine."""

from __future__ import annotations

import re
from collections.abc import Callable

from pulumi_opsmanager.emulator import Emulator, after_seconds, instant
from tests.plugin_engine.stack import Stack, job, write_program
from tests.support import days_ahead

OUTPUTS = "outputs:\n  status: ${logs.status}\n  url: ${logs.downloadUrl}\n"
EXPIRY = days_ahead(60)
EXTENDED = f"expirationDate: {EXPIRY}\n"


def test_job_from_preview_to_destroy(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """An expiry changes in place, a refresh shows the new status, and any other change makes a new job."""
    server.set_pace("rs0", after_seconds(3600))
    stack = new_stack()
    write_program(stack.folder, job(), more=OUTPUTS)
    assert stack.preview() == {"create": 2}, stack.printed
    assert server.requests == []
    assert stack.up() == {"create": 2}
    assert server.calls == ["POST 201", "GET 200"]
    (first,) = stack.jobs()
    assert first["type"] == "opsmanager:index:LogCollectionJob"
    assert first["outputs"]["logTypes"] == ["FTDC", "MONGODB"]
    outputs = stack.outputs()
    assert outputs["status"] == "IN_PROGRESS"
    assert first["id"] in outputs["url"]

    server.forget_requests()
    # The order and the case of words are no change.
    write_program(stack.folder, job(changes="logTypes: [ftdc, mongodb]\n" + EXTENDED), more=OUTPUTS)
    assert stack.preview() == {"update": 1}
    assert f'+ expirationDate: "{EXPIRY}"' in stack.printed
    # What depends on the URL of the archive does not change.
    assert "[unknown]" not in stack.printed
    assert server.requests == []
    assert stack.up() == {"update": 1}
    assert [call for call in server.calls if not call.startswith("GET")] == ["PATCH 200"]
    assert stack.up() == {}

    server.set_pace("rs0", instant())
    assert stack.refresh() == {"update": 1}
    assert "status IN_PROGRESS → SUCCESS" in stack.lines
    assert re.search(r"LogCollectionJob logs updated .*\[diff: ~[\w,]*\bstatus\b", stack.printed)
    assert stack.outputs()["url"] == outputs["url"]

    write_program(stack.folder, job(changes="redacted: false\n" + EXTENDED))
    assert stack.up() == {"replace": 1}
    (second,) = stack.jobs()
    assert server.job_ids == [second["id"]] != [first["id"]]
    assert stack.destroy() == {"delete": 2}
    assert server.job_ids == []
