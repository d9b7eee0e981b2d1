"""Whoever has mongocli set up types nothing twice; and no program picks up what lies in a home."""

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

# As in the vendor's page, with the keys that concern us: https://www.mongodb.com/docs/mongocli/stable/configure/
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
    """The file in a home."""
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
def test_file_is_where_mongocli_has_it(platform: str, environment: dict[str, str], file: str) -> None:
    """Its folder is that of Go's standard library; a Mac has no XDG."""
    assert profile_file(environment, platform=platform) == Path(file).expanduser()


def test_settings_have_the_names_of_a_profile(home: Path) -> None:
    """Each but the timeout, which mongocli does not have."""
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
    """There is only one."""
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
def test_profile_is_the_one_that_mongocli_takes(home: Path, text: str, name: str | None, used: str | None) -> None:
    """The named one in any case, the only one, or `default`; one of Atlas that nobody named is left alone."""
    write(home, text)
    profile = find_profile(name, {})
    assert (profile.name if profile else None) == used


def test_key_at_the_top_of_the_file_wins(home: Path) -> None:
    """As mongocli has it."""
    write(home, 'ops_manager_url = "http://top"\n[default]\nops_manager_url = "http://below"\n')
    profile = find_profile(None, {})
    assert profile is not None
    assert profile.values["ops_manager_url"] == "http://top"


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        (None, "x", "profile 'x' is not in mongocli's {file}: no such file"),
        ("", "x", "profile 'x' is not in mongocli's {file}: it has none"),
        (PAGE, "x", "profile 'x' is not in mongocli's {file}: it has default, myopsmanager, cm"),
        (PAGE, "default", "profile 'default' of {file} is of the service cloud: that is Atlas"),
        ("[default\nprivate_api_key = 'hunter1'", None, "mongocli's {file} is no TOML: "),
    ],
)
def test_profile_that_cannot_be_used_is_told(home: Path, text: str | None, name: str | None, words: str) -> None:
    """What was asked for is not left out in silence; no key is in the message."""
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
        (PAGE, "choose a profile of mongocli with --profile (or MCLI_PROFILE): myopsmanager, cm"),
        ('[A]\nops_manager_url = "http://x"\n[b]\nservice = "cloud-manager"\n', "(or MCLI_PROFILE): a, b"),
        ('[a]\nservice = "cloud"\n[b]\nservice = "cloudgov"\n', "mongocli's MCLI_* names and profiles work too"),
        ("", "mongocli's MCLI_* names and profiles work too"),
    ],
)
def test_profiles_to_choose_from_are_named(home: Path, text: str, words: str) -> None:
    """Those of Atlas are not offered, and no key is shown."""
    write(home, text)
    refused = run(None, "list")
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert "hunter" not in refused.stderr


def test_command_needs_nothing_but_the_profile(server: Emulator, home: Path) -> None:
    """Neither option nor variable."""
    write(home, of(server))
    assert run(None, "list").exit_code == 0


def test_profile_is_named_by_option_or_variable(server: Emulator, home: Path) -> None:
    """The option wins."""
    write(home, of(server, "good") + of(server, "bad", private_api_key="wrong"))
    assert run(None, "list", "--profile", "good", MCLI_PROFILE="bad").exit_code == 0
    assert run(None, "list", MCLI_PROFILE="good").exit_code == 0
    assert run(None, "list", "-P", "bad").exit_code == 1
    assert "settings of Ops Manager missing" in run(None, "list").stderr


@pytest.mark.parametrize("row", [row for row in SETTINGS if row.required], ids=lambda row: row.name)
def test_environment_wins_over_the_profile(server: Emulator, home: Path, row: object) -> None:
    """A right variable saves from a wrong profile, and a wrong one is not saved by a right profile."""
    assert row in SETTINGS
    profile_key, variable = getattr(row, "profile_key", ""), getattr(row, "variables", ("",))[0]
    write(home, of(server, **{profile_key: "wrong"}))
    assert run(None, "list").exit_code == 1
    assert run(None, "list", **{variable: keys_of(server)[variable]}).exit_code == 0
    write(home, of(server))
    assert run(None, "list", **{variable: "wrong"}).exit_code == 1


def test_doctor_names_the_profile_and_who_can_read_it(server: Emulator, home: Path) -> None:
    """A file with keys that others can read is a warning with its remedy."""
    file = write(home, of(server))
    first = json.loads(run(None, "doctor", "--json").stdout)[0]
    assert (first["check"], first["outcome"]) == ("profile", "ok")
    assert first["finding"] == f"default of {file} gives what options and environment do not"
    file.chmod(0o644)
    told = run(None, "doctor", "--json")
    first = json.loads(told.stdout)[0]
    assert (told.exit_code, first["outcome"]) == (0, "warning")
    assert first["remedy"].endswith(f"chmod 600 {file}")
