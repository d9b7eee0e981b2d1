"""The package schema: complete, and neutral."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.lifecycle.kinds import KINDS
from pulumi_opsmanager.plugin.package import COLLECTION, package, token_of
from pulumi_opsmanager.plugin.phrases import as_written
from pulumi_opsmanager.resources import LogCollection
from pulumi_opsmanager.resources.base import fields_of_outputs
from pulumi_opsmanager.schema.fields import fields_of

SCHEMA = package("1.2.3")
RESOURCES: dict[str, Any] = SCHEMA["resources"]


def found(key: str, value: Any = SCHEMA) -> Iterator[Any]:
    """All values of a key, at any depth."""
    if isinstance(value, dict):
        if key in value:
            yield value[key]
        for one in value.values():
            yield from found(key, one)
    elif isinstance(value, list):
        for one in value:
            yield from found(key, one)


def test_schema_is_json_with_the_version() -> None:
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert (SCHEMA["name"], SCHEMA["version"]) == ("opsmanager", "1.2.3")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_resource_has_all_fields_of_its_kind(kind: Any) -> None:
    """Inputs, outputs, and the type of the same resource in a Python program."""
    resource, inputs = RESOURCES[token_of(kind)], fields_of(kind.inputs)
    assert list(resource["inputProperties"]) == list(inputs)
    assert resource["requiredInputs"] == [key for key, field in inputs.items() if field.required]
    assert set(resource["properties"]) == set(fields_of_outputs((kind.inputs, kind.state)))
    assert set(resource["required"]) <= set(resource["properties"])
    assert resource["aliases"] == [{"type": f"pulumi-python:dynamic/opsmanager:{kind.name}"}]
    assert resource["description"]


def test_settings_have_no_default_of_the_environment() -> None:
    """A generated SDK would read it, and put the keys into the state."""
    for table in (SCHEMA["config"]["variables"], SCHEMA["provider"]["inputProperties"]):
        assert list(table) == [row.key for row in SETTINGS]
        assert [key for key, one in table.items() if one.get("secret")] == ["privateKey"]
    assert list(found("defaultInfo")) == []
    assert list(found("environment")) == []


def test_no_python_sdk_is_generated() -> None:
    assert "python" not in SCHEMA["language"]


def test_references_have_a_target_and_types_are_used() -> None:
    references = {one for one in found("$ref") if one != "pulumi.json#/Any"}
    assert references == {f"#/types/{name}" for name in SCHEMA["types"]}


def test_words_are_text_or_one_of_an_enum() -> None:
    job = RESOURCES["opsmanager:index:LogCollectionJob"]["inputProperties"]
    word = {"oneOf": [{"type": "string"}, {"type": "string", "$ref": "#/types/opsmanager:index:LogType"}]}
    assert job["logTypes"]["items"] == word
    assert {"value": "FTDC"} in SCHEMA["types"]["opsmanager:index:LogType"]["enum"]
    assert "type" not in job["resourceType"]


def test_bytes_are_numbers() -> None:
    """Generated code for Go, C# and Java has integers of 32 bits."""
    for resource in RESOURCES.values():
        for key, one in {**resource["inputProperties"], **resource["properties"]}.items():
            assert not (key.endswith("Bytes") and one["type"] != "number")


def test_component_has_the_inputs_of_the_class() -> None:
    """The list of targets is plain, and not its elements, with which generated Go does not compile."""
    component = RESOURCES[COLLECTION]
    names = {as_written(name) for name in LogCollection.__init__.__annotations__} - {"name", "opts", "return"}
    assert set(component["inputProperties"]) == names
    assert component["requiredInputs"] == ["targets", "logTypes", "sizeRequestedPerFileBytes", "redacted"]
    assert component["inputProperties"]["targets"]["plain"] is True
    assert "plain" not in component["inputProperties"]["targets"]["items"]
    assert component["inputProperties"]["archiveDir"]["plain"] is True
    assert not any(found("willReplaceOnChanges", component))


def test_descriptions_use_the_names_of_programs() -> None:
    """No name or word of Python is in them."""
    python = re.compile(r"\b[a-z]+_[a-z_]+\b|\b(False|None|Python|datetime|keyword)\b")
    described = [*found("description")]
    assert len(described) > 100
    assert [one for one in described if python.search(one)] == []


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("give retention_days or expiration_date, not both", "give retentionDays or expirationDate, not both"),
        ("accept it with require_complete=False", "accept it with requireComplete: false"),
        ('set on_failure="accept"; retention_days=60', 'set onFailure: "accept"; retentionDays: 60'),
        ("log_types[2] must be text, not None", "logTypes[2] must be text, not null"),
        (
            "/logs/job_id/project_id.gz, 'job_id' and my_job_id stay",
            "/logs/job_id/project_id.gz, 'job_id' and my_job_id stay",
        ),
        ("the job failed (path: db_1/job_id)", "the job failed (path: db_1/job_id)"),
    ],
)
def test_line_has_names_and_values_as_programs_write_them(line: str, written: str) -> None:
    assert as_written(line) == written
