from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.dynamic.exported_state import is_export, managed_job_ids
from tests.support import JOB

KIND = "pulumi-python:dynamic/opsmanager:LogCollectionJob"


def test_job_that_the_stack_only_reads_is_not_managed() -> None:
    """Resources of other kinds do not count either."""
    resources = [
        {"type": "pulumi:pulumi:Stack"},
        {"type": KIND, "id": JOB},
        {"type": KIND, "id": "f" * 24, "external": True},
    ]
    export = {"version": 3, "deployment": {"resources": resources}}
    assert is_export(export)
    assert managed_job_ids(export) == {JOB}


@pytest.mark.parametrize("resources", [[], None])
def test_export_without_resources_manages_no_job(resources: object) -> None:
    """An empty stack has one of these forms."""
    assert managed_job_ids({"deployment": {"resources": resources}}) == frozenset()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"deployment": None},
        {"version": 3, "checkpoint": {"latest": {"resources": []}}},
        {"version": 4, "resources": []},
    ],
)
def test_other_json_is_not_an_export(content: Any) -> None:
    """A checkpoint of a backend is not an export."""
    assert not is_export(content)


@pytest.mark.parametrize("resource", [{"id": "x"}, {"type": KIND}, "x", 1])
def test_resource_without_id_or_type_is_an_error(resource: Any) -> None:
    """Otherwise its job would be listed as an orphan."""
    with pytest.raises((KeyError, TypeError)):
        managed_job_ids({"deployment": {"resources": [resource]}})
