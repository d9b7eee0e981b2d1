"""README.md and docs/terraform/index.md work when they are copied: from a new virtual environment to the destroy."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from pulumi_opsmanager.cli.commands.emulator import emulator
from pulumi_opsmanager.emulator import Emulator
from tests.blocks import blocks_of, edit_settings
from tests.support import ROOT
from tests.terraform_engine.configuration import Configuration

pytestmark = pytest.mark.one_binary

README, INDEX = ROOT / "README.md", ROOT / "docs" / "terraform" / "index.md"
LOCAL = "http://127.0.0.1:8080"
"""The address of the local server on the page."""

MAIN = (ROOT / "examples" / "terraform" / "first" / "main.tf").read_text()
TESTS = next(block.text for block in blocks_of(INDEX) if block.text.startswith("run "))

# A new environment sees the packages of this one, so that nothing is downloaded. To install pip takes 4 s, and it is
# among them.
PYTHON = f"""\
#!/bin/sh -e
for made; do :; done
{sys.executable} "$@" --without-pip
for site in "$made"/lib/python*/site-packages; do echo {sysconfig.get_path("purelib")} > "$site/packages.pth"; done
printf '#!/bin/sh\\nexec python -m pip "$@"\\n' > "$made/bin/pip"
chmod +x "$made/bin/pip"
"""


def in_a_clone(folder: Path, binary: Path) -> dict[str, str]:
    """Copy the repository into a folder, and return an environment that has nothing else of this machine."""
    clone, tools = folder / "pulumi-opsmanager", folder / "bin"
    clone.mkdir(parents=True)
    for name in ("LICENSE", "README.md", "examples", "provider", "pyproject.toml"):
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, clone / name)
    tools.mkdir()
    (tools / "terraform").symlink_to(binary)
    (tools / "python3").write_text(PYTHON)
    (tools / "python3").chmod(0o755)
    return {
        "CHECKPOINT_DISABLE": "1",
        "HOME": str(folder / "home"),
        "PATH": f"{tools}{os.pathsep}{os.defpath}",
        # 0 is how pip turns build isolation off.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
    }


def typed(text: str, folder: Path, environment: dict[str, str]) -> str:
    """Type lines into a new shell, and `yes` at each prompt. Returns the output."""
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(["/usr/bin/yes", "yes"], stdout=subprocess.PIPE) as answers:
        command = ["/bin/sh", "-euc", text]
        finished = subprocess.run(
            command, stdin=answers.stdout, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        answers.kill()
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return re.sub(r"\x1b\[\d*m", "", finished.stdout)


def commands_of(page: Path, server: Emulator) -> str:
    """All lines that name Terraform or install its provider, for one shell, with the emulator's address and keys."""
    blocks = [block.text for block in blocks_of(page) if block.language == "sh" and "terraform " in block.text]
    text = "".join(blocks)
    words = {
        "https://om.example.net:8443": server.url,
        "qwertyui": server.public_key,
        "01234567-89ab-cdef-0123-456789abcdef": server.private_key,
    }
    for word, real in words.items():
        assert word in text
        text = text.replace(word, real)
    return text


def check_story(printed: str, server: Emulator) -> None:
    """Plan, apply, plan, destroy."""
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in printed
    applied = printed.index("Apply complete! Resources: 1 added")
    assert applied < printed.index("No changes.") < printed.index("Destroy complete! Resources: 1 destroyed.")
    assert "POST 201" in server.calls
    assert server.job_ids == []


def test_readme_leads_to_an_archive_and_a_job(binary: Path, server: Emulator, tmp_path: Path) -> None:
    """Ten lines for the command line end with a verified archive, and ten lines for Terraform with a job."""
    settings, commands, _, terraform = (
        block.text for block in blocks_of(README) if block.kind in ("shell", "terraform")
    )
    environment = in_a_clone(tmp_path, binary)
    clone = tmp_path / "pulumi-opsmanager"
    edit_settings(clone / "examples" / "env.sh", server)
    assert max(commands.count("\n"), terraform.count("\n")) <= 10
    assert "verified" in typed(settings + commands, clone, environment)
    assert "Apply complete! Resources: 1 added" in typed(terraform, clone, environment)
    assert (tmp_path / "terraform-logs" / ".terraform.lock.hcl").exists()
    assert len(server.job_ids) == 2


