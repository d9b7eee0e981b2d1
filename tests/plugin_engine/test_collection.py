"""The component `LogCollection` in a YAML program: the example."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.plugin_engine.stack import BIN, Refused, Stack, write_example
from tests.support import sha256_of

OUTPUTS = ("outputs:\n", "outputs:\n  results: ${incident.results}\n")


def test_component_stores_verified_archives(
    new_stack: Callable[..., Stack], server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine finds the plugin on PATH. A wrong target is one clear line before any request."""
    stack = new_stack()
    monkeypatch.setenv("PATH", f"{BIN}:/usr/bin:/bin")
    write_example(stack.folder, "collection", ("resourceName: shop", "resourceName: rs0"), is_on_path=True)
    with pytest.raises(Refused, match="property targets .*two targets are named 'rs0'; give each its own"):
        stack.preview()
    assert server.requests == []

    write_example(stack.folder, "collection", OUTPUTS, is_on_path=True)
    assert stack.up()["create"] == 8, stack.printed
    outputs = stack.outputs()
    assert outputs["results"].keys() == outputs["archives"].keys() == {"rs0", "shop"}
    for name, result in outputs["results"].items():
        assert result["status"] == "SUCCESS"
        assert result["complete"] is True
        assert result["file"] == outputs["archives"][name]
        assert result["sha256"] == sha256_of(stack.folder / result["file"])
    assert len(server.job_ids) == 2
    assert stack.up() == {}, stack.printed
    stack.destroy()
    assert server.job_ids == []
