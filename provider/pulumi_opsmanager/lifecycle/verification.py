"""Is an archive still the one that was verified at its download? Compares it with its manifest or a given hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pulumi_opsmanager.download.place import Place
from pulumi_opsmanager.download.reading import Reading
from pulumi_opsmanager.download.walk import BrokenArchive, members
from pulumi_opsmanager.errors import CannotStore, OpsManagerError, counted
from pulumi_opsmanager.instants import format_instant, parse_instant
from pulumi_opsmanager.schema.manifest import SCHEMA, Manifest

from .manifest import manifest_place, read_manifest


@dataclass(frozen=True)
class Verification:
    """The result of a comparison.

    Attributes:
        problem: Why the archive is not verified; its subject is "it". None if the archive is verified.
        sha256: SHA-256 of the archive (hex); None if it cannot be read.
        expected_sha256: Expected SHA-256 (hex); None without a manifest and without a given hash.
        manifest: The manifest beside it; None if there is none, or if a hash was given.
    """

    problem: str | None
    sha256: str | None = None
    expected_sha256: str | None = None
    manifest: Manifest | None = None


@dataclass(frozen=True)
class _Walked:
    sha256: str
    size_bytes: int
    members: int
    uncompressed_size_bytes: int
    problem: str | None


def verification(
    place: Place, *, sha256: str | None = None, progress: Callable[[int], None] = lambda _: None
) -> Verification:
    """Read an archive from its first byte to its last, and compare it.

    Args:
        place: Where the archive is.
        sha256: Expected SHA-256 (64 lower-case hex digits). With it, the manifest is not read.
        progress: Called for each piece with the number of bytes read so far.
    """
    manifest, lack = None, None
    try:
        if place.look() is None:
            return Verification("it does not exist", expected_sha256=sha256)
        if sha256 is None:
            manifest, lack = _manifest_beside(place)
        walked = _walk(place, progress)
    except OpsManagerError as error:
        return Verification(str(error), expected_sha256=manifest.sha256 if manifest else sha256, manifest=manifest)
    expected = manifest.sha256 if manifest else sha256
    problems = [lack] if lack else list(_differences(walked, expected, manifest))
    if walked.problem:
        problems.append(walked.problem)
    return Verification("; ".join(problems) or None, walked.sha256, expected, manifest)


def outside_window(manifest: Manifest, newest: datetime | None) -> str | None:
    """Why the newest line of an archive is not from the requested period; None if it is, or if that is unknown."""
    if newest is None:
        return None
    start, end = manifest.log_collection_from_date, manifest.log_collection_to_date
    line = f"the newest line is from {format_instant(newest)}"
    # Somebody may have edited the manifest, so its dates may be malformed.
    with suppress(ValueError):
        if start and newest < parse_instant(start):
            return f"{line}, before the start of the requested period ({start})"
        # The dates of a job are whole seconds. Lines have fractions.
        if end and newest.replace(microsecond=0) > parse_instant(end):
            return f"{line}, after the end of the requested period ({end})"
    return None


def _manifest_beside(place: Place) -> tuple[Manifest | None, str | None]:
    """The manifest, or why there is none to compare with."""
    beside = manifest_place(place)
    try:
        if beside.look() is None:
            return None, "it has no manifest beside it, and no hash was given"
        manifest = read_manifest(beside)
    except CannotStore as error:
        return None, str(error)
    return manifest, None if manifest else f"{beside.location} is not a manifest of schema {SCHEMA}"


def _walk(place: Place, progress: Callable[[int], None]) -> _Walked:
    reading, count, unpacked_bytes, problem = Reading(_counted(place, progress)), 0, 0, None
    try:
        for member, file in members(reading):
            if member.isfile():
                count += 1
                # The size of a sparse file is only a claim.
                unpacked_bytes += member.size if file is not None else 0
    except BrokenArchive as error:
        problem = str(error)
    reading.drain()
    return _Walked(reading.sha256, reading.size_bytes, count, unpacked_bytes, problem)


def _counted(place: Place, progress: Callable[[int], None]) -> Iterator[bytes]:
    size_bytes = 0
    for piece in place.pieces():
        size_bytes += len(piece)
        progress(size_bytes)
        yield piece


def _differences(walked: _Walked, expected: str | None, manifest: Manifest | None) -> Iterator[str]:
    if walked.sha256 != expected:
        yield f"its sha256 is not {'that of the manifest' if manifest else 'the given one'}"
    if manifest is None:
        return
    if walked.size_bytes != manifest.size_bytes:
        yield f"it has {counted(walked.size_bytes, 'byte')}, not {manifest.size_bytes}"
    if walked.problem:
        return  # the files of a broken archive cannot be counted
    if walked.uncompressed_size_bytes != manifest.uncompressed_size_bytes:
        yield f"it unpacks to {counted(walked.uncompressed_size_bytes, 'byte')}, not {manifest.uncompressed_size_bytes}"
    if walked.members != manifest.members:
        yield f"it holds {counted(walked.members, 'file')}, not {manifest.members}"
