"""Runs that a signal interrupts, and the commands that repair the stack afterwards."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, Signals

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, Pace, after_seconds, instant
from tests.engine.stack import HEAD, Stack
from tests.processes import family, left_of, wait_until
from tests.support import sha256_of

NewStack = Callable[..., Stack]

PROGRAM = (
    HEAD
    + """\
GOOD |= dict(size_requested_per_file_bytes=4_000_000)
del GOOD["resource_type"], GOOD["resource_name"]
om.LogCollection("logs", targets=[om.ReplicaSet("rs0"), om.ReplicaSet("rs1")], archive_dir="logs", keep_on_delete=False,
    poll_interval_seconds=0.3, **GOOD)
"""
)

FLAGS = "--yes --skip-preview --non-interactive --stack test"

# The commands that errors advise, by the words of the error.
REMEDIES = {
    "delete the lock file with `pulumi cancel`": "pulumi cancel --yes --stack test",
    "`pulumi refresh` removes deleted jobs": f"pulumi refresh {FLAGS}",
}
UNLOCK, REFRESH = REMEDIES.values()

HOLD_SECONDS = 60.0
"""How long a phase lasts when a test does not end it."""


@dataclass(frozen=True)
class Phase:
    """A part of a run that a test can hold.

    Attributes:
        hold: Makes the server hold the run in this phase.
        is_on: Whether the server holds the run, and no other operation runs.
        command: The operation that the test interrupts.
        leaves: Number of orphans after a lost answer.
        needs: Commands that must run before an `up` after a lost answer.
    """

    hold: Callable[[Emulator], None]
    is_on: Callable[[Emulator, Stack], bool]
    command: str = "up"
    leaves: int = 0
    needs: tuple[str, ...] = ()


def unanswered(server: Emulator, method: str) -> bool:
    return any(entry["method"] == method and entry["status"] is None for entry in server.requests)


def is_creating(server: Emulator, stack: Stack) -> bool:
    """Whether the server has both jobs, while the engine knows one of them."""
    return (len(server.job_ids), len(stack.jobs())) == (2, 1) and unanswered(server, "POST")


def is_waiting(server: Emulator, stack: Stack) -> bool:
    """Whether both jobs were read."""
    has_looked = any(entry["method"] == "GET" and entry["path"].endswith("Jobs") for entry in server.requests)
    return has_looked and not stack.resources("LogCollectionCompletion")


def is_downloading(_: Emulator, stack: Stack) -> bool:
    """One archive is complete, and a part of the other is on the disk."""
    drafts = [path for path in archives(stack) if path.name.startswith(".")]
    return len(stack.resources("LogArchive")) == 1 and any(path.stat().st_size for path in drafts)


def is_deleting(server: Emulator, stack: Stack) -> bool:
    """Whether the server has no job left, while the engine still knows one."""
    return (len(server.job_ids), len(stack.jobs())) == (0, 1) and unanswered(server, "DELETE")


def stall(route: str, after_bytes: int = 0) -> Callable[[Emulator], None]:
    return lambda server: server.fail(route, FaultKind.STALL, seconds=HOLD_SECONDS, after_bytes=after_bytes)


def take(server: Emulator, pace: Pace) -> None:
    for name in ("rs0", "rs1"):
        server.set_pace(name, pace)


def release(server: Emulator) -> None:
    """End the present phase."""
    server.forget_faults()
    take(server, instant())


PHASES = {
    "create": Phase(stall("create"), is_creating, leaves=1),
    "wait": Phase(lambda server: take(server, after_seconds(HOLD_SECONDS)), is_waiting),
    "download": Phase(stall("download", after_bytes=1_000_000), is_downloading),
    # The state still has a job that is gone. A plain `up` does not read jobs of the state; only a completion notices.
    "delete": Phase(stall("delete"), is_deleting, command="destroy", needs=(REFRESH,)),
}

# The ten that docs/reliability.md names: Ctrl-C and one kill in each phase, and every way to end a create.
CASES = (
    *("create-cli-int", "create-cli-kill", "create-provider-kill", "create-provider-int"),
    *("wait-cli-int", "wait-cli-kill"),
    *("download-cli-int", "download-provider-kill"),
    *("delete-cli-int", "delete-cli-kill"),
)


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator whose archives do not fit into one piece."""
    with Emulator(behaviour=Behaviour(file_bytes=4_000_000)) as running:
        yield running


