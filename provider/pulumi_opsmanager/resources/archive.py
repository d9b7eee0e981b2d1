"""The local copy of an archive, as a program declares it."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, Optional

import pulumi

from pulumi_opsmanager.dynamic.archive import LogArchiveProvider
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.types import IfMissingWord

from .base import DeclaredResource
from .failures import FailedChildJob


class LogArchive(DeclaredResource, module="opsmanager", name="LogArchive"):
    """A verified local copy of a finished job's archive.

    The download is checked to its last byte and compared with the job's parts before the file gets its name. Let it
    depend on a `LogCollectionCompletion`; hand the file on with `archive.file.apply(pulumi.FileAsset)`.
    """

    declarations = (ArchiveInputs, ArchiveState)

    job_id: pulumi.Output[str]
    path: pulumi.Output[str]
    project_id: pulumi.Output[str]
    require_complete: pulumi.Output[bool]
    keep_on_delete: pulumi.Output[bool]
    if_missing: pulumi.Output[str]
    triggers: pulumi.Output[Optional[list[Any]]]
    file: pulumi.Output[str]
    """Where the file is; unknown in previews that may change it, so what uses it waits."""
    sha256: pulumi.Output[str]
    """Of the file, in hex."""
    size_bytes: pulumi.Output[int]
    """Of the file."""
    uncompressed_size_bytes: pulumi.Output[int]
    """Of all files in the archive."""
    members: pulumi.Output[int]
    """Number of files in the archive."""
    missing: pulumi.Output[list[FailedChildJob]]
    """The child jobs that failed or have no file in the archive: host, log type, path, message."""
    complete: pulumi.Output[bool]
    """Nothing is missing, and the job had not failed."""
    job_status: pulumi.Output[str]
    """The job's status at the download; `EXPIRED` once a lost file could not be had again."""
    mtime_ns: pulumi.Output[str]
    """Modification time of the file in nanoseconds, as text; with the size it tells whether it was changed."""

    def __init__(
        self,
        name: str,
        *,
        job_id: pulumi.Input[str],
        path: pulumi.Input[str | PathLike[str]],
        project_id: pulumi.Input[str] | None = None,
        require_complete: pulumi.Input[bool] | None = None,
        keep_on_delete: pulumi.Input[bool] | None = None,
        if_missing: pulumi.Input[IfMissingWord] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an archive.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            job_id: The finished job.
            path: A file, or a folder (it exists, or ends in `/`); relative to the program.
            project_id: Of the job; None takes `opsmanager:projectId`.
            require_complete: Whether an archive that lacks parts is an error; None is True.
            keep_on_delete: Whether `destroy` leaves the file; None is False.
            if_missing: What a missing or changed file means: `download` (None) or `ignore`.
            triggers: Text, numbers, booleans, lists and maps in a list; a change downloads again.
            opts: Pulumi's resource options.
        """
        super().__init__(LogArchiveProvider(), name, self._properties(locals()), opts)
