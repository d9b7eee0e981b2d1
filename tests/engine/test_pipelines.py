"""Pipelines end to end: their shell lines, the real engine, the emulator; what actions bring is already there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import pytest
import yaml
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.support import ROOT, canned

FOLDER = ROOT / "examples" / "pipelines"
(COMMANDS,) = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "pipelines.md").read_text(), re.MULTILINE | re.DOTALL)
PRIVATE_KEY, PASSPHRASE = "5f1d2c9a-7e34-4b8f-a1d0-93c6e2b7f480", "correct-horse-battery"
PACKAGES = os.pathsep.join([str(ROOT / "provider"), sysconfig.get_path("purelib")])
REQUEST = {"OPSMANAGER_COMMENT_TOKEN": "token", "CI_PROJECT_ID": "3", "CI_MERGE_REQUEST_IID": "7"}
TOOLS = {
    "gh": '#!/bin/sh\nfor file; do :; done\ncat "$file" > "$COMMENT"\n',
    # Installing pip takes 4 s in each run, and PYTHONPATH has it already.
    "python": f'#!/bin/sh\nexec {sys.executable} "$@" --without-pip\n',
}


class Step(NamedTuple):
    """Lines for one shell, its variables, and whether they run after a failure."""

    lines: str
    variables: Mapping[str, str]
    is_always_run: bool = False


class Run(NamedTuple):
    """What a run leaves behind."""

    failed: bool
    printed: str
    summary: str
    comment: str
    archives: int


def github(name: str, settings: Mapping[str, str], keys: Mapping[str, str], *, typed: str, **_: str) -> list[Step]:
    """The steps of a workflow; a job gets the keys only if it names the environment that has them."""
    workflow = yaml.safe_load((FOLDER / "github" / f"{name}.yml").read_text())
    (job,) = workflow["jobs"].values()
    given = {**settings, **(keys if job.get("environment") == "opsmanager" else {})}
    known = {f"{'secrets' if key.endswith(('KEY', 'PASSPHRASE')) else 'vars'}.{key}": given[key] for key in given}
    known |= {"github.token": "token", "github.repository": "a/b", "github.event.pull_request.number": "7"}
    known["inputs.stack"] = typed

    def resolved(values: Mapping[str, Any]) -> dict[str, str]:
        return {key: re.sub(r"\$\{\{ (\S+) \}\}", lambda m: known[m[1]], str(text)) for key, text in values.items()}

    shared = resolved(workflow["env"] | job["env"])
    steps = [step for step in job["steps"] if "run" in step]
    assert {step.get("if", "always()") for step in steps} == {"always()"}
    return [Step(step["run"], shared | resolved(step.get("env", {})), "if" in step) for step in steps]


def gitlab(name: str, settings: Mapping[str, str], keys: Mapping[str, str], *, api: str, **_: str) -> list[Step]:
    """One shell runs all lines of a job; the project's variables win, and a merge request gets no protected ones."""
    pipeline = yaml.safe_load((FOLDER / "gitlab" / ".gitlab-ci.yml").read_text())
    job = pipeline["default"] | pipeline[name]
    given = {**settings, **({} if name == "preview" else keys), **REQUEST, "CI_API_V4_URL": api}
    lines = [*job["before_script"], *job["script"]]
    return [Step("\n".join(lines), pipeline["variables"] | job.get("variables", {}) | given)]


