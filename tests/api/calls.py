"""One call of each endpoint, for tests that apply to all endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pulumi_opsmanager.api.client import Client
from tests.support import PROJECT, FakeClock, job_request


def download(client: Client, job_id: str) -> bytes:
    with client.jobs(PROJECT).download(job_id) as pieces:
        return b"".join(pieces)


CALLS: dict[str, Callable[[Client, str], object]] = {
    "create": lambda client, _: client.jobs(PROJECT).create(job_request()),
    "list": lambda client, _: list(client.jobs(PROJECT).walk()),
    "get": lambda client, job_id: client.jobs(PROJECT).get(job_id),
    "extend": lambda client, job_id: client.jobs(PROJECT).extend(job_id, FakeClock().now() + timedelta(days=40)),
    "retry": lambda client, job_id: client.jobs(PROJECT).retry(job_id),
    "delete": lambda client, job_id: client.jobs(PROJECT).delete(job_id),
    "download": download,
}
