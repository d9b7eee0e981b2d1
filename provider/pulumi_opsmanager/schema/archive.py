"""The fields of a local archive: which job's, where it lies, and what is expected of it. All changes are in place."""

from __future__ import annotations

from typing import Annotated

from .fields import Declaration, OnChange, says
from .freeform import FreeForm
from .types import FilePath, Flag, IfMissing, ObjectId


class ArchiveInputs(Declaration):
    """What a program declares of an archive."""

    job_id: Annotated[
        ObjectId,
        OnChange.UPDATE,
        says("The finished job; a change downloads the new one's archive, then removes the old file."),
    ]
    path: Annotated[
        FilePath,
        OnChange.UPDATE,
        says(
            "A file, or a folder (it exists, or ends in `/`) that gets a file named after resource, date and job. "
            "Relative to the program. URLs, Windows paths, `~` and variables such as `$HOME` are refused. A change "
            "moves the file."
        ),
    ]
    project_id: Annotated[
        ObjectId | None,
        OnChange.UPDATE,
        says("24 lower-case hex digits. Not declared: `opsmanager:projectId` when it is made."),
    ] = None
    require_complete: Annotated[
        Flag,
        OnChange.UPDATE,
        says("Whether an archive that lacks parts is an error, and not stored; else `missing` tells what it lacks."),
    ] = True
    keep_on_delete: Annotated[
        Flag,
        OnChange.UPDATE,
        says("Whether `destroy` leaves the file."),
    ] = False
    if_missing: Annotated[
        IfMissing,
        OnChange.UPDATE,
        says(
            "What a missing or changed file means: `download` fetches it again, `ignore` does nothing, for runners "
            "whose disk is new every time."
        ),
    ] = "download"
    triggers: Annotated[
        list[FreeForm] | None,
        OnChange.UPDATE,
        says("Text, numbers, booleans, lists and maps, in a list; a change of one downloads again."),
    ] = None


class ArchiveState(Declaration):
    """What is stored of an archive beside its inputs."""

    file: Annotated[
        str,
        OnChange.COMPUTED,
        says("Where the file is; unknown in previews that may change it, so what uses it waits."),
    ]
    sha256: Annotated[
        str,
        OnChange.COMPUTED,
        says("Of the file, in hex."),
    ]
    size_bytes: Annotated[
        int,
        OnChange.COMPUTED,
        says("Of the file."),
    ]
    uncompressed_size_bytes: Annotated[
        int,
        OnChange.COMPUTED,
        says("Of all files in the archive."),
    ]
    members: Annotated[
        int,
        OnChange.COMPUTED,
        says("Number of files in the archive."),
    ]
    missing: Annotated[
        list[dict[str, str | None]],
        OnChange.COMPUTED,
        says("The child jobs that failed or have no file in the archive: host, log type, path, message."),
    ]
    complete: Annotated[
        bool,
        OnChange.COMPUTED,
        says("Nothing is missing, and the job had not failed."),
    ]
    job_status: Annotated[
        str,
        OnChange.COMPUTED,
        says("The job's status at the download; `EXPIRED` once a lost file could not be had again."),
    ]
    mtime_ns: Annotated[
        str,
        OnChange.COMPUTED,
        says("Modification time of the file in nanoseconds, as text; with the size it tells whether it was changed."),
    ]
