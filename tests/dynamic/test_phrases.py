from __future__ import annotations

import pytest

from pulumi_opsmanager.dynamic.phrases import HINTS, add_phrases
from pulumi_opsmanager.errors import (
    BadCredentials,
    Hint,
    InvalidInput,
    InvalidSettings,
    JobNotFound,
    NotAllowed,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
)

ABOUT_SETTINGS = (BadCredentials, NotAllowed, InvalidSettings)


def words_of(error: OpsManagerError, method: str) -> str:
    add_phrases(error, method)
    return str(error)


def test_every_hint_has_a_phrase() -> None:
    """A rule that gives a new hint needs Pulumi's command for it."""
    assert set(HINTS) == set(Hint)


@pytest.mark.parametrize("method", ["read", "delete"])
@pytest.mark.parametrize("error", ABOUT_SETTINGS)
def test_refresh_and_destroy_say_which_settings_they_use(error: type[OpsManagerError], method: str) -> None:
    """A key that was corrected after the last `up` is not in the state."""
    words = words_of(error("the key is wrong"), method)
    assert words.startswith("the key is wrong (`destroy` and `refresh` read OPSMANAGER_… variables now, but take ")
    assert words.endswith("; `--run-program` takes the present configuration)")


@pytest.mark.parametrize(("method", "is_helped"), [("create", True), ("update", True), ("read", False)])
def test_error_of_a_missing_job_advises_a_refresh(method: str, *, is_helped: bool) -> None:
    """A read of an existing job has no state to refresh."""
    assert ("`pulumi refresh` removes deleted jobs" in words_of(JobNotFound("no job"), method)) is is_helped


@pytest.mark.parametrize(
    ("error", "method"),
    [
        *((error, method) for error in ABOUT_SETTINGS for method in ("check", "diff", "create", "update")),
        *((error, method) for error in (InvalidInput, Unavailable) for method in ("read", "delete")),
    ],
)
def test_other_errors_are_unchanged(error: type[OpsManagerError], method: str) -> None:
    """An `up` has the present settings, and other errors do not depend on settings."""
    assert words_of(error("it failed"), method) == "it failed"


def test_hint_becomes_a_command_of_pulumi() -> None:
    """The rules name only the remedy, not the command."""
    lost = ReplyLost("the job may exist", hint=Hint.FIND_UNMANAGED)
    assert words_of(lost, "create") == (
        "the job may exist (`pulumi-opsmanager orphans` lists jobs that no stack manages)"
    )
    gone = UnexpectedResponse("the job is not there", hint=Hint.FORGET)
    assert words_of(gone, "read") == "the job is not there (`pulumi state delete` forgets it)"


def test_both_phrases_share_one_pair_of_parentheses() -> None:
    """A hint comes first."""
    words = words_of(NotAllowed("no", hint=Hint.FORGET), "delete")
    assert words.startswith("no (`pulumi state delete` forgets it; `destroy` and `refresh` read ")
    assert words.count("(") == 1
