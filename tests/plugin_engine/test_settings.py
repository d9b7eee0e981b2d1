"""Settings of Ops Manager, and secrets, in a YAML program."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.plugin_engine.stack import Refused, Stack, job, resource, write_program

SECRETS = ("emulator-private-key", "SECRETMARK")
"""Texts that a state must not contain."""


def test_settings_are_refused_once_and_secrets_are_encrypted(new_stack: Callable[..., Stack], server: Emulator) -> None:
    """One line on the row of the provider has all problems, for any number of resources."""
    stack = new_stack(OPSMANAGER_PRIVATE_KEY=None, OPSMANAGER_BASE_URL=None)
    write_program(stack.folder, *(job(f"job{i}") for i in range(3)))
    with pytest.raises(Refused) as refused:
        stack.preview()
    (line,) = str(refused.value).splitlines()
    assert line.startswith("pulumi:providers:opsmanager resource 'default' has a problem: ")
    assert "baseUrl, privateKey are missing" in line

    stack.configure("key", server.private_key, secret=True)
    stack.configure("word", SECRETS[1], secret=True)
    own = f"baseUrl: {server.url}\npublicKey: {server.public_key}\nprivateKey: ${{key}}\n"
    plain = own.replace("${key}", server.private_key)
    write_program(
        stack.folder,
        resource("east", "x", own).replace("opsmanager:x", "pulumi:providers:opsmanager"),
        resource("west", "x", plain).replace("opsmanager:x", "pulumi:providers:opsmanager"),
        job("a") + "  options: {provider: '${east}'}\n",
        job("b", 'triggers: ["${word}"]\n') + "  options: {provider: '${west}'}\n",
        resource("window", "LogCollectionWindow", 'last: 2h\ntriggers: [{nested: ["${word}"]}]\n')
        + "  options: {provider: '${east}'}\n",
        more="config:\n  key: {type: string, secret: true}\n  word: {type: string, secret: true}\n"
        "outputs: {word: '${b.triggers[0]}'}\n",
    )
    assert stack.up()["create"] == 6, stack.printed
    assert stack.outputs()["word"] == SECRETS[1]
    assert stack.refresh() == {}, stack.printed
    state = stack.exported()
    shown = "\n".join([*stack.lines, stack.printed])
    assert [secret for secret in SECRETS if secret in state or secret in shown] == []
    stack.destroy()
    assert server.job_ids == []
