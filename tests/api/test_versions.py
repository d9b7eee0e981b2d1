from __future__ import annotations

import pytest

from pulumi_opsmanager.api.exchange import Answer, Request
from pulumi_opsmanager.api.refusals import lacks_window, refusal
from tests.support import PROJECT


@pytest.mark.parametrize(
    ("version", "lacks"),
    [
        ("8.0.9.500.20250624T0000Z", False),
        ("8.0.8.500.20250601T0000Z", True),
        ("8.0.0", True),
        ("8.0.27", False),
        ("8.1.0", False),
        ("9.0.0", False),
        ("7.0.16.500", False),
        ("7.0.15.500", True),
        ("6.0.27", True),
        ("10.0.1", False),
        ("v20260819", None),
        ("20260819", None),
        ("8.0", None),
        ("", None),
        (None, None),
    ],
)
def test_window_came_with_one_release_of_each_line(version: str | None, *, lacks: bool | None) -> None:
    """A version in another form gives no answer."""
    assert lacks_window(version) is lacks


@pytest.mark.parametrize(
    ("code", "detail", "version", "is_explained"),
    [
        ("INVALID_ATTRIBUTE", "Invalid attribute logCollectionFromDate specified.", None, True),
        ("INVALID_ATTRIBUTE", "Invalid attribute logCollectionToDate specified.", "7.0.15.1", True),
        ("INVALID_JSON_ATTRIBUTE", "logCollectionToDate", "6.0.0.1", True),
        ("INVALID_ATTRIBUTE", "Invalid attribute logCollectionFromDate specified.", "8.0.9.1", False),
        ("INVALID_ATTRIBUTE", "Invalid attribute logTypes specified.", "7.0.15.1", False),
        ("VALIDATION_ERROR", "logCollectionToDate must be later than logCollectionFromDate.", None, False),
    ],
)
def test_refused_window_is_explained_by_the_version(
    code: str, detail: str, version: str | None, *, is_explained: bool
) -> None:
    """A server that supports the window refuses only its value, and its own message says so."""
    body = f'{{"errorCode": "{code}", "detail": "{detail}"}}'.encode()
    error = refusal(Answer(Request("POST", "https://om", PROJECT), 400, body=body, server_version=version))
    assert ("has no time window" in str(error)) is is_explained
