"""An upload whose store or connection fails leaves no object and no open upload, and its message has no key."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_opsmanager.download import bucket
from pulumi_opsmanager.download.place import Place, place_of
from pulumi_opsmanager.errors import CannotStore, InvalidSettings, OpsManagerError, needs_extra
from tests.gate import Breaks
from tests.stores import ACCOUNT_KEY, SECRET, Store
from tests.support import canned

SMALL = b"complete" * 1000
LARGE = os.urandom(1024 * 1024) * 19


@pytest.fixture(autouse=True)
def few_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library waits between its attempts by its own clock."""
    monkeypatch.setitem(bucket._RETRIES, "max_retries", 1)


@pytest.fixture
def place(store: Store) -> Place:
    return place_of(f"{store.url}/logs.tar.gz")


def write(place: Place, content: bytes) -> None:
    with place.draft() as new:
        for start in range(0, len(content), 512 * 1024):
            new.write(content[start : start + 512 * 1024])
        new.keep()


def answers(status: int, body: str, *, times: int, at: Callable[[str, str], bool]) -> Breaks:
    """Break the first requests of one kind."""
    left = [None] * times

    def breaks(method: str, path: str) -> tuple[int, bytes] | None:
        if not left or not at(method, path):
            return None
        left.pop()
        return status, body.encode()

    return breaks


def is_part(method: str, path: str) -> bool:
    return method == "PUT" and ("partNumber=" in path or "comp=block&" in path)


def error_of(call: Callable[[], object]) -> OpsManagerError:
    with pytest.raises(OpsManagerError) as raised:
        call()
    error = raised.value
    # A traceback shows the cause too.
    assert error.__cause__ is None or isinstance(error.__cause__, OpsManagerError)
    assert not any(word in str(error) for word in (SECRET, ACCOUNT_KEY, "AKIAOFTHETESTS", "StringToSign", "127.0.0.1"))
    return error


@pytest.mark.parametrize("scheme", ["s3", "az"])
@pytest.mark.parametrize("status", [0, 503], ids=["cut", "503"])
def test_part_is_sent_again_after_a_fault(store: Store, place: Place, status: int) -> None:
    """The upload continues, and the object is complete."""
    store.gate.breaks = answers(status, "<Error><Code>SlowDown</Code></Error>", times=1, at=is_part)
    write(place, LARGE)
    assert store.objects() == {"logs.tar.gz": LARGE}


REFUSALS = {
    "cut": (0, "", CannotStore, "the connection to the store was lost, or timed out; run again later"),
    "503": (503, "SlowDown", CannotStore, "the store answered 503 Service Unavailable (SlowDown); run again later"),
    "revoked": (
        403,
        "ExpiredToken",
        InvalidSettings,
        "the store does not accept the credentials (ExpiredToken); check ",
    ),
    "denied": (403, "AccessDenied", CannotStore, "the store refuses access (AccessDenied); allow "),
}


@pytest.mark.parametrize("scheme", ["s3", "az"])
@pytest.mark.parametrize("case", REFUSALS)
def test_upload_that_fails_in_the_middle_leaves_nothing(store: Store, place: Place, case: str) -> None:
    """The connection is cut, the store is busy, or somebody has revoked the credentials since the first part."""
    status, code, kind, words = REFUSALS[case]
    parts: list[str] = []

    def breaks(method: str, path: str) -> tuple[int, bytes] | None:
        if is_part(method, path):
            parts.append(path)
            if len(parts) > 1:
                return status, f"<Error><Code>{code}</Code><Message>{SECRET}</Message></Error>".encode()
        return None

    store.gate.breaks = breaks
    error = error_of(lambda: write(place, LARGE))
    assert isinstance(error, kind)
    assert f"{store.url}/logs.tar.gz cannot be written: {words}" in str(error)
    assert (store.objects(), store.open_uploads()) == ({}, [])
    store.gate.forget()
    write(place, LARGE)
    assert store.objects() == {"logs.tar.gz": LARGE}


