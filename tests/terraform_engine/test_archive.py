"""Archives with real files: plans, downloads, moves and deletes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_opsmanager.emulator import Emulator
from tests.support import FakeClock, sha256_of
from tests.terraform_engine.archives import COPY, PATH, archive, file_of, files
from tests.terraform_engine.configuration import Configuration
from tests.terraform_engine.jobs import (
    DAY,
    LOGS,
    applied,
    block,
    flat,
    instances,
    job,
    planned,
    refused,
    require_settled,
    row,
    stored,
    write,
)

ALTERED: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "is missing"),
    "size": (lambda file: file.write_bytes(b"altered"), "was changed"),
    "time": (lambda file: os.utime(file, ns=(1, 1)), "was changed"),
}


def test_archive_is_downloaded_once_and_removed(reattached: Configuration, server: Emulator) -> None:
    """A plan of an unchanged archive downloads nothing; a destroy removes the file."""
    write(reattached, job(), archive())
    applied(reattached)
    assert file_of(reattached) == reattached.folder / PATH
    known = stored(reattached, COPY)
    assert (known["complete"], known["missing"], known["job_status"]) == (True, [], "SUCCESS")
    downloads = [entry for entry in server.requests if entry["path"].endswith("/download") and entry["status"] == 200]
    assert len(downloads) == 1
    reattached.destroy()
    assert files(reattached) == set()
    assert server.job_ids == []


def altered(configuration: Configuration, **values: str) -> None:
    """Apply an archive for each way to alter a file, and alter the files."""
    write(configuration, job(), *(archive(name, path=f'"{name}.tar.gz"', **values) for name in ALTERED))
    applied(configuration)
    for name, (alter, _) in ALTERED.items():
        alter(configuration.folder / f"{name}.tar.gz")


def test_altered_file_is_downloaded_again(reattached: Configuration) -> None:
    """The plan says which file differs and how."""
    altered(reattached)
    addresses = {name: f"opsmanager_log_archive.{name}" for name in ALTERED}
    before = {name: stored(reattached, address)["sha256"] for name, address in addresses.items()}
    shown = planned(reattached)
    assert shown.actions == dict.fromkeys(addresses.values(), "update")
    assert len(shown.warnings) == len(ALTERED)
    for name, (_, words) in ALTERED.items():
        (warning,) = (one for one in shown.warnings if one.startswith(f"{name}.tar.gz {words}"))
        assert "apply downloads it again" in warning
    applied(reattached)
    assert {name: sha256_of(file_of(reattached, address)) for name, address in addresses.items()} == before


def test_altered_file_can_be_accepted(reattached: Configuration, server: Emulator) -> None:
    """With `if_missing = "ignore"` a plan shows nothing, and a destroy leaves what somebody has changed."""
    altered(reattached, if_missing='"ignore"')
    require_settled(reattached)
    said = flat(reattached.destroy().output)
    # A file that was only touched has the content that was written, and stays too.
    assert files(reattached) == {"size.tar.gz", "time.tar.gz"}
    assert said.count("is not removed") == 1
    assert server.job_ids == []


@pytest.mark.parametrize("is_saved", [False, True], ids=["applied at once", "saved plan"])
def test_file_that_vanishes_after_the_plan_is_downloaded(reattached: Configuration, *, is_saved: bool) -> None:
    """The plan was made for another file. The apply repairs it too; otherwise the next plan shows it."""
    write(reattached, job(), archive())
    applied(reattached)
    write(reattached, job(), archive(keep_on_delete="true"))
    assert planned(reattached, "-out=later.tfplan").actions == {COPY: "update"}
    (reattached.folder / PATH).unlink()
    applied(reattached, *(["later.tfplan"] if is_saved else []))
    assert file_of(reattached).exists()


@pytest.mark.parametrize("target", ["other/copy.tar.gz", "other/"])
def test_new_path_moves_the_file(reattached: Configuration, server: Emulator, target: str) -> None:
    """Nothing is downloaded. In a folder the file keeps its name."""
    write(reattached, job(), archive())
    applied(reattached)
    written = (reattached.folder / PATH).stat().st_mtime_ns
    server.forget_requests()
    write(reattached, job(), archive(path=f'"{target}"'))
    assert planned(reattached).actions == {COPY: "update"}
    applied(reattached)
    assert files(reattached) == {"other/copy.tar.gz"}
    assert file_of(reattached).stat().st_mtime_ns == written
    assert not any(entry["path"].endswith("/download") for entry in server.requests)


def test_path_that_is_a_folder_gets_a_named_file(reattached: Configuration) -> None:
    """The file is named after resource, date and job, as the vendor's downloads are."""
    write(reattached, job(), archive(path='"logs/"'))
    applied(reattached)
    assert file_of(reattached).name.startswith("mongodb-logfiles_rs0_")
    assert file_of(reattached).parent == reattached.folder / "logs"


def test_unmanaged_file_is_not_overwritten(reattached: Configuration) -> None:
    """This holds for a new archive and for one that moves. The error names the file and the line."""
    theirs = reattached.folder / "theirs.tar.gz"
    theirs.write_bytes(b"theirs")
    write(reattached, job(), archive(path='"theirs.tar.gz"'))
    said = refused(reattached, "apply")
    assert "theirs.tar.gz exists and is not the file of this archive" in said
    assert 'path = "theirs.tar.gz"' in said
    write(reattached, job(), archive())
    applied(reattached)
    before = stored(reattached, COPY)
    write(reattached, job(), archive(path='"theirs.tar.gz"'))
    assert "theirs.tar.gz exists and is not the file of this archive" in refused(reattached, "apply")
    assert stored(reattached, COPY) == before
    assert theirs.read_bytes() == b"theirs"
    assert file_of(reattached).exists()


