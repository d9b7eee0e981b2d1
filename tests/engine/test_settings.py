"""Where settings come from, and where keys end up, through the real engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Stack, job

NewStack = Callable[..., Stack]

NOTHING = dict.fromkeys(
    ["OPSMANAGER_BASE_URL", "OPSMANAGER_PUBLIC_KEY", "OPSMANAGER_PRIVATE_KEY", "OPSMANAGER_PROJECT_ID"]
)


@pytest.fixture
def other_server() -> Iterator[Emulator]:
    with Emulator(public_key="east", private_key="east-private-key", project_id="e" * 24) as running:
        yield running


def test_keys_from_the_environment_never_reach_the_state(new_stack: NewStack, server: Emulator) -> None:
    """What the environment gives stays there."""
    stack = new_stack(job())
    stack.up()
    stack.refresh()
    exported = stack.exported()
    assert server.private_key not in exported
    assert f'"{server.public_key}"' not in exported


def test_mongocli_variables_are_the_last_resort(new_stack: NewStack, server: Emulator) -> None:
    """People who use mongocli set nothing twice."""
    stack = new_stack(
        job(),
        **NOTHING,
        MCLI_OPS_MANAGER_URL=f"{server.url}/api/public/v1.0/",
        MCLI_PUBLIC_API_KEY=server.public_key,
        MCLI_PRIVATE_API_KEY=server.private_key,
        MCLI_PROJECT_ID=server.project_id,
    )
    assert stack.up() == {"create": 2}


def test_keys_from_the_configuration_are_stored_encrypted(new_stack: NewStack, server: Emulator) -> None:
    """A secret of the configuration is in the state as a ciphertext only; refresh and destroy use it from there."""
    stack = new_stack(job(), **NOTHING)
    stack.configure("opsmanager:baseUrl", server.url)
    stack.configure("opsmanager:publicKey", server.public_key)
    stack.configure("opsmanager:privateKey", server.private_key, secret=True)
    stack.configure("opsmanager:projectId", server.project_id)
    stack.configure("opsmanager:timeoutSeconds", "20")
    assert stack.up() == {"create": 2}
    assert server.private_key not in stack.exported()
    assert '"ciphertext"' in stack.exported()
    stack.refresh()
    assert stack.destroy() == {"delete": 2}


def test_explicit_provider_is_a_server_of_its_own(
    new_stack: NewStack, server: Emulator, other_server: Emulator
) -> None:
    """Two Ops Managers serve one program; a private key given as a plain string is stored encrypted."""
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


def test_job_stays_in_the_project_it_was_made_in(new_stack: NewStack, server: Emulator) -> None:
    """A changed default project moves no job."""
    stack = new_stack(job())
    stack.up()
    stack.environ(OPSMANAGER_PROJECT_ID="b" * 24)
    assert stack.preview() == {}
    stack.refresh()
    assert stack.destroy() == {"delete": 2}
    assert server.job_ids == []