@pytest.mark.parametrize("number", [2, 3])
def test_upload_that_cannot_be_ended_stays_open(store: Store, place: Place, number: int) -> None:
    """All requests fail after some part. No object appears, and a lifecycle rule of the bucket removes the parts.

    The library itself does not end an upload after its last part.
    """
    parts: list[str] = []

    def breaks(method: str, path: str) -> tuple[int, bytes] | None:
        parts.extend([path] if is_part(method, path) else [])
        return (403, b"<Error><Code>ExpiredToken</Code></Error>") if len(parts) >= number else None

    store.gate.breaks = breaks
    assert "does not accept the credentials (ExpiredToken)" in str(error_of(lambda: write(place, LARGE)))
    assert (store.objects(), store.open_uploads()) == ({}, ["logs.tar.gz"])


KILLED = """
import os, sys
from pulumi_opsmanager.download.place import place_of
with place_of(sys.argv[1]).draft() as new:
    for _ in range(40):
        new.write(os.urandom(512 * 1024))
    os.kill(os.getpid(), 9)
"""


def test_killed_process_leaves_an_open_upload_and_no_object(store: Store, place: Place) -> None:
    """The docs give the lifecycle rule that removes it. The next upload succeeds."""
    subprocess.run([sys.executable, "-c", KILLED, place.location], check=False)
    assert (store.objects(), store.open_uploads()) == ({}, ["logs.tar.gz"])
    write(place, LARGE)
    assert store.objects() == {"logs.tar.gz": LARGE}


