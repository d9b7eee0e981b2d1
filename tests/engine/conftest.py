from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def engine() -> PulumiCommand:
    """The real Pulumi engine; without one these tests fail, they do not skip."""
    spec = importlib.util.spec_from_file_location("find_engine", ROOT / "tools" / "engine" / "find.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return PulumiCommand(root=str(module.find_engine(lambda line: print(line, file=sys.stderr))))


@pytest.fixture
def new_stack(engine: PulumiCommand, tmp_path: Path, server: Emulator) -> Callable[..., Stack]:
    """Make a stack of a program on a backend of its own, with the emulator's keys in the environment."""

    def make(program: str, **environment: str | None) -> Stack:
        folder = tmp_path / f"stack-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return Stack(engine, folder, program, server, environment)

    return make
