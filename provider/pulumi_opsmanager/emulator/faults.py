"""Faults on demand: what goes wrong, on which route, how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from threading import Event, Lock

ROUTES = ("create", "list", "get", "extend", "retry", "delete", "download", "clusters", "processes")


class FaultKind(Enum):
    """What goes wrong with a request that carries the right credentials."""

    LOST_REPLY = "lost_reply"
    """The request is carried out, the connection cut before the answer."""
    REFUSED = "refused"
    """The connection is cut before the request is carried out."""
    STALL = "stall"
    """The request is carried out; the answer, or its body after `after_bytes`, comes `seconds` later."""
    SERVER_ERROR = "server_error"
    """500 with the vendor's body; nothing is carried out."""
    BAD_GATEWAY = "bad_gateway"
    """502 with a page of HTML; the request is carried out."""
    RATE_LIMITED = "rate_limited"
    """429, with `Retry-After: seconds` when seconds are given."""
    MAINTENANCE = "maintenance"
    """405 with `WRITES_NOT_ALLOWED_DURING_APP_UPGRADES`."""
    HTML = "html"
    """200 with a page of HTML; nothing is carried out."""
    MALFORMED_JSON = "malformed_json"
    """The request is carried out, the body is cut in the middle."""
    REDIRECT = "redirect"
    """302 to another host."""
    CUT_BODY = "cut_body"
    """The request is carried out, the connection cut after `after_bytes` of the body."""
    WRONG_LENGTH = "wrong_length"
    """The request is carried out, `Content-Length` says more than is sent before the connection ends."""
    CORRUPT_GZIP = "corrupt_gzip"
    """One byte of an archive is wrong: the one after `after_bytes`, or one near its middle; its length is right."""
    SLOW = "slow"
    """The request is carried out, the body comes in small pieces, each after `seconds`."""
    STALE_NONCE = "stale_nonce"
    """401 with a fresh challenge that says stale; nothing is carried out."""
    VANISH = "vanish"
    """The job is gone just before the request is carried out."""
    FAILED_CHILDREN = "failed_children"
    """A create or retry is carried out, and the first child job that it starts will end in FAILURE."""


@dataclass
class Fault:
    """One planned fault.

    Attributes:
        route: One of `ROUTES`.
        kind: What goes wrong.
        times: How many requests it still hits.
        seconds: For `STALL`, `SLOW` and `RATE_LIMITED`.
        after_bytes: For `STALL`, `CUT_BODY` and `CORRUPT_GZIP`: what of the body comes before.
        skip: How many requests of the route it still lets pass.
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
        """Hold the answer for `seconds`, or until the fault is forgotten."""
        self.released.wait(self.seconds)


_ROUTES_OF = {
    FaultKind.FAILED_CHILDREN: ("create", "retry"),
    FaultKind.CORRUPT_GZIP: ("download",),
    FaultKind.VANISH: ("get", "extend", "retry", "delete", "download"),
}


class FaultPlan:
    """The faults that are still to come, in the order they were added."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = Lock()

    def add(self, fault: Fault) -> None:
        """Plan one more."""
        routes = _ROUTES_OF.get(fault.kind, ROUTES)
        if fault.route not in routes:
            raise ValueError(f"route must be one of {', '.join(routes)}")
        with self._lock:
            self._faults.append(fault)

    def next(self, route: str) -> Fault | None:
        """The fault that hits this request."""
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
