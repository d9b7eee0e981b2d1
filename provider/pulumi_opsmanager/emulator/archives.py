"""The archive of an emulated job: a `.tar.gz` of log-like lines in the documented layout, made as it is sent.

Memory does not grow with the size. Source of the layout: vendor tutorial "View, Retrieve, and Manage Logs".
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator

from .jobs import Child, EmulatedJob

_FILE_NAMES = {
    "AUTOMATION_AGENT": "automation-agent-verbose.log",
    "BACKUP_AGENT": "backup-agent-verbose.log",
    "MONITORING_AGENT": "monitoring-agent-verbose.log",
    "MONGODB": "mongodb.log",
    "FTDC": "metrics.interim",
}

_CHUNK_BYTES = 64 * 1024
_GZIP = 31


def archive(job: EmulatedJob) -> Iterator[bytes]:
    """The archive's bytes; parts that failed are not in it."""
    deflate = zlib.compressobj(wbits=_GZIP)
    for piece in _tar(job):
        if packed := deflate.compress(piece):
            yield packed
    yield deflate.flush()


def _tar(job: EmulatedJob) -> Iterator[bytes]:
    for child in job.children:
        if child.status == "FAILURE":
            continue
        member = tarfile.TarInfo(f"{child.path}/{_FILE_NAMES[child.log_type]}")
        member.size, member.mtime, member.mode = child.size_bytes, int(job.created.timestamp()), 0o600
        yield member.tobuf(tarfile.PAX_FORMAT)
        yield from _lines(child)
        yield bytes(-child.size_bytes % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _lines(child: Child) -> Iterator[bytes]:
    left, number = child.size_bytes, 0
    while left > 0:
        lines = bytearray()
        while len(lines) < min(left, _CHUNK_BYTES):
            number += 1
            lines += (
                f'{{"t":{{"$date":"2026-03-02T09:15:{number % 60:02d}.{number % 1000:03d}Z"}},"s":"I","c":"NETWORK",'
                f'"id":{22943 + number},"ctx":"conn{number * 7919 % 10007}","msg":"{child.host}"}}\n'
            ).encode()
        yield bytes(lines[:left])
        left -= len(lines)
