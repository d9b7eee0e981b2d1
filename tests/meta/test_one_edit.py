"""Adding an input is one edit in the schema and one in the signature: done here, on a copy of the package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import ROOT

FIELD = """\
    compression_level: Annotated[
        WholeNumber,
        OnChange.REPLACE,
        InBody.AS_IS,
        Field(ge=0, le=9),
        says("How hard the server packs; 0 = not at all."),
    ] = 6
"""
ARGUMENT = "        compression_level: pulumi.Input[int] | None = None,\n"

USE = """
import importlib.util, json, sys
from datetime import datetime, timezone
import pulumi
import pulumi_opsmanager as om
from pulumi_opsmanager.lifecycle.check import check_job
from pulumi_opsmanager.lifecycle.diff import diff_job
from pulumi_opsmanager.schema.fields import declared_of
from pulumi_opsmanager.schema.job import JobInputs, request_body
from pulumi_opsmanager.testing import OpsManagerMocks
from tests.support import job_inputs, offline

spec = importlib.util.spec_from_file_location("tables", "tools/tables.py")
tables = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tables)

now = datetime(2026, 3, 2, tzinfo=timezone.utc)
def check(level):
    return check_job(job_inputs(compressionLevel=level), {}, default_project_id=None, now=now)

declared, changed = check(None).inputs, check(9.0).inputs
state = declared | {"status": "SUCCESS", "creationDate": "2026-03-01T00:00:00Z"}
output = []
def program():
    made = om.LogCollectionJob("logs", resource_type="CLUSTER", resource_name="shop", log_types=["FTDC"],
                               size_requested_per_file_bytes=1, redacted=True, compression_level=3)
    return pulumi.Output.from_input(getattr(made, "compression_level")).apply(output.append)
pulumi.runtime.set_mocks(OpsManagerMocks())
pulumi.runtime.test(program)()
json.dump({
    "package": om.__file__,
    "default": declared["compressionLevel"],
    "failures": [f"{failure.path} {failure.rule}" for failure in check(10).failures],
    "replaces": diff_job(offline(now), "69a5553c7e41b2000f5d8a01", declared, state, changed).replaces,
    "same": diff_job(offline(now), "69a5553c7e41b2000f5d8a01", declared, state, declared).acts,
    "body": request_body(declared_of(JobInputs, changed), epoch_dates=True).get("compressionLevel"),
    "row": next(row for row in tables._inputs(JobInputs).splitlines() if "compression_level" in row),
    "output": output,
}, sys.stdout)
"""


def insert(file: Path, text: str, *, before: str) -> None:
    """Write lines in front of the first ones that begin so."""
    head, mark, tail = file.read_text().partition(before)
    assert mark, file
    file.write_text(head + text + mark + tail)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the package makes of a field after two edits."""
    copy = tmp_path_factory.mktemp("copy") / "provider"
    shutil.copytree(ROOT / "provider", copy, ignore=shutil.ignore_patterns("__pycache__"))
    insert(copy / "pulumi_opsmanager/schema/job.py", FIELD, before="    triggers: Annotated[\n")
    insert(
        copy / "pulumi_opsmanager/resources/job.py",
        ARGUMENT,
        before="        triggers: pulumi.Input[Sequence[Any]] | None = None,\n",
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(copy), str(ROOT)])}
    finished = subprocess.run(
        [sys.executable, "-c", USE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    found: dict[str, Any] = json.loads(finished.stdout)
    assert Path(found["package"]).is_relative_to(copy)
    return found


def test_check_knows_the_field(seen: dict[str, Any]) -> None:
    """Its default is filled in, and its bounds are judged under its path."""
    assert seen["default"] == 6
    assert seen["failures"] == ["compressionLevel must be at most 9"]


def test_diff_knows_the_field(seen: dict[str, Any]) -> None:
    """A change of it replaces, as its policy says; none is none."""
    assert (seen["replaces"], seen["same"]) == (["compressionLevel"], False)


def test_request_has_the_field(seen: dict[str, Any]) -> None:
    """In canonical form."""
    assert seen["body"] == 9


def test_reference_has_the_field(seen: dict[str, Any]) -> None:
    """Its row is what `make docs` writes."""
    expected = "| `compression_level` | `6` | replaces the job | How hard the server packs; 0 = not at all. |"
    assert seen["row"] == expected


def test_program_gets_the_field_back(seen: dict[str, Any]) -> None:
    """What a program declares reaches the provider, and is an output."""
    assert seen["output"] == [3]
