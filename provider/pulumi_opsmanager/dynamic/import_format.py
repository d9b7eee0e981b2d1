"""What a stack needs to take over existing jobs: a file for `pulumi import --file`, and a program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi.dynamic.dynamic import serialize_provider

from .exported_state import JOB_TYPE
from .job import LogCollectionJobProvider

# The default of ruff and black.
_WIDTH = 88

_HEAD = '''\
"""Log collection jobs taken over by `pulumi-opsmanager import-file`."""

import pulumi_opsmanager as om
'''


@dataclass(frozen=True)
class ImportedJob:
    """A job as a stack stores and declares it.

    Attributes:
        job_id: The server's id.
        name: Pulumi's name of the resource, unique in the stack and the same in every run.
        arguments: Keyword arguments in the program: text, whole numbers, booleans and lists of text.
        inputs: The inputs after check, by vendor name.
        outputs: The stored state, by vendor name.
    """

    job_id: str
    name: str
    arguments: Mapping[str, object]
    inputs: Mapping[str, object]
    outputs: Mapping[str, object]


def import_content(jobs: Sequence[ImportedJob]) -> dict[str, Any]:
    """The content of the file for `pulumi import --file`.

    The engine stores inputs and outputs as they are: it cannot read a resource of a Python dynamic provider that is
    not in the state yet.

    Source: `importSpec` in pkg/cmd/pulumi/operations/import.go of Pulumi 3.259, which accepts `outputs` since 3.254.
    """
    # The SDK adds the same key when a program declares the resource. It names a class and holds no secret.
    provider = {"__provider": serialize_provider(LogCollectionJobProvider())}
    return {
        "resources": [
            {
                "type": JOB_TYPE,
                "name": job.name,
                "id": job.job_id,
                "inputs": {**provider, **job.inputs},
                "outputs": {**provider, **job.outputs},
            }
            for job in jobs
        ]
    }


def program_of(jobs: Iterable[ImportedJob]) -> str:
    """The complete module that declares the jobs, formatted as ruff and black do by default."""
    return "\n".join([_HEAD, *map(_call, jobs)])


def _call(job: ImportedJob) -> str:
    lines = [f"    {_literal(job.name)},", *(_argument(key, value) for key, value in job.arguments.items())]
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
