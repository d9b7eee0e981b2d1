"""The private key is in no file and no output of Terraform."""

from __future__ import annotations

import json
import logging
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.terraform_engine.configuration import HEAD, Configuration
from tests.terraform_engine.jobs import (
    job,
    made,
    require_settled,
)

EVERYTHING = 'output "everything" {\n  value = opsmanager_log_collection_job.logs\n}\n'
FROM_VARIABLE = 'variable "private_key" {\n  type = string\n  sensitive = true\n}\n'


def unpacked(file: Path) -> bytes:
    """All members of a saved plan."""
    with zipfile.ZipFile(file) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def files_of(configuration: Configuration) -> bytes:
    """All files that the commands have written."""
    return b"".join(file.read_bytes() for file in configuration.folder.rglob("*") if file.is_file())


def test_private_key_is_in_nothing_that_is_written(
    reattached: Configuration,
    server: Emulator,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Plan, state, outputs, and logs of Terraform and of the provider have no key."""
    caplog.set_level(logging.DEBUG)
    traced = replace(reattached, environment={**reattached.environment, "TF_LOG": "trace"})
    traced.write(HEAD + job(expiration_date='timeadd(plantimestamp(), "960h")') + EVERYTHING)
    written = [traced.plan("-out=saved.tfplan").output, traced.run("apply", "saved.tfplan").output]
    assert "[TRACE]" in written[0]
    written += [json.dumps(traced.outputs()), json.dumps(traced.state()), caplog.text, "".join(capfd.readouterr())]
    assert made(server) == 1
    secret = server.private_key
    assert [text for text in written if secret in text] == []
    plan = unpacked(reattached.folder / "saved.tfplan")
    assert b"REPLICASET" in plan
    assert secret.encode() not in plan
    assert secret.encode() not in files_of(reattached)


def test_private_key_of_a_variable_is_in_no_state_and_no_output(
    reattached: Configuration, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Terraform itself stores the values of variables in a plan file, and shows them nowhere."""
    monkeypatch.delenv("OPSMANAGER_PRIVATE_KEY")
    variable = {"TF_VAR_private_key": server.private_key, "TF_LOG": "trace"}
    traced = replace(reattached, environment={**reattached.environment, **variable})
    head = HEAD.replace("{}\n", "{\n  private_key = var.private_key\n}\n")
    traced.write(head + FROM_VARIABLE + job() + EVERYTHING)
    written = [traced.apply().output, json.dumps(traced.outputs()), traced.plan().output]
    require_settled(traced)
    assert made(server) == 1
    assert [text for text in written if server.private_key in text] == []
    assert server.private_key.encode() not in files_of(reattached)
