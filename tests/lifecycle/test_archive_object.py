"""Archives in buckets: the rules of files hold, a plan sends nothing, and a read finds what somebody has changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import CannotStore, CollectionFailed, InvalidInput, OpsManagerError, needs_extra
from pulumi_opsmanager.lifecycle.archive import (
    check_archive,
    create_archive,
    delete_archive,
    read_archive,
    update_archive,
)
from pulumi_opsmanager.lifecycle.archive_file import StoredArchive
from pulumi_opsmanager.lifecycle.archive_plan import Download
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.plan import Plan
from tests.lifecycle.archives import changed, downloads, earlier, inputs, owned, plan
from tests.stores import Store
from tests.support import JOB, PROJECT, Heard, job_request

KEY = "logs/rs0.tar.gz"
both_stores = pytest.mark.parametrize("scheme", ["s3", "az"])


@pytest.fixture
def url(store: Store) -> str:
    return f"{store.url}/{KEY}"


@pytest.fixture
def stored(context: Context, job_id: str, url: str) -> StoredArchive:
    """An archive that an earlier run stored as an object."""
    return earlier(context, inputs(job_id, url))


def archives(store: Store) -> dict[str, bytes]:
    """The objects of the bucket, without the manifests of existing archives."""
    found = store.objects()
    return {key: content for key, content in found.items() if f"{key}.json" in found or not key.endswith(".json")}


def read(context: Context, stored: StoredArchive) -> StoredArchive:
    return read_archive(context, stored).stored


@both_stores
def test_archive_is_stored_as_an_object(
    context: Context, server: Emulator, store: Store, job_id: str, url: str
) -> None:
    """The state has the hash of its bytes and the ETag of the store. A plan sends nothing; a read sends one HEAD."""
    stored = create_archive(context, inputs(job_id, url))
    packed = archives(store)[KEY]
    assert (stored.state.file, stored.state.size_bytes, stored.state.mtime_ns) == (url, len(packed), "0")
    assert stored.state.etag
    assert stored.state.complete
    store.gate.forget()
    server.forget_requests()
    assert plan(context, stored, stored.inputs) == Plan()
    assert store.gate.requests == []
    assert read(context, stored) == stored
    assert (store.gate.methods, server.requests) == (["HEAD"], [])


@pytest.mark.parametrize("folder", ["", "/", "/logs/"])
def test_bucket_is_a_folder(context: Context, store: Store, job_id: str, folder: str) -> None:
    """A URL that ends in a slash is one too. The object gets the vendor's name there. Other objects stay."""
    stored = earlier(context, inputs(job_id, f"{store.url}{folder}"))
    (key,) = archives(store)
    assert stored.state.file == f"{store.url}/{key}"
    assert key.startswith(f"{folder.strip('/')}/mongodb-logfiles_rs0_".lstrip("/"))
    other = context.jobs(PROJECT).create(job_request(resourceName="rs1"))
    update_archive(context, stored, inputs(other, f"{store.url}{folder}"))
    assert key in archives(store)
    assert len(archives(store)) == 2


def remove(store: Store) -> None:
    store.remove(KEY)


def grow(store: Store) -> None:
    store.put(KEY, b"altered")


def write_over(store: Store) -> None:
    store.put(KEY, b"\0" * len(archives(store)[KEY]))


@pytest.mark.parametrize("verify", ["stat", "hash"])
@pytest.mark.parametrize("if_missing", ["download", "ignore"])
@pytest.mark.parametrize(
    ("alter", "words"),
    [(remove, "is missing"), (grow, "was changed: it has 7 bytes, not "), (write_over, "was changed")],
)
def test_altered_object_is_downloaded_again_or_left(
    context: Context,
    store: Store,
    job_id: str,
    url: str,
    alter: Callable[[Store], None],
    words: str,
    if_missing: str,
    verify: str,
) -> None:
    """A read finds the change, the plan says what the next run does, and an update repairs it."""
    stored = earlier(context, inputs(job_id, url, if_missing=if_missing, verify=verify))
    packed = archives(store)[KEY]
    alter(store)
    assert plan(context, stored, stored.inputs) == Plan()
    found = read(context, stored)
    assert (found.state.problem or "").startswith(f"{url} {words}")
    planned = plan(context, found, found.inputs)
    if if_missing == "ignore":
        assert (planned.steps, planned.notes) == ((), (f'{found.state.problem}, and if_missing="ignore" accepts that',))
        assert update_archive(context, found, found.inputs) == found
        return
    assert planned.steps == (Download(is_required=False),)
    assert planned.reasons == (f"{found.state.problem}; the next run downloads it again",)
    after = update_archive(context, found, found.inputs)
    assert (after.state.problem, after.state.sha256, archives(store)[KEY]) == (None, stored.state.sha256, packed)
    assert read(context, after) == after


def test_restored_object_needs_no_download(
    context: Context, server: Emulator, store: Store, stored: StoredArchive
) -> None:
    """Somebody has restored it since the read. Its bytes are compared, and its new ETag is stored."""
    packed = archives(store)[KEY]
    store.remove(KEY)
    missing = read(context, stored)
    store.put(KEY, packed)
    server.forget_requests()
    after = update_archive(context, missing, missing.inputs)
    assert (after.state.problem, server.requests) == (None, [])
    assert plan(context, after, after.inputs) == Plan()


