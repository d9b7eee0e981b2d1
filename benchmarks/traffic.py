"""Count requests, logins included. The server counts them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import requests
from requests.auth import HTTPDigestAuth

from pulumi_opsmanager.clock import Clock, wall_clock
from pulumi_opsmanager.emulator import Emulator, after_seconds
from pulumi_opsmanager.lifecycle.completion import create_completion
from pulumi_opsmanager.schema.completion import CompletionInputs

from .figure import Lab, Row, figure
from .job import PROJECT, REQUEST, client_of, context_of


def counted(server: Emulator, work: Callable[..., object], *arguments: Any) -> int:
    """Do the work and return how many requests the server received."""
    server.forget_requests()
    work(*arguments)
    return len(server.requests)


def get_each(server: Emulator, job_ids: Iterable[str]) -> None:
    """Read jobs one after another with a login each, as simple scripts do."""
    for job_id in job_ids:
        _call(server, "GET", f"/{job_id}")


def _call(server: Emulator, method: str, job: str, body: object = None) -> str:
    url = f"{server.url}/api/public/v1.0/groups/{PROJECT}/logCollectionJobs{job}"
    auth = HTTPDigestAuth(server.public_key, server.private_key)
    return requests.request(method, url, json=body, auth=auth, timeout=10).text


@figure(axis="jobs", unit="requests per job", limit="6 for one job, 5.04 for 100 jobs in 4 threads")
def life_of_a_job(_lab: Lab) -> Iterator[Row]:
    """Create a job, read it three times and delete it. The script logs in for each call, as curl does, too."""
    with Emulator() as server:
        by_script = counted(server, _life_by_script, server)
        for jobs, limit in ((1, 6.0), (100, 5.04)):
            ours = counted(server, _our_lives, server, jobs) / jobs
            yield Row(jobs, {"ours": ours, "a script": by_script}, limit)


def _our_lives(server: Emulator, jobs: int) -> None:
    client = client_of(server, wall_clock())

    def live(_: int) -> None:
        job_id = client.jobs(PROJECT).create(REQUEST)
        for _ in range(3):
            client.jobs(PROJECT).get(job_id)
        client.jobs(PROJECT).delete(job_id)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(live, range(jobs)))


def _life_by_script(server: Emulator) -> None:
    job = f"/{json.loads(_call(server, 'POST', '', REQUEST))['id']}"
    for method in ("GET", "GET", "GET", "DELETE"):
        _call(server, method, job)


@figure(axis="jobs", unit="requests", limit="one list walk per poll, and one last GET per job")
def requests_while_waiting(_lab: Lab) -> Iterator[Row]:
    """Wait for jobs that take five minutes. The alternative reads each job at the same intervals, from 5 s on."""
    for jobs in (1, 20, 200):
        started, slept = datetime.now(timezone.utc), list[float]()
        clock = Clock(lambda: started + timedelta(seconds=sum(slept)), slept.append)  # noqa: B023
        with Emulator(pace=after_seconds(300), now=clock.now) as server:
            client = client_of(server, clock)
            job_ids = [client.jobs(PROJECT).create(REQUEST) for _ in range(jobs)]
            wait = CompletionInputs(job_ids=job_ids, project_id=PROJECT)
            ours = counted(server, create_completion, context_of(client, clock), wait)
            polls = len(slept) + 1
            costs = {"ours": ours, "a poll loop per job": polls * counted(server, get_each, server, job_ids)}
            yield Row(jobs, costs, polls * math.ceil(jobs / 100) + jobs + 1)
