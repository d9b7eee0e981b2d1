"""Tests about the code itself: few, and strict."""

from __future__ import annotations

import base64
import inspect
import pickletools
import re
from pathlib import Path

import pytest
from pulumi.dynamic.dynamic import serialize_provider

import pulumi_opsmanager
from pulumi_opsmanager import errors
from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.resources.job import LogCollectionJob
from pulumi_opsmanager.schema.fields import fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState

ROOT = Path(__file__).parents[2]


def test_public_names_are_the_ones_listed() -> None:
    """What can be imported from the top is what `__all__` says, and nothing leaks beside it."""
    public = {
        name
        for name, value in vars(pulumi_opsmanager).items()
        if not name.startswith("_") and not inspect.ismodule(value) and name != "annotations"
    }
    assert public == set(pulumi_opsmanager.__all__)
    assert pulumi_opsmanager.__version__ == "0.1.0"


def test_every_error_is_drawn_listed_and_public() -> None:
    """The tree at the top of the module is the tree."""
    tree = errors.__doc__ or ""
    leaves = [name for name in errors.__all__ if name not in ("attempting", "shorten")]
    assert set(re.findall(r"^[│├└─ ]*([A-Z]\w+) ", tree, re.MULTILINE)) >= set(leaves)
    assert set(leaves) <= set(pulumi_opsmanager.__all__)


def test_provider_path_is_frozen() -> None:
    """It is pickled by reference into every state: renaming it breaks refresh and destroy of existing stacks."""
    pickled = base64.b64decode(serialize_provider(LogCollectionJobProvider()))
    words = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert words == ["pulumi_opsmanager.dynamic.job", "LogCollectionJobProvider"]
    assert len(pickled) < 100


def test_every_field_is_on_the_resource_with_its_description() -> None:
    """An input is an argument with a line in the docstring, and every field is an annotated output."""
    signature = inspect.signature(LogCollectionJob.__init__)
    arguments = {name for name in signature.parameters if name not in ("self", "name", "opts")}
    assert arguments == {field.name for field in fields_of(JobInputs).values()}
    documented = set(re.findall(r"^ {4}(\w+): ", inspect.getdoc(LogCollectionJob.__init__) or "", re.MULTILINE))
    assert documented >= arguments
    outputs = {field.name for declared in (JobInputs, JobState) for field in fields_of(declared).values()}
    assert set(LogCollectionJob.__annotations__) == outputs
    for name in arguments:
        required = signature.parameters[name].default is inspect.Parameter.empty
        assert required == next(field.required for field in fields_of(JobInputs).values() if field.name == name)


def test_resource_class_cannot_be_subclassed() -> None:
    """The SDK would register the subclass under another type, so that its state could not be found."""
    with pytest.raises(TypeError, match="wrap it in a ComponentResource"):

        class Mine(LogCollectionJob):
            pass


def test_package_says_that_it_has_no_plugin() -> None:
    """Otherwise the engine tries to download one for every package named pulumi-*."""
    import json
    from importlib.metadata import distribution

    location = Path(str(distribution("pulumi-opsmanager").locate_file("pulumi_opsmanager/pulumi-plugin.json")))
    assert json.loads(location.read_text()) == {"resource": False}


@pytest.mark.parametrize("path", sorted(ROOT.glob("provider/**/*.py")), ids=lambda path: path.name)
def test_module_is_small_and_says_its_law(path: Path) -> None:
    """A module is one noun, with a docstring; past 300 lines it is two."""
    text = path.read_text()
    assert text.startswith('"""')
    assert len(text.splitlines()) <= 300
