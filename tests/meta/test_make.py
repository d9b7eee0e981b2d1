"""The first `make` on a new machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import ROOT


def made(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """`make .venv/ready` with a Python, in a folder with no more files than it needs."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    command = ["make", f"PYTHON={python}", ".venv/ready"]
    # These tests run below `make test`, whose flags must not reach this one.
    env = os.environ | {"MAKEFLAGS": "", "MAKELEVEL": "0"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("python", ["/nowhere/python", "false"], ids=["missing", "too old"])
def test_python_that_cannot_be_used_is_named_before_anything_is_installed(tmp_path: Path, python: str) -> None:
    """`false` refuses the check, as an older Python does."""
    refused = made(tmp_path, python)
    assert (refused.returncode, refused.stdout) == (2, "")
    first, *_ = refused.stderr.splitlines()
    assert first == "error: Python 3.10 or newer is needed; name it: make PYTHON=python3.12"
    assert not (tmp_path / ".venv").exists()


def test_long_install_is_announced(tmp_path: Path) -> None:
    """`true` accepts the check as a newer Python does. It makes no environment, so the install fails."""
    begun = made(tmp_path, "true")
    assert begun.stdout.startswith("Installing the tools into .venv (about a minute)\n")
