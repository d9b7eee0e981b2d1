"""Everything the routes work on: how this server behaves, what it holds, what it was asked."""

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
"""About ten MiB. A test of a thousand jobs needs 5,000."""


@dataclass(frozen=True)
class Behaviour:
    """Where servers differ, or are set up differently.

    Attributes:
        default_life: Time to expiry of a new job.
        file_bytes: Upper bound of each collected file, below the size asked for.
        dates: How the collection window is written: `epoch`, `text` or `off`.
        resources: Names of the deployments that exist. None = jobs of any name are accepted, and the list of clusters
            shows the replica set `rs0` and the sharded cluster `shop`.
        denies: Refuse every authenticated request with this code, as for a missing role or access list entry. The
            status is 401 for codes of membership and role, and 403 for the others.
        state_error_status: Status of refusals for a job's state; vendor pages say 403 and 400.
        success_body: Body of PATCH, PUT and DELETE.
        delete_status: 200, or 204 as the sibling API has it.
        nonce_life: After it a nonce is stale.
        nonce_uses: Counts of a nonce from this one on are stale; 1024 as in Jetty.
        algorithm: Of the digest.
        list_delay: Asked once for each new job: how long the list does not show it yet.
        rate_limit: Requests of the project in each window; None = any number.
        rate_window: A clock minute, as the vendor counts, or less for tests.
        has_retry_after: A 429 of the rate limit says when to come back.
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
        """What the server calls itself: the last release without a time window, or the first that has it."""
        return f"8.0.{8 if self.dates == 'off' else 9}.500.20260101T0000Z"

    has_retry_after: bool = True


class RequestLog:
    """The last requests in the order of arrival: method, path, query, status (None while it is answered), fault."""

    def __init__(self) -> None:
        self._entries: deque[dict[str, Any]] = deque(maxlen=_MOST_ENTRIES)
        self._lock = Lock()

    def open(self, method: str, path: str, query: str) -> dict[str, Any]:
        """Note a request that arrived; its status and the fault that hit it are filled in later."""
        entry = {"method": method, "path": path, "query": query, "status": None, "fault": None}
        with self._lock:
            self._entries.append(entry)
        return entry

    def entries(self) -> list[dict[str, Any]]:
        """A copy."""
        with self._lock:
            return [dict(entry) for entry in self._entries]

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()


@dataclass(frozen=True)
class Backend:
    """Everything the routes work on."""

    jobs: JobStore
    digest: Digest
    faults: FaultPlan
    limit: RateLimit
    log: RequestLog
    behaviour: Behaviour
    project_id: str
    now: Callable[[], datetime]