GROWN = """
import os, sys
from pathlib import Path
from pulumi_opsmanager.download.place import place_of

def mib(field):
    return int(Path("/proc/self/status").read_text().partition(f"{field}:")[2].split()[0]) / 1024

place = place_of(sys.argv[1])
place.look()
piece = os.urandom(512 * 1024)
before = mib("VmRSS")
with place.draft() as new:
    for _ in range(2 * int(sys.argv[2])):
        new.write(piece)
    new.keep()
for _ in place.pieces():
    pass
print(mib("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux says how much memory a process has")
def test_memory_of_an_upload_does_not_grow_with_it(
    store: Store, record_property: Callable[[str, object], None]
) -> None:
    """Memory grows by less than 80 MiB, for 64 MiB and for 256 MiB."""
    grown = []
    for mebibytes in (64, 256):
        command = [sys.executable, "-c", GROWN, f"{store.url}/{mebibytes}", str(mebibytes)]
        grown.append(float(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert max(grown) < 80
    record_property("summary", f"memory of uploads of 64 and 256 MiB: {grown[0]:.0f} and {grown[1]:.0f} MiB")


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_missing_bucket_is_named(store: Store) -> None:
    """A look finds nothing there, and a write says why."""
    place = place_of(f"{store.scheme}://nothere/logs.tar.gz")
    assert place.look() is None
    for content in (SMALL, LARGE):
        error = error_of(lambda content=content: write(place, content))  # type: ignore[misc]
        assert str(error).endswith(" nothere does not exist; create it, or choose another path")
    place.remove()


@pytest.mark.parametrize(
    ("scheme", "variable", "value", "words"),
    [
        ("s3", "AWS_ALLOW_HTTP", "false", "the endpoint begins with http://; set AWS_ALLOW_HTTP=true"),
        ("az", "AZURE_STORAGE_ACCOUNT_KEY", "d3Jvbmc=", "the store refuses access; check AZURE_STORAGE_ACCOUNT_KEY"),
        ("az", "AZURE_STORAGE_ACCOUNT_NAME", None, "set AZURE_STORAGE_ACCOUNT_NAME to the name of the storage account"),
        ("az", "AZURE_STORAGE_ACCOUNT_KEY", "no base64", "a variable AZURE_* has a value that cannot be read"),
        ("gs", "GOOGLE_SERVICE_ACCOUNT", "/no/such/file", "a variable GOOGLE_* has a value that cannot be read"),
    ],
)
def test_wrong_environment_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, words: str
) -> None:
    """The error does not show the value."""
    monkeypatch.setenv(variable, value) if value else monkeypatch.delenv(variable)
    assert words in str(error_of(lambda: write(place_of(f"{store.url}/logs.tar.gz"), SMALL)))


@pytest.mark.parametrize(
    ("scheme", "variable", "words"),
    [
        ("s3", "AWS_METADATA_ENDPOINT", "no credentials were found; set AWS_ACCESS_KEY_ID"),
        ("az", "AZURE_MSI_ENDPOINT", "no credentials were found; set AZURE_STORAGE_ACCOUNT_KEY"),
    ],
)
def test_missing_credentials_are_named(
    store: Store, monkeypatch: pytest.MonkeyPatch, variable: str, words: str
) -> None:
    """The library then requests them from the machine's metadata service; here nothing answers."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY"):
        monkeypatch.delenv(name, raising=False)
    path = "/metadata/identity/oauth2/token" if store.scheme == "az" else ""
    monkeypatch.setenv(variable, f"http://127.0.0.1:9{path}")
    error = error_of(lambda: place_of(f"{store.url}/logs.tar.gz").look())
    assert isinstance(error, InvalidSettings)
    assert words in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (301, "", InvalidSettings, "the bucket is in another region; set AWS_REGION to the region of bucket"),
        (400, "AuthorizationHeaderMalformed", InvalidSettings, "the bucket is in another region; set AWS_REGION"),
        (
            403,
            "InvalidAccessKeyId",
            InvalidSettings,
            "does not accept the credentials (InvalidAccessKeyId); check AWS_",
        ),
        (403, "SignatureDoesNotMatch", InvalidSettings, "does not accept the credentials (SignatureDoesNotMatch)"),
        (403, "AccessDenied", CannotStore, "refuses access (AccessDenied); allow s3:GetObject, s3:PutObject"),
        (401, "", InvalidSettings, "the store does not accept the credentials; check AWS_ACCESS_KEY_ID"),
        (500, "InternalError", CannotStore, "the store answered 500 Internal Server Error (InternalError); run again"),
    ],
)
def test_refusal_of_a_store_says_what_to_do(
    store: Store, monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: type[Exception], words: str
) -> None:
    """The answer of a store contains the key and the signed text; the message contains neither."""
    body = f"<Error><Code>{code}</Code><AWSAccessKeyId>AKIAOFTHETESTS</AWSAccessKeyId><StringToSign>{SECRET}"
    with canned(body.encode() if code else b"", status=status) as url:
        monkeypatch.setenv("AWS_ENDPOINT", url)
        opened = place_of("s3://bucket/x")
        error = error_of(lambda: opened.bucket.open().write(b"x", None))  # type: ignore[attr-defined]
    assert isinstance(error, kind)
    assert words in str(error)
    assert store.objects() == {}


def test_refusal_without_a_reason_names_both_remedies(store: Store, place: Place) -> None:
    """The answer to a HEAD has no body."""
    store.gate.breaks = answers(403, "", times=9, at=lambda method, _: method == "HEAD")
    words = (
        "the store refuses access; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and allow s3:"
    )
    assert words in str(error_of(place.look))


def test_missing_extra_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The problem continues the name of the input; the error is complete."""
    place = place_of(f"{store.url}/x")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert place.problem() == needs_extra("buckets")
    with pytest.raises(InvalidSettings, match="needs the extra buckets"):
        place.look()


def test_archive_of_too_many_parts_is_refused(store: Store, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store accepts 10,000 parts."""
    monkeypatch.setattr("pulumi_opsmanager.download.object_draft._MOST_PARTS", 2)
    assert "an upload has at most 2 parts of 8 MiB" in str(error_of(lambda: write(place, LARGE)))
    assert (store.objects(), store.open_uploads()) == ({}, [])


def test_store_without_conditional_writes_is_written(store: Store, place: Place) -> None:
    """Some stores that speak S3 have none. Then a look before the write finds other objects."""
    store.gate.breaks = answers(501, "", times=2, at=lambda method, _: method == "PUT")
    write(place, SMALL)
    assert store.objects() == {"logs.tar.gz": SMALL}
