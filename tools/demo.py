"""The main job from preview to destroy, against the local emulator, on a backend in a temporary folder.

Shows each command that it runs. Ends 0 only when every step did what it says, and leaves nothing running or behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STACK = "opsmanager-demo"
PUBLIC_KEY, PRIVATE_KEY, PROJECT_ID = "demo-key", "demo-private-key", "66f2a41b9d3c5e0012ab34cd"


def find_engine() -> Path:
    """The engine's root, after whatever it takes to have one."""
    # A background job starts with SIGINT ignored; the engine ends its language host by it, and waits 5 s otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    finder = [sys.executable, str(ROOT / "tools" / "engine" / "find.py")]
    return Path(subprocess.run(finder, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


class Demo:
    """A shell that shows what it types, with an environment of its own.

    Args:
        folder: Where backend and plugins lie.
        engine: Root of the engine.
        python: Of the environment that the package is installed in.
        project: Where the commands run.
    """

    def __init__(
        self, folder: Path, engine: Path, *, python: Path = Path(sys.executable), project: Path = ROOT
    ) -> None:
        self.folder = folder
        self.project = project
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPSMANAGER_", "MCLI_", "PULUMI_", "PYTHON"))
        } | {
            "PATH": os.pathsep.join([str(python.parent), str(engine / "bin"), os.environ["PATH"]]),
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }

    def run(self, *command: str, expect: str = "", **variables: str) -> str:
        """Run a command, show it and what it prints; stop where it fails or does not print what is expected."""
        print(f"\n$ {' '.join(command)}", flush=True)
        environment = self.environment | variables
        finished = subprocess.run(
            command,
            executable=shutil.which(command[0], path=environment["PATH"]),
            cwd=self.project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if printed := finished.stdout.strip():
            print("\n".join(line.rstrip() for line in printed.splitlines()), flush=True)
        if finished.returncode != 0:
            raise SystemExit(f"error: `{' '.join(command)}` ended with {finished.returncode}")
        if expect not in finished.stdout:
            raise SystemExit(f"error: `{' '.join(command)}` did not print {expect!r}")
        return finished.stdout


def write_project(folder: Path, name: str, program: str, python: Path) -> None:
    """Make a Pulumi project of one program, run by the environment of a Python."""
    folder.mkdir()
    options = f"    toolchain: pip\n    virtualenv: {python.parents[1]}\n"
    (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime:\n  name: python\n  options:\n{options}")
    (folder / "__main__.py").write_text(program)


@contextmanager
def emulator(demo: Demo) -> Iterator[str]:
    """A local Ops Manager whose jobs are seen in progress once; yields its URL."""
    command = ["pulumi-opsmanager", "emulator", "--port", "0", "--public-key", PUBLIC_KEY, "--private-key", PRIVATE_KEY]
    process = subprocess.Popen(
        [*command, "--project-id", PROJECT_ID, "--pace", "reads:1"],
        executable=shutil.which("pulumi-opsmanager", path=demo.environment["PATH"]),
        env=demo.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101  asked for above
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate()


def keys(url: str) -> dict[str, str]:
    """The environment of somebody who may use that emulator."""
    return {
        "OPSMANAGER_BASE_URL": url,
        "OPSMANAGER_PUBLIC_KEY": PUBLIC_KEY,
        "OPSMANAGER_PRIVATE_KEY": PRIVATE_KEY,
        "OPSMANAGER_PROJECT_ID": PROJECT_ID,
    }


def say(step: str) -> None:
    """Announce a step."""
    print(f"\n=== {step}", flush=True)


def walk_through(demo: Demo, url: str) -> None:
    """Every step of the main job."""
    say(f"A stack for the local Ops Manager at {url}")
    demo.run("pulumi", "stack", "init", STACK)
    for setting in (
        ["opsmanager:baseUrl", url],
        ["opsmanager:publicKey", PUBLIC_KEY],
        ["--secret", "opsmanager:privateKey", PRIVATE_KEY],
        ["opsmanager:projectId", PROJECT_ID],
    ):
        demo.run("pulumi", "config", "set", "--stack", STACK, *setting)

    say("Preview: nothing is sent, the job is shown as it would be declared")
    demo.run("pulumi", "preview", "--diff", "--stack", STACK, expect="+ 2 to create")

    say("Up: the job is started")
    demo.run("pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, expect='"IN_PROGRESS"')

    say("Refresh: the server has finished it")
    demo.run("pulumi", "refresh", "--yes", "--skip-preview", "--stack", STACK, expect="status IN_PROGRESS → SUCCESS")

    say("Up: the stack's outputs follow")
    demo.run("pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, expect='"IN_PROGRESS" => "SUCCESS"')

    say("A later expiry: changed in place")
    expires = (datetime.now(timezone.utc) + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00Z")
    demo.run("pulumi", "config", "set", "--stack", STACK, "expirationDate", expires)
    demo.run("pulumi", "preview", "--diff", "--stack", STACK, expect=f'+ expirationDate: "{expires}"')
    demo.run("pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, expect="~ 1 updated")

    say("The archive, verified to its last byte, and what is in it")
    job_id = demo.run("pulumi", "stack", "output", "job_id", "--stack", STACK).strip()
    archive = str(demo.folder / "logs.tar.gz")
    demo.run("pulumi-opsmanager", "download", job_id, "-o", archive, expect=": whole, ", **keys(url))
    demo.run("pulumi-opsmanager", "archive", "show", archive, expect="verified: it is whole")

    say("Destroy: job and archive are deleted")
    demo.run("pulumi", "destroy", "--yes", "--skip-preview", "--stack", STACK, expect="- 2 deleted")
    demo.run("pulumi", "stack", "rm", "--yes", STACK)


def main() -> int:
    """Run the demo."""
    engine = find_engine()
    settings = ROOT / f"Pulumi.{STACK}.yaml"
    if settings.exists():
        raise SystemExit(f"error: {settings.name} is in the way; the demo would overwrite it")
    with tempfile.TemporaryDirectory(prefix="opsmanager-demo-") as folder:
        demo = Demo(Path(folder), engine)
        try:
            with emulator(demo) as url:
                walk_through(demo, url)
        finally:
            settings.unlink(missing_ok=True)
    print(
        "\nDone: previewed, started, refreshed and extended a log collection job, downloaded its archive, and deleted "
        "both.\nThe local Ops Manager is stopped, and its files are gone."
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError:
        # The finder has said why on stderr.
        sys.exit(1)
