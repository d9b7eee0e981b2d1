"""Pulumi's own texts that docs/errors.md explains, and what leads to each."""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.emulator import Emulator
from tests.engine.stack import Stack, job
from tests.support import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text()
SECTION = PAGE.partition("## By Pulumi's own text\n")[2].partition("\n## ")[0]

OF_ANOTHER_PACKAGE = """\
import pulumi

class Job(pulumi.CustomResource):
    pass

Job("opsmanager:index:LogCollectionJob", "logs", {}, pulumi.ResourceOptions(version="0.1.0"))
"""


@pytest.fixture(scope="module")
def stack(engine: PulumiCommand, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack without resources. Each situation leaves it as it was."""
    with Emulator() as server:
        yield Stack(job(), server, tmp_path_factory.mktemp("stack"), engine=engine)


def said(stack: Stack, command: str, **environment: str | None) -> str:
    """Return what a failing command prints, with a changed environment; None removes a variable."""
    changes = " ".join(f"-u {name}" if value is None else f"{name}='{value}'" for name, value in environment.items())
    finished = stack.shell(f"env {changes} {command}")
    assert finished.returncode != 0, finished.stdout
    return finished.stdout + finished.stderr


def in_another_folder(stack: Stack) -> str:
    """No folder above it has a project."""
    return said(stack, "pulumi preview --cwd /")


def without_a_stack(stack: Stack) -> str:
    """Nothing was selected in another home of Pulumi."""
    return said(stack, "pulumi preview", PULUMI_HOME=str(stack.folder / "new-home"))


def without_a_backend(stack: Stack) -> str:
    """A command of a pipeline cannot log in."""
    return said(stack, "pulumi preview", PULUMI_BACKEND_URL=None, PULUMI_HOME=str(stack.folder / "new-home"))


def without_a_passphrase(stack: Stack) -> str:
    """Neither variable is set."""
    return said(stack, "pulumi preview --stack test --non-interactive", PULUMI_CONFIG_PASSPHRASE=None)


def with_another_passphrase(stack: Stack) -> str:
    """It is compared with the salt in the stack's file."""
    return said(stack, "pulumi preview --stack test", PULUMI_CONFIG_PASSPHRASE="another")


def with_a_lock(stack: Stack) -> str:
    """The remedy removes the lock."""
    lock = stack.folder / ".pulumi" / "locks" / "organization" / "under-test" / "test" / "of-a-killed-update.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text(json.dumps({"pid": 4711, "username": "ci", "hostname": "r", "timestamp": "2026-11-26T20:00:00Z"}))
    found = said(stack, "pulumi up --yes --skip-preview --stack test")
    assert "created by ci@r (pid 4711)" in found
    assert stack.shell("pulumi cancel --yes --stack test").returncode == 0
    assert not lock.exists()
    return found


def with_another_python(stack: Stack) -> str:
    """It has all packages of this one, except ours."""
    return with_packages(
        stack, [path for path in Path(sysconfig.get_path("purelib")).iterdir() if "opsm" not in path.name]
    )


def without_the_sdk(stack: Stack) -> str:
    """It has pip only."""
    return with_packages(stack, [Path(sysconfig.get_path("purelib")) / "pip"])


def with_packages(stack: Stack, packages: Sequence[Path]) -> str:
    """Preview with a Python of some packages."""
    folder = stack.folder / f"python-{len(packages)}"
    folder.mkdir()
    for package in packages:
        (folder / package.name).symlink_to(package)
    python = folder / "run"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={folder} exec {sys.executable} -S "$@"\n')
    python.chmod(0o755)
    return said(stack, "pulumi preview --stack test --non-interactive", PULUMI_PYTHON_CMD=str(python))


def with_a_type_of_a_plugin(stack: Stack) -> str:
    """The environment of these tests has the plugin, so its folder is not on PATH. Nothing is downloaded here."""
    stack.program(OF_ANOTHER_PACKAGE)
    path = f"{Path(stack.engine.command).parent}{os.pathsep}{os.defpath}"
    alone = {"PATH": path, "PULUMI_PYTHON_CMD": sys.executable, "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    found = said(stack, "pulumi preview --stack test", **alone)
    stack.program(job())
    return found


SITUATIONS: dict[str, Callable[[Stack], str]] = {
    "no Pulumi.yaml project file found": in_another_folder,
    "no stack selected": without_a_stack,
    "PULUMI_ACCESS_TOKEN must be set": without_a_backend,
    "passphrase must be set": without_a_passphrase,
    "incorrect passphrase": with_another_passphrase,
    "the stack is currently locked": with_a_lock,
    "ModuleNotFoundError: No module named 'pulumi_opsmanager'": with_another_python,
    "ModuleNotFoundError: No module named 'pulumi'": without_the_sdk,
    "no resource plugin 'pulumi-resource-opsmanager' found": with_a_type_of_a_plugin,
}

NOT_PROVOKED = {
    "pulumi: command not found": "the shell says it",
    "no language plugin 'pulumi-language-python' found": "it takes a copy of the engine",
    "Could not automatically download and install resource plugin 'pulumi-resource-opsmanager'": "it asks the internet",
    "could not find latest version for provider opsmanager": "it asks the internet",
    "pulumi-resource-opsmanager: plugin not found": "it takes an environment that is removed later",
    "KeyError: '__provider'": "an import starts two providers, which takes long",
    "could not read plugin": "an official engine can start the pack",
    "failed to open asset file": "only an archive that the server no longer has leads to it",
    "Invalid asset encountered when unmarshalling resource property": "only an early version leads to it",
}
"""Texts of the page that were seen, and why no test leads to them."""


@pytest.mark.parametrize("text", SITUATIONS)
def test_situation_leads_to_the_text_of_the_page(stack: Stack, text: str) -> None:
    """The text is a part of what the real engine prints."""
    assert text in " ".join(SITUATIONS[text](stack).split())


def test_page_explains_these_texts() -> None:
    """Each of them, and no other."""
    assert set(re.findall(r"^\| `([^`]+)`", SECTION, re.MULTILINE)) == {*SITUATIONS, *NOT_PROVOKED}
