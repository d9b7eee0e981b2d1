"""One call of each endpoint, for tests of what holds for all of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pulumi_opsmanager.api.client import Client
from tests.support import PROJECT, FakeClock, job_request


def download(client: Client, job_id: str) -> bytes:
    with client.download_job(PROJECT, job_id) as pieces:
        return b"".join(pieces)


CALLS: dict[str, Callable[[Client, str], object]] = {
    "create": lambda client, _: client.create_job(PROJECT, job_request()),
    "list": lambda client, _: list(client.list_jobs(PROJECT)),
    "get": lambda client, job_id: client.get_job(PROJECT, job_id),
    "extend": lambda client, job_id: client.extend_job(PROJECT, job_id, FakeClock().now() + timedelta(days=40)),
    "retry": lambda client, job_id: client.retry_job(PROJECT, job_id),
    "delete": lambda client, job_id: client.delete_job(PROJECT, job_id),
    "download": download,
}