@both_stores
def test_delete_removes_only_an_unchanged_object(
    context: Context, heard: Heard, store: Store, job_id: str, url: str
) -> None:
    """By default it stays, and a line reports this. A changed object always stays."""
    kept = earlier(context, inputs(job_id, url))
    delete_archive(context, kept)
    assert (list(archives(store)), heard.lines) == ([KEY], [f"{url} is kept"])
    removable = replace(kept, inputs=changed(kept.inputs, keep_on_delete=False))
    store.put(KEY, b"theirs")
    delete_archive(context, removable)
    assert archives(store) == {KEY: b"theirs"}
    assert heard.warnings[0].endswith("so it is not removed")
    store.remove(KEY)
    delete_archive(context, earlier(context, removable.inputs))
    assert archives(store) == {}


@both_stores
def test_other_object_is_never_replaced(context: Context, store: Store, job_id: str, url: str, tmp_path: Path) -> None:
    """The archive may be new or moved. Only the same archive, left by a killed run, is accepted."""
    store.put(KEY, b"theirs")
    words = "exists and is not the file of this archive: remove it, or choose another path"
    with pytest.raises(CannotStore, match=words):
        create_archive(context, inputs(job_id, url))
    here = earlier(context, inputs(job_id, tmp_path / "logs.tar.gz"))
    with pytest.raises(CannotStore, match=words):
        update_archive(context, here, changed(here.inputs, path=url))
    assert archives(store) == {KEY: b"theirs"}
    store.put(KEY, (tmp_path / "logs.tar.gz").read_bytes())
    assert earlier(context, inputs(job_id, url)).state.sha256 == here.state.sha256


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.CUT_BODY, FaultKind.CORRUPT_GZIP])
def test_truncated_or_damaged_download_makes_no_object(
    context: Context, server: Emulator, store: Store, job_id: str, url: str, kind: FaultKind
) -> None:
    """An archive that lacks parts makes none either. No upload stays open."""
    server.fail("download", kind, times=3, after_bytes=1000)
    with pytest.raises(OpsManagerError):
        create_archive(context, inputs(job_id, url))
    server.set_status(job_id, "FAILURE")
    with pytest.raises(CollectionFailed):
        create_archive(context, inputs(job_id, url))
    assert (archives(store), store.open_uploads()) == ({}, [])


@both_stores
def test_new_path_moves_the_archive_without_a_request_to_the_server(
    context: Context, server: Emulator, store: Store, job_id: str, tmp_path: Path
) -> None:
    """It moves from a file to an object, within the store, and back. The job may have expired since."""
    file = tmp_path / "logs.tar.gz"
    stored = earlier(context, inputs(job_id, file))
    packed = file.read_bytes()
    server.set_status(job_id, "EXPIRED")
    server.forget_requests()
    for path in (f"{store.url}/new/", f"{store.url}/moved.tar.gz", str(file)):
        stored = update_archive(context, stored, changed(stored.inputs, path=path))
        assert plan(context, read(context, stored), stored.inputs) == Plan()
        assert stored.state.etag is None or stored.state.file.endswith(tuple(archives(store)))
        assert (not archives(store), file.exists()) == (path == str(file),) * 2
    assert (file.read_bytes(), server.requests) == (packed, [])


def test_two_archives_with_one_url_are_refused(context: Context, store: Store, job_id: str, url: str) -> None:
    """Each would upload over the other at every run."""
    create_archive(owned(context, "first"), inputs(job_id, url))
    with pytest.raises(InvalidInput, match="is the file of another LogArchive: give each its own path"):
        create_archive(owned(context, "second"), inputs(job_id, url))
    assert list(archives(store)) == [KEY]


def test_check_names_what_this_machine_lacks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check reports it before the collection. It sends no request to the store."""
    given = {"jobId": JOB, "path": f"{store.url}/"}
    assert check_archive(given, None, PROJECT).failures == ()
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    (failure,) = check_archive(given, None, PROJECT).failures
    assert str(failure) == f"path {needs_extra('buckets')}"
    assert store.gate.requests == []


def test_ignored_object_is_looked_for_in_its_new_place(context: Context, store: Store, job_id: str, url: str) -> None:
    """A plan would not look there."""
    stored = earlier(context, inputs(job_id, url, if_missing="ignore"))
    store.remove(KEY)
    missing = read(context, stored)
    moved = update_archive(context, missing, changed(stored.inputs, path=f"{store.url}/other.tar.gz"))
    assert moved.state.problem == f"{store.url}/other.tar.gz is missing"


def test_hash_finds_a_file_that_looks_the_same(context: Context, server: Emulator, file: Path, job_id: str) -> None:
    """Only the bytes differ. With `stat` a read does not see it, and a plan shows no change."""
    by_stat = earlier(context, inputs(job_id, file))
    by_hash = replace(by_stat, inputs=changed(by_stat.inputs, verify="hash"))
    assert read(context, by_hash) == by_hash
    times = file.stat()
    file.write_bytes(b"\0" * times.st_size)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert read(context, by_stat) == by_stat
    assert plan(context, by_hash, by_hash.inputs) == Plan()
    found = read(context, by_hash)
    words = f"{file} was changed: its SHA-256 is "
    assert (found.state.problem or "").startswith(words)
    assert plan(context, found, found.inputs).reasons[0].startswith(words)
    server.forget_requests()
    after = update_archive(context, found, found.inputs)
    assert (after.state.problem, downloads(server)) == (None, 1)
    assert read(context, after) == after


def test_hash_of_a_touched_file_shows_no_change(context: Context, file: Path, job_id: str) -> None:
    """Its bytes are the verified ones, so there is no problem to report."""
    stored = earlier(context, inputs(job_id, file, verify="hash"))
    os.utime(file, ns=(1, 1))
    assert read(context, stored).state.problem is None
    file.unlink()
    assert read(context, stored).state.problem == f"{file} is missing"
