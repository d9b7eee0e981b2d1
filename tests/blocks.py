"""The code blocks of the documentation: which there are, and which test runs each kind of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import ROOT
from tools.pages import pages

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One code block.

    Attributes:
        page: As the repository names it.
        number: Of its line.
        language: As it is written behind the fence.
        text: Between the fences.
    """

    page: str
    number: int
    language: str
    text: str

    @property
    def kind(self) -> str:
        """What is to be done with it; empty when nobody knows."""
        return next((kind for kind, is_one in _KINDS.items() if is_one(self.language, self.text)), "")

    def __str__(self) -> str:
        return f"{self.page}:{self.number}"


# The first that fits counts. What a program declares, it declares by these modules.
_KINDS: Mapping[str, Callable[[str, str], object]] = {
    "tests": lambda language, text: language == "python" and re.search(r"^def test_", text, re.MULTILINE),
    "program": lambda language, text: (
        language == "python" and re.search(r"^import (pulumi_opsmanager|jobs)\b", text, re.MULTILINE)
    ),
    "script": lambda language, _: language == "python",
    "targets": lambda language, text: language == "sh" and all(line.startswith("make ") for line in text.splitlines()),
    "shell": lambda language, _: language == "sh",
    "shown": lambda language, _: language == "text",
    "diagram": lambda language, _: language == "mermaid",
    "yaml": lambda language, _: language in ("yaml", "yml"),
}

RUN_BY: Mapping[str, str] = {
    "tests": "engine/test_pages.py::test_page_runs_from_top_to_bottom",
    "program": "engine/test_pages.py::test_page_runs_from_top_to_bottom",
    "script": "engine/test_pages.py::test_page_runs_from_top_to_bottom",
    "shell": "engine/test_pages.py::test_page_runs_from_top_to_bottom",
    "shown": "engine/test_pages.py::test_page_runs_from_top_to_bottom",
    "targets": "engine/test_pages.py::test_make_runs_what_it_is_told",
    "diagram": "meta/test_pages.py::test_diagram_can_be_drawn",
    "yaml": "meta/test_pages.py::test_yaml_can_be_read",
}
"""By which test a kind is run."""

RUN_ELSEWHERE: Mapping[str, str] = {
    "docs/cli.md": "cli/test_docs.py",
    "docs/pipelines.md": "engine/test_pipelines.py",
    "docs/policy.md": "engine/test_policy.py",
    "docs/testing.md": "engine/test_testing.py",
    "examples/07-take-over/README.md": "engine/test_examples.py",
}
"""Pages whose blocks have a test module of their own."""


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, from top to bottom."""
    text = page.read_text()
    name = page.relative_to(ROOT).as_posix()
    return [Block(name, text.count("\n", 0, found.start()) + 1, found[1], found[2]) for found in _BLOCK.finditer(text)]


def blocks(*kinds: str) -> list[Block]:
    """The blocks of some kinds, of all pages whose blocks are not run elsewhere."""
    here = [page for page in pages() if page.relative_to(ROOT).as_posix() not in RUN_ELSEWHERE]
    return [block for page in here for block in blocks_of(page) if block.kind in kinds]
