"""Archives that mean no good: what they hold is told, and they cost what any other does."""

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
from pulumi_opsmanager.download.oddities import Oddities, oddity
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
        ("db1/../../x", tarfile.REGTYPE, "leads out of its folder"),
        ("..", tarfile.DIRTYPE, "leads out of its folder"),
        ("soft", tarfile.SYMTYPE, "is a link"),
        ("hard", tarfile.LNKTYPE, "is a link"),
        ("disk", tarfile.BLKTYPE, "is a device or a pipe"),
        ("tty", tarfile.CHRTYPE, "is a device or a pipe"),
        ("pipe", tarfile.FIFOTYPE, "is a device or a pipe"),
        ("new", b"Z", "is a device or a pipe"),
    ],
)
def test_member_that_no_log_archive_has_is_known(name: str, kind: bytes, problem: str | None) -> None:
    """What leaves the folder where it is unpacked, or is neither file nor folder."""
    assert oddity(member(name, kind)) == problem


def test_first_oddities_are_named_and_the_others_counted() -> None:
    """One line, in which no name steers a terminal."""
    oddities = Oddities()
    assert oddities.told(1, 1) is None
    for number in range(100_000):
        oddities.see(member(f"../\x1b[31m{number}"))
    told = oddities.told(1, 1)
    assert told is not None
    assert told.startswith(
        "100000 entries in the archive are not log files: '../\ufffd[31m0' leads out of its folder, "
    )
    assert "and 99997 more; unpack it with care, if at all" in told
    assert "\x1b" not in told


def test_bomb_is_read_in_flat_memory_and_makes_one_small_file(
    clock: FakeClock, tmp_path: Path, traced: Callable[[Callable[[], object]], int]
) -> None:
    """A thousand times as large inside as outside: its size is told, and nothing of it is unpacked."""
    bomb = member("db1.example.net/27017/mongodb/mongodb.log")
    bomb.size = 112 * _MIB
    packed = gzip.compress(bomb.tobuf() + bytes(bomb.size) + bytes(1024))
    assert bomb.size > 900 * len(packed)
    file = tmp_path / "logs.tar.gz"
    found = []

    def download() -> None:
        found.append(fetch(lambda: nullcontext(iter([packed])), file, children=(), clock=clock))

    assert traced(download) < 10 * _MIB
    assert found[0].uncompressed_size_bytes == bomb.size
    assert found[0].odd is not None
    assert found[0].odd.startswith("its 117 MB are 10")
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [len(packed)]


def headers(count: int) -> Iterator[bytes]:
    """Headers of empty files, named by their numbers; only name and checksum change."""
    first = bytearray(member("0000000").tobuf(tarfile.USTAR_FORMAT))
    checksum = int(first[148:154], 8) - 7 * ord("0")
    for number in range(count):
        name = b"%07d" % number
        first[:7] = name
        first[148:154] = b"%06o" % (checksum + sum(name))
        yield bytes(first)


def test_hundred_thousand_members_are_read_in_flat_memory() -> None:
    """The walk keeps nothing of a member that it has passed, unlike Python's tarfile."""
    count, blocks = 100_000, list[int]()
    packed = gzip.compress(b"".join(headers(count)) + bytes(1024), 1)
    found = contents(io.BytesIO(packed), progress=lambda _: blocks.append(sys.getallocatedblocks()))
    assert (found.others, found.problem) == (count, None)
    assert len(blocks) > 2
    assert max(blocks) - min(blocks) < count // 10
