from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from pulumi_opsmanager.plugin.package import package
from tests.engine.conftest import interruptible as interruptible  # noqa: PLC0414  a fixture of this folder too
from tools.engine import find
from tools.engine.making import go_of

WRITER = Path(find.__file__).parent / "sdk"


def said(line: str) -> None:
    """Show a step of what is made."""
    print(line, file=sys.stderr)


def run(command: list[str], folder: Path) -> None:
    """Run a compiler. Its complete output is the message of a failure."""
    environment = os.environ | {"GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Go command."""
    with go_of(find.GO_VERSION, tmp_path_factory.mktemp("go"), said) as command:
        yield command


@pytest.fixture(scope="session")
def sdks(go: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the SDKs, written from the schema by the code generators of the engine's version."""
    folder = tmp_path_factory.mktemp("sdks")
    (folder / "schema.json").write_text(json.dumps(package(version("pulumi-opsmanager"))))
    run([go, "run", ".", str(folder / "schema.json"), str(folder)], WRITER)
    return folder
