from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.schema.fields import UNKNOWN, Declaration, OnChange, Reported, fields_of, says
from pulumi_opsmanager.schema.job import JobInputs, JobState, request_body
from pulumi_opsmanager.schema.types import LOG_TYPES
from pulumi_opsmanager.schema.validate import Failure, validate
from tests.support import job_inputs, job_request


@pytest.mark.parametrize(
    ("key", "given_value", "canonical"),
    [
        ("resourceType", "replicaset", "REPLICASET"),
        ("resourceType", "Replica_Set", "REPLICASET"),
        ("logTypes", ["mongodb", "FTDC", "Mongodb"], ["FTDC", "MONGODB"]),
        ("sizeRequestedPerFileBytes", 1000.0, 1000),
        ("sizeRequestedPerFileBytes", 2.0**53, 2**53),
        ("expirationDate", "2027-03-01T01:00:00.5+01:00", "2027-03-01T00:00:00Z"),
        ("expirationDate", datetime(2027, 3, 1, tzinfo=timezone.utc), "2027-03-01T00:00:00Z"),
        ("maxRetries", 3.0, 3),
    ],
)
def test_equal_inputs_have_one_canonical_form(key: str, given_value: Any, canonical: Any) -> None:
    """Different forms of one value are stored in one form."""
    values, failures = validate(JobInputs, job_request(**{key: given_value}))
    assert failures == []
    assert values[key] == canonical
    assert type(values[key]) is type(canonical)


@pytest.mark.parametrize(
    ("key", "value", "path", "rule"),
    [
        ("resourceType", 3, "resourceType", "must be one of CLUSTER, PROCESS, REPLICASET"),
        ("resourceName", 3, "resourceName", "must be text"),
        ("resourceName", None, "resourceName", "is required"),
        ("logTypes", "MONGODB", "logTypes", "must be a list"),
        ("logTypes", ["FTDC", 3], "logTypes[1]", "must be one of AUTOMATION_AGENT,"),
        ("sizeRequestedPerFileBytes", True, "sizeRequestedPerFileBytes", "must be a whole number"),
        ("sizeRequestedPerFileBytes", "many", "sizeRequestedPerFileBytes", "must be a whole number"),
        ("sizeRequestedPerFileBytes", float("inf"), "sizeRequestedPerFileBytes", "must be a whole number"),
        ("redacted", 1, "redacted", "must be true or false"),
        ("expirationDate", 1772323200, "expirationDate", "must be RFC 3339 text"),
        ("expirationDate", "2027-03-01", "expirationDate", "must be an RFC 3339 date and time with a zone"),
        ("maxRetries", 101, "maxRetries", "must be at most 100"),
        ("maxRetries", -1, "maxRetries", "must be at least 0"),
        ("maxRetries", 0.5, "maxRetries", "must be a whole number"),
        ("resourceName", "", "resourceName", "must not be empty"),
        ("resourceName", "rs\0", "resourceName", "must not contain NUL characters or unpaired surrogates"),
        ("logTypes", [], "logTypes", "must not be empty"),
        ("sizeRequestedPerFileBytes", 0, "sizeRequestedPerFileBytes", "must be more than 0"),
        ("sizeRequestedPerFileBytes", 2**54, "sizeRequestedPerFileBytes", "must be at most 9007199254740992"),
        ("projectId", "66F2A41B9D3C5E0012AB34CD", "projectId", "must be 24 lower-case hex digits"),
        (
            "retentionDays",
            200,
            "retentionDays",
            "must be 1 to 184, not 200: the server keeps an archive",
        ),
        ("onExpired", "forget", "onExpired", "must be one of keep, recreate, fail"),
        ("triggers", "again", "triggers", "must be a list"),
        ("resourceTypes", "CLUSTER", "resourceTypes", "is not a property of this resource"),
    ],
)
def test_broken_rule_is_named_with_its_path(key: str, value: Any, path: str, rule: str) -> None:
    """One mistake causes one failure, in plain words."""
    _, (failure,) = validate(JobInputs, job_request(**{key: value}))
    assert failure.path == path
    assert failure.rule.startswith(rule)


@pytest.mark.parametrize("key", list(fields_of(JobInputs)))
def test_any_input_may_be_unknown(key: str) -> None:
    """An unknown value is neither missing nor wrong, and stays unknown."""
    values, failures = validate(JobInputs, job_request(**{key: UNKNOWN}))
    assert failures == []
    assert values[key] is UNKNOWN


