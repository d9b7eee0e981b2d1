"""Pipelines from end to end: their shell lines, the real engine and the emulator. Tools of actions are on PATH."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.pipelines import Platform, Run, Step, github, gitlab, run, tools_in
from tests.support import ROOT, canned

FOLDER = ROOT / "examples" / "pipelines"
(COMMANDS,) = re.findall(r"^```sh\n(.*?)^```", (ROOT / "docs" / "pipelines.md").read_text(), re.MULTILINE | re.DOTALL)
PRIVATE_KEY, PASSPHRASE = "5f1d2c9a-7e34-4b8f-a1d0-93c6e2b7f480", "correct-horse-battery"


@pytest.mark.parametrize("platform", [github, gitlab], ids=["github", "gitlab"])
def test_pipeline_previews_applies_and_destroys(engine: PulumiCommand, tmp_path: Path, platform: Platform) -> None:
    """Each workflow has a new disk. Previews send nothing and post comments, also for failures. No key is shown."""
    repository, backend = tmp_path / "repository", tmp_path / "backend"
    shutil.copytree(FOLDER, repository, ignore=shutil.ignore_patterns("git*", "terraform"))
    backend.mkdir()
    path = f"{tools_in(tmp_path / 'tools')}:{Path(engine.command).parent}"
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
            return run(disk, platform(FOLDER, name, settings, keys, typed=stack, api=api), path, summary)

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
