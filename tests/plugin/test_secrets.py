"""Secrets on the wire: each leaves the plugin marked, and no line shows one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.dynamic.values import SIGNATURE
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.plugin.properties import properties_of, secret_keys, values_in
from tests.plugin.host import ARCHIVE, JOB, Plugin, is_secret, plain, secret, struct
from tests.support import days_ahead, job_request

OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
WORD = "TOP-SECRET"


def clear(values: Any) -> str:
    """What is left in clear text."""
    if is_secret(values):
        return ""
    if isinstance(values, dict):
        return "".join(map(clear, values.values()))
    return "".join(map(clear, values)) if isinstance(values, list) else str(values)


@pytest.mark.parametrize(
    "triggers",
    [secret([WORD]), [secret(WORD)], [{"key": [secret(WORD)]}], [{SIGNATURE: OUTPUT, "value": WORD, "secret": True}]],
)
def test_secret_input_is_secret_in_all_that_leaves_the_plugin(host: Plugin, triggers: Any) -> None:
    """The complete property, wherever in the value the secret is."""
    inputs = host.checked(JOB, job_request(triggers=triggers))
    assert is_secret(inputs["triggers"])
    job_id, state = host.create(JOB, inputs)
    preview = host.create(JOB, inputs, preview=True)[1]
    updated = host.update(JOB, job_id, state, inputs)
    planned = host.update(JOB, job_id, state, inputs, preview=True)
    _, read, seen = host.read(JOB, job_id, state, inputs)
    for values in (inputs, state, preview, updated, planned, read, seen):
        assert is_secret(values["triggers"])
        assert WORD in json.dumps(values)
        assert WORD not in clear(values)
    assert host.diff(JOB, job_id, state, inputs, inputs).changes == pb.DiffResponse.DIFF_NONE
    assert WORD not in str(host.engine)


@pytest.mark.parametrize(
    "changes", [{"expirationDate": days_ahead(50)}, {"resourceName": WORD}, {"resourceType": "CLUSTER"}]
)
def test_outputs_of_a_job_that_contain_a_secret_input_are_secret(host: Plugin, changes: dict[str, str]) -> None:
    """The declared expiry, and what the server repeats."""
    ((key, value),) = changes.items()
    job_id, state = host.create(JOB, host.checked(JOB, job_request(**{key: secret(value)})))
    _, read, _ = host.read(JOB, job_id, state, {key: secret(value)})
    for outputs in (state, read):
        assert value.lower() in json.dumps(outputs).lower()
        assert value.lower() not in clear(outputs).lower()


def test_urls_of_a_job_with_a_secret_project_are_secret(host: Plugin, server: Emulator) -> None:
    _, state = host.create(JOB, host.checked(JOB, job_request(projectId=secret(server.project_id))))
    assert server.project_id in json.dumps(state["downloadUrl"])
    assert server.project_id not in clear(state)


def test_file_and_problem_of_an_archive_with_a_secret_path_are_secret(host: Plugin, tmp_path: Path) -> None:
    job_id, _ = host.create(JOB, host.checked(JOB, job_request()))
    inputs = host.checked(ARCHIVE, {"jobId": job_id, "path": secret(str(tmp_path / WORD)), "verify": "hash"})
    archive_id, state = host.create(ARCHIVE, inputs)
    (tmp_path / WORD).write_bytes(b"other")
    _, read, _ = host.read(ARCHIVE, archive_id, state, inputs)
    for text in (state["file"], read["problem"]):
        assert WORD in json.dumps(text)
    assert WORD not in clear([state, read])


def test_read_marks_what_only_the_inputs_mark(host: Plugin) -> None:
    """As after an older run, which stored the outputs in clear text."""
    inputs = host.checked(JOB, job_request(resourceName=WORD))
    job_id, state = host.create(JOB, inputs)
    _, read, seen = host.read(JOB, job_id, state, inputs | {"resourceName": secret(WORD)})
    assert WORD not in clear([read, seen])


def test_failure_does_not_show_a_secret(host: Plugin) -> None:
    """The rule is enough."""
    given_ = job_request(resourceType=secret(WORD), logTypes=["FTDC", secret(WORD)], retentionDays=secret(1000))
    assert host.check(JOB, given_)[1] == [
        "resourceType must be one of CLUSTER, PROCESS, REPLICASET",
        "logTypes[1] must be one of AUTOMATION_AGENT, BACKUP_AGENT, FTDC, MONGODB, MONITORING_AGENT",
        "retentionDays must be 1 to 184",
    ]


LEAVES = (
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.just(secret(WORD)) | st.just(rpc.UNKNOWN)
)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=4))
def test_no_property_loses_its_mark(values: dict[str, Any]) -> None:
    """What comes in and goes out again has the same secret properties."""
    message = struct(values)
    answered = plain(properties_of(values_in(message), secret_keys(message)))
    assert WORD not in clear(answered)
    kept = {key for key, value in values.items() if WORD in json.dumps(value) and not key.startswith("__")}
    assert {key for key, value in answered.items() if is_secret(value)} == kept
