"""Finds failed jobs that now have all their parts, because somebody else restarted them.

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
    """Look for failed jobs in the shared list, and remember for plans of this run which ones succeeded.

    Args:
        context: What to work with.
        project_id: The project of the jobs; None takes the configured project.
        failed: Ids of jobs that had failed. If empty, nothing is sent.

    Returns: The ids of jobs that have all their parts. If the list cannot be read, some may be absent.
    """
    found = set()
    try:
        for job_id in failed:
            job = context.server.lists.find(context.jobs(project_id), job_id)
            if job is not None and job.status in SUCCEEDED_STATUSES:
                context.run.note_promising(job_id, is_promising=True)
                found.add(job_id)
    except OpsManagerError as error:
        # Without the list, a download or a wait comes one run later. The read needs no server, so it must not fail.
        _log.info("failed jobs are not looked for: %s", error)
    return frozenset(found)
