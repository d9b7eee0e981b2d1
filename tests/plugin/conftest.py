from __future__ import annotations

from collections.abc import Iterator

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.plugin.host import Plugin, plugin, settings_of


@pytest.fixture
def bare() -> Iterator[Plugin]:
    """A plugin without settings."""
    with plugin() as running:
        yield running


@pytest.fixture
def host(bare: Plugin, server: Emulator) -> Plugin:
    """A plugin with the settings of the emulator."""
    bare.configure(settings_of(server))
    return bare
