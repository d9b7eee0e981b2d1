"""The pytest plugin: a local Ops Manager and stacks of a real engine, as fixtures.

It imports Pulumi and the emulator only when a test uses a fixture. Every run of pytest beside this package loads it,
also without the extra `testing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pulumi_opsmanager.errors import needs_extra

if TYPE_CHECKING:
    from pulumi.automation import PulumiCommand

    from pulumi_opsmanager.emulator import Emulator

    from .stack import Stack, StackFactory


@pytest.fixture
def opsmanager() -> Iterator[Emulator]:
    """A local Ops Manager whose jobs are finished at the first read; `fail` plans faults of its next answers.

    Override it in `conftest.py` for another pace or behaviour.
    """
    try:
        from pulumi_opsmanager.emulator import Emulator
    except ImportError as error:
        pytest.fail(f"{error.name} is missing; the fixture {needs_extra('testing')}", pytrace=False)
    with Emulator() as server:
        yield server


@pytest.fixture(scope="session")
def opsmanager_engine() -> PulumiCommand:
    """The Pulumi command on PATH. Without one tests fail and do not skip. Override it for another command."""
    from pulumi.automation import InvalidVersionError, PulumiCommand

    try:
        return PulumiCommand()
    except FileNotFoundError:
        reason = "`pulumi` is not on PATH"
    except InvalidVersionError as error:
        reason = str(error)
    pytest.fail(f"no Pulumi engine: {reason}; install Pulumi, or run `tools/engine/find.py` of a clone", pytrace=False)


@pytest.fixture
def opsmanager_stack(
    opsmanager: Emulator, opsmanager_engine: PulumiCommand, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StackFactory]:
    """Makes stacks of a program's text or folder. After the test it destroys what remains of them."""
    from .stack import Stack

    with ExitStack() as made:

        def make(
            program: str | Path,
            *,
            config: Mapping[str, str] | None = None,
            environment: Mapping[str, str | None] | None = None,
        ) -> Stack:
            __tracebackhide__ = True
            if isinstance(program, Path) and not program.is_dir():
                pytest.fail(f"no such project folder: {program}")
            stack = Stack(
                program,
                opsmanager,
                tmp_path_factory.mktemp("stack"),
                engine=opsmanager_engine,
                config=config,
                environment=environment,
            )
            made.callback(stack.close)
            return stack

        yield make
