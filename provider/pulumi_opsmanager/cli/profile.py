"""The profiles of mongocli, as further settings of commands. Programs never read them.

mongocli stores a profile as a table of `mongocli/config.toml` in the user's configuration folder. Names are compared in
lower case. mongocli uses the profile of `--profile` or MCLI_PROFILE, otherwise the only one, otherwise `default`. Keys
at the top of the file win over keys of a profile. A profile is for Atlas if it has no Ops Manager URL and its `service`
is neither Ops Manager nor Cloud Manager.

Sources, read 2026-11-24: https://www.mongodb.com/docs/mongocli/stable/configure/configuration-file/; its code in
github.com/mongodb/mongodb-cli, internal/config/profile.go (`CLIConfigHome`, `SetName`, `Get`, `IsCloud`),
cmd/mongocli/mongocli.go (`initConfig`) and internal/cli/opsmanager/ops_manager.go, which ignores `service`.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from pulumi_opsmanager.errors import InvalidSettings, Subject

VARIABLE = "MCLI_PROFILE"

_DEFAULT = "default"
_CHOICE = Subject(property="profile")
_OURS = ("ops-manager", "cloud-manager")
_CLOUD_MANAGER_URL = "https://cloud.mongodb.com"


@dataclass(frozen=True)
class Profile:
    """One profile: its name in lower case, the file of all profiles, and its texts by mongocli's names."""

    name: str
    file: Path
    # The texts include the private key.
    values: Mapping[str, str] = field(repr=False)

    @property
    def is_open_to_others(self) -> bool:
        """Whether other users of this machine can read the file with the private key."""
        return bool(self.file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def profile_file(environment: Mapping[str, str], *, platform: str = sys.platform) -> Path:
    """Return the file of all profiles, in the folder that Go's `os.UserConfigDir` returns."""
    if platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    elif platform == "win32":
        folder = Path(environment.get("APPDATA") or Path.home())
    else:
        folder = Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return folder / "mongocli" / "config.toml"


def find_profile(name: str | None, environment: Mapping[str, str]) -> Profile | None:
    """Return the profile to use; None if no name is given and mongocli's choice is missing or for Atlas.

    Raises:
        InvalidSettings: The file cannot be read. If the named profile is missing or for Atlas, the subject is the
            property `profile`.
    """
    file = profile_file(environment)
    profiles = _profiles(file)
    wanted = name.lower() if name else next(iter(profiles)) if len(profiles) == 1 else _DEFAULT
    values = profiles.get(wanted)
    if values is not None and _is_ours(values):
        return Profile(wanted, file, values)
    if not name:
        return None
    if values is None:
        known = f"has {', '.join(profiles)}" if profiles else "has none" if file.exists() else "does not exist"
        raise InvalidSettings(f"no mongocli profile {name!r}: {file} {known}", subject=_CHOICE)
    service = values.get("service") or "cloud"
    words = f"mongocli profile {name!r} in {file} is for Atlas (service {service}): choose another one"
    raise InvalidSettings(words, subject=_CHOICE)


def profiles_to_choose(environment: Mapping[str, str]) -> list[str]:
    """Return the names of all profiles for Ops Manager or Cloud Manager; empty if the file is unreadable."""
    return [name for name, values in _readable_profiles(environment).items() if _is_ours(values)]


def complete_profile(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Return the names that a shell offers as completion."""
    return [CompletionItem(name) for name in _readable_profiles(os.environ) if name.startswith(begun.lower())]


def _readable_profiles(environment: Mapping[str, str]) -> dict[str, dict[str, str]]:
    try:
        return _profiles(profile_file(environment))
    except InvalidSettings:
        return {}


def _profiles(file: Path) -> dict[str, dict[str, str]]:
    """Return the texts of each profile by mongocli's names. Keys at the top of the file win."""
    document = _document(file)
    tables = {name: table | document for name, table in document.items() if isinstance(table, dict)}
    profiles = {
        name: {key: value for key, value in table.items() if isinstance(value, str)} for name, table in tables.items()
    }
    for values in profiles.values():
        if values.get("service") == "cloud-manager":
            values.setdefault("ops_manager_url", _CLOUD_MANAGER_URL)
    return profiles


def _is_ours(values: Mapping[str, str]) -> bool:
    return values.get("service") in _OURS or "ops_manager_url" in values


def _document(file: Path) -> dict[str, Any]:
    """Return the content of the file with all names in lower case; empty without a file."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        with file.open("rb") as opened:
            document = tomllib.load(opened)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InvalidSettings(f"cannot read the mongocli profiles in {file}: {error.strerror}") from None
    except ValueError as error:
        # The message names a line and a column, never a value.
        raise InvalidSettings(f"mongocli profiles in {file} are not valid TOML: {error}") from None
    return _lowered(document)


def _lowered(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): _lowered(value) if isinstance(value, dict) else value for key, value in table.items()}
