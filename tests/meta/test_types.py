"""`make types` checks each line of `tests/types` with mypy and pyright. These tests check that no line is missing."""

from __future__ import annotations

import re

import pytest

import pulumi_opsmanager
from pulumi_opsmanager import emulator, errors, testing
from pulumi_opsmanager.resources.base import DeclaredResource
from tests.support import ROOT
from tools.classes import RESOURCES

FOLDER = ROOT / "tests" / "types"


@pytest.mark.parametrize("resource", RESOURCES)
def test_every_output_has_a_line(resource: type[DeclaredResource]) -> None:
    """The type of an added field must be asserted too."""
    text = (FOLDER / "outputs.py").read_text()
    own = text.partition(f"(made: om.{resource.__name__})")[2].partition("\n\n\n")[0]
    assert [name for name in resource.__annotations__ if f"assert_type(made.{name}, " not in own] == []


def test_every_public_name_has_a_line() -> None:
    """A name without a line could have any type. Errors differ from their root only by name."""
    words = {word for file in FOLDER.glob("*.py") for word in re.findall(r"\w+", file.read_text())}
    names = {name for module in (pulumi_opsmanager, emulator, testing) for name in module.__all__}
    assert sorted(names - words - set(errors.__all__)) == []
