from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.context import Context
from tests.lifecycle.archives import earlier, inputs
from tests.support import PROJECT, FakeClock, Heard, client_for, context_of, job_request


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Emulator]:
    """An emulator with the clock of the test."""
    with Emulator(now=clock.now) as running:
        yield running


@pytest.fixture
def heard() -> Heard:
    """The lines that the context's reporter received."""
    return Heard()


@pytest.fixture
def context(server: Emulator, clock: FakeClock, heard: Heard) -> Context:
    """The context of an operation on that emulator."""
    return context_of(client_for(server, clock), clock, heard)


@pytest.fixture
def job_id(context: Context) -> str:
    """A job on that emulator."""
    return context.jobs(PROJECT).create(job_request())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path of an archive, in an empty folder."""
    return tmp_path / "logs.tar.gz"


@pytest.fixture
def stored(context: Context, job_id: str, file: Path) -> StoredArchive:
    """An archive that an earlier run stored at that path."""
    return earlier(context, inputs(job_id, file))
