"""No request follows a redirect."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.errors import UnexpectedResponse
from tests.api.calls import CALLS
from tests.support import JOB, FakeClock, canned


@pytest.mark.parametrize("status", [301, 303, 308])
@pytest.mark.parametrize("route", CALLS)
def test_no_request_follows_a_redirect_to_another_host(clock: FakeClock, status: int, route: str) -> None:
    """The other host receives no request, so no digest either. The error names the host, without a possible token."""
    asked: list[Mapping[str, str]] = []
    with canned(b"{}", heard=asked) as elsewhere:
        location = {"Location": f"{elsewhere}/api?token=secret"}
        with canned(status=status, headers=location) as url, pytest.raises(UnexpectedResponse) as refused:
            CALLS[route](Client(Settings(url, "public", "private"), clock), JOB)
    assert asked == []
    assert f"a redirect to '{elsewhere}/api', which is not followed" in str(refused.value)
    assert "token" not in str(refused.value)
