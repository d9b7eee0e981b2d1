from __future__ import annotations

import pulumi
import pytest
from pulumi.dynamic import Config

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.dynamic.configuration import configuration, settings_from

GIVEN = {"opsmanager:baseUrl": "https://om", "opsmanager:publicKey": "public", "opsmanager:privateKey": "private"}


def test_inputs_of_a_provider_are_namespaced_and_what_is_secret_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain string would stand in clear in the state; what is not given is left out."""
    given = {row.name: None for row in SETTINGS} | {"base_url": "https://om", "private_key": "private"}
    assert isinstance(configuration(given)["opsmanager:privateKey"], pulumi.Output)
    monkeypatch.setattr(pulumi.Output, "secret", lambda value: f"secret {value}")
    assert configuration(given) == {"opsmanager:baseUrl": "https://om", "opsmanager:privateKey": "secret private"}


def test_settings_are_found_under_the_packages_name_and_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own key of the same name is another one."""
    monkeypatch.setenv("OPSMANAGER_PUBLIC_KEY", "environment")
    found = settings_from(Config(GIVEN | {"test:projectId": "b" * 24}, "test"))
    assert (found.base_url, found.public_key, found.project_id) == ("https://om", "public", None)
