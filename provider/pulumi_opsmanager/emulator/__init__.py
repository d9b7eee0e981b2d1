"""What would Ops Manager answer? A local server with the seven log collection endpoints, for trying and testing.

It declares the wire anew on purpose and imports nothing of ours: client and emulator are each held against the
vendor's samples, so that they cannot be wrong together.

    with Emulator(pace=after_reads(2)) as server:
        requests.get(server.url, …)
"""

from .backend import Behaviour
from .faults import FaultKind
from .jobs import Pace, after_reads, after_seconds, instant
from .server import Emulator

__all__ = ["Behaviour", "Emulator", "FaultKind", "Pace", "after_reads", "after_seconds", "instant"]
