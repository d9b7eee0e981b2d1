"""Warns once in a run about mistakes in the stack's configuration."""

from __future__ import annotations

import functools

import pulumi
from pulumi.runtime import config, settings

from pulumi_opsmanager.dynamic.spelling import configuration_warnings


def warn_of_configuration() -> None:
    """Warn about misspelled settings and keys in clear text, at the first resource of a run."""
    _warn_once(settings.get_monitor())


# One process may run several inline programs one after another, and each has its own monitor.
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
