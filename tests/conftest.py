from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.stores import azurite_port, moto_port, scheme, store  # noqa: F401  fixtures
from tests.support import FakeClock, client_for

# Hypothesis: no deadline, because machines differ in speed.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of `make chaos` and `make recipes`."""
    parser.addoption("--chaos-seed", type=int, default=1)
    parser.addoption("--chaos-rounds", type=int, default=1)
    parser.addoption("--poetry", action="store_true", help="the recipe for poetry too, which needs a minute")
    parser.addoption("--large", action="store_true", help="1,000 jobs under load and 200 in each chaos round")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One round of chaos for each seed, and one recipe for each tool that installs."""
    if "chaos_seed" in metafunc.fixturenames:
        seed = metafunc.config.getoption("chaos_seed")
        metafunc.parametrize("chaos_seed", range(seed, seed + metafunc.config.getoption("chaos_rounds")))
    if "installer" in metafunc.fixturenames:
        metafunc.parametrize("installer", ["pip", "uv", *(["poetry"] if metafunc.config.getoption("poetry") else [])])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures that tests recorded, even if their output is captured."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, value in getattr(report, "user_properties", ()):
                if name == "summary" and report.when == "call":
                    terminalreporter.write_line(str(value))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove all settings of this machine from the environment."""
    for name in list(os.environ):
        if name.startswith(("OPSMANAGER_", "MCLI_", "PULUMI_", "AWS_", "AZURE_", "GOOGLE_")) or name.lower().endswith(
            "_proxy"
        ):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose jobs are finished at the first status request."""
    with Emulator() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves only by sleeping."""
    return FakeClock()


@pytest.fixture
def client(server: Emulator, clock: FakeClock) -> Client:
    """A client of that emulator."""
    return client_for(server, clock)
