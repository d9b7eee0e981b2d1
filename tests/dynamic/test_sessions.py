from __future__ import annotations

from dataclasses import replace

from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.dynamic.sessions import run, server_for


def test_equal_settings_have_one_server() -> None:
    """They share connections and list walks."""
    settings = Settings("https://om", "public", "private")
    server = server_for(settings)
    assert server_for(replace(settings)) is server
    assert server_for(replace(settings, public_key="other")) is not server
    assert server.client.settings == settings


def test_process_has_one_run() -> None:
    """A delete with the settings of the last `up` still knows which archive has which file."""
    assert run() is run()
