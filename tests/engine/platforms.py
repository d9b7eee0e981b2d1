"""Runs the shell lines of pipeline files as the platforms do: in bash, on a new disk each time, with their variables.

Actions are not run: what checkout, setup-python and the installer of Pulumi bring is there, and an upload is a copy.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support import ROOT

# What `pip install` finds installed already, so that it needs no network.
_PYTHONPATH = os.pathsep.join([str(ROOT / "provider"), sysconfig.get_path("purelib")])

# Keeps what it was asked to write.
_GH = """\
#!/bin/sh
echo "gh $*" >> "$COMMENTS"
for argument; do :; done
cat "$argument" >> "$COMMENTS"
"""


@dataclass
class Run:
    """What a run has left behind.

    Attributes:
        folder: Its disk.
        failed: Name of the step, or `script`, that failed.
        printed: The log.
        summary: What stands on the page of the run.
        comments: What was written under the pull request, after the command that did so.
        artifacts: Copies of what was uploaded, by name.
    """

    folder: Path
    failed: str | None = None
    printed: str = ""
    summary: str = ""
    comments: str = ""
    artifacts: dict[str, Path] = field(default_factory=dict)

    def keep(self, name: str, path: str, *, needed: bool) -> None:
        """Copy a file or folder, as it is when the step runs."""
        found = self.folder / path
        if not found.exists():
            assert not needed, f"{path} is not there"
            return
        kept = self.folder.with_name(f"{self.folder.name}-artifacts") / name
        kept.mkdir(parents=True)
        (shutil.copytree if found.is_dir() else shutil.copy)(found, kept / found.name)
        self.artifacts[name] = kept / found.name


class Machine:
    """A repository, and what its pipelines run on."""

    def __init__(self, engine: Path, scratch: Path, repository: Path) -> None:
        self.repository = repository
        self._scratch = scratch
        self._runs = 0
        tools = scratch / "tools"
        tools.mkdir()
        (tools / "gh").write_text(_GH)
        (tools / "gh").chmod(0o755)
        self._bash = shutil.which("bash") or "bash"
        self._path = os.pathsep.join([str(tools), str(engine), f"{sys.prefix}/bin", os.defpath])

    def new_disk(self) -> Run:
        """A checkout of its own."""
        self._runs += 1
        folder = self._scratch / f"run-{self._runs}"
        shutil.copytree(self.repository, folder)
        return Run(folder)

    def bash(self, run: Run, script: str, environment: Mapping[str, str], more_path: str = "") -> bool:
        """Run lines that stop at the first failure; the program and its home know nothing of this machine."""
        home = f"{run.folder}-home"
        Path(home).mkdir(exist_ok=True)
        finished = subprocess.run(
            [self._bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=run.folder,
            env={
                "HOME": home,
                "PATH": more_path + self._path,
                "PIP_NO_INDEX": "1",
                # Pulumi takes the home of the user, whatever HOME says.
                "PULUMI_HOME": f"{home}/pulumi",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PYTHONPATH": _PYTHONPATH,
                "COMMENTS": f"{run.folder}-comments",
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        run.printed += finished.stdout
        comments = Path(f"{run.folder}-comments")
        run.comments = comments.read_text() if comments.exists() else ""
        return finished.returncode == 0


def github(
    machine: Machine,
    file: Path,
    *,
    variables: Mapping[str, str],
    secrets: Mapping[str, str],
    environment_secrets: Mapping[str, str],
    **contexts: str,
) -> Run:
    """Run a workflow of one job.

    Args:
        machine: Where.
        file: The workflow.
        variables: What `vars` holds.
        secrets: What `secrets` holds for each job.
        environment_secrets: What it holds for a job that names an environment.
        contexts: Other values; a dot of their names is written `__`.
    """
    workflow = yaml.safe_load(file.read_text())
    (job,) = workflow["jobs"].values()
    known = {f"vars.{name}": value for name, value in variables.items()}
    known |= {f"secrets.{name}": value for name, value in secrets.items()}
    if "environment" in job:
        known |= {f"secrets.{name}": value for name, value in environment_secrets.items()}
    known |= {name.replace("__", "."): value for name, value in contexts.items()}

    def resolved(values: Mapping[str, Any]) -> dict[str, str]:
        return {
            name: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: known[found[1]], str(value))
            for name, value in values.items()
        }

    assert workflow["defaults"] == {"run": {"shell": "bash"}}
    run = machine.new_disk()
    files = {name: Path(f"{run.folder}-{name}") for name in ("GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
    for made in files.values():
        made.touch()
    shared = resolved(workflow["env"]) | resolved(job["env"]) | {name: str(path) for name, path in files.items()}
    for step in job["steps"]:
        assert step.get("if") in (None, "always()"), step
        if run.failed and "if" not in step:
            continue
        if "uses" in step:
            _use(run, step)
        else:
            added = "".join(f"{line}{os.pathsep}" for line in reversed(files["GITHUB_PATH"].read_text().splitlines()))
            if not machine.bash(run, step["run"], shared | resolved(step.get("env", {})), added):
                run.failed = run.failed or step["name"]
    run.summary = files["GITHUB_STEP_SUMMARY"].read_text()
    return run


def _use(run: Run, step: Mapping[str, Any]) -> None:
    action = step["uses"].partition("@")[0]
    if action == "actions/upload-artifact":
        given = step["with"]
        run.keep(given["name"], given["path"], needed=given["if-no-files-found"] == "error")
    else:
        assert action in ("actions/checkout", "actions/setup-python", "pulumi/actions")


def gitlab(machine: Machine, file: Path, name: str, variables: Mapping[str, str]) -> Run:
    """Run a job of a pipeline: `before_script` and `script` in one shell; project's variables win over the file's."""
    pipeline = yaml.safe_load(file.read_text())
    job = pipeline["default"] | pipeline[name]
    run = machine.new_disk()
    own = pipeline["variables"] | job.get("variables", {})
    if not machine.bash(run, "\n".join([*job["before_script"], *job["script"]]), {**own, **variables}):
        run.failed = "script"
    artifacts = job.get("artifacts")
    if artifacts and (run.failed is None or artifacts["when"] == "always"):
        for path in artifacts["paths"]:
            run.keep(artifacts.get("name", path), path, needed=False)
    return run
