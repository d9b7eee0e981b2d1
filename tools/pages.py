"""The pages of the documentation, and the site that MkDocs makes of them.

The site has the repository's tree, so that a link which works on the hosting page works there too, and no text is
there twice: README.md is its first page, and SECURITY.md, CHANGELOG.md and the examples are pages where they lie.
MkDocs calls the functions whose names begin with `on_`; `make docs` runs it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

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
    """Every page, the first one first."""
    return [page for pattern in _PATTERNS for page in sorted(ROOT.glob(pattern))]


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Where the links of a page lead within the repository: file and anchor, each as written, "" for none."""
    for target in _LINK.findall(FENCED.sub("", page.read_text())):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def on_files(files: Any, config: Any) -> Any:
    """Put the pages where they lie in the repository, and with them the other files that they link to."""
    from mkdocs.structure.files import File  # only `make docs` installs it

    for file in list(files):
        if file.src_dir == config.docs_dir:
            files.remove(file)
    every = pages()
    linked = {path for page in every for path, _ in links(page) if path.is_file()} - set(every)
    for path in [*every, *sorted(linked)]:
        uri = path.relative_to(ROOT).as_posix()
        files.append(File(uri, str(ROOT), config.site_dir, config.use_directory_urls))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:  # noqa: ARG001  MkDocs names them
    """Show the program of an example below its description."""
    program = (ROOT / page.file.src_uri).with_name("__main__.py")
    if not program.is_file():
        return markdown
    return f"{markdown}\n## The program\n\n```python\n{program.read_text()}```\n"
