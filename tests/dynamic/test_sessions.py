from __future__ import annotations

from dataclasses import replace

from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.dynamic.sessions import session_for


def test_session_is_one_for_equal_settings() -> None:
    """So connections and list walks are shared; its client lives by the session's clock."""
    settings = Settings("https://om", "public", "private")
    session = session_for(settings)
    assert session_for(replace(settings)) is session
    assert session_for(replace(settings, public_key="other")) is not session
    assert session.client.settings == settings
    assert session.clock.now().tzinfo is not None
