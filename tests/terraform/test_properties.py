"""Properties of the provider in Terraform, for any program and any events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from pulumi_opsmanager.terraform.attributes import RESOURCES
from pulumi_opsmanager.terraform.data_sources import DATA_SOURCES
from pulumi_opsmanager.terraform.provider import Provider
from tests.support import PROJECT, FakeClock
from tests.terraform.core import Core
from tests.terraform.cty import Type
from tests.terraform.program import Declared, Later
from tests.terraform.programs import ARCHIVE, COMPLETION, JOB, WINDOW
from tests.terraform.walk import Kept
from tests.terraform.worlds import START, world


@settings(max_examples=20)
@given(data=st.data())
def test_provider_keeps_all_its_promises(data: st.DataObject) -> None:
    """Neither core nor the provider reports "a bug in the provider"."""
    with world(data) as here:
        here.live(3)
        here.core.data(f"{JOB}s", project_id=PROJECT)
        for job_id in here.made[:1]:
            here.core.data(JOB, project_id=PROJECT, id=job_id)
        here.core.destroy(here.program)
        assert not [line for line in here.core.said if "defect" in line.summary]


@settings(max_examples=20)
@given(data=st.data())
def test_each_declaration_creates_exactly_one_job(data: st.DataObject) -> None:
    """After any failures, each job is in the state, and none is marked to be created again."""
    with world(data) as here:
        for _ in range(3):
            here.live(1)
            assert len(here.made) == here.core.made[JOB]
            assert not any(kept.is_tainted for kept in here.core.state.values())


@settings(max_examples=20)
@given(data=st.data())
def test_apply_leaves_nothing_to_plan(data: st.DataObject) -> None:
    """The state shows the true values. A remaining change has a reason and ends soon."""
    with world(data) as here:
        here.live(2)
        here.happen()
        here.be_quiet()
        said = here.core.run(here.program)
        assume(not any(line.is_error for line in said))
        found = here.core.plan(here.program).refreshed
        assert here.is_moving or values_in(found) == values_in(here.core.state)
        for _ in range(4):
            plan = here.core.plan(here.program)
            assert not plan.failed
            event(f"left {len(plan.actions)}")
            if not plan.actions:
                break
            assert plan.diagnostics
            assert not any(line.is_error for line in here.core.apply(plan))
        assert here.core.plan(here.program).actions == {}
        assert here.core.plan(here.program, refresh=False).actions == {}


@settings(max_examples=20)
@given(data=st.data())
def test_import_leaves_nothing_to_plan(data: st.DataObject) -> None:
    """The plan is empty for an equal program, and for a program that was generated from the state."""
    with world(data) as here:
        job_id = here.somebody_makes_a_job()
        here.happen()
        here.be_quiet()
        here.core.import_("job.0", JOB, here.one_of(job_id, f"{PROJECT}/{job_id}"))
        assume("job.0" in here.core.state)
        kept = here.core.state["job.0"].value
        generated = {name: value for name, value in kept.items() if name in here.open_names and value is not None}
        written = {
            "resource_type": here.one_of("REPLICASET", "replicaset"),
            "resource_name": "rs0",
            "log_types": here.one_of(["FTDC", "MONGODB"], ["mongodb", "ftdc"]),
            "size_requested_per_file_bytes": 131072.0,
            "redacted": False,
            "max_retries": kept["max_retries"],
        }
        for config in (generated, written):
            plan = here.core.plan({"job.0": Declared(JOB, config)}, refresh=here.one_of(True, False))
            assert not plan.failed
            assert plan.actions == {}


@settings(max_examples=20)
@given(data=st.data())
def test_plan_only_reads(data: st.DataObject) -> None:
    """Without a refresh a plan sends nothing. A validation never sends anything."""
    with world(data) as here:
        here.live(2)
        here.server.forget_requests()
        here.core.plan(here.program)
        assert {entry["method"] for entry in here.server.requests} <= {"GET"}
        here.server.forget_requests()
        here.core.plan(here.program, refresh=False)
        here.core.validate(here.program)
        assert here.server.requests == []


@pytest.mark.parametrize("type_name", [JOB, COMPLETION, ARCHIVE, WINDOW, f"{JOB}s"])
@settings(max_examples=20)
@given(data=st.data())
def test_any_configuration_is_planned_or_refused(type_name: str, data: st.DataObject) -> None:
    """It is planned, or refused with the name of an attribute that is set or missing."""
    nobody = {"base_url": "http://127.0.0.1:9", "public_key": "a", "private_key": "b", "project_id": PROJECT}
    core = Core(lambda: Provider(FakeClock(START)), nobody)
    attributes = (RESOURCES.get(type_name) or DATA_SOURCES[type_name]).attributes
    open_ = {name: one for name, one in attributes.items() if one.input is not None}
    config = {name: data.draw(values(one.type, is_required=one.is_required), name) for name, one in open_.items()}
    if type_name in RESOURCES:
        program = {"it": Declared(type_name, config)}
        said = core.validate(program) + core.plan(program).diagnostics
    else:
        said = core.data(type_name, **config)[1]
    assert not [line for line in said if "defect" in line.summary]
    assert all(line.path[0] in open_ for line in said if line.path)


def values_in(state: Mapping[str, Kept]) -> dict[str, dict[str, Any]]:
    """The values that Terraform shows of each resource."""
    return {address: kept.value for address, kept in state.items()}


def values(type_: Type, *, is_required: bool = False) -> st.SearchStrategy[Any]:
    """Any value of a type, including null and unknown."""
    texts = st.text() | st.sampled_from(["FTDC", "mongodb", "2h", "2026-04-01T00:00:00Z", PROJECT, "keep", "/a"])
    numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(str) | st.sampled_from([1, "0.1"])
    scalars: dict[str, st.SearchStrategy[Any]] = {"string": texts, "number": numbers, "bool": st.booleans()}
    if isinstance(type_, list):
        some: st.SearchStrategy[Any] = st.lists(scalars[type_[1]], max_size=3)
    elif type_ == "dynamic":
        leaves: st.SearchStrategy[Any] = st.one_of(*scalars.values(), st.just(Later("x")), st.none())
        some = st.recursive(leaves, lambda of: st.one_of(st.lists(of), st.dictionaries(texts, of)), max_leaves=6)
    else:
        some = scalars[type_]
    return some | (some.map(Later) if is_required else st.none())


@settings(max_examples=20)
@given(data=st.data())
def test_private_key_is_in_no_output(data: st.DataObject) -> None:
    """No diagnostic, log line, state or private bytes contain it."""
    with world(data) as here:
        key = here.server.private_key
        here.live(2)
        assert key not in here.log.getvalue()
        assert not [line for line in here.core.said if key in line.summary + line.detail]
        assert not [kept for kept in here.core.state.values() if key in f"{kept}"]
