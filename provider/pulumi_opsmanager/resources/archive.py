"""The local copy of an archive, as a program declares it. `make generate` writes its fields from the schema."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any, Optional

import pulumi

from pulumi_opsmanager.dynamic.archive import LogArchiveProvider
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState
from pulumi_opsmanager.schema.types import IfMissingWord, VerifyWord

from .base import DeclaredResource
from .failures import FailedChildJob


class LogArchive(DeclaredResource, module="opsmanager", name="LogArchive"):
    """A verified local copy of a finished job's archive.

    The file appears under its final name only after the complete archive was downloaded and verified. Use `depends_on`
    with a `LogCollectionCompletion`, which waits for the job. Pass the file on with
    `archive.file.apply(pulumi.FileAsset)`.
    """

    declarations = (ArchiveInputs, ArchiveState)

    job_id: pulumi.Output[str]
    path: pulumi.Output[str]
    project_id: pulumi.Output[str]
    require_complete: pulumi.Output[bool]
    keep_on_delete: pulumi.Output[bool]
    if_missing: pulumi.Output[str]
    verify: pulumi.Output[str]
    triggers: pulumi.Output[Optional[list[Any]]]
    file: pulumi.Output[str]
    """Path or URL of the archive file. Unknown until the end of a run that may change the file."""
    sha256: pulumi.Output[str]
    """SHA-256 of the archive file (hex)."""
    size_bytes: pulumi.Output[int]
    """Size of the archive file (bytes)."""
    uncompressed_size_bytes: pulumi.Output[int]
    """Size of all files in the archive, uncompressed (bytes)."""
    members: pulumi.Output[int]
    """Number of files in the archive."""
    missing: pulumi.Output[list[FailedChildJob]]
    """Parts that failed or have no file in the archive: host, log type, path and error message."""
    complete: pulumi.Output[bool]
    """True if no part is missing and the job did not fail."""
    job_status: pulumi.Output[str]
    """Status of the job at the download. `EXPIRED` if the file is missing and the job has expired."""
    mtime_ns: pulumi.Output[str]
    """Modification time of the archive file (nanoseconds since 1970, as text)."""
    etag: pulumi.Output[Optional[str]]
    """ETag of the object. Absent for a file."""
    problem: pulumi.Output[Optional[str]]
    """How the stored archive differs from the verified one, when it was last read. Absent while it is unchanged."""

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
        verify: pulumi.Input[VerifyWord] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare an archive.

        Args:
            name: Pulumi's name of the resource, unique in the stack.
            job_id: ID of the finished job: 24 lower-case hexadecimal digits.
            path: Path of the archive file on this machine, or URL of an object: `s3://BUCKET/KEY`, `gs://BUCKET/KEY` or
                `az://CONTAINER/KEY`.
            project_id: Project of the job: 24 lower-case hexadecimal digits. Default: the configured project when the
                archive is created.
            require_complete: If true, an incomplete archive is an error and is not stored. Default: true.
            keep_on_delete: If true, a delete keeps the archive file; if false, a delete removes it. Default: true.
            if_missing: What to do when the archive file is missing or changed: `download` it again or `ignore` it.
                Default: `download`.
            verify: How a read compares the archive with the verified one: by `stat` or by `hash`. Default: `stat`.
            triggers: List of text, numbers, booleans, lists and maps; a change downloads the archive again. Default: no
                triggers.
            opts: Pulumi's resource options.
        """
        super().__init__(LogArchiveProvider(), name, self._properties(locals()), opts)
