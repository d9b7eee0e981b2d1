"""The pytest plugin: a local Ops Manager and stacks of a real engine, as fixtures.

Imports neither Pulumi nor the emulator until a fixture is used: it is there in every run of pytest beside this package,
also where the extra `testing` is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pulumi.automation import PulumiCommand

    from pulumi_opsmanager.emulator import Emulator

    from .stack import Stack, StackFactory


@pytest.fixture
def opsmanager() -> Iterator[Emulator]:
    """A local Ops Manager whose jobs are finished at the first look; `fail` lets its next answers go wrong.

    Override it in `conftest.py` for another pace or behaviour.
    """
    try:
        from pulumi_opsmanager.emulator import Emulator
    except ImportError as error:
        pytest.fail(f"{error.name} is missing: pip install 'pulumi-opsmanager[testing]'", pytrace=False)
    with Emulator() as server:
        yield server


@pytest.fixture(scope="session")
def opsmanager_engine() -> PulumiCommand:
    """The Pulumi command on PATH; without one tests fail, they do not skip. Override it for another."""
    from pulumi.automation import InvalidVersionError, PulumiCommand

    try:
        return PulumiCommand()
    except (FileNotFoundError, InvalidVersionError) as error:
        pytest.fail(f"no Pulumi engine ({error}): install Pulumi, so that `pulumi` is on PATH", pytrace=False)


@pytest.fixture
def opsmanager_stack(
    opsmanager: Emulator, opsmanager_engine: PulumiCommand, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StackFactory]:
    """Makes stacks of a program's text or folder; what the test leaves of them is destroyed after it."""
    from .stack import Stack

    with ExitStack() as made:

        def make(
            program: str | Path,
            *,
            config: Mapping[str, str] | None = None,
            environment: Mapping[str, str | None] | None = None,
        ) -> Stack:
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
