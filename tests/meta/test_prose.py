"""Every text for people is in plain English: pages, messages, docstrings, comments and test names."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT
from tools.pages import FENCED, pages

BANNED = re.compile(
    r"\b(?:told|hears|whole(?! (?:numbers?|seconds|milliseconds)\b)|odd|anew|of others|ran out|mends?|wish|hope|bag"
    r"|judges?|stands|heeds|owns|the server's own|becomes? of|is no failure|can(?:not)? be had|for ever)\b",
    re.IGNORECASE,
)
"""A whole number is a term of its own."""

WORDS = 30
LONG_SENTENCES: frozenset[str] = frozenset()
"""Sentences that are longer, each for a reason."""

CODE = re.compile(r"``.*?``|`[^`]*`|\]\([^)]*\)|\w+://\S+|<!--.*?-->", re.DOTALL)
END = re.compile(r"[.!?:;](?=[\s\"*)]|$)|\s\|\s?|\n\s*\n|\n\s*(?:[-*#|>=├└│]|\d+\.)|\n {4,}")


def python_texts(source: str, *, messages: bool) -> Iterator[str]:
    """Comments, docstrings and names of tests; with messages, every string literal."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        literal = node if messages else getattr(node, "value", None) if isinstance(node, ast.Expr) else None
        if isinstance(literal, ast.Constant) and isinstance(literal.value, str):
            yield literal.value
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name.lower().startswith("test"):
            yield node.name.replace("_", " ")


def texts() -> Iterator[tuple[str, str]]:
    """Each text with its file; code is an x."""
    for page in pages():
        yield page.relative_to(ROOT).as_posix(), CODE.sub("x", FENCED.sub("\n\n", page.read_text()))
    for folder in ("benchmarks", "examples", "provider", "tests", "tools"):
        for path in sorted({*(ROOT / folder).rglob("*.py")} - {Path(__file__)}):
            for text in python_texts(path.read_text(), messages=folder == "provider"):
                yield path.relative_to(ROOT).as_posix(), CODE.sub("x", text)


def test_texts_have_no_banned_word_and_few_long_sentences() -> None:
    found = []
    for place, text in texts():
        found += [f"{place}: {match[0]}" for match in BANNED.finditer(text)]
        sentences = (" ".join(sentence.split()) for sentence in END.split(text))
        found += [f"{place}: {said}" for said in sentences if said.count(" ") >= WORDS and said not in LONG_SENTENCES]
    assert found == []
