"""The files that a download writes, and their permissions."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from pulumi_opsmanager.download.fetch import fetch
from pulumi_opsmanager.download.file_place import FilePlace
from tests.cli.terminal import run
from tests.download.archives import LOGS, archive_of
from tests.support import FakeClock


@pytest.fixture
def generous() -> Iterator[None]:
    """A process with the umask 0: everybody may change its files."""
    before = os.umask(0)
    yield
    os.umask(before)


def hostile(folder: Path) -> bytes:
    """An archive with members outside of its folder, on existing files, and special files."""
    tape = io.BytesIO()
    with tarfile.open(fileobj=tape, mode="w") as tar:
        for name in ("../../outside.log", f"{folder}/absolute.log", "~/home.log", "victim"):
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b"mine"))
        for kind, name in ((tarfile.SYMTYPE, "link"), (tarfile.LNKTYPE, "hard"), (tarfile.FIFOTYPE, "pipe")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, f"{folder}/victim"
            tar.addfile(member)
    return gzip.compress(tape.getvalue())


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_of_an_archive_is_unpacked(clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The only new file is the archive, for any names, links and pipes in it."""
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    (folder / "victim").write_bytes(b"yours")
    monkeypatch.chdir(folder)
    packed = hostile(folder)
    found = fetch(lambda: nullcontext(iter([packed])), FilePlace(folder / "logs.tar.gz"), children=(), clock=clock)
    assert found.members == 4
    done = run(None, "archive", "show", "logs.tar.gz")
    assert done.exit_code == 1, done.output  # not a log of Ops Manager
    assert everything_below(tmp_path) == {"a/b/c/victim": b"yours", "a/b/c/logs.tar.gz": packed}


@pytest.mark.usefixtures("generous")
def test_archive_is_private_from_its_first_byte(clock: FakeClock, tmp_path: Path) -> None:
    """Draft, file and new folder are private, for any umask and any file that was there before."""
    target, packed = tmp_path / "new" / "logs.tar.gz", archive_of(LOGS)
    drafts: list[int] = []

    def look(_: int) -> None:
        drafts.extend(stat.S_IMODE(path.stat().st_mode) for path in target.parent.iterdir() if path != target)

    for _ in range(2):
        fetch(lambda: nullcontext(iter([packed])), FilePlace(target), children=(), clock=clock, progress=look)
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        target.chmod(0o666)
    assert set(drafts) == {0o600}
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o700
