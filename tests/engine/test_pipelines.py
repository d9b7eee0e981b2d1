"""Pipelines, from the first preview to destroy: their own shell lines, the real engine, the emulator as the server."""

from __future__ import annotations

import re
import shutil
import tarfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.api.models import Job
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.engine.platforms import Machine, Run, github, gitlab
from tests.support import ROOT, canned, client_for

FOLDER = ROOT / "examples" / "pipelines"
PAGE = (ROOT / "docs" / "pipelines.md").read_text()

PASSPHRASE = "correct-horse-battery"
PRIVATE_KEY = "5f1d2c9a-7e34-4b8f-a1d0-93c6e2b7f480"
FENCE = "````"


class Pipeline:
    """A repository on one platform, with its variables set as docs/pipelines.md says."""

    def __init__(self, machine: Machine, backend: Path, server: Emulator) -> None:
        self.repository = machine.repository
        self.backend = backend
        self._machine = machine
        self.variables = {
            "PULUMI_BACKEND_URL": f"file://{backend}",
            "OPSMANAGER_BASE_URL": server.url,
            "OPSMANAGER_PROJECT_ID": server.project_id,
        }
        self.secrets = {"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}
        self.keys = {"OPSMANAGER_PUBLIC_KEY": server.public_key, "OPSMANAGER_PRIVATE_KEY": server.private_key}

    def run(self, name: str, typed: str = "prod") -> Run:
        """Preview, apply or destroy, on a new disk."""
        raise NotImplementedError

    def once(self, commands: str) -> None:
        """What a person does once, in the repository itself."""
        run = Run(self.repository)
        assert self._machine.bash(run, commands, self.variables | self.secrets), run.printed

    def state(self) -> str:
        """All that lies in the backend."""
        files = [path for path in self.backend.rglob("*") if path.is_file()]
        return "".join(path.read_text(errors="replace") for path in files)


class GitHub(Pipeline):
    """Summary and comment are kept by the runner."""

    def run(self, name: str, typed: str = "prod") -> Run:
        return github(
            self._machine,
            self.repository / ".github" / "workflows" / f"{name}.yml",
            variables=self.variables,
            secrets=self.secrets,
            environment_secrets=self.keys,
            github__token="token",
            github__repository="example/logs",
            github__event__pull_request__number="7",
            inputs__stack=typed,
        )


class GitLab(Pipeline):
    """The summary is an artifact, and the comment goes to the API."""

    def run(self, name: str, typed: str = "prod") -> Run:
        protected = self.keys if name != "preview" else {}
        notes: list[bytes] = []
        with canned(b"{}", bodies=notes) as api:
            run = gitlab(
                self._machine,
                self.repository / ".gitlab-ci.yml",
                name,
                self.variables
                | self.secrets
                | protected
                | {
                    "OPSMANAGER_COMMENT_TOKEN": typed,
                    "CI_API_V4_URL": f"{api}/api/v4",
                    "CI_PROJECT_ID": "3",
                    "CI_MERGE_REQUEST_IID": "7",
                },
            )
        run.comments = "".join(parse_qs(note.decode())["body"][0] for note in notes)
        summary = run.artifacts.get("preview.md")
        run.summary = summary.read_text() if summary else run.printed
        return run


@pytest.fixture
def server() -> Iterator[Emulator]:
    """A server whose key can be searched for."""
    with Emulator(private_key=PRIVATE_KEY) as running:
        yield running


@pytest.fixture(params=[GitHub, GitLab], ids=["github", "gitlab"])
def pipeline(request: pytest.FixtureRequest, engine: PulumiCommand, tmp_path: Path, server: Emulator) -> Pipeline:
    """A repository as the page tells to make it."""
    return set_up(request.param, engine, tmp_path, server)


def set_up(kind: type[Pipeline], engine: PulumiCommand, scratch: Path, server: Emulator) -> Pipeline:
    repository, backend = scratch / "repository", scratch / "backend"
    backend.mkdir()
    repository.mkdir()
    for name in ("Pulumi.yaml", "__main__.py", "requirements.txt"):
        shutil.copy(FOLDER / name, repository)
    shutil.copytree(FOLDER / "github", repository / ".github" / "workflows")
    shutil.copy(FOLDER / "gitlab" / ".gitlab-ci.yml", repository)
    pipeline = kind(Machine(Path(engine.command).parent, scratch, repository), backend, server)
    (commands,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    pipeline.once(f"git init --quiet\n{commands}")
    return pipeline


def change(pipeline: Pipeline, before: str, after: str) -> None:
    """A commit to the program."""
    program = pipeline.repository / "__main__.py"
    assert before in program.read_text()
    program.write_text(program.read_text().replace(before, after))


def test_preview_shows_the_diff_and_sends_nothing(pipeline: Pipeline, server: Emulator) -> None:
    """In summary and comment, with the signs in the first column, and without any key of the server."""
    run = pipeline.run("preview")
    assert run.failed is None, run.printed
    assert "### Preview of `prod`" in run.summary
    diff = run.summary.partition(f"{FENCE}diff\n")[2].partition(FENCE)[0]
    assert re.search(r"^\+ +pulumi-python:dynamic/opsmanager:LogCollectionJob: \(create\)$", diff, re.MULTILINE)
    assert "retentionDays            : 90" in diff
    assert re.search(r"^\+ +7 to create$", diff, re.MULTILINE)
    assert diff in run.comments
    assert server.requests == []


def test_preview_that_fails_says_why_where_it_is_read(pipeline: Pipeline) -> None:
    """The run fails, and the reason stands in the comment."""
    change(pipeline, "10_000_000", "0")
    run = pipeline.run("preview")
    assert run.failed is not None
    for text in (run.summary, run.comments):
        assert "must be more than 0" in text


def test_logs_are_applied_renewed_and_destroyed(pipeline: Pipeline, server: Emulator) -> None:
    """Archives are artifacts, a quiet night changes nothing, a late one moves the expiry, and nothing is left over."""
    merged = pipeline.run("apply")
    assert merged.failed is None, merged.printed
    assert re.search(r"\+ +7 created", merged.summary)
    archives = sorted(merged.artifacts["archives"].iterdir())
    assert len(archives) == len(server.job_ids) == 2
    assert all(whole(archive) for archive in archives)
    jobs = server.job_ids

    quiet = pipeline.run("apply")
    assert re.search(r"^ +7 unchanged", quiet.summary, re.MULTILINE), quiet.summary
    assert quiet.artifacts == {}

    others = client_for(server, wall_clock())
    for job_id in jobs:
        others.extend_job(server.project_id, job_id, now() + timedelta(days=6))
    late = pipeline.run("apply")
    assert re.search(r"[~!] +2 updated", late.summary), late.summary
    assert "fewer than 30 days are left" in late.printed
    assert late.artifacts == {}
    assert server.job_ids == jobs
    for job_id in jobs:
        assert expiry(others.get_job(server.project_id, job_id)) >= now() + timedelta(days=90)

    assert pipeline.run("destroy").failed is None
    assert server.job_ids == []
    for text in (pipeline.state(), merged.printed, merged.summary, late.printed):
        assert text
        assert PRIVATE_KEY not in text
        assert PASSPHRASE not in text


def test_archive_of_a_run_that_fails_is_kept(pipeline: Pipeline, server: Emulator) -> None:
    """One target fails, the other's archive is an artifact all the same, and the next run brings the missing one."""
    server.fail("create", FaultKind.FAILED_CHILDREN)
    server.fail("retry", FaultKind.FAILED_CHILDREN)
    run = pipeline.run("apply")
    assert run.failed is not None
    (archive,) = run.artifacts["archives"].iterdir()
    assert whole(archive)
    run = pipeline.run("apply")
    assert run.failed is None, run.printed
    assert len(list(run.artifacts["archives"].iterdir())) == 1


def test_wrong_key_ends_the_run_before_anything_is_asked_for(pipeline: Pipeline, server: Emulator) -> None:
    """The check says what is wrong, and `up` is not begun."""
    pipeline.keys["OPSMANAGER_PRIVATE_KEY"] = "0c8e7d61-52fa-4be7-9d13-6a40b1f7c925"
    run = pipeline.run("apply")
    assert run.failed in ("Check server, keys and clock", "script")
    assert "does not accept the key pair" in run.printed
    assert "Updating" not in run.printed
    assert not any(call.startswith("POST") for call in server.calls)


def test_destroy_needs_the_stack_by_its_name(engine: PulumiCommand, tmp_path: Path, server: Emulator) -> None:
    """A click alone deletes nothing."""
    run = set_up(GitHub, engine, tmp_path, server).run("destroy", typed="production")
    assert run.failed == "Confirm"
    assert "::error::the stack is prod" in run.printed
    assert server.requests == []


def now() -> datetime:
    return datetime.now(timezone.utc)


def expiry(job: Job) -> datetime:
    assert job.expiration_date is not None
    return job.expiration_date


def whole(archive: Path) -> bool:
    """Whether another reader comes to the end of every file in it."""
    with tarfile.open(archive, "r:gz") as tar:
        sizes = [len(found.read()) for member in tar if (found := tar.extractfile(member))]
    return len(sizes) > 0 and all(sizes)
