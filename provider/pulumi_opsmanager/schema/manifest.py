"""The fields of the manifest: a JSON file beside an archive that describes it and its verification.

The number in `schema` grows when a name is removed or its meaning changes. A reader ignores unknown names.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from .fields import says

SCHEMA = "opsmanager-log-archive/1"
"""Name and version of the schema."""


class _Named(BaseModel):
    """Base of objects whose keys are the names of the API, if the API has a name."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, alias_generator=to_camel, populate_by_name=True, defer_build=True
    )


class ManifestPart(_Named):
    """One log type of one process or host. A value that the server leaves out is null."""

    host_name: Annotated[str | None, says("`host:port` of the process, or host of the agent.")] = None
    log_collection_type: Annotated[str | None, says("Log type.")] = None
    status: Annotated[str | None, says("Status of the part on the server.")] = None
    path: Annotated[str | None, says("Folder of the part in the archive.")] = None
    error_message: Annotated[str | None, says("Why the part failed, in the server's words.")] = None
    uncompressed_disk_space_bytes: Annotated[int | None, says("Uncompressed size of the part (bytes).")] = None
    is_missing: Annotated[bool, says("True if the archive has no file of the part, or the part failed.")] = False


class Manifest(_Named):
    """Describes an archive and its verification. A value that the server leaves out is null."""

    schema_: Annotated[
        Literal["opsmanager-log-archive/1"], Field(alias="schema"), says("Name and version of this schema.")
    ] = "opsmanager-log-archive/1"
    file: Annotated[str, says("Name of the archive beside the manifest.")]
    sha256: Annotated[str, says("SHA-256 of the archive (hex).")]
    size_bytes: Annotated[int, says("Size of the archive (bytes).")]
    uncompressed_size_bytes: Annotated[int, says("Size of all files in the archive, uncompressed (bytes).")]
    members: Annotated[int, says("Number of files in the archive.")]
    verified_at: Annotated[str, says("When the bytes were verified (RFC 3339, UTC).")]
    complete: Annotated[bool, says("True if no part is missing and the job did not fail.")]
    job_id: Annotated[str, says("ID of the job.")]
    project_id: Annotated[str | None, says("ID of the project.")]
    job_status: Annotated[str, says("Status of the job at the download.")]
    resource_type: Annotated[str | None, says("Type of the deployment: `REPLICASET`, `CLUSTER` or `PROCESS`.")] = None
    resource_name: Annotated[str | None, says("Name of the deployment or process.")] = None
    user_id: Annotated[str | None, says("ID of the API key or user that created the job.")] = None
    log_types: Annotated[list[str] | None, says("Requested log types.")] = None
    size_requested_per_file_bytes: Annotated[
        int | None, says("Requested size per log type and process or host (uncompressed bytes).")
    ] = None
    log_collection_from_date: Annotated[str | None, says("Start of the requested period (RFC 3339, UTC).")] = None
    log_collection_to_date: Annotated[str | None, says("End of the requested period (RFC 3339, UTC).")] = None
    redacted: Annotated[bool | None, says("True if the server replaced addresses, host names and strings.")] = None
    creation_date: Annotated[str | None, says("When the job was created (RFC 3339, UTC).")] = None
    expiration_date: Annotated[
        str | None, says("When the server deletes its archive, as read at the download (RFC 3339, UTC).")
    ] = None
    parts: Annotated[list[ManifestPart] | None, says("Parts of the job. Null if the server does not list them.")] = None
    missing: Annotated[int, says("Number of parts that are missing in the archive.")] = 0
    server_version: Annotated[str | None, says("Version of Ops Manager, as the server reports it.")] = None
    package_version: Annotated[str, says("Version of this package.")]

    def to_text(self) -> str:
        """The content of the file."""
        return json.dumps(self.model_dump(by_alias=True, mode="json"), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_text(cls, text: bytes) -> Manifest | None:
        """Read the content of a file; None if it is not a manifest of this schema."""
        try:
            given: Any = json.loads(text)
            return cls.model_validate(given) if isinstance(given, dict) and given.get("schema") == SCHEMA else None
        except ValueError:
            return None
