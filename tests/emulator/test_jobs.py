"""What jobs, their parts, their lists and their archives show as time passes."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable
from datetime import datetime, timezone
from email.message import Message
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.download.fetch import fetch
from pulumi_opsmanager.download.file_place import FilePlace
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, Pace, after_reads, after_seconds, instant
from tests.emulator.asking import JOBS, ask, made
from tests.support import FakeClock

START = datetime(2026, 3, 2, 9, 15, 40, tzinfo=timezone.utc)


def look(server: Emulator, job_id: str) -> dict[str, Any]:
    return dict(ask(server, "GET", f"{JOBS}/{job_id}?verbose=true").json)


@pytest.mark.parametrize("pace", [after_reads(3), after_seconds(3), Pace(reads=3, seconds=3)])
def test_collected_bytes_grow_until_the_job_is_finished(pace: Pace) -> None:
    """The total grows from more than 0 to all bytes, and is the sum of the parts."""
    clock = FakeClock(START)
    with Emulator(pace=pace, now=clock.now) as server:
        job_id = made(server)
        shown = []
        for _ in range(4):
            shown.append(look(server, job_id))
            clock.sleep(1)
    totals = [job["uncompressedSizeTotalBytes"] for job in shown]
    assert [job["status"] for job in shown] == ["IN_PROGRESS"] * 3 + ["SUCCESS"]
    assert totals == sorted(set(totals))
    assert totals[0] > 0
    for job, total in zip(shown, totals, strict=True):
        assert sum(child["uncompressedDiskSpaceBytes"] for child in job["childJobs"]) == total


@pytest.mark.parametrize(
    ("pace", "seconds", "finish"),
    [
        (instant(), 0, "2026-03-02T09:15:41Z"),
        (instant(), 90, "2026-03-02T09:15:41Z"),
        (after_seconds(12), 90, "2026-03-02T09:15:52Z"),
        (after_reads(0), 0, "2026-03-02T09:15:41Z"),
    ],
)
def test_part_finishes_after_it_started(pace: Pace, seconds: int, finish: str) -> None:
    """The end is the end of its pace, and not the time of the first read."""
    clock = FakeClock(START)
    with Emulator(pace=pace, now=clock.now) as server:
        job_id = made(server)
        clock.sleep(seconds)
        assert {(child["startDate"], child["finishDate"]) for child in look(server, job_id)["childJobs"]} == {
            ("2026-03-02T09:15:40Z", finish)
        }


def test_part_in_progress_has_no_finish(clock: FakeClock) -> None:
    """The date is null."""
    with Emulator(pace=after_seconds(9), now=clock.now) as server:
        assert {child["finishDate"] for child in look(server, made(server))["childJobs"]} == {None}


def _forced(server: Emulator) -> str:
    job_id = made(server)
    server.set_status(job_id, "FAILURE")
    return job_id


def _failed(server: Emulator) -> str:
    server.fail("create", FaultKind.FAILED_CHILDREN)
    return made(server)


@pytest.mark.parametrize("failed", [_forced, _failed])
def test_retry_changes_the_dates_of_failed_parts_only(failed: Callable[[Emulator], str]) -> None:
    """A failed part has no bytes; the retry collects it again, and the other parts stay as they were."""
    clock = FakeClock(START)
    with Emulator(now=clock.now) as server:
        job_id = failed(server)
        before = look(server, job_id)["childJobs"]
        assert [(child["status"], child["uncompressedDiskSpaceBytes"] > 0) for child in before] == [
            ("FAILURE", False),
            *[("SUCCESS", True)] * 5,
        ]
        clock.sleep(60)
        ask(server, "PUT", f"{JOBS}/{job_id}/retry")
        after = look(server, job_id)["childJobs"]
    assert after[1:] == before[1:]
    assert (after[0]["startDate"], after[0]["finishDate"]) == ("2026-03-02T09:16:40Z", "2026-03-02T09:16:41Z")
    assert after[0]["uncompressedDiskSpaceBytes"] == after[1]["uncompressedDiskSpaceBytes"]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("itemsPerPage=1&pageNum=2", {}),
        ("pageNum=2&itemsPerPage=1&verbose=true", {"verbose": "true"}),
        ("pretty=true&itemsPerPage=1&envelope=true&pageNum=2&verbose=TRUE", None),
        ("unknown=%26&itemsPerPage=1&pageNum=2&includeCount=true", {"includeCount": "true"}),
    ],
)
def test_links_repeat_the_parameters_of_the_request(server: Emulator, query: str, kept: dict[str, str] | None) -> None:
    """`verbose` comes first. A client that follows the links gets the same form."""
    for _ in range(3):
        made(server)
    if kept is None:
        kept = {"verbose": "TRUE", "pretty": "true", "envelope": "true"}
    links = ask(server, "GET", f"{JOBS}?{query}").json["links"]
    assert {link["rel"]: parse_qsl(urlsplit(link["href"]).query) for link in links} == {
        rel: [*kept.items(), ("pageNum", number), ("itemsPerPage", "1")]
        for rel, number in (("self", "2"), ("previous", "1"), ("next", "3"))
    }


def test_pages_of_parts_can_be_followed(server: Emulator) -> None:
    """The links are sufficient."""
    ids = [made(server) for _ in range(3)]
    path, seen = f"{JOBS}?verbose=true&itemsPerPage=1", []
    while path:
        page = ask(server, "GET", path).json
        seen += [job["id"] for job in page["results"] if job["childJobs"]]
        path = next((link["href"].removeprefix(server.url) for link in page["links"] if link["rel"] == "next"), "")
    assert seen == ids[::-1]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("rs0", 'attachment; filename="mongodb-logfiles_rs0_2026-03-02T09:15:40Z.tar.gz"'),
        ('a"b\\c', r'attachment; filename="mongodb-logfiles_a\"b\\c_2026-03-02T09:15:40Z.tar.gz"'),
        ("a\r\nSet-Cookie: x\x00\x7f\x85", 'attachment; filename="mongodb-logfiles_aSet-Cookie: x_2026-03-02T09'),
        ("größe", "attachment; filename=\"mongodb-logfiles_gr__e_2026-03-02T09:15:40Z.tar.gz\"; filename*=UTF-8''mong"),
        ("日本 %'", "attachment; filename=\"mongodb-logfiles___ %'_2026-03-02T09:15:40Z.tar.gz\"; filename*=UTF-8''m"),
        ("\ud83d", "attachment; filename=\"mongodb-logfiles___2026-03-02T09:15:40Z.tar.gz\"; filename*=UTF-8''mongo"),
        ("a/../b", 'attachment; filename="mongodb-logfiles_a/../b_2026-03-02T09:15:40Z.tar.gz"'),
        ("n" * 300, 'attachment; filename="mongodb-logfiles_nnn'),
    ],
    ids=ascii,
)
def test_archive_of_any_name_can_be_downloaded(name: str, plain: str) -> None:
    """Its file name follows RFC 6266, and its members are the parts of the job."""
    clock = FakeClock(START)
    with Emulator(now=clock.now) as server:
        job_id = made(server, resourceName=name)
        answer = ask(server, "GET", f"{JOBS}/{job_id}/download")
        paths = [child["path"] for child in look(server, job_id)["childJobs"]]
    field = answer.headers["Content-Disposition"]
    assert field.startswith(plain)
    if "filename*" in field:
        parsed = Message()
        parsed["Content-Disposition"] = field[field.index("; filename*") :].replace(";", "attachment;", 1)
        written = name.encode(errors="replace").decode()
        assert parsed.get_filename() == f"mongodb-logfiles_{written}_2026-03-02T09:15:40Z.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:gz") as archive:
        assert [member.rpartition("/")[0] for member in archive.getnames()] == paths
    assert not any(part in ("", ".", "..") for path in paths for part in path.split("/"))


@pytest.mark.parametrize("name", ["rs0", "größe", "n" * 120])
def test_some_members_have_a_pax_header(server: Emulator, client: Client, tmp_path: Path, name: str) -> None:
    """Fractions of a second, long paths and non-ASCII characters need one. The package finds every part."""
    job_id = made(server, resourceName=name)
    children = client.jobs(server.project_id).get(job_id, verbose=True).child_jobs or ()
    fetched = fetch(
        lambda: client.jobs(server.project_id).download(job_id),
        FilePlace(tmp_path / "a.tar.gz"),
        children=children,
        clock=FakeClock(),
    )
    assert (fetched.members, fetched.missing, fetched.suspicious) == (len(children), (), None)
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        has_header = [bool(member.pax_headers) for member in archive]
    assert any(has_header)
    assert all(has_header) is (name != "rs0")


def log_of(server: Emulator, job_id: str, member: str) -> bytes:
    """One file of a downloaded archive."""
    with tarfile.open(fileobj=io.BytesIO(ask(server, "GET", f"{JOBS}/{job_id}/download").body)) as archive:
        found = archive.extractfile(member)
        assert found is not None
        return found.read()


def window(start: object, end: object) -> dict[str, object]:
    return {"logCollectionFromDate": start, "logCollectionToDate": end}


@pytest.mark.parametrize("log_type", ["MONGODB", "FTDC", "AUTOMATION_AGENT"])
@pytest.mark.parametrize("size_bytes", [2_000, 20_000, 1_100_000])
@pytest.mark.parametrize(
    ("dates", "given", "first", "last"),
    [
        ("epoch", {}, "2026-03-02T03:15:40", "2026-03-02T09:15:40"),
        ("epoch", window(1772323200000, 1772409600000), "2026-03-01T00:00:00", "2026-03-02T00:00:00"),
        (
            "text",
            window("2026-03-01T00:00:00+01:00", "2026-03-01T04:00:00Z"),
            "2026-02-28T23:00:00",
            "2026-03-01T04:00:00",
        ),
        # A window that ends after the creation: no line is from the future.
        ("epoch", window(1772409600000, 1772496000000), "2026-03-02T00:00:00", "2026-03-02T09:15:40"),
        # All of it is in the future.
        ("epoch", window(1772496000000, 1772582400000), "2026-03-03T00:00:00", "2026-03-04T00:00:00"),
    ],
)
def test_lines_are_dated_inside_the_requested_window(
    dates: Literal["epoch", "text"], given: dict[str, object], first: str, last: str, size_bytes: int, log_type: str
) -> None:
    """The file starts with the window and its newest line is near the end. It has the requested size."""
    folder = "rs0-0.example.net" if log_type == "AUTOMATION_AGENT" else "rs0-0.example.net/27017"
    name = {"MONGODB": "mongodb.log", "FTDC": "metrics.interim", "AUTOMATION_AGENT": "automation-agent-verbose.log"}
    behaviour = Behaviour(dates=dates, file_bytes=10**7)
    with Emulator(now=FakeClock(START).now, behaviour=behaviour) as server:
        job_id = made(server, logTypes=[log_type], sizeRequestedPerFileBytes=size_bytes, **given)
        log = log_of(server, job_id, f"{folder}/{log_type.lower()}/{name[log_type]}")
    assert len(log) == size_bytes
    found = re.findall(rb"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", log)
    written = [datetime.fromisoformat(text.decode()) for text in found]
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    assert written[0] == min(written) == start
    assert written[-1] == max(written)
    assert end - (end - start) / 10 <= written[-1] < end


@pytest.mark.parametrize("bound", [2**63 - 1, -(2**63)])
def test_window_beyond_the_calendar_can_be_downloaded(server: Emulator, bound: int) -> None:
    """The body accepts each number of 64 bits."""
    job_id = made(server, **window(*sorted((bound, 1772409600000))))
    assert log_of(server, job_id, "rs0-0.example.net/27017/mongodb/mongodb.log").count(b"\n") > 10


def test_every_download_of_a_job_has_the_same_bytes() -> None:
    """The bytes are the same at another time, and after the retry of a part."""
    clock = FakeClock(START)
    with Emulator(now=clock.now) as server:
        job_id = made(server)
        first = ask(server, "GET", f"{JOBS}/{job_id}/download").body
        server.set_status(job_id, "FAILURE")
        clock.sleep(3600)
        assert ask(server, "PUT", f"{JOBS}/{job_id}/retry").status == 200
        assert ask(server, "GET", f"{JOBS}/{job_id}/download").body == first