def run(disk: Path, steps: Sequence[Step], path: str, summary: Path) -> Run:
    """Run steps in bash, as both platforms do, in an environment that has nothing else from this process."""
    files = {"GITHUB_STEP_SUMMARY": summary, "GITHUB_PATH": Path(f"{disk}-path"), "COMMENT": Path(f"{disk}-comment")}
    for file in files.values():
        file.touch()
    clean = {"HOME": f"{disk}-home", "PULUMI_HOME": f"{disk}-home/pulumi", "PULUMI_SKIP_UPDATE_CHECK": "true"}
    clean |= {"PIP_NO_INDEX": "1", "PYTHONPATH": PACKAGES, **{name: str(file) for name, file in files.items()}}
    failed, printed = False, ""
    for step in steps:
        if step.is_always_run or not failed:
            bash = ["/bin/bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step.lines]
            found = os.pathsep.join([*files["GITHUB_PATH"].read_text().splitlines(), path])
            env = {**clean, "PATH": found, **step.variables}
            finished = subprocess.run(bash, cwd=disk, env=env, stdout=PIPE, stderr=STDOUT, text=True, check=False)
            failed, printed = failed or finished.returncode != 0, printed + finished.stdout
    return Run(failed, printed, summary.read_text(), files["COMMENT"].read_text(), len(list(disk.glob("archives/*"))))


@pytest.mark.parametrize("platform", [github, gitlab], ids=["github", "gitlab"])
def test_pipeline_previews_applies_and_destroys(
    engine: PulumiCommand, tmp_path: Path, platform: Callable[..., list[Step]]
) -> None:
    """Each workflow on a new disk: previews send nothing and comment, failures included; no key is shown or stored."""
    repository, backend, tools = (tmp_path / name for name in ("repository", "backend", "tools"))
    shutil.copytree(FOLDER, repository, ignore=shutil.ignore_patterns("git*"))
    backend.mkdir()
    tools.mkdir()
    for name, script in TOOLS.items():
        (tools / name).write_text(script)
        (tools / name).chmod(0o755)
    path = os.pathsep.join([str(tools), str(Path(engine.command).parent), f"{sys.prefix}/bin", os.defpath])
    notes: list[bytes] = []
    with Emulator(private_key=PRIVATE_KEY) as server, canned(b"{}", bodies=notes) as api:
        keys = {"OPSMANAGER_PUBLIC_KEY": server.public_key, "OPSMANAGER_PRIVATE_KEY": PRIVATE_KEY}
        settings = {"PULUMI_BACKEND_URL": f"file://{backend}", "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}
        settings |= {"OPSMANAGER_BASE_URL": server.url, "OPSMANAGER_PROJECT_ID": server.project_id}
        assert not run(repository, [Step(f"git init --quiet\n{COMMANDS}", settings)], path, tmp_path / "made").failed

        def ran(name: str, size: str = "10_000_000", stack: str = "prod") -> Run:
            disk = tmp_path / f"{name}-{size}-{stack}"
            shutil.copytree(repository, disk)
            (disk / "__main__.py").write_text((disk / "__main__.py").read_text().replace("10_000_000", size))
            summary = disk / "preview.md" if platform is gitlab else Path(f"{disk}-summary")
            return run(disk, platform(name, settings, keys, typed=stack, api=api), path, summary)

        wrong, shown = ran("preview", size="0"), ran("preview")
        assert (wrong.failed, shown.failed) == (True, False), shown.printed
        comments = [parse_qs(note.decode())["body"][0] for note in notes] or [wrong.comment, shown.comment]
        assert "must be more than 0" in wrong.summary
        assert "must be more than 0" in comments[0]
        for text in (shown.summary, comments[1]):
            diff = text.partition("### Preview of `prod`\n\n````diff\n")[2].partition("````")[0]
            assert re.search(r"^\+ +pulumi-python:dynamic/opsmanager:LogCollectionJob: \(create\)$", diff, re.MULTILINE)
            assert re.search(r"^\+ +7 to create$", diff, re.MULTILINE)
        assert server.requests == []

        merged = ran("apply")
        assert not merged.failed, merged.printed
        assert re.search(r"\+ +7 created", merged.summary or merged.printed)
        assert merged.archives == len(server.job_ids) == 2
        if platform is github:
            assert "::error::the stack is prod" in ran("destroy", stack="production").printed
            assert len(server.job_ids) == 2  # a click alone deletes nothing
        destroyed = ran("destroy")
        assert not destroyed.failed, destroyed.printed
        assert server.job_ids == []
    stored = "".join(file.read_text(errors="replace") for file in backend.rglob("*") if file.is_file())
    for secret in (PRIVATE_KEY, PASSPHRASE):
        assert secret not in stored + merged.printed + merged.summary + destroyed.printed
