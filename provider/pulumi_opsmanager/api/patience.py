"""Wait and repeat, or give up? The decision needs only the failures of a call, and neither clock nor request.

A repeat is safe for any verb if no connection was made or the server refused (rate limit, upgrade). GET, DELETE and
PATCH are also repeated after a lost answer or a server error. A POST or PUT is not, so the caller must find out its
effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .exchange import Failure, Kind, Request

_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 1.0, 30.0


@dataclass(frozen=True)
class Patience:
    """The bounds of repeats."""

    connections: int = 3  # repeats when no connection was made
    answers: int = 3  # repeats after a lost answer
    failures: int = 8  # repeats while the server fails or refuses
    wait_seconds: float = 180.0  # sum of all waits of one call
    body: int = 10  # deadline of a complete body, as a multiple of the wait for one byte
    begin_seconds: float | None = None  # no repeat begins later than this after the first request; None = no bound

    def wait(
        self,
        request: Request,
        met: Sequence[Failure],
        waited_seconds: float,
        elapsed_seconds: float,
        pause_seconds: float,
        jitter_seconds: float,
    ) -> float | None:
        """Seconds to wait before the request is sent again; None if the last failure ends the call.

        The first repeat comes at once. Later waits double from 1 s to 30 s, unless the server asks for a longer one.
        The jitter is added to a growing wait, so that threads do not send at the same moment.

        `met` has all failures of this call, `waited_seconds` the sum of its waits. `elapsed_seconds` began with its
        first request. `pause_seconds` is the rest of the rate limit's pause.
        """
        failure = met[-1]
        kinds = [past.kind for past in met if past.kind is not Kind.LIMITED]
        bounds = {
            (Kind.FINAL,): 0,
            (Kind.UNSENT,): self.connections,
            (Kind.LOST,): self.answers if request.is_repeatable else 0,
            (Kind.BROKEN,): self.failures if request.is_repeatable else 0,
            (Kind.BROKEN, Kind.REFUSED): self.failures,
        }
        delay = pause_seconds
        if failure.kind is not Kind.LIMITED:
            growing = _FIRST_WAIT_SECONDS * 2 ** (len(kinds) - 2) + jitter_seconds if len(kinds) > 1 else 0.0
            delay = max(failure.retry_after_seconds, min(growing, _LONGEST_WAIT_SECONDS))
        is_spent = any(sum(kind in group for kind in kinds) > bound for group, bound in bounds.items())
        begins_too_late = self.begin_seconds is not None and elapsed_seconds + delay > self.begin_seconds
        return None if is_spent or begins_too_late or waited_seconds + delay > self.wait_seconds else delay


PATIENT = Patience()
"""For programs: long enough for an upgrade or a restart of the server."""

BRIEF = Patience(connections=0, answers=0, failures=1, wait_seconds=2, body=1, begin_seconds=4)
"""For a diagnosis: at most two requests, because a person waits."""
