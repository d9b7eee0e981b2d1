"""Every numbered folder runs, as it is described there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Stack
from tests.support import ROOT, client_for, days_ahead, job_request

NewStack = Callable[..., Stack]

EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*"))


@pytest.fixture
def west() -> Iterator[Emulator]:
    """A second server."""
    with Emulator(public_key="west", private_key="west-private-key", project_id="e" * 24) as running:
        yield running


def example(new_stack: NewStack, name: str) -> Stack:
    """A stack with all files of a folder."""
    (folder,) = (folder for folder in EXAMPLES if folder.name.endswith(name))
    stack = new_stack((folder / "__main__.py").read_text())
    for file in folder.glob("*.py"):
        shutil.copy(file, stack.folder)
    return stack


def configure(stack: Stack, **servers: Emulator) -> None:
    """What some examples ask for."""
    stack.configure("expires", days_ahead(60))
    for name, server in servers.items():
        stack.configure(f"{name}Url", server.url)
        stack.configure(f"{name}PublicKey", server.public_key)
        stack.configure(f"{name}PrivateKey", server.private_key, secret=True)
        stack.configure(f"{name}ProjectId", server.project_id)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_example_runs(new_stack: NewStack, server: Emulator, west: Emulator, folder: Path) -> None:
    """It applies, does not change when applied again, and is destroyed without rest."""
    assert {path.name for path in folder.iterdir()} >= {"Pulumi.yaml", "__main__.py", "README.md"}
    stack = example(new_stack, folder.name)
    configure(stack, east=server, west=west)
    stack.up()
    assert stack.preview() == {}
    stack.destroy()
    assert server.job_ids == west.job_ids == []
    assert not list(stack.folder.glob("archives/*"))


def test_downloaded_file_is_handed_on(new_stack: NewStack) -> None:
    """The hash is that of the asset, which the engine reads itself."""
    stack = example(new_stack, "wait-and-download")
    stack.up()
    assert (stack.folder / stack.outputs()["file"]).is_file()
    assert stack.outputs()["sha256"] in stack.exported().partition('"asset"')[2]


def test_date_is_moved_in_place(new_stack: NewStack) -> None:
    """Another date is an update of the same job."""
    stack = example(new_stack, "extend-in-place")
    stack.configure("expires", days_ahead(60))
    stack.up()
    before = stack.outputs()
    stack.configure("expires", days_ahead(90))
    assert stack.up() == {"update": 1}
    assert stack.outputs() == before | {"expires": days_ahead(90)}


def test_two_servers_get_a_collection_each(new_stack: NewStack, server: Emulator, west: Emulator) -> None:
    """Everything in a component goes to the component's server, and no key lies in clear in the state."""
    stack = example(new_stack, "two-servers")
    configure(stack, east=server, west=west)
    stack.up()
    assert len(server.job_ids) == len(west.job_ids) == 1
    assert set(stack.outputs()["west_download_urls"]) == {"rs0"}
    assert stack.outputs()["west_download_urls"]["rs0"].startswith(west.url)
    assert west.private_key not in stack.exported()


def test_jobs_made_elsewhere_are_taken_over_by_the_commands_that_are_written(
    new_stack: NewStack, server: Emulator
) -> None:
    """The README's lines, one by one; then the jobs are this stack's."""
    others = client_for(server, wall_clock())
    for number in range(3):
        others.create_job(server.project_id, job_request(resourceName=f"rs{number}"))
    stack = example(new_stack, "take-over")
    (folder,) = (folder for folder in EXAMPLES if folder.name.endswith("take-over"))
    (block,) = re.findall(r"^```sh\n(.*?)^```", (folder / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    for line in block.splitlines():
        finished = stack.shell(line)
        assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(stack.jobs()) == 3
    stack.destroy()
    assert server.job_ids == []
