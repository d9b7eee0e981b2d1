from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_opsmanager.instants import (
    epoch_ms,
    format_instant,
    instant_of_id,
    months_later,
    parse_instant,
    read_instant,
)

UTC = timezone.utc


@given(st.integers(-62_135_500_000, 253_402_200_000), st.integers(-1439, 1439))
def test_instant_is_read_back_from_its_text(epoch_seconds: int, offset_minutes: int) -> None:
    """For any zone, from year 1 to 9999, writing and reading give the same second."""
    utc = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=epoch_seconds)
    instant = utc.astimezone(timezone(timedelta(minutes=offset_minutes)))
    assert parse_instant(format_instant(instant)) == instant
    assert parse_instant(instant.isoformat()) == instant


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T00:00:00Z",
        "2026-03-01t00:00:00z",
        "2026-03-01 00:00:00Z",
        "2026-03-01T00:00:00.999Z",
        "2026-03-01T01:30:00+01:30",
        "2026-02-28T19:00:00-05:00",
    ],
)
def test_forms_of_one_instant(text: str) -> None:
    """RFC 3339 allows several forms; one canonical form is written."""
    assert format_instant(parse_instant(text)) == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-01", "2026-03-01T00:00:00", "2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z", "1772323200", "soon"],
)
def test_invalid_instant_is_refused(text: str) -> None:
    """A zone is required, and the day must exist."""
    with pytest.raises(ValueError, match=r"must be an RFC 3339|does not|not a date"):
        parse_instant(text)


@pytest.mark.parametrize(
    "wire",
    [
        "2026-03-01T00:00:00Z",
        "2026-03-01T00:00:00+0000",
        "2026-03-01T00:00:00.000+0000",
        "2026-03-01T00:00:00,123456789Z",
        "2026-03-01T01:30:00+0130",
        "2026-02-28T19:00:00-05",
        "2026-02-28T19:00:00 -05:00",
        "2026-03-01 00:00:00 UTC",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00Z",
        "20260301T000000Z",
        " 2026-03-01t00:00:00z ",
        1772323200,
        1772323200000,
    ],
)
def test_servers_instant_is_read_in_any_form_of_the_standard(wire: str | float) -> None:
    """All Python versions read it alike. A date without a zone is UTC, as the vendor reads dates that it receives."""
    assert format_instant(read_instant(wire)) == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize("text", ["2026-03-01T00:00:00+0000", "2026-03-01T00:00:00,5Z", "20260301T000000Z"])
def test_only_rfc_3339_is_accepted_from_a_program(text: str) -> None:
    """Programs may use this form only."""
    with pytest.raises(ValueError, match="must be an RFC 3339"):
        parse_instant(text)


def test_leap_second_is_the_last_of_its_minute() -> None:
    """No clock in Python has a second 60."""
    assert format_instant(read_instant("2016-12-31T23:59:60Z")) == "2016-12-31T23:59:59Z"


@pytest.mark.parametrize(
    "wire", ["", "soon", "2026-03-01", "2026-W09-7T00:00:00Z", "2026-02-30T00:00:00Z", "2026-03-01T00:00:00+99:99", "٢"]
)
def test_invalid_instant_of_the_server_is_refused(wire: str) -> None:
    """The client does not guess."""
    with pytest.raises(ValueError, match="is not a date"):
        read_instant(wire)


@pytest.mark.parametrize(
    "wire", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", 250_000_000_000_000, -1, 10**400, float("nan"), True, None]
)
def test_server_instant_of_a_distant_year_is_refused(wire: str | float) -> None:
    """Months are added to a date of the server, so it must be far enough from year 9999."""
    with pytest.raises(ValueError, match="is in the year|is not an epoch time|is neither text nor a number"):
        read_instant(wire)


@pytest.mark.parametrize("wire", ["2026-03-01T00:00:00Z", 1772323200, 1772323200000, 1772323200.0])
def test_servers_write_instants_in_three_ways(wire: str | float) -> None:
    """Text, epoch seconds and epoch milliseconds are read."""
    assert read_instant(wire) == datetime(2026, 3, 1, tzinfo=UTC)


def test_epoch_milliseconds_are_whole_seconds() -> None:
    """`FRACTIONAL_TIMESTAMP` is an error of the server."""
    assert epoch_ms(datetime(2026, 3, 1, 0, 0, 0, 999_999, tzinfo=UTC)) == 1772323200000


@pytest.mark.parametrize(
    ("start", "later"),
    [("2026-03-02T09:15:40Z", "2026-09-02T09:15:40Z"), ("2026-08-31T00:00:00Z", "2027-02-28T00:00:00Z")],
)
def test_six_months_are_calendar_months(start: str, later: str) -> None:
    """If the target month lacks the day, its last day is used."""
    assert format_instant(months_later(parse_instant(start), 6)) == later


def test_job_id_holds_its_creation_time() -> None:
    """The first four bytes of the vendor's sample ID are its creation date."""
    assert format_instant(instant_of_id("69a5553c7e41b2000f5d8a01")) == "2026-03-02T09:15:40Z"
