"""What all commands have in common."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.cli.main import main
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import keys_of, run
from tests.support import ROOT, job_request

ON_A_SERVER = ["list", "import-file", "doctor", "download", "orphans"]
OPTIONS = {"base_url": "nowhere", "public_key": "nobody", "project_id": "a" * 24, "ca_file": "/nowhere"}


@pytest.mark.parametrize("command", sorted(main.commands))
def test_help_has_an_example(command: str) -> None:
    """Whoever reads the help can type the command."""
    shown = run(None, command, "--help")
    assert shown.exit_code == 0
    assert f"  pulumi-opsmanager {command}" in shown.stdout


def test_help_waits_for_no_heavy_import() -> None:
    """What a command works with is loaded when it works."""
    # In the place of the package's own __init__, which loads the resources.
    stub = f"package = types.ModuleType('pulumi_opsmanager'); package.__path__ = ['{ROOT}/provider/pulumi_opsmanager']"
    look = "print({'pulumi', 'pydantic', 'requests', 'rich'} & sys.modules.keys())"
    lines = ["import sys, types", stub, "sys.modules[package.__name__] = package", "import pulumi_opsmanager.cli.main"]
    finished = subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, look])], capture_output=True, text=True, check=True
    )
    assert finished.stdout == "set()\n"


@pytest.mark.parametrize("command", ["list", "import-file"])
def test_missing_settings_are_told_in_the_words_of_a_command_line(command: str) -> None:
    """All at once, each with its option or variable; nothing of Pulumi's configuration."""
    refused = run(None, command, OPSMANAGER_PUBLIC_KEY="k")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr == (
        "Error: settings of Ops Manager missing: give --base-url (or OPSMANAGER_BASE_URL), OPSMANAGER_PRIVATE_KEY in "
        "the environment, --project-id (or OPSMANAGER_PROJECT_ID); mongocli's MCLI_* names work too\n"
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
    client.create_job(server.project_id, job_request(resourceName="größe→"))
    environment = os.environ | keys_of(server) | {"PYTHONIOENCODING": "latin-1"}
    command = [str(Path(sys.executable).with_name("pulumi-opsmanager")), "list"]
    finished = subprocess.run(command, env=environment, capture_output=True, check=True, timeout=30)
    assert r"größe\u2192" in finished.stdout.decode("latin-1")
