"""Places by one table: a file of this machine, and objects in stores of other authors, over real HTTP."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulumi_opsmanager.download.bucket import PART_BYTES
from pulumi_opsmanager.download.place import (
    Place,
    Seen,
    digest_of,
    is_folder,
    is_there,
    move,
    name_of,
    place_of,
    within,
)
from pulumi_opsmanager.errors import CannotStore, InvalidInput
from tests.stores import Store

SMALL = b"complete" * 1000
LARGE = os.urandom(1024 * 1024) * 19
"""Three parts of an upload; the last part is shorter."""

SCHEMES = ["file", "s3", "gs", "az"]


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(scheme: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A folder of the machine, or a prefix in a bucket of its own."""
    if scheme == "file":
        return f"{tmp_path}/logs"
    store: Store = request.getfixturevalue("store")
    return f"{store.url}/logs"


@pytest.fixture
def place(folder: str) -> Place:
    return place_of(within(folder, "größe 1.tar.gz"))


@pytest.fixture(params=[SMALL, LARGE], ids=["small", "large"])
def content(request: pytest.FixtureRequest) -> bytes:
    assert isinstance(request.param, bytes)
    return request.param


def pieces_of(content: bytes) -> Iterator[bytes]:
    """The bytes in the pieces of a download."""
    yield from (content[start : start + 512 * 1024] for start in range(0, len(content), 512 * 1024))


def write(place: Place, content: bytes) -> Seen:
    with place.draft() as new:
        for piece in pieces_of(content):
            new.write(piece)
        return new.keep()


def nothing_open(request: pytest.FixtureRequest, scheme: str) -> bool:
    """There is no temporary file and no unfinished upload."""
    if scheme == "file":
        return not list(request.getfixturevalue("tmp_path").rglob("*.opsmanager-part"))
    store: Store = request.getfixturevalue("store")
    return store.open_uploads() == []


def test_look_and_read_show_the_kept_draft(place: Place, content: bytes) -> None:
    """Size and mark equal those of the next look, and the bytes are the written ones."""
    assert (place.look(), is_there(place)) == (None, False)
    seen = write(place, content)
    assert (place.look(), seen.size_bytes) == (seen, len(content))
    assert b"".join(place.pieces()) == content
    assert digest_of(place) == hashlib.sha256(content).hexdigest()


def test_draft_that_is_not_kept_leaves_nothing(
    place: Place, content: bytes, scheme: str, request: pytest.FixtureRequest
) -> None:
    """This applies to the end of the block and to an error. The old content stays."""

    def fail() -> None:
        with place.draft() as new:
            new.write(content)
            raise ZeroDivisionError

    for before in (None, b"before"):
        seen = before and write(place, before)
        with place.draft() as new:
            new.write(content)
        with pytest.raises(ZeroDivisionError):
            fail()
        assert nothing_open(request, scheme)
        assert place.look() == seen
    assert b"".join(place.pieces()) == b"before"


def test_draft_replaces_what_was_there(place: Place, content: bytes) -> None:
    """The old content may be large or small. The mark shows the change."""
    first, second = write(place, content), write(place, content[:-1] + b"!")
    assert first != second
    assert place.look() == second


def test_removal_can_be_repeated(place: Place) -> None:
    """A missing object counts as removed."""
    write(place, SMALL)
    for _ in range(2):
        place.remove()
        assert place.look() is None
    with pytest.raises(CannotStore, match="cannot be read"):
        digest_of(place)


def test_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """Here it is a folder, which no user can read as a file."""
    with pytest.raises(CannotStore, match=f"{tmp_path} cannot be read: Is a directory; allow this user to read it"):
        digest_of(place_of(str(tmp_path)))


@pytest.mark.parametrize("is_to_file", [False, True])
def test_move_takes_the_place_of_what_was_there(
    place: Place, folder: str, tmp_path: Path, content: bytes, *, is_to_file: bool
) -> None:
    """A move works within a store, and from any place to a file."""
    write(place, content)
    target = place_of(f"{tmp_path}/moved/x.tar.gz" if is_to_file else f"{folder}/moved.tar.gz")
    write(target, b"before")
    seen = move(place, target, hashlib.sha256(content).hexdigest())
    assert (target.look(), place.look()) == (seen, None)
    assert b"".join(target.pieces()) == content


