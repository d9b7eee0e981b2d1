"""Collections whose processes are killed at random points, with faults: one job for each target, and all archives."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pulumi_opsmanager.download.contents import contents
from pulumi_opsmanager.emulator import Behaviour, Emulator, after_reads
from tests.chaos import faults_met, plan_faults
from tests.cli.dying import Ended, Processes, processes
from tests.cli.terminal import keys_of
from tests.engine.scaled.clock import scaled_clock

_SCALE = 30.0
_LATE_SECONDS = 20.0
_SERVER_AHEAD = timedelta(minutes=10)
_KILLS = 30
_LAST_POINT = 60
_MOST_RUNS = 40

_TARGETS = ["--replica-set", "rs0", "--cluster", "shop", "--process", "db1.example.net:27017"]
_ASKED = ["--log-types", "mongodb", "--size", "10kB", "--redacted", "--last", "2h", "--timeout-seconds", "1"]


@pytest.fixture
def started() -> float:
    """The time at which the scaled clocks equal the wall clock."""
    return time.time()


@pytest.fixture
def dying(started: float) -> Iterator[Processes]:
    """Runs commands in processes that may die."""
    with processes(started, _SCALE) as running:
        yield running


def test_killed_collections_end_with_one_job_for_each_target_and_all_archives(
    dying: Processes,
    started: float,
    tmp_path: Path,
    chaos_seed: int,
    record_property: Callable[[str, object], None],
) -> None:
    """A collection is run again until it ends by itself with 0. Then it sends nothing."""
    draw = random.Random(chaos_seed)
    kills, runs, stories, jobs, archives = 0, 0, 0, 0, 0
    faults: Counter[str] = Counter()
    while kills < _KILLS:
        stories += 1
        folder = tmp_path / str(stories)
        with _server(started, draw) as server:
            ends = _story(dying, server, folder, draw)
            runs, kills = runs + len(ends), kills + sum(ended.code == -9 for ended in ends)
            assert ends[-1].code == 0, ends[-1]
            faults += faults_met(server)
            server.forget_requests()
            again = _collect(dying, server, folder)
            assert (again.code, server.requests) == (0, []), again
            found = {target["jobId"]: target for target in json.loads(again.stdout)["targets"]}
            assert sorted(found) == sorted(server.job_ids)
            assert len(found) == 3
            files = [Path(target["file"]) for target in found.values()]
            names = {name for file in files for name in (file.name, f"{file.name}.json")}
            assert {path.name for path in folder.glob("[!.]*")} == {"collection.json", *names}
            for target in found.values():
                _require_verified(Path(target["file"]), target["sha256"])
            jobs, archives = jobs + len(server.job_ids), archives + len(found)
    record_property(
        "summary",
        f"collect chaos, seed {chaos_seed}: {kills} kills in {stories} collections of 3 targets and {runs} runs; "
        f"{jobs} jobs on the servers, {archives} verified archives; {faults.total()} faults: "
        + ", ".join(f"{count} {kind}" for kind, count in faults.most_common()),
    )


def _server(started: float, draw: random.Random) -> Emulator:
    """A server that is ten minutes ahead, and shows new jobs in its list up to 20 s late."""
    clock, delays = scaled_clock(started, _SCALE), random.Random(draw.random())
    behaviour = Behaviour(list_delay=lambda: timedelta(seconds=delays.uniform(0, _LATE_SECONDS)))
    return Emulator(now=lambda: clock.now() + _SERVER_AHEAD, behaviour=behaviour, pace=after_reads(1))


def _story(dying: Processes, server: Emulator, folder: Path, draw: random.Random) -> list[Ended]:
    """Run a collection until it ends with 0; later runs meet fewer faults."""
    ends: list[Ended] = []
    while len(ends) < _MOST_RUNS and not (ends and ends[-1].code == 0):
        server.forget_faults()
        plan_faults(server, draw, 3, 0.6 / (1 + len(ends) / 6) if len(ends) < _MOST_RUNS / 2 else 0)
        dies_at = draw.randint(1, _LAST_POINT) if len(ends) < _MOST_RUNS / 2 else 0
        ends.append(_collect(dying, server, folder, dies_at=dies_at))
    return ends


def _collect(dying: Processes, server: Emulator, folder: Path, *, dies_at: int = 0) -> Ended:
    command = ["collect", *_TARGETS, *_ASKED, "-o", str(folder), "--json"]
    return dying.run(command, keys_of(server), dies_at=dies_at)


def _require_verified(file: Path, sha256: str) -> None:
    assert json.loads(file.with_name(f"{file.name}.json").read_bytes())["sha256"] == sha256
    assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256
    with file.open("rb") as packed:
        assert contents(packed, progress=lambda _: None).refusal is None
