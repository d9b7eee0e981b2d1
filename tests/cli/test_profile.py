"""The profiles of mongocli work as settings of commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_opsmanager.api.settings import SETTINGS, find
from pulumi_opsmanager.cli.profile import find_profile, profile_file
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.errors import InvalidSettings
from tests.cli.terminal import keys_of, run
from tests.support import PROJECT

# The sample of the vendor's page, with the keys that we use: https://www.mongodb.com/docs/mongocli/stable/configure/
PAGE = """\
mongosh_path = "/usr/local/bin/mongosh"

[default]
  org_id = "5cac6a2179358edabd12b572"
  public_api_key = "ABCDEFG"
  private_api_key = "hunter1"
  service = "cloud"

[myOpsManager]
  ops_manager_ca_certificate = "/etc/ssl/certs/ca.pem"
  ops_manager_skip_verify = "no"
  ops_manager_url = "http://localhost:9080/"
  public_api_key = "HIJKLMN"
  project_id = "66f2a41b9d3c5e0012ab34cd"
  private_api_key = "hunter2"
  service = "ops-manager"

[cm]
  public_api_key = "OPQRSTU"
  private_api_key = "hunter3"
  service = "cloud-manager"
"""


def write(home: Path, text: str) -> Path:
    """Write the file into a home."""
    file = home / ".config" / "mongocli" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def of(server: Emulator, name: str = "default", **changes: str) -> str:
    """The text of a profile for an emulator."""
    values = {
        "ops_manager_url": f"{server.url}/",
        "public_api_key": server.public_key,
        "private_api_key": server.private_key,
        "project_id": server.project_id,
        "service": "ops-manager",
    } | changes
    return "".join([f"[{name}]\n", *(f'{key} = "{value}"\n' for key, value in values.items())])


@pytest.mark.parametrize(
    ("platform", "environment", "file"),
    [
        ("linux", {}, "~/.config/mongocli/config.toml"),
        ("linux", {"XDG_CONFIG_HOME": ""}, "~/.config/mongocli/config.toml"),
        ("linux", {"XDG_CONFIG_HOME": "/etc/xdg"}, "/etc/xdg/mongocli/config.toml"),
        ("darwin", {"XDG_CONFIG_HOME": "/etc/xdg"}, "~/Library/Application Support/mongocli/config.toml"),
        ("win32", {"APPDATA": "/appdata"}, "/appdata/mongocli/config.toml"),
    ],
)
def test_file_is_where_mongocli_stores_it(platform: str, environment: dict[str, str], file: str) -> None:
    """The folder is that of Go's standard library, which ignores XDG on a Mac."""
    assert profile_file(environment, platform=platform) == Path(file).expanduser()


def test_profile_gives_every_setting_but_the_timeout(home: Path) -> None:
    """Mongocli has no timeout. The private key is not in `repr`."""
    write(home, PAGE)
    profile = find_profile("myOpsManager", {})
    assert profile is not None
    assert find(lambda _: None, {}, profile.values) == {
        "base_url": "http://localhost:9080/",
        "public_key": "HIJKLMN",
        "private_key": "hunter2",
        "project_id": PROJECT,
        "ca_file": "/etc/ssl/certs/ca.pem",
    }
    assert {row.name for row in SETTINGS if row.profile_key is None} == {"timeout_seconds"}
    assert "hunter" not in repr(profile)


def test_cloud_manager_needs_no_url(home: Path) -> None:
    """There is only one Cloud Manager."""
    write(home, PAGE)
    profile = find_profile("CM", {})
    assert profile is not None
    assert profile.values["ops_manager_url"] == "https://cloud.mongodb.com"


@pytest.mark.parametrize(
    ("text", "name", "used"),
    [
        ("", None, None),
        (PAGE, None, None),
        (PAGE, "MYopsmanager", "myopsmanager"),
        ('[only]\nops_manager_url = "http://x"\n', None, "only"),
        ('[a]\nservice = "ops-manager"\n[default]\nservice = "ops-manager"\n', None, "default"),
        ('[a]\nservice = "ops-manager"\n[b]\nservice = "ops-manager"\n', None, None),
        ('[only]\nservice = "cloudgov"\n', None, None),
    ],
)
def test_profile_is_the_one_that_mongocli_uses(home: Path, text: str, name: str | None, used: str | None) -> None:
    """The named one in any case, the only one, or `default`. A profile for Atlas is ignored unless it is named."""
    write(home, text)
    profile = find_profile(name, {})
    assert (profile.name if profile else None) == used


