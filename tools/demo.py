"""The main job from preview to destroy, against the local emulator, on a backend in a temporary folder.

Shows each command that it runs. Exits with 0 only if every step succeeds. Leaves no process and no file behind.
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
    PulumiShell,
    emulator,
    end_with,
    find_engine,
    keys,
    say,
)

STACK = "opsmanager-demo"


def walk_through(shell: PulumiShell, url: str) -> None:
    """Run every step of the main job."""
    expires = (datetime.now(timezone.utc) + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00Z")
    archive = str(shell.folder / "logs.tar.gz")
    say(f"A stack for the local Ops Manager at {url}")
    shell.pulumi("stack init", STACK)
    shell.pulumi("config set opsmanager:baseUrl", url)
    shell.pulumi("config set opsmanager:publicKey", PUBLIC_KEY)
    shell.pulumi("config set --secret opsmanager:privateKey", PRIVATE_KEY)
    shell.pulumi("config set opsmanager:projectId", PROJECT_ID)

    say("Preview: nothing is sent, the job is shown as it would be declared")
    shell.pulumi("preview --diff", expect="+ 2 to create")

    say("Up: the job is started")
    shell.pulumi("up --yes --skip-preview", expect='"IN_PROGRESS"')

    say("Refresh: the server has finished it")
    shell.pulumi("refresh --yes --skip-preview", expect="status IN_PROGRESS → SUCCESS")

    say("Up: the stack's outputs follow")
    shell.pulumi("up --yes --skip-preview", expect='"IN_PROGRESS" => "SUCCESS"')

    say("A later expiry: changed in place")
    shell.pulumi("config set expirationDate", expires)
    shell.pulumi("preview --diff", expect=f'+ expirationDate: "{expires}"')
    shell.pulumi("up --yes --skip-preview", expect="~ 1 updated")

    say("The archive, verified to its last byte, and what is in it")
    job_id = shell.pulumi("stack output job_id").strip()
    shell.run("pulumi-opsmanager", "download", job_id, "-o", archive, expect=": verified, ", access=keys(url))
    shell.run("pulumi-opsmanager", "archive", "show", archive, expect=": verified")

    say("Destroy: job and archive are deleted")
    shell.pulumi("destroy --yes --skip-preview", expect="- 2 deleted")
    shell.pulumi("stack rm --yes", STACK)


def main() -> int:
    """Run the demo."""
    engine = find_engine()
    settings = ROOT / f"Pulumi.{STACK}.yaml"
    if settings.exists():
        raise SystemExit(f"error: {settings.name} is in the way; the demo would overwrite it")
    with tempfile.TemporaryDirectory(prefix="opsmanager-demo-") as folder:
        shell = PulumiShell(Path(folder), engine)
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
