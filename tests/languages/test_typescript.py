"""The TypeScript SDK, and the TypeScript examples with it: compiled, and run through the real engine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Stack
from tests.languages.conftest import run, said
from tests.plugin_engine.stack import BIN
from tests.support import ROOT, sha256_of
from tools.engine.hosts import NODE, find_engine_with
from tools.engine.node import NODE as COMMAND
from tools.engine.typescript import find_packages

EXAMPLES = ROOT / "examples" / "languages" / "typescript"
TSC = "node_modules/typescript/bin/tsc"


@pytest.fixture(scope="session")
def packages(sdks: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder `node_modules` with Pulumi's SDK, TypeScript, and the compiled SDK of this package."""
    root = tmp_path_factory.mktemp("typescript")
    modules = root / "node_modules"
    # An SDK finds Pulumi's SDK beside itself, and only there.
    shutil.copytree(find_packages(said), modules, copy_function=os.link, symlinks=True)
    sdk = modules / "@pulumi" / "opsmanager"
    shutil.copytree(sdks / "nodejs", sdk)
    run([COMMAND, str(root / TSC), "--project", str(sdk)], root)
    # The SDK's own script does the same after `npm install`.
    shutil.copy(sdk / "package.json", sdk / "bin")
    return modules


@pytest.mark.parametrize("name", ["job", "collection"])
def test_typescript_example_runs_from_preview_to_destroy(
    packages: Path, tmp_path: Path, server: Emulator, name: str
) -> None:
    """Its types are right, a second run changes nothing, and the collection stores verified archives."""
    engine = PulumiCommand(root=str(find_engine_with(NODE, said)))
    folder = tmp_path / name
    stack = Stack(
        "", server, folder, engine=engine, environment={"PATH": f"{Path(COMMAND).parent}:{BIN}:{os.environ['PATH']}"}
    )
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
    # The stack belongs to this project.
    (folder / "Pulumi.yaml").write_text("name: under-test\nruntime: nodejs\n")
    (folder / "node_modules").symlink_to(packages)
    run([COMMAND, TSC, "--noEmit"], folder)

    assert stack.preview()["create"] > 1, stack.printed
    assert server.requests == []
    stack.up()
    outputs = stack.outputs()
    assert stack.up() == {}, stack.printed
    if name == "job":
        assert server.job_ids == [outputs["id"]]
        assert outputs["id"] in outputs["downloadUrl"]
    else:
        stored = {one["outputs"]["file"]: one["outputs"] for one in stack.resources("LogArchive")}
        assert outputs["archives"].keys() == {"rs0", "shop"}
        assert set(outputs["archives"].values()) == stored.keys()
        for file, archive in stored.items():
            assert archive["complete"] is True
            assert archive["sha256"] == sha256_of(folder / file)
    stack.destroy()
    assert server.job_ids == []
