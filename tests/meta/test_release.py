"""What is published is of one version, holds what it should, and leaves a witness."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest

import pulumi_opsmanager
from tests.support import ROOT
from tools import record_state, release

VERSION = version("pulumi-opsmanager")
HEADINGS = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

SOURCES = ["pulumi_opsmanager/__init__.py", "pulumi_opsmanager/py.typed"]
INFO = "pulumi_opsmanager-0.1.0.dist-info"
METADATA = [f"{INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")]
WHEEL = [*SOURCES, "pulumi_opsmanager/pulumi-plugin.json", *METADATA]
SDIST = [
    *("pyproject.toml", "constraints.txt", "Makefile", "mkdocs.yml", ".pre-commit-config.yaml"),
    *("README.md", "CHANGELOG.md", "LICENSE", "PKG-INFO"),
]


def test_version_is_that_of_pyproject_everywhere() -> None:
    """It is written there and on top of the changelog."""
    assert re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE) == [VERSION]
    assert pulumi_opsmanager.__version__ == HEADINGS[0] == VERSION
    assert f"pulumi-opsmanager=={VERSION}" in (ROOT / "examples" / "pipelines" / "requirements.txt").read_text()


def test_every_release_has_its_states() -> None:
    """Of each program; what a release has left in stacks is known only while it is current."""
    stored = {folder.name: {path.stem for path in folder.iterdir()} for folder in record_state.STATES.glob("[0-9]*")}
    assert set(stored) == set(HEADINGS)
    assert stored[VERSION] == {program.stem for program in record_state.programs()}


@pytest.mark.parametrize("state", sorted(record_state.STATES.glob("*/*.json")), ids=lambda state: state.stem)
def test_stored_state_tells_nothing_of_its_machine(state: object) -> None:
    """Neither a path nor a name, nor a key, nor anything encrypted."""
    text = getattr(state, "read_text", str)()
    assert record_state.telltales(text, "file://", "site-packages", "ciphertext", "salt", "127.0.0.1") == []


def test_state_is_stored_without_lines_of_source_code() -> None:
    """Their paths lead to wherever Python is."""
    resource = '{"urn": "a", "sourcePosition": "project:///../x.py#1", "stackTrace": [{}]}'
    export = f'{{"version": 3, "deployment": {{"secrets_providers": {{}}, "resources": [{resource}]}}}}'
    assert "".join(record_state.cleaned(export).split()) == '{"version":3,"deployment":{"resources":[{"urn":"a"}]}}'


@pytest.mark.parametrize(
    ("names", "problems"),
    [
        (WHEEL, []),
        ([name for name in WHEEL if "py.typed" not in name], ["the wheel lacks pulumi_opsmanager/py.typed"]),
        (
            [name for name in WHEEL if "plugin" not in name and "LICENSE" not in name],
            ["the wheel lacks licenses/LICENSE", "the wheel lacks pulumi_opsmanager/pulumi-plugin.json"],
        ),
        ([*WHEEL, "tests/test_x.py"], ["the wheel has tests/test_x.py"]),
        ([*WHEEL, "pulumi_opsmanager/.env"], ["the wheel has pulumi_opsmanager/.env"]),
        ([*WHEEL, f"{INFO}/x"], ["the wheel has x"]),
    ],
)
def test_wheel_holds_the_package_and_no_more(names: list[str], problems: list[str]) -> None:
    """What is missing and what is too much is named."""
    assert release.wheel_problems(names, SOURCES) == problems


@pytest.mark.parametrize(
    ("names", "problems"),
    [
        (
            [*SDIST, ".gitignore", "examples/pipelines/gitlab/.gitlab-ci.yml", "examples/01-collect-logs/Pulumi.yaml"],
            [],
        ),
        (SDIST[1:], ["the sdist lacks pyproject.toml"]),
        ([*SDIST, "Pulumi.dev.yaml"], ["the sdist has Pulumi.dev.yaml"]),
        ([*SDIST, "tests/.env", "x/__pycache__/y"], ["the sdist has tests/.env", "the sdist has x/__pycache__/y"]),
    ],
)
def test_sdist_holds_what_others_need_and_nothing_of_the_machine(names: list[str], problems: list[str]) -> None:
    """Stacks' configurations may hold addresses and keys."""
    assert release.sdist_problems(names) == problems


def test_files_of_the_package_are_those_that_an_installation_has() -> None:
    """Sources and the mark that they are typed; not what Python leaves beside them."""
    assert {"pulumi_opsmanager/py.typed", "pulumi_opsmanager/cli/main.py"} <= release.sources()
    assert not [name for name in release.sources() if "__pycache__" in name]


def test_requirements_are_read_from_the_wheel_itself() -> None:
    """The lowest versions are those that it asks for, not those of the environment at hand."""
    wheel = {f"{INFO}/METADATA": b"Name: x\nRequires-Dist: click<9,>=8.2\nRequires-Dist: rich<16,>=14.3\n\nText\n"}
    assert release.requirements(wheel) == ["click<9,>=8.2", "rich<16,>=14.3"]
