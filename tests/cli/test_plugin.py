"""The commands `plugin install` and `plugin schema`. Pulumi itself installs the plugin in tests/plugin_engine."""

from __future__ import annotations

import json
import os
import pwd
import stat
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from pulumi_opsmanager.cli import plugin_cache
from pulumi_opsmanager.plugin.package import package
from tests.cli.terminal import run

VERSION = version("pulumi-opsmanager")
SCRIPT = Path(sys.executable).with_name("pulumi-resource-opsmanager")

# What `pulumi plugin install` of 3.259 does.
PULUMI = """\
#!/bin/sh
echo "$@" > "$PULUMI_HOME/arguments"
{command}
folder="$PULUMI_HOME/plugins/resource-opsmanager-v$5"
mkdir -p "$folder"
cp "$8" "$folder/pulumi-resource-opsmanager"
"""


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a command `pulumi` on PATH that begins with some line; returns the folder of its plugins."""

    def put(command: str = "") -> Path:
        file = tmp_path / "bin" / "pulumi"
        file.parent.mkdir()
        file.write_text(PULUMI.format(command=command))
        file.chmod(0o755)
        monkeypatch.setenv("PATH", f"{file.parent}:/usr/bin:/bin")
        monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
        return tmp_path

    return put
