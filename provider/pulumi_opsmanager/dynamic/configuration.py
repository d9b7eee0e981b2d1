"""Reads settings from Pulumi's configuration, of a stack or of an explicit provider."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pulumi

from pulumi_opsmanager.api.settings import SETTINGS, Settings, find, judge

# Without it a key would be the project's.
_NAMESPACE = "opsmanager:"


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of an explicit provider, from values by setting name; None is left out.

    What is secret is marked here, because the state would hold a plain string in clear text.
    """
    return {
        f"{_NAMESPACE}{row.key}": pulumi.Output.secret(given[row.name]) if row.secret else given[row.name]
        for row in SETTINGS
        if given[row.name] is not None
    }


def settings_from(config: Any, *, project_needed: bool = False) -> Settings:
    """Find and check the settings: stack or provider configuration first, then the environment.

    Args:
        config: The SDK's configuration, whose keys have a namespace.
        project_needed: The resource at hand names no project.

    Raises:
        InvalidSettings: All that is wrong.
    """
    return judge(find(lambda key: config.get(f"{_NAMESPACE}{key}"), os.environ), project_needed=project_needed)
