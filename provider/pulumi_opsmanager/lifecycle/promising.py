"""Failed jobs that may have all their parts by now: somebody else restarted them.

A read looks for them, because a plan sends nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from pulumi_opsmanager.api.models import SUCCEEDED_STATUSES
from pulumi_opsmanager.errors import OpsManagerError

from .context import Context

_log = logging.getLogger(__name__)


def find_promising(context: Context, project_id: str | None, failed: Collection[str]) -> frozenset[str]:
    """Look for failed jobs in the shared list, and note those that succeeded for the plans of this run.

    Args:
        context: What to work with.
        project_id: The project of the jobs; None takes the configured project.
        failed: Ids of jobs that had failed. Without any, nothing is sent.

    Returns: The ids of the jobs that have all their parts; none where the list cannot be read.
    """
    found = set()
    try:
        for job_id in failed:
            job = context.server.lists.find(context.jobs(project_id), job_id)
            if job is not None and job.status in SUCCEEDED_STATUSES:
                context.run.note_promising(job_id, is_promising=True)
                found.add(job_id)
    except OpsManagerError as error:
        # A list saves a download or a wait one run. It must not fail the read of a resource that needs no server.
        _log.info("failed jobs are not looked for: %s", error)
    return frozenset(found)
