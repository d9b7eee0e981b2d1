"""Collection windows: created once, fixed while time passes, moved by a change, which then replaces their jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.instants import format_instant
from tests.support import FakeClock
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import DAY, applied, block, ids, job, planned, require_settled, row, stored, write

NIGHT = "opsmanager_log_collection_window.night"
JOB = "opsmanager_log_collection_job.logs"

_DATES = ("log_collection_from_date", "log_collection_to_date")


# Values of a window first and then, and whether the change moves it.
CHANGES: list[tuple[dict[str, str], dict[str, str], bool]] = [
    ({}, {"last": '"3h"'}, True),
    ({"triggers": "[1]"}, {"triggers": "[2]"}, True),
    ({}, {"last": '" 2H"'}, False),
    ({}, {"last": '"120m"'}, True),
    ({"triggers": "[1, [true]]"}, {"triggers": "[1.0, [true]]"}, False),
]


def window(name: str = "night", **values: str) -> str:
    """The last two hours."""
    return block("opsmanager_log_collection_window", name, {"last": '"2h"'} | values)


def job_of_window(name: str = "logs", of: str = NIGHT) -> str:
    """A job that collects the logs of a window."""
    return job(name, **{date: f"{of}.{date}" for date in _DATES})


def collected(number: int, values: dict[str, str]) -> str:
    """The window of a row, its job, and an archive of that job in a folder of its own."""
    copy = {"job_id": f"{row(number)}.id", "path": f'"row_{number}/"', "keep_on_delete": "false"}
    blocks = (
        window(f"row_{number}", **values),
        job_of_window(f"row_{number}", window_of(number)),
        block("opsmanager_log_archive", f"row_{number}", copy),
    )
    return "\n".join(blocks)


def window_of(number: int) -> str:
    """Address of the window of a row."""
    return f"opsmanager_log_collection_window.row_{number}"


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


def test_change_moves_the_window_and_replaces_its_job(
    reattached: Configuration, server: Emulator, clock: FakeClock
) -> None:
    """The new job collects up to the apply, its archive follows, and nothing of the old job is left."""
    numbers = range(len(CHANGES))
    moved = {number for number, (*_, is_moved) in enumerate(CHANGES) if is_moved}
    write(reattached, *(collected(number, first) for number, (first, *_) in enumerate(CHANGES)))
    applied(reattached)
    before, old = {number: dates(reattached, window_of(number)) for number in numbers}, ids(reattached)
    clock.sleep(DAY)
    write(reattached, *(collected(number, then) for number, (_, then, _) in enumerate(CHANGES)))
    actions: dict[str, str] = {}
    for number in moved:
        actions |= {
            window_of(number): "update",
            row(number): "replace",
            f"opsmanager_log_archive.row_{number}": "update",
        }
    assert planned(reattached, "-out=later.tfplan").actions == actions
    clock.sleep(60)
    applied(reattached, "later.tfplan")
    after, new = {number: dates(reattached, window_of(number)) for number in numbers}, ids(reattached)
    assert {number for number in numbers if after[number] != before[number]} == moved
    assert {number for number in numbers if new[row(number)] != old[row(number)]} == moved
    assert {after[number][1] for number in moved} == {format_instant(clock.now())}
    for number in numbers:
        assert dates(reattached, row(number)) == after[number]
        assert len(list((reattached.folder / f"row_{number}").glob("*.tar.gz"))) == 1
    assert sorted(server.job_ids) == sorted(new.values())
    reattached.destroy()
    assert server.job_ids == []


def test_window_needs_no_server(reattached: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is created, read and destroyed without a server."""
    monkeypatch.setenv("OPSMANAGER_BASE_URL", "http://127.0.0.1:9")
    write(reattached, window())
    applied(reattached)
    reattached.destroy()
