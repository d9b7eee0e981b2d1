"""Planned faults: what goes wrong, on which route, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from threading import Event, Lock

ROUTES = ("create", "list", "get", "extend", "retry", "delete", "download", "clusters", "processes")


class FaultKind(Enum):
    """What goes wrong with a request that has the right credentials."""

    LOST_REPLY = "lost_reply"
    """The server carries out the request, and cuts the connection before the answer."""
    REFUSED = "refused"
    """The server cuts the connection before it carries out the request."""
    STALL = "stall"
    """The answer comes `seconds` later; with `after_bytes`, the rest of the body does."""
    SERVER_ERROR = "server_error"
    """500 with the vendor's body; the server carries out nothing."""
    BAD_GATEWAY = "bad_gateway"
    """502 with an HTML page; the server carries out the request."""
    RATE_LIMITED = "rate_limited"
    """429, with `Retry-After: seconds` if `seconds` is given."""
    MAINTENANCE = "maintenance"
    """405 with `WRITES_NOT_ALLOWED_DURING_APP_UPGRADES`."""
    HTML = "html"
    """200 with an HTML page; the server carries out nothing."""
    MALFORMED_JSON = "malformed_json"
    """The server carries out the request, and cuts the body in the middle."""
    REDIRECT = "redirect"
    """302 to another host."""
    CUT_BODY = "cut_body"
    """The server carries out the request, and cuts the connection after `after_bytes` of the body."""
    WRONG_LENGTH = "wrong_length"
    """The server carries out the request, and sends a `Content-Length` that is larger than the body."""
    CORRUPT_GZIP = "corrupt_gzip"
    """One byte of an archive is wrong: the one after `after_bytes`, or one near the middle. The length is right."""
    SLOW = "slow"
    """The body comes in small pieces, each after `seconds`."""
    STALE_NONCE = "stale_nonce"
    """401 with a new challenge that says stale; the server carries out nothing."""
    VANISH = "vanish"
    """The job disappears just before the server carries out the request."""
    FAILED_CHILDREN = "failed_children"
    """The first child job that a create or retry starts will end in FAILURE."""


@dataclass
class Fault:
    """One planned fault.

    Attributes:
        route: One of `ROUTES`.
        kind: What goes wrong.
        times: Number of requests that it will still hit.
        seconds: Duration, for `STALL`, `SLOW` and `RATE_LIMITED`.
        after_bytes: Bytes of the body that are sent before, for `STALL`, `CUT_BODY` and `CORRUPT_GZIP`.
        skip: Number of requests of the route that will still pass before.
        released: Ends the waits of `STALL` and `SLOW` early.
    """

    route: str
    kind: FaultKind
    times: int = 1
    seconds: float = 0.0
    after_bytes: int = 0
    skip: int = 0
    released: Event = field(default_factory=Event, init=False, compare=False)

    def wait(self) -> None:
        """Hold the answer for `seconds`, or until the fault is removed."""
        self.released.wait(self.seconds)


_ROUTES_OF = {
    FaultKind.FAILED_CHILDREN: ("create", "retry"),
    FaultKind.CORRUPT_GZIP: ("download",),
    FaultKind.VANISH: ("get", "extend", "retry", "delete", "download"),
}


class FaultPlan:
    """The planned faults, in the order in which they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Plan a fault; raise ValueError if its kind cannot happen on its route."""
        routes = _ROUTES_OF.get(fault.kind, ROUTES)
        if fault.route not in routes:
            raise ValueError(f"route must be one of {', '.join(routes)}")
        with self._lock:
            self._faults.append(fault)

    def next(self, route: str) -> Fault | None:
        """Return the fault that hits this request; None if none does."""
        with self._lock:
            pending = [fault for fault in self._faults if fault.route == route and fault.times > 0]
            hit = next((fault for fault in pending if fault.skip == 0), None)
            for fault in pending:
                if fault is hit:
                    fault.times -= 1
                else:
                    fault.skip = max(fault.skip - 1, 0)
            return hit

    def clear(self) -> None:
        """Remove all planned faults, and send the answers that they hold."""
        with self._lock:
            for fault in self._faults:
                fault.released.set()
            self._faults.clear()
