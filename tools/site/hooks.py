"""What MkDocs asks while `make docs` builds the site; it calls the functions whose names begin with `on_`.

The site has the repository's tree, so that a link which works on the hosting page works there too, and no text is
there twice: README.md is its first page, and SECURITY.md and CHANGELOG.md are pages where they lie. The READMEs of the
examples are no pages of the site: guides show the programs.
"""

from __future__ import annotations

import re
from html import escape, unescape
from pathlib import Path
from typing import Any

from tools.pages import ROOT, groups, links
from tools.site import scripts
from tools.site.hosts import foreign

_ASSETS = {
    "assets/site.css": lambda: Path(__file__).with_name("site.css"),
    "assets/iframe-worker.js": scripts.search_from_a_disk,
}


def on_config(config: Any) -> Any:
    """Make the menu of the contents: a page has its heading as its name."""
    config.nav = [{title: [page.relative_to(ROOT).as_posix() for page in listed]} for title, listed in groups().items()]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Put the pages where they lie in the repository, and with them what they show, link to and load."""
    from mkdocs.structure.files import File  # only `make docs` installs it

    for file in list(files):
        if file.src_dir == config.docs_dir:
            files.remove(file)
    shown = [page for listed in groups().values() for page in listed]
    linked = {path for page in shown for path, _ in links(page) if path.is_file() and path.suffix != ".md"}
    for path in [*shown, *sorted(linked)]:
        files.append(File(path.relative_to(ROOT).as_posix(), str(ROOT), config.site_dir, config.use_directory_urls))
    for uri, find in _ASSETS.items():
        files.append(File.generated(config, uri, abs_src_path=str(find())))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Leave out a comment that comes first: MkDocs takes a page's name from a heading only if nothing is above it."""
    return re.sub(r"\A<!--.*?-->\s*", "", markdown, flags=re.DOTALL)


def on_page_content(html: str, **_: Any) -> str:
    """Keep names in tables from breaking at a hyphen, and give each cell the heading of its column for phones."""
    return re.sub(r"<table>.*?</table>", lambda found: _labelled(_unbroken(found[0])), html, flags=re.DOTALL)


def _unbroken(table: str) -> str:
    def code(found: re.Match[str]) -> str:
        return re.sub(r"(?<!\S)[^\s<>]{1,40}(?!\S)", _name, found[1])

    return re.sub(r"(?<=<code>)(.*?)(?=</code>)", code, table, flags=re.DOTALL)


def _name(found: re.Match[str]) -> str:
    return f'<span class="name">{found[0]}</span>' if "-" in found[0] else found[0]


def _labelled(table: str) -> str:
    heads = [unescape(re.sub(r"<[^>]+>", "", head)) for head in re.findall(r"<th[^>]*>(.*?)</th>", table, re.DOTALL)]

    def row(found: re.Match[str]) -> str:
        labels = iter(heads)
        return re.sub(r"<td", lambda _: f'<td data-label="{escape(next(labels))}"', found[0])

    return re.sub(r"<tr>.*?</tr>", row, table, flags=re.DOTALL)


def on_post_page(output: str, **_: Any) -> str:
    """Let long names in the menu break at an underscore."""
    return re.sub(r'(?<=<span class="md-ellipsis">)[^<]+', lambda name: name[0].replace("_", "_<wbr>"), output)


def on_post_build(config: Any) -> None:
    """Refuse a site that loads something from another host, or that cannot search from a disk.

    Raises:
        PluginError: What would load it, one a line.
    """
    from mkdocs.exceptions import PluginError

    if found := list(foreign(Path(config.site_dir))):
        raise PluginError("\n".join(["the site would not work without the internet:", *found]))