def test_key_at_the_top_of_the_file_overrides_the_profile(home: Path) -> None:
    """Mongocli does the same."""
    write(home, 'ops_manager_url = "http://top"\n[default]\nops_manager_url = "http://below"\n')
    profile = find_profile(None, {})
    assert profile is not None
    assert profile.values["ops_manager_url"] == "http://top"


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (None, "x", "no mongocli profile 'x': {file} does not exist"),
        ("", "x", "no mongocli profile 'x': {file} has none"),
        (PAGE, "x", "no mongocli profile 'x': {file} has default, myopsmanager, cm"),
        (PAGE, "default", "mongocli profile 'default' in {file} is for Atlas (service cloud): choose another one"),
        ("[default\nprivate_api_key = 'hunter1'", None, "mongocli profiles in {file} are not valid TOML: "),
    ],
)
def test_unusable_profile_fails_with_the_reason(home: Path, text: str | None, name: str | None, words: str) -> None:
    """The message has no key."""
    file = write(home, text or "")
    if text is None:
        file.unlink()
    with pytest.raises(InvalidSettings) as refused:
        find_profile(name, {})
    assert str(refused.value).startswith(words.format(file=file))
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PAGE, "choose a mongocli profile with --profile (or MCLI_PROFILE): myopsmanager, cm"),
        ('[A]\nops_manager_url = "http://x"\n[b]\nservice = "cloud-manager"\n', "(or MCLI_PROFILE): a, b"),
        ('[a]\nservice = "cloud"\n[b]\nservice = "cloudgov"\n', "mongocli's MCLI_* variables and profiles work too"),
        ("", "mongocli's MCLI_* variables and profiles work too"),
    ],
)
def test_missing_settings_name_the_profiles_to_choose_from(home: Path, text: str, words: str) -> None:
    """Profiles for Atlas are not among them, and no key is shown."""
    write(home, text)
    refused = run(None, "list")
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert "hunter" not in refused.stderr


def test_profile_alone_is_sufficient(server: Emulator, home: Path) -> None:
    """There is neither option nor variable."""
    write(home, of(server))
    assert run(None, "list").exit_code == 0


def test_profile_is_chosen_by_option_or_variable(server: Emulator, home: Path) -> None:
    """The option overrides the variable."""
    write(home, of(server, "good") + of(server, "bad", private_api_key="wrong"))
    assert run(None, "list", "--profile", "good", MCLI_PROFILE="bad").exit_code == 0
    assert run(None, "list", MCLI_PROFILE="good").exit_code == 0
    assert run(None, "list", "-P", "bad").exit_code == 1
    assert "Ops Manager settings are missing" in run(None, "list").stderr


@pytest.mark.parametrize("name", ["x", "default"])
def test_profile_that_cannot_be_used_is_a_usage_error_of_its_option(home: Path, name: str) -> None:
    """The variable gives a setting, and its profile is an invalid one. So is a file that cannot be read."""
    write(home, PAGE)
    refused = run(None, "list", "--profile", name)
    assert refused.exit_code == 2
    assert "Invalid value for --profile: " in refused.stderr
    assert run(None, "list", MCLI_PROFILE=name).exit_code == 1
    write(home, "[x")
    assert run(None, "list", "--profile", name).exit_code == 1


@pytest.mark.parametrize("row", [row for row in SETTINGS if row.required], ids=lambda row: row.name)
def test_environment_overrides_the_profile(server: Emulator, home: Path, row: object) -> None:
    """A correct variable replaces a wrong value, and a wrong variable replaces a correct value."""
    assert row in SETTINGS
    profile_key, variable = getattr(row, "profile_key", ""), getattr(row, "variables", ("",))[0]
    write(home, of(server, **{profile_key: "wrong"}))
    assert run(None, "list").exit_code == 1
    assert run(None, "list", **{variable: keys_of(server)[variable]}).exit_code == 0
    write(home, of(server))
    assert run(None, "list", **{variable: "wrong"}).exit_code == 1


def test_doctor_names_the_profile_and_warns_if_others_can_read_it(server: Emulator, home: Path) -> None:
    """The warning has a remedy, and the exit code is 0."""
    file = write(home, of(server))
    first = json.loads(run(None, "doctor", "--json").stdout)[0]
    assert (first["check"], first["outcome"]) == ("profile", "ok")
    assert first["finding"] == f"default of {file} gives what options and environment do not"
    file.chmod(0o644)
    warned = run(None, "doctor", "--json")
    first = json.loads(warned.stdout)[0]
    assert (warned.exit_code, first["outcome"]) == (0, "warning")
    assert first["remedy"].endswith(f"chmod 600 {file}")
