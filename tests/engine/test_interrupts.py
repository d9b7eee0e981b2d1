"""Runs that are interrupted, and what a person does after: real signals, real processes, a real `up`."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, Signals

import pytest

from pulumi_opsmanager.download.draft import sha256_of
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, after_seconds
from tests.engine.stack import HEAD, Stack

NewStack = Callable[..., Stack]

PROGRAM = (
    HEAD
    + """\
GOOD |= dict(size_requested_per_file_bytes=4_000_000)
del GOOD["resource_type"], GOOD["resource_name"]
om.LogCollection("logs", targets=[om.ReplicaSet("rs0"), om.ReplicaSet("rs1")], archive_dir="logs",
    poll_interval_seconds=0.3, **GOOD)
"""
)

FLAGS = "--yes --skip-preview --non-interactive --stack test"

# What errors tell to run, by the words that tell it.
REMEDIES = {
    "delete the lock file with `pulumi cancel`": "pulumi cancel --yes --stack test",
    "refresh the stack and run again": f"pulumi refresh {FLAGS}",
}
UNLOCK, REFRESH = REMEDIES.values()

HOLD_SECONDS = 6.0
"""How long a phase lasts: an interrupt comes within it, and what still works after one ends with it."""


@dataclass(frozen=True)
class Phase:
    """A part of a run that can be held.

    Attributes:
        hold: Makes the server hold it.
        is_on: It is held, and everything beside it is at rest.
        command: What is run.
        leaves: Jobs that nobody knows of when the answer is lost.
        needs: What has to be run before an `up` when the answer is lost.
    """

    hold: Callable[[Emulator], None]
    is_on: Callable[[Emulator, Stack], bool]
    command: str = "up"
    leaves: int = 0
    needs: tuple[str, ...] = ()


def unanswered(server: Emulator, method: str) -> bool:
    return any(entry["method"] == method and entry["status"] is None for entry in server.requests)


def is_creating(server: Emulator, stack: Stack) -> bool:
    """Both jobs are made, and the engine knows of one."""
    return (len(server.job_ids), len(stack.jobs())) == (2, 1) and unanswered(server, "POST")


def is_waiting(server: Emulator, stack: Stack) -> bool:
    """Both jobs were looked at."""
    has_looked = any(entry["method"] == "GET" and entry["path"].endswith("Jobs") for entry in server.requests)
    return has_looked and not stack.resources("LogCollectionCompletion")


def is_downloading(_: Emulator, stack: Stack) -> bool:
    """One archive is whole, half of the other is on the disk."""
    drafts = [path for path in archives(stack) if path.name.startswith(".")]
    return len(stack.resources("LogArchive")) == 1 and any(path.stat().st_size for path in drafts)


def is_deleting(server: Emulator, stack: Stack) -> bool:
    """Both jobs are gone, and the engine knows of one."""
    return (len(server.job_ids), len(stack.jobs())) == (0, 1) and unanswered(server, "DELETE")


def stall(route: str, after_bytes: int = 0) -> Callable[[Emulator], None]:
    return lambda server: server.fail(route, FaultKind.STALL, seconds=HOLD_SECONDS, after_bytes=after_bytes)


def take_time(server: Emulator) -> None:
    for name in ("rs0", "rs1"):
        server.set_pace(name, after_seconds(HOLD_SECONDS))


PHASES = {
    "create": Phase(stall("create"), is_creating, leaves=1),
    "wait": Phase(take_time, is_waiting),
    "download": Phase(stall("download", after_bytes=1_000_000), is_downloading),
    # The state still has a job that is gone, and a plain `up` asks for none that it has: only a completion notices.
    "delete": Phase(stall("delete"), is_deleting, command="destroy", needs=(REFRESH,)),
}


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose archives do not fit into one piece."""
    with Emulator(behaviour=Behaviour(file_bytes=4_000_000)) as running:
        yield running


@pytest.mark.parametrize("sent", [SIGINT, SIGKILL], ids=["int", "kill"])
@pytest.mark.parametrize("victim", ["cli", "provider"])
@pytest.mark.parametrize("phase", PHASES.values(), ids=PHASES)
def test_interrupted_run_is_made_good_by_an_up(
    new_stack: NewStack, server: Emulator, phase: Phase, victim: str, sent: Signals
) -> None:
    """Errors name the commands that come before; a job whose id never came back is an orphan, and the only one."""
    stack = new_stack(PROGRAM)
    if phase.command == "destroy":
        stack.up()
    phase.hold(server)
    interrupt(stack, server, phase, victim, sent)
    # One Ctrl-C lets what is under way come to its end.
    is_lost = (victim, sent) != ("cli", SIGINT)
    is_locked = (victim, sent) == ("cli", SIGKILL)
    needed = ([UNLOCK] if is_locked else []) + (list(phase.needs) if is_lost else [])
    assert up_by_its_own_advice(stack) == needed
    assert_all_is_there(stack, server)
    delete_orphans(stack, server, phase.leaves if is_lost else 0)


