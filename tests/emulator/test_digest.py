"""Which answers to a challenge are accepted, by headers that are made by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulumi_opsmanager.emulator import Behaviour, Emulator
from pulumi_opsmanager.emulator.backend import RequestLog
from pulumi_opsmanager.emulator.digest import Digest
from tests.emulator.asking import JOBS, kept, nonce_of, signed
from tests.support import FakeClock


def outcome(server: Emulator, header: str, path: str = JOBS) -> str:
    """The status, and of a challenge whether it says stale."""
    with kept(server) as connection:
        connection.request("GET", path, headers={"Authorization": header})
        answer = connection.getresponse()
        challenge = answer.headers.get("WWW-Authenticate", "")
    return f"{answer.status} {challenge.rpartition(' ')[2]}".strip()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "200"),
        ({"nc": "1"}, "200"),
        ({"nc": "000003FF"}, "200"),
        ({"nc": "00000400"}, "401 stale=true"),
        ({"nc": "ffffffff"}, "401 stale=true"),
        ({"nc": "-0000001"}, "401 stale=false"),
        ({"nc": "0x000001"}, "401 stale=false"),
        ({"nc": ""}, "401 stale=false"),
        ({"nonce": "never issued"}, "401 stale=true"),
        ({"realm": "another realm"}, "401 stale=false"),
        ({"realm": ""}, "401 stale=false"),
        ({"username": "another"}, "401 stale=false"),
        ({"qop": "auth-int"}, "401 stale=false"),
        ({"qop": ""}, "401 stale=false"),
        ({"uri": f"/prefix{JOBS}"}, "200"),
        ({"uri": f"https://om.example.net:8443{JOBS}"}, "200"),
        ({"uri": f"{JOBS}?pageNum=1"}, "401 stale=false"),
        ({"uri": f"{JOBS}/"}, "401 stale=false"),
        ({"uri": "/"}, "401 stale=false"),
        ({"uri": ""}, "401 stale=false"),
        ({"response": "0" * 32}, "401 stale=false"),
        ({"response": "\xe9"}, "401 stale=false"),
        ({"response": "0" * 32, "nonce": "never issued"}, "401 stale=false"),
    ],
)
def test_signature_is_compared_with_the_challenge(server: Emulator, changes: dict[str, str], expected: str) -> None:
    """Only a signature for this realm, target and nonce is accepted. `stale` means that the key was right."""
    assert outcome(server, signed(server, "GET", JOBS, **changes)) == expected


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Digest",
        "Digest ",
        "Digest ,,,",
        'Digest username="emulator',
        "Digest nc, nc=, =",
        "Digest username*=UTF-8''%ff",
        "Basic ZW11bGF0b3I6ZW11bGF0b3ItcHJpdmF0ZS1rZXk=",
        "Basic \xff",
        "Bearer token",
        "\xff",
    ],
)
def test_header_without_digest_is_challenged(server: Emulator, header: str) -> None:
    """The answer is a 401, and no 400 or 500."""
    assert outcome(server, header) == "401 stale=false"


def test_each_count_of_a_nonce_is_accepted_once(server: Emulator) -> None:
    """The order does not matter, because the threads of a client share a nonce. A replay is refused."""
    nonce = nonce_of(server)
    counts = [3, 1, 2, 900, 2, 4, 900]
    outcomes = [outcome(server, signed(server, "GET", JOBS, nonce=nonce, nc=f"{count:08x}")) for count in counts]
    assert outcomes == ["200"] * 4 + ["401 stale=false", "200", "401 stale=false"]


def test_wrong_answer_does_not_use_up_a_count(server: Emulator) -> None:
    """A client without the key cannot use up the nonce of another client."""
    nonce = nonce_of(server)
    wrong = signed(server, "GET", JOBS, nonce=nonce, response="0" * 32)
    assert [outcome(server, wrong), outcome(server, signed(server, "GET", JOBS, nonce=nonce))] == [
        "401 stale=false",
        "200",
    ]


def test_limit_of_uses_of_a_nonce_can_be_set() -> None:
    """A client then reaches the limit early."""
    with Emulator(behaviour=Behaviour(nonce_uses=2)) as server:
        nonce = nonce_of(server)
        headers = [signed(server, "GET", JOBS, nonce=nonce, nc=f"{count:08x}") for count in (1, 2)]
        assert [outcome(server, header) for header in headers] == ["200", "401 stale=true"]


def test_target_in_absolute_form_is_compared_without_its_origin(server: Emulator) -> None:
    """A proxy receives a target in this form."""
    assert outcome(server, signed(server, "GET", JOBS), server.url + JOBS) == "200"


def test_emulator_forgets_old_nonces_and_requests() -> None:
    """It forgets nonces that are too old or too many, and the oldest requests of the log."""
    clock = FakeClock()
    life = timedelta(minutes=5)
    digest = Digest("public", "private", nonce_life=life, nonce_uses=1024, algorithm="MD5", now=clock.now)
    for _ in range(10_500):
        digest.challenge(stale=False)
    assert len(digest._issued) == 10_000
    clock.sleep(301)
    for _ in range(2_000):
        digest.challenge(stale=False)
    assert len(digest._issued) == 2_000
    log = RequestLog()
    for number in range(20_100):
        log.open("GET", f"/{number}", "")
    assert [entry["path"] for entry in log.entries()][::19_999] == ["/100", "/20099"]
