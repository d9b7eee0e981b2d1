"""The parts of a job: one for each log type of each process or host of an invented deployment.

A part has a tenth of its log when it starts, and nine tenths just before it ends.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

NO_ANSWER = "agent did not answer"

AGENT_TYPES = ("AUTOMATION_AGENT", "BACKUP_AGENT", "MONITORING_AGENT")

_NO_FOLDER = re.compile(r"[\x00-\x1f\x7f-\x9f/\\]|(?:^|(?<=:))\.+(?=:|$)")


@dataclass
class Child:
    """One log type of one process or host.

    Attributes:
        size_bytes: Size of its complete log.
        collected_bytes: Size of what the server has collected so far; 0 after a failure.
        is_doomed: Whether it will end in FAILURE.
    """

    host: str
    log_type: str
    path: str
    size_bytes: int
    started: datetime
    finished: datetime | None = None
    collected_bytes: int = 0
    status: str = "IN_PROGRESS"
    error: str | None = None
    is_doomed: bool = False

    def start(self, now: datetime, *, is_doomed: bool) -> None:
        """Start to collect, or start again."""
        self.started, self.finished, self.collected_bytes = now, None, 0
        self.status, self.error, self.is_doomed = "IN_PROGRESS", None, is_doomed

    def grow(self, share: float) -> None:
        """Collect as much as fits a share of its time, from 0 to 1."""
        if self.status == "IN_PROGRESS" and not self.is_doomed:
            self.collected_bytes = int(self.size_bytes * (0.1 + 0.8 * share))

    def end(self, status: str, now: datetime) -> None:
        """End with a status, at least one second after the start."""
        self.status, self.error = status, NO_ANSWER if status == "FAILURE" else None
        self.collected_bytes = 0 if status == "FAILURE" else self.size_bytes
        self.finished = max(now, self.started + timedelta(seconds=1))


def children_of(request: dict[str, Any], started: datetime, file_bytes: int) -> Iterator[Child]:
    """Return the parts of a new job, all in progress.

    Args:
        request: The body of the create.
        started: Start of all parts.
        file_bytes: Upper bound of each log, even if the body requests more.
    """
    size = min(int(request["sizeRequestedPerFileBytes"]), file_bytes)
    processes = list(processes_of(request["resourceType"].upper().replace("_", ""), request["resourceName"]))
    for log_type in request["logTypes"]:
        if log_type in AGENT_TYPES:
            for host in dict.fromkeys(host for host, _, _ in processes):
                yield Child(host, log_type, f"{host}/{log_type.lower()}", size, started)
        else:
            for host, port, replica_set in processes:
                parts: Sequence[str] = [host, *([replica_set] if replica_set else []), port, log_type.lower()]
                yield Child(f"{host}:{port}", log_type, "/".join(parts), size, started)


def processes_of(resource_type: str, name: str) -> Iterator[tuple[str, str, str | None]]:
    """Return host, port and, for members of a shard, replica set of each process of an invented deployment."""
    # Hosts and ports are folders in the archive, so they need UTF-8 without separators, control characters and `..`.
    name = _NO_FOLDER.sub("-", name).encode(errors="replace").decode()
    if resource_type == "PROCESS":
        host, _, port = name.partition(":")
        yield host if "." in host else f"{host}.example.net", port or "27017", None
    elif resource_type == "CLUSTER":
        for shard, member in itertools.product(range(2), range(3)):
            yield f"{name}-shard-{shard}-{member}.example.net", "27018", f"{name}-shard-{shard}"
    else:
        for member in range(3):
            yield f"{name}-{member}.example.net", "27017", None
