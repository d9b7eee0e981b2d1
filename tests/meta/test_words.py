"""Texts of rooms that know no engine name no engine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support import ROOT

PACKAGE = ROOT / "provider" / "pulumi_opsmanager"

ROOMS = ("errors", "instants", "clock", "api", "schema", "download", "lifecycle")
"""Rooms that every engine uses."""

ENGINE_WORDS = re.compile(
    # The commands of this package have the name of the distribution.
    r"\b(?:pulumi(?!-opsmanager\b)|terraform|tofu|preview\w*|refresh\w*|destroy\w*|stacks?|urn)\b|--run-program"
    # English has these words too, but not as commands.
    r"|`(?:up|plan|apply)\b|\b(?:an?|after|before|every|last|next|run|until|with) up\b",
    re.IGNORECASE,
)
"""Commands and concepts of Pulumi, Terraform and OpenTofu."""


def parsed(room: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules of a room, which is a folder or one file, by path in the package."""
    for file in sorted(PACKAGE.glob(f"{room}/**/*.py")) or [PACKAGE / f"{room}.py"]:
        yield file.relative_to(PACKAGE).as_posix(), ast.parse(file.read_text())


def texts(tree: ast.AST, *, docstrings: bool) -> Iterator[ast.Constant]:
    """The string literals of a module, and the fixed parts of its f-strings."""
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (docstrings or node not in alone):
            yield node


def found(room: str, words: re.Pattern[str], *, docstrings: bool) -> list[str]:
    """The places of words in the texts of a room: `schema/job.py:12 state`."""
    return [
        f"{name}:{text.lineno} {match[0]}"
        for name, tree in parsed(room)
        for text in texts(tree, docstrings=docstrings)
        for match in words.finditer(str(text.value))
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_messages_and_descriptions_name_no_engine(room: str) -> None:
    """Every engine shows them. The docstrings of errors become a page, so they are checked too.

    Other docstrings may name an engine.
    """
    assert found(room, ENGINE_WORDS, docstrings=room == "errors") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("run `pulumi refresh`, then up again", ["pulumi", "refresh"]),
        ("the next up reads it; a preview of the stack does not", ["next up", "preview", "stack"]),
        ("run `up`, or `apply -refresh=false`", ["`up", "`apply", "refresh"]),
        ("`pulumi-opsmanager list` shows up to 100 jobs; give up, or plan it", []),
    ],
)
def test_engine_words_are_found(text: str, words: list[str]) -> None:
    """English words that look like a command are not found."""
    assert ENGINE_WORDS.findall(text) == words
