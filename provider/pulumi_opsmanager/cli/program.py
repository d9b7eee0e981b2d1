"""The source text of a program that declares jobs, laid out as ruff and black do by default."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_WIDTH = 88

_HEAD = '''\
"""Log collection jobs taken over by `pulumi-opsmanager import-file`."""

import pulumi_opsmanager as om
'''


def program_of(jobs: Iterable[tuple[str, Mapping[str, object]]]) -> str:
    """A complete module.

    Args:
        jobs: Pulumi's name of each, with its keyword arguments: text, whole numbers, booleans and lists of text.
    """
    return "\n".join([_HEAD, *(_call(name, arguments) for name, arguments in jobs)])


def _call(name: str, arguments: Mapping[str, object]) -> str:
    lines = [f"    {_literal(name)},", *(_argument(key, value) for key, value in arguments.items())]
    return "\n".join(["om.LogCollectionJob(", *lines, ")", ""])


def _argument(name: str, value: object) -> str:
    line = f"    {name}={_literal(value)},"
    if not isinstance(value, list) or len(line) <= _WIDTH:
        return line
    return "\n".join([f"    {name}=[", *(f"        {_literal(item)}," for item in value), "    ],"])


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}"
    # Python prefers single quotes, formatters double ones.
    python = repr(value)
    return f'"{python[1:-1]}"' if python.startswith("'") and '"' not in python else python
