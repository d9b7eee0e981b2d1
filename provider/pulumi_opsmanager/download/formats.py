"""Which format do the first bytes of a file show?"""

from __future__ import annotations

import tarfile

START_BYTES = tarfile.BLOCKSIZE
"""Number of bytes that `format_of` reads."""

GZIP_START = b"\x1f\x8b"
TAR = "a tar"

# Starts of compressed files and archives. The first match counts.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (GZIP_START, "gzip"),
    (b"PK\x03\x04", "a zip file"),
    (b"PK\x05\x06", "an empty zip file"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file"),
)

# Starts of texts, in lower case and without leading blanks.
_TEXTS: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<", "HTML or XML"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)

_TAR_MAGIC, _TAR_MAGIC_AT = b"ustar", 257


def format_of(start: bytes) -> str | None:
    """Return the name of a file's format, for messages; None if the first bytes do not show it.

    Args:
        start: The first `START_BYTES` of the file, or the complete file if it is shorter.
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
    try:  # the oldest tar format has a checksum only
        tarfile.TarInfo.frombuf(start[:START_BYTES], "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True
