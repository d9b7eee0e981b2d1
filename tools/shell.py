"""Runs commands with a real engine against an emulator, and shows them with their output.

The demos and the release check use it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
PUBLIC_KEY, PRIVATE_KEY, PROJECT_ID = "demo-key", "demo-private-key", "66f2a41b9d3c5e0012ab34cd"

NO_ACCESS: Mapping[str, str] = {}
"""No variables in addition to those of the shell."""

_ENDS_WITHIN_SECONDS = 5
_OF_THE_MACHINE = ("MCLI_", "OPSMANAGER_", "PULUMI_", "PYTHON", "TF_", "XDG_")


def find_engine() -> Path:
    """Return the root of the engine. Make the engine first if it is missing."""
    finder = [sys.executable, str(ROOT / "tools" / "engine" / "find.py")]
    return Path(subprocess.run(finder, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


class Shell:
    """Runs commands in a separate environment, and shows them with their output.

    Args:
        project: Folder in which the commands run.
        commands: Folders with commands, which come before PATH.
        variables: Environment variables. Those of Pulumi, Terraform, Python and Ops Manager are not inherited.
    """

    def __init__(self, project: Path, *commands: Path, **variables: str) -> None:
        self.project = project
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(_OF_THE_MACHINE)
        } | {"PATH": os.pathsep.join([*map(str, commands), os.environ["PATH"]]), **variables}

    def run(self, *command: str, expect: str = "", code: int = 0, access: Mapping[str, str] = NO_ACCESS) -> str:
        """Run a command and show its output. Raise `SystemExit` for another exit code or output than expected."""
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
        """Run a command, and send SIGINT when `when` is true. Raise `SystemExit` if it does not exit with 130."""
        with self._started(command, access) as process:
            while process.poll() is None and not when():
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate()
        print(f"^C\n{printed.strip()}", flush=True)
        if process.returncode != 130 or expect not in printed:
            raise SystemExit(f"error: `{' '.join(command)}` ended with {process.returncode}, not by the interrupt")

    @contextmanager
    def _started(self, command: Sequence[str], access: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
        """Show a command and start it, with one stream for stdout and stderr. After the block the command has ended."""
        environment = {**self.environment, **access}
        process = subprocess.Popen(
            command,
            executable=shutil.which(command[0], path=environment["PATH"]),
            cwd=self.project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            self.show(command)
            yield process
        finally:
            _end(process)

    def show(self, command: Sequence[str]) -> None:
        """Show a command as a person types it."""
        print(f"\n$ {' '.join(command)}", flush=True)


class PulumiShell(Shell):
    """A shell with Pulumi.

    Args:
        folder: Folder of the backend and the plugins.
        engine: Root of the engine.
        python: Python command of the environment in which the package is installed.
        project: Folder in which the commands run.
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
        """Run one Pulumi command on the selected stack; see `run`."""
        return self.run("pulumi", *words.split(), *more, expect=expect)


class TerraformShell(Shell):
    """A shell with Terraform or OpenTofu, without this user's configuration.

    Args:
        folder: Folder of the configuration. It is also the home folder of the commands.
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
        """Run one Terraform or OpenTofu command; see `run`."""
        return self.run(self.name, *words.split(), *more, expect=expect)


def _end(process: subprocess.Popen[str]) -> None:
    """Wait for a process, which Ctrl-C has reached too, and end it if it stays."""
    for end in (process.terminate, process.kill):
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_ENDS_WITHIN_SECONDS)
            return
        end()
    process.communicate()


@contextmanager
def emulator(shell: Shell, pace: str = "reads:1") -> Iterator[str]:
    """Run a local Ops Manager and yield its URL. By default its jobs are in progress at the first read only."""
    command = ["pulumi-opsmanager", "emulator", "--port", "0", "--public-key", PUBLIC_KEY, "--private-key", PRIVATE_KEY]
    process = subprocess.Popen(
        [*command, "--project-id", PROJECT_ID, "--pace", pace, "--json"],
        executable=shutil.which("pulumi-opsmanager", path=shell.environment["PATH"]),
        env=shell.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101  for the type checker
        yield json.loads(process.stdout.readline())["url"]
    finally:
        process.terminate()
        process.communicate()


def keys(url: str) -> dict[str, str]:
    """The environment variables with which a command reaches the emulator."""
    return {
        "OPSMANAGER_BASE_URL": url,
        "OPSMANAGER_PUBLIC_KEY": PUBLIC_KEY,
        "OPSMANAGER_PRIVATE_KEY": PRIVATE_KEY,
        "OPSMANAGER_PROJECT_ID": PROJECT_ID,
    }


def say(step: str) -> None:
    """Print the title of a step."""
    print(f"\n=== {step}", flush=True)


def end_with(main: Callable[[], int]) -> NoReturn:
    """Run a tool, and end the process with its code: 1 if a command failed, and 130 after Ctrl-C."""
    # A background job ignores SIGINT, and so do its commands. The engine ends its language host with it, and otherwise
    # waits 5 s.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.exit(main())
    except subprocess.CalledProcessError:
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. The local Ops Manager and its files are gone.\n")
        sys.exit(130)