def test_known_elements_beside_unknown_ones_are_checked() -> None:
    """Each known element has its own index. The complete list is checked when it is known."""
    values, failures = validate(JobInputs, job_request(logTypes=[UNKNOWN, "mongodb", "SYSLOG", UNKNOWN]))
    assert [failure.path for failure in failures] == ["logTypes[2]"]
    assert values["logTypes"] == [UNKNOWN, "mongodb", "SYSLOG", UNKNOWN]


@pytest.mark.parametrize(
    ("key", "partly_known", "stored"),
    [
        ("logTypes", [UNKNOWN, "mongodb", "FTDC", UNKNOWN, "ftdc"], ["FTDC", "MONGODB", UNKNOWN, UNKNOWN]),
        ("triggers", [UNKNOWN, 2, 1], [UNKNOWN, 2, 1]),
    ],
)
def test_unknown_elements_of_a_set_are_last(key: str, partly_known: list[Any], stored: list[Any]) -> None:
    """A preview then shows which elements are new; a list keeps its order."""
    assert validate(JobInputs, job_request(**{key: partly_known})) == (
        job_request(**{"onExpired": "keep", "maxRetries": 1, key: stored}),
        [],
    )


@given(
    st.fixed_dictionaries(
        {},
        optional={
            key: st.none() | st.text() | st.integers() | st.floats() | st.lists(st.text())
            for key in fields_of(JobInputs)
        },
    )
)
def test_any_values_are_canonical_or_refused(values_given: dict[str, Any]) -> None:
    """No value causes another exception, and canonical values are unchanged."""
    values, failures = validate(JobInputs, values_given)
    assert all(isinstance(failure, Failure) and failure.rule for failure in failures)
    if not failures:
        assert validate(JobInputs, values) == (values, [])


@given(st.lists(st.sampled_from(LOG_TYPES), min_size=1), st.randoms())
def test_log_types_are_a_set(log_types: list[str], random: Any) -> None:
    """Order, case and repetition do not matter."""
    shuffled = [random.choice([word, word.lower(), word.title()]) for word in log_types] + log_types[:1]
    random.shuffle(shuffled)
    left, right = (validate(JobInputs, job_request(logTypes=words))[0] for words in (log_types, shuffled))
    assert left == right


@pytest.mark.parametrize(
    ("epoch_dates", "start", "end"),
    [(True, 1772323200000, 1772409600000), (False, "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")],
)
def test_window_is_sent_in_the_form_of_the_product(epoch_dates: bool, start: object, end: object) -> None:
    """Ops Manager receives epoch milliseconds, Cloud Manager text."""
    window = {"logCollectionFromDate": "2026-03-01T00:00:00Z", "logCollectionToDate": "2026-03-02T00:00:00Z"}
    body = request_body(job_inputs(**window), epoch_dates=epoch_dates)
    assert (body["logCollectionFromDate"], body["logCollectionToDate"]) == (start, end)


def test_request_holds_only_what_the_server_knows() -> None:
    """The server answers 400 if the body has any other field."""
    body = request_body(job_inputs(expirationDate="2099-01-01T00:00:00Z", triggers=[1]), epoch_dates=True)
    assert set(body) == {"resourceType", "resourceName", "logTypes", "sizeRequestedPerFileBytes", "redacted"}


def test_field_has_its_declared_properties() -> None:
    """A required field has no default."""
    redacted, retries = (fields_of(JobInputs)[key] for key in ("redacted", "maxRetries"))
    assert (redacted.name, redacted.required, redacted.default) == ("redacted", True, None)
    assert (retries.name, retries.required, retries.default) == ("max_retries", False, 1)
    assert redacted.description != retries.description


def test_field_without_a_policy_fails_at_import() -> None:
    """Whoever adds a field must decide what a change of it does."""
    with pytest.raises(TypeError, match="Forgetful.size does not say what a change of it does"):

        class Forgetful(Declaration):
            size: Annotated[int, says("Size.")]

    with pytest.raises(TypeError, match="Wordless.size has no description"):

        class Wordless(Declaration):
            size: Annotated[int, OnChange.UPDATE]


def test_reported_field_needs_no_policy() -> None:
    """No program declares it, so only the provider changes it."""

    class Size(Reported):
        size: Annotated[int, says("Size.")]

    assert [field.on_change for field in fields_of(Size).values()] == [OnChange.COMPUTED]


def test_no_name_is_both_an_input_and_an_output() -> None:
    """Every name has one meaning."""
    assert fields_of(JobInputs).keys().isdisjoint(fields_of(JobState))
