"""The rules take and return models: mypy knows every value that a rule works with."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from pulumi_opsmanager.lifecycle.kinds import KINDS, Kind
from pulumi_opsmanager.schema.archive import ArchiveInputs
from tests.support import ROOT

RULES = sorted((ROOT / "provider" / "pulumi_opsmanager" / "lifecycle").glob("**/*.py"))

ACTIONS = ("check", "plan", "create", "update", "look", "remember", "read", "delete", "import_by_id", "resume")
"""The functions of a kind that rules implement."""


def key_reads(source: str) -> list[int]:
    """Lines that read a value by a literal key."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_text(node.slice))
        or (isinstance(node, ast.Call) and _is_lookup(node.func) and any(map(_is_text, node.args[:1])))
    ]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_lookup(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"get", "pop", "setdefault"}


def untyped(annotation: Any) -> bool:
    """Whether a type is, or contains, `Any` or a mapping."""
    origin = get_origin(annotation)
    is_mapping = isinstance(origin or annotation, type) and issubclass(origin or annotation, Mapping)
    return annotation is Any or is_mapping or any(map(untyped, get_args(annotation)))


def untyped_parts(kind: Kind[Any, Any, Any]) -> Iterator[str]:
    """The parameters and returns of a kind's functions that mypy does not know: `plan(declared)`."""
    for action in ACTIONS:
        function = getattr(kind, action)
        if isinstance(function, partial):
            function = function.func
        hints = get_type_hints(function) if function else {}
        yield from (f"{action}({name})" for name, annotation in hints.items() if untyped(annotation))


def test_rules_read_no_value_by_a_literal_key() -> None:
    """Attributes of models are read instead."""
    assert [f"{file.name}:{line}" for file in RULES for line in key_reads(file.read_text())] == []


@pytest.mark.parametrize("source", ['values["projectId"]', 'values.get("projectId")', 'values.pop("a", None)'])
def test_read_by_a_literal_key_is_found(source: str) -> None:
    """An assignment, a name and a number do not count as such a read."""
    assert key_reads(source) == [1]
    assert key_reads("values['projectId'] = values[key] = values.get(key) or values[0]") == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_rules_take_and_return_models(kind: Kind[Any, Any, Any]) -> None:
    """Only check takes values of any type, because it makes models of them."""
    assert list(untyped_parts(kind)) == ["check(given)"]


@pytest.mark.parametrize("annotation", [Any, dict[str, int], list[Mapping[str, int]] | None])
def test_untyped_value_is_found(annotation: Any) -> None:
    """It is found inside another type too. A list of models is typed."""
    assert untyped(annotation)
    assert not untyped(list[ArchiveInputs] | None)
