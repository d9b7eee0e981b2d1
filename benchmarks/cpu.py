"""Measure the CPU time of program and provider. The engine and the server are not counted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.testing import Stack

from .figure import Lab, Row, figure
from .stacks import IDLE, contestants, lowest

_JOBS = 500
_TIMES = 2
_SHARE = 1.25

# Python imports this module at each start from a folder on its path. The engine ends a provider by SIGINT, which a
# background job ignores.
_RECORDING = """\
import atexit, os, signal, sys, time

def record():
    with open(os.environ["CPU_RECORDS"], "a") as records:
        print(time.process_time(), sys.argv[0], file=records)

atexit.register(record)
signal.signal(signal.SIGINT, signal.default_int_handler)
"""
_PROVIDER = "/pulumi/dynamic/__main__.py"


@functools.cache
def _costs(lab: Lab) -> Mapping[str, Mapping[str, float]]:
    """Return CPU seconds by operation and contestant: the lower of two runs, except for `up`, which runs once."""
    with Emulator() as server:
        stacks = contestants(lab, server, _JOBS)
        return {
            name: lowest({who: functools.partial(_cpu_seconds, stack, work) for who, stack in stacks.items()}, times)
            for name, work, times in (
                ("up", Stack.up, 1),
                ("preview", Stack.preview, _TIMES),
                ("refresh", Stack.refresh, _TIMES),
            )
        }


def _cpu_seconds(stack: Stack, operation: Callable[[Stack], object]) -> float:
    """Return the sum over all Python processes of an operation, from start to end."""
    records, path = stack.folder / "cpu.txt", stack.folder / "recording"
    path.mkdir(exist_ok=True)
    (path / "sitecustomize.py").write_text(_RECORDING)
    records.unlink(missing_ok=True)
    stack.environ(PYTHONPATH=str(path), CPU_RECORDS=str(records))
    operation(stack)
    lines = records.read_text().splitlines()
    if not any(line.endswith(_PROVIDER) for line in lines):
        raise RuntimeError(f"the provider left no record of its CPU seconds: {lines}")
    return sum(float(line.split()[0]) for line in lines)


def _row(lab: Lab, operation: str) -> Row:
    costs = _costs(lab)[operation]
    return Row(_JOBS, costs, _SHARE * costs[IDLE])


@figure(axis="jobs", unit="CPU seconds", limit="1.25 of the alternative")
def processor_time_of_a_preview(lab: Lab) -> Iterator[Row]:
    """Preview unchanged jobs. The CPU time is that of program and provider."""
    yield _row(lab, "preview")


@figure(axis="jobs", unit="CPU seconds", limit="1.25 of the alternative")
def processor_time_of_an_up(lab: Lab) -> Iterator[Row]:
    """Create jobs. The CPU time is that of program and provider. Ours signs and sends a POST and a GET per job."""
    yield _row(lab, "up")


@figure(axis="jobs", unit="CPU seconds", limit="1.25 of the alternative")
def processor_time_of_a_refresh(lab: Lab) -> Iterator[Row]:
    """Refresh unchanged jobs. The CPU time is that of the provider. Ours asks the server; the alternative does not."""
    yield _row(lab, "refresh")
