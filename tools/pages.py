"""The pages of the documentation, and the groups that docs/README.md puts them in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONTENTS = ROOT / "docs" / "README.md"

_PATTERNS = (
    "README.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/**/*.md",
    "provider/README.md",
    "examples/*/README.md",
    "examples/pipelines/*/README.md",
)
_LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCED = re.compile(r"^(?P<fence>```|~~~).*?^(?P=fence)$", re.DOTALL | re.MULTILINE)


def pages() -> list[Path]:
    """Every page of the repository, the first one first."""
    return [page for pattern in _PATTERNS for page in sorted(ROOT.glob(pattern))]


def groups() -> dict[str, list[Path]]:
    """The pages of the site by heading of the contents, which come last in the first group."""
    _, *parts = re.split(r"^## (.*)$", CONTENTS.read_text(), flags=re.MULTILINE)
    listed = {
        title: list(dict.fromkeys(_leads_to(CONTENTS, target)[0] for target in _LINK.findall(text)))
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }
    next(iter(listed.values())).append(CONTENTS)
    return listed


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Where the links of a page lead within the repository: file and anchor, each as written, "" for none."""
    for target in _LINK.findall(FENCED.sub("", page.read_text())):
        if "://" not in target:
            yield _leads_to(page, target)


def _leads_to(page: Path, target: str) -> tuple[Path, str]:
    path, _, anchor = target.partition("#")
    return (page.parent / path).resolve() if path else page, anchor
