from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.lifecycle.naming import NO_FILE, reasons_of, stored_name
from tests.support import JOB

PART = {"hostName": "db1:27017", "logCollectionType": "FTDC", "errorMessage": "agent did not answer"}


@pytest.mark.parametrize(
    ("children", "words"),
    [
        ([], "no part of it says why"),
        ([PART], "db1:27017 FTDC: agent did not answer"),
        ([PART, PART | {"hostName": None}], "db1:27017 FTDC: agent did not answer, a host FTDC: agent did not answer"),
        ([PART | {"logCollectionType": None}], "db1:27017: agent did not answer"),
        ([PART | {"errorMessage": None}], "db1:27017 FTDC: no reason given"),
        ([PART | {"hostName": "\x1b[2Jdb1", "errorMessage": "no\nroom"}], "\ufffd[2Jdb1 FTDC: no room"),
    ],
)
def test_parts_are_named_by_what_is_known_of_them(children: list[dict[str, Any]], words: str) -> None:
    """Servers may leave out host, log type and reason."""
    assert reasons_of(children) == words


def test_part_without_a_reason_is_missed_where_it_was_looked_for() -> None:
    """Nobody has looked into the archive of a job that failed."""
    assert reasons_of([PART, PART | {"errorMessage": None}], NO_FILE) == (
        "db1:27017 FTDC: agent did not answer, db1:27017 FTDC: no file in the archive"
    )


def test_job_is_named_by_its_resource_once_that_is_known() -> None:
    """One of others has no name before it was read."""
    assert stored_name(JOB, {"resourceType": "REPLICASET", "resourceName": "rs0"}) == f"job {JOB} of REPLICASET rs0"
    assert stored_name(JOB, {}) == f"job {JOB}"