@pytest.mark.parametrize("case", CASES)
def test_up_completes_an_interrupted_run(new_stack: NewStack, server: Emulator, case: str) -> None:
    """Errors name the commands to run first. Only a job whose ID was lost is an orphan."""
    name, victim, signal = case.split("-")
    stack, phase, sent = new_stack(PROGRAM), PHASES[name], Signals[f"SIG{signal.upper()}"]
    if phase.command == "destroy":
        stack.up()
    phase.hold(server)
    interrupt(stack, server, phase, victim, sent)
    release(server)
    # After one Ctrl-C the running operations end normally.
    is_lost = (victim, sent) != ("cli", SIGINT)
    is_locked = (victim, sent) == ("cli", SIGKILL)
    needed = ([UNLOCK] if is_locked else []) + (list(phase.needs) if is_lost else [])
    assert up_by_its_own_advice(stack) == needed
    assert_all_is_there(stack, server)
    delete_orphans(stack, server, phase.leaves if is_lost else 0)


def interrupt(stack: Stack, server: Emulator, phase: Phase, victim: str, sent: Signals) -> None:
    """Send a signal in the middle of a phase, and expect every process of the run to end."""
    process = stack.start(f"pulumi {phase.command} {FLAGS}")
    with all_ended(process) as started:
        wait_until(lambda: phase.is_on(server, stack), "the phase has not begun")
        started.update(family(process.pid))
        providers = [pid for pid, words in started.items() if " pulumi.dynamic " in words]
        os.kill(process.pid if victim == "cli" else providers[0], sent)
        assert phase.is_on(server, stack), "the phase was over before the signal came: raise HOLD_SECONDS"
        if victim == "cli":
            assert process.stdout is not None
            if sent is SIGKILL:
                process.wait()
            else:
                assert any("press ^C again" in line for line in process.stdout)
            # A provider ends only after its last request.
            release(server)
        process.communicate(timeout=HOLD_SECONDS)


@contextmanager
def all_ended(process: subprocess.Popen[str]) -> Iterator[dict[int, str]]:
    """Expect the processes that the block records to end soon after it, and kill the others."""
    started: dict[int, str] = {}

    try:
        yield started
        # Only the engine's own language host looks for the engine every five minutes.
        wait_until(
            lambda: all("/pulumi-language-python " in words for words in left_of(started).values()),
            "processes of the run are still there",
        )
    finally:
        if process.poll() is None:
            started.update(family(process.pid))
        for pid in left_of(started):
            with suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)


def up_by_its_own_advice(stack: Stack) -> list[str]:
    """Run `up` until it works. After each failure, run the command that the error names. Returns these commands."""
    advised: list[str] = []
    while (tried := stack.shell(f"pulumi up {FLAGS}")).returncode:
        said = tried.stdout + tried.stderr
        advice = [command for words, command in REMEDIES.items() if words in said and command not in advised]
        assert len(advice) == 1, said
        run(stack, advice[0])
        advised += advice
    return advised


def assert_all_is_there(stack: Stack, server: Emulator) -> None:
    """State, server and disk match the program, and the files are complete."""
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
    """Expect this number of jobs outside the state, and delete them with the command line."""
    managed = {stored["id"] for stored in stack.jobs()}
    orphans = set(server.job_ids) - managed
    assert len(orphans) == expected
    if orphans:
        run(stack, "pulumi stack export --file state.json --stack test")
        listed = json.loads(run(stack, "pulumi-opsmanager orphans --state state.json --json"))
        assert {job["id"] for job in listed} == orphans
    for job_id in orphans:
        run(stack, f"pulumi-opsmanager orphans --state state.json --delete {job_id} --yes")
    assert set(server.job_ids) == managed


def run(stack: Stack, command: str) -> str:
    done = stack.shell(command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def archives(stack: Stack) -> list[Path]:
    found = list(stack.folder.glob("logs/*")) + list(stack.folder.glob("logs/.*"))
    return [file for file in found if file.suffix != ".json"]
