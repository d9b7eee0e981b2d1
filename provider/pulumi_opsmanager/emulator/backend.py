"""What the routes work on: behaviour of the server, its jobs, and the log of its requests."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Literal

from .digest import Digest
from .faults import FaultPlan
from .jobs import JobStore
from .limit import RateLimit

_MOST_ENTRIES = 20_000
"""About 10 MiB. A test of a thousand jobs needs 5,000."""


@dataclass(frozen=True)
class Behaviour:
    """What differs between servers and their configurations.

    Attributes:
        default_life: Time to expiry of a new job.
        file_bytes: Upper bound of each collected file, even if a job requests more.
        dates: Form of the dates of a time window: `epoch`, `text`, or `off` for a server without windows.
        resources: Names of the deployments that exist. With None the server accepts jobs of any name, and lists the
            replica set `rs0` and the sharded cluster `shop`.
        denies: Code of a refusal of every authenticated request, for example of a missing role. The status is 401 for
            codes of membership and role, and 403 for the others.
        state_error_status: Status of a refusal because of a job's state. Vendor pages say 403 and 400.
        success_body: Body of PATCH, PUT and DELETE.
        delete_status: Status of a successful DELETE: 200, or 204 as in the API for server logs.
        nonce_life: Time after which a nonce is stale.
        nonce_uses: Number of uses after which a nonce is stale; 1024 as in Jetty.
        algorithm: Algorithm of the digest.
        list_delay: Returns how long the list does not show a new job. The server calls it once for each job.
        rate_limit: Number of requests of the project in each window; None for any number.
        rate_window: Length of a window: a clock minute, as the vendor counts, or less for tests.
        has_retry_after: Whether a 429 of the rate limit has a `Retry-After` header.
    """

    default_life: timedelta = timedelta(days=30)
    file_bytes: int = 20_000
    dates: Literal["epoch", "text", "off"] = "epoch"
    resources: frozenset[str] | None = None
    denies: str | None = None
    state_error_status: int = 403
    success_body: str = ""
    delete_status: int = 200
    nonce_life: timedelta = timedelta(minutes=5)
    nonce_uses: int = 1024
    algorithm: str = "MD5"
    list_delay: Callable[[], timedelta] = timedelta
    rate_limit: int | None = None
    rate_window: timedelta = timedelta(minutes=1)

    @property
    def version(self) -> str:
        """Version of the server: the last release without time windows, or the first release with them."""
        return f"8.0.{8 if self.dates == 'off' else 9}.500.20260101T0000Z"

    has_retry_after: bool = True


class RequestLog:
    """The last requests in order of arrival: method, path, query, fault, and status (None until the answer is sent)."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_MOST_ENTRIES)
        self._lock = Lock()

    def open(self, method: str, path: str, query: str) -> dict[str, Any]:
        """Record a request that arrived. The caller adds its status and its fault later."""
        entry = {"method": method, "path": path, "query": query, "status": None, "fault": None}
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self) -> list[dict[str, Any]]:
        """Return a copy of all entries."""
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Remove all entries."""
        with self._lock:
            self._entries.clear()


@dataclass(frozen=True)
class Backend:
    """What the routes work on."""

    jobs: JobStore
    digest: Digest
    faults: FaultPlan
    limit: RateLimit
    log: RequestLog
    behaviour: Behaviour
    project_id: str
    now: Callable[[], datetime]
