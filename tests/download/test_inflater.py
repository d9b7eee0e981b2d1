from __future__ import annotations

import gzip
import io
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_opsmanager.download import inflater
from pulumi_opsmanager.download.inflater import BrokenGzip, Inflater
from tests.download.archives import LOGS, archive_of

PACKED = archive_of(LOGS)
WITHOUT_ISAL = """
import io, sys
sys.modules["isal"] = None
from pulumi_opsmanager.download.walk import members
print(*[member.name for member, _ in members(io.BytesIO(sys.stdin.buffer.read()))], sep="\\n")
"""


def changed(changes: list[tuple[int, int]]) -> bytes:
    """With other bytes at some places; isal ignores the reserved flags."""
    packed = bytearray(PACKED)
    for at, value in changes:
        packed[at] = value & 0x1F if at == 3 else value
    return bytes(packed)


CHANGED = st.lists(st.tuples(st.integers(0, len(PACKED) - 1), st.integers(0, 255)), max_size=4).map(changed)
CUT = st.integers(0, len(PACKED)).map(lambda length: PACKED[:length])
ENDS = (b"x", b"too short", PACKED, PACKED[:9], PACKED[:50], bytes(700_000), bytes(700_000) + b"x")
EXTENDED = (st.binary(max_size=20) | st.sampled_from(ENDS)).map(lambda end: PACKED + end)


def read(packed: bytes, library: str) -> bytes | str:
    """All inflated bytes, or what is wrong."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inflater, "HAS_ISAL", library == "isal")
        stream = Inflater(io.BytesIO(packed))  # type: ignore[arg-type]  # has all that is used
        try:
            return b"".join(iter(lambda: stream.read(100_000), b""))
        except BrokenGzip as error:
            return str(error)


@given(CHANGED | CUT | EXTENDED)
@example(PACKED + bytes(700_000))
@example(changed([(3, 2)]))
def test_both_libraries_say_the_same(packed: bytes) -> None:
    """They accept the same bytes, and refuse the same bytes with the same words."""
    assert read(packed, "isal") == read(packed, "zlib")


@given(st.binary(max_size=40))
def test_both_libraries_refuse_the_same_bytes(end: bytes) -> None:
    """The words may differ if the bytes are truncated and wrong."""
    by_isal, by_zlib = read(PACKED[:10] + end, "isal"), read(PACKED[:10] + end, "zlib")
    assert by_isal == by_zlib or (isinstance(by_isal, str) and isinstance(by_zlib, str))


def test_zlib_refuses_reserved_flags() -> None:
    """RFC 1952 asks for it."""
    assert read(PACKED[:3] + b"\x80" + PACKED[4:], "zlib") == "its gzip checksum or end is wrong"


def test_large_stream_is_inflated_in_small_reads() -> None:
    """Bytes that zlib did not use at once are not lost."""
    plain = bytes(range(256)) * 10_000
    assert read(gzip.compress(plain), "zlib") == plain


def test_archive_is_read_without_isal() -> None:
    """A plain installation has no isal."""
    command = [sys.executable, "-c", WITHOUT_ISAL]
    printed = subprocess.run(command, input=PACKED, capture_output=True, check=True).stdout
    assert printed.decode().splitlines() == list(LOGS)
