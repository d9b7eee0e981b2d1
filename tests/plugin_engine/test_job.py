"""A job from preview to destroy, through the plugin and the real engine: the YAML example, and three changes."""

from __future__ import annotations

import re
from collections.abc import Callable

from pulumi_opsmanager.emulator import Emulator, after_seconds, instant
from tests.plugin_engine.stack import Stack, write_example
from tests.support import days_ahead

EXPIRY = days_ahead(60)
REDACTED = "redacted: true\n"
EXTENDED = f"{REDACTED}      expirationDate: {EXPIRY}\n"


def test_job_from_preview_to_destroy(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """An expiry changes in place, a refresh shows the new status, and any other change makes a new job."""
    server.set_pace("rs0", after_seconds(3600))
    stack = new_stack()
    write_example(stack.folder, "job")
    assert stack.preview() == {"create": 2}, stack.printed
    assert server.requests == []
    assert stack.up() == {"create": 2}
    assert server.calls == ["POST 201", "GET 200"]
    (first,) = stack.jobs()
    assert first["type"] == "opsmanager:index:LogCollectionJob"
    assert first["outputs"]["logTypes"] == ["FTDC", "MONGODB"]
    outputs = stack.outputs()
    assert outputs["id"] == first["id"]
    assert first["id"] in outputs["downloadUrl"]

    server.forget_requests()
    # The order and the case of words are no change.
    write_example(stack.folder, "job", (REDACTED, EXTENDED), ("[MONGODB, FTDC]", "[ftdc, mongodb]"))
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
    assert stack.outputs() == outputs

    write_example(stack.folder, "job", (REDACTED, EXTENDED.replace("true", "false")))
    assert stack.up() == {"replace": 1}
    (second,) = stack.jobs()
    assert server.job_ids == [second["id"]] != [first["id"]]
    assert stack.destroy() == {"delete": 2}
    assert server.job_ids == []
