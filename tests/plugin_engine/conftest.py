from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.conftest import interruptible as interruptible  # noqa: PLC0414  a fixture for this folder too
from tests.engine.stack import Stack
from tools.engine.hosts import YAML, find_engine_with


@pytest.fixture(scope="session")
def engine() -> PulumiCommand:
    """The real Pulumi engine with its YAML language host. Without one these tests fail; they do not skip."""
    return PulumiCommand(root=str(find_engine_with(YAML, lambda line: print(line, file=sys.stderr))))


@pytest.fixture
def new_stack(engine: PulumiCommand, tmp_path: Path, server: Emulator) -> Callable[..., Stack]:
    """Make a stack on its own backend, with the emulator's keys in the environment. The program is empty."""

    def make(program: str = "", **environment: str | None) -> Stack:
        folder = tmp_path / f"stack-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        # The engine may use only this plugin.
        offline = {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
        return Stack(program, server, folder, engine=engine, environment=offline | environment)

    return make