def test_device_is_never_read(reattached: Configuration) -> None:
    """It is not overwritten either, because a device may be endless."""
    write(reattached, job(), archive(path='"/dev/zero"'))
    assert "path must not be a device or a pipe" in refused(reattached, "plan")


def test_path_that_cannot_be_written_is_refused_by_the_plan(reattached: Configuration, server: Emulator) -> None:
    """Before anything is collected."""
    (reattached.folder / "file").touch()
    write(reattached, job(), archive(path='"file/copy.tar.gz"'))
    said = refused(reattached, "plan")
    assert "path" in said
    assert "file" in said
    assert server.job_ids == []


def test_two_archives_of_one_path_are_refused(reattached: Configuration) -> None:
    """One of them has the file. The error advises another path for each."""
    write(reattached, job(), archive("first"), archive("second"))
    assert "is the file of another opsmanager_log_archive: give each its own path" in refused(reattached, "apply")
    assert files(reattached) == {PATH}
    # Terraform creates both at the same time, so either can be the one that has the file.
    (holder,) = {"first", "second"} & {address.rpartition(".")[2] for address in instances(reattached)}
    (other,) = {"first", "second"} - {holder}
    write(reattached, job(), archive(holder), archive(other, path='"other.tar.gz"'))
    applied(reattached)
    assert files(reattached) == {PATH, "other.tar.gz"}


def test_kept_file_outlives_the_archive(reattached: Configuration, server: Emulator) -> None:
    """With `keep_on_delete` a destroy deletes only the job, and a new archive takes over the same file."""
    write(reattached, job(), archive(keep_on_delete="true"))
    applied(reattached)
    write(reattached, job())
    applied(reattached)
    assert files(reattached) == {PATH}
    write(reattached, job(), archive(keep_on_delete="true"))
    applied(reattached)
    assert file_of(reattached).exists()
    reattached.destroy()
    assert files(reattached) == {PATH}
    assert server.job_ids == []


@pytest.mark.parametrize("target", [PATH, "logs/"])
def test_archive_follows_its_job(reattached: Configuration, server: Emulator, clock: FakeClock, target: str) -> None:
    """A trigger replaces the job, and the archive follows in the same apply. One file is left."""
    write(reattached, job(triggers="[1]"), archive(path=f'"{target}"'))
    applied(reattached)
    before = stored(reattached, COPY)
    clock.sleep(DAY)
    write(reattached, job(triggers="[2]"), archive(path=f'"{target}"'))
    assert planned(reattached).actions == {LOGS: "replace", COPY: "update"}
    applied(reattached)
    after = stored(reattached, COPY)
    assert after["id"] == before["id"]
    assert after["job_id"] in server.job_ids
    assert after["sha256"] != before["sha256"]
    assert files(reattached) == {after["file"]}
    assert len(server.job_ids) == 1


# Values of an archive first and then, and how often the change downloads it.
CHANGES: list[tuple[dict[str, str], dict[str, str], int]] = [
    ({"triggers": "[1]"}, {"triggers": "[2]"}, 1),
    ({}, {"if_missing": '"ignore"'}, 0),
    ({}, {"require_complete": "false"}, 0),
    ({}, {"project_id": '"66f2a41b9d3c5e0012ab34cd"'}, 0),
]


def test_change_downloads_only_where_bytes_are_asked_for(reattached: Configuration, server: Emulator) -> None:
    """All changes are in place."""

    def row_of(number: int, values: dict[str, str]) -> str:
        name = f"row_{number}"
        return job(name) + archive(name, job_id=f"{row(number)}.id", path=f'"{name}.tar.gz"', **values)

    write(reattached, *(row_of(number, first) for number, (first, *_) in enumerate(CHANGES)))
    applied(reattached)
    addresses = [f"opsmanager_log_archive.row_{number}" for number in range(len(CHANGES))]
    before = [stored(reattached, address) for address in addresses]
    server.forget_requests()
    write(reattached, *(row_of(number, then) for number, (_, then, _) in enumerate(CHANGES)))
    assert set(planned(reattached).actions.values()) <= {"update"}
    applied(reattached)
    asked = [entry["path"] for entry in server.requests if entry["status"] == 200]
    for number, (*_, downloads) in enumerate(CHANGES):
        assert sum(path.endswith(f"{before[number]['job_id']}/download") for path in asked) == downloads
        assert stored(reattached, addresses[number])["id"] == before[number]["id"]
        assert file_of(reattached, addresses[number]).exists()


@pytest.mark.parametrize("arguments", [["-replace=" + COPY], []], ids=["replaced", "tainted"])
def test_replaced_archive_has_its_file(reattached: Configuration, arguments: list[str]) -> None:
    """Delete and create leave the same file, and say nothing about it."""
    write(reattached, job(), archive())
    applied(reattached)
    before = stored(reattached, COPY)
    if not arguments:
        reattached.run("taint", COPY)
    said = applied(reattached, *arguments)
    assert "was changed" not in said
    assert "not removed" not in said
    assert stored(reattached, COPY)["id"] != before["id"]
    assert sha256_of(file_of(reattached)) == before["sha256"]
    assert files(reattached) == {PATH}


def test_file_created_before_it_is_destroyed_stays(reattached: Configuration) -> None:
    """With `create_before_destroy` the new archive takes over the file, and the old one does not remove it."""
    lifecycle = "  lifecycle {\n    create_before_destroy = true\n  }"
    values = {"job_id": f"{LOGS}.id", "path": f'"{PATH}"'}
    write(reattached, job(), block("opsmanager_log_archive", "copy", values, lifecycle))
    applied(reattached)
    applied(reattached, f"-replace={COPY}")
    assert file_of(reattached).exists()
    assert files(reattached) == {PATH}
