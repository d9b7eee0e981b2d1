"""Stored and declared values become models, and the fields in which two models differ are found."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.schema.archive import ArchiveState
from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.schema.job import JobInputs, JobState
from pulumi_opsmanager.schema.models import Partial, changed_fields, read_model, read_partial, values_of
from tests.support import job_inputs, job_values


def test_values_of_an_engine_are_read() -> None:
    """Floats become integers, None becomes the default, and unknown keys are skipped."""
    values = job_values(sizeRequestedPerFileBytes=131072.0) | {"maxRetries": None, "status": "SUCCESS"}
    assert read_model(JobInputs, values) == job_inputs()
    assert read_model(JobState, {"retries": 2.0, "resourceName": "rs0"}) == JobState(retries=2)


def test_invalid_stored_value_is_read_unchanged() -> None:
    """The other values are still canonical, and a required value may be missing."""
    stored = read_model(JobInputs, {"logTypes": ["SYSLOG"], "resourceType": "replica_set"})
    assert values_of(stored) == {
        "logTypes": ["SYSLOG"],
        "resourceType": "REPLICASET",
        "onExpired": "keep",
        "maxRetries": 1,
    }


def test_stored_output_that_cannot_be_read_is_absent() -> None:
    """The other outputs are read, and the model of the state is valid."""
    stored = {"status": "SUCCESS", "expiresAt": "soon", "failedChildJobs": [None], "retries": "x"}
    assert read_model(JobState, stored) == JobState(status="SUCCESS")
    assert read_model(ArchiveState, {"mtimeNs": "x", "members": 2.0}) == ArchiveState(members=2)


@pytest.mark.parametrize("inputs", [job_inputs(), job_inputs(triggers=[1, {"a": None}], retentionDays=60)])
def test_model_is_read_back_from_its_values(inputs: JobInputs) -> None:
    """Absent values may be included or left out."""
    assert read_model(JobInputs, values_of(inputs)) == inputs
    assert read_model(JobInputs, values_of(inputs, with_none=True)) == inputs
    assert None not in values_of(inputs).values()


@pytest.mark.parametrize(
    ("changes", "known", "unknown"),
    [
        ({}, {}, set()),
        ({"maxRetries": UNKNOWN}, {"maxRetries": 1}, {"max_retries"}),
        ({"logTypes": [UNKNOWN, "mongodb"]}, {"logTypes": ["MONGODB"]}, {"log_types"}),
        ({"triggers": [1, {"a": [UNKNOWN]}]}, {"triggers": [1]}, {"triggers"}),
        ({"triggers": [UNKNOWN]}, {}, {"triggers"}),
        ({"somethingElse": UNKNOWN}, {}, set()),
    ],
)
def test_unknown_part_is_named_and_the_rest_is_known(
    changes: dict[str, Any], known: dict[str, Any], unknown: set[str]
) -> None:
    """The model has no unknown value."""
    assert read_partial(JobInputs, job_values(**changes)) == Partial(job_inputs(**known), frozenset(unknown))


def test_required_value_that_is_unknown_is_absent() -> None:
    """The model of a preview is incomplete then."""
    partial = read_partial(JobInputs, job_values(resourceName=UNKNOWN))
    assert values_of(partial.known).keys() == values_of(job_inputs()).keys() - {"resourceName"}
    assert partial.unknown == {"resource_name"}


def test_fields_differ_by_value_or_because_one_is_unknown() -> None:
    """The fields are in the order of their declaration."""
    new = read_partial(JobInputs, job_values(maxRetries=2, triggers=[True], resourceName=UNKNOWN))
    changed = [field.name for field in changed_fields(job_inputs(triggers=[1]), new)]
    assert changed == ["resource_name", "max_retries", "triggers"]
