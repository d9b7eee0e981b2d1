from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Stack
from tools.engine.find import find_engine


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Stop ignoring SIGINT in a background job. The engine ends its language host with it, or else waits 5 s."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def engine() -> PulumiCommand:
    """The real Pulumi engine. Without one these tests fail; they do not skip."""
    return PulumiCommand(root=str(find_engine(lambda line: print(line, file=sys.stderr))))


@pytest.fixture
def new_stack(engine: PulumiCommand, tmp_path: Path, server: Emulator) -> Callable[..., Stack]:
    """Make a stack of a program on its own backend, with the emulator's keys in the environment."""

    def make(program: str, **environment: str | None) -> Stack:
        folder = tmp_path / f"stack-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return Stack(program, server, folder, engine=engine, environment=environment)

    return make
