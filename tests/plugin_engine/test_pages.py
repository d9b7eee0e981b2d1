"""The page of other languages, and the examples in YAML, through the real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests import support
from tests.blocks import blocks_of, edit_settings
from tests.engine.test_pages import in_a_clone, printed_by
from tests.plugin_engine.stack import BIN, Stack
from tests.support import ROOT

NewStack = Callable[..., Stack]

PAGE = blocks_of(ROOT / "docs" / "languages.md")
INSTALL, YAML, TYPESCRIPT, GO, IMPORT = (block.text for block in PAGE if block.language == "sh")
BY_PATH = next(block.text for block in PAGE if block.language == "yaml")
JOB = ROOT / "examples" / "languages" / "yaml" / "job" / "Pulumi.yaml"
MAKE = "python3 -m venv ../opsmanager\n. ../opsmanager/bin/activate\npip install .\n"


@pytest.fixture
def clone(new_stack: NewStack, server: Emulator, tmp_path: Path) -> tuple[Path, Mapping[str, str]]:
    """A clone with the settings of a server, and the environment of a shell in it."""
    folder = tmp_path / "clone"
    environment = in_a_clone(folder, new_stack())
    shutil.copy(folder / "examples" / "env.sh", folder)
    edit_settings(folder / "env.sh", server)
    return folder, environment | {"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}


def test_yaml_program_of_the_page_stores_verified_archives(
    clone: tuple[Path, Mapping[str, str]], server: Emulator
) -> None:
    """From a clone to archives. Then the plugin is only in a named folder, which serves a preview and an import."""
    folder, environment = clone
    # The test of the README makes the same environment.
    assert INSTALL.count(MAKE) == 1
    made = INSTALL.replace(MAKE, f"ln -s {sys.prefix} ../opsmanager\n. ../opsmanager/bin/activate\n")
    printed = printed_by(f"{made}{YAML}pulumi-opsmanager archive verify archives/*.gz\n", folder, environment)
    plugin = (
        folder
        / "pulumi"
        / "plugins"
        / f"resource-opsmanager-v{version('pulumi-opsmanager')}"
        / "pulumi-resource-opsmanager"
    )
    assert f"  {plugin}\nIt runs {sys.executable}" in printed
    assert "8 created" in printed
    logs = folder.parent / "yaml-logs"
    assert len(list(logs.glob("archives/*.tar.gz"))) == len(server.job_ids) == 2

    program = f"{JOB.read_text()}{BY_PATH}"
    taken = f"""\
cd {folder}; . ./env.sh; . ../opsmanager/bin/activate; cd ../yaml-logs; pulumi plugin rm --all --yes
cat > Pulumi.yaml <<'END'
{program}END
pulumi stack init taken
pulumi preview
{IMPORT.replace(support.JOB, server.job_ids[0])}pulumi stack export --file state.json
pulumi-opsmanager orphans --state state.json --json > orphans.json
"""
    printed = printed_by(taken, folder, environment)
    assert "2 to create" in printed
    assert "1 imported" in printed
    (orphan,) = json.loads((logs / "orphans.json").read_text())
    (imported,) = {*server.job_ids} - {orphan["id"]}
    assert imported in (logs / "state.json").read_text()
    assert server.calls.count("POST 201") == 2


def test_plugin_is_installed_replaced_and_found_unchanged(clone: tuple[Path, Mapping[str, str]]) -> None:
    """The second environment replaces the plugin of the first one. What Pulumi refuses is one line."""
    folder, environment = clone
    lines = []

    def install(**changes: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / "pulumi-opsmanager"), "plugin", "install", "--json"],
            env={**environment, **changes},
            capture_output=True,
            text=True,
            check=False,
        )

    lines.append(json.loads(install().stdout))
    file = Path(lines[0]["path"])
    assert file.read_bytes() == (BIN / "pulumi-resource-opsmanager").read_bytes()
    lines.append(json.loads(install().stdout))
    file.write_text("#!/gone/bin/python\n")
    lines.append(json.loads(install().stdout))
    assert [line["outcome"] for line in lines] == ["installed", "unchanged", "replaced"]
    assert file.read_bytes() == (BIN / "pulumi-resource-opsmanager").read_bytes()

    # A plugin that cannot be read.
    file.unlink()
    file.mkdir()
    assert json.loads(install().stdout)["outcome"] == "installed"
    assert file.read_bytes() == (BIN / "pulumi-resource-opsmanager").read_bytes()

    refused = install(PULUMI_HOME=str(folder / "env.sh"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: pulumi cannot install the plugin: ")
    assert refused.stderr.count("\n") == 1
