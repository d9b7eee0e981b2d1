"""Make the measured archives, and a fast server that sends them."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager

from .figure import Lab
from .job import PROJECT

MIB = 1024 * 1024
JOB = "69a5553c7e41b2000f5d8a01"
PATH = f"api/public/v1.0/groups/{PROJECT}/logCollectionJobs/{JOB}/download"


@contextmanager
def served(lab: Lab) -> Iterator[str]:
    """Serve the archive from another process, which is faster than the emulator; yields its URL."""
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(lab.folder), "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().partition("(")[2].partition(")")[0] + PATH
    finally:
        server.kill()
        server.wait()


def write_archive(lab: Lab, block: bytes, mib: int, level: int) -> None:
    """Write an archive of as many copies of the block as fit into a size. Level 0 of gzip does not shrink it."""
    file = lab.folder / PATH
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz", compresslevel=level) as tar:
        for number in range(mib * MIB // len(block)):
            member = tarfile.TarInfo(f"db{number}.example.net/27017/mongodb/mongodb.log")
            member.size = len(block)
            tar.addfile(member, io.BytesIO(block))


def log_lines() -> bytes:
    """Return lines of mongod that gzip compresses to a seventh, as on a real server."""
    draw = random.Random(7)
    return b"".join(
        b'{"t":{"$date":"2026-03-02T09:%02d:%02d.%03dZ"},"s":"I","c":"COMMAND","id":51803,"ctx":"conn%d","msg":"Slow '
        b'query","attr":{"type":"command","ns":"shop.orders","command":{"find":"orders","filter":{"_id":"%016x"},'
        b'"lsid":{"id":{"$uuid":"%016x"}}},"keysExamined":%d,"docsExamined":%d,"durationMillis":%d}}\n'
        % (n // 1000 % 60, n // 17 % 60, n % 1000, *map(draw.getrandbits, (12, 64, 64, 10, 10, 14)))
        for n in range(20_000)
    )
