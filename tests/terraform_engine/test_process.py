"""The provider as its own process: start, interruption, kill, and several providers in one configuration."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, Signals

import pytest

from pulumi_opsmanager.cli.mirror import HOSTS, SOURCE, Release, install, platform_name
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, after_seconds, instant
from tests.processes import family, left_of, wait_until
from tests.terraform_engine.configuration import Configuration, settings_of
from tests.terraform_engine.jobs import applied, block, instances, job, require_settled, stored, write

JOB = "opsmanager_log_collection_job.logs"

HOLD_SECONDS = 600.0
"""How long the server holds an answer or a job if a test does not end it."""

_PATIENCE = 60  # seconds after which a command that should end fails the test

RELEASE = Release(version("pulumi-opsmanager"), platform_name(platform.system(), platform.machine()))

OVERRIDES = "provider_installation {\n  dev_overrides {\n    %s = %s\n  }\n  direct {}\n}\n"


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator with the clock of the machine, as the processes use it."""
    with Emulator() as running:
        yield running


@pytest.fixture
def temporary() -> Iterator[Path]:
    """The folder for temporary files of a command; the path of a socket has at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="om-") as folder:
        yield Path(folder)


@pytest.fixture
def installed(binary: Path, server: Emulator, tmp_path: Path, temporary: Path) -> Configuration:
    """A configuration whose commands start the provider by its launcher, without `init`."""
    folder = tmp_path / "configuration"
    install(RELEASE, tmp_path / "mirror", sys.executable)
    launcher = RELEASE.unpacked(tmp_path / "mirror", HOSTS[0])
    settings = tmp_path / "overrides.tfrc"
    settings.write_text(OVERRIDES % (json.dumps(SOURCE), json.dumps(str(launcher.parent))))
    more = {"TF_CLI_CONFIG_FILE": str(settings), "TMPDIR": str(temporary)}
    return Configuration(folder, binary, settings_of(server) | more)


def with_variables(configuration: Configuration, **variables: str) -> Configuration:
    """The same configuration with more variables."""
    return replace(configuration, environment=dict(configuration.environment) | variables)


@contextmanager
def started(configuration: Configuration, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[int, str]]]:
    """Start an apply, and expect the processes that the block records to end."""
    noted: dict[int, str] = {}
    with configuration.start("apply", "-auto-approve", *arguments, is_group=True) as process:
        try:
            yield process, noted
            wait_until(lambda: not left_of(noted), "processes of the apply are still there")
        finally:
            noted.update(family(process.pid) if process.poll() is None else {})
            for pid in left_of(noted):
                with suppress(ProcessLookupError):
                    os.kill(pid, SIGKILL)


def hold_until(process: subprocess.Popen[str], is_on: Callable[[], bool]) -> None:
    """Wait until a phase of a command has begun."""
    wait_until(lambda: is_on() or process.poll() is not None, "the phase has not begun")
    assert process.poll() is None, process.communicate()


def is_held(server: Emulator) -> bool:
    """Whether the server has created a job and holds the answer."""
    return any(entry["method"] == "POST" and entry["status"] is None for entry in server.requests)


def waits(server: Emulator) -> int:
    """The number of status requests. Each completion of one job sends a GET of that job."""
    answered = [entry for entry in server.requests if entry["method"] == "GET" and entry["status"] == 200]
    return len([entry for entry in answered if "logCollectionJobs/" in entry["path"]])


def completions(count: int) -> str:
    """Completions of one job each."""
    values = {"job_ids": f"[{JOB}.id]", "poll_interval_seconds": "3600", "timeout_seconds": "604800"}
    return block("opsmanager_log_collection_completion", "done", values, f"  count = {count}")


def test_terraform_starts_and_ends_the_provider(installed: Configuration, server: Emulator, temporary: Path) -> None:
    """It runs with TLS and without. No folder is left after the destroy. A file beside `main.tf` is never imported."""
    (installed.folder / "grpc.py").write_text("raise SystemExit(3)")
    write(installed, job())
    applied(installed)
    assert [stored(installed)["id"]] == server.job_ids
    with_variables(installed, TF_DISABLE_PLUGIN_TLS="1").destroy()
    assert server.job_ids == []
    assert list(temporary.glob("opsmanager-*")) == []


@pytest.mark.parametrize("number", [SIGINT, SIGTERM])
def test_interrupted_create_keeps_its_job(number: Signals, installed: Configuration, server: Emulator) -> None:
    """The signal reaches all processes. The running request is finished, and its job is in the state. It is unique."""
    write(installed, job("logs"), job("next", resource_name="opsmanager_log_collection_job.logs.id"))
    server.fail("create", FaultKind.STALL, seconds=HOLD_SECONDS)
    with started(installed) as (process, noted):
        hold_until(process, lambda: is_held(server))
        noted.update(family(process.pid))
        os.killpg(process.pid, number)
        assert process.stdout
        assert any("Interrupt received" in line for line in process.stdout)
        assert is_held(server)
        server.forget_faults()
        process.communicate(timeout=_PATIENCE)
    assert process.returncode == 1
    (made,) = server.job_ids
    # Without a status, since one would be `tainted`.
    assert {at: ("status" in one, one["attributes"]["id"]) for at, one in instances(installed).items()} == {
        JOB: (False, made)
    }
    write(installed, job())
    require_settled(installed)


@pytest.mark.one_binary
def test_interrupted_search_finds_its_job(installed: Configuration) -> None:
    """The answer to a create was lost, and the list shows the job late. Ctrl-C does not end the search for it."""
    with Emulator(behaviour=Behaviour(list_delay=lambda: timedelta(seconds=3))) as server:
        server.fail("create", FaultKind.LOST_REPLY)
        configuration = with_variables(installed, OPSMANAGER_BASE_URL=server.url)
        write(configuration, job())
        with started(configuration) as (process, noted):
            hold_until(process, lambda: "GET 200" in server.calls)
            noted.update(family(process.pid))
            os.killpg(process.pid, SIGINT)
            process.communicate(timeout=_PATIENCE)
        assert [stored(configuration).get("id")] == server.job_ids
        require_settled(configuration)


@pytest.mark.one_binary
def test_interrupted_waits_end_and_continue_in_the_next_apply(
    installed: Configuration, server: Emulator, temporary: Path
) -> None:
    """Twelve calls wait, more than Terraform's default. They end although the job takes ten minutes."""
    server.set_pace("rs0", after_seconds(HOLD_SECONDS))
    write(installed, job(), completions(12))
    with started(installed, "-parallelism=12") as (process, noted):
        # The create reads its job too.
        hold_until(process, lambda: waits(server) >= 13)
        noted.update(family(process.pid))
        assert any("pulumi_opsmanager.terraform.serve" in words for words in noted.values())
        os.killpg(process.pid, SIGINT)
        printed, complained = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 1
    assert "Interrupt received" in printed
    assert complained.count("apply again to continue") == 12
    assert instances(installed).keys() == {JOB}
    assert list(temporary.glob("opsmanager-*")) == []
    server.set_status(server.job_ids[0], "SUCCESS")
    applied(installed)
    assert len(instances(installed)) == 13
    assert len(server.job_ids) == 1


