from __future__ import annotations

import pulumi
import pytest
from pulumi.dynamic import Config

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.dynamic.configuration import configuration, settings_from
from pulumi_opsmanager.errors import InvalidSettings

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


def test_missing_settings_are_named_at_once_with_a_command_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person can run the commands as they are. Only the secret setting is stored as a secret."""
    for variable in (variable for row in SETTINGS for variable in row.variables):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(InvalidSettings) as failed:
        settings_from(Config({}, "test"), project_needed=True)
    assert (
        "base_url, public_key, private_key, project_id are missing; run `pulumi config set opsmanager:baseUrl VALUE`, "
        "`pulumi config set opsmanager:publicKey VALUE`, `pulumi config set --secret opsmanager:privateKey VALUE`, "
        "`pulumi config set opsmanager:projectId VALUE`, or use the environment"
    ) in str(failed.value)
