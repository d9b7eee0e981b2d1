"""Jobs in configurations: their text, their planned actions, and their attributes in the state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_opsmanager.emulator import Emulator
from tests.terraform_engine.configuration import HEAD, Configuration

DAY = 86_400
"""Seconds of a day."""

LOGS = "opsmanager_log_collection_job.logs"
"""Address of the job that `job` declares."""

GIVEN = "terraform_data.given"
"""Address of the resource that `given` declares."""

_GOOD = {
    "resource_type": '"REPLICASET"',
    "resource_name": '"rs0"',
    "log_types": '["FTDC", "MONGODB"]',
    "size_requested_per_file_bytes": "10000",
    "redacted": "true",
}


@dataclass(frozen=True)
class Planned:
    """The content of a plan.

    Attributes:
        actions: `create`, `update`, `replace` or `delete` by address, without unchanged resources.
        warnings: Summary and detail of each warning.
    """

    actions: Mapping[str, str]
    warnings: tuple[str, ...]


def row(number: int) -> str:
    """Address of the job of a row, in a configuration of many."""
    return f"opsmanager_log_collection_job.row_{number}"


def block(kind: str, name: str, values: Mapping[str, str], more: str = "") -> str:
    """A resource block of attributes, written as expressions, and of further lines."""
    lines = [f"  {key} = {value}" for key, value in values.items()]
    return "\n".join([f'resource "{kind}" "{name}" {{', *lines, more, "}\n"])


def job(name: str = "logs", *, more: str = "", **values: str) -> str:
    """A block of a job. `values` are expressions, which add to good ones or replace them."""
    return block("opsmanager_log_collection_job", name, _GOOD | values, more)


def lifecycle(rule: str) -> str:
    """A nested block that changes how a resource is planned."""
    return f"  lifecycle {{\n    {rule}\n  }}"


def given(value: str) -> str:
    """A resource whose output is unknown before its apply."""
    return block("terraform_data", "given", {"input": value})


def write(configuration: Configuration, *blocks: str) -> None:
    """Replace the configuration; its provider block is empty."""
    configuration.write("\n".join([HEAD, *blocks]))


def planned(configuration: Configuration, *arguments: str) -> Planned:
    """Plan, and read the plan."""
    lines = [json.loads(line) for line in configuration.plan("-json", *arguments).output.splitlines()]
    changes = [line["change"] for line in lines if line["type"] == "planned_change"]
    diagnostics = [line["diagnostic"] for line in lines if line["type"] == "diagnostic"]
    return Planned(
        {change["resource"]["addr"]: change["action"] for change in changes},
        tuple(f"{one['summary']}: {one['detail']}" for one in diagnostics),
    )


def applied(configuration: Configuration, *arguments: str) -> str:
    """Apply, and require that the next plan changes nothing.

    Returns: The output of the apply, on one line.
    """
    output = configuration.apply(*arguments).output
    require_settled(configuration)
    return flat(output)


def require_settled(configuration: Configuration) -> None:
    """Require that a plan changes nothing."""
    said = configuration.plan("-detailed-exitcode", expect_code=None)
    assert said.code == 0, said.output
    assert "No changes" in said.output


def refused(configuration: Configuration, command: str, *arguments: str) -> str:
    """Run a command that must fail.

    Returns: Its output, on one line.
    """
    approved = ("-auto-approve",) if command in ("apply", "destroy") else ()
    return flat(configuration.run(command, *approved, *arguments, expect_code=1).output)


def flat(text: str) -> str:
    """A text without the frames and line breaks of diagnostics."""
    return " ".join(text.translate(dict.fromkeys(map(ord, "│╷╵"), " ")).split())


def stored(configuration: Configuration, address: str = LOGS) -> dict[str, Any]:
    """The attributes of one resource in the state file; empty if it has none."""
    found: dict[str, Any] = instances(configuration).get(address, {}).get("attributes", {})
    return found


def instances(configuration: Configuration) -> dict[str, Any]:
    """The content of the state file for each managed resource, by address."""
    found = {}
    file = configuration.folder / "terraform.tfstate"
    # OpenTofu makes an empty file first.
    text = file.read_text() if file.exists() else ""
    for resource in json.loads(text)["resources"] if text else []:
        if resource["mode"] == "managed":
            place = f"{resource['module']}." if "module" in resource else ""
            for instance in resource["instances"]:
                key = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                found[f"{place}{resource['type']}.{resource['name']}{key}"] = instance
    return found


def ids(configuration: Configuration) -> dict[str, str]:
    """The ids of the jobs in the state by address."""
    found = instances(configuration).items()
    return {address: one["attributes"]["id"] for address, one in found if "opsmanager_log_collection_job" in address}


def made(server: Emulator) -> int:
    """The number of jobs that the server has created with an answer."""
    return server.calls.count("POST 201")


def writes(server: Emulator, about: str = "") -> list[str]:
    """Methods of the requests that change the server, in their order; `about` is part of their path, as an id is."""
    answered = (entry for entry in server.requests if entry["method"] != "GET" and entry["status"] != 401)
    return [entry["method"] for entry in answered if about in entry["path"]]
