"""A create may fail to set the planned expiry. The next run sees the true expiry."""

from __future__ import annotations

import re

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.instants import parse_instant
from tests.support import PROJECT, days_ahead
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    LOGS,
    applied,
    flat,
    ids,
    job,
    made,
    planned,
    require_settled,
    row,
    stored,
    write,
    writes,
)

# More than the client repeats.
ALWAYS = 1000
DUE, LATER = days_ahead(40), days_ahead(60)


@pytest.mark.parametrize("refresh", ["true", "false"])
def test_expiry_that_could_not_be_set_after_the_create_is_set_by_the_next_apply(
    refresh: str, reattached: Configuration, server: Emulator
) -> None:
    """There is a warning instead of an error, and the next plan shows the remaining change."""
    server.fail("extend", FaultKind.SERVER_ERROR, times=ALWAYS)
    write(reattached, job(expiration_date=f'"{DUE}"'))
    said = flat(reattached.apply().output)
    assert re.search("job .* is made, but its expiry could not be set .* the next run sets it", said)
    (job_id,) = server.job_ids
    assert stored(reattached)["id"] == job_id
    server.forget_faults()
    assert planned(reattached, f"-refresh={refresh}").actions == {LOGS: "update"}
    reattached.apply(f"-refresh={refresh}")
    require_settled(reattached)
    assert (stored(reattached)["id"], stored(reattached)["expiration_date"]) == (job_id, DUE)
    assert made(server) == 1


# What a configuration declares while the expiry cannot be set, and what it declares then.
PROMISES = [
    ({"expiration_date": f'"{DUE}"'}, {}, []),
    ({"expiration_date": f'"{DUE}"'}, {"expiration_date": f'"{LATER}"'}, ["PATCH"]),
    ({"expiration_date": f'"{DUE}"'}, {"retention_days": "60"}, ["PATCH"]),
    ({"retention_days": "60"}, {"retention_days": "60"}, ["PATCH"]),
]


@pytest.mark.parametrize("refresh", ["true", "false"])
def test_expiry_that_could_not_be_set_can_change(
    refresh: str, reattached: Configuration, server: Emulator, client: Client
) -> None:
    """The next apply uses the present declaration, and the state shows the expiry of the server."""
    server.fail("extend", FaultKind.SERVER_ERROR, times=ALWAYS)
    write(reattached, *(job(f"row_{number}", **first) for number, (first, *_) in enumerate(PROMISES)))
    reattached.apply()
    made_ids = ids(reattached)
    server.forget_faults()
    server.forget_requests()
    write(reattached, *(job(f"row_{number}", **then) for number, (_, then, _) in enumerate(PROMISES)))
    applied(reattached, f"-refresh={refresh}")
    for number, (*_, sent) in enumerate(PROMISES):
        known = stored(reattached, row(number))
        assert known["id"] == made_ids[row(number)]
        assert writes(server, known["id"]) == sent
        assert parse_instant(known["expiration_date"]) == client.jobs(PROJECT).get(known["id"]).expiration_date
    assert set(writes(server)) == {"PATCH"}
    assert sorted(server.job_ids) == sorted(made_ids.values())


@pytest.mark.parametrize("refresh", ["true", "false"])
def test_days_that_could_not_be_set_can_be_removed(refresh: str, reattached: Configuration, server: Emulator) -> None:
    """The expiry of the server stays."""
    server.fail("extend", FaultKind.SERVER_ERROR, times=ALWAYS)
    write(reattached, job(retention_days="60"))
    reattached.apply()
    server.forget_faults()
    server.forget_requests()
    write(reattached, job())
    applied(reattached, f"-refresh={refresh}")
    assert writes(server) == []
    assert stored(reattached)["retention_days"] is None
