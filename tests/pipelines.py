"""Runs the shell lines of the examples' pipelines as their platforms do. Commands of actions must be on PATH."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any, NamedTuple

import yaml

from tests.support import ROOT

_PACKAGES = os.pathsep.join([str(ROOT / "provider"), sysconfig.get_path("purelib")])
_REQUEST = {"OPSMANAGER_COMMENT_TOKEN": "token", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7"}

# Installing pip takes 4 s in each run, and PYTHONPATH already has it.
_PYTHON = f'#!/bin/sh\nexec {sys.executable} "$@" --without-pip\n'
_TOOLS = {
    "apk": "#!/bin/sh\n",
    "gh": '#!/bin/sh\nfor file; do :; done\ncat "$file" > "$COMMENT"\n',
    "python": _PYTHON,
    "python3": _PYTHON,
}


class Step(NamedTuple):
    """Lines for one shell, its variables, and whether they run after a failure."""

    lines: str
    variables: Mapping[str, str]
    is_always_run: bool = False


class Run(NamedTuple):
    """The result of a run."""

    failed: bool
    printed: str
    summary: str
    comment: str
    archives: int


Platform = Callable[..., list[Step]]
"""The steps of a workflow, from `github` or `gitlab`."""


def github(
    folder: Path, name: str, settings: Mapping[str, str], keys: Mapping[str, str], *, typed: str, **_: str
) -> list[Step]:
    """The steps of a workflow; a job gets the keys only if it names the environment that has them.

    Args:
        folder: Folder that has the folder `github`.
        name: Name of the workflow.
        settings: Variables and secrets of the repository.
        keys: Secrets of the environment `opsmanager`.
        typed: Inputs of a workflow that a person starts.
    """
    workflow = yaml.safe_load((folder / "github" / f"{name}.yml").read_text())
    (job,) = workflow["jobs"].values()
    given = {**settings, **(keys if job.get("environment") == "opsmanager" else {})}
    known = {f"{'secrets' if key.endswith(('KEY', 'PASSPHRASE')) else 'vars'}.{key}": given[key] for key in given}
    known |= {"github.token": "token", "github.repository": "a/b", "github.event.pull_request.number": "7"}
    known |= {"inputs.stack": typed, "inputs.state": typed}

    def resolved(values: Mapping[str, Any]) -> dict[str, str]:
        return {key: re.sub(r"\$\{\{ (\S+) \}\}", lambda m: known[m[1]], str(text)) for key, text in values.items()}

    shared = resolved(workflow.get("env", {}) | job["env"])
    steps = [step for step in job["steps"] if "run" in step]
    assert {step.get("if", "always()") for step in steps} == {"always()"}
    return [Step(step["run"], shared | resolved(step.get("env", {})), "if" in step) for step in steps]


def gitlab(
    folder: Path, name: str, settings: Mapping[str, str], keys: Mapping[str, str], *, api: str, **_: str
) -> list[Step]:
    """One shell runs all lines of a job; the project's variables win, and a merge request gets no protected ones.

    Args:
        folder: Folder that has the folder `gitlab`.
        name: Name of the job.
        settings: Variables of the project.
        keys: Protected variables of the project.
        api: URL of the platform.
    """
    pipeline = yaml.safe_load((folder / "gitlab" / ".gitlab-ci.yml").read_text())
    job = pipeline["default"] | pipeline[name]
    given = {**settings, **({} if job["stage"] in ("preview", "plan") else keys), **_REQUEST, "CI_API_V4_URL": api}
    lines = [*job["before_script"], *job["script"]]
    return [Step("\n".join(lines), pipeline.get("variables", {}) | job.get("variables", {}) | given)]


def tools_in(folder: Path, **links: Path) -> str:
    """Write the commands of the platforms' images into a folder, with links to more commands. Return the PATH."""
    folder.mkdir()
    for name, script in _TOOLS.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    for name, command in links.items():
        (folder / name).symlink_to(command)
    return os.pathsep.join([str(folder), f"{sys.prefix}/bin", os.defpath])


def run(disk: Path, steps: Sequence[Step], path: str, summary: Path) -> Run:
    """Run steps in bash, as both platforms do. Their environment has nothing else from this process."""
    files = {"GITHUB_STEP_SUMMARY": summary, "GITHUB_PATH": Path(f"{disk}-path"), "COMMENT": Path(f"{disk}-comment")}
    for file in files.values():
        file.touch()
    clean = {"HOME": f"{disk}-home", "PULUMI_HOME": f"{disk}-home/pulumi", "PULUMI_SKIP_UPDATE_CHECK": "true"}
    clean |= {"CHECKPOINT_DISABLE": "1", "PIP_NO_INDEX": "1", "PYTHONPATH": _PACKAGES}
    clean |= {name: str(file) for name, file in files.items()}
    failed, printed = False, ""
    for step in steps:
        if step.is_always_run or not failed:
            bash = ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.lines]
            found = os.pathsep.join([*files["GITHUB_PATH"].read_text().splitlines(), path])
            env = {**clean, "PATH": found, **step.variables}
            finished = subprocess.run(bash, cwd=disk, env=env, stdout=PIPE, stderr=STDOUT, text=True, check=False)
            failed, printed = failed or finished.returncode != 0, printed + finished.stdout
    return Run(
        failed, printed, summary.read_text(), files["COMMENT"].read_text(), len(list(disk.glob("archives/*.gz")))
    )
