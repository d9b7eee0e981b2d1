"""Reads the settings from the configuration of a stack or of an explicit provider."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pulumi_opsmanager.api.settings import SETTINGS, Setting, Settings, find, settings_of

# A key without a namespace belongs to the project.
_NAMESPACE = "opsmanager:"


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of an explicit provider.

    Secret values are marked as secret, because the state stores plain text unencrypted.

    Args:
        given: Value of each setting by its name in Python; None is left out.
    """
    return {
        f"{_NAMESPACE}{row.key}": pulumi.Output.secret(given[row.name]) if row.secret else given[row.name]
        for row in SETTINGS
        if given[row.name] is not None
    }


def settings_from(config: Any, *, project_needed: bool = False) -> Settings:
    """Read and check the settings: first from the configuration of stack or provider, then from the environment.

    Args:
        config: Configuration from the SDK. Its keys have a namespace.
        project_needed: Whether the resource has no project of its own.

    Raises:
        InvalidSettings: Settings are missing or invalid. The error names all of them.
    """
    found = find(lambda key: config.get(f"{_NAMESPACE}{key}"), os.environ)
    return settings_of(found, project_needed=project_needed, way_to_give=_way_to_give)


def _way_to_give(rows: Sequence[Setting]) -> str:
    commands = (f"`pulumi config set {'--secret ' if row.secret else ''}{_NAMESPACE}{row.key} VALUE`" for row in rows)
    variables = ", ".join(row.variables[0] for row in rows)
    return (
        f"run {', '.join(commands)}, or use the environment ({variables}; mongocli's MCLI_* names work too) or an "
        "explicit Provider"
    )
