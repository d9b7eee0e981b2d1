"""Differences from the Pulumi resources: rows of the table in docs/terraform/index.md."""

from __future__ import annotations

import json
import re
import zipfile

import pytest

from pulumi_opsmanager.emulator import Emulator, after_reads
from tests.terraform_engine.configuration import HEAD, Configuration

JOB = """
resource "opsmanager_log_collection_job" "logs" {
  resource_type                 = "REPLICASET"
  resource_name                 = "rs0"
  log_types                     = ["MONGODB", "FTDC"]
  size_requested_per_file_bytes = 10000000
  redacted                      = true
}
"""

COMPLETION = """
resource "opsmanager_log_collection_completion" "finished" {
  job_ids = [opsmanager_log_collection_job.logs.id]
}
"""

ADDRESS = "opsmanager_log_collection_job.logs"


def job_with(*lines: str) -> str:
    """The configuration of the job with more attributes."""
    return HEAD + JOB.replace("redacted                      = true", "\n  ".join(("redacted = true", *lines)))


def in_one_line(text: str) -> str:
    """A message without the line breaks and frames of a terminal."""
    return " ".join(re.sub("[│╷╵]", " ", text).split())


def change_of_job(configuration: Configuration) -> dict[str, dict[str, object]]:
    """The planned change of the job: values before and after, and names of values that are unknown after it."""
    (found,) = configuration.plan_json()["resource_changes"]
    change: dict[str, dict[str, object]] = found["change"]
    return change


def test_plan_reads_the_jobs_of_the_state_unless_refresh_is_off(reattached: Configuration, server: Emulator) -> None:
    """A plan of a new job reads nothing."""
    reattached.write(HEAD + JOB)
    reattached.plan()
    assert server.calls == []
    reattached.apply()
    server.forget_requests()
    reattached.plan("-refresh=false")
    assert server.calls == []
    reattached.plan()
    assert {call.split()[0] for call in server.calls} == {"GET"}


def test_progress_is_in_the_log_only(
    reattached: Configuration, server: Emulator, capfd: pytest.CaptureFixture[str]
) -> None:
    """The provider logs to its stderr, which is that of this process here."""
    server.set_pace("rs0", after_reads(3))
    reattached.write(HEAD + JOB + COMPLETION)
    assert "of 1 finished" not in reattached.apply().output
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines() if line.startswith("{")]
    assert ("info", "1 of 1 finished") in {(line["@level"], line["@message"]) for line in lines}


def test_update_leaves_the_values_that_can_move_unknown(reattached: Configuration) -> None:
    """A plan without a change shows all values; values that no update moves stay known in every plan."""
    reattached.write(HEAD + JOB)
    reattached.apply()
    assert change_of_job(reattached)["after_unknown"] == {}
    reattached.write(job_with("max_retries = 3"))
    unknown = change_of_job(reattached)["after_unknown"]
    assert {"status", "expiration_date"} <= unknown.keys()
    assert not {"id", "creation_date", "download_url"} & unknown.keys()


def test_order_in_a_set_has_no_meaning(reattached: Configuration) -> None:
    """A new order is not a change. An error of an element names only the attribute."""
    reattached.write(HEAD + JOB)
    reattached.apply()
    reattached.write((HEAD + JOB).replace('["MONGODB", "FTDC"]', '["FTDC", "MONGODB"]'))
    assert reattached.changes() == {}
    reattached.write((HEAD + JOB).replace('"FTDC"', '"SYSLOG"'))
    refused = in_one_line(reattached.plan(expect_code=1).output)
    assert re.search(r"Error: log_types must be one of .* not 'SYSLOG'", refused)


@pytest.mark.parametrize(("attribute", "is_stored"), [("sensitive", True), ("ephemeral", False)])
def test_variable_with_the_key_is_in_the_plan_file(
    reattached: Configuration, server: Emulator, attribute: str, *, is_stored: bool
) -> None:
    """This holds for a sensitive variable too, so the page advises against it. An ephemeral variable is not stored."""
    declared = f'variable "key" {{\n  type = string\n  {attribute} = true\n}}\n'
    reattached.write(declared + (HEAD + JOB).replace("{}", "{\n  private_key = var.key\n}"))
    reattached.plan("-out=saved", f"-var=key={server.private_key}")
    with zipfile.ZipFile(reattached.folder / "saved") as plan:
        assert any(server.private_key.encode() in plan.read(name) for name in plan.namelist()) is is_stored
