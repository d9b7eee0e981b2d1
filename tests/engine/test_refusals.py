"""Errors are readable, and change neither state nor jobs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Refused, Stack, job, jobs

NewStack = Callable[..., Stack]

# Each of the inputs of one job breaks one rule: input, property as the program writes it, rule.
BAD_INPUTS = [
    ("resource_name=''", "resource_name", "must not be empty"),
    ("log_types=['FTDC', 'mongo']", "log_types[1]", "MONGODB, MONITORING_AGENT, not 'mongo'"),
    ("redacted=None", "redacted", "is required"),
    ("expiration_date=datetime.datetime(2099, 1, 1)", "expiration_date", "with a zone"),
    ("log_collection_from_date='2026-03-01T00:00:00Z'", "log_collection_to_date", "give both or none"),
    (
        "triggers=[{'conf': [pulumi.FileAsset('conf.txt')]}]",
        "triggers[0].conf[0]",
        "must be text, a number,",
    ),
]


def assert_short_and_plain(message: str) -> None:
    """One or two lines under 700 characters, and no frames."""
    errors = [line for line in message.splitlines() if "opsmanager" in line]
    assert errors
    assert all(len(line) < 700 for line in errors)
    assert "Traceback" not in message
    assert 'File "' not in message


def test_one_preview_shows_every_bad_input_and_setting(new_stack: NewStack, server: Emulator) -> None:
    """Each broken rule has a line with its property; the settings have one line; the corrected program works."""
    stack = new_stack(job(", ".join(changes for changes, _, _ in BAD_INPUTS)), OPSMANAGER_PUBLIC_KEY=None)
    with pytest.raises(Refused) as refused:
        stack.preview()
    shown = [line for line in str(refused.value).splitlines() if " has a problem: " in line]
    assert len(shown) == len(BAD_INPUTS) + 1
    assert any(
        " has a problem: cannot use the settings of Ops Manager: public_key is missing" in line for line in shown
    )
    for _, path, rule in BAD_INPUTS:
        assert any(f"resource 'logs' has a problem: {path} " in line and rule in line for line in shown), path
    assert_short_and_plain(str(refused.value))
    assert server.requests == []
    stack.environ(OPSMANAGER_PUBLIC_KEY=server.public_key)
    stack.program(job("triggers=[{'conf': ['text']}]"))
    assert stack.up() == {"create": 2}


def test_wrong_settings_at_refresh_and_destroy_lose_nothing(new_stack: NewStack, server: Emulator) -> None:
    """The key is wrong, or the server is a restored copy without the jobs. The state and the jobs stay."""
    right = {"OPSMANAGER_BASE_URL": server.url, "OPSMANAGER_PRIVATE_KEY": server.private_key}
    stack = new_stack(jobs(["", "resource_name='rs1'"]), OPSMANAGER_PRIVATE_KEY="wrong")
    with pytest.raises(Refused, match="BadCredentials: cannot create the job for REPLICASET rs0: POST ") as refused:
        stack.up()
    assert_short_and_plain(str(refused.value))
    stack.environ(**right)
    stack.up()
    stored, ids = stack.jobs(), server.job_ids
    assert len(stored) == len(ids) == 2
    with Emulator() as copy:
        for name, value, words in [
            ("OPSMANAGER_PRIVATE_KEY", "wrong", "BadCredentials: cannot .* does not accept the key pair"),
            ("OPSMANAGER_BASE_URL", copy.url, "UnexpectedResponse: .* is not at .* check base_url"),
        ]:
            stack.environ(**right | {name: value})
            for operation in (stack.refresh, stack.destroy):
                with pytest.raises(Refused, match=words) as refused:
                    operation()
                assert_short_and_plain(str(refused.value))
            assert (stack.jobs(), server.job_ids) == (stored, ids), words
    stack.environ(**right)
    assert stack.refresh() == {}
    assert stack.destroy() == {"delete": 3}
    assert server.job_ids == []
