"""Tests of the code itself."""

from __future__ import annotations

import base64
import inspect
import json
import pickletools
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType

import pytest
from pulumi.dynamic.dynamic import serialize_provider

import pulumi_opsmanager
from pulumi_opsmanager import emulator, errors, testing
from pulumi_opsmanager.dynamic.adapter import Adapter
from pulumi_opsmanager.dynamic.archive import LogArchiveProvider
from pulumi_opsmanager.dynamic.completion import LogCollectionCompletionProvider
from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.dynamic.window import LogCollectionWindowProvider
from pulumi_opsmanager.resources.base import DeclaredResource
from tools import classes


@pytest.mark.parametrize("module", [pulumi_opsmanager, emulator, testing], ids=lambda module: module.__name__)
def test_public_names_are_those_in_all(module: ModuleType) -> None:
    """A module exports exactly the names in `__all__`."""
    public = {name for name in dir(module) if not name.startswith("_")} - {"annotations", "TYPE_CHECKING"}
    assert {name for name in public if not inspect.ismodule(getattr(module, name))} == set(module.__all__)
    assert all(getattr(module, name).__name__ == name for name in module.__all__)
    with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'LogColectionJob'"):
        _ = module.LogColectionJob


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        *[(room, {"pulumi"}) for room in ("errors", "testing", "testing.plugin", "download", "schema", "api")],
        ("cli.main", {"pulumi", "requests", "flask", "pydantic"}),
        ("emulator", {"pulumi", "requests", "pydantic"}),
        ("dynamic.job", {"requests", "isal", "flask", "pulumi_opsmanager.resources"}),
    ],
)
def test_start_imports_only_what_it_needs(module: str, heavy: set[str]) -> None:
    """A help page needs no Pulumi, which takes longest to import, and a preview needs no HTTP library."""
    look = f"import sys, pulumi_opsmanager.{module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.split()
    assert heavy & set(loaded) == set()


def test_every_error_is_drawn_listed_and_public() -> None:
    """The tree at the top of the module has every error."""
    tree = errors.__doc__ or ""
    classes = {name: found for name in errors.__all__ if isinstance(found := getattr(errors, name), type)}
    leaves = {name for name, found in classes.items() if issubclass(found, Exception)}
    assert set(re.findall(r"^[│├└─ ]*([A-Z]\w+) ", tree, re.MULTILINE)) >= leaves
    assert leaves <= set(pulumi_opsmanager.__all__)


@pytest.mark.parametrize(
    ("provider", "path"),
    [
        (LogArchiveProvider, "pulumi_opsmanager.dynamic.archive LogArchiveProvider"),
        (LogCollectionCompletionProvider, "pulumi_opsmanager.dynamic.completion LogCollectionCompletionProvider"),
        (LogCollectionJobProvider, "pulumi_opsmanager.dynamic.job LogCollectionJobProvider"),
        (LogCollectionWindowProvider, "pulumi_opsmanager.dynamic.window LogCollectionWindowProvider"),
    ],
)
def test_provider_path_is_frozen(provider: type[Adapter], path: str) -> None:
    """It is pickled by reference into every state: renaming it breaks refresh and destroy of existing stacks."""
    pickled = base64.b64decode(serialize_provider(provider()))
    words = [argument for _, argument, _ in pickletools.genops(pickled) if isinstance(argument, str)]
    assert words == path.split()
    assert len(pickled) < 100


@pytest.mark.parametrize("module", classes.MODULES, ids=lambda module: module.stem)
def test_resource_classes_have_the_fields_of_the_schema(module: Path) -> None:
    """`make generate` writes them. A change of a field without it fails here."""
    assert classes.generated(module) == module.read_text()


@pytest.mark.parametrize("resource", classes.RESOURCES)
def test_resource_class_cannot_be_subclassed(resource: type[DeclaredResource]) -> None:
    """The SDK would register the subclass under another type, so that its state could not be found."""
    with pytest.raises(TypeError, match="wrap it in a ComponentResource"):
        type("Mine", (resource,), {})


def test_package_says_that_it_has_no_plugin() -> None:
    """Otherwise the engine tries to download one for every package named pulumi-*."""
    location = Path(str(distribution("pulumi-opsmanager").locate_file("pulumi_opsmanager/pulumi-plugin.json")))
    assert json.loads(location.read_text()) == {"resource": False}