KILLED: dict[str, tuple[Callable[[Emulator], object], Callable[[Emulator], bool]]] = {
    "create": (lambda server: server.fail("create", FaultKind.STALL, seconds=HOLD_SECONDS), is_held),
    "wait": (lambda server: server.set_pace("rs0", after_seconds(HOLD_SECONDS)), lambda server: waits(server) > 1),
}


@pytest.mark.parametrize("phase", KILLED)
def test_provider_ends_with_a_killed_terraform(
    installed: Configuration, server: Emulator, temporary: Path, phase: str
) -> None:
    """No process and no folder is left. Only a job whose id is not in the state is an orphan."""
    hold, is_on = KILLED[phase]
    hold(server)
    write(installed, job(), completions(1))
    with started(installed) as (process, noted):
        hold_until(process, lambda: is_on(server))
        noted.update(family(process.pid))
        assert any("pulumi_opsmanager.terraform.serve" in words for words in noted.values())
        process.kill()
        # The server still holds what the provider waits for.
        wait_until(lambda: not left_of(noted), "the provider is still there")
    assert list(temporary.glob("opsmanager-*")) == []
    server.forget_faults()
    server.set_pace("rs0", instant())
    # Terraform writes a local state after each resource, OpenTofu 1.12 at the end of the apply.
    is_lost = phase == "create" or installed.binary.name == "tofu"
    assert instances(installed).keys() == (set() if is_lost else {JOB})
    applied(installed)
    assert stored(installed)["id"] in server.job_ids
    assert len(server.job_ids) == 1 + is_lost


TWO = """
provider "opsmanager" {
  alias       = "second"
  base_url    = var.url
  public_key  = "second"
  private_key = var.key
  project_id  = "%s"
}

variable "url" {}

variable "key" {
  sensitive = true
}
"""


@pytest.mark.one_binary
def test_two_providers_have_their_own_keys(installed: Configuration, server: Emulator) -> None:
    """One key is from the environment, one from a block. Each provider creates its job on its server."""
    project_id = "e" * 24
    with Emulator(public_key="second", private_key="key-of-the-second", project_id=project_id) as second:
        configuration = with_variables(installed, TF_VAR_url=second.url, TF_VAR_key="key-of-the-second")
        write(
            configuration, TWO % project_id, job(), job("other", more="  provider = opsmanager.second"), completions(1)
        )
        applied(configuration)
        other = stored(configuration, "opsmanager_log_collection_job.other")
        assert (second.job_ids, server.job_ids) == ([other["id"]], [stored(configuration)["id"]])
        assert other["project_id"] == project_id
        assert "key-of-the-second" not in (configuration.folder / "terraform.tfstate").read_text()
        configuration.destroy()
        assert (second.job_ids, server.job_ids) == ([], [])


def test_log_shows_requests_and_no_key(installed: Configuration, server: Emulator) -> None:
    """The lines of the provider have their level, and neither the log nor plan and state has a key."""
    # All that `trace` shows, in another form.
    configuration = with_variables(installed, TF_LOG="json")
    write(configuration, job())
    said = configuration.plan("-out=saved.tfplan").output + configuration.apply("saved.tfplan").output
    state = (configuration.folder / "terraform.tfstate").read_text()
    shown = configuration.run("show", "-json", "saved.tfplan").output
    for text in (said, state, shown):
        assert server.private_key not in text
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{") and "logCollectionJobs" in line]
    assert any("opsmanager" in line.get("@module", "") and line["@level"] == "debug" for line in lines)


@pytest.mark.one_binary
def test_any_parallelism_creates_each_job_once(installed: Configuration, server: Emulator) -> None:
    """There are more calls at a time than Terraform's default. Each declaration has its job."""
    write(installed, job(more="  count = 60", resource_name='"rs${count.index}"'))
    applied(installed, "-parallelism=30")
    stored_ids = {one["attributes"]["id"] for one in instances(installed).values()}
    assert len(stored_ids) == 60
    assert stored_ids == set(server.job_ids)
