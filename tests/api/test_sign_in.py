"""The challenge of a 401 decides which error it is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_opsmanager.api.challenges import challenges_in
from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.digest import signature
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.errors import BadCredentials, OpsManagerError, UnexpectedResponse
from tests.api.calls import CALLS
from tests.api.guard import PLAIN, PRIVATE, PUBLIC, Guard, guarded
from tests.support import JOB, PROJECT, FakeClock, canned

BASIC = 'Basic realm="a, b"'
LETTERS = "Zürich Å à 東京"
RECEIVED = LETTERS.encode().decode("latin-1")
QUOTED = 'Jo\'s "MMS", a\\b'
ESCAPED = 'Jo\'s \\"MMS\\", a\\\\b'


def digest(rest: str, realm: str = "MMS Public API") -> str:
    return f'Digest realm="{realm}", nonce="NONCE", {rest}'


ANSWERED: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "the vendor's": ((PLAIN,), {}),
    "auth-int first, with a blank": ((digest('qop="auth-int, auth"'),), {}),
    "auth first, with blanks": ((digest('qop=" auth , auth-int "'),), {}),
    "blanks in capitals": ((digest('qop="AUTH-INT ,AUTH"'),), {}),
    "qop without quotes": ((digest("qop=auth"),), {}),
    "no qop (RFC 2069)": ((digest("stale=false"),), {}),
    "an empty qop": ((digest('qop=""'),), {}),
    "md5 in small letters": ((digest('qop="auth", algorithm=md5'),), {}),
    "algorithm in quotes": ((digest('qop="auth", algorithm="MD5"'),), {}),
    "MD5-sess": ((digest('qop="auth", algorithm=MD5-sess'),), {"is_session": True}),
    "MD5-sess without qop": ((digest("algorithm=MD5-sess"),), {"is_session": True}),
    "SHA-256": ((digest('qop="auth", algorithm=SHA-256'),), {"algorithm": "sha256"}),
    "sha-256-SESS": ((digest('qop="auth", algorithm=sha-256-SESS'),), {"algorithm": "sha256", "is_session": True}),
    "Basic in a header before": ((BASIC, PLAIN), {}),
    "Basic in a header after": ((PLAIN, BASIC), {}),
    "Basic before in one header": ((f"{BASIC}, {PLAIN}",), {}),
    "Basic after in one header": ((f'{digest("qop=auth")}, Basic realm="x", nonce="y", qop="auth-int"',), {}),
    "Negotiate first": (("Negotiate", "NTLM", PLAIN), {}),
    "Negotiate first in one header": ((f"Negotiate, {PLAIN}",), {}),
    "Negotiate with a token": ((f"Negotiate YII/a+b==, {PLAIN}",), {}),
    "a broken header before": (('Basic realm="', PLAIN), {}),
    "an unknown algorithm before": ((digest('algorithm=SHA-512-256, qop="auth"'), PLAIN), {}),
    "an unknown algorithm before in one header": ((f"{digest('algorithm=FOO')}, {digest('qop=auth')}",), {}),
    "DIGEST in capitals, a tab and blanks": (('DIGEST\trealm = "MMS Public API" ,Nonce="NONCE" ,QOP = "auth"',), {}),
    "quotes, a comma and a backslash in the realm": ((digest("qop=auth", ESCAPED),), {"realm": QUOTED.encode()}),
    "an empty realm": ((digest("qop=auth", ""),), {"realm": b""}),
    "a realm in UTF-8": ((digest("charset=UTF-8, qop=auth", RECEIVED),), {"realm": LETTERS.encode()}),
    "a realm in Latin-1": ((digest("qop=auth", "Zürich"),), {"realm": "Zürich".encode("latin-1")}),
    "opaque": ((digest(f'opaque="{ESCAPED}", qop=auth'),), {"opaque": QUOTED}),
    "userhash": ((digest("userhash=true, qop=auth"),), {}),
    "parameters that nobody knows": ((digest('x="a, Basic b", qop=auth, y'),), {}),
}


def client_of(url: str, key: str = PRIVATE, clock: FakeClock | None = None) -> Client:
    return Client(Settings(url, PUBLIC, key, timeout_seconds=5), clock or FakeClock())


@pytest.mark.parametrize("name", ANSWERED)
def test_valid_challenge_is_answered(name: str) -> None:
    """A second request uses the nonce again. A wrong key is still detected."""
    offers, changes = ANSWERED[name]
    guard = Guard(offers, **changes)
    with guarded(guard) as url:
        client = client_of(url)
        assert client.jobs(PROJECT).create({}) == JOB
        assert client.jobs(PROJECT).get(JOB).id == JOB
        with pytest.raises(BadCredentials, match="check public_key and private_key"):
            client_of(url, "wrong").jobs(PROJECT).get(JOB)
    assert guard.asked == ["POST", "POST signed", "GET signed", "GET", "GET signed"]


@pytest.mark.parametrize(
    ("offers", "words"),
    [
        ((), "there is no challenge (no WWW-Authenticate header)"),
        (("",), "there is no challenge (no WWW-Authenticate header)"),
        ((BASIC,), "this client cannot answer the challenge Basic;"),
        (('Bearer realm="x", error="digest"',), "cannot answer the challenge Bearer;"),
        (("Negotiate", "NTLM"), "cannot answer the challenge Negotiate, NTLM;"),
        (
            (digest('algorithm=SHA-512-256, qop="auth"'),),
            "cannot answer the challenge Digest with algorithm SHA-512-256;",
        ),
        ((digest("algorithm=ROT13"), BASIC), "cannot answer the challenge Digest with algorithm ROT13, Basic;"),
        ((digest('qop="auth-int"'),), "cannot answer the challenge Digest with qop auth-int;"),
        ((digest('qop="auth-conf, token"'),), "cannot answer the challenge Digest with qop auth-conf, token;"),
        (('Digest realm="x"',), "cannot answer the challenge Digest without a nonce;"),
        (('Digest nonce="x"',), "cannot answer the challenge Digest without a realm;"),
        (("Digest",), "cannot answer the challenge Digest without a realm;"),
    ],
)
@pytest.mark.parametrize("call", ["get", "create"])
def test_challenge_that_cannot_be_answered_is_named(offers: tuple[str, ...], words: str, call: str) -> None:
    """The error does not blame the key pair, and no signature is sent."""
    guard = Guard(offers)
    with guarded(guard) as url, pytest.raises(UnexpectedResponse) as refused:
        CALLS[call](client_of(url), JOB)
    assert words in str(refused.value)
    assert refused.value.status == 401
    assert len(guard.asked) == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("times", [1, 3])
def test_request_is_signed_again_after_a_stale_answer(call: str, times: int) -> None:
    """This applies to every verb, because a 401 carried nothing out."""
    guard = Guard(stale_times=times)
    with guarded(guard) as url:
        client, job_id = client_of(url), JOB
        if call == "list":
            with pytest.raises(UnexpectedResponse, match="answered 200"):
                CALLS[call](client, job_id)
        else:
            CALLS[call](client, job_id)
    assert len(guard.asked) == 2 + times


@pytest.mark.parametrize("call", CALLS)
def test_permanently_stale_nonce_names_the_load_balancer(call: str) -> None:
    """The key is right, so the error does not blame it. The number of signatures is limited."""
    guard = Guard(stale_times=1000)
    with guarded(guard) as url, pytest.raises(UnexpectedResponse, match="the key pair is right.*sticky sessions"):
        CALLS[call](client_of(url), JOB)
    assert len(guard.asked) == 6


@pytest.mark.parametrize("says_stale", [True, False])
def test_expired_nonce_is_replaced(*, says_stale: bool) -> None:
    """A server may not say that the nonce is stale. Only a fresh nonce proves a wrong key."""
    guard = Guard(says_stale=says_stale)
    with guarded(guard) as url:
        client = client_of(url)
        client.jobs(PROJECT).get(JOB)
        guard.nonces.clear()
        guard.asked.clear()
        assert client.jobs(PROJECT).create({}) == JOB
        guard.key = "changed"
        with pytest.raises(BadCredentials):
            client.jobs(PROJECT).get(JOB)
    assert guard.asked == ["POST signed"] * 2 + ["GET signed"] * 2


def test_bare_401_for_an_old_nonce_does_not_blame_the_key() -> None:
    """Without a new nonce the cause is unknown."""
    guard = Guard()
    with guarded(guard) as url:
        client = client_of(url)
        client.jobs(PROJECT).get(JOB)
        guard.nonces.clear()
        guard.offers = ()
        with pytest.raises(UnexpectedResponse, match="the key pair may be right or wrong"):
            client.jobs(PROJECT).get(JOB)


@pytest.mark.parametrize(
    ("mismatch", "kind", "words"),
    [
        (None, None, ""),
        (401, BadCredentials, "if a proxy removes /om/x, have it keep the path, because digest signs it"),
        (400, UnexpectedResponse, "if a proxy removes /om/x, have it keep the path, because digest signs it"),
    ],
)
def test_proxy_that_removes_a_path_works_where_the_server_does_not_compare_it(
    mismatch: int | None, kind: type[OpsManagerError] | None, words: str
) -> None:
    """If the server compares the path, the error says that digest signs it."""
    with guarded(Guard(removes="/om/x", mismatch=mismatch)) as url:
        if kind is None:
            assert client_of(f"{url}/om/x").jobs(PROJECT).get(JOB).id == JOB
            return
        with pytest.raises(kind, match=words):
            client_of(f"{url}/om/x").jobs(PROJECT).get(JOB)
    with guarded(Guard(key="other")) as url, pytest.raises(BadCredentials) as refused:
        client_of(url).jobs(PROJECT).get(JOB)
    assert "proxy" not in str(refused.value)


def test_threads_share_one_nonce() -> None:
    """The count of the nonce grows, because the server refuses a count that it has seen."""
    guard = Guard()
    with guarded(guard) as url:
        client = client_of(url)
        client.jobs(PROJECT).get(JOB)
        with ThreadPoolExecutor(4) as threads:
            assert len(list(threads.map(lambda _: client.jobs(PROJECT).get(JOB), range(40)))) == 40
    assert len(guard.asked) == 42
    assert {nonce for nonce, _ in guard.used} == {"nonce0="}
    assert sorted(count for _, count in guard.used) == [f"{use:08x}" for use in range(1, 42)]


def test_cookie_of_a_challenge_comes_back_with_the_signature() -> None:
    """A load balancer finds the node that knows the nonce by this cookie."""
    heard: list[Any] = []
    headers = {"WWW-Authenticate": PLAIN, "Set-Cookie": "node=a; Path=/"}
    with canned(status=401, headers=headers, heard=heard) as url, pytest.raises(BadCredentials):
        client_of(url).jobs(PROJECT).get(JOB)
    assert [request.get("Cookie") for request in heard] == [None, "node=a"]


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_signature_equals_the_example_of_the_standard(algorithm: str, response: str) -> None:
    """The example of RFC 7616, section 3.9.1."""
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    offer = f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, nonce="{nonce}"'
    signed = signature(
        challenges_in([offer])[0],
        "Mufasa",
        "Circle of Life",
        method="GET",
        uri="/dir/index.html",
        uses=1,
        client_nonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert f'response="{response}"' in signed


@pytest.mark.parametrize(("algorithm", "count"), [("MD5-sess", 1), ("MD5", 3)])
def test_client_nonce_stays_with_a_session(algorithm: str, count: int) -> None:
    """Servers may compute the secret of a -sess algorithm once or each time; both agree with the client."""
    guard = Guard((digest(f"qop=auth, algorithm={algorithm}"),), is_session=count == 1)
    with guarded(guard) as url:
        client = client_of(url)
        for _ in range(3):
            client.jobs(PROJECT).get(JOB)
    assert len(guard.used) == 3
    assert len(guard.client_nonces) == count
