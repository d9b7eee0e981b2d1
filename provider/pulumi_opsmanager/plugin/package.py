"""The package schema: what code generators, YAML and editors know of the resources, from the declared fields.

A program gives numbers without a unit, because an SDK would otherwise lose the type of such an input. Bytes are
`number`, because generated code for Go, C# and Java has integers of 32 bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.dynamic.exported_state import TYPES
from pulumi_opsmanager.dynamic.layout import output_fields
from pulumi_opsmanager.lifecycle.kinds import ARCHIVE, KINDS, Kind
from pulumi_opsmanager.resources.collection import DECIDED, PARTS
from pulumi_opsmanager.schema import types
from pulumi_opsmanager.schema.fields import Declaration, Field, OnChange, fields_of

from .phrases import as_written

NAME: Final = "opsmanager"
"""Name of the package."""

COLLECTION: Final = f"{NAME}:index:LogCollection"
"""Type of the component."""

# The words of inputs that are one of some words, by property. Upper and lower case are equal, so text is accepted too.
_WORDS: Final[Mapping[str, tuple[str, Any]]] = {
    "logTypes": ("LogType", types.LogTypeWord),
    "resourceType": ("ResourceType", types.ResourceTypeWord),
    "onExpired": ("OnExpired", types.OnExpiredWord),
    "onFailure": ("OnFailure", types.OnFailureWord),
    "ifMissing": ("IfMissing", types.IfMissingWord),
    "verify": ("Verify", types.VerifyWord),
}
# Every job has a project: the configured one where the program gives none.
_ALWAYS_KNOWN: Final = frozenset({"projectId"})
_ANY: Final = "pulumi.json#/Any"
_PRIMITIVES: Final[Mapping[Any, str]] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_TEXT: Final[Mapping[str, Any]] = {"type": "string"}


def token_of(kind: Kind[Any, Any, Any]) -> str:
    """Type of the resources of a kind."""
    return f"{NAME}:index:{kind.name}"


def package(version: str) -> dict[str, Any]:
    """The schema, as JSON.

    Args:
        version: Version of the distribution, which is also that of the package.
    """
    settings = {row.key: _setting(row.key, row.meaning, is_secret=row.secret) for row in SETTINGS}
    return {
        "name": NAME,
        "displayName": "MongoDB Ops Manager",
        "version": version,
        "description": "Log collection jobs of MongoDB Ops Manager and Cloud Manager as Pulumi resources.",
        "keywords": ["pulumi", "mongodb", "ops manager", "cloud manager", "logs", "category/database", "kind/native"],
        "license": "Apache-2.0",
        # No `defaultInfo`: a generated SDK would read the environment, and put the keys into the state.
        "config": {"variables": settings},
        "provider": {"description": "An Ops Manager, with its settings.", "inputProperties": settings},
        "types": dict(_types()),
        "resources": {token_of(kind): _resource(kind) for kind in KINDS} | {COLLECTION: collection()},
        "language": {
            "nodejs": {"respectSchemaVersion": True},
            "go": {"respectSchemaVersion": True, "generateResourceContainerTypes": True},
            "csharp": {"respectSchemaVersion": True},
            "java": {},
        },
    }


def _setting(key: str, meaning: str, *, is_secret: bool) -> dict[str, Any]:
    kind = "number" if key == "timeoutSeconds" else "string"
    return {"type": kind, "description": as_written(meaning)} | ({"secret": True} if is_secret else {})


def _resource(kind: Kind[Declaration, Declaration, Any]) -> dict[str, Any]:
    inputs, outputs = fields_of(kind.inputs), {**fields_of(kind.inputs), **output_fields(kind.state)}
    is_known = {key for key, field in outputs.items() if field.required or field.default is not None}
    return {
        "description": as_written(kind.description),
        "inputProperties": {key: _input(field) for key, field in inputs.items()},
        "requiredInputs": [key for key, field in inputs.items() if field.required],
        "properties": {key: _output(field) for key, field in outputs.items()},
        "required": [key for key in outputs if key in is_known | _ALWAYS_KNOWN],
        # A stack that a Python program has made can move to another language.
        "aliases": [{"type": f"{TYPES}{kind.name}"}],
    }


def collection() -> dict[str, Any]:
    """The schema of the component."""
    fields = {key: field for part in reversed(PARTS) for key, field in fields_of(part).items()}
    shared = {key: _input(field) for key, field in fields.items() if field.name not in DECIDED}
    for described in shared.values():
        described.pop("willReplaceOnChanges", None)  # it replaces parts, not the collection
    texts = {"type": "object", "additionalProperties": _TEXT}
    outputs = {
        "downloadUrls": texts | {"description": "URL of each archive on the server, by resource name."},
        "statuses": texts | {"description": "Status of each job at the end of the wait, by resource name."},
        "archives": texts | {"description": "Path or URL of each archive file, by resource name."},
        "results": {
            "type": "object",
            "additionalProperties": _reference("TargetResult"),
            "description": "What was collected of each target, by resource name.",
        },
    }
    return {
        "isComponent": True,
        "description": (
            "Collects logs of many targets: one job for each target, one completion for all jobs, and one archive for "
            "each job if `archiveDir` is given."
        ),
        "inputProperties": {
            "targets": {
                "type": "array",
                "items": _reference("Target"),
                # On its elements too, the generated Go does not compile.
                "plain": True,
                "description": "What to collect from. Each name occurs once. A new target changes no other one.",
            },
            "last": {
                **_TEXT,
                "description": (
                    "Length of the collected period, such as `2h`. It ends at the `up` that creates the collection. "
                    "Default: `logCollectionFromDate` and `logCollectionToDate` apply."
                ),
            },
            "archiveDir": {
                **_TEXT,
                "plain": True,
                "description": (
                    "Folder for the archive files, created if it is missing, or URL such as `s3://BUCKET/PREFIX`. "
                    "Default: nothing is downloaded."
                ),
            },
            **shared,
        },
        "requiredInputs": ["targets", *(key for key, field in fields.items() if key in shared and field.required)],
        "properties": outputs,
        "required": list(outputs),
    }


def _types() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, words in _WORDS.values():
        yield f"{NAME}:index:{name}", {"type": "string", "enum": [{"value": word} for word in get_args(words)]}
    models = [field.annotation for kind in KINDS for field in output_fields(kind.state).values()]
    for model in {one.__name__: one for annotation in models for one in _models(annotation)}.values():
        infos = {to_camel(name): info for name, info in model.model_fields.items()}
        required = [key for key, info in infos.items() if info.is_required()]
        shapes = {key: _of(info.annotation) for key, info in infos.items()}
        yield f"{NAME}:index:{model.__name__}", {"type": "object", "properties": shapes, "required": required}
    target = {"resourceType": _word("ResourceType"), "resourceName": dict(_TEXT)}
    yield f"{NAME}:index:Target", {"type": "object", "properties": target, "required": list(target)}
    archive = output_fields(ARCHIVE.state)
    result = {key: _output(archive[key]) for key in ("file", "sha256", "complete", "missing")}
    yield f"{NAME}:index:TargetResult", {"type": "object", "properties": result | {"status": dict(_TEXT)}}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside a type, those that they refer to included."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for info in annotation.model_fields.values():
            yield from _models(info.annotation)
    for part in get_args(annotation):
        yield from _models(part)


def _input(field: Field) -> dict[str, Any]:
    found = _output(field)
    if field.on_change is OnChange.REPLACE:
        found["willReplaceOnChanges"] = True
    if field.key in _WORDS:
        word = _word(_WORDS[field.key][0])
        found |= {"items": word} if found["type"] == "array" else word
    if "oneOf" in found:
        del found["type"]
    return found


def _output(field: Field) -> dict[str, Any]:
    shape = _of(field.annotation)
    is_large = shape.get("type") == "integer" and field.name.endswith("_bytes")
    return {**shape, **({"type": "number"} if is_large else {}), "description": as_written(field.description)}


def _of(annotation: Any) -> dict[str, Any]:
    if annotation in _PRIMITIVES:
        return {"type": _PRIMITIVES[annotation]}
    origin, parts = get_origin(annotation), [part for part in get_args(annotation) if part is not type(None)]
    if origin in (Annotated, Union, UnionType):
        return _of(parts[0])
    if origin is list:
        return {"type": "array", "items": _of(parts[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(parts[1])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _reference(annotation.__name__)
    return {"$ref": _ANY}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/types/{NAME}:index:{name}"}


def _word(name: str) -> dict[str, Any]:
    return {"oneOf": [dict(_TEXT), {"type": "string", **_reference(name)}]}
