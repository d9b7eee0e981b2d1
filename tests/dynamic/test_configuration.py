from __future__ import annotations

import pulumi
import pytest
from pulumi.dynamic import Config

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.dynamic.configuration import configuration, settings_from

GIVEN = {"opsmanager:baseUrl": "https://om", "opsmanager:publicKey": "public", "opsmanager:privateKey": "private"}


def test_inputs_of_a_provider_have_a_namespace_and_secrets_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state stores plain text unencrypted. Settings without a value are left out."""
    given = {row.name: None for row in SETTINGS} | {"base_url": "https://om", "private_key": "private"}
    assert isinstance(configuration(given)["opsmanager:privateKey"], pulumi.Output)
    monkeypatch.setattr(pulumi.Output, "secret", lambda value: f"secret {value}")
    assert configuration(given) == {"opsmanager:baseUrl": "https://om", "opsmanager:privateKey": "secret private"}


def test_settings_are_found_under_the_packages_name_and_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of the project with the same name is not a setting."""
    monkeypatch.setenv("OPSMANAGER_PUBLIC_KEY", "environment")
    found = settings_from(Config(GIVEN | {"test:projectId": "b" * 24}, "test"))
    assert (found.base_url, found.public_key, found.project_id) == ("https://om", "public", None)
