"""The code blocks of the documentation, and the test modules that run them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi_opsmanager.emulator import Emulator
from tests.support import ROOT
from tools.pages import pages

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        page: Path in the repository.
        number: Number of its first line.
        language: The word after the fence.
        text: The lines between the fences.
    """

    page: str
    number: int
    language: str
    text: str

    @property
    def kind(self) -> str:
        """How the block is run; empty if no test runs it."""
        return next((kind for kind, is_one in _KINDS.items() if is_one(self.language, self.text)), "")

    def __str__(self) -> str:
        return f"{self.page}:{self.number}"


# The first pattern that matches decides.
_KINDS: Mapping[str, Callable[[str, str], object]] = {
    "program": lambda language, text: (
        language == "python" and re.search(r"^import pulumi_opsmanager\b", text, re.MULTILINE)
    ),
    "script": lambda language, text: language == "python" and not re.search(r"^def test_", text, re.MULTILINE),
    "targets": lambda language, text: language == "sh" and all(line.startswith("make ") for line in text.splitlines()),
    "terraform": lambda language, text: language == "sh" and re.search(r"^terraform ", text, re.MULTILINE),
    "configuration": lambda language, _: language == "terraform",
    "shell": lambda language, _: language == "sh",
    "shown": lambda language, _: language == "text",
    "diagram": lambda language, _: language == "mermaid",
}

RUN_ELSEWHERE: Mapping[str, str] = {
    "README.md": "engine/test_pages.py",
    "docs/cli.md": "cli/test_docs.py",
    "docs/emulator.md": "cli/test_emulator_command.py",
    "docs/languages.md": "plugin_engine/test_pages.py",
    "docs/leave.md": "engine/test_leave.py",
    "docs/install.md": "engine/test_pages.py",
    "docs/pipelines.md": "engine/test_pipelines.py",
    "docs/policy.md": "engine/test_policy.py",
    "docs/take-over.md": "engine/test_pages.py",
    "docs/terraform/index.md": "terraform_engine/test_pages.py",
    "docs/testing.md": "engine/test_testing.py",
}
"""Pages whose blocks one test module runs, and the path of that module."""


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, from top to bottom."""
    text = page.read_text()
    name = page.relative_to(ROOT).as_posix()
    return [Block(name, text.count("\n", 0, found.start()) + 1, found[1], found[2]) for found in _BLOCK.finditer(text)]


def blocks(*kinds: str) -> list[Block]:
    """The blocks of some kinds, on all pages whose blocks no other module runs."""
    here = [page for page in pages() if page.relative_to(ROOT).as_posix() not in RUN_ELSEWHERE]
    return [block for page in here for block in blocks_of(page) if block.kind in kinds]


def edit_settings(file: Path, server: Emulator) -> None:
    """Write the settings of a server into a copy of examples/env.sh, as a person does."""
    real = {
        "OPSMANAGER_BASE_URL": server.url,
        "OPSMANAGER_PROJECT_ID": server.project_id,
        "OPSMANAGER_PUBLIC_KEY": server.public_key,
        "OPSMANAGER_PRIVATE_KEY": server.private_key,
    }
    text = file.read_text()
    for name, value in real.items():
        text, edited = re.subn(rf"(?m)^(export {name}=)'.*'$", rf"\g<1>'{value}'", text)
        assert edited == 1, name
    file.write_text(text)
