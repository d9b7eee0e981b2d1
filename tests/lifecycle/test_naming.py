from __future__ import annotations

import pytest

from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.lifecycle.naming import NO_FILE, deployment_name, job_words, missing_parts, reasons_of
from pulumi_opsmanager.schema.failed import FailedChildJob
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.models import read_model
from tests.support import JOB, job_inputs


def part(
    host: str | None = "db1:27017", log_type: str | None = "FTDC", error: str | None = "agent did not answer"
) -> FailedChildJob:
    return FailedChildJob(host_name=host, log_collection_type=log_type, error_message=error)


@pytest.mark.parametrize(
    ("children", "words"),
    [
        ([], "no part of it says why"),
        ([part()], "db1:27017 FTDC: agent did not answer"),
        ([part(), part(None)], "db1:27017 FTDC: agent did not answer, a host FTDC: agent did not answer"),
        ([part(log_type=None)], "db1:27017: agent did not answer"),
        ([part(error=None)], "db1:27017 FTDC: no reason given"),
        ([part("\x1b[2Jdb1", error="no\nroom")], "\ufffd[2Jdb1 FTDC: no room"),
    ],
)
def test_parts_are_named_by_what_is_known_of_them(children: list[FailedChildJob], words: str) -> None:
    """Servers may omit host, log type and reason."""
    assert reasons_of(children) == words


def test_missing_parts_are_counted_and_named() -> None:
    """A part without a reason has no file in the searched archive."""
    assert missing_parts([part()]) == "1 part is missing (db1:27017 FTDC: agent did not answer)"
    assert missing_parts([part(), part(error=None)], NO_FILE) == (
        "2 parts are missing (db1:27017 FTDC: agent did not answer, db1:27017 FTDC: no file in the archive)"
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (job_words(JOB, job_inputs()), f"job {JOB} of REPLICASET rs0"),
        (job_words(JOB, read_model(JobInputs, {})), f"job {JOB}"),
        (
            deployment_name(Job(id=JOB, status="SUCCESS", resource_type="replicaset", resource_name="rs0")),
            "REPLICASET rs0",
        ),
        (deployment_name(Job(id=JOB, status="SUCCESS")), "an unnamed deployment"),
        (job_words(JOB, read_model(JobInputs, {"resourceName": "rs0"})), f"job {JOB} of rs0"),
        (deployment_name(Job(id=JOB, status="SUCCESS", resource_name="rs\n0")), "rs 0"),
    ],
)
def test_job_is_named_by_its_deployment_where_that_is_known(words: str, expected: str) -> None:
    """The type is in upper case, even if the server writes it in lower case."""
    assert words == expected
