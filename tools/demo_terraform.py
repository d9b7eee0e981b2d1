"""The main job from init to destroy with Terraform or OpenTofu, against the local emulator, in a temporary folder.

Shows each command that it runs. Exits with 0 only if every step succeeds. Leaves no process and no file behind.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tools.engine.making import NoEngineError
from tools.engine.terraform import find_binaries
from tools.shell import ROOT, TerraformShell, emulator, end_with, keys, say


def walk_through(shell: TerraformShell) -> None:
    """Run every step of the main job."""
    later = (datetime.now(timezone.utc) + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00Z")
    say("The provider: a launcher in a mirror on this machine")
    shell.run("pulumi-opsmanager", "terraform", "install", "--dir", "mirror", expect="Wrote the launcher of provider")

    say("Init: the provider comes from the mirror, without a registry")
    shell.run("cat", "main.tf", expect='source = "opsmanager/opsmanager"')
    shell.terraform("init -plugin-dir=mirror", expect="has been successfully initialized!")

    say("Plan: nothing is sent, the job is shown as it would be declared")
    shell.terraform("plan", expect="Plan: 1 to add, 0 to change, 0 to destroy.")

    say("Apply: the job is started")
    shell.terraform("apply -auto-approve", expect='status = "IN_PROGRESS"')

    say("Plan: the server has finished the job, and the refresh before each plan reads its status")
    shell.terraform("plan", expect='~ status = "IN_PROGRESS" -> "SUCCESS"')

    say("Apply: the outputs follow, and then there is nothing to do")
    shell.terraform("apply -auto-approve", expect="Apply complete! Resources: 0 added, 0 changed, 0 destroyed.")
    shell.terraform("output", expect='status = "SUCCESS"')
    shell.terraform("plan -detailed-exitcode", expect="No changes.")

    say("A later expiry: a saved plan changes it in place")
    shell.terraform("plan -out=later.tfplan", f"-var=expiration_date={later}", expect=f'-> "{later}"')
    shell.terraform("apply later.tfplan", expect="Resources: 0 added, 1 changed, 0 destroyed.")

    say("The archive, verified to its last byte, and what is in it")
    job_id = shell.terraform("output -raw job_id").strip()
    shell.run("pulumi-opsmanager", "download", job_id, "-o", "logs.tar.gz", expect=": verified, ")
    shell.run("pulumi-opsmanager", "archive", "show", "logs.tar.gz", expect=": verified")

    say("Destroy: job and archive are deleted")
    shell.terraform("destroy -auto-approve", expect="Destroy complete! Resources: 1 destroyed.")
    shell.run("pulumi-opsmanager", "list", "--json", expect="[]")


def main() -> int:
    """Run the demo."""
    try:
        binary = find_binaries(lambda line: print(line, file=sys.stderr, flush=True))[0]
    except NoEngineError as error:
        raise SystemExit(f"error: {error}") from None
    with tempfile.TemporaryDirectory(prefix="opsmanager-demo-") as folder:
        shell = TerraformShell(Path(folder), binary)
        shutil.copy(ROOT / "tools" / "demo.tf", shell.project / "main.tf")
        with emulator(shell) as url:
            shell.environment |= keys(url)
            walk_through(shell)
    print(
        "\nDone: planned, started, refreshed and extended a log collection job, downloaded its archive, and deleted "
        "both.\nThe local Ops Manager is stopped, and its files are gone."
    )
    return 0


if __name__ == "__main__":
    end_with(main)
