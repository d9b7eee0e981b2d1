"""What is a file that is no archive? By its first bytes, in the words of a message."""

from __future__ import annotations

import tarfile

START_BYTES = tarfile.BLOCKSIZE
"""How much of a file `format_of` looks at."""

GZIP_START = b"\x1f\x8b"
TAR = "a tar"

# Of a compressed or packed file. The first that fits counts.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (GZIP_START, "gzip"),
    (b"PK\x03\x04", "a zip file"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
)

# Of a text, in lower case and after blanks.
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)

_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257


def format_of(start: bytes) -> str | None:
    """What a file is; None when its first bytes do not show it.

    Args:
        start: Its first `START_BYTES`, or all of a shorter one.
    """
    if _is_tar(start):
        return TAR
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next(
        (words for beginning, words in _MAGIC if start.startswith(beginning)),
        next((words for beginning, words in _TEXTS if text.startswith(beginning)), None),
    )


def _is_tar(start: bytes) -> bool:
    if start.startswith(_TAR_MAGIC, _TAR_MAGIC_AT):
        return True
    try:  # the oldest form has a checksum only
        tarfile.TarInfo.frombuf(start[:START_BYTES], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True
