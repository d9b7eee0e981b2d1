"""What an editor shows beside a public name is there, and says what the schema says."""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest

import pulumi_opsmanager
from pulumi_opsmanager import emulator, testing
from pulumi_opsmanager.resources.base import DeclaredResource
from pulumi_opsmanager.schema.fields import fields_of
from tests.meta.test_code import RESOURCES

PUBLIC = {
    f"{module.__name__.rpartition('.')[2]}.{name}": getattr(module, name)
    for module in (pulumi_opsmanager, emulator, testing)
    for name in module.__all__
}

VALUES = {pulumi_opsmanager.FailedChildJob, pulumi_opsmanager.FailedJob, testing.StoredResource}


def own_doc(thing: Any) -> str:
    """Its docstring, not that of a base; dataclasses and enums make one up that is none."""
    text = inspect.cleandoc(vars(thing).get("__doc__") or "") if isinstance(thing, type) else inspect.getdoc(thing)
    return "" if not text or text.startswith(f"{thing.__name__}(") else text


def described(text: str) -> set[str]:
    """The names that its sections describe."""
    return set(re.findall(r"^ {4}(\w+): \S", text, re.MULTILINE))


def parameters(function: Any) -> set[str]:
    """What a caller may give."""
    return set(inspect.signature(function).parameters) - {"self", "cls"}


def members(thing: type) -> set[str]:
    """What its docstring owes: fields of a value, arguments of a class that is called."""
    if dataclasses.is_dataclass(thing) or thing in VALUES:
        return set(inspect.get_annotations(thing))
    is_called = "__init__" in vars(thing) and not issubclass(thing, Exception) and thing is not testing.StackFactory
    return parameters(vars(thing)["__init__"]) if is_called else set()


def methods(thing: type) -> Iterator[tuple[str, Any]]:
    """Its own public methods and properties."""
    for name, member in vars(thing).items():
        function = member.__func__ if isinstance(member, classmethod) else member
        if not name.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)):
            yield name, function


def attribute_docs(thing: type) -> dict[str, str]:
    """The texts that stand below its attributes, on one line each."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for before, after in itertools.pairwise(tree.body):
        match before, after:
            case (
                ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]),
                ast.Expr(ast.Constant(str(text))),
            ):
                found[name] = " ".join(text.split())
    return found


@pytest.mark.parametrize("name", PUBLIC)
def test_public_name_says_what_it_is(name: str) -> None:
    """A sentence first, on one line, then sections."""
    first, _, rest = own_doc(PUBLIC[name]).partition("\n")
    assert first.endswith((".", ":", "`."))
    assert not rest or rest.startswith("\n")


@pytest.mark.parametrize("name", [name for name, thing in PUBLIC.items() if inspect.isfunction(thing)])
def test_argument_of_a_function_is_described(name: str) -> None:
    """By its shape or unit."""
    assert described(own_doc(PUBLIC[name])) == parameters(PUBLIC[name])


@pytest.mark.parametrize("name", [name for name, thing in PUBLIC.items() if isinstance(thing, type)])
def test_members_of_a_class_are_described(name: str) -> None:
    """Arguments and fields in the docstring of the class, methods in their own, with their arguments if several."""
    thing = PUBLIC[name]
    text = own_doc(thing) + "\n" + (inspect.getdoc(vars(thing).get("__init__")) or "")
    assert described(text) >= members(thing)
    for method, function in methods(thing):
        told = inspect.getdoc(function) or ""
        assert told or thing in VALUES, method
        if not isinstance(function, property) and len(parameters(function)) > 1:
            assert described(told) >= parameters(function), method


@pytest.mark.parametrize("name", [name for name, thing in PUBLIC.items() if isinstance(thing, enum.EnumMeta)])
def test_member_of_an_enum_is_described(name: str) -> None:
    """Each word by itself."""
    assert attribute_docs(PUBLIC[name]).keys() == PUBLIC[name].__members__.keys()


@pytest.mark.parametrize("resource", RESOURCES)
def test_output_says_what_the_schema_says(resource: type[DeclaredResource]) -> None:
    """The text that an editor shows beside `job.status` is the one of the reference."""
    _, state = resource.declarations
    assert attribute_docs(resource) == {field.name: field.description for field in fields_of(state).values()}
