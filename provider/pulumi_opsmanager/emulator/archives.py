"""The archive of an emulated job: a `.tar.gz` of log-like lines in the documented layout, made as it is sent.

Memory does not grow with the size, and hardly does the work: a file repeats one block of lines, packed once. Source
of the layout: vendor tutorial "View, Retrieve, and Manage Logs".
"""

from __future__ import annotations

import struct
import tarfile
import zlib
from collections.abc import Iterator

from isal import isal_zlib

from .children import AGENT_TYPES, Child
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

# RFC 1952: magic, deflate, no name and no time, unknown system; behind the data an empty last block.
_GZIP_HEADER = bytes.fromhex("1f8b08000000000000ff")
_LAST_BLOCK = bytes.fromhex("0300")

_Piece = tuple[bytes, bytes]
"""Bytes of the tar, and the same deflated so that such pieces can follow each other in any order."""


def archive(job: EmulatedJob) -> Iterator[bytes]:
    """The archive's bytes; parts that failed are not in it."""
    yield _GZIP_HEADER
    checksum = size_bytes = 0
    for plain, packed in _tar(job):
        checksum = isal_zlib.crc32(plain, checksum)  # twelve times as fast as that of zlib
        size_bytes += len(plain)
        yield packed
    yield _LAST_BLOCK + struct.pack("<LL", checksum, size_bytes & 0xFFFFFFFF)


def _tar(job: EmulatedJob) -> Iterator[_Piece]:
    for number, child in enumerate(job.children):
        if child.status == "FAILURE":
            continue
        member = tarfile.TarInfo(f"{child.path}/{_FILE_NAMES[child.log_type]}")
        member.size, member.mtime, member.mode = child.size_bytes, int(job.created.timestamp()), 0o600
        if number % 2:
            # A part of a second needs a PAX header, as do long paths and letters beyond ASCII.
            member.mtime += 0.25
        yield _packed(member.tobuf(tarfile.PAX_FORMAT))
        yield from _file(child)
        yield _packed(bytes(-child.size_bytes % tarfile.BLOCKSIZE))
    yield _packed(bytes(2 * tarfile.BLOCKSIZE))


def _file(child: Child) -> Iterator[_Piece]:
    block = _lines(child)
    whole_blocks, rest_bytes = divmod(child.size_bytes, len(block))
    if whole_blocks:
        packed_block = _packed(block)
        for _ in range(whole_blocks):
            yield packed_block
    yield _packed(block[:rest_bytes])


def _lines(child: Child) -> bytes:
    form = _AGENT_LINE if child.log_type in AGENT_TYPES else _SERVER_LINE
    lines = bytearray()
    number = 0
    while len(lines) < min(child.size_bytes, _BLOCK_BYTES) or not lines:
        number += 1
        time = f"2026-03-02T09:{number // 600:02d}:{number // 10 % 60:02d}.{number % 10}00"
        lines += form.format(time=time, id=22943 + number, connection=number * 7919 % 10007, host=child.host).encode()
    return bytes(lines)


def _packed(plain: bytes) -> _Piece:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return plain, deflate.compress(plain) + deflate.flush(zlib.Z_FULL_FLUSH)
