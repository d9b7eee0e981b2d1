"""Where a server sends elsewhere, nobody goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.errors import UnexpectedResponse
from tests.support import JOB, PROJECT, FakeClock, canned, job_request


def download(client: Client) -> None:
    with client.download_job(PROJECT, JOB) as pieces:
        list(pieces)


CALLS: list[Callable[[Client], object]] = [
    lambda client: client.get_job(PROJECT, JOB),
    lambda client: client.create_job(PROJECT, job_request()),
    lambda client: client.delete_job(PROJECT, JOB),
    download,
]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", CALLS, ids=["get", "create", "delete", "download"])
def test_no_request_follows_a_redirect_to_another_host(
    clock: FakeClock, status: int, call: Callable[[Client], object]
) -> None:
    """The other host hears nothing at all, so no digest either; the error names it, without what may be a token."""
    asked: list[Mapping[str, str]] = []
    with canned(b"{}", heard=asked) as elsewhere:
        location = {"Location": f"{elsewhere}/api?token=secret"}
        with canned(status=status, headers=location) as url, pytest.raises(UnexpectedResponse) as refused:
            call(Client(Settings(url, "public", "private"), clock))
    assert asked == []
    assert f"a redirect to '{elsewhere}/api'; it is not followed" in str(refused.value)
    assert "token" not in str(refused.value)
