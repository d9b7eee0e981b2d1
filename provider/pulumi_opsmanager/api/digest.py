"""Signs requests by HTTP digest, RFC 7616 and RFC 2069. No other module computes a signature.

The digests of requests, httpx and aiohttp fail half of the tests of this module. None signs again when a fresh nonce is
stale. Each fails on legal challenges, such as blanks in qop or several schemes in one header. requests keeps a nonce
for each thread. urllib3 has no digest.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field, replace
from threading import Lock

import requests

from .challenges import ALGORITHMS, Challenge, SignIn, challenges_in


@dataclass(frozen=True)
class _Session:
    """One nonce of the server, and how many requests used it."""

    challenge: Challenge
    uses: int = 1
    client_nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    def next(self) -> _Session:
        # Some servers compute the secret of a -sess algorithm once, from the first client nonce.
        is_kept = self.challenge.algorithm.endswith("-sess")
        return replace(self, uses=self.uses + 1, client_nonce=self.client_nonce if is_kept else secrets.token_hex(8))


class Signer:
    """Signs with one nonce for all threads. The server may replace it at any time."""

    def __init__(self, public_key: str, private_key: str) -> None:
        self._public_key = public_key
        self._private_key = private_key
        self._lock = Lock()
        self._session: _Session | None = None

    def sign(self, request: requests.PreparedRequest) -> None:
        """Sign with the nonce of an earlier answer. The first request of a process stays unsigned."""
        with self._lock:
            session = self._session = self._session and self._session.next()
        if session is not None:
            self._sign(request, session)

    def sign_again(self, response: requests.Response) -> requests.PreparedRequest | None:
        """Make the request that answers a 401. It is safe for any verb, because a 401 carried nothing out.

        Returns: None when the answer is not a 401, has no answerable challenge, or refuses the key pair.
        """
        if response.status_code != 401:
            return None
        sign_in = sign_in_of(response)
        challenge = sign_in.answerable
        if challenge is None or sign_in.proves_wrong_key:
            return None
        with self._lock:
            known = self._session or _Session(challenge, uses=0)
            is_new = known.challenge.parameters["nonce"] != challenge.parameters["nonce"]
            session = self._session = _Session(challenge) if is_new else replace(known.next(), challenge=challenge)
        request = response.request.copy()
        self._sign(request, session)
        return request

    def _sign(self, request: requests.PreparedRequest, session: _Session) -> None:
        request.headers["Authorization"] = signature(
            session.challenge,
            self._public_key,
            self._private_key,
            method=request.method or "",
            uri=request.path_url,
            uses=session.uses,
            client_nonce=session.client_nonce,
        )


def sign_in_of(response: requests.Response) -> SignIn:
    """Read the signature and the challenges of a 401."""
    is_signed = "Authorization" in response.request.headers
    return SignIn(
        is_signed=is_signed,
        is_fresh=is_signed and bool(response.history),
        challenges=challenges_in(response.raw.headers.getlist("WWW-Authenticate")),
    )


def signature(
    challenge: Challenge, public_key: str, private_key: str, *, method: str, uri: str, uses: int, client_nonce: str
) -> str:
    """The value of the Authorization header for an answerable challenge.

    The server hashes the text of `uri`, path and query as sent, and may compare it with the path that it received.
    `uses` counts the requests with this nonce, this one included. Each needs a new `client_nonce`, except with -sess.
    """
    given = challenge.parameters
    nonce, count = given["nonce"], f"{uses:08x}"

    def hashed(*parts: str) -> str:
        # Latin-1 restores the bytes that the server sent. Keys and paths are ASCII.
        joined = ":".join(parts).encode("latin-1")
        return hashlib.new(ALGORITHMS[challenge.algorithm], joined, usedforsecurity=False).hexdigest()

    secret = hashed(public_key, given["realm"], private_key)
    if challenge.algorithm.endswith("-sess"):
        secret = hashed(secret, nonce, client_nonce)
    covered = (nonce, count, client_nonce, "auth") if challenge.qops else (nonce,)
    quoted = {
        "username": public_key,
        "realm": given["realm"],
        "nonce": nonce,
        "uri": uri,
        "response": hashed(secret, *covered, hashed(method, uri)),
    }
    plain: dict[str, str] = {}
    if "opaque" in given:
        quoted["opaque"] = given["opaque"]
    if "algorithm" in given:
        plain["algorithm"] = given["algorithm"]
    if challenge.qops or challenge.algorithm.endswith("-sess"):
        quoted["cnonce"] = client_nonce
    if challenge.qops:
        plain |= {"qop": "auth", "nc": count}
    escaped = {name: re.sub(r'(["\\])', r"\\\1", value) for name, value in quoted.items()}
    shown = {name: f'"{value}"' for name, value in escaped.items()} | plain
    return "Digest " + ", ".join(f"{name}={value}" for name, value in shown.items())
