"""Settings in the configuration of a stack or of a provider, and where keys are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Refused, Stack, job

NewStack = Callable[..., Stack]

NOTHING = dict.fromkeys(
    ["OPSMANAGER_BASE_URL", "OPSMANAGER_PUBLIC_KEY", "OPSMANAGER_PRIVATE_KEY", "OPSMANAGER_PROJECT_ID"]
)


@pytest.fixture
def other_server() -> Iterator[Emulator]:
    with Emulator(public_key="east", private_key="east-private-key", project_id="e" * 24) as running:
        yield running


def test_refresh_and_destroy_use_the_configuration_of_the_last_up(new_stack: NewStack, server: Emulator) -> None:
    """The state has the private key encrypted. An `up` without a change sends nothing, and repairs a wrong setting."""
    stack = new_stack(job(), **NOTHING)
    stack.configure("opsmanager:baseUrl", server.url)
    stack.configure("opsmanager:publicKey", server.public_key)
    stack.configure("opsmanager:privateKey", server.private_key)
    stack.configure("opsmanager:projectId", server.project_id)
    stack.configure("opsmanager:timeoutseconds", "20")
    assert stack.preview() == {"create": 2}
    assert [line for line in stack.lines if line.startswith("opsmanager:timeoutseconds is not a setting")]
    (line,) = [line for line in stack.lines if "clear text" in line]
    assert "pulumi config set --secret opsmanager:privateKey" in line
    stack.configure("opsmanager:privateKey", server.private_key, secret=True)
    assert stack.up() == {"create": 2}
    assert not any("clear text" in line for line in stack.lines)
    assert server.private_key not in stack.exported()
    assert '"ciphertext"' in stack.exported()
    stored = stack.jobs()
    with Emulator(project_id="e" * 24) as other:
        stack.configure("opsmanager:baseUrl", other.url)
        assert stack.up() == {"update": 1}
        assert stack.outputs()["download_url"].startswith(other.url)
        assert other.requests == []
        assert stack.preview() == {}
        stack.configure("opsmanager:baseUrl", server.url)
        for operation in (stack.refresh, stack.destroy):
            with pytest.raises(Refused, match="NotAllowed: cannot .* NOT_IN_GROUP"):
                operation()
    assert [job["outputs"]["lastSeenUrl"] for job in stack.jobs()] == [stored[0]["outputs"]["downloadUrl"]]
    assert stack.up() == {"update": 1}
    assert stack.jobs() == stored
    assert stack.destroy() == {"delete": 2}
    assert server.job_ids == []


def test_replacement_in_another_project_is_shown(new_stack: NewStack, server: Emulator) -> None:
    """The settings name another project than at the create. An unchanged program shows no change."""
    stack = new_stack(job())
    stack.up()
    other = "b" * 24
    stack.configure("opsmanager:projectId", other)
    assert stack.preview() == {}
    note = f"the old job is in project {server.project_id}; the new job is created in project {other}"
    stack.program(job("resource_name='rs1'"))
    stack.preview()
    assert [line for line in stack.lines if note in line]
    stack.program(job(f"resource_name='rs1', project_id={server.project_id!r}"))
    stack.preview()
    assert not [line for line in stack.lines if note in line]


def test_explicit_provider_uses_its_own_server(new_stack: NewStack, server: Emulator, other_server: Emulator) -> None:
    """Two Ops Managers serve one program. A private key in plain text is stored encrypted."""
    stack = new_stack(
        job()
        + f"east = om.Provider('east', base_url={other_server.url!r}, public_key='east',\n"
        + f"    private_key='east-private-key', project_id={'e' * 24!r}, timeout_seconds=30)\n"
        + "om.LogCollectionJob('eastern', resource_type='PROCESS', resource_name='db1', log_types=['FTDC'],\n"
        + "    size_requested_per_file_bytes=1000, redacted=False, opts=pulumi.ResourceOptions(provider=east))\n"
        + f"rest = om.Provider('rest-from-the-environment', base_url={server.url!r})\n"
        + "om.LogCollectionJob('third', **GOOD, opts=pulumi.ResourceOptions(provider=rest))\n"
    )
    stack.up()
    assert len(server.job_ids) == 2
    assert len(other_server.job_ids) == 1
    assert "east-private-key" not in stack.exported()
    assert stack.preview() == {}
    stack.destroy()
    assert server.job_ids == other_server.job_ids == []