def test_page_of_the_provider_runs_from_install_to_destroy(binary: Path, server: Emulator, tmp_path: Path) -> None:
    """The commands print what the page shows. An uninstall leaves nothing of the provider in the home directory."""
    environment = in_a_clone(tmp_path, binary)
    printed = typed(commands_of(INDEX, server), tmp_path / "pulumi-opsmanager", environment)
    check_story(printed, server)
    lines = {" ".join(line.split()) for line in printed.splitlines()}
    (shown,) = (block for block in blocks_of(INDEX) if block.language == "text")
    assert {" ".join(line.split()) for line in shown.text.splitlines()} - lines == set()
    assert 'status = "SUCCESS"' in lines
    home = Path(environment["HOME"])
    assert [path for path in home.rglob("*") if "opsmanager" in path.name or "registry" in path.name] == []
    assert len([*(tmp_path / "terraform-incident" / "archives").glob("*.tar.gz")]) == 2


def test_local_server_prints_the_settings_of_the_page(tmp_path: Path) -> None:
    """It accepts them. The port is a free one here; the page has the default port."""
    environment = in_a_clone(tmp_path, Path(os.devnull))
    shells = [block.text for block in blocks_of(INDEX) if block.language == "sh"]
    (install,) = (text for text in shells if "python3 -m venv" in text)
    (start,) = (text for text in shells if "pulumi-opsmanager emulator" in text)
    (settings,) = (text for text in shells if LOCAL in text)
    activate, pip, command = start.splitlines()
    clone = tmp_path / "pulumi-opsmanager"
    typed(f"{install.partition('pip')[0]}{pip}\n", clone, environment)
    shell = ["/bin/sh", "-euc", f"{activate}\nexec {command} --port 0"]
    with subprocess.Popen(shell, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        printed = "".join(process.stdout.readline() for _ in settings.splitlines())
        url = printed.splitlines()[0].rpartition("=")[2]
        assert printed.replace(url, LOCAL) == settings
        doctor = f"{activate}\n{printed}pulumi-opsmanager doctor\n"
        printed = typed(doctor, clone, environment)
        process.terminate()
    assert url in printed
    (port,) = (option.default for option in emulator.params if option.name == "port")
    assert f"http://127.0.0.1:{port}" == LOCAL


def test_blocks_of_the_page_are_examples_or_run_here() -> None:
    """A test of the examples runs the other blocks."""
    examples = {file.read_text() for file in (ROOT / "examples" / "terraform").rglob("*.tf")}
    found = [block.text for block in blocks_of(INDEX) if block.language == "terraform"]
    assert [text for text in found if text not in examples] == [TESTS]


@pytest.mark.parametrize(
    ("main", "tests", "code", "says"),
    [
        pytest.param(MAIN, TESTS, 0, "1 passed, 0 failed", id="real"),
        pytest.param(MAIN, f'mock_provider "opsmanager" {{}}\n{TESTS}', 1, "is restarted 0 times", id="mocked"),
        pytest.param(
            MAIN.replace("redacted ", "max_retries = 300\n  redacted "),
            'run "refused" {\n  command         = plan\n  expect_failures = [opsmanager_log_collection_job.logs]\n}\n',
            1,
            "max_retries must be at most 100, not 300",
            id="error of the provider",
        ),
        pytest.param(
            MAIN.replace("redacted ", "max_retries = var.retries\n  redacted ")
            + 'variable "retries" {\n  default = 300\n'
            '  validation {\n    condition     = var.retries <= 100\n    error_message = "Too many."\n  }\n}\n',
            'run "refused" {\n  command         = plan\n  expect_failures = [var.retries]\n}\n',
            0,
            "1 passed, 0 failed",
            id="failed condition",
        ),
    ],
)
def test_configuration_is_tested_as_the_page_says(
    reattached: Configuration, server: Emulator, main: str, tests: str, code: int, says: str
) -> None:
    """Without a mock the provider is called. A mock invents missing values of the configuration."""
    reattached.write(main)
    reattached.write(tests, "job.tftest.hcl")
    assert says in reattached.run("test", expect_code=code).output
    assert server.job_ids == []
