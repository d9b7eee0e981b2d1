"""The main job from preview to destroy, against the local emulator, on a backend in a temporary folder.

Shows each command that it runs. Ends 0 only when every step did what it says, and leaves nothing running or behind.
"""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tools.shell import (
    PRIVATE_KEY,
    PROJECT_ID,
    PUBLIC_KEY,
    ROOT,
    Shell,
    emulator,
    end_with,
    interruptible_engine,
    keys,
    say,
)

STACK = "opsmanager-demo"


def walk_through(shell: Shell, url: str) -> None:
    """Every step of the main job."""
    say(f"A stack for the local Ops Manager at {url}")
    shell.run("pulumi", "stack", "init", STACK)
    for setting in (
        ["opsmanager:baseUrl", url],
        ["opsmanager:publicKey", PUBLIC_KEY],
        ["--secret", "opsmanager:privateKey", PRIVATE_KEY],
        ["opsmanager:projectId", PROJECT_ID],
    ):
        shell.run("pulumi", "config", "set", "--stack", STACK, *setting)

    say("Preview: nothing is sent, the job is shown as it would be declared")
    shell.run("pulumi", "preview", "--diff", "--stack", STACK, expect="+ 2 to create")

    say("Up: the job is started")
    shell.run("pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, expect='"IN_PROGRESS"')

    say("Refresh: the server has finished it")
    shell.run("pulumi", "refresh", "--yes", "--skip-preview", "--stack", STACK, expect="status IN_PROGRESS → SUCCESS")

    say("Up: the stack's outputs follow")
    shell.run("pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, expect='"IN_PROGRESS" => "SUCCESS"')

    say("A later expiry: changed in place")
    expires = (datetime.now(timezone.utc) + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00Z")
    shell.run("pulumi", "config", "set", "--stack", STACK, "expirationDate", expires)
    shell.run("pulumi", "preview", "--diff", "--stack", STACK, expect=f'+ expirationDate: "{expires}"')
    shell.run("pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, expect="~ 1 updated")

    say("The archive, verified to its last byte, and what is in it")
    job_id = shell.run("pulumi", "stack", "output", "job_id", "--stack", STACK).strip()
    archive = str(shell.folder / "logs.tar.gz")
    shell.run("pulumi-opsmanager", "download", job_id, "-o", archive, expect=": whole, ", **keys(url))
    shell.run("pulumi-opsmanager", "archive", "show", archive, expect="verified: it is whole")

    say("Destroy: job and archive are deleted")
    shell.run("pulumi", "destroy", "--yes", "--skip-preview", "--stack", STACK, expect="- 2 deleted")
    shell.run("pulumi", "stack", "rm", "--yes", STACK)


def main() -> int:
    """Run the demo."""
    engine = interruptible_engine()
    settings = ROOT / f"Pulumi.{STACK}.yaml"
    if settings.exists():
        raise SystemExit(f"error: {settings.name} is in the way; the demo would overwrite it")
    with tempfile.TemporaryDirectory(prefix="opsmanager-demo-") as folder:
        shell = Shell(Path(folder), engine)
        try:
            with emulator(shell) as url:
                walk_through(shell, url)
        finally:
            settings.unlink(missing_ok=True)
    print(
        "\nDone: previewed, started, refreshed and extended a log collection job, downloaded its archive, and deleted "
        "both.\nThe local Ops Manager is stopped, and its files are gone."
    )
    return 0


if __name__ == "__main__":
    end_with(main)
