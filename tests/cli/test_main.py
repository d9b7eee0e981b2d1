"""What all commands have in common."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.cli.main import EXIT_CODES, main
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.cli.terminal import COMMAND, environment_of, keys_of, run
from tests.support import JOB, job_request

ON_A_SERVER = ["list", "import-file", "doctor", "download", "orphans"]
OPTIONS = {"base_url": "nowhere", "public_key": "nobody", "project_id": "a" * 24, "ca_file": "/nowhere"}


def leaves(group: click.Group = main, *path: str) -> Iterator[list[str]]:
    """The words of each command that does something."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, *path, name)
        else:
            yield [*path, name]


@pytest.mark.parametrize("words", [[], ["archive"], *leaves()], ids=" ".join)
def test_help_has_an_example(words: list[str]) -> None:
    """Whoever reads the help can type the command."""
    shown = run(None, *words, "--help")
    assert shown.exit_code == 0
    assert f"  {' '.join(['pulumi-opsmanager', *words])}" in shown.stdout.partition("Example")[2]


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_what_a_command_shows_can_be_had_as_json(words: list[str]) -> None:
    """One option, the same everywhere."""
    assert "\n  --json  " in run(None, *words, "--help").stdout


HEAVY = ["flask", "pulumi", "pydantic", "requests", "rich"]


@pytest.mark.parametrize(
    ("arguments", "loaded"),
    [
        (["--help"], []),
        (["list", "--help"], []),
        (["emulator", "--help"], []),
        (["list"], ["pydantic", "requests", "rich"]),
        (["doctor", "--json"], ["pydantic", "requests"]),
    ],
    ids=" ".join,
)
def test_command_loads_only_what_it_works_with(
    server: Emulator, client: Client, arguments: list[str], loaded: list[str]
) -> None:
    """Help waits for nothing, and no command but import-file for Pulumi."""
    client.jobs(server.project_id).create(job_request())
    look = f"import atexit, sys; atexit.register(lambda: print([name for name in {HEAVY} if name in sys.modules]))"
    start = f"sys.argv[1:] = {arguments}; from pulumi_opsmanager.cli.main import main; main()"
    finished = subprocess.run(
        [sys.executable, "-c", f"{look}; {start}"],
        env=environment_of(server),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert finished.stdout.splitlines()[-1] == str(loaded)


def test_emulator_loads_no_pulumi() -> None:
    """Tests of other languages' programs run it beside their own engine."""
    look = "import sys, pulumi_opsmanager.emulator; print('pulumi' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert finished.stdout == "False\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list"], 0),
        (["--version"], 0),
        (["download", JOB], 1),
        (["list", "--public-key", "nobody"], 1),
        (["--no-such-option"], 2),
        (["no-such-command"], 2),
        (["list", "--newer-than", "3"], 2),
        (["download"], 2),
        (["archive", "show", "/nowhere"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_exit_code_tells_a_failure_from_a_slip(server: Emulator, arguments: list[str], code: int) -> None:
    """A pipeline can tell what the server refused from what was typed wrong."""
    assert run(server, *arguments).exit_code == code


def test_exit_codes_are_in_the_help() -> None:
    """All of them, each with its meaning."""
    shown = run(None, "--help").stdout
    for code, meaning in EXIT_CODES.items():
        assert re.search(rf"^ *{code} +{re.escape(meaning)}$", shown, re.MULTILINE)


def test_interrupt_ends_with_130_and_leaves_nothing(server: Emulator, client: Client, tmp_path: Path) -> None:
    """As shells expect of Ctrl-C; one word, no stack of frames, no half file."""
    job_id = client.jobs(server.project_id).create(job_request())
    server.fail("download", FaultKind.STALL, seconds=60, after_bytes=100)
    command = [COMMAND, "download", job_id, "-o", str(tmp_path / "logs.tar.gz")]
    process = subprocess.Popen(
        command, env=environment_of(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while not list(tmp_path.iterdir()) and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, printed, complained) == (130, "", "\nInterrupted.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "import-file"])
def test_missing_settings_are_told_in_the_words_of_a_command_line(command: str) -> None:
    """All at once, each with its option or variable; nothing of Pulumi's configuration."""
    refused = run(None, command, OPSMANAGER_PUBLIC_KEY="k")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        "Error: settings of Ops Manager missing: give --base-url (or OPSMANAGER_BASE_URL), OPSMANAGER_PRIVATE_KEY in "
        "the environment, --project-id (or OPSMANAGER_PROJECT_ID); mongocli's MCLI_* names and profiles work too\n"
    )


@pytest.mark.parametrize("name", OPTIONS)
def test_option_wins_over_the_environment(server: Emulator, name: str) -> None:
    """A wrong option is not saved by a right variable."""
    option = "--" + name.replace("_", "-")
    assert run(server, "doctor").exit_code == 0
    assert run(server, "doctor", option, OPTIONS[name]).exit_code == 1


def test_variables_of_mongocli_will_do(server: Emulator) -> None:
    """Who has mongocli set up needs to set nothing."""
    values = keys_of(server)
    variables = {row.variables[1]: values[row.variables[0]] for row in SETTINGS if len(row.variables) > 1}
    assert run(None, "list", **variables).exit_code == 0


@pytest.mark.parametrize("command", ON_A_SERVER)
def test_private_key_is_no_option(server: Emulator, command: str) -> None:
    """A command line is seen by others."""
    refused = run(server, command, "--private-key", "secret")
    assert refused.exit_code == 2
    assert "No such option" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--project-id", "f" * 24], "NOT_IN_GROUP"),
        (["--project-id", "xyz"], "projectId must be 24 lower-case hex digits"),
        (["--timeout-seconds", "0"], "timeoutSeconds must be more than 0"),
        (["--public-key", "nobody"], "does not accept the key pair"),
    ],
)
@pytest.mark.parametrize("command", ["list", "import-file"])
def test_error_is_one_line(server: Emulator, command: str, arguments: list[str], words: str) -> None:
    """Never a stack of frames, and nothing on standard output."""
    failed = run(server, command, *arguments)
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("Error: ")
    assert failed.stderr.count("\n") == 1
    assert words in failed.stderr


def test_age_needs_its_unit(server: Emulator) -> None:
    """A usage error says the form."""
    for age in ("3", "2 d", "-1d", "1y"):
        refused = run(server, "list", "--newer-than", age)
        assert refused.exit_code == 2
        assert "must be a whole number and a unit, such as 90s" in refused.stderr


def test_letter_that_an_output_lacks_is_no_failure(server: Emulator, client: Client) -> None:
    """It is shown by its number."""
    client.jobs(server.project_id).create(job_request(resourceName="größe→"))
    environment = environment_of(server, PYTHONIOENCODING="latin-1")
    finished = subprocess.run([COMMAND, "list"], env=environment, capture_output=True, check=True, timeout=30)
    assert r"größe\u2192" in finished.stdout.decode("latin-1")
