"""How much CPU do the program and the provider use? The engine and the server are not counted."""

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
    """CPU seconds by operation and contestant; the lower of two runs, except for the only `up`."""
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
    """Sum over all Python processes of an operation, from their start to their end."""
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
    """CPU of program and provider in a preview of unchanged jobs."""
    yield _row(lab, "preview")


@figure(axis="jobs", unit="CPU seconds", limit="1.25 of the alternative")
def processor_time_of_an_up(lab: Lab) -> Iterator[Row]:
    """CPU of program and provider in an `up` that creates jobs. Ours signs and sends a POST and a GET per job."""
    yield _row(lab, "up")


@figure(axis="jobs", unit="CPU seconds", limit="1.25 of the alternative")
def processor_time_of_a_refresh(lab: Lab) -> Iterator[Row]:
    """CPU of the provider in a refresh of unchanged jobs. Ours asks the server; the alternative does not."""
    yield _row(lab, "refresh")
