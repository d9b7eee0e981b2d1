"""One session per settings for a provider process, so that connections, nonces and list walks are shared.

Sessions, the settings that were warned of, and the holders of files are module-level state: the engine configures each
provider class by itself and gives them nothing else to share.
"""

from __future__ import annotations

import functools
from threading import Lock
from urllib.parse import urlsplit

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.lifecycle.holders import Holders
from pulumi_opsmanager.lifecycle.session import Session

_lock = Lock()
_holders = Holders()
_warned_of: set[Settings] = set()


def first_warning(settings: Settings) -> str | None:
    """What a person should know of the settings; None when it is nothing, or this process has warned before."""
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
    return Session(Client(settings, clock), clock, holders())


def holders() -> Holders:
    """Who has which file; the same for all settings, as a delete may come with those of the last `up`."""
    return _holders
