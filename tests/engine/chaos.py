"""Seeded faults: each request of a route may meet a fault, in one run of a program."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from pulumi_opsmanager.emulator import Emulator, FaultKind

_STALL_SECONDS = 2.0

_KINDS = (
    # Refused.
    FaultKind.RATE_LIMITED,
    FaultKind.MAINTENANCE,
    FaultKind.STALE_NONCE,
    FaultKind.REDIRECT,
    # Before the request is carried out.
    FaultKind.REFUSED,
    FaultKind.SERVER_ERROR,
    FaultKind.HTML,
    # After it.
    FaultKind.LOST_REPLY,
    FaultKind.BAD_GATEWAY,
    FaultKind.MALFORMED_JSON,
    FaultKind.CUT_BODY,
    FaultKind.WRONG_LENGTH,
    FaultKind.STALL,
    FaultKind.SLOW,
)


@dataclass(frozen=True)
class _Aim:
    """The share of a route's requests that faults hit, and the number of requests per job to draw for."""

    share: float
    requests: int


_AIMS = {"create": _Aim(0.4, 2), "get": _Aim(0.3, 3), "extend": _Aim(0.3, 2), "list": _Aim(0.2, 2)}


def plan_faults(server: Emulator, draw: random.Random, jobs: int, strength: float) -> None:
    """Plan faults for the requests of this number of jobs. A strength of 1 hits about a third of them, 0 none."""
    for route, aim in _AIMS.items():
        for place in range(aim.requests * jobs):
            if draw.random() < aim.share * strength:
                kind = draw.choice(_KINDS)
                server.fail(route, kind, seconds=_STALL_SECONDS if kind is FaultKind.STALL else 0, skip=place)


def faults_met(server: Emulator) -> Counter[str]:
    """The number of requests that each kind of fault has hit."""
    return Counter(entry["fault"] for entry in server.requests if entry["fault"])
