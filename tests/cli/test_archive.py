from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator
from tests.cli.terminal import run
from tests.download.archives import LOGS, archive_of, tar_of
from tests.support import PROJECT, job_request


@pytest.fixture
def file(server: Emulator, client: Client, tmp_path: Path) -> Path:
    """A downloaded archive."""
    job_id = client.jobs(PROJECT).create(job_request(logTypes=["FTDC", "MONGODB", "AUTOMATION_AGENT"]))
    path = tmp_path / "logs.tar.gz"
    assert run(server, "download", job_id, "-o", str(path)).exit_code == 0
    return path


def test_table_shows_hosts_and_types_and_that_the_archive_is_verified(file: Path) -> None:
    """The command needs no server. Agents have no port, and binary files have no lines."""
    shown = run(None, "archive", "show", str(file))
    assert shown.exit_code == 0
    head, *rows, verdict = shown.stdout.splitlines()
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
    assert verdict == f"{file}: verified"


def test_json_has_the_verdict_and_the_rows(file: Path) -> None:
    """Words are the vendor's, instants are text, and unknown values are null."""
    shown = json.loads(run(None, "archive", "show", str(file), "--json").stdout)
    assert (shown["verified"], shown["problem"], shown["suspicious"], shown["otherFiles"]) == (True, None, None, 0)
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
    assert words in (json.loads(shown.stdout)["problem"] if options else shown.stdout.splitlines()[-1])


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
    assert (shown.exit_code, shown.stdout) == (0, f"{file}: verified, without files\n")


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
