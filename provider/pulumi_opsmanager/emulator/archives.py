"""The archive of an emulated job: a `.tar.gz` of log lines in the documented layout, made while it is sent.

A large file repeats one block of lines that is packed once, so memory does not grow with the size. Its last lines are
the newest. All dates come from the stored job, so each download of a job has the same bytes.

Source of the layout: vendor tutorial "View, Retrieve, and Manage Logs".
"""

from __future__ import annotations

import struct
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from .children import AGENT_TYPES, Child
from .dates import read_window_date
from .jobs import EmulatedJob

_FILE_NAMES = {
    "AUTOMATION_AGENT": "automation-agent-verbose.log",
    "BACKUP_AGENT": "backup-agent-verbose.log",
    "MONITORING_AGENT": "monitoring-agent-verbose.log",
    "MONGODB": "mongodb.log",
    "FTDC": "metrics.interim",
}

_SERVER_LINE = '{{"t":{{"$date":"{time}Z"}},"s":"I","c":"NETWORK","id":{id},"ctx":"conn{connection}","msg":"{host}"}}\n'
_AGENT_LINE = "[{time}+0000] [info] [main/agent.go:{id}] conn{connection} of {host}\n"

_BLOCK_BYTES = 256 * 1024

_LOG_SPAN = timedelta(hours=6)
"""How far the lines of a job without a time window go back."""

# RFC 1952: magic, deflate, no name, no time, unknown system. An empty last block follows the data.
_GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")
_LAST_BLOCK = bytes.fromhex("0300")

_Piece = tuple[bytes, bytes]
"""Bytes of the tar, and the same bytes deflated. The deflated pieces can follow each other in any order."""


@dataclass(frozen=True)
class _Span:
    """The time between the first line of a log and its end."""

    first: datetime
    last: datetime


def archive(job: EmulatedJob) -> Iterator[bytes]:
    """Return the bytes of the archive. It lacks the parts that failed."""
    yield _GZIP_HEADER
    checksum = size_bytes = 0
    for plain, packed in _tar(job):
        checksum = zlib.crc32(plain, checksum)
        size_bytes += len(plain)
        yield packed
    yield _LAST_BLOCK + struct.pack("<LL", checksum, size_bytes & 0xFFFFFFFF)


def _tar(job: EmulatedJob) -> Iterator[_Piece]:
    span = _span_of(job)
    for number, child in enumerate(job.children):
        if child.status == "FAILURE":
            continue
        member = tarfile.TarInfo(f"{child.path}/{_FILE_NAMES[child.log_type]}")
        member.size, member.mtime, member.mode = child.size_bytes, int(job.created.timestamp()), 0o600
        if number % 2:
            # A fraction of a second needs a PAX header, as do long paths and non-ASCII characters.
            member.mtime += 0.25
        yield _packed(member.tobuf(tarfile.PAX_FORMAT))
        yield from _file(child, span)
        yield _packed(bytes(-child.size_bytes % tarfile.BLOCKSIZE))
    yield _packed(bytes(2 * tarfile.BLOCKSIZE))


def _span_of(job: EmulatedJob) -> _Span:
    """Return the requested window up to the creation of the job; without a window, the hours before the creation."""
    if "logCollectionFromDate" not in job.request:
        return _Span(job.created - _LOG_SPAN, job.created)
    first, last = (read_window_date(job.request[f"logCollection{end}Date"]) for end in ("From", "To"))
    # Hosts have no lines from the future, unless all of the window is in the future.
    return _Span(first, min(last, job.created) if first < job.created else last)


def _file(child: Child, span: _Span) -> Iterator[_Piece]:
    rest_bytes, middle = child.size_bytes, span.first
    if child.size_bytes >= 2 * _BLOCK_BYTES:
        middle = span.first + (span.last - span.first) / 2
        block = _packed(_lines(child, _Span(span.first, middle), _BLOCK_BYTES))
        repeats = child.size_bytes // len(block[0]) - 1
        rest_bytes -= repeats * len(block[0])
        for _ in range(repeats):
            yield block
    yield _packed(_lines(child, _Span(middle, span.last), rest_bytes)[:rest_bytes])


def _lines(child: Child, span: _Span, size_bytes: int) -> bytes:
    """Return complete lines of at least `size_bytes`, spread over a span."""
    form = _AGENT_LINE if child.log_type in AGENT_TYPES else _SERVER_LINE
    lines = bytearray()
    number = 0
    while len(lines) < size_bytes:
        number += 1
        instant = span.first + (span.last - span.first) * (len(lines) / size_bytes)
        time = instant.replace(tzinfo=None).isoformat(timespec="milliseconds")
        lines += form.format(time=time, id=22943 + number, connection=number * 7919 % 10007, host=child.host).encode()
    return bytes(lines)


def _packed(plain: bytes) -> _Piece:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return plain, deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH)
