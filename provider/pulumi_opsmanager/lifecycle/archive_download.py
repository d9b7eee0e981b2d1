"""Downloads of an archive with progress, and the manifest of an archive that lacks it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pulumi_opsmanager.api.models import EXPIRED_STATUS
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.download.place import place_of
from pulumi_opsmanager.errors import CannotStore, Expired, JobNotFound, attempting
from pulumi_opsmanager.schema.archive import ArchiveInputs, ArchiveState

from .archive_file import StoredArchive, file_of, has_same_content, present_problem
from .archive_plan import Download
from .context import Context
from .manifest import About, found_manifest, manifest_of, store_manifest
from .reporter import Reporter
from .transfer import Advice, Claim, transfer

_BETWEEN_LINES = timedelta(seconds=2)

ADVICE = Advice(
    unfinished="wait for it with LogCollectionCompletion, and make the archive depend on that",
    failed="run again to restart the failed parts (raise max_retries if none are left)",
    incomplete="or accept it with require_complete=False",
)
"""Remedies for a program whose job has no complete archive."""


def download(context: Context, inputs: ArchiveInputs, path: str, claim: Claim) -> ArchiveState:
    """Download the archive of the declared job. Raises as `transfer`."""
    with attempting(f"download the archive of job {inputs.job_id}"):
        state = transfer(
            context.jobs(inputs.project_id),
            context.clock,
            inputs.job_id,
            path,
            require_complete=inputs.require_complete,
            advice=ADVICE,
            progress=_progress_lines(context.clock, context.reporter),
            warn=context.reporter.warn,
            claim=claim,
        )
    context.run.note_file(state.file)
    return state


def download_again(
    context: Context, stored: StoredArchive, inputs: ArchiveInputs, claim: Claim, step: Download
) -> ArchiveState:
    """Download the archive of an existing resource.

    If the archive is gone from the server and is not required, the result is a state with `job_status` EXPIRED.
    """
    # The path may mean a folder without a slash. On a new disk this folder is missing, so the path would mean a file.
    is_file = inputs.path != stored.inputs.path or file_of(stored.state) == place_of(inputs.path)
    try:
        return download(context, inputs, inputs.path if is_file else f"{inputs.path}/", claim)
    except (JobNotFound, Expired) as gone:
        if step.is_required:
            raise
        problem = present_problem(stored.state) or "parts of the archive are missing"
        context.reporter.warn(f"{problem}, and cannot be downloaded again: {gone}")
        return stored.state.model_copy(update={"job_status": EXPIRED_STATUS})


def ensure_manifest(context: Context, inputs: ArchiveInputs, state: ArchiveState) -> None:
    """Write the manifest of an archive that lacks it, for example after a killed run."""
    file = file_of(state)
    found = found_manifest(file)
    if found is not None and found.sha256 == state.sha256:
        return
    if not has_same_content(state):
        raise CannotStore(f"{state.file} was changed while it was read; run again")
    jobs = context.jobs(inputs.project_id)
    try:
        job = jobs.get(inputs.job_id, verbose=True)
    except JobNotFound:
        job = None
    about = About(inputs.job_id, jobs.project_id, jobs.server_version, context.clock.now())
    store_manifest(file, manifest_of(job, state, about))


def _progress_lines(clock: Clock, reporter: Reporter) -> Callable[[int], None]:
    """Make a function that reports bytes and rate, at most every 2 s. A count of 0 begins a new attempt."""
    started = last = clock.now()

    def progress(size_bytes: int) -> None:
        nonlocal started, last
        now = clock.now()
        if size_bytes == 0:
            started = last = now
        elif now - last >= _BETWEEN_LINES:
            last = now
            megabytes = size_bytes / 1e6
            reporter.progress(f"{megabytes:.1f} MB, {megabytes / (now - started).total_seconds():.1f} MB/s")

    return progress
