from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.download.lines import Lines, instant_of

START = datetime(2026, 3, 2, 9, 15, 1, 123000, tzinfo=timezone.utc)
STAMP = b"2026-03-02T09:15:01.123Z"


def lines_of(*pieces: bytes) -> Lines:
    lines = Lines()
    for piece in pieces:
        lines.add(piece)
    lines.end_file()
    return lines


@pytest.mark.parametrize(
    ("line", "instant"),
    [
        (b'{"t":{"$date":"2026-03-02T09:15:01.123Z"},"s":"I"}', START),
        (b'{"t":{"$date":"2026-03-02T09:15:01.123+00:00"},"s":"I"}', START),
        (b'{ "t": { "$date": "2026-03-02T11:15:01.123+02:00" }}', START),
        (b"2026-03-02T09:15:01.123+0000 I NETWORK", START),
        (b"2026-03-02T04:45:01.123-0430 I NETWORK", START),
        (b"[2026-03-02T09:15:01.123+0000] [info] up", START),
        (b"[2026/03/02 09:15:01.123] [.info] up", START),
        (b"2026-03-02T09:15:01Z", START.replace(microsecond=0)),
        (b"2026-03-02T09:15:01.123456789Z", START.replace(microsecond=123456)),
        (b" 2026-03-02T09:15:01.123Z not at the start", None),
        (b"2026-02-30T09:15:01.123Z no such day", None),
        (b"0001-01-01T00:00:00.000+0100 before all days", None),
        (b"\xff\xfe no text", None),
        (b"", None),
    ],
)
def test_instant_of_a_line_is_read(line: bytes, instant: datetime | None) -> None:
    """MongoDB and the agents write it in four formats. Without a zone it is UTC."""
    assert instant_of(line) == instant


@pytest.mark.parametrize(("text", "count"), [(b"", 0), (b"\n", 1), (b"a", 1), (b"a\n", 1), (b"a\nb", 2)])
def test_last_line_needs_no_newline(text: bytes, count: int) -> None:
    """A log that was truncated by its size limit ends inside a line, and that line counts."""
    assert lines_of(text).count == count


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.integers(1, 300), st.booleans())
def test_count_and_time_range_do_not_depend_on_the_pieces(lengths: list[int], piece_bytes: int, is_ended: bool) -> None:
    """No piece yields a truncated instant, or one from the middle of a line."""
    stamps = [START + timedelta(hours=number) for number in range(len(lengths))]
    text = b"\n".join(
        stamp.strftime("%Y-%m-%dT%H:%M:%S.123-0100 I ").encode() + (b"1999-01-01T00:00:00.000Z " * 20)[:length]
        for stamp, length in zip(stamps, lengths, strict=True)
    )
    text += b"\n" if is_ended else b""
    lines = lines_of(*(text[start : start + piece_bytes] for start in range(0, len(text), piece_bytes)))
    hour = timedelta(hours=1)
    assert (lines.count, lines.first, lines.last) == (len(lengths), stamps[0] + hour, stamps[-1] + hour)


@pytest.mark.parametrize(
    ("pieces", "count"),
    [
        ([STAMP, *[b"x" * 100_000] * 5], 1),
        ([STAMP + b"\n", *[b"x\n" * 1000] * 3], 3001),
        ([b"x\n" * 50 + STAMP, b"\n" + b"x\n" * 50], 101),
    ],
)
def test_instant_is_found_between_lines_without_one(pieces: list[bytes], count: int) -> None:
    """For example a line without an end, or a stack trace before and after it."""
    lines = lines_of(*pieces)
    assert (lines.count, lines.first, lines.last) == (count, START, START)


def test_lines_do_not_continue_in_the_next_file() -> None:
    """The time range covers all files in any order."""
    lines = lines_of(b"[2026/03/02 09:15:01")
    lines.add(b".123] x\n2026-03-01T00:00:00Z")
    lines.end_file()
    lines.add(STAMP)
    lines.end_file()
    assert (lines.count, lines.first, lines.last) == (4, datetime(2026, 3, 1, tzinfo=timezone.utc), START)
