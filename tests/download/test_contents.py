from __future__ import annotations

import gzip
import io
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.download.contents import contents
from tests.download.archives import LOGS, archive_of, tar_of
from tests.support import PROJECT, job_request


def test_rows_are_sorted_and_sum_up() -> None:
    """Each host, port and log type has one row. Files in unknown places are counted separately."""
    files = LOGS | {
        "db1.example.net/9999/mongodb/mongodb.log": b"2026-03-02T10:00:00.000+0100 I one\n2026-03-02T10:00:01.5Z",
        "db1.example.net/9999/mongodb/mongodb.log.2026-03-01": b"2026-03-01T00:00:00.000Z two\nthree\n",
        "db1.example.net/9999/mongodb/mongodb.log.2026-02-28.gz": b"\n\n\n\n",
        "README": b"\n",
    }
    found = contents(io.BytesIO(archive_of(files)))
    assert found.problem is None
    assert found.others == 1
    assert [(row.host, row.port, row.log_type, row.files, row.size_bytes, row.lines) for row in found.rows] == [
        ("db1.example.net", None, "AUTOMATION_AGENT", 1, 9 * 41, 9),
        ("db1.example.net", "9999", "MONGODB", 3, 57 + 35 + 4, 4),
        ("db1.example.net", "27017", "FTDC", 1, 1280, None),
        ("db1.example.net", "27017", "MONGODB", 1, 40 * 51, 40),
    ]
    rotated, binary = found.rows[1], found.rows[2]
    assert (rotated.first, rotated.last) == (
        datetime(2026, 3, 1, tzinfo=timezone.utc),
        datetime(2026, 3, 2, 10, 0, 1, 500000, tzinfo=timezone.utc),
    )
    assert (binary.first, binary.last) == (None, None)


def test_progress_is_the_number_of_bytes_read() -> None:
    """The number grows up to the size of the file."""
    packed, heard = archive_of(LOGS), list[int]()
    contents(io.BytesIO(packed), progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == len(packed)


@pytest.mark.parametrize("options", [["--exclude=*/*"], []])
def test_archive_without_files_has_no_rows(tmp_path: Path, options: list[str]) -> None:
    """Empty folders cause no row and no problem."""
    (tmp_path / "db1/27017/mongodb").mkdir(parents=True)
    packed = subprocess.check_output(["tar", "-cz", *options, "db1"], cwd=tmp_path)  # noqa: S607
    found = contents(io.BytesIO(packed))
    assert (found.rows, found.others, found.problem) == ((), 0, None)


def test_archive_of_a_server_is_understood(client: Client) -> None:
    """Each child job of the emulator has a row, with a time range unless it is FTDC."""
    job_id = client.jobs(PROJECT).create(job_request(logTypes=["FTDC", "MONGODB", "BACKUP_AGENT"]))
    children = client.jobs(PROJECT).get(job_id, verbose=True).child_jobs or ()
    with client.jobs(PROJECT).download(job_id) as pieces:
        found = contents(io.BytesIO(b"".join(pieces)))
    hosts = {row.host if row.port is None else f"{row.host}:{row.port}": row.size_bytes for row in found.rows}
    assert hosts == {child.host_name: child.uncompressed_disk_space_bytes for child in children}
    assert len(found.rows) == len(children)
    assert {row.log_type for row in found.rows if row.first is None} == {"FTDC"}


@pytest.mark.parametrize(
    ("packed", "words", "are_read"),
    [
        (archive_of(LOGS)[:-20], "gzip stream is truncated", True),
        (gzip.compress(tar_of(LOGS)[:2000]), "tar inside has no end", True),
        (b"<html>", "not a gzip file", False),
    ],
    ids=["cut", "cut inside", "a page"],
)
def test_rows_of_a_broken_archive_end_where_it_breaks(packed: bytes, words: str, are_read: bool) -> None:
    """The rows so far are shown with the problem."""
    found = contents(io.BytesIO(packed))
    assert words in (found.problem or "")
    assert bool(found.rows) is are_read
    assert sum(row.size_bytes for row in found.rows) <= sum(map(len, LOGS.values()))
