from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.emulator import Emulator, FaultKind
from tests.cli.terminal import run
from tests.stores import Store
from tests.support import JOB, PROJECT, job_request


@pytest.fixture
def job_id(client: Client) -> str:
    return client.jobs(PROJECT).create(job_request())


def test_archive_is_stored_with_its_size_and_hash(server: Emulator, job_id: str, tmp_path: Path) -> None:
    """Standard output has file, sizes and hash. Without a terminal there is no progress line."""
    file = tmp_path / "logs.tar.gz"
    done = run(server, "download", job_id, "-o", str(file))
    assert (done.exit_code, done.stderr) == (0, "")
    summary, digest = done.stdout.splitlines()
    assert summary.startswith(f"{file}: verified, ")
    assert summary.endswith(" kB, 6 files of 120.0 kB")
    assert digest == f"sha256 {hashlib.sha256(file.read_bytes()).hexdigest()}"


def test_json_names_the_file_in_a_folder(server: Emulator, job_id: str, tmp_path: Path) -> None:
    """The object is the state of a `LogArchive`."""
    done = run(server, "download", job_id, "-o", f"{tmp_path}/new/", "--json")
    stored = json.loads(done.stdout)
    assert Path(stored["file"]).parent == tmp_path / "new"
    assert Path(stored["file"]).name.startswith("mongodb-logfiles_rs0_")
    assert (stored["complete"], stored["members"]) == (True, 6)


def test_incomplete_archive_is_stored_only_with_allow_incomplete(server: Emulator, job_id: str, tmp_path: Path) -> None:
    """Standard error names the missing parts in both cases."""
    server.set_status(job_id, "FAILURE")
    file = tmp_path / "logs.tar.gz"
    refused = run(server, "download", job_id, "-o", str(file))
    assert refused.exit_code == 1
    assert "is incomplete: 1 part is missing (rs0-0.example.net:27017 FTDC: agent did not answer)" in refused.stderr
    assert not file.exists()
    allowed = run(server, "download", job_id, "-o", str(file), "--allow-incomplete")
    assert allowed.exit_code == 0
    assert allowed.stderr == "1 part is missing (rs0-0.example.net:27017 FTDC: agent did not answer)\n"
    with tarfile.open(file) as archive:
        assert len(archive.getnames()) == 5


@pytest.mark.parametrize(
    ("output", "rule"),
    [
        ("https://bucket/logs.tar.gz", "must be a path, or a URL with s3://, gs:// or az://, not another URL"),
        ("s3://key:secret@bucket/logs.tar.gz", "must not hold a user or a key"),
        ("$HOME/logs.tar.gz", "must not hold $HOME, which is not expanded here"),
        ("C:\\logs\\", "not a Windows path"),
        ("", "must not be empty"),
    ],
)
def test_output_that_is_no_path_is_a_usage_error(
    server: Emulator, job_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str, rule: str
) -> None:
    """The rule is that of `LogArchive`. The command sends no request."""
    monkeypatch.chdir(tmp_path)
    server.forget_requests()
    done = run(server, "download", job_id, "-o", output)
    assert done.exit_code == 2
    assert f"{'the URL' if '://' in output else repr(output)} must" in " ".join(done.stderr.split())
    assert "secret" not in done.output
    assert rule in " ".join(done.stderr.split())
    assert (server.requests, list(tmp_path.iterdir())) == ([], [])


def test_existing_file_is_replaced_only_with_overwrite(server: Emulator, job_id: str, tmp_path: Path) -> None:
    """The command checks it before the first request."""
    file = tmp_path / "logs.tar.gz"
    file.write_bytes(b"older")
    server.forget_requests()
    refused = run(server, "download", job_id, "-o", str(file))
    assert (refused.exit_code, refused.stderr) == (
        1,
        f"Error: {file} already exists; choose another name or use --overwrite\n",
    )
    assert server.requests == []
    assert run(server, "download", job_id, "-o", str(file), "--overwrite").exit_code == 0
    assert file.read_bytes() != b"older"


def test_impossible_file_name_fails_with_the_reason(server: Emulator, job_id: str, tmp_path: Path) -> None:
    """The reason is that of the system."""
    done = run(server, "download", job_id, "-o", str(tmp_path / ("x" * 300)))
    assert done.exit_code == 1
    assert "cannot be written: File name too long; choose another path" in done.stderr


def test_existing_file_in_a_folder_is_replaced_only_with_overwrite(
    server: Emulator, job_id: str, tmp_path: Path
) -> None:
    """The name depends on the job, so the command reads the job but not the archive."""
    assert run(server, "download", job_id, "-o", str(tmp_path)).exit_code == 0
    (file,) = tmp_path.glob("*.gz")
    file.write_bytes(b"older")
    server.forget_requests()
    refused = run(server, "download", job_id, "-o", str(tmp_path))
    assert (refused.exit_code, refused.stderr) == (
        1,
        f"Error: {file} already exists; choose another name or use --overwrite\n",
    )
    assert (server.calls, file.read_bytes()) == (["GET 200"], b"older")
    assert run(server, "download", job_id, "-o", str(tmp_path), "--overwrite").exit_code == 0
    assert file.read_bytes() != b"older"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (FaultKind.HTML, "it is an HTML page, not a gzip file; a sign-in page, a proxy"),
        (FaultKind.CUT_BODY, "the connection was cut"),
    ],
)
def test_failed_download_leaves_no_file(
    server: Emulator, job_id: str, tmp_path: Path, kind: FaultKind, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three attempts one line says why."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.fail("download", kind, times=3, after_bytes=100)
    done = run(server, "download", job_id, "-o", str(tmp_path / "logs.tar.gz"))
    assert done.exit_code == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["x"], 2, "must be 24 lower-case hex digits, not 'x'"),
        ([JOB], 1, f"no job {JOB} in project {PROJECT}"),
        ([], 2, "Missing argument 'JOB_ID'"),
    ],
)
def test_wrong_id_fails_with_the_reason(server: Emulator, arguments: list[str], code: int, words: str) -> None:
    """The exit code is 2 for a malformed id, and 1 for an unknown job."""
    done = run(server, "download", *arguments)
    assert done.exit_code == code
    assert words in done.stderr


def test_archive_is_stored_as_an_object(server: Emulator, job_id: str, store: Store) -> None:
    """With the vendor's name in a bucket. An existing object is replaced only with `--overwrite`."""
    done = run(server, "download", job_id, "-o", store.url, "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    key = found["file"].removeprefix(f"{store.url}/")
    assert store.objects().keys() == {key, f"{key}.json"}
    assert hashlib.sha256(store.objects()[key]).hexdigest() == found["sha256"]
    refused = run(server, "download", job_id, "-o", found["file"])
    words = f"Error: {found['file']} already exists; choose another name or use --overwrite\n"
    assert (refused.exit_code, refused.stderr) == (1, words)
    assert run(server, "download", job_id, "-o", found["file"], "--overwrite").exit_code == 0


def test_bucket_that_does_not_exist_fails_with_the_reason(server: Emulator, job_id: str, store: Store) -> None:
    """One line says what to do."""
    done = run(server, "download", job_id, "-o", f"{store.scheme}://nothere/logs.tar.gz")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "the bucket nothere does not exist; create it, or choose another path" in done.stderr
