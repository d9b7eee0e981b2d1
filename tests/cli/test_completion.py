"""The line in the help makes a shell complete commands, options and values."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.terminal import environment_of, run

BASH = shutil.which("bash") or ""

# Bash does this when a person presses the tab key after the words.
TAB = """\
COMP_WORDS=(pulumi-opsmanager "$@"); COMP_CWORD=$#
_pulumi_opsmanager_completion pulumi-opsmanager
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(not BASH, reason="no bash on this machine")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["im"], ["import-file"]),
        (["archive", ""], ["show", "verify"]),
        (["list", "--status", "f"], ["failure"]),
        (["list", "--new"], ["--newer-than"]),
        (["list", "--profile", "e"], ["east", "elsewhere"]),
    ],
    ids=" ".join,
)
def test_bash_completes_the_last_word(home: Path, words: list[str], offered: list[str]) -> None:
    """Also the names of mongocli profiles."""
    file = home / ".config" / "mongocli" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[east]\n[west]\n[Elsewhere]\n")
    line = re.findall(r"^ *(eval .*)$", run(None, "--help").stdout, re.MULTILINE)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    finished = subprocess.run(
        [BASH, "--norc", "-euc", "\n".join([*line, TAB]), "bash", *words],
        env=environment_of(None, PATH=path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert [word.lower() for word in finished.stdout.split()] == offered
    assert finished.stderr == ""


def test_unreadable_profiles_complete_to_nothing(home: Path) -> None:
    """The tab key never prints an error."""
    file = home / ".config" / "mongocli" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[")
    asked = {"_MAIN_COMPLETE": "bash_complete", "COMP_WORDS": "main list --profile ", "COMP_CWORD": "3"}
    assert run(None, **asked).output.strip() == ""
