"""Sizes and time spans with units become one number, or break a rule."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.schema.completion import CompletionInputs
from pulumi_opsmanager.schema.fields import Declaration, fields_of
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.units import DAYS_RULE, SIZE_RULE
from pulumi_opsmanager.schema.validate import validate
from tests.support import JOB, job_request

NEEDED: dict[type[Declaration], dict[str, Any]] = {JobInputs: job_request(), CompletionInputs: {"jobIds": [JOB]}}
SIZE, DAYS, RENEWAL = "sizeRequestedPerFileBytes", "retentionDays", "renewWhenDaysLeft"


@pytest.mark.parametrize(
    ("declaration", "key", "text", "number"),
    [
        (JobInputs, SIZE, "1000", 1000),
        (JobInputs, SIZE, "7B", 7),
        (JobInputs, SIZE, "512kB", 512_000),
        (JobInputs, SIZE, " 100 mb ", 100_000_000),
        (JobInputs, SIZE, "1.5GB", 1_500_000_000),
        (JobInputs, SIZE, "1TB", 10**12),
        (JobInputs, SIZE, "64KiB", 65536),
        (JobInputs, SIZE, "0.5MiB", 524288),
        (JobInputs, SIZE, "1GiB", 2**30),
        (JobInputs, SIZE, "2tib", 2**41),
        (JobInputs, DAYS, "90", 90),
        (JobInputs, DAYS, "90d", 90),
        (JobInputs, DAYS, "2W", 14),
        (JobInputs, DAYS, "48h", 2),
        (JobInputs, RENEWAL, "30d", 30),
        (CompletionInputs, "timeoutSeconds", "2h", 7200.0),
        (CompletionInputs, "timeoutSeconds", "90s", 90.0),
        (CompletionInputs, "pollIntervalSeconds", "1m", 60.0),
    ],
)
def test_text_with_a_unit_becomes_the_number(
    declaration: type[Declaration], key: str, text: str, number: float
) -> None:
    """The state has the number, so the same amount in another unit changes nothing."""
    values, failures = validate(declaration, NEEDED[declaration] | {key: text})
    assert failures == []
    assert values[key] == number
    assert type(values[key]) is type(number)


@pytest.mark.parametrize(
    ("declaration", "key", "text", "rule"),
    [
        *[(JobInputs, SIZE, text, SIZE_RULE) for text in ("100M", "MB", "1iB", "-1MB", "0.5B", "1e3MB", "1,5GB", "")],
        (JobInputs, SIZE, "0MB", "must be more than 0"),
        (JobInputs, SIZE, "9999999TB", "must be at most 9007199254740992"),
        *[(JobInputs, DAYS, text, DAYS_RULE) for text in ("90 days", "36h", "d", "")],
        (JobInputs, DAYS, "26w", None),
        (JobInputs, DAYS, "27w", "must be 1 to 184"),
        (JobInputs, RENEWAL, "12h", DAYS_RULE),
        (CompletionInputs, "timeoutSeconds", "8d", "must be at most 604800"),
        (CompletionInputs, "timeoutSeconds", "1 hour", "must be a number of seconds, or a time span such as 90s"),
        (CompletionInputs, "pollIntervalSeconds", "2h", "must be at most 3600"),
    ],
)
def test_other_text_is_refused_by_a_rule_that_shows_the_form(
    declaration: type[Declaration], key: str, text: str, rule: str | None
) -> None:
    """The bounds are those of the number."""
    _, failures = validate(declaration, NEEDED[declaration] | {key: text})
    assert [failure.path for failure in failures] == ([key] if rule else [])
    assert all(failure.rule.startswith(rule or "") for failure in failures)


def test_fields_with_units_say_so() -> None:
    """The sentence is not part of the description, because engines with typed values show the description too."""
    said = {field.name for declared in NEEDED for field in fields_of(declared).values() if field.text_form}
    assert said == {
        "size_requested_per_file_bytes",
        "retention_days",
        "renew_when_days_left",
        "timeout_seconds",
        "poll_interval_seconds",
    }
    size = fields_of(JobInputs)[SIZE]
    assert size.text_form == "Text with a unit works too: `100MB`, `1GiB`."
    assert "1GiB" not in size.description
