from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.cli.terraform_state import JOB_TYPE, is_state, managed_job_ids

IDS = [f"{number:024x}" for number in range(6)]


def pulled(*resources: Any) -> dict[str, Any]:
    """A state as `terraform state pull` writes it."""
    return {"version": 4, "terraform_version": "1.11.4", "serial": 3, "outputs": {}, "resources": list(resources)}


def shown(root: Any) -> dict[str, Any]:
    """A state as `terraform show -json` writes it."""
    return {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": root}, "checks": []}


def resource(*job_ids: str, type_name: str = JOB_TYPE, mode: str = "managed", **more: Any) -> dict[str, Any]:
    """A resource of a pulled state, with an instance for each id."""
    instances = [{"schema_version": 0, "attributes": {"id": job_id}} for job_id in job_ids]
    return {"mode": mode, "type": type_name, "name": "logs", "instances": instances, **more}


def instance(job_id: str, type_name: str = JOB_TYPE, mode: str = "managed", **more: Any) -> dict[str, Any]:
    """A resource of a shown state."""
    return {"address": "x", "mode": mode, "type": type_name, "name": "logs", "values": {"id": job_id}, **more}


def test_pulled_state_manages_every_instance_of_every_module() -> None:
    """One that a data source reads is not managed. One that waits for its deletion is."""
    state = pulled(
        resource(IDS[0], IDS[1]),
        resource(IDS[2], module="module.a.module.b"),
        resource(IDS[3], mode="data"),
        resource(IDS[4], type_name="terraform_data"),
    )
    state["resources"][0]["instances"] += [{"deposed": "8a9b", "status": "tainted", "attributes": {"id": IDS[5]}}]
    assert is_state(state)
    assert managed_job_ids(state) == {IDS[0], IDS[1], IDS[2], IDS[5]}


def test_shown_state_manages_every_instance_of_every_module() -> None:
    """At any depth, with the same exceptions."""
    deep = {"address": "module.a.module.b", "resources": [instance(IDS[2])]}
    state = shown(
        {
            "resources": [
                instance(IDS[0], index=0),
                instance(IDS[1], deposed_key="8a9b"),
                instance(IDS[3], mode="data"),
                instance(IDS[4], type_name="terraform_data"),
            ],
            "child_modules": [{"address": "module.a", "child_modules": [deep]}, {"address": "module.c"}],
        }
    )
    assert is_state(state)
    assert managed_job_ids(state) == {IDS[0], IDS[1], IDS[2]}


@pytest.mark.parametrize("state", [pulled(), shown({}), {"format_version": "1.0"}])
def test_empty_state_manages_no_job(state: dict[str, Any]) -> None:
    """So `terraform show -json` writes the state after an interrupted first create."""
    assert is_state(state)
    assert managed_job_ids(state) == frozenset()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"version": 3, "modules": []},
        {"version": 4},
        {"version": 4, "resources": None},
        {"format_version": "1.0", "values": None},
        {"format_version": "1.0", "values": {}},
        {"format_version": "1.2", "planned_values": {"root_module": {}}, "resource_changes": []},
        {"format_version": "1.0", "valid": True, "diagnostics": []},
        {"format_version": "1.0", "provider_schemas": {}},
        {"serial": 1, "lineage": "x", "meta": {}, "encrypted_data": "x", "encryption_version": "v0"},
        {"version": 3, "deployment": {"resources": []}},
    ],
)
def test_other_json_is_no_state(content: Any) -> None:
    """Neither a plan, nor an encrypted file, nor a state of another version: each would look as if it were empty."""
    assert not is_state(content)


@pytest.mark.parametrize(
    "state",
    [
        pulled(1),
        pulled({"type": JOB_TYPE}),
        pulled({"mode": "managed"}),
        pulled({"type": JOB_TYPE, "mode": "managed"}),
        pulled({"type": JOB_TYPE, "mode": "managed", "instances": [{"attributes": None}]}),
        pulled({"type": JOB_TYPE, "mode": "managed", "instances": [{"attributes": {}}]}),
        pulled({"type": JOB_TYPE, "mode": "managed", "instances": [{"attributes": {"id": None}}]}),
        shown([]),
        shown({"resources": ["x"]}),
        shown({"resources": [{"type": JOB_TYPE, "mode": "managed"}]}),
        shown({"child_modules": [{"resources": [instance("x") | {"values": {}}]}]}),
    ],
)
def test_resource_without_id_or_type_is_an_error(state: dict[str, Any]) -> None:
    """If it counted as none, its job would be listed as an orphan."""
    assert is_state(state)
    with pytest.raises((KeyError, TypeError, AttributeError)):
        managed_job_ids(state)
