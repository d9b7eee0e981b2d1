from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import run
from tests.download.archives import LOGS, archive_of, tar_of
from tests.stores import Store
from tests.support import PROJECT, FakeClock, client_for, job_request, sha256_of


@pytest.fixture
def file(clock: FakeClock, tmp_path: Path) -> Path:
    """A downloaded archive of a job that was created at 10:00 on 2026-03-02."""
    path = tmp_path / "logs.tar.gz"
    with Emulator(now=lambda: datetime(2026, 3, 2, 10, tzinfo=timezone.utc)) as server:
        jobs = client_for(server, clock).jobs(PROJECT)
        job_id = jobs.create(job_request(logTypes=["FTDC", "MONGODB", "AUTOMATION_AGENT"]))
        assert run(server, "download", job_id, "-o", str(path)).exit_code == 0
    return path


def manifest_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.json")


def edit(file: Path, **changes: object) -> None:
    """Change values of the manifest by hand."""
    manifest = manifest_of(file)
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))


def test_table_shows_hosts_and_types_and_that_the_archive_is_verified(file: Path) -> None:
    """The command needs no server. Agents have no port, and binary files have no lines."""
    shown = run(None, "archive", "show", str(file))
    assert shown.exit_code == 0
    head, *rows, verdict, digest = shown.stdout.splitlines()
    assert head.split("  ")[0] == "host"
    assert len(rows) == 9
    cells = [row.split() for row in rows if row.startswith("rs0-0")]
    assert [cell[:3] for cell in cells] == [
        ["rs0-0.example.net", "-", "AUTOMATION_AGENT"],
        ["rs0-0.example.net", "27017", "FTDC"],
        ["rs0-0.example.net", "27017", "MONGODB"],
    ]
    assert cells[1][-3:] == ["-", "-", "-"]
    assert cells[2][-1].startswith("2026-03-02T09:")
    assert (verdict, digest) == (f"{file}: verified", f"sha256 {sha256_of(file)}")


def test_json_has_the_verdict_and_the_rows(file: Path) -> None:
    """Words are the vendor's, instants are text, and unknown values are null."""
    shown = json.loads(run(None, "archive", "show", str(file), "--json").stdout)
    assert (shown["verified"], shown["problem"], shown["suspicious"], shown["otherFiles"]) == (True, None, None, 0)
    assert (shown["sha256"], shown["outsideWindow"]) == (sha256_of(file), None)
    binary, text = shown["rows"][1:3]
    assert (binary["logType"], binary["lines"], binary["first"]) == ("FTDC", None, None)
    assert (text["logType"], text["sizeBytes"]) == ("MONGODB", 20_000)
    assert text["lines"] > 100
    assert text["first"] <= text["last"]


