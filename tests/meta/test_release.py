"""The version is written once, and each release has stored states."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

import pulumi_opsmanager
from tests.support import ROOT
from tools import record_state

VERSION = version("pulumi-opsmanager")
HEADINGS = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_version_is_the_same_everywhere() -> None:
    """The changelog and the examples' requirements name the version of pyproject.toml."""
    assert re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE) == [VERSION]
    assert pulumi_opsmanager.__version__ == HEADINGS[0] == VERSION
    pipelines = ROOT / "examples" / "pipelines"
    assert f"pulumi-opsmanager=={VERSION}" in (pipelines / "requirements.txt").read_text()
    assert f"pulumi-opsmanager[terraform]=={VERSION}" in (pipelines / "terraform" / "requirements.txt").read_text()
    configurations = "".join(file.read_text() for file in ROOT.glob("examples/**/*.tf"))
    major_and_minor = VERSION.rpartition(".")[0]
    assert set(re.findall(r'^ +version = "(.*)"$', configurations, re.MULTILINE)) == {f"~> {major_and_minor}"}


def test_every_release_has_its_states() -> None:
    """The upgrade tests need a state of each release. It can be stored only while the release is current."""
    stored = {folder.name: {path.stem for path in folder.iterdir()} for folder in record_state.STATES.glob("[0-9]*")}
    assert set(stored) == set(HEADINGS)
    assert stored[VERSION] == {program.stem for program in record_state.programs()}


@pytest.mark.parametrize("state", sorted(record_state.STATES.glob("*/*.json")), ids=lambda state: state.stem)
def test_stored_state_names_no_machine_and_no_key(state: Path) -> None:
    """A stored state contains no path, host, key or encrypted value."""
    text = state.read_text()
    assert record_state.telltales(text, "file://", "site-packages", "ciphertext", "salt", "127.0.0.1") == []
