"""Shared by all provider classes of a process: one server per settings, and the memory of the run.

This state is in the module, because the engine configures each provider class separately.
"""

from __future__ import annotations

import functools
from threading import Lock

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.server import Server

_lock = Lock()
_run = Run()
_warned_of: set[Settings] = set()


def first_warning(settings: Settings) -> str | None:
    """The warning about unsafe settings; None if there is none, or if this process has shown it before."""
    warning = settings.warning
    with _lock:
        if warning is None or settings in _warned_of:
            return None
        _warned_of.add(settings)
    return warning


def server_for(settings: Settings) -> Server:
    """The process's server with these settings."""
    with _lock:
        return _server(settings)


@functools.cache
def _server(settings: Settings) -> Server:
    clock = wall_clock()
    return Server.of(Client(settings, clock), clock)


def run() -> Run:
    """The memory of this process, shared by all settings: a delete may use the settings of the last `up`."""
    return _run
