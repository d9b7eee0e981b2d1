"""How many requests does it take? Counted by the server, challenges included."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from requests.auth import HTTPDigestAuth

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.emulator import Emulator, after_seconds
from pulumi_opsmanager.lifecycle.completion import complete_jobs
from pulumi_opsmanager.lifecycle.job import create_job, read_job
from pulumi_opsmanager.lifecycle.session import Session
from tests.support import PROJECT, FakeClock, Heard, client_for, job_inputs, job_request

from .figure import Lab, Row, figure

_JOB_SECONDS = 300
_INTERVAL_SECONDS = 5


def _counted(server: Emulator, work: Callable[..., object], *arguments: Any) -> int:
    server.forget_requests()
    work(*arguments)
    return len(server.requests)


@figure(axis="jobs", unit="requests", target="at most 6 for one job; the calls and 4 for 100 jobs over 4 threads")
def life_of_a_job(_lab: Lab) -> Iterator[Row]:
    """Create a job, read it three times, delete it; each alternative logs in anew for each call, as scripts do."""
    with Emulator() as server:
        for jobs, threads in ((1, 1), (100, 4)):
            ours = _counted(server, _lives, server, jobs, threads)
            others = {
                "requests, fresh auth each": jobs * _counted(server, _life_by_requests, server),
                "curl": jobs * _counted(server, _life_by_curl, server),
            }
            yield Row(jobs, ours, others, limit=6 if jobs == 1 else jobs * 5 + 4)


def _lives(server: Emulator, jobs: int, threads: int) -> None:
    client = client_for(server, wall_clock())

    def live(_: int) -> None:
        job_id = client.create_job(PROJECT, job_request())
        for _ in range(3):
            client.get_job(PROJECT, job_id)
        client.delete_job(PROJECT, job_id)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(live, range(jobs)))


def _jobs_url(server: Emulator) -> str:
    return f"{server.url}/api/public/v1.0/groups/{PROJECT}/logCollectionJobs"


def _life_by_requests(server: Emulator) -> None:
    def call(method: str, url: str, body: Any = None) -> Any:
        auth = HTTPDigestAuth(server.public_key, server.private_key)
        return requests.request(method, url, json=body, auth=auth, timeout=10)

    job_url = f"{_jobs_url(server)}/{call('POST', _jobs_url(server), job_request()).json()['id']}"
    for _ in range(3):
        call("GET", job_url)
    call("DELETE", job_url)


def _life_by_curl(server: Emulator) -> None:
    def call(*arguments: str) -> str:
        keys = f"{server.public_key}:{server.private_key}"
        command = ["curl", "--silent", "--digest", "--user", keys, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    made = json.loads(call("--json", json.dumps(job_request()), _jobs_url(server)))
    job_url = f"{_jobs_url(server)}/{made['id']}"
    for _ in range(3):
        call(job_url)
    call("--request", "DELETE", job_url)


@figure(axis="jobs", unit="requests", target="one list walk for each look, and one last GET for each job")
def waiting_for_jobs(_lab: Lab) -> Iterator[Row]:
    """Wait for jobs of five minutes, a first pause of 5 s; the alternative asks for each job at the same intervals."""
    for jobs in (1, 20, 200):
        clock = FakeClock()
        with Emulator(pace=after_seconds(_JOB_SECONDS), now=clock.now) as server:
            session = Session(client_for(server, clock), clock)
            job_ids = [create_job(session, job_inputs(), Heard())[0] for _ in range(jobs)]
            bag = {
                "jobIds": job_ids,
                "projectId": PROJECT,
                "timeoutSeconds": 3600,
                "pollIntervalSeconds": _INTERVAL_SECONDS,
                "maxRetries": 0,
                "onFailure": "fail",
            }
            clock.slept.clear()
            ours = _counted(server, complete_jobs, session, clock, bag, {}, Heard())
            looks = len(clock.slept) + 1
            others = {"a poll loop for each job": _counted(server, _poll, server, looks, job_ids)}
            yield Row(jobs, ours, others, limit=looks * math.ceil(jobs / 100) + jobs + 1)


def _poll(server: Emulator, looks: int, job_ids: Sequence[str]) -> None:
    for _ in range(looks):
        for job_id in job_ids:
            auth = HTTPDigestAuth(server.public_key, server.private_key)
            requests.get(f"{_jobs_url(server)}/{job_id}", auth=auth, timeout=10)


@figure(axis="jobs", unit="requests", target="one list walk: a page for every 100 jobs, and one challenge")
def refreshing_jobs(_lab: Lab) -> Iterator[Row]:
    """Refresh jobs whose status did not change, in a process of its own; the alternative sends a GET for each."""
    clock = FakeClock()
    with Emulator(now=clock.now) as server:
        maker = Session(client_for(server, clock), clock)
        states: dict[str, dict[str, Any]] = {}
        for jobs in (1, 100, 1000):
            while len(states) < jobs:
                job_id, state = create_job(maker, job_inputs(), Heard())
                states[job_id] = state
            ours = _counted(server, _refresh, Session(client_for(server, clock), clock), states)
            others = {"a GET for each": _counted(server, _poll, server, 1, list(states))}
            yield Row(jobs, ours, others, limit=math.ceil(jobs / 100) + 1)


def _refresh(session: Session, states: Mapping[str, Mapping[str, Any]]) -> None:
    for job_id, state in states.items():
        read_job(session, job_id, state, None, Heard(), default_project_id=None)
