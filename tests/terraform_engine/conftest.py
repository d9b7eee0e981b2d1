from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.terraform.provider import Provider
from pulumi_opsmanager.terraform.serve import serving
from tests.terraform_engine.configuration import Configuration, reattached_to, settings_of
from tools.engine.making import NoEngineError
from tools.engine.terraform import find_binaries

_BINARIES = pytest.StashKey[tuple[Path, ...]]()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test of a binary with every binary of this machine. Without a binary it fails; it does not skip."""
    if "binary" in metafunc.fixturenames:
        found = _binaries(metafunc.config.stash)
        if metafunc.definition.get_closest_marker("one_binary"):
            found = found[:1]
        metafunc.parametrize("binary", found, ids=[path.name for path in found], indirect=True, scope="session")


def _binaries(stash: pytest.Stash) -> tuple[Path, ...]:
    """The binaries of this machine, found once per run."""
    if _BINARIES not in stash:
        try:
            stash[_BINARIES] = find_binaries(lambda line: print(line, file=sys.stderr))
        except NoEngineError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
    return stash[_BINARIES]


@pytest.fixture(scope="session")
def binary(request: pytest.FixtureRequest) -> Path:
    """Terraform or OpenTofu."""
    path: Path = request.param
    return path


@pytest.fixture
def server(clock: Clock) -> Iterator[Emulator]:
    """An emulator with the clock of the test. Its jobs are finished at the first status request."""
    with Emulator(now=clock.now) as running:
        yield running


@pytest.fixture
def reattached(
    binary: Path, server: Emulator, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Configuration]:
    """A configuration whose provider runs in this process, with the emulator's settings and the clock of the test.

    Commands need no `init`. The provider reads settings from the environment of this process, not of the command.
    """
    for name, value in settings_of(server).items():
        monkeypatch.setenv(name, value)
    # The path of a socket has at most 107 characters; those of pytest can be longer.
    with (
        tempfile.TemporaryDirectory(prefix="opsmanager-") as folder,
        serving(Provider(clock), Path(folder)) as socket,
    ):
        configuration = Configuration(tmp_path / "configuration", binary, reattached_to(socket))
        # As Terraform starts a provider.
        monkeypatch.chdir(configuration.folder)
        yield configuration
