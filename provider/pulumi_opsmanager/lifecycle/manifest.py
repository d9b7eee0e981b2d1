"""The manifest beside an archive: `NAME.tar.gz.json`. It is written after the archive, and moves with the archive.

The law of this module: no file that is not a manifest is overwritten. If an archive has no manifest, an error says so.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from typing import Any

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.download.place import Place, Seen, move, name_of, place_of
from pulumi_opsmanager.errors import CannotStore, OpsManagerError, Subject
from pulumi_opsmanager.instants import format_instant
from pulumi_opsmanager.schema.archive import ArchiveState
from pulumi_opsmanager.schema.manifest import Manifest, ManifestPart
from pulumi_opsmanager.schema.types import canonical_word

from .job_state import failed_child

# The manifest for a cluster of ten thousand hosts is smaller.
_LARGEST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class About:
    """Facts for a manifest that neither the answer for a job nor the state of its archive has.

    Attributes:
        job_id: 24 hex characters.
        project_id: 24 hex characters.
        server_version: Version as the server writes it; None if the server did not name it.
        verified_at: When the bytes were verified.
    """

    job_id: str
    project_id: str
    server_version: str | None
    verified_at: datetime


def manifest_place(file: Place) -> Place:
    """The place of the manifest of an archive."""
    return place_of(f"{file.location}.json")


def manifest_of(job: Job | None, state: ArchiveState, about: About) -> Manifest:
    """Make the manifest of a verified archive.

    Args:
        job: The job with its child jobs; None if it no longer exists.
        state: The state of the verified archive.
        about: Facts that neither of them has.
    """
    return Manifest(
        file=name_of(state.file),
        sha256=state.sha256,
        size_bytes=state.size_bytes,
        uncompressed_size_bytes=state.uncompressed_size_bytes,
        members=state.members,
        verified_at=format_instant(about.verified_at),
        complete=state.complete,
        job_id=about.job_id,
        project_id=about.project_id,
        job_status=state.job_status,
        missing=len(state.missing),
        parts=_parts(job, state),
        server_version=about.server_version,
        package_version=metadata.version("pulumi-opsmanager"),
        **_request(job),
    )


def _request(job: Job | None) -> dict[str, Any]:
    """The request for the job, and its dates."""
    if job is None:
        return {}
    start, end, expiry = job.log_collection_from_date, job.log_collection_to_date, job.expiration_date
    return {
        "resource_type": canonical_word(job.resource_type),
        "resource_name": job.resource_name,
        "user_id": job.user_id,
        "log_types": list(job.log_types) if job.log_types is not None else None,
        "size_requested_per_file_bytes": job.size_requested_per_file_bytes,
        "log_collection_from_date": start and format_instant(start),
        "log_collection_to_date": end and format_instant(end),
        "redacted": job.redacted,
        "creation_date": format_instant(job.made_at),
        "expiration_date": expiry and format_instant(expiry),
    }


def _parts(job: Job | None, state: ArchiveState) -> list[ManifestPart] | None:
    if job is None or job.child_jobs is None:
        # The state has only the missing parts.
        return [ManifestPart(**part.model_dump(), is_missing=True) for part in state.missing] or None
    return [
        ManifestPart(
            **failed_child(child).model_dump(),
            status=child.status,
            uncompressed_disk_space_bytes=child.uncompressed_disk_space_bytes,
            is_missing=failed_child(child) in state.missing,
        )
        for child in job.child_jobs
    ]


def found_manifest(file: Place) -> Manifest | None:
    """The manifest beside an archive; None if there is none.

    Raises:
        CannotStore: Another file has its name, or it cannot be read.
    """
    place = manifest_place(file)
    if place.look() is None:
        return None
    manifest = read_manifest(place)
    if manifest is None:
        words = f"{place.location} exists and is not the manifest of an archive: remove it, or choose another path"
        raise CannotStore(words, subject=Subject(property="path", key="path"))
    return manifest


def read_manifest(place: Place) -> Manifest | None:
    """Read an existing file as a manifest; None if it is not a manifest of this schema.

    Raises:
        CannotStore: It cannot be read.
    """
    content = bytearray()
    for piece in place.pieces():
        content += piece
        if len(content) > _LARGEST_BYTES:
            break
    return Manifest.from_text(bytes(content))


def store_manifest(file: Place, manifest: Manifest) -> None:
    """Write the manifest beside a stored archive.

    Raises:
        CannotStore: It cannot be written. The archive stays.
        InvalidSettings: The store no longer accepts the credentials.
    """
    try:
        _write(file, manifest)
    except OpsManagerError as error:
        error.args = (f"{file.location} is stored and verified, but not its manifest: {error}; the next run writes it",)
        raise


def move_with_manifest(source: Place, target: Place, sha256: str) -> Seen:
    """Move an archive and its manifest; return what a look at the archive shows.

    The archive moves last, so that after an error both are in their old places.

    Raises:
        CannotStore: One of them cannot be read, written or removed.
    """
    manifest = found_manifest(source)
    if manifest is None or manifest.sha256 != sha256:
        return move(source, target, sha256)
    found_manifest(target)
    _write(target, manifest.model_copy(update={"file": name_of(target.location)}))
    try:
        manifest_place(source).remove()
        return move(source, target, sha256)
    except OpsManagerError:
        with suppress(OpsManagerError):
            _write(source, manifest)
        with suppress(OpsManagerError):
            manifest_place(target).remove()
        raise


def remove_manifest(file: Place, sha256: str) -> None:
    """Delete the manifest of an archive. A manifest of another archive, or another file, stays.

    Raises:
        CannotStore: The manifest is still there.
    """
    try:
        manifest = found_manifest(file)
    except CannotStore:
        return
    if manifest is not None and manifest.sha256 == sha256:
        manifest_place(file).remove()


def _write(file: Place, manifest: Manifest) -> None:
    with manifest_place(file).draft() as new:
        new.write(manifest.to_text().encode())
        new.keep()
