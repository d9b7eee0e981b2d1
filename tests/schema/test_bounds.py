"""Bounds and defaults of the fields. Programs rely on them, and no other test compares them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pulumi_opsmanager.errors import Expired, InvalidInput
from pulumi_opsmanager.schema.archive import ArchiveInputs
from pulumi_opsmanager.schema.completion import CompletionInputs
from pulumi_opsmanager.schema.fields import Declaration, Foreign, fields_of
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.types import canonical_word
from pulumi_opsmanager.schema.validate import Failure, validate
from pulumi_opsmanager.schema.window import WindowInputs
from tests.support import JOB, job_request

NEEDED: dict[type[Declaration], dict[str, Any]] = {
    JobInputs: job_request(),
    CompletionInputs: {"jobIds": [JOB]},
    ArchiveInputs: {"jobId": JOB, "path": "logs.tar.gz"},
    WindowInputs: {"last": "2h"},
}


STRANGE = [{}, {"a": 1}, [], [1], [None], [{}], [[1]], "", "x", 3.5, -1.0, 1e300, float("nan"), True, b"x", "\ud800"]


@pytest.mark.parametrize("declaration", NEEDED)
def test_broken_rule_is_in_our_words(declaration: type[Declaration]) -> None:
    """Pydantic's messages speak of inputs and instances."""
    for key in fields_of(declaration):
        for value in STRANGE:
            rules = [failure.rule for failure in validate(declaration, {key: value})[1] if failure.key == key]
            assert [rule for rule in rules if re.search("[Ii]nput|instance|valid|model|another type", rule)] == []


@pytest.mark.parametrize(
    ("declaration", "key", "below", "lowest", "highest", "above"),
    [
        (JobInputs, "sizeRequestedPerFileBytes", 0, 1, 2**53, 2**53 + 2),
        (JobInputs, "retentionDays", 0, 1, 184, 185),
        (JobInputs, "renewWhenDaysLeft", 0, 1, 183, 184),
        (JobInputs, "maxRetries", -1, 0, 100, 101),
        (CompletionInputs, "timeoutSeconds", 0, 0.001, 604800, 604801),
        (CompletionInputs, "pollIntervalSeconds", 0.099, 0.1, 3600, 3600.1),
        (CompletionInputs, "maxRetriesPerRun", -1, 0, 100, 101),
    ],
)
def test_number_has_bounds(
    declaration: type[Declaration], key: str, below: float, lowest: float, highest: float, above: float
) -> None:
    """The bounds are allowed; the next values beyond them are refused."""
    for value, failing in ((below, [key]), (lowest, []), (highest, []), (above, [key])):
        _, failures = validate(declaration, NEEDED[declaration] | {key: value})
        assert [failure.path for failure in failures] == failing, value


@pytest.mark.parametrize("value", ["5", True, float("inf"), float("nan"), [5]])
def test_seconds_are_a_finite_number(value: object) -> None:
    """Booleans and text without a unit are refused."""
    _, (failure,) = validate(CompletionInputs, NEEDED[CompletionInputs] | {"timeoutSeconds": value})
    assert str(failure).startswith(
        "timeout_seconds must be a number of seconds, or a time span such as 90s, 30m or 2h, not "
    )


@pytest.mark.parametrize(
    ("declaration", "defaults"),
    [
        (JobInputs, {"onExpired": "keep", "maxRetries": 1}),
        (
            CompletionInputs,
            {"timeoutSeconds": 3600.0, "pollIntervalSeconds": 5.0, "maxRetriesPerRun": 1, "onFailure": "fail"},
        ),
        (ArchiveInputs, {"requireComplete": True, "keepOnDelete": True, "ifMissing": "download", "verify": "stat"}),
        (WindowInputs, {}),
    ],
)
def test_missing_input_is_stored_with_its_default(declaration: type[Declaration], defaults: dict[str, Any]) -> None:
    """Another default would change the meaning of every program."""
    assert validate(declaration, NEEDED[declaration]) == (NEEDED[declaration] | defaults, [])
    needed = {key for key, field in fields_of(declaration).items() if field.required}
    assert needed == set(NEEDED[declaration])


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("", "must not be empty"),
        (3, "must be text, not 3"),
        ("~", "must not begin with ~, which is not expanded here: write the folder out"),
    ],
)
def test_path_is_plain_text(value: object, rule: str) -> None:
    """Python expands no tilde, so it would create a folder of that name."""
    _, failures = validate(ArchiveInputs, NEEDED[ArchiveInputs] | {"path": value})
    assert [failure.rule for failure in failures] == [rule]


@pytest.mark.parametrize(("value", "canonical"), [(" Replica_Set ", "REPLICASET"), (None, None), (3, 3)])
def test_word_is_compared_without_case_underscores_and_space(value: object, canonical: object) -> None:
    """A value that is not text is returned unchanged."""
    assert canonical_word(value) == canonical


@pytest.mark.parametrize(
    ("key", "value", "path", "rule"),
    [
        ("logTypes", ["FTDC", "SYSLOG"], "logTypes[1]", "MONITORING_AGENT, not 'SYSLOG'"),
        ("logTypes", ["x" * 99], "logTypes[0]", f"not '{'x' * 60}…'"),
        ("resourceType", "SHARD", "resourceType", "must be one of CLUSTER, PROCESS, REPLICASET, not 'SHARD'"),
        ("logTypes", 7.0, "logTypes", "must be a list, not 7"),
        ("redacted", Foreign("FileAsset"), "redacted", "must be true or false, not FileAsset"),
        ("redacted", [Foreign("FileAsset")], "redacted", "must be true or false, not [FileAsset]"),
        ("retentionDays", 200, "retentionDays", "must be 1 to 184, not 200: the server keeps"),
    ],
)
def test_refused_value_is_shown_cut_short(key: str, value: Any, path: str, rule: str) -> None:
    """The rule shows the value, because an engine would print the complete property."""
    _, (failure,) = validate(JobInputs, NEEDED[JobInputs] | {key: value})
    assert failure.path == path
    assert rule in failure.rule
    assert len(failure.rule) < 180


def test_error_of_a_broken_rule_names_the_input_twice() -> None:
    """A program writes the Python name, an engine the vendor's."""
    failure = Failure("logTypes[2]", "must not be empty")
    error = failure.error()
    assert (type(error), str(error)) == (InvalidInput, "log_types[2] must not be empty")
    assert (error.subject.property, error.subject.key) == ("log_types", "logTypes")
    assert isinstance(Failure("expirationDate", "is too late", Expired).error(), Expired)
