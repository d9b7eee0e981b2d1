"""Terraform pipelines from end to end: their shell lines, the real binary, the emulator, and a state on this disk."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.pipelines import Platform, Run, github, gitlab, run, tools_in
from tests.support import ROOT, canned

pytestmark = pytest.mark.one_binary

FOLDER = ROOT / "examples" / "pipelines" / "terraform"
PRIVATE_KEY = "5f1d2c9a-7e34-4b8f-a1d0-93c6e2b7f480"

Start = Callable[..., Run]
"""Runs a workflow on a new disk, with words of `main.tf` replaced."""


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator with a key that occurs nowhere else."""
    with Emulator(private_key=PRIVATE_KEY) as running:
        yield running


@pytest.fixture
def notes() -> list[bytes]:
    """The comments that a pipeline posts to GitLab."""
    return []


@pytest.fixture
def start(platform: Platform, binary: Path, server: Emulator, tmp_path: Path, notes: list[bytes]) -> Iterator[Start]:
    """Run workflows of the repository, whose state is in a file instead of a bucket."""
    repository = tmp_path / "repository"
    shutil.copytree(FOLDER, repository, ignore=shutil.ignore_patterns("git*"))
    (repository / "prod.s3.tfbackend").write_text(f'path = "{tmp_path}/prod.tfstate"\n')
    main = (repository / "main.tf").read_text().replace('backend "s3"', 'backend "local"')
    keys = {"OPSMANAGER_PUBLIC_KEY": server.public_key, "OPSMANAGER_PRIVATE_KEY": PRIVATE_KEY}
    settings = {"OPSMANAGER_BASE_URL": server.url, "OPSMANAGER_PROJECT_ID": server.project_id}
    path = tools_in(tmp_path / "tools", terraform=binary)
    number = count()

    with canned(b"{}", bodies=notes) as api:

        def started(name: str, typed: str = "prod", **words: str) -> Run:
            disk = tmp_path / f"disk-{next(number)}"
            shutil.copytree(repository, disk)
            text = main
            for word, other in words.items():
                assert word in text
                text = text.replace(word, other)
            (disk / "main.tf").write_text(text)
            summary = disk / "plan.md" if platform is gitlab else Path(f"{disk}-summary")
            return run(disk, platform(FOLDER, name, settings, keys, typed=typed, api=api), path, summary)

        yield started


PLATFORMS = pytest.mark.parametrize("platform", [github, gitlab], ids=["github", "gitlab"])


@PLATFORMS
def test_plan_of_a_pull_request_sends_nothing_and_comments(
    start: Start, server: Emulator, tmp_path: Path, notes: list[bytes]
) -> None:
    """An error is a comment too. The state is not changed, and no key is needed."""
    wrong, shown = start("plan", REPLICASET="HOST"), start("plan")
    assert (wrong.failed, shown.failed) == (True, False), shown.printed
    comments = [parse_qs(note.decode())["body"][0] for note in notes] or [wrong.comment, shown.comment]
    assert "resource_type must be one of" in wrong.summary
    assert "resource_type must be one of" in comments[0]
    for text in (shown.summary, comments[1]):
        diff = text.partition("### Plan of `prod`\n\n````diff\n")[2].partition("````")[0]
        assert re.search(r'^\+ +resource "opsmanager_log_collection_job" "logs" \{$', diff, re.MULTILINE)
        assert "Plan: 5 to add, 0 to change, 0 to destroy." in diff
    assert server.calls == []
    assert not (tmp_path / "prod.tfstate").exists()


@PLATFORMS
def test_merge_applies_once_and_a_person_destroys(
    start: Start, platform: Platform, server: Emulator, tmp_path: Path
) -> None:
    """The nightly run has a new disk, and downloads nothing again. No key is shown or stored."""
    merged = start("apply")
    assert not merged.failed, merged.printed
    assert "5 added" in merged.printed
    assert merged.archives == len(server.job_ids) == 2
    nightly = start("apply")
    assert not nightly.failed, nightly.printed
    assert "0 added, 0 changed, 0 destroyed" in nightly.printed
    assert nightly.archives == 0
    assert "is missing" not in nightly.printed
    stored = (tmp_path / "prod.tfstate").read_text()
    if platform is github:
        assert "::error::the state is prod" in start("destroy", typed="production").printed
        assert len(server.job_ids) == 2  # a click alone deletes nothing
    destroyed = start("destroy")
    assert not destroyed.failed, destroyed.printed
    assert server.job_ids == []
    assert PRIVATE_KEY not in stored + merged.printed + merged.summary + destroyed.printed


@pytest.mark.parametrize("platform", [github])
def test_failed_target_lacks_only_its_own_archive(start: Start, server: Emulator) -> None:
    """The run fails and keeps the other archive. The next run restarts the failed part and downloads the rest."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    first, second = start("apply"), start("apply")
    assert (first.failed, first.archives) == (True, 1), first.printed
    assert (second.failed, second.archives) == (False, 1), second.printed
    assert len(server.job_ids) == 2
