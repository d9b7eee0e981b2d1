"""Shared by the tests of archives."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.archive import create_archive, look_at_archive, remember_archive
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.archive_plan import plan_archive
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.plan import Plan
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.models import Partial
from tests.support import PROJECT

URN = "urn:pulumi:s::p::opsmanager:LogArchive::logs"
"""An archive as the engine names it."""


def inputs(job_id: str, path: Path | str, **changes: Any) -> ArchiveInputs:
    return ArchiveInputs(**{"job_id": job_id, "path": str(path), "project_id": PROJECT} | changes)


def changed(declared: ArchiveInputs, **changes: Any) -> ArchiveInputs:
    return ArchiveInputs(**dict(declared) | changes)


def owned(context: Context, owner: str = URN) -> Context:
    """The context with the engine's name of the resource."""
    return replace(context, owner=owner)


def earlier(context: Context, declared: ArchiveInputs) -> StoredArchive:
    """An archive that an earlier run stored, so the present run remembers nothing of it."""
    return create_archive(replace(context, run=Run()), declared)


def plan(context: Context, stored: StoredArchive, declared: ArchiveInputs | Partial[ArchiveInputs]) -> Plan:
    """Plan and remember, as a preview does."""
    partial = Partial(declared) if isinstance(declared, ArchiveInputs) else declared
    found = plan_archive(stored, partial, look_at_archive(context, stored, partial), context.clock.now())
    remember_archive(context, stored, partial, found)
    return found


def names(folder: Path) -> list[str]:
    """The files of a folder, without the manifests of existing archives."""
    found = {path.name for path in folder.iterdir()}
    return sorted(found - {f"{name}.json" for name in found})


def downloads(server: Emulator) -> int:
    return sum("download" in entry["path"] and entry["status"] == 200 for entry in server.requests)


def change_size(file: Path) -> None:
    file.write_bytes(b"altered")


def change_time(file: Path) -> None:
    os.utime(file, ns=(1, 1))
