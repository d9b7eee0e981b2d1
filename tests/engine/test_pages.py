"""Every block of the documentation works when it is copied."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from pathlib import Path

import pytest
import trustme
from pulumi.automation import PulumiCommand

from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.emulator import Emulator
from tests.blocks import Block, blocks
from tests.engine.roads import Proxy, behind_tls, proxy
from tests.engine.stack import Stack
from tests.support import JOB, ROOT, client_for, job_request

SERVERS = ("https://om-east.example.net:8443", "https://om-west.example.net:8443", "https://cloud.mongodb.com")
CA_FILE = "/etc/ssl/om-ca.pem"
PROXY = "http://proxy.example.net:3128"

_RUN = {
    page: list(found)
    for page, found in groupby(blocks("tests", "program", "script", "shell", "shown"), lambda b: b.page)
}

# What a shell changes by itself.
_SHELLS_OWN = {"PWD", "OLDPWD", "SHLVL", "_"}


class Reader:
    """Somebody who does what a page says, from top to bottom, in one folder and one terminal.

    Attributes:
        stack: Of the folder.
        printed: What the last block brought to the screen.
    """

    def __init__(self, stack: Stack, clone: Path, words: Mapping[str, str]) -> None:
        self.stack = stack
        self.printed = ""
        self._clone = clone
        self._words = words
        # A preview before each `up` costs time: only where the page shows it.
        self._is_shown = False

    def read(self, page: Sequence[Block]) -> None:
        """Do what each block says."""
        for block, after in zip_longest(page, page[1:]):
            self._is_shown = after is not None and after.kind == "shown"
            text = block.text
            for word, real in self._words.items():
                text = text.replace(word, real)
            run: Callable[[str], None] = getattr(self, f"_{block.kind}")
            run(text)

    def _program(self, text: str) -> None:
        self.stack.program(text)
        if self._is_shown:
            self.stack.preview()
            self.printed = "\n".join([self.stack.printed, *self.stack.lines])
        self.stack.up()
        assert self.stack.preview() == {}, self.stack.printed

    def _tests(self, text: str) -> None:
        file = self.stack.folder / "test_page.py"
        file.write_text(text)
        self._type(f"{sys.executable} -m pytest -q -p no:cacheprovider {file.name}")

    def _script(self, text: str) -> None:
        file = self.stack.folder / "script.py"
        file.write_text(text)
        self._type(f"{sys.executable} {file.name}")

    def _shell(self, text: str) -> None:
        script, variables = (self.stack.folder.with_suffix(suffix) for suffix in (".sh", ".json"))
        dump = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))' >{variables}\n"
        if any(f"{folder.name}/" in text for folder in (ROOT / "tools", ROOT / "examples")):
            self.printed = from_a_clone(self._clone, self.stack, text)
            return
        script.write_text(text + dump)
        before = os.environ | self.stack.variables
        self._type(f"/bin/sh -eu {script}")
        # The terminal stays open for the next block.
        after = json.loads(variables.read_text())
        changed = {name: after[name] for name in after.keys() - _SHELLS_OWN if after[name] != before.get(name)}
        self.stack.environ(**{name: value for name, value in changed.items() if name != "PATH"})

    def _shown(self, text: str) -> None:
        lines = [" ".join(line.split()) for line in self.printed.splitlines()]
        for line in text.splitlines():
            pattern = ".*".join(re.escape(" ".join(part.split())) for part in line.strip().split("…"))
            # Spaces beside a gap are its own.
            pattern = pattern.replace("\\ .*", ".*").replace(".*\\ ", ".*")
            assert any(re.search(pattern, shown) for shown in lines), f"{line}\n\nis not in:\n\n{self.printed}"

    def _type(self, command: str) -> None:
        finished = self.stack.shell(command)
        self.printed = finished.stdout + finished.stderr
        assert finished.returncode == 0, self.printed


def from_a_clone(folder: Path, stack: Stack, text: str) -> str:
    """Run lines in a copy of the repository, in a terminal in which nothing of ours is set."""
    if not any(folder.iterdir()):
        for name in ("LICENSE", "Pulumi.yaml", "README.md", "examples", "provider", "pyproject.toml", "tools"):
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(sys.prefix)
    environment = {
        "HOME": os.environ["HOME"],
        # What `pip install` needs is found installed already; 0 is how pip wants to hear that it builds with that.
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_INDEX": "1",
        "PYTHONPATH": sysconfig.get_path("purelib"),
        "PULUMI_HOME": str(folder / "pulumi"),
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PATH": os.pathsep.join([str(Path(stack.engine.command).parent), f"{sys.prefix}/bin", os.environ["PATH"]]),
    }
    finished = subprocess.run(
        ["/bin/sh", "-eu"],
        # Pulumi takes the home of the user, whatever HOME says.
        input=text.replace("file://~", f"file://{folder}"),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture
def gateway() -> Iterator[Proxy]:
    """A proxy that remembers whom it was asked for."""
    with proxy() as running:
        yield running


@pytest.mark.parametrize("page", _RUN)
def test_page_runs_from_top_to_bottom(
    new_stack: Callable[..., Stack], server: Emulator, gateway: Proxy, tmp_path: Path, page: str
) -> None:
    """Programs preview, apply, apply again without a change; commands succeed; what is shown is what comes.

    A program replaces the one before it. In the end everything is destroyed, and nothing is left on the server.
    """
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    theirs = client_for(server, wall_clock()).create_job(server.project_id, job_request(resourceName="rs7"))
    (tmp_path / "clone").mkdir()
    text = "".join(block.text for block in _RUN[page])
    with behind_tls(server, authority) as secure:
        reader = Reader(
            new_stack("", PULUMI_SKIP_CONFIRMATIONS="true"),
            tmp_path / "clone",
            dict.fromkeys(SERVERS, server.url)
            | {
                "https://om.example.net:8443": secure if CA_FILE in text else server.url,
                "http://127.0.0.1:8080": server.url,
                CA_FILE: str(ca_file),
                PROXY: gateway.url,
                "qwertyui": server.public_key,
                "01234567-89ab-cdef-0123-456789abcdef": server.private_key,
                JOB: theirs,
            },
        )
        reader.read(_RUN[page])
        if any(block.kind == "program" for block in _RUN[page]):
            reader.stack.destroy()
    assert set(server.job_ids) <= {theirs}
    assert (PROXY in text) == bool(gateway.asked)


@pytest.mark.parametrize("block", blocks("targets"), ids=str)
def test_make_runs_what_it_is_told(engine: PulumiCommand, block: Block) -> None:
    """The demo runs; of the others, which run tests or ask the internet, each command is there."""
    for line in block.text.splitlines():
        # Whatever the age of files says: these tests run in an environment that is made.
        made = ["-o", ".venv/ready", f"BIN={Path(sys.executable).parent}"]
        options = made if line == "make demo" else [*made, "--dry-run"]
        finished = subprocess.run(
            [*line.split(), *options],
            cwd=ROOT,
            # What a `make` around this one hands on is not for it.
            env=os.environ
            | {
                "PATH": f"{Path(engine.command).parent}{os.pathsep}{os.environ['PATH']}",
                "MAKEFLAGS": "",
                "MAKELEVEL": "0",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stdout + finished.stderr
        assert line != "make demo" or "its files are gone" in finished.stdout
