"""The pipelines of the examples as text: the platforms' schemas, a security linter, and rules that no linter knows."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support import ROOT

FOLDER = ROOT / "examples" / "pipelines"
WORKFLOWS = sorted(FOLDER.rglob("github/*.yml"))
GITLAB = sorted(FOLDER.rglob("gitlab/.gitlab-ci.yml"))

# Folder, name of the workflow that a pull request runs, and name of the workflow that applies.
ENGINES = pytest.mark.parametrize(
    ("folder", "shows", "applies"),
    [(FOLDER, "preview", "pulumi up"), (FOLDER / "terraform", "plan", "terraform apply")],
    ids=["pulumi", "terraform"],
)

# Only major versions of actions can be named without a request to the platform; the page says so.
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
    # YAML reads the key `on` as a boolean.
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
        (["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], GITLAB),
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


def test_workflows_leak_no_secret(tmp_path: Path) -> None:
    """The security linter finds nothing here, and finds an injection in a bad workflow."""
    finished = lint(*WORKFLOWS, scratch=tmp_path)
    assert finished.returncode == 0, finished.stdout
    bad = tmp_path / "bad.yml"
    bad.write_text(ANSWERS_TO_STRANGERS)
    assert "template-injection" in lint(bad, scratch=tmp_path).stdout


@pytest.mark.parametrize("folder", [FOLDER, FOLDER / "terraform"], ids=["pulumi", "terraform"])
def test_apply_and_destroy_share_a_group_that_is_never_cancelled(folder: Path) -> None:
    """Two runs at once would compete for the state, and a cancelled run would leave a lock."""
    groups = [read(folder / "github" / f"{name}.yml")["concurrency"] for name in ("apply", "destroy")]
    assert groups == [{"group": "opsmanager-prod", "cancel-in-progress": False}] * 2
    gitlab = read(folder / "gitlab" / ".gitlab-ci.yml")
    assert {gitlab[name]["resource_group"] for name in ("apply", "destroy")} == {"opsmanager-prod"}
    assert gitlab["default"]["interruptible"] is False
    assert not any("interruptible" in gitlab[name] for name in ("apply", "destroy"))


def test_repository_of_a_copy_has_neither_state_nor_logs(tmp_path: Path) -> None:
    """`.gitignore` excludes files that a run writes, and no file that is copied."""
    shutil.copytree(FOLDER / "terraform", tmp_path, dirs_exist_ok=True)
    copied = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    for name in (".terraform/x", ".terraform.lock.hcl", ".venv/x", "archives/x", "prod.tfstate.backup", "x.tfplan"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    command = "git init --quiet\ngit ls-files --others --exclude-standard\n"
    finished = subprocess.run(["/bin/sh", "-euc", command], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert set(finished.stdout.splitlines()) == copied


@ENGINES
def test_pull_request_gets_no_key(folder: Path, shows: str, applies: str) -> None:
    """A pull request runs its own code. A pull request of a fork runs nothing."""
    text = (folder / "github" / f"{shows}.yml").read_text()
    assert "secrets.OPSMANAGER" not in text
    assert applies not in text
    (job,) = read(folder / "github" / f"{shows}.yml")["jobs"].values()
    assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    assert "environment" not in job
    for given in (job["env"], read(folder / "gitlab" / ".gitlab-ci.yml")[shows]["variables"]):
        assert {given[f"OPSMANAGER_{part}_KEY"] for part in ("PUBLIC", "PRIVATE")} == {"not-needed"}


@ENGINES
def test_apply_checks_the_key_first_and_keeps_archives_also_after_a_failure(
    folder: Path, shows: str, applies: str
) -> None:
    """A wrong key stops the run before it changes anything. A failed target lacks only its own archive."""
    steps = read(folder / "github" / "apply.yml")["jobs"]["apply"]["steps"]
    (kept,) = (step for step in steps if step.get("with", {}).get("path") == "archives/")
    assert kept["if"] == "always()"
    gitlab = read(folder / "gitlab" / ".gitlab-ci.yml")
    assert gitlab[shows]["artifacts"]["when"] == "always"
    assert (gitlab["apply"]["artifacts"]["when"], gitlab["apply"]["artifacts"]["paths"]) == ("always", ["archives/"])
    for lines in ([step.get("run", "") for step in steps], gitlab["apply"]["script"]):
        commands = "\n".join(lines)
        assert 0 <= commands.find("pulumi-opsmanager doctor") < commands.index(applies)
