from __future__ import annotations

import pytest

from pulumi_opsmanager.dynamic.spelling import configuration_warnings

CLEAR = (
    "is stored in clear text in Pulumi.dev.yaml and in the state: run `pulumi config set --secret opsmanager:private"
)


def warnings(*keys: str, project: str = "logs", secret: str = "", value: str = "x") -> list[str]:
    return configuration_warnings(dict.fromkeys(keys, value), lambda key: key == secret, project=project, stack="dev")


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("opsmanager:baseURL", "opsmanager:baseUrl"),
        ("opsmanager:base_url", "opsmanager:baseUrl"),
        ("opsmanager:base-url", "opsmanager:baseUrl"),
        ("opsmanager:bseUrl", "opsmanager:baseUrl"),
        ("opsmanager:publickey", "opsmanager:publicKey"),
        ("opsmanager:projectID", "opsmanager:projectId"),
        ("opsmanager:caFiles", "opsmanager:caFile"),
        ("opsmanager:timeout", "opsmanager:timeoutSeconds"),
        ("opsmanager:host", "opsmanager:baseUrl, opsmanager:publicKey"),
        ("ops-manager:baseUrl", "opsmanager:baseUrl"),
        ("opsManager:base_url", "opsmanager:baseUrl"),
        ("opsmanger:projectId", "opsmanager:projectId"),
        ("pulumi-opsmanager:caFile", "opsmanager:caFile"),
    ],
)
def test_misspelled_setting_is_named_with_the_right_spelling(key: str, right: str) -> None:
    """Pulumi itself ignores an unknown key without a warning."""
    (line,) = warnings(key)
    assert line.startswith(f"{key} is not ")
    assert right in line


def test_keys_of_other_packages_and_of_the_project_give_no_warning() -> None:
    """Settings of this package give none either. The project may have any name."""
    settings = ("baseUrl", "publicKey", "projectId", "caFile", "timeoutSeconds")
    assert warnings(*(f"opsmanager:{key}" for key in settings), "aws:region", "logs:baseUrl", "pulumi:tags") == []
    assert warnings("opsmanager:targets", project="opsmanager") == []
    assert warnings("ops-manager:baseUrl", project="ops-manager") == []


@pytest.mark.parametrize("key", ["opsmanager:privateKey", "opsmanager:privatekey"])
def test_private_key_in_clear_text_is_warned_of(key: str) -> None:
    """The warning has the command that repairs it. A secret value gives no warning."""
    assert warnings(key)[-1].startswith(f"{key} {CLEAR}")
    assert not any("clear text" in line for line in warnings(key, secret=key))


def test_private_key_inside_a_structure_is_warned_of() -> None:
    """`pulumi config set --path` writes such a map."""
    lines = warnings("opsmanager:east", value='{"baseUrl":"https://east","privateKey":"x"}')
    assert lines[-1].startswith(f"opsmanager:east {CLEAR}")
    assert not any("clear text" in line for line in warnings("opsmanager:east", value='{"baseUrl":"https://east"}'))
