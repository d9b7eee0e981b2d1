"""Values that no property can have are clear failures, and no answer of a server loses a job."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime import rpc

from pulumi_opsmanager.dynamic.values import PLACEHOLDERS, SIGNATURE
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.errors import InvalidInput
from pulumi_opsmanager.plugin.answering import status_of
from pulumi_opsmanager.schema.freeform import DEEPEST
from tests.plugin.host import ARCHIVE, JOB, Plugin, secret
from tests.support import JOB as JOB_ID
from tests.support import job_request


def special(signature: str, **more: Any) -> dict[str, Any]:
    return {SIGNATURE: signature, **more}


ASSET = special(rpc._special_asset_sig, text="words")
ARCHIVED = special(rpc._special_archive_sig, assets={})
RESOURCE = special(rpc._special_resource_sig, urn="urn:pulumi:dev::project::some:index:Thing::it", id="it")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (ASSET, "an asset"),
        (ARCHIVED, "an archive"),
        (RESOURCE, "a resource"),
        (special("new"), "a value that this vers"),
    ],
)
@pytest.mark.parametrize("name", ["resourceName", "retentionDays", "redacted", "logTypes"])
def test_value_that_is_not_json_is_refused_by_the_name_of_its_property(
    host: Plugin, name: str, value: Any, words: str
) -> None:
    (failure,) = host.check(JOB, job_request(**{name: value}))[1]
    assert failure.startswith(f"{name} must be ")
    assert words in failure


@pytest.mark.parametrize("value", [ASSET, ARCHIVED, RESOURCE, "a\0b", {"__key": 1}, 2.0**60, float("nan"), [[[]]] * 1])
def test_trigger_takes_what_the_state_can_store(host: Plugin, value: Any) -> None:
    _, failures = host.check(JOB, job_request(triggers=[value]))
    is_good = value == [[[]]]
    assert [line.split()[0] for line in failures] == ([] if is_good else ["triggers[0]"])


@pytest.mark.parametrize("is_marked", [False, True])
def test_deepest_trigger_survives_the_wire(host: Plugin, *, is_marked: bool) -> None:
    """A mark of a secret adds a level, and protobuf has a limit."""
    value: Any = "x"
    for _ in range(DEEPEST):
        value = {"key": value}
    triggers = secret([value]) if is_marked else [value]
    _, state = host.create(JOB, host.checked(JOB, job_request(triggers=triggers)))
    assert state["triggers"] == triggers
    (failure,) = host.check(JOB, job_request(triggers=[{"key": value}]))[1]
    assert failure.endswith(f"must not be nested more than {DEEPEST} levels deep")


def test_path_that_is_an_asset_names_the_path(host: Plugin) -> None:
    (failure,) = host.check(ARCHIVE, {"jobId": JOB_ID, "path": ASSET})[1]
    assert failure == "path must be text, not an asset"


@pytest.mark.parametrize("text", sorted(PLACEHOLDERS))
def test_each_placeholder_is_an_unknown(host: Plugin, text: str) -> None:
    """The engine has one for each type."""
    assert host.checked(JOB, job_request(redacted=text))["redacted"] == rpc.UNKNOWN


def test_answer_with_a_reserved_text_keeps_the_job(host: Plugin, server: Emulator) -> None:
    """A server may send any text; the stored one means nothing to the engine."""
    inputs = host.checked(JOB, job_request())
    create = server._backend.jobs.create

    def named(*arguments: Any, **options: Any) -> Any:
        job = create(*arguments, **options)
        job.children[0].status = rpc.UNKNOWN
        return job

    server._backend.jobs.create = named  # type: ignore[method-assign]
    job_id, state = host.create(JOB, inputs)
    assert server.job_ids == [job_id]
    assert rpc.UNKNOWN not in str(state).replace(f"\ufffd{rpc.UNKNOWN}", "")


def test_defect_is_one_line_that_says_so() -> None:
    """Also one that is no `Exception`."""
    for error in (KeyError("a\nb"), SystemExit(3)):
        _, line, _ = status_of(error, "Create")
        assert line.startswith(f"the provider failed in Create: {type(error).__name__}: ")
        assert line.endswith("this is a defect of the provider")
        assert "\n" not in line


@pytest.mark.parametrize("error", [InvalidInput("a\ud800b"), ValueError("a\ud800b")])
def test_error_with_an_unpaired_surrogate_can_be_sent(error: Exception) -> None:
    _, line, _ = status_of(error, "Read")
    assert b"a?b" in line.encode()