@pytest.mark.parametrize("scheme", ["s3", "az"])
def test_move_to_a_store_refuses_other_bytes(tmp_path: Path, store: Store, content: bytes) -> None:
    """A copy is compared with the verified archive. Both places stay as they are."""
    place, target = place_of(f"{tmp_path}/logs.tar.gz"), place_of(f"{store.url}/moved.tar.gz")
    write(place, content)
    with pytest.raises(CannotStore, match="has other bytes than the verified archive; it stays where it is"):
        move(place, target, "0" * 64)
    assert (target.look(), is_there(place)) == (None, True)
    assert store.open_uploads() == []


@pytest.mark.parametrize(
    # Moto does not know the condition of Google Cloud Storage.
    ("scheme", "content"),
    [("s3", SMALL), ("s3", LARGE), ("gs", LARGE), ("az", SMALL), ("az", LARGE)],
)
def test_object_that_somebody_else_wrote_meanwhile_is_not_replaced(store: Store, content: bytes) -> None:
    """A small object is written under a condition, and a large one after another look."""

    def written_late(key: str) -> None:
        with place_of(f"{store.url}/{key}").draft() as new:
            for piece in pieces_of(content):
                new.write(piece)
            store.put(key, b"theirs")
            new.keep()

    store.put("there before", b"before")
    for key in ("new", "there before"):
        with pytest.raises(CannotStore, match="somebody else wrote that object meanwhile; choose another path"):
            written_late(key)
        assert store.objects()[key] == b"theirs"
    assert store.open_uploads() == []


@pytest.mark.parametrize("scheme", ["s3", "az"])
def test_object_that_changes_while_it_is_read_is_an_error(place: Place) -> None:
    """All ranges must belong to one version of the object."""
    write(place, LARGE)
    pieces = place.pieces()
    next(pieces)
    write(place, LARGE[:-1] + b"!")
    with pytest.raises(CannotStore, match="cannot be read: somebody else wrote that object meanwhile"):
        list(pieces)


@pytest.mark.parametrize("scheme", ["s3", "az"])
def test_object_costs_few_requests(store: Store, place: Place) -> None:
    """A look is one HEAD. Choosing a place, or checking that it can be written, sends no request."""
    assert (place_of(place.location), place.problem(), store.gate.requests) == (place, None, [])
    place.look()
    assert store.gate.methods == ["HEAD"]
    store.gate.forget()
    write(place, SMALL)
    assert store.gate.methods == ["HEAD", "PUT"]


@pytest.mark.parametrize(
    ("location", "folder", "name", "inside"),
    [
        ("logs/", True, "logs", "logs/x"),
        ("/", True, "", "/x"),
        (".", True, ".", "x"),
        ("logs/a.tar.gz", False, "a.tar.gz", "logs/a.tar.gz/x"),
        ("s3://bucket", True, "bucket", "s3://bucket/x"),
        ("s3://bucket/", True, "bucket", "s3://bucket/x"),
        ("gs://bucket/logs/", True, "logs", "gs://bucket/logs/x"),
        ("az://logs/a.tar.gz", False, "a.tar.gz", "az://logs/a.tar.gz/x"),
    ],
)
def test_location_says_whether_it_is_a_folder(location: str, folder: bool, name: str, inside: str) -> None:
    """It ends in a slash, is a folder of this machine, or is only a bucket."""
    assert (is_folder(location), name_of(location), within(location, "x")) == (folder, name, inside)


@pytest.mark.parametrize(
    "url", ["s3://AKIA:secret@bucket/x", "s3://bucket/x?secret", "https://host/x", "s3://", "s3:///x"]
)
def test_invalid_url_is_refused_and_not_shown(url: str) -> None:
    """The URL may contain a key. A check refuses it earlier, with a reason."""
    with pytest.raises(InvalidInput, match="the URL of an object must be") as refused:
        place_of(url)
    assert "secret" not in str(refused.value)
    assert PART_BYTES * 3 > len(LARGE) > PART_BYTES * 2
