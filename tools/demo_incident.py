"""An incident without a program, against the local emulator: two deployments, a host that is down, and an interrupt.

Shows each command that it runs. Exits with 0 only if every step succeeds. Leaves no process and no file behind.
"""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
import urllib.request
from contextlib import suppress
from pathlib import Path

from tools.shell import Shell, emulator, end_with, keys, say

COLLECT = (
    "pulumi-opsmanager collect --replica-set rs0 --cluster shop --log-types mongodb,ftdc --size 100MB --redacted "
    "--last 2h -o incident/"
)
"""The command as `docs/incident.md` has it."""


def walk_through(shell: Shell, url: str) -> None:
    """Run the steps of the guide."""
    collect, access, folder = shlex.split(COLLECT), keys(url), shell.project / "incident"
    say("A host of the cluster is down, also when its parts are collected again")
    _plan_fault(url, "create")
    _plan_fault(url, "retry")

    say("Collect: a job for each target is started, and the command waits. Ctrl-C stops it")
    shell.interrupt(*collect, when=lambda: _has_jobs(folder), expect="Run the same command again", access=access)

    say("The same command again: it goes on with the same jobs, and stores the archive of the replica set")
    shell.run(*collect, code=3, expect="agent did not answer", access=access)

    say("The host is repaired. The same command again: the missing archive is collected")
    shell.run(*collect, access=access)

    say("The archives, verified to their last byte")
    archives = [f"incident/{archive.name}" for archive in sorted(folder.glob("*.tar.gz"))]
    table = shell.run("pulumi-opsmanager", "archive", "verify", *archives, expect="sha256").splitlines()[1:]
    if [row.split()[1] for row in table] != ["verified", "verified"]:
        raise SystemExit("error: not both archives are verified")

    say("Each target has had one job. The archives are safe, so the jobs are deleted")
    listed = shell.run("pulumi-opsmanager", "list", access=access).splitlines()[1:]
    if sorted(row.split()[3] for row in listed) != ["rs0", "shop"]:
        raise SystemExit(f"error: the server has {len(listed)} jobs, not one for each target")
    shell.run(*collect, "--delete-jobs", expect="deleted", access=access)
    shell.run("pulumi-opsmanager", "list", expect="has no jobs", access=access)


def _has_jobs(folder: Path) -> bool:
    with suppress(OSError, ValueError):
        content = json.loads((folder / "collection.json").read_text())
        return all(target["jobId"] for target in content["targets"])
    return False


def _plan_fault(url: str, route: str) -> None:
    body = json.dumps({"route": route, "kind": "failed_children"}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/_emulator/faults", body)):  # noqa: S310  our own server
        pass


def main() -> int:
    """Run the demo."""
    with tempfile.TemporaryDirectory(prefix="opsmanager-incident-") as folder:
        shell = Shell(Path(folder), Path(sys.executable).parent)
        with emulator(shell, pace="seconds:3") as url:
            walk_through(shell, url)
    print(
        "\nDone: collected the logs of two deployments through an interrupt and a failed host, with one job for each, "
        "and verified both archives.\nThe local Ops Manager is stopped, and its files are gone."
    )
    return 0


if __name__ == "__main__":
    end_with(main)
