"""One session per settings for the whole provider process, so that connections, nonces and list walks are shared.

Sessions, and what was said of their settings, are the one module-level state of the package: the engine configures
each provider class by itself and gives them nothing else to share.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import pulumi

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.api.settings import SETTINGS, Settings, find, judge
from pulumi_opsmanager.lifecycle.session import Session

NAMESPACE = "opsmanager"

_lock = Lock()
_warned_of: set[Settings] = set()


def config_key(key: str) -> str:
    """A settings key as it stands in the stack's configuration; without a namespace it would be the project's."""
    return f"{NAMESPACE}:{key}"


def configuration(given: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs of an explicit provider, from values by setting name; None is left out.

    What is secret is marked here, because a plain string would stand in clear in the state.
    """
    return {
        config_key(row.key): pulumi.Output.secret(given[row.name]) if row.secret else given[row.name]
        for row in SETTINGS
        if given[row.name] is not None
    }


def settings_from(config: Any, *, project_needed: bool = False) -> Settings:
    """Find and judge the settings: stack or provider configuration first, then the environment.

    Args:
        config: The SDK's bag, asked with namespaced keys.
        project_needed: The resource at hand names no project.

    Raises:
        InvalidSettings: All that is wrong.
    """
    return judge(find(lambda key: config.get(config_key(key)), os.environ), project_needed=project_needed)


def first_warning(settings: Settings) -> str | None:
    """What a person should know of the settings; None when it is nothing, or was said in this process before."""
    with _lock:
        if not settings.is_in_clear or settings in _warned_of:
            return None
        _warned_of.add(settings)
    host = urlsplit(settings.base_url).netloc
    return (
        f"baseUrl is plain HTTP: everybody on the way to {host} can read the logs and change the answers; "
        "have the server speak TLS and say https"
    )


def session_for(settings: Settings) -> Session:
    """The process's session with these settings."""
    with _lock:
        return _session(settings)


@functools.cache
def _session(settings: Settings) -> Session:
    clock = wall_clock()
    return Session(Client(settings, clock), clock)
