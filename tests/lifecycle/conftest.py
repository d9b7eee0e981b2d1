from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.session import Session
from tests.support import FakeClock, client_for


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Emulator]:
    """An emulator that lives by the test's clock."""
    with Emulator(now=clock.now) as running:
        yield running


@pytest.fixture
def session(server: Emulator, clock: FakeClock) -> Session:
    """A session with that emulator."""
    return Session(client_for(server, clock), clock)
