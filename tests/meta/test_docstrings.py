"""What an editor shows beside a public name says what the reference says. ruff asks for the docstrings themselves."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap

import pytest

from pulumi_opsmanager.resources.base import DeclaredResource
from pulumi_opsmanager.schema.fields import fields_of
from tests.meta.test_code import RESOURCES


def attribute_docs(thing: type) -> dict[str, str]:
    """The texts below its annotated attributes, each on one line."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(thing))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for before, after in itertools.pairwise(tree.body):
        match before, after:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                found[name] = " ".join(text.split())
    return found


@pytest.mark.parametrize("resource", RESOURCES)
def test_output_says_what_the_schema_says(resource: type[DeclaredResource]) -> None:
    """An editor shows beside `job.status` the text of the reference."""
    _, state = resource.declarations
    assert attribute_docs(resource) == {field.name: field.description for field in fields_of(state).values()}
