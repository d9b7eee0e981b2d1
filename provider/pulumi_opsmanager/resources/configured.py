"""What a program's run knows of the stack's configuration, and warns of once."""

from __future__ import annotations

import functools

import pulumi
from pulumi.runtime import config, settings

from pulumi_opsmanager.dynamic.spelling import configuration_warnings


def warn_of_configuration() -> None:
    """Warn of misspelled settings and of keys in clear text, at the first resource of a run."""
    _warn_once(settings.get_monitor())


# One process may run several programs one after another (inline ones), each with a monitor of its own.
@functools.lru_cache(maxsize=1)
def _warn_once(_run: object) -> None:
    given = config.get_config_env() | config.CONFIG.get()
    secret = frozenset(config.get_config_secret_keys_env())
    for line in configuration_warnings(
        given,
        lambda key: key in secret or config.is_config_secret(key),
        project=pulumi.get_project(),
        stack=pulumi.get_stack(),
    ):
        pulumi.log.warn(line)
