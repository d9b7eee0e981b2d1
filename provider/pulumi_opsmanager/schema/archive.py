"""The fields of an archive: its job, its place and what a run requires of it. All changes are in place."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .failed import FailedChildJob
from .fields import Declaration, OnChange, Reported, says
from .freeform import FreeForm
from .types import FilePath, Flag, IfMissing, ObjectId, Verify


class ArchiveInputs(Declaration):
    """The inputs of an archive."""

    job_id: Annotated[
        ObjectId,
        OnChange.UPDATE,
        says(
            "ID of the finished job: 24 lower-case hexadecimal digits. After a change, the next run replaces the "
            "file by the new archive. In a folder, the earlier file stays, unless `keep_on_delete` is false."
        ),
    ]
    path: Annotated[
        FilePath,
        OnChange.UPDATE,
        says(
            "Path of the archive file on this machine, or URL of an object: `s3://BUCKET/KEY`, `gs://BUCKET/KEY` or "
            "`az://CONTAINER/KEY`. A path that ends in `/`, or is a folder, receives a file named after resource, "
            "date and job. A relative path starts at the folder of the program or configuration. A change moves the "
            "file. Other URLs, Windows paths, `~` and variables such as `$HOME` are refused."
        ),
    ]
    project_id: Annotated[
        ObjectId | None,
        OnChange.UPDATE,
        says(
            "Project of the job: 24 lower-case hexadecimal digits. Default: the configured project when the archive "
            "is created."
        ),
    ] = None
    require_complete: Annotated[
        Flag,
        OnChange.UPDATE,
        says(
            "If true, an incomplete archive is an error and is not stored. If false, it is stored, and `missing` "
            "lists its missing parts."
        ),
    ] = True
    keep_on_delete: Annotated[
        Flag,
        OnChange.UPDATE,
        says(
            "If true, a delete keeps the archive file; if false, a delete removes it. The same holds for the file of "
            "an earlier job, if a new `job_id` gives the archive another name. A message names such a file before it "
            "is removed."
        ),
    ] = True
    if_missing: Annotated[
        IfMissing,
        OnChange.UPDATE,
        says(
            "What to do when the archive file is missing or changed: `download` it again or `ignore` it. Use `ignore` "
            "on CI runners that start each run with an empty disk."
        ),
    ] = "download"
    verify: Annotated[
        Verify,
        OnChange.UPDATE,
        says(
            "How a read compares the archive with the verified one: by `stat` or by `hash`. `stat` compares size and "
            "time of a file, or size and ETag of an object. `hash` reads all bytes. `problem` names a difference."
        ),
    ] = "stat"
    triggers: Annotated[
        list[FreeForm] | None,
        OnChange.UPDATE,
        says(
            "List of text, numbers, booleans, lists and maps; a change downloads the archive again. "
            "Default: no triggers."
        ),
    ] = None


class ArchiveState(Reported):
    """The outputs of an archive."""

    file: Annotated[
        str, says("Path or URL of the archive file. Unknown until the end of a run that may change the file.")
    ] = ""
    sha256: Annotated[str, says("SHA-256 of the archive file (hex).")] = ""
    size_bytes: Annotated[int, says("Size of the archive file (bytes).")] = 0
    uncompressed_size_bytes: Annotated[int, says("Size of all files in the archive, uncompressed (bytes).")] = 0
    members: Annotated[int, says("Number of files in the archive.")] = 0
    missing: Annotated[
        list[FailedChildJob],
        says("Parts that failed or have no file in the archive: host, log type, path and error message."),
    ] = []
    complete: Annotated[bool, says("True if no part is missing and the job did not fail.")] = False
    job_status: Annotated[
        str, says("Status of the job at the download. `EXPIRED` if the file is missing and the job has expired.")
    ] = ""
    mtime_ns: Annotated[
        str,
        Field(pattern=r"^-?\d+$"),
        says(
            "Modification time of the archive file (nanoseconds since 1970, as text). Time and size show whether the "
            "file changed. `0` for an object."
        ),
    ] = "0"
    etag: Annotated[str | None, says("ETag of the object. Absent for a file.")] = None
    problem: Annotated[
        str | None,
        says(
            "How the stored archive differs from the verified one, when it was last read. Absent while it is unchanged."
        ),
    ] = None
