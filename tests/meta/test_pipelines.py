"""The pipelines of the examples as text: the platforms' schemas, a security linter, and rules that no linter knows."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import ROOT

FOLDER = ROOT / "examples" / "pipelines"
WORKFLOWS = sorted((FOLDER / "github").glob("*.yml"))
GITLAB = FOLDER / "gitlab" / ".gitlab-ci.yml"

# Major versions of actions are what can be named without asking the platform; the page says so.
LINT = "rules:\n  unpinned-uses:\n    config:\n      policies:\n        '*': ref-pin\n"

ANSWERS_TO_STRANGERS = """\
name: Greet
on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""


def read(path: Path) -> dict[str, Any]:
    # YAML takes the key `on` for a boolean.
    return {str(key): value for key, value in yaml.safe_load(path.read_text()).items()}


def lint(*files: Path, scratch: Path) -> subprocess.CompletedProcess[str]:
    config = scratch / "zizmor.yml"
    config.write_text(LINT)
    command = [f"{sys.prefix}/bin/zizmor", "--offline", "--no-progress", "--config", str(config), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        (["vendor.github-workflows"], WORKFLOWS),
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], [GITLAB]),
    ],
    ids=["github", "gitlab"],
)
def test_files_fit_the_schema_of_their_platform(schema: list[str], files: list[Path], tmp_path: Path) -> None:
    """A file with a misspelled key does not fit."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema]
    finished = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(files[0].read_text().replace("timeout", "time-out"))
    finished = subprocess.run([*command, wrong], capture_output=True, text=True, check=False)
    assert finished.returncode == 1


def test_workflows_give_nothing_away(tmp_path: Path) -> None:
    """The security linter finds nothing here, and finds an injection in a bad workflow."""
    finished = lint(*WORKFLOWS, scratch=tmp_path)
    assert finished.returncode == 0, finished.stdout
    bad = tmp_path / "bad.yml"
    bad.write_text(ANSWERS_TO_STRANGERS)
    assert "template-injection" in lint(bad, scratch=tmp_path).stdout


def test_apply_and_destroy_share_a_group_that_is_never_cut() -> None:
    """Two runs at once compete for the state; a cancelled run leaves a lock behind."""
    groups = [read(FOLDER / "github" / f"{name}.yml")["concurrency"] for name in ("apply", "destroy")]
    assert groups == [{"group": "opsmanager-prod", "cancel-in-progress": False}] * 2
    gitlab = read(GITLAB)
    assert {gitlab[name]["resource_group"] for name in ("apply", "destroy")} == {"opsmanager-prod"}
    assert gitlab["default"]["interruptible"] is False
    assert not any("interruptible" in gitlab[name] for name in ("apply", "destroy"))


def test_preview_gets_no_key() -> None:
    """A preview runs the code of a pull request."""
    (preview,) = (workflow for workflow in WORKFLOWS if workflow.stem == "preview")
    assert "secrets.OPSMANAGER" not in preview.read_text()
    assert "environment" not in read(preview)["jobs"]["preview"]
    for job in (read(preview)["jobs"]["preview"]["env"], read(GITLAB)["preview"]["variables"]):
        assert {job[f"OPSMANAGER_{part}_KEY"] for part in ("PUBLIC", "PRIVATE")} == {"not-needed"}


def test_apply_checks_the_key_first_and_keeps_archives_also_after_a_failure() -> None:
    """A wrong key stops the run before `up`; a failed target costs only its own archive."""
    steps = read(FOLDER / "github" / "apply.yml")["jobs"]["apply"]["steps"]
    (kept,) = (step for step in steps if step.get("with", {}).get("path") == "archives/")
    assert kept["if"] == "always()"
    gitlab = read(GITLAB)["apply"]
    assert (gitlab["artifacts"]["when"], gitlab["artifacts"]["paths"]) == ("always", ["archives/"])
    for lines in ([step.get("run", "") for step in steps], gitlab["script"]):
        commands = "\n".join(lines)
        assert 0 <= commands.find("pulumi-opsmanager doctor") < commands.index("pulumi up")
