"""Temporary files: complete in the old or the new place, and removed at the end."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pulumi_opsmanager.download.draft import draft, move
from pulumi_opsmanager.errors import CannotStore

OTHER_FILE_SYSTEM = Path("/dev/shm")  # noqa: S108  the test creates its own folder there


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "logs.tar.gz"
    file.write_bytes(b"whole" * 1000)
    file.chmod(0o600)
    return file


def test_move_takes_the_place_of_what_was_there(source: Path, tmp_path: Path) -> None:
    """Missing folders are created with access for their owner only."""
    target = tmp_path / "new" / "folder" / "moved.tar.gz"
    move(source, target)
    source.write_bytes(b"again")
    move(source, target)
    assert target.read_bytes() == b"again"
    assert not source.exists()
    assert [folder.stat().st_mode & 0o777 for folder in (target.parent, target.parent.parent)] == [0o700, 0o700]


@pytest.mark.skipif(not OTHER_FILE_SYSTEM.is_dir(), reason="this machine has one file system only")
def test_move_to_another_file_system_is_complete_and_private(source: Path) -> None:
    """The file is first copied beside the target."""
    with TemporaryDirectory(dir=OTHER_FILE_SYSTEM) as folder:
        target = Path(folder) / "moved.tar.gz"
        assert target.parent.stat().st_dev != source.stat().st_dev
        move(source, target)
        assert target.read_bytes() == b"whole" * 1000
        assert target.stat().st_mode & 0o777 == 0o600
        assert not source.exists()
        assert list(target.parent.iterdir()) == [target]


def test_move_that_fails_leaves_the_source(source: Path, tmp_path: Path) -> None:
    """The error has the path, the reason and the remedy."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotStore, match=r"folder cannot be written: .*; choose another path"):
        move(source, tmp_path / "folder")
    assert source.exists()
    assert os.listdir(tmp_path / "folder") == []  # noqa: PTH208  a list to compare with


def test_only_the_draft_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    """Drafts that a process still writes, and other files, stay."""
    killed = "import os, sys, pathlib; from pulumi_opsmanager.download.draft import draft\n"
    killed += "with draft(pathlib.Path(sys.argv[1])) as new: new.write(b'private'); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", killed, str(tmp_path / "logs.tar.gz")], check=False)
    (left,) = tmp_path.iterdir()
    assert left.read_bytes() == b"private"
    (tmp_path / ".logs.tar.gz.part").write_bytes(b"of others")
    with draft(tmp_path / "one") as one, draft(tmp_path / "two") as two:
        assert not left.exists()
        for new in (one, two):
            new.write(b"whole")
            new.keep()
    assert {file.name for file in tmp_path.iterdir()} == {"one", "two", ".logs.tar.gz.part"}


def test_concurrent_drafts_do_not_remove_each_other(tmp_path: Path) -> None:
    """A draft that another process removed before the lock is created again."""

    def write(number: int) -> None:
        with draft(tmp_path / f"file-{number}") as new:
            new.write(b"whole")
            new.keep()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(400)))
    assert len(list(tmp_path.iterdir())) == 400


def failing(code: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


def stored(target: Path) -> None:
    with draft(target) as new:
        new.write(b"whole")
        new.keep()


NO_LOCKS = [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS, errno.EBADF, errno.EIO]


@pytest.mark.parametrize("code", NO_LOCKS, ids=errno.errorcode.get)
def test_file_is_stored_without_file_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """NFS, SMB and FUSE may have no locks. Two drafts at once stay, and a failed draft is removed."""
    monkeypatch.setattr(fcntl, "flock", failing(code))
    with draft(tmp_path / "one") as one:
        stored(tmp_path / "two")
        one.write(b"whole")
        one.keep()
    with pytest.raises(ZeroDivisionError), draft(tmp_path / "three"):
        raise ZeroDivisionError
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"one": b"whole", "two": b"whole"}


def test_old_draft_is_removed_without_file_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running process never pauses for a day between two writes."""
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    old, young = tmp_path / ".logs.1.opsmanager-part", tmp_path / ".logs.2.opsmanager-part"
    for left, hours in ((old, 25), (young, 23)):
        left.write_bytes(b"private")
        written = left.stat().st_mtime - hours * 3600
        os.utime(left, (written, written))
    stored(tmp_path / "logs")
    assert {file.name for file in tmp_path.iterdir()} == {"logs", young.name}


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP], ids=errno.errorcode.get)
def test_file_is_stored_without_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Neither the file nor its folder can be synced."""
    monkeypatch.setattr(os, "fsync", failing(code))
    stored(tmp_path / "logs")
    assert (tmp_path / "logs").read_bytes() == b"whole"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO], ids=errno.errorcode.get)
def test_file_whose_sync_fails_is_not_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """NFS reports a full disk only at the sync."""
    monkeypatch.setattr(os, "fsync", failing(code))
    with pytest.raises(CannotStore, match="logs cannot be written: "):
        stored(tmp_path / "logs")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("times", [1, 2])
def test_file_that_cannot_be_renamed_while_open_is_closed_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Some SMB servers refuse it. A second failure is an error and leaves no file."""
    replace, refusals = Path.replace, [OSError(errno.EBUSY, os.strerror(errno.EBUSY))] * times

    def replaced(source: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", replaced)
    if times == 1:
        stored(tmp_path / "logs")
        assert (tmp_path / "logs").read_bytes() == b"whole"
    else:
        with pytest.raises(CannotStore, match="busy; choose another path"):
            stored(tmp_path / "logs")
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK], ids=errno.errorcode.get)
def test_file_that_cannot_be_renamed_is_copied(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The reason does not matter. The copy gets its name by a rename within its folder."""
    replace = Path.replace

    def replaced(file: Path, target: Path) -> Path:
        return failing(code)() if file == source else replace(file, target)

    monkeypatch.setattr(Path, "replace", replaced)
    move(source, tmp_path / "new" / "moved.tar.gz")
    assert (tmp_path / "new" / "moved.tar.gz").read_bytes() == b"whole" * 1000
    assert [file.name for file in tmp_path.iterdir()] == ["new"]


def test_copy_is_removed_if_its_source_cannot_be_removed(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the next move would find an unmanaged file."""
    unlink = Path.unlink

    def unlinked(file: Path, *, missing_ok: bool = False) -> None:
        if file == source:
            failing(errno.EROFS)()
        unlink(file, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlinked)
    monkeypatch.setattr(Path, "replace", failing(errno.EXDEV))
    monkeypatch.setattr("pulumi_opsmanager.download.draft.Draft.keep", lambda new: new._temporary.rename(new._target))
    with pytest.raises(CannotStore, match="logs.tar.gz cannot be written: Read-only file system"):
        move(source, tmp_path / "moved.tar.gz")
    assert [file.name for file in tmp_path.iterdir()] == ["logs.tar.gz"]
