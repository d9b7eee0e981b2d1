"""Stacks of every earlier release work with this one. Their states were stored at each release."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.instants import parse_instant
from pulumi_opsmanager.schema.fields import fields_of
from pulumi_opsmanager.schema.job import JobInputs
from tests.engine.scaled.clock import scaled_environment
from tests.engine.stack import Stack
from tests.support import PROJECT
from tools import record_state

WIRE_DATES = ("logCollectionFromDate", "logCollectionToDate")


@dataclass(frozen=True)
class Recorded:
    """A stored state with its program."""

    state: Path
    text: str

    @property
    def program(self) -> str:
        return self.state.with_suffix(".py").read_text()

    @property
    def instant(self) -> datetime:
        """The time at which the stored state was correct."""
        return parse_instant(json.loads(self.text)["deployment"]["manifest"]["time"][:19] + "Z")

    def outputs(self, kind: str) -> dict[str, dict[str, Any]]:
        """The stored outputs of one kind of resource by id."""
        resources = json.loads(self.text)["deployment"]["resources"]
        return {stored["id"]: stored["outputs"] for stored in resources if stored["type"].endswith(f":{kind}")}


def put_back(server: Emulator, recorded: Recorded) -> None:
    """Give an emulator the jobs of a state, with their IDs."""
    jobs = server._backend.jobs
    wire = [key for key, field in fields_of(JobInputs).items() if field.body is not None]
    for job_id, outputs in recorded.outputs("LogCollectionJob").items():
        request = {key: outputs[key] for key in wire if outputs.get(key) is not None}
        for key in set(WIRE_DATES) & request.keys():
            request[key] = int(parse_instant(request[key]).timestamp() * 1000)
        job = jobs.create(PROJECT, request)
        jobs.delete(job.id)
        job.id, job.created = job_id, parse_instant(outputs["creationDate"])
        job.expires = parse_instant(outputs["expirationDate"])
        jobs._jobs[job_id] = job


def put_archives(folder: Path, recorded: Recorded) -> list[Path]:
    """Write files for the archives of a state, with their size and time."""
    files = []
    for outputs in recorded.outputs("LogArchive").values():
        file = folder / outputs["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"\0" * int(outputs["sizeBytes"]))
        os.utime(file, ns=(int(outputs["mtimeNs"]), int(outputs["mtimeNs"])))
        files.append(file)
    return files


@pytest.fixture(
    params=sorted(record_state.STATES.glob("*/*.json")), ids=lambda state: f"{state.parent.name}-{state.stem}"
)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    """A state of each release and program."""
    return Recorded(request.param, request.param.read_text())


@pytest.fixture
def server(recorded: Recorded) -> Iterator[Emulator]:
    """A server for which no time has passed since then."""
    with Emulator(now=lambda: recorded.instant) as running:
        put_back(running, recorded)
        yield running


def test_stack_of_an_earlier_release_works(
    new_stack: Callable[..., Stack], server: Emulator, recorded: Recorded
) -> None:
    """The preview is empty and sends nothing; so is `up` after a refresh. `destroy` deletes the jobs and the files."""
    # No time passes for the provider either, because renewals and expiries are unrelated to an upgrade.
    stack = new_stack(recorded.program, **scaled_environment(recorded.instant.timestamp(), 0))
    files = put_archives(stack.folder, recorded)
    (stack.folder / "state.json").write_text(recorded.text.replace(record_state.RECORDED_URL, server.url))
    imported = stack.shell("pulumi stack import --file state.json --stack test")
    assert imported.returncode == 0, imported.stdout + imported.stderr
    assert set(server.job_ids) == set(recorded.outputs("LogCollectionJob")) != set()

    assert stack.preview() == {}, stack.printed
    assert server.requests == []
    assert stack.refresh() == {}, stack.lines
    assert stack.up() == {}
    assert {call.split()[0] for call in server.calls} == {"GET"}

    stack.destroy()
    assert server.job_ids == []
    kept = {outputs["file"] for outputs in recorded.outputs("LogArchive").values() if outputs["keepOnDelete"]}
    assert {str(file.relative_to(stack.folder)) for file in files if file.exists()} == kept
