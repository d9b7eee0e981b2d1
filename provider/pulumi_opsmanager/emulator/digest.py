"""The server's part of digest authentication, with exactly the vendor's challenge.

A nonce has an age and a limited number of counts, as in Jetty, which Ops Manager uses. Each count is accepted once, in
any order, because the threads of a client share a nonce.

Source: challenge headers in three independent clients; body from go-client-mongodb-ops-manager issue 29; counts from
Jetty's `DigestAuthenticator`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Literal

from werkzeug.http import parse_dict_header

_REALM = "MMS Public API"
_PARTS = ("username", "realm", "nonce", "uri", "qop", "nc", "cnonce", "response")
_COUNT = re.compile(r"[0-9A-Fa-f]{1,8}")

_MOST_NONCES = 10_000
"""Number of nonces that the server remembers. It forgets the oldest first, and they become stale."""


@dataclass
class _Nonce:
    issued: datetime
    used: int = 0
    """Bit n is set when count n was used."""


class Digest:
    """Sends challenges and checks the answers."""

    def __init__(
        self,
        public_key: str,
        private_key: str,
        *,
        nonce_life: timedelta,
        nonce_uses: int,
        algorithm: str,
        now: Callable[[], datetime],
    ) -> None:
        self._public_key = public_key
        self._private_key = private_key
        self._nonce_life = nonce_life
        self._nonce_uses = nonce_uses
        self._algorithm = algorithm
        self._now = now
        self._issued: dict[str, _Nonce] = {}
        self._lock = Lock()

    def challenge(self, *, stale: bool) -> str:
        """Return the value of a `WWW-Authenticate` header, with a new nonce."""
        nonce = base64.b64encode(secrets.token_bytes(24)).decode()
        with self._lock:
            self._forget_old()
            self._issued[nonce] = _Nonce(self._now())
        return (
            f'Digest realm="{_REALM}", domain="", nonce="{nonce}", algorithm={self._algorithm}, '
            f'qop="auth", stale={str(stale).lower()}'
        )

    def check(self, header: str, method: str, target: str) -> Literal["right", "stale", "wrong"]:
        """Check whether a header signs this request.

        Args:
            header: `Authorization` header; empty if the request has none.
            method: HTTP verb.
            target: Path and query of the request line, unchanged. The signed `uri` has to end in it: a proxy may have
                removed a prefix, and a client may sign the absolute form.

        Returns: `stale` if the key is right, but the nonce is unknown, too old or used up. `wrong` also if the count
            was used before.
        """
        # Werkzeug's own parser raises for some headers of other schemes.
        scheme, _, rest = header.partition(" ")
        answer = parse_dict_header(rest) if scheme.lower() == "digest" else {}
        parts = {name: answer.get(name) or "" for name in _PARTS}
        signed = (parts["username"], parts["realm"], parts["qop"]) == (self._public_key, _REALM, "auth")
        if not signed or not parts["uri"].endswith(target) or not _COUNT.fullmatch(parts["nc"]):
            return "wrong"
        user = self._hash(f"{self._public_key}:{_REALM}:{self._private_key}")
        request = self._hash(f"{method}:{parts['uri']}")
        expected = self._hash(f"{user}:{parts['nonce']}:{parts['nc']}:{parts['cnonce']}:auth:{request}")
        if not hmac.compare_digest(expected.encode(), parts["response"].encode()):
            return "wrong"
        return self._use(parts["nonce"], int(parts["nc"], 16))

    def forget_nonces(self) -> None:
        """Make every nonce stale."""
        with self._lock:
            self._issued.clear()

    def _use(self, name: str, count: int) -> Literal["right", "stale", "wrong"]:
        with self._lock:
            nonce = self._issued.get(name)
            if nonce is None or self._is_old(nonce) or count >= self._nonce_uses:
                return "stale"
            if nonce.used >> count & 1:
                return "wrong"
            nonce.used |= 1 << count
            return "right"

    def _is_old(self, nonce: _Nonce) -> bool:
        return self._now() - nonce.issued > self._nonce_life

    def _forget_old(self) -> None:
        # They are in the order in which they were issued.
        for name, nonce in list(islice(self._issued.items(), 10)):
            if len(self._issued) >= _MOST_NONCES or self._is_old(nonce):
                del self._issued[name]

    def _hash(self, text: str) -> str:
        name = self._algorithm.replace("-", "").lower()
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
