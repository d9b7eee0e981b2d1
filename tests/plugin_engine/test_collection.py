"""The component `LogCollection` in a YAML program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.plugin_engine.stack import BIN, Refused, Stack, resource, write_program
from tests.support import sha256_of

COLLECTION = """\
targets: [{resourceType: replicaset, resourceName: rs0}, {resourceType: CLUSTER, resourceName: shop}]
logTypes: [MONGODB]
sizeRequestedPerFileBytes: 10000
redacted: true
last: 2h
archiveDir: ./logs
keepOnDelete: false
pollIntervalSeconds: 0.2
"""
OUTPUTS = "outputs:\n  results: ${logs.results}\n  statuses: ${logs.statuses}\n  archives: ${logs.archives}\n"


def test_component_stores_verified_archives(
    new_stack: Callable[..., Stack], server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine finds the plugin on PATH. A wrong target is one clear line before any request."""
    stack = new_stack()
    monkeypatch.setenv("PATH", f"{BIN}:{Path('/usr/bin')}:/bin")
    wrong = COLLECTION.replace("shop", "rs0")
    write_program(stack.folder, resource("logs", "LogCollection", wrong), is_on_path=True)
    with pytest.raises(Refused) as refused:
        stack.preview()
    assert [line for line in str(refused.value).splitlines() if "two targets" in line or "rs0" in line]
    assert server.requests == []

    write_program(stack.folder, resource("logs", "LogCollection", COLLECTION), more=OUTPUTS, is_on_path=True)
    assert stack.up()["create"] == 8, stack.printed
    outputs = stack.outputs()
    assert outputs["statuses"] == {"rs0": "SUCCESS", "shop": "SUCCESS"}
    for name, result in outputs["results"].items():
        file = stack.folder / result["file"]
        assert Path(outputs["archives"][name]).name == file.name
        assert result["complete"] is True
        assert result["sha256"] == sha256_of(file)
    assert len(server.job_ids) == 2
    assert stack.up() == {}, stack.printed
    stack.destroy()
    assert server.job_ids == []
    assert not list((stack.folder / "logs").glob("*.tar.gz"))
