"""What a built site would load from elsewhere: readers without the internet get all of it from the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

_LOADED = {"src", "srcset", "data", "poster", "background"}
_LOADING_RELATIONS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "modulepreload", "manifest"}
_ELSEWHERE = re.compile(r"^\s*(?:[a-z]+:)?//", re.IGNORECASE)
_ELSEWHERE_IN_STYLES = re.compile(r"(?:url\(|@import)\s*['\"]?((?:[a-z]+:)?//[^'\")\s]+)", re.IGNORECASE)


def foreign(site: Path) -> Iterator[str]:
    """What the pages and style sheets of a site load from other hosts, and pages that cannot search from a disk.

    Two scripts of other hosts are named in the theme's own script. It loads one for elements of class `mermaid`, which
    count here, and the other in browsers that lack ResizeObserver, which all have had since 2020.
    """
    for file in sorted(site.rglob("*.html")):
        page = _Page()
        page.feed(file.read_text())
        loaded = [*page.loaded, *_ELSEWHERE_IN_STYLES.findall(file.read_text())]
        if not page.searches:
            loaded.append("no search from a disk")
        yield from (f"{file.relative_to(site)}: {what}" for what in loaded)
    for file in sorted([*site.rglob("*.css"), *site.rglob("*.svg")]):
        yield from (f"{file.relative_to(site)}: {what}" for what in _ELSEWHERE_IN_STYLES.findall(file.read_text()))


class _Page(HTMLParser):
    """The addresses that a page loads by itself, without those that a reader follows."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.searches = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        loaded = [value for name, value in named.items() if name in _LOADED]
        if tag == "link" and _LOADING_RELATIONS & set(named.get("rel", "").split()):
            loaded.append(named.get("href", ""))
        self.loaded += [value for value in loaded if _ELSEWHERE.match(value)]
        if "mermaid" in named.get("class", "").split():
            self.loaded.append("a diagram that is not drawn")
        self.searches |= tag == "script" and named.get("src", "").endswith("assets/iframe-worker.js")
