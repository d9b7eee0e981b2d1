from __future__ import annotations

import pytest

from pulumi_opsmanager.api.settings import SETTINGS, Setting, Settings, find, settings_of
from pulumi_opsmanager.errors import InvalidSettings

GOOD = {"base_url": "https://om.example.net:8443", "public_key": "public", "private_key": "private"}


@pytest.mark.parametrize(
    ("given", "base_url"),
    [
        ("https://om.example.net", "https://om.example.net"),
        ("https://om.example.net/", "https://om.example.net"),
        ("https://om.example.net/api/public/v1.0", "https://om.example.net"),
        ("https://om.example.net/api/public/v1.0/", "https://om.example.net"),
        ("http://gateway:8080/om/api/public/v1.0", "http://gateway:8080/om"),
    ],
)
def test_base_url_may_come_with_or_without_the_api_path(given: str, base_url: str) -> None:
    """People copy either form; one form is stored."""
    settings = settings_of(GOOD | {"base_url": given})
    assert settings.base_url == base_url
    assert settings.api_url == f"{base_url}/api/public/v1.0"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("base_url", "om.example.net", "must be a URL of the form https://host:port, not 'om.example.net'"),
        ("base_url", "om.example.net:8443", "must be a URL of the form"),
        ("base_url", "ftp://om.example.net", "must be a URL of the form"),
        ("base_url", "https://", "must be a URL of the form"),
        ("base_url", "https://om:port", "must be a URL of the form"),
        ("base_url", "https://om.example.net?x=1", "must have no query"),
        ("base_url", "https://me:secret@om.example.net", "must not contain a user name or a password"),
        ("base_url", "me:secret@om.example.net", "not the given text"),
        ("base_url", "https://me:secret#x@om.example.net", "not the given text"),
        ("base_url", "om.example.net?token=secret", "not 'om.example.net'"),
        ("public_key", "two\nlines", "must be printable ASCII without spaces"),
        ("private_key", "clé-secret", "must be printable ASCII without spaces"),
        ("project_id", "66F2", "must be 24 lower-case hex digits, not '66F2'"),
        ("ca_file", "/does/not/exist", "cannot be read: No such file"),
        ("ca_file", __file__, "contains no PEM certificate"),
        ("timeout_seconds", "soon", "must be more than 0 and at most 3600 seconds, not 'soon'"),
        ("timeout_seconds", "0", "must be more than 0"),
        ("timeout_seconds", "nan", "must be more than 0"),
    ],
)
def test_malformed_setting_is_named_with_its_rule(name: str, value: str, rule: str) -> None:
    """The error says which setting is wrong and what it must be, and never shows a password."""
    with pytest.raises(InvalidSettings, match="settings of Ops Manager") as refused:
        settings_of(GOOD | {name: value})
    assert refused.value.subject.property == name
    assert rule in str(refused.value)
    assert "secret" not in str(refused.value)


def test_every_problem_is_reported_at_once() -> None:
    """One short error names missing settings, malformed settings, and the ways to set them."""
    with pytest.raises(InvalidSettings) as refused:
        settings_of({"base_url": "nowhere", "timeout_seconds": "-1"}, project_needed=True)
    message = str(refused.value)
    for part in ("base_url must be", "timeout_seconds must be", "public_key, private_key, project_id are missing"):
        assert part in message
    assert message.endswith("; set OPSMANAGER_PUBLIC_KEY, OPSMANAGER_PRIVATE_KEY, OPSMANAGER_PROJECT_ID")
    assert len(message) < 600


def test_project_is_required_only_if_the_resource_has_none() -> None:
    """A resource may bring its own project."""
    assert settings_of(GOOD).project_id is None
    with pytest.raises(InvalidSettings, match="project_id is missing; set OPSMANAGER_PROJECT_ID"):
        settings_of(GOOD, project_needed=True)


@pytest.mark.parametrize("row", SETTINGS, ids=lambda row: row.name)
def test_configuration_wins_over_variables(row: Setting) -> None:
    """The order is configuration, OPSMANAGER_*, mongocli's names. Empty text is not a value."""
    sources = [("config", row.key), *(("environment", name) for name in row.variables)]
    for first in range(len(sources)):
        config = {key: f"from {key}" for kind, key in sources[first:] if kind == "config"} or {row.key: " "}
        environment = {key: f"from {key}" for kind, key in sources[first:] if kind == "environment"}
        assert find(config.get, environment) == {row.name: f"from {sources[first][1]}"}


def test_private_key_is_not_in_the_repr() -> None:
    """Settings may be printed."""
    assert "hunter2" not in repr(settings_of(GOOD | {"private_key": "hunter2"}))


@pytest.mark.parametrize(
    ("base_url", "is_cloud_manager"),
    [
        ("https://cloud.mongodb.com", True),
        ("https://cloud.mongodbgov.com", True),
        ("https://om.example.net", False),
        ("https://cloud.mongodb.com.example.net", False),
    ],
)
def test_cloud_manager_is_known_by_its_host(base_url: str, is_cloud_manager: bool) -> None:
    """It requires the collection window in another form."""
    assert Settings(base_url, "public", "private").is_cloud_manager is is_cloud_manager


@pytest.mark.parametrize(
    ("base_url", "is_in_clear"),
    [
        ("http://om.example.net:8080", True),
        ("HTTP://om.example.net", True),
        ("http://10.0.0.5", True),
        ("http://[2001:db8::1]:8080", True),
        ("http://localhost.example.net", True),
        ("http://127.0.0.1.example.net", True),
        ("http://notlocalhost", True),
        ("https://om.example.net", False),
        ("https://10.0.0.5:8443", False),
        ("http://127.0.0.1:8080", False),
        ("http://127.8.9.10", False),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
        ("http://LOCALHOST.", False),
        ("http://om.localhost/prefix", False),
    ],
)
def test_plain_http_is_unsafe_except_on_this_machine(base_url: str, is_in_clear: bool) -> None:
    """Only loopback addresses, and names reserved for them, stay on this machine. A similar name does not."""
    settings = settings_of(GOOD | {"base_url": base_url})
    assert settings.is_in_clear is is_in_clear
    assert (settings.warning is not None) is is_in_clear


def test_warning_of_plain_http_names_the_setting_and_the_server() -> None:
    """The warning also says what to do."""
    assert Settings("http://om.example.net:8080/prefix", "public", "private").warning == (
        "base_url is plain HTTP: everybody on the way to om.example.net:8080 can read the logs and change the answers; "
        "use https, and enable TLS on the server"
    )
