"""The running emulator: it serves on a thread of the process that starts it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import format_datetime
from threading import Thread
from types import TracebackType
from typing import Any

from werkzeug.serving import WSGIRequestHandler

from .backend import Backend, Behaviour, RequestLog
from .connection import KeptConnection, KeptServer
from .digest import Digest
from .faults import Fault, FaultKind, FaultPlan
from .jobs import JobStore, Pace, instant
from .limit import RateLimit
from .routes import create_app

# How often the thread checks whether to stop. It is short, because tests start a thousand emulators.
_STOP_SECONDS = 0.005


def _handler(now: Callable[[], datetime]) -> type[WSGIRequestHandler]:
    class Handler(KeptConnection):
        """Writes no log, because the emulator has a request log, and dates answers by the emulator's clock."""

        def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  the base class names it
            pass

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

        def connection_dropped(self, error: BaseException, environ: object = None) -> None:
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
            return format_datetime(now(), usegmt=True)

    return Handler


class Emulator:
    """A local Ops Manager on 127.0.0.1; it runs inside its `with` block.

    Args:
        pace: How long jobs are IN_PROGRESS. Default: `instant()`.
        public_key: User name of the digest.
        private_key: Password of the digest.
        project_id: Id of the only project, 24 hex characters.
        port: Port, or 0 for a free one.
        behaviour: What differs between servers.
        now: The server's clock, aware UTC.

    Raises:
        OSError: On start, the port is taken, or this user may not use it.

    Source: Ops Manager API reference, "Log Collection Jobs", and transcripts of servers.
    """

    def __init__(
        self,
        *,
        pace: Pace | None = None,
        public_key: str = "emulator",
        private_key: str = "emulator-private-key",
        project_id: str = "66f2a41b9d3c5e0012ab34cd",
        port: int = 0,
        behaviour: Behaviour | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        behaviour = behaviour or Behaviour()
        self.public_key = public_key
        self.private_key = private_key
        self.project_id = project_id
        self._backend = Backend(
            jobs=JobStore(
                pace=pace or instant(),
                now=now,
                default_life=behaviour.default_life,
                file_bytes=behaviour.file_bytes,
                list_delay=behaviour.list_delay,
            ),
            digest=Digest(
                public_key,
                private_key,
                nonce_life=behaviour.nonce_life,
                nonce_uses=behaviour.nonce_uses,
                algorithm=behaviour.algorithm,
                now=now,
            ),
            faults=FaultPlan(),
            limit=RateLimit(behaviour.rate_limit, behaviour.rate_window, now),
            log=RequestLog(),
            behaviour=behaviour,
            project_id=project_id,
            now=now,
        )
        self._port = port
        self._server: KeptServer | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Emulator:  # noqa: PYI034  not made for subclassing
        # Werkzeug exits the process if the port is taken. A socket that we make raises OSError.
        with socket.create_server(("127.0.0.1", self._port)) as listening:
            host, port = listening.getsockname()
            app = create_app(self._backend)
            self._server = KeptServer(host, port, app, _handler(self._backend.now), fd=listening.fileno())
        self._thread = Thread(target=self._server.serve_forever, args=(_STOP_SECONDS,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    @property
    def url(self) -> str:
        """Base URL without the path of the API; RuntimeError before the start."""
        if self._server is None:
            raise RuntimeError("the emulator is not running")
        return f"http://{self._server.host}:{self._server.port}"

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The last 20,000 requests, in order: method, path, query, status, fault."""
        return self._backend.log.entries()

    @property
    def connections(self) -> int:
        """Number of connections that clients have made; 0 before the start."""
        return self._server.accepted if self._server is not None else 0

    @property
    def calls(self) -> list[str]:
        """The requests as `METHOD status`, without those that got a 401."""
        return [f"{entry['method']} {entry['status']}" for entry in self.requests if entry["status"] != 401]

    @property
    def job_ids(self) -> list[str]:
        """Ids of all jobs, newest first."""
        return [job.id for job in self._backend.jobs.newest_first()]

    def forget_requests(self) -> None:
        """Empty the request log."""
        self._backend.log.clear()

    def set_status(self, job_id: str, status: str | None) -> None:
        """Force the status of a job.

        Args:
            job_id: 24 lower-case hex digits.
            status: Any text; None makes the job vanish.

        Raises:
            KeyError: There is no such job.
        """
        if not self._backend.jobs.force(job_id, status):
            raise KeyError(job_id)

    def set_pace(self, resource_name: str, pace: Pace) -> None:
        """Set the pace of the jobs of one resource, also of those in progress.

        Args:
            resource_name: Name of the deployment or process.
            pace: Result of `instant`, `after_reads` or `after_seconds`.
        """
        self._backend.jobs.set_pace(resource_name, pace)

    def fail(
        self, route: str, kind: FaultKind, *, times: int = 1, seconds: float = 0.0, after_bytes: int = 0, skip: int = 0
    ) -> None:
        """Plan a fault for the next requests of a route that have the right credentials.

        Args:
            route: `create`, `list`, `get`, `extend`, `retry`, `delete`, `download`, `clusters` or `processes`.
            kind: What goes wrong.
            times: Number of requests that it hits.
            seconds: Duration, for `STALL`, `SLOW` and `RATE_LIMITED`.
            after_bytes: Bytes of the body that are sent before, for `STALL`, `CUT_BODY` and `CORRUPT_GZIP`.
            skip: Number of requests of the route that pass before.

        Raises:
            ValueError: The kind cannot happen on this route.
        """
        self._backend.faults.add(Fault(route, kind, times, seconds, after_bytes, skip))

    def forget_faults(self) -> None:
        """Remove all planned faults, and send the answers that they hold."""
        self._backend.faults.clear()

    def age_nonces(self) -> None:
        """Make every nonce stale."""
        self._backend.digest.forget_nonces()
