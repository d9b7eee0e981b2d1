"""Messages of Terraform and OpenTofu that docs/errors.md explains: their causes, and remedies that work."""

from __future__ import annotations

import fcntl
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_opsmanager.cli.mirror import HOSTS, SOURCE, install
from pulumi_opsmanager.emulator import Emulator
from tests.support import ROOT
from tests.terraform_engine.configuration import HEAD, Configuration, settings_of
from tests.terraform_engine.jobs import flat, job
from tests.terraform_engine.test_install import RELEASE

PAGE = (ROOT / "docs" / "errors.md").read_text()
SECTION = PAGE.partition("## By the text of Terraform and OpenTofu\n")[2].partition("\n## ")[0]
TITLES_OF_A_MISSING_PROVIDER = ("Failed to query available provider packages", "Failed to resolve provider packages")
NO_NETWORK = "http://127.0.0.1:9"
"""A proxy without a listener."""


@pytest.fixture
def configuration(binary: Path, server: Emulator, tmp_path: Path) -> Configuration:
    """A job; no registry can be reached."""
    variables = settings_of(server) | {"HTTPS_PROXY": NO_NETWORK, "NO_PROXY": "127.0.0.1"}
    made = Configuration(tmp_path / "program", binary, variables)
    made.write(HEAD + job())
    return made


def installed(configuration: Configuration, python: str = sys.executable) -> Path:
    """Write the launchers of a Python; the plugin folder."""
    folder = configuration.home / ".terraform.d" / "plugins"
    install(RELEASE, folder, python)
    return folder


def said(configuration: Configuration, *arguments: str, code: int = 1) -> str:
    """The output of a command, on one line."""
    return flat(configuration.run(*arguments, expect_code=code).output)


def of_another_launcher(configuration: Configuration) -> str:
    """A plan after `terraform install` in another virtual environment."""
    installed(configuration)
    configuration.init()
    folder = installed(configuration, f"{Path(sys.executable).parent}/../bin/python")
    found = said(configuration, "plan")
    configuration.run("providers", "lock", f"-fs-mirror={folder}")
    configuration.plan()
    return found


def of_a_missing_provider(configuration: Configuration) -> str:
    """An `init` before `terraform install`."""
    found = said(configuration, "init")
    assert any(title in found and title in SECTION for title in TITLES_OF_A_MISSING_PROVIDER)
    installed(configuration)
    configuration.init()
    return found


def of_a_deleted_launcher(configuration: Configuration) -> str:
    """A plan after the uninstall of the provider."""
    folder = installed(configuration)
    configuration.init()
    shutil.rmtree(folder)
    found = said(configuration, "plan")
    installed(configuration)
    configuration.init()
    configuration.plan()
    return found


def of_a_deleted_python(configuration: Configuration) -> str:
    """A plan after the virtual environment of the launcher was deleted."""
    environment = configuration.folder / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(sys.executable)
    installed(configuration, str(environment / "bin" / "python"))
    configuration.init()
    shutil.rmtree(environment)
    return said(configuration, "plan")


def of_a_locked_state(configuration: Configuration) -> str:
    """A plan while another process holds the lock of the state."""
    installed(configuration)
    configuration.init()
    state = configuration.folder / "terraform.tfstate"
    with state.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        return said(configuration, "plan")


def of_both_binaries_in_one_folder(configuration: Configuration) -> str:
    """A plan after an `init` of the other binary, which adds its copy of the provider and takes the lock file over."""
    installed(configuration)
    configuration.init()
    (lock,) = configuration.folder.glob(".terraform.lock.hcl")
    used, other = HOSTS if HOSTS[0] in lock.read_text() else HOSTS[::-1]
    lock.write_text(lock.read_text().replace(f"{used}/{SOURCE}", f"{other}/{SOURCE}"))
    copies = configuration.folder / ".terraform" / "providers"
    shutil.copytree(copies / used, copies / other, symlinks=True)
    found = said(configuration, "plan")
    configuration.init()
    configuration.plan()
    assert other not in lock.read_text()
    return found


def of_each_first_init(configuration: Configuration) -> str:
    """A warning; the command that it recommends fails without a registry."""
    folder = installed(configuration)
    found = said(configuration, "init", code=0)
    assert f"providers lock -platform={RELEASE.platform}" in found
    assert "could not connect to registry." in said(configuration, "providers", "lock", f"-platform={RELEASE.platform}")
    configuration.run("providers", "lock", f"-fs-mirror={folder}")
    return found


def of_a_missing_block(configuration: Configuration) -> str:
    """A plan without settings and without a provider block."""
    installed(configuration)
    configuration.write((HEAD + job()).replace('provider "opsmanager" {}\n', ""))
    configuration.init()
    settings = {name: value for name, value in configuration.environment.items() if "OPSMANAGER" not in name}
    without = replace(configuration, environment=settings)
    found = said(without, "plan")
    without.write(HEAD + job())
    explained = said(without, "plan")
    assert "requires explicit configuration" not in explained
    assert 'on main.tf line 9, in provider "opsmanager"' in explained
    return found


SITUATIONS: dict[str, Callable[[Configuration], str]] = {
    "does not match any of the checksums": of_another_launcher,
    "could not connect to registry.": of_a_missing_provider,
    "Required plugins are not installed": of_a_deleted_launcher,
    "the provider is gone": of_a_deleted_python,
    "Error acquiring the state lock": of_a_locked_state,
    "Inconsistent dependency lock file": of_both_binaries_in_one_folder,
    "Incomplete lock file information for providers": of_each_first_init,
    "requires explicit configuration": of_a_missing_block,
}

ELSEWHERE = {
    "is no longer available": "test_install.py",
    "Provider produced inconsistent final plan": "test_limits.py",
}
"""Texts that tests of another file lead to."""


@pytest.mark.parametrize("text", SITUATIONS)
def test_text_has_the_cause_and_the_remedy_of_the_page(configuration: Configuration, text: str) -> None:
    """The test applies the remedy too."""
    assert text in SITUATIONS[text](configuration)


def test_provider_of_another_source_is_named(configuration: Configuration) -> None:
    """Without `required_providers` the source is HashiCorp's."""
    installed(configuration)
    configuration.write(job())
    found = said(configuration, "init")
    assert "hashicorp/opsmanager" in found
    assert "could not connect to registry." in found


def test_page_explains_these_texts() -> None:
    """It explains exactly these messages."""
    assert set(re.findall(r"^\| `([^`]+)`", SECTION, re.MULTILINE)) == {*SITUATIONS, *ELSEWHERE}
    for text, module in ELSEWHERE.items():
        assert text in (Path(__file__).parent / module).read_text()
