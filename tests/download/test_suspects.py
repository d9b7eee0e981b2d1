"""Suspicious entries are reported, and reading such archives costs no more than reading others."""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from pulumi_opsmanager.download.contents import contents
from pulumi_opsmanager.download.fetch import fetch
from pulumi_opsmanager.download.file_place import FilePlace
from pulumi_opsmanager.download.suspects import Suspects, suspicion
from tests.support import FakeClock

_MIB = 1024 * 1024


def member(name: str, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    return info


@pytest.mark.parametrize(
    ("name", "kind", "problem"),
    [
        ("db1/27017/mongodb/mongodb.log", tarfile.REGTYPE, None),
        ("./db1/27017", tarfile.DIRTYPE, None),
        ("db1/..log/a..b", tarfile.REGTYPE, None),
        ("/etc/passwd", tarfile.REGTYPE, "has an absolute name"),
        ("db1/../../x", tarfile.REGTYPE, "leads out of the folder"),
        ("..", tarfile.DIRTYPE, "leads out of the folder"),
        ("soft", tarfile.SYMTYPE, "is a link"),
        ("hard", tarfile.LNKTYPE, "is a link"),
        ("disk", tarfile.BLKTYPE, "is a device or a pipe"),
        ("tty", tarfile.CHRTYPE, "is a device or a pipe"),
        ("pipe", tarfile.FIFOTYPE, "is a device or a pipe"),
        ("new", b"Z", "is a device or a pipe"),
    ],
)
def test_entry_is_suspicious_outside_of_the_folder_or_as_a_special_file(
    name: str, kind: bytes, problem: str | None
) -> None:
    """Special files are links, devices and pipes."""
    assert suspicion(member(name, kind)) == problem


def test_warning_names_the_first_suspicious_entries_and_counts_the_others() -> None:
    """The warning is one line, without control characters for a terminal."""
    suspects = Suspects()
    assert suspects.warning(1, 1) is None
    for number in range(100_000):
        suspects.see(member(f"../\x1b[31m{number}"))
    warning = suspects.warning(1, 1)
    assert warning is not None
    assert warning.startswith(
        "100000 entries in the archive are not log files: '../\ufffd[31m0' leads out of the folder, "
    )
    assert "and 99997 more; check the archive before you unpack it" in warning
    assert "\x1b" not in warning


def test_bomb_is_read_in_flat_memory_and_makes_one_small_file(
    clock: FakeClock, tmp_path: Path, traced: Callable[[Callable[[], object]], int]
) -> None:
    """The unpacked size is a thousand times that of the archive. The warning reports it, and nothing is unpacked."""
    bomb = member("db1.example.net/27017/mongodb/mongodb.log")
    bomb.size = 112 * _MIB
    packed = gzip.compress(bomb.tobuf() + bytes(bomb.size) + bytes(1024))
    assert bomb.size > 900 * len(packed)
    file = tmp_path / "logs.tar.gz"
    found = []

    def download() -> None:
        found.append(fetch(lambda: nullcontext(iter([packed])), FilePlace(file), children=(), clock=clock))

    assert traced(download) < 10 * _MIB
    assert found[0].uncompressed_size_bytes == bomb.size
    assert found[0].suspicious is not None
    assert found[0].suspicious.startswith("unpacked it has 117 MB, 10")
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [len(packed)]


def headers(count: int) -> Iterator[bytes]:
    """Headers of empty files. Only name and checksum differ."""
    first = bytearray(member("0000000").tobuf(tarfile.USTAR_FORMAT))
    checksum = int(first[148:154], 8) - 7 * ord("0")
    for number in range(count):
        name = b"%07d" % number
        first[:7] = name
        first[148:154] = b"%06o" % (checksum + sum(name))
        yield bytes(first)


def test_hundred_thousand_members_are_read_in_flat_memory() -> None:
    """The walk keeps no member in memory, unlike Python's tarfile."""
    count, blocks = 100_000, list[int]()
    packed = gzip.compress(b"".join(headers(count)) + bytes(1024), 1)
    found = contents(io.BytesIO(packed), progress=lambda _: blocks.append(sys.getallocatedblocks()))
    assert (found.others, found.problem) == (count, None)
    assert len(blocks) > 2
    assert max(blocks) - min(blocks) < count // 10
