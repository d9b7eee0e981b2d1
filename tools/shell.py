"""Commands as a person types them, shown with what they print: with a real engine, against an emulator.

The demo and the release check consist of them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
PUBLIC_KEY, PRIVATE_KEY, PROJECT_ID = "demo-key", "demo-private-key", "66f2a41b9d3c5e0012ab34cd"

NO_ACCESS: Mapping[str, str] = {}
"""No variables beside those of the shell."""

_OF_THE_MACHINE = ("MCLI_", "OPSMANAGER_", "PULUMI_", "PYTHON", "TF_", "XDG_")


def interruptible_engine() -> Path:
    """The engine's root, after whatever it takes to have one that can be interrupted from here."""
    # A background job starts with SIGINT ignored; the engine ends its language host by it, and waits 5 s otherwise.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    finder = [sys.executable, str(ROOT / "tools" / "engine" / "find.py")]
    return Path(subprocess.run(finder, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


class Shell:
    """One that shows what it types, with an environment of its own.

    Args:
        project: Where the commands run.
        commands: Folders of commands, before those of PATH.
        variables: They replace all of Pulumi, Terraform, Python and Ops Manager that are set here.
    """

    def __init__(self, project: Path, *commands: Path, **variables: str) -> None:
        self.project = project
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_MACHINE)
        } | {"PATH": os.pathsep.join([*map(str, commands), os.environ["PATH"]]), **variables}

    def run(self, *command: str, expect: str = "", code: int = 0, access: Mapping[str, str] = NO_ACCESS) -> str:
        """Run a command, show it and what it prints; stop where it ends or prints otherwise than expected."""
        with self._started(command, access) as process:
            output, _ = process.communicate()
        if printed := output.strip():
            print("\n".join(line.rstrip() for line in printed.splitlines()), flush=True)
        if process.returncode != code:
            raise SystemExit(f"error: `{' '.join(command)}` ended with {process.returncode}")
        if expect not in output:
            raise SystemExit(f"error: `{' '.join(command)}` did not print {expect!r}")
        return output

    def interrupt(
        self, *command: str, when: Callable[[], bool], expect: str = "", access: Mapping[str, str] = NO_ACCESS
    ) -> None:
        """Run a command, and press Ctrl-C when something has happened; stop where it does not end with 130."""
        process = self._started(command, access)
        while process.poll() is None and not when():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate()
        print(f"^C\n{printed.strip()}", flush=True)
        if process.returncode != 130 or expect not in printed:
            raise SystemExit(f"error: `{' '.join(command)}` ended with {process.returncode}, not by the interrupt")

    def _started(self, command: Sequence[str], access: Mapping[str, str]) -> subprocess.Popen[str]:
        """Show a command and start it; its output is one stream."""
        self.show(command)
        environment = {**self.environment, **access}
        return subprocess.Popen(
            command,
            executable=shutil.which(command[0], path=environment["PATH"]),
            cwd=self.project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def show(self, command: Sequence[str]) -> None:
        """Show a command as it is typed."""
        print(f"\n$ {' '.join(command)}", flush=True)


class PulumiShell(Shell):
    """A shell with Pulumi.

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
        variables = {
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        super().__init__(project, python.parent, engine / "bin", **variables)

    def pulumi(self, words: str, *more: str, expect: str = "") -> str:
        """Run one command of Pulumi on the selected stack; see `run`."""
        return self.run("pulumi", *words.split(), *more, expect=expect)


class TerraformShell(Shell):
    """A shell with Terraform or OpenTofu, and with nothing of this user's configuration.

    Args:
        folder: Where the configuration lies; it is the home of the commands too.
        binary: `terraform` or `tofu`.
    """

    def __init__(self, folder: Path, binary: Path) -> None:
        self.name = binary.name
        variables = {
            "CHECKPOINT_DISABLE": "1",
            "HOME": str(folder),
            "TF_CLI_ARGS": "-no-color",
            "TF_CLI_CONFIG_FILE": os.devnull,
            "TF_INPUT": "0",
        }
        super().__init__(folder, Path(sys.executable).parent, binary.parent, **variables)

    def terraform(self, words: str, *more: str, expect: str = "") -> str:
        """Run one command of Terraform or OpenTofu; see `run`."""
        return self.run(self.name, *words.split(), *more, expect=expect)


@contextmanager
def emulator(shell: Shell, pace: str = "reads:1") -> Iterator[str]:
    """A local Ops Manager whose jobs are seen in progress once, or as its pace says; yields its URL."""
    command = ["pulumi-opsmanager", "emulator", "--port", "0", "--public-key", PUBLIC_KEY, "--private-key", PRIVATE_KEY]
    process = subprocess.Popen(
        [*command, "--project-id", PROJECT_ID, "--pace", pace],
        executable=shutil.which("pulumi-opsmanager", path=shell.environment["PATH"]),
        env=shell.environment,
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


def end_with(main: Callable[[], int]) -> NoReturn:
    """Run a tool, and end the process with its code; 1 where a command failed, which has said why on stderr."""
    try:
        sys.exit(main())
    except subprocess.CalledProcessError:
        sys.exit(1)
