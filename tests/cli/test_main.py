"""What holds for every command."""

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
from tests.support import JOB, PROJECT, job_request

ON_A_SERVER = ["list", "import-file", "doctor", "download", "orphans"]
COLLECTED = ["--cluster", "shop", "--log-types", "ftdc", "--size", "1MB", "--redacted", "-o", "logs"]
OPTIONS = {"base_url": "nowhere", "public_key": "nobody", "project_id": "a" * 24, "ca_file": "/nowhere"}


def leaves(group: click.Group = main, *path: str) -> Iterator[list[str]]:
    """The words of each command, without the groups."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, *path, name)
        else:
            yield [*path, name]


@pytest.mark.parametrize("words", [[], ["archive"], ["plugin"], ["terraform"], *leaves()], ids=" ".join)
def test_help_has_an_example(words: list[str]) -> None:
    """A reader can copy it."""
    shown = run(None, *words, "--help")
    assert shown.exit_code == 0
    assert f"  {' '.join(['pulumi-opsmanager', *words])}" in shown.stdout.partition("Example")[2]


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_every_command_has_json(words: list[str]) -> None:
    """The option has the same name everywhere."""
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
def test_command_loads_only_the_libraries_it_needs(
    server: Emulator, client: Client, arguments: list[str], loaded: list[str]
) -> None:
    """Help needs none, and only import-file needs Pulumi."""
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
    """Tests of programs in other languages run it beside their engine."""
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
def test_failure_and_usage_error_have_different_exit_codes(server: Emulator, arguments: list[str], code: int) -> None:
    """A pipeline can distinguish a refused request from a wrong command line."""
    assert run(server, *arguments).exit_code == code


def test_exit_codes_are_in_the_help() -> None:
    """Each has its meaning beside it."""
    shown = run(None, "--help").stdout
    for code, meaning in EXIT_CODES.items():
        assert re.search(rf"^ *{code} +{re.escape(meaning)}$", shown, re.MULTILINE)


def test_interrupted_command_exits_with_130_and_leaves_no_file(
    server: Emulator, client: Client, tmp_path: Path
) -> None:
    """Shells expect it of Ctrl-C. The command prints one word and no traceback."""
    job_id = client.jobs(server.project_id).create(job_request())
    server.fail("download", FaultKind.STALL, seconds=60, after_bytes=100)
    command = [COMMAND, "download", job_id, "-o", str(tmp_path / "logs.tar.gz")]
    process = subprocess.Popen(
        command, env=environment_of(server), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        while not list(tmp_path.iterdir()) and process.poll() is None:
            time.sleep(0.02)
        # Python runs no `finally` for an interrupt between the creation of a file and its block.
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        printed, complained = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, printed, complained) == (130, "", "\nInterrupted.\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["list", "import-file"])
def test_missing_settings_are_named_with_their_options(command: str) -> None:
    """One error names all of them, each with its option or variable, and no configuration of Pulumi."""
    refused = run(None, command, OPSMANAGER_PUBLIC_KEY="k")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        "Error: Ops Manager settings are missing: give --base-url (or OPSMANAGER_BASE_URL), OPSMANAGER_PRIVATE_KEY in "
        "the environment, --project-id (or OPSMANAGER_PROJECT_ID); mongocli's MCLI_* variables and profiles work too\n"
    )


@pytest.mark.parametrize("command", [["list"], ["show", JOB], ["extend", JOB, "--days", "3"], ["collect", *COLLECTED]])
@pytest.mark.parametrize(
    ("option", "words"),
    [
        (
            ["--public-key", "nobody"],
            "check --public-key (or OPSMANAGER_PUBLIC_KEY) and OPSMANAGER_PRIVATE_KEY in the environment, and that",
        ),
        (["--base-url", "http://127.0.0.1:9"], "check --base-url (or OPSMANAGER_BASE_URL), and that the server runs"),
    ],
)
def test_error_names_settings_as_a_command_takes_them(
    server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], option: list[str], words: str
) -> None:
    """A person at the shell does not know the names of a program's settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.sleep", lambda _: None)
    refused = run(server, *command, *option)
    assert refused.exit_code == 1
    assert words in refused.stderr
    assert not re.search(r"\b(base_url|public_key|private_key|project_id)\b", refused.stderr)


