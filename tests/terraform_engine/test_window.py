"""Collection windows: created once, fixed while time passes, moved by a change, which then replaces their jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.instants import format_instant
from tests.support import FakeClock
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import DAY, applied, block, job, planned, require_settled, stored, write

NIGHT = "opsmanager_log_collection_window.night"
JOB = "opsmanager_log_collection_job.logs"
COPY = "opsmanager_log_archive.copy"

_DATES = ("log_collection_from_date", "log_collection_to_date")


def window(**values: str) -> str:
    """The last two hours."""
    return block("opsmanager_log_collection_window", "night", {"last": '"2h"'} | values)


def job_of_window() -> str:
    """A job that collects the logs of the window."""
    return job(**{name: f"{NIGHT}.{name}" for name in _DATES})


def archive_of_job() -> str:
    """An archive of that job."""
    return block(
        "opsmanager_log_archive", "copy", {"job_id": f"{JOB}.id", "path": '"logs/"', "keep_on_delete": "false"}
    )


def dates(configuration: Configuration, address: str = NIGHT) -> list[str]:
    """The two dates in the state."""
    return [stored(configuration, address)[name] for name in _DATES]


def test_window_is_taken_once(reattached: Configuration, server: Emulator, clock: FakeClock) -> None:
    """It ends at its creation, has the declared length, and stays for days."""
    write(reattached, window(), job_of_window())
    assert planned(reattached).actions == {NIGHT: "create", JOB: "create"}
    clock.sleep(60)
    end = clock.now()
    applied(reattached)
    assert dates(reattached) == [format_instant(end - timedelta(hours=2)), format_instant(end)]
    assert dates(reattached, JOB) == dates(reattached)
    clock.sleep(3 * DAY)
    require_settled(reattached)
    assert len(server.job_ids) == 1


@pytest.mark.parametrize(
    ("first", "then", "is_moved"),
    [
        ({}, {"last": '"3h"'}, True),
        ({"triggers": "[1]"}, {"triggers": "[2]"}, True),
        ({}, {"last": '" 2H"'}, False),
        ({}, {"last": '"120m"'}, True),
        ({"triggers": "[1, [true]]"}, {"triggers": "[1.0, [true]]"}, False),
    ],
)
def test_change_moves_the_window_and_replaces_its_job(
    reattached: Configuration,
    server: Emulator,
    clock: FakeClock,
    first: dict[str, str],
    then: dict[str, str],
    *,
    is_moved: bool,
) -> None:
    """The new job collects up to the apply, its archive follows, and nothing of the old job is left."""
    write(reattached, window(**first), job_of_window(), archive_of_job())
    applied(reattached)
    before, old = dates(reattached), server.job_ids
    clock.sleep(DAY)
    write(reattached, window(**then), job_of_window(), archive_of_job())
    moved = {NIGHT: "update", JOB: "replace", COPY: "update"}
    assert planned(reattached, "-out=later.tfplan").actions == (moved if is_moved else {})
    if is_moved:
        clock.sleep(60)
        applied(reattached, "later.tfplan")
        assert dates(reattached)[1] == format_instant(clock.now())
        assert len(list((reattached.folder / "logs").glob("*.tar.gz"))) == 1
    assert (dates(reattached) != before) == is_moved
    assert (server.job_ids != old) == is_moved
    assert dates(reattached, JOB) == dates(reattached)
    assert len(server.job_ids) == 1
    reattached.destroy()
    assert server.job_ids == []


def test_window_needs_no_server(reattached: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is created, read and destroyed without a server."""
    monkeypatch.setenv("OPSMANAGER_BASE_URL", "http://127.0.0.1:9")
    write(reattached, window())
    applied(reattached)
    reattached.destroy()
