"""Warns about a stack's configuration: misspelled settings, and a private key in clear text.

Only the program's process knows which values are secret, because a provider receives all of them in clear text.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_opsmanager.api.settings import SETTINGS

_NAMESPACE = "opsmanager"
_KNOWN = ", ".join(f"{_NAMESPACE}:{row.key}" for row in SETTINGS)
_BY_FOLDED = {row.key.casefold(): row.key for row in SETTINGS}
_SECRET = frozenset(row.key.casefold() for row in SETTINGS if row.secret)

# Similarity by difflib, from 0 to 1.
_CLOSE_KEY = 0.7
_CLOSE_NAMESPACE = 0.85


def configuration_warnings(
    given: Mapping[str, Any], is_secret: Callable[[str], bool], *, project: str, stack: str
) -> list[str]:
    """Return one warning for each problem of a key.

    Args:
        given: All values of the stack's configuration, by key with namespace.
        is_secret: Returns whether the value of a key is stored encrypted.
        project: Name of the program's project, which is also the namespace of its keys.
        stack: Name of the stack; it is part of the file name in a warning.
    """
    return [line for key in sorted(given) for line in _warnings_of(key, given[key], is_secret, project, stack)]


def _warnings_of(key: str, value: Any, is_secret: Callable[[str], bool], project: str, stack: str) -> Iterator[str]:
    namespace, _, name = key.partition(":")
    right = _setting_like(name)
    if namespace != _NAMESPACE:
        # The project may use any keys in its own namespace.
        if namespace != project and _is_like_ours(namespace) and right is not None:
            yield f"{key} is not a setting and is ignored: write {_NAMESPACE}:{right}"
        return
    if name not in _BY_FOLDED.values():
        if right is not None:
            yield (
                f"{key} is not a setting and is ignored: write {_NAMESPACE}:{right} "
                f"(`pulumi config rm {key}`, then `pulumi config set {_NAMESPACE}:{right}`)"
            )
        elif project != _NAMESPACE:
            yield f"{key} is not a setting and is ignored. Settings: {_KNOWN}"
    if _holds_secret(right or name, value) and not is_secret(key):
        yield (
            f"{key} is stored in clear text in Pulumi.{stack}.yaml and in the state: run "
            f"`pulumi config set --secret {_NAMESPACE}:privateKey`, then `pulumi up`. "
            "Create a new API key if anybody else could read this one"
        )


def _setting_like(name: str) -> str | None:
    """Return the setting with the most similar name; None if no name is similar."""
    close = difflib.get_close_matches(_folded(name), list(_BY_FOLDED), n=1, cutoff=_CLOSE_KEY)
    return _BY_FOLDED[close[0]] if close else None


def _is_like_ours(namespace: str) -> bool:
    folded = _folded(namespace).removeprefix("pulumi")
    return difflib.SequenceMatcher(None, folded, _NAMESPACE).ratio() >= _CLOSE_NAMESPACE


def _holds_secret(name: str, value: Any) -> bool:
    """Return whether a value is the private key, or a map with one, as `pulumi config set --path` writes it."""
    text = _folded(str(value))
    return name.casefold() in _SECRET or (text.startswith("{") and any(f'"{secret}"' in text for secret in _SECRET))


def _folded(text: str) -> str:
    return text.casefold().replace("_", "").replace("-", "")
