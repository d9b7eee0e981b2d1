from __future__ import annotations

from collections.abc import Callable

import pytest

from pulumi_opsmanager.api.models import ChildJob
from pulumi_opsmanager.download.parts import Parts

MONGODB = ChildJob(
    status="SUCCESS",
    host_name="db1.example.net:27017",
    log_collection_type="MONGODB",
    path="db1.example.net/27017/mongodb",
    uncompressed_disk_space_bytes=5000,
)
FTDC = MONGODB.model_copy(update={"log_collection_type": "FTDC", "path": "db1.example.net/27017/ftdc"})
AUTOMATION, BACKUP = (
    ChildJob(status="SUCCESS", host_name="db1.example.net", log_collection_type=f"{kind}_AGENT", path=path)
    for kind, path in (("AUTOMATION", "db1.example.net/automation_agent"), ("BACKUP", "db1.example.net/backup_agent"))
)


def missing(children: list[ChildJob], *names: str) -> list[ChildJob]:
    parts = Parts(children)
    for name in names:
        parts.see(name)
    return list(parts.missing())


@pytest.mark.parametrize(
    ("child", "name", "is_there"),
    [
        (MONGODB, "db1.example.net/27017/mongodb/mongodb.log", True),
        (MONGODB, "./db1.example.net/27017/mongodb/mongodb.log.2026-03-02T09-15-01", True),
        (MONGODB, "DB1.example.net/rs0/27017/mongodb/mongodb.log", True),
        (MONGODB, "db1.example.net\\27017\\mongodb\\mongodb.log", True),
        (MONGODB, "/db1.example.net//27017/./mongodb/mongodb.log", True),
        (MONGODB.model_copy(update={"path": "db1.example.net\\27017//mongodb\\"}), "db1/27017/mongodb/x", False),
        (MONGODB.model_copy(update={"path": "/odd\\place/"}), "odd//place/x.log", True),
        (MONGODB.model_copy(update={"path": "gr\u00fcn/x"}), "gru\u0308n/x/y.log", True),
        (MONGODB.model_copy(update={"path": "gru\u0308n/x"}), "gr\u00fcn\\x\\y.log", True),
        (MONGODB.model_copy(update={"path": None, "host_name": "gr\u00fcn:27017"}), "gru\u0308n/27017/mongodb/x", True),
        (MONGODB, "db1.example.net/27018/mongodb/mongodb.log", False),
        (MONGODB, "db1.example.net/27017/mongodb2/mongodb.log", False),
        (MONGODB, "db1.example.net/27017/mongodb", False),
        (MONGODB, "db1.example.net/27017/ftdc/metrics.interim", False),
        (MONGODB, "db2.example.net/27017/mongodb/mongodb.log", False),
        (FTDC, "db1.example.net/27017/ftdc/metrics.interim", True),
        (AUTOMATION, "db1.example.net/automation_agent/automation-agent-verbose.log", True),
        (AUTOMATION, "db1.example.net/backup_agent/backup-agent-verbose.log", False),
        (BACKUP, "db1.example.net/automation_agent/backup-agent-verbose.log", True),
        (MONGODB.model_copy(update={"path": None}), "db1.example.net/27017/mongodb/mongodb.log", True),
        (MONGODB.model_copy(update={"path": "./odd/place/"}), "odd/place/x.log", True),
        (MONGODB.model_copy(update={"host_name": None}), "db1.example.net/27017/mongodb/mongodb.log", True),
        (MONGODB.model_copy(update={"host_name": "db1.example.net"}), "db1.example.net/9/mongodb/mongodb.log", True),
        (MONGODB.model_copy(update={"log_collection_type": None}), "db1.example.net/27017/mongodb/x", True),
    ],
)
def test_part_is_found_by_its_path_or_its_place(child: ChildJob, name: str, is_there: bool) -> None:
    """A file below the path counts, or a file of that host, port and log type: the vendor's pages disagree on paths."""
    assert missing([child], name) == ([] if is_there else [child])


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        ([MONGODB, FTDC], [MONGODB, FTDC]),
        ([FTDC.model_copy(update={"uncompressed_disk_space_bytes": 0})], []),
        ([ChildJob(status="SUCCESS")], []),
        ([ChildJob(status="FAILURE")], [ChildJob(status="FAILURE")]),
        ([], []),
    ],
)
def test_parts_with_bytes_are_missing_in_an_empty_archive(children: list[ChildJob], expected: list[ChildJob]) -> None:
    """A part is missing if it has a place and bytes."""
    assert missing(children) == expected


@pytest.mark.parametrize("status", ["FAILURE", "FAILED"])
@pytest.mark.parametrize("size_bytes", [0, 5000])
def test_failed_part_is_always_missing(status: str, size_bytes: int) -> None:
    """A truncated log does not count as present. The order is that of the children."""
    failed = MONGODB.model_copy(update={"status": status, "uncompressed_disk_space_bytes": size_bytes})
    names = ["db1.example.net/27017/mongodb/mongodb.log", "db1.example.net/27017/ftdc/metrics.interim"]
    assert missing([AUTOMATION, failed, FTDC], *names) == [AUTOMATION, failed]


def test_files_of_no_part_are_counted_and_one_is_named() -> None:
    """The note has no control characters. It is None if every file has a part."""
    parts = Parts([MONGODB, FTDC])
    parts.see("db1.example.net/27017/mongodb/mongodb.log")
    assert parts.unmatched() is None
    parts.see("db2.example.net/27017/\x1b[2J/x.log")
    note = "1 file in the archive belongs to no part, such as 'db2.example.net/27017/\ufffd[2J/x.log'"
    assert parts.unmatched() == note
    parts.see("README")
    assert str(parts.unmatched()).startswith("2 files in the archive belong to no part, such as 'db2")


def test_path_that_agents_share_does_not_show_the_agent() -> None:
    """Older pages have one folder for all agents. Then the name of the file decides."""
    both = [AUTOMATION, BACKUP.model_copy(update={"path": AUTOMATION.path})]
    assert missing(both, "db1.example.net/automation_agent/automation-agent.log") == both[1:]
    assert missing(both, "db1.example.net/automation_agent/backup-agent.log") == both[:1]
    odd = [child.model_copy(update={"path": "odd"}) for child in both]
    assert missing(odd, "odd/agents.log") == []


def test_memory_does_not_grow_with_names(traced: Callable[[Callable[[], object]], int]) -> None:
    """A million files of one part are one part."""
    parts = Parts([MONGODB])

    def see(count: int) -> None:
        for number in range(count):
            parts.see(f"db1.example.net/27017/mongodb/mongodb.log.{number}")

    see(1)
    assert traced(lambda: see(3000)) < 20_000
