from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support import ROOT

pytestmark = pytest.mark.one_binary


def test_make_demo_terraform_runs_and_leaves_nothing(binary: Path, tmp_path: Path) -> None:
    """It takes the first binary on PATH. No file stays, neither of the demo nor of the provider's processes."""
    make, cat = shutil.which("make"), shutil.which("cat")
    assert make
    assert cat
    (tmp_path / "cat").symlink_to(cat)
    (tmp_path / binary.name).symlink_to(binary)
    # The environment of these tests exists, whatever the age of its files says. An outer `make` has no say here.
    command = [make, "demo-terraform", "-o", ".venv/ready", f"BIN={Path(sys.executable).parent}"]
    # The path of a socket has at most 107 characters; those of pytest can be longer.
    with tempfile.TemporaryDirectory(prefix="opsmanager-") as folder:
        env = os.environ | {"PATH": str(tmp_path), "TMPDIR": folder, "MAKEFLAGS": "", "MAKELEVEL": "0"}
        finished = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert f"$ {binary.name} destroy" in finished.stdout
        assert "its files are gone" in finished.stdout
        assert not list(Path(folder).iterdir())


def test_configuration_of_the_demo_is_formatted(binary: Path) -> None:
    """`fmt` would change nothing."""
    command = [str(binary), "fmt", "-check", "-diff", str(ROOT / "tools" / "demo.tf")]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
