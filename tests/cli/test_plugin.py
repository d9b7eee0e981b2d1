"""The commands `plugin install` and `plugin schema`. `tests/plugin_engine` runs the first one with Pulumi."""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from pulumi_opsmanager.cli import plugin_cache
from pulumi_opsmanager.errors import InvalidSettings
from pulumi_opsmanager.plugin.package import package
from tests.cli.terminal import run

VERSION = version("pulumi-opsmanager")


def test_schema_is_printed_or_written(tmp_path: Path) -> None:
    """Both have the same text."""
    printed = run(None, "plugin", "schema")
    assert json.loads(printed.stdout) == package(VERSION)
    written = run(None, "plugin", "schema", "--out", str(tmp_path / "schema.json"))
    assert (written.exit_code, written.output) == (0, "")
    assert (tmp_path / "schema.json").read_text() == printed.stdout


def test_schema_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The folder is missing."""
    failed = run(None, "plugin", "schema", "--out", str(tmp_path / "missing" / "schema.json"))
    assert failed.exit_code == 1
    assert failed.stderr.startswith("Error: cannot write ")
    assert failed.stderr.count("\n") == 1


def test_missing_pulumi_is_named() -> None:
    """A person who installed only Python reads what to do."""
    failed = run(None, "plugin", "install", PATH="/nowhere")
    assert failed.exit_code == 1
    assert failed.stderr == ("Error: pulumi is not on PATH; install the Pulumi CLI, or add its folder to PATH\n")


def test_script_is_that_of_this_environment() -> None:
    """The engine starts the Python of this environment."""
    assert plugin_cache.script() == Path(sys.executable).with_name("pulumi-resource-opsmanager").resolve()


def test_missing_script_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`pip install --target` makes scripts, but pip's record of them names another folder."""
    # The metadata of a package without scripts.
    info = tmp_path / f"pulumi_opsmanager-{VERSION}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: pulumi-opsmanager\nVersion: {VERSION}\n")
    (info / "RECORD").write_text("../../bin/pulumi-resource-opsmanager,,\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidSettings, match="has no script pulumi-resource-opsmanager; install pulumi-opsmanager"):
        plugin_cache.script()


def test_cache_is_in_the_folder_that_pulumi_uses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`PULUMI_HOME` may be relative. Without it, HOME has no effect."""
    monkeypatch.chdir(tmp_path)
    tail = Path("plugins", f"resource-opsmanager-v{VERSION}", "pulumi-resource-opsmanager")
    assert plugin_cache.cached(VERSION, {"PULUMI_HOME": "here"}) == tmp_path / "here" / tail
    assert plugin_cache.cached(VERSION, {"HOME": str(tmp_path)}) == plugin_cache.cached(VERSION, {})
    assert tmp_path not in plugin_cache.cached(VERSION, {"HOME": str(tmp_path)}).parents