def interrupt(stack: Stack, server: Emulator, phase: Phase, victim: str, sent: Signals) -> None:
    """Send a signal in the middle of a phase, and see everything that runs end."""
    process = stack.start(f"pulumi {phase.command} {FLAGS}")
    with all_ended(process) as started:
        wait_until(lambda: phase.is_on(server, stack), "the phase has not begun")
        started.update(family(process.pid))
        providers = [pid for pid, words in started.items() if " pulumi.dynamic " in words]
        os.kill(process.pid if victim == "cli" else providers[0], sent)
        assert phase.is_on(server, stack), "the phase was over before the signal came: raise HOLD_SECONDS"
        printed, _ = process.communicate(timeout=60)
    assert ("press ^C again" in printed) == ((victim, sent) == ("cli", SIGINT)), printed


@contextmanager
def all_ended(process: subprocess.Popen[str]) -> Iterator[dict[int, str]]:
    """The processes that the block notes are gone some time after it; what is not is killed."""
    started: dict[int, str] = {}

    def left() -> dict[int, str]:
        present = {pid: words for pid, _, words in processes()}
        return {pid: words for pid, words in started.items() if present.get(pid) == words}

    try:
        yield started
        # The engine's own language host looks for the engine every five minutes only.
        wait_until(
            lambda: all("/pulumi-language-python " in words for words in left().values()),
            "processes of the run are still there",
        )
    finally:
        if process.poll() is None:
            started.update(family(process.pid))
        for pid in left():
            with suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)


def family(pid: int) -> dict[int, str]:
    """A process and all below it, with their command lines."""
    rows, found = processes(), {pid}
    while more := {child for child, parent, _ in rows if parent in found} - found:
        found |= more
    return {child: words for child, _, words in rows if child in found}


def processes() -> list[tuple[int, int, str]]:
    """Everything that runs here: id, parent, command line; without those that only wait to be counted."""
    listing = subprocess.run(
        shlex.split("ps -A -ww -o pid= -o ppid= -o stat= -o args="),
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [line.split(maxsplit=3) for line in listing.stdout.splitlines()]
    return [(int(row[0]), int(row[1]), row[3]) for row in rows if len(row) == 4 and not row[2].startswith("Z")]


def up_by_its_own_advice(stack: Stack) -> list[str]:
    """Run `up` until it works, and each time what its error tells to run; returns what that was."""
    told: list[str] = []
    while (tried := stack.shell(f"pulumi up {FLAGS}")).returncode:
        said = tried.stdout + tried.stderr
        advice = [command for words, command in REMEDIES.items() if words in said and command not in told]
        assert len(advice) == 1, said
        run(stack, advice[0])
        told += advice
    return told


def assert_all_is_there(stack: Stack, server: Emulator) -> None:
    """What the program declares is in the state, on the server and on the disk, and the files are whole."""
    jobs = {stored["outputs"]["resourceName"]: stored["id"] for stored in stack.jobs()}
    assert set(jobs) == {"rs0", "rs1"}
    assert set(jobs.values()) <= set(server.job_ids)
    (done,) = stack.resources("LogCollectionCompletion")
    assert done["outputs"]["statuses"] == dict.fromkeys(jobs.values(), "SUCCESS")
    stored = [resource["outputs"] for resource in stack.resources("LogArchive")]
    assert {outputs["jobId"] for outputs in stored} == set(jobs.values())
    assert {stack.folder / outputs["file"]: outputs["sha256"] for outputs in stored} == {
        path: sha256_of(path) for path in archives(stack)
    }


def delete_orphans(stack: Stack, server: Emulator, expected: int) -> None:
    """The command line finds the jobs that the state does not own, and deletes those that are named."""
    owned = {stored["id"] for stored in stack.jobs()}
    run(stack, "pulumi stack export --file state.json --stack test")
    found = {job["id"] for job in json.loads(run(stack, "pulumi-opsmanager orphans --state state.json --json"))}
    assert found == set(server.job_ids) - owned
    assert len(found) == expected
    for job_id in found:
        run(stack, f"pulumi-opsmanager orphans --state state.json --delete {job_id}")
    assert set(server.job_ids) == owned


def run(stack: Stack, command: str) -> str:
    done = stack.shell(command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def archives(stack: Stack) -> list[Path]:
    return list(stack.folder.glob("logs/*")) + list(stack.folder.glob("logs/.*"))


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(f"{otherwise}, after 60 s")