@pytest.mark.parametrize(
    ("alter", "words"),
    [
        (lambda content: content[:-20], "truncated, or other bytes follow it"),
        (lambda content: content[:-8] + b"\0" * 8, "its gzip checksum"),
        (lambda _: b"<!doctype html>", "it is an HTML page, not a gzip file"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_damaged_archive_fails_with_the_reason(file: Path, alter: object, words: str, options: list[str]) -> None:
    """The readable rows are shown too."""
    assert callable(alter)
    file.write_bytes(alter(file.read_bytes()))
    shown = run(None, "archive", "show", str(file), *options)
    assert shown.exit_code == 1
    assert words in (json.loads(shown.stdout)["problem"] if options else shown.stdout.splitlines()[-2])


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("x", b"x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (archive_of({"README": b"x"}), "it is a valid gzip tar, but not an Ops Manager archive: no file is where Ops"),
        (tar_of(LOGS), "it is a tar, not a gzip file"),
        (gzip.compress(b"notes"), "its gzip stream contains no tar"),
        (gzip.compress(archive_of(LOGS)), "its gzip stream contains gzip, not a tar"),
        (bz2.compress(tar_of(LOGS)), "it is bzip2, not a gzip file"),
        (lzma.compress(tar_of(LOGS)), "it is xz, not a gzip file"),
        (zipped(), "it is a zip file, not a gzip file"),
        (b"  <!DOCTYPE html><title>Sign in</title>", "it is an HTML page, not a gzip file"),
        (b"<?xml version='1.0'?>", "it is HTML or XML, not a gzip file"),
        (b'\xef\xbb\xbf{"error": 404}', "it is JSON, not a gzip file"),
        (b"notes", "it is not a gzip file"),
        (b"", "it is empty"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_file_that_is_not_an_archive_fails_with_its_type(tmp_path: Path, content: bytes, verdict: str) -> None:
    """The exit code is that of a failed check."""
    file = tmp_path / "logs.tar.gz"
    file.write_bytes(content)
    shown = run(None, "archive", "show", str(file))
    assert shown.exit_code == 1
    assert shown.stdout.startswith(f"{file}: not verified: {verdict}")
    listed = json.loads(run(None, "archive", "show", str(file), "--json").stdout)
    assert (listed["verified"], listed["problem"].startswith(verdict)) == (False, True)


def test_archive_without_files_is_verified(tmp_path: Path) -> None:
    """A job whose hosts have no logs makes such an archive."""
    file = tmp_path / "logs.tar.gz"
    file.write_bytes(archive_of({}))
    shown = run(None, "archive", "show", str(file))
    assert (shown.exit_code, shown.stdout) == (
        0,
        f"{file}: verified, without files\nsha256 {sha256_of(file)}\n",
    )


def test_files_that_are_not_logs_are_counted(tmp_path: Path) -> None:
    """An archive that also has logs stays verified."""
    file = tmp_path / "logs.tar.gz"
    file.write_bytes(archive_of(LOGS | {"README": b"x"}))
    shown = run(None, "archive", "show", str(file))
    assert (shown.exit_code, shown.stderr) == (0, "1 other file outside the folders of Ops Manager logs\n")


def test_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    """The command fails before it reads."""
    done = run(None, "archive", "show", str(tmp_path / "none"))
    assert done.exit_code == 2
    assert "does not exist" in done.stderr


def test_several_files_are_shown_one_after_another(file: Path, tmp_path: Path) -> None:
    """One that is not an archive fails the command, and the others are shown."""
    other = tmp_path / "notes"
    other.write_bytes(b"notes")
    shown = run(None, "archive", "show", str(other), str(file))
    assert shown.exit_code == 1
    assert shown.stdout.startswith(f"{other}: not verified: it is not a gzip file\nsha256 {sha256_of(other)}\n\nhost")
    assert f"{file}: verified\n" in shown.stdout
    listed = json.loads(run(None, "archive", "show", str(other), str(file), "--json").stdout)
    assert [one["verified"] for one in listed] == [False, True]


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", None),
        ("2026-03-03T00:00:00Z", "2026-03-04T00:00:00Z", "before the start of the requested period (2026-03-03T00"),
        ("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "after the end of the requested period (2026-03-02T00"),
        (None, None, None),
        ("soon", "later", None),
    ],
)
def test_newest_line_outside_the_requested_period_is_a_warning(
    file: Path, start: str | None, end: str | None, words: str | None
) -> None:
    """The manifest has the period. Dates that nobody can read say nothing."""
    edit(file, logCollectionFromDate=start, logCollectionToDate=end)
    shown = run(None, "archive", "show", str(file))
    assert shown.exit_code == 0
    if words is None:
        assert shown.stderr == ""
    else:
        assert shown.stderr.startswith(f"warning: {file}: the newest line is from 2026-03-02T")
        assert words in shown.stderr
    listed = json.loads(run(None, "archive", "show", str(file), "--json").stdout)
    assert (words or "") in (listed["outsideWindow"] or "")
    assert (listed["outsideWindow"] is None) == (words is None)


def test_period_of_another_archive_does_not_count(file: Path) -> None:
    """A manifest whose hash is another one is named."""
    edit(file, sha256="0" * 64, logCollectionToDate="2026-03-01T00:00:00Z")
    shown = run(None, "archive", "show", str(file))
    assert shown.stderr == (
        f"warning: {file}: the manifest beside it has another sha256; `archive verify` compares them\n"
    )


def test_stored_archive_is_verified_with_its_manifest(file: Path) -> None:
    """The table has one row for each file."""
    done = run(None, "archive", "verify", str(file))
    assert (done.exit_code, done.stderr) == (0, "")
    assert [row.split() for row in done.stdout.splitlines()] == [
        ["file", "verdict", "reason", "sha256"],
        [str(file), "verified", sha256_of(file)],
    ]
    answer = json.loads(run(None, "archive", "verify", str(file), "--json").stdout)
    assert answer == [
        {
            "file": str(file),
            "verified": True,
            "problem": None,
            "sha256": sha256_of(file),
            "expectedSha256": sha256_of(file),
            "complete": True,
            "missing": 0,
        }
    ]


def other_archive(file: Path) -> None:
    file.write_bytes(archive_of(LOGS))


def folder_instead(file: Path) -> None:
    file.unlink()
    file.mkdir()


def truncated(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_archive, ["its sha256 is not that of the manifest; it has ", " bytes, not ", "it holds 3 files, not 9"]),
        (truncated, ["its sha256 is not that of the manifest; ", "truncated, or other bytes follow it"]),
        (lambda file: file.unlink(), ["it does not exist"]),
        (folder_instead, ["cannot be read: Is a directory"]),
        (lambda file: manifest_of(file).unlink(), ["it has no manifest beside it, and no hash was given"]),
        (lambda file: manifest_of(file).write_text("{}"), [".json is not a manifest of schema opsmanager-log-archive"]),
        (
            lambda file: folder_instead(manifest_of(file)),
            [".json cannot be read: Is a directory"],
        ),
        (lambda file: edit(file, sha256="0" * 64), ["its sha256 is not that of the manifest"]),
        (lambda file: edit(file, sizeBytes=5), [" bytes, not 5"]),
        (lambda file: edit(file, uncompressedSizeBytes=7), ["it unpacks to ", " bytes, not 7"]),
        (lambda file: edit(file, members=8), ["it holds 9 files, not 8"]),
    ],
)
def test_changed_archive_fails_with_the_reason(file: Path, change: Callable[[Path], Any], words: list[str]) -> None:
    """The bytes, the manifest or both differ."""
    change(file)
    done = run(None, "archive", "verify", str(file))
    assert done.exit_code == 1
    assert " not verified  " in done.stdout
    (answer,) = json.loads(run(None, "archive", "verify", str(file), "--json").stdout)
    assert answer["verified"] is False
    for part in words:
        assert part in done.stdout
        assert part in answer["problem"]
    assert answer["sha256"] == (sha256_of(file) if file.is_file() else None)


def test_one_wrong_file_among_several_fails_the_command(file: Path, tmp_path: Path) -> None:
    """The others keep their verdict."""
    done = run(None, "archive", "verify", str(file), str(tmp_path / "none.tar.gz"), "s3://")
    assert done.exit_code == 1
    _, right, missing, url = done.stdout.splitlines()
    assert " verified" in right
    assert "not verified" not in right
    assert "it does not exist" in missing
    assert "not verified" in url


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_given_hash_replaces_the_manifest(file: Path, spelling: Callable[[str], str]) -> None:
    """It comes from elsewhere, such as a state, so a changed manifest proves nothing."""
    manifest_of(file).unlink()
    assert run(None, "archive", "verify", str(file), "--sha256", spelling(sha256_of(file))).exit_code == 0
    refused = run(None, "archive", "verify", str(file), "--sha256", "0" * 64)
    assert refused.exit_code == 1
    assert "its sha256 is not the given one" in refused.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a", "--sha256", "0" * 63], "must be 64 hex digits"),
        (["a", "b", "--sha256", "0" * 64], "--sha256 is the hash of one file"),
        ([], "Missing argument 'FILE...'"),
    ],
)
def test_wrong_use_of_verify_is_a_usage_error(arguments: list[str], words: str) -> None:
    """Nothing is read."""
    done = run(None, "archive", "verify", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_verified_archive_that_lacks_parts_says_so(file: Path) -> None:
    """Its bytes are right, so the command succeeds."""
    edit(file, complete=False, missing=2)
    done = run(None, "archive", "verify", str(file))
    assert done.exit_code == 0
    assert "incomplete since its download: 2 parts missing" in done.stdout
    (answer,) = json.loads(run(None, "archive", "verify", str(file), "--json").stdout)
    assert (answer["complete"], answer["missing"]) == (False, 2)


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_objects_are_verified_and_shown_like_files(server: Emulator, client: Client, store: Store) -> None:
    """A changed object and a missing object fail."""
    job_id = client.jobs(PROJECT).create(job_request())
    url = f"{store.url}/audit/logs.tar.gz"
    assert run(server, "download", job_id, "-o", url).exit_code == 0
    stored = store.objects()["audit/logs.tar.gz"]
    assert run(None, "archive", "verify", url).exit_code == 0
    assert f"{url}: verified\nsha256 {hashlib.sha256(stored).hexdigest()}" in run(None, "archive", "show", url).stdout
    store.put("audit/logs.tar.gz", archive_of(LOGS))
    changed = run(None, "archive", "verify", url)
    assert (changed.exit_code, "its sha256 is not that of the manifest" in changed.stdout) == (1, True)
    store.remove("audit/logs.tar.gz")
    for command in ("verify", "show"):
        gone = run(None, "archive", command, url)
        assert (gone.exit_code, "it does not exist" in gone.stdout) == (1, True)
