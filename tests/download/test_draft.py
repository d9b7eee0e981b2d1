"""Files under way: whole in one place or the other, and none left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pulumi_opsmanager.download.draft import draft, move, sha256_of
from pulumi_opsmanager.errors import CannotStore

OTHER_FILE_SYSTEM = Path("/dev/shm")  # noqa: S108  a folder of the test's own is made there


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "logs.tar.gz"
    file.write_bytes(b"whole" * 1000)
    file.chmod(0o600)
    return file


def test_move_takes_the_place_of_what_was_there(source: Path, tmp_path: Path) -> None:
    """Missing folders are made for their owner only."""
    target = tmp_path / "new" / "folder" / "moved.tar.gz"
    move(source, target)
    source.write_bytes(b"again")
    move(source, target)
    assert target.read_bytes() == b"again"
    assert not source.exists()
    assert [folder.stat().st_mode & 0o777 for folder in (target.parent, target.parent.parent)] == [0o700, 0o700]


@pytest.mark.skipif(not OTHER_FILE_SYSTEM.is_dir(), reason="this machine has one file system only")
def test_move_to_another_file_system_is_whole_and_private(source: Path) -> None:
    """It is copied beside the target first."""
    with TemporaryDirectory(dir=OTHER_FILE_SYSTEM) as folder:
        target = Path(folder) / "moved.tar.gz"
        assert target.parent.stat().st_dev != source.stat().st_dev
        move(source, target)
        assert target.read_bytes() == b"whole" * 1000
        assert target.stat().st_mode & 0o777 == 0o600
        assert not source.exists()
        assert list(target.parent.iterdir()) == [target]


def test_move_that_fails_leaves_the_source(source: Path, tmp_path: Path) -> None:
    """Path, reason and whose move it is."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(CannotStore, match=r"folder cannot be written: .*; choose another path"):
        move(source, tmp_path / "folder")
    assert source.exists()
    assert os.listdir(tmp_path / "folder") == []  # noqa: PTH208  a list to compare with


def test_draft_of_a_killed_process_is_swept_and_no_other(tmp_path: Path) -> None:
    """Drafts that somebody still writes, and files of others, stay."""
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


def test_drafts_at_once_sweep_none_of_each_other(tmp_path: Path) -> None:
    """Between its making and its lock a draft is anybody's; then it is made anew."""

    def write(number: int) -> None:
        with draft(tmp_path / f"file-{number}") as new:
            new.write(b"whole")
            new.keep()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(400)))
    assert len(list(tmp_path.iterdir())) == 400


def test_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Another user's, for one; here a folder, which no user can read."""
    with pytest.raises(CannotStore, match=f"{tmp_path} cannot be read: Is a directory; let this user read it"):
        sha256_of(tmp_path)
