from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.support import FakeClock, client_for

# Nothing here is judged by time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(("OPSMANAGER_", "MCLI_", "PULUMI_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose jobs are finished at the first look."""
    with Emulator() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that only sleeping moves."""
    return FakeClock()


@pytest.fixture
def client(server: Emulator, clock: FakeClock) -> Client:
    """A client of that emulator."""
    return client_for(server, clock)
