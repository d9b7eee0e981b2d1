"""Which parts of a job does an archive hold? Its file names against the job's child jobs; one of the names is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pulumi_opsmanager.api.models import FAILED_STATUSES, ChildJob
from pulumi_opsmanager.errors import counted, shorten

from .layout import Source, plain_name, source_of

# A path is four folders deep; one of thousands would be put together anew for each file.
_DEEPEST = 16


class Parts:
    """The child jobs of one job, ticked off as the files of one archive go by.

    Args:
        children: Of a verbose answer; none when they are not known, then nothing is ever missing.
    """

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
        """Note a regular file of the archive."""
        plain, is_matched = plain_name(name), False
        source = source_of(plain)
        for numbers in self._beneath(plain):
            is_matched = True
            # Some vendor pages give all agents of a host one path; it does not tell which of them left the file.
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
        """The children that the archive lacks, in their order.

        A failed child is missing whatever is there; any other one when no file of it was seen. A child that claims
        0 bytes has no file and lacks none, and one without path and host cannot be looked for.
        """
        return tuple(child for number, child in enumerate(self._children) if self._is_missing(number, child))

    def unmatched(self) -> str | None:
        """The files that belong to no part, in words; None when there are none.

        Where a part is missing, their names show by what they differ from it.
        """
        if not self._unmatched:
            return None
        belong = counted(self._unmatched, "file in it belongs to no part", "files in it belong to no part")
        return f"{belong}, such as '{self._example}'"

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
