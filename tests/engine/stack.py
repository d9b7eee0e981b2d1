"""The public stack with command lines beside it, and the programs of our own tests."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pulumi.automation import PulumiCommand

from pulumi_opsmanager import testing
from pulumi_opsmanager.testing import Refused, StoredResource

__all__ = ["HEAD", "ONE_CHECKPOINT", "Refused", "Stack", "job", "jobs"]

# The engine writes the complete state before and after each step. The time grows with the square of the resources:
# four minutes for a thousand jobs. With these variables the engine writes it once, at the end.
ONE_CHECKPOINT = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}

HEAD = """\
import datetime
import pulumi
import pulumi_opsmanager as om

GOOD = dict(
    resource_type="REPLICASET",
    resource_name="rs0",
    log_types=["MONGODB", "FTDC"],
    size_requested_per_file_bytes=10_000,
    redacted=True,
)
"""

JOB = (
    HEAD
    + """\
job = om.LogCollectionJob("logs", **(GOOD | dict({changes})))
pulumi.export("id", job.id)
pulumi.export("status", job.status)
pulumi.export("download_url", job.download_url)
pulumi.export("expiration_date", job.expiration_date)
pulumi.export("child_job_counts", job.child_job_counts)
pulumi.export("failed_hosts", job.failed_child_jobs.apply(lambda jobs: [job.host_name for job in jobs or []]))
pulumi.export("retries", job.retries)
pulumi.export("size_type", job.size_requested_per_file_bytes.apply(lambda size: type(size).__name__))
"""
)


def job(changes: str = "") -> str:
    """A program of one job, with changes written as keyword arguments."""
    return JOB.format(changes=changes)


def jobs(changes: Sequence[str]) -> str:
    """A program of one job for each row of changes, named `job-0` and so on."""
    lines = [f"om.LogCollectionJob('job-{i}', **(GOOD | dict({row})))" for i, row in enumerate(changes)]
    return "\n".join([HEAD, *lines, ""])


class Stack(testing.Stack):
    """What users have, and command lines in the same folder and environment."""

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command line in the stack's folder."""
        process = self.start(command, stderr=subprocess.PIPE)
        printed, complained = process.communicate()
        return subprocess.CompletedProcess(command, process.returncode, printed, complained)

    def start(self, command: str, stderr: int = subprocess.STDOUT) -> subprocess.Popen[str]:
        """Start a command line, without waiting for its end."""
        return subprocess.Popen(
            shlex.split(command),
            cwd=self.folder,
            env=self.command_environment(),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    @property
    def engine(self) -> PulumiCommand:
        """The Pulumi command."""
        return self._workspace.pulumi_command

    @property
    def variables(self) -> dict[str, str]:
        """Environment variables beside those of this process."""
        return dict(self._workspace.env_vars)

    def command_environment(self) -> dict[str, str]:
        """All environment variables of a command line, with the engine and this Python first on PATH."""
        folders = (str(Path(self.engine.command).parent), str(Path(sys.executable).parent))
        return {**os.environ, **self.variables, "PATH": os.pathsep.join([*folders, os.environ["PATH"]])}

    def jobs(self) -> list[StoredResource]:
        """The jobs in the state."""
        return self.resources("LogCollectionJob")
