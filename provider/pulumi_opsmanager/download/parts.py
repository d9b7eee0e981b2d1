"""Which parts of a job are in an archive? Compares the names of its files with the job's child jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pulumi_opsmanager.api.models import FAILED_STATUSES, ChildJob
from pulumi_opsmanager.errors import counted, shorten

from .layout import Source, plain_name, source_of

# A path is four folders deep. A server could send a path of thousands, which is slow to compare.
_DEEPEST = 16


class Parts:
    """The child jobs of a verbose answer, compared with the files of an archive. Without child jobs none is missing."""

    def __init__(self, children: Iterable[ChildJob]) -> None:
        self._children = tuple(children)
        self._seen: set[int] = set()
        self._by_path: dict[str, list[int]] = defaultdict(list)
        self._by_source: dict[Source, list[int]] = defaultdict(list)
        self._unmatched, self._example = 0, ""
        for number, child in enumerate(self._children):
            path = plain_name(child.path or "")
            if path and path.count("/") + 1 < _DEEPEST:
                self._by_path[path].append(number)
            if source := _source(child):
                self._by_source[source].append(number)
        self._depths = {path.count("/") + 1 for path in self._by_path}

    def see(self, name: str) -> None:
        """Look at the next regular file of the archive."""
        plain, is_matched = plain_name(name), False
        source = source_of(plain)
        for numbers in self._beneath(plain):
            is_matched = True
            # In some vendor pages all agents of a host share a path. Then the path does not show the agent.
            if len(numbers) == 1 or source is None:
                self._seen.update(numbers)
        if source is not None:
            for port in (source.port, None):
                numbers = self._by_source.get(Source(source.host.lower(), port, source.log_type), [])
                self._seen.update(numbers)
                is_matched = is_matched or bool(numbers)
        if not is_matched:
            self._unmatched += 1
            self._example = self._example or shorten(name)

    def missing(self) -> tuple[ChildJob, ...]:
        """Return the child jobs without a file in the archive, in their order.

        A failed child job is always missing. A child job with 0 bytes, or without path and host, is never missing.
        """
        return tuple(child for number, child in enumerate(self._children) if self._is_missing(number, child))

    def unmatched(self) -> str | None:
        """Return a note about files that belong to no part, with one name; None if there are none.

        If a part is missing, the name shows how the paths differ.
        """
        if not self._unmatched:
            return None
        files = counted(self._unmatched, "file in the archive belongs", "files in the archive belong")
        return f"{files} to no part, such as '{self._example}'"

    def _beneath(self, name: str) -> Iterator[list[int]]:
        folders = name.split("/")[:-1]
        for depth in self._depths:
            if depth <= len(folders) and (numbers := self._by_path.get("/".join(folders[:depth]))):
                yield numbers

    def _is_missing(self, number: int, child: ChildJob) -> bool:
        if child.status in FAILED_STATUSES:
            return True
        can_be_seen = bool(child.path) or _source(child) is not None
        return can_be_seen and number not in self._seen and child.uncompressed_disk_space_bytes != 0


def _source(child: ChildJob) -> Source | None:
    if not child.host_name or not child.log_collection_type:
        return None
    host, _, port = plain_name(child.host_name).partition(":")
    return Source(host.lower(), port or None, child.log_collection_type)