def test_malformed_variable_is_named_with_its_option(server: Emulator) -> None:
    refused = run(server, "list", OPSMANAGER_PROJECT_ID="shop")
    assert refused.exit_code == 1
    assert "--project-id (or OPSMANAGER_PROJECT_ID) must be 24 lower-case hex digits" in refused.stderr


@pytest.mark.parametrize("name", OPTIONS)
def test_option_overrides_the_environment(server: Emulator, name: str) -> None:
    """A wrong option fails although the variable is correct."""
    option = "--" + name.replace("_", "-")
    assert run(server, "doctor").exit_code == 0
    assert run(server, "doctor", option, OPTIONS[name]).exit_code != 0


def test_variables_of_mongocli_are_sufficient(server: Emulator) -> None:
    """A person with a working mongocli has nothing to set."""
    values = keys_of(server)
    variables = {row.variables[1]: values[row.variables[0]] for row in SETTINGS if len(row.variables) > 1}
    assert run(None, "list", **variables).exit_code == 0


@pytest.mark.parametrize("command", ON_A_SERVER)
def test_private_key_has_no_option(server: Emulator, command: str) -> None:
    """Other users can see a command line."""
    refused = run(server, command, "--private-key", "secret")
    assert refused.exit_code == 2
    assert "No such option" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--project-id", "f" * 24], "NOT_IN_GROUP"),
        (["--public-key", "nobody"], "does not accept the key pair"),
    ],
)
@pytest.mark.parametrize("command", ["list", "import-file"])
def test_error_is_one_line(server: Emulator, command: str, arguments: list[str], words: str) -> None:
    """There is no traceback, and nothing on standard output."""
    failed = run(server, command, *arguments)
    assert (failed.exit_code, failed.stdout) == (1, "")
    assert failed.stderr.startswith("Error: ")
    assert failed.stderr.count("\n") == 1
    assert words in failed.stderr


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--project-id", "xyz", "must be 24 lower-case hex digits, not 'xyz'"),
        ("--timeout-seconds", "0", "must be more than 0 and at most 3600 seconds, not '0'"),
        ("--base-url", "ftp://om.example.net", "must be a URL of the form https://host:port"),
        ("--ca-file", "/no/such/ca.pem", "'/no/such/ca.pem' cannot be read: No such file or directory"),
        ("--public-key", "two words", "must be printable ASCII without spaces"),
    ],
)
@pytest.mark.parametrize("command", ["list", "doctor"])
def test_invalid_setting_in_an_option_is_a_usage_error(
    server: Emulator, command: str, option: str, value: str, words: str
) -> None:
    """The same value in a variable is an invalid setting, and exits with 1."""
    refused = run(server, command, option, value)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"Invalid value for '{option}': {words}" in refused.stderr
    if option == "--timeout-seconds":
        return
    variable = f"OPSMANAGER_{option[2:].upper().replace('-', '_')}"
    assert run(server, command, **{variable: value}).exit_code == 1


def test_missing_job_is_named_once(server: Emulator) -> None:
    """Without the URL, which has the same ids. The error names the command that lists the jobs."""
    for arguments in (["show", JOB], ["download", JOB], ["wait", JOB], ["retry", JOB], ["delete", JOB, "--yes"]):
        failed = run(server, *arguments)
        assert (failed.exit_code, failed.stderr.count(JOB), failed.stderr.count("http")) == (1, 1, 0), failed.stderr
        assert f"no job {JOB} in project {PROJECT}; `pulumi-opsmanager list` shows the existing jobs" in failed.stderr


def test_age_needs_its_unit(server: Emulator) -> None:
    """The error has an example."""
    for age in ("3", "2 d", "-1d", "1y"):
        refused = run(server, "list", "--newer-than", age)
        assert refused.exit_code == 2
        assert "must be a whole number and a unit, such as 90s" in refused.stderr


def test_character_that_the_encoding_lacks_is_printed_as_an_escape(server: Emulator, client: Client) -> None:
    """The command does not fail."""
    client.jobs(server.project_id).create(job_request(resourceName="größe→"))
    environment = environment_of(server, PYTHONIOENCODING="latin-1")
    finished = subprocess.run([COMMAND, "list"], env=environment, capture_output=True, check=True, timeout=30)
    assert r"größe\u2192" in finished.stdout.decode("latin-1")
