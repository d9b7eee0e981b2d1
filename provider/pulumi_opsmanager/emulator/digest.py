"""The server's half of digest authentication, with the vendor's challenge to the letter.

Source: challenge headers in three independent clients; body from go-client-mongodb-ops-manager issue 29.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

from werkzeug.datastructures import Authorization

_REALM = "MMS Public API"


class Digest:
    """Challenges, and judges the answers."""

    def __init__(
        self, public_key: str, private_key: str, *, nonce_life: timedelta, algorithm: str, now: Callable[[], datetime]
    ) -> None:
        self._public_key = public_key
        self._private_key = private_key
        self._nonce_life = nonce_life
        self._algorithm = algorithm
        self._now = now
        self._issued: dict[str, datetime] = {}
        self._lock = Lock()

    def challenge(self, *, stale: bool) -> str:
        """A `WWW-Authenticate` value with a fresh nonce."""
        nonce = base64.b64encode(secrets.token_bytes(24)).decode()
        with self._lock:
            self._issued[nonce] = self._now()
        return (
            f'Digest realm="{_REALM}", domain="", nonce="{nonce}", algorithm={self._algorithm}, '
            f'qop="auth", stale={str(stale).lower()}'
        )

    def is_right(self, answer: Authorization | None, method: str, target: str) -> bool:
        """Whether user, target and response hold; says nothing of the nonce's age."""
        if answer is None or answer.type != "digest":
            return False
        parts = {name: answer.get(name) or "" for name in ("nonce", "nc", "cnonce", "qop", "response", "uri")}
        if answer.get("username") != self._public_key or parts["uri"] != target or parts["qop"] != "auth":
            return False
        user = self._hash(f"{self._public_key}:{_REALM}:{self._private_key}")
        request = self._hash(f"{method}:{target}")
        expected = self._hash(f"{user}:{parts['nonce']}:{parts['nc']}:{parts['cnonce']}:auth:{request}")
        return hmac.compare_digest(expected, parts["response"])

    def is_stale(self, answer: Authorization | None) -> bool:
        """Whether the nonce is not ours, or too old."""
        with self._lock:
            issued = self._issued.get((answer.get("nonce") if answer is not None else None) or "")
        return issued is None or self._now() - issued > self._nonce_life

    def forget_nonces(self) -> None:
        """Make every nonce stale."""
        with self._lock:
            self._issued.clear()

    def _hash(self, text: str) -> str:
        name = self._algorithm.replace("-", "").lower()
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
