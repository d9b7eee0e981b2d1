"""The challenges of a 401, and whether a digest can answer one of them.

Source: RFC 9110 section 11 (several challenges in one header, several headers), RFC 7616 and RFC 2069 (digest).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pulumi_opsmanager.errors import shorten

ALGORITHMS: Mapping[str, str] = {"md5": "md5", "md5-sess": "md5", "sha-256": "sha256", "sha-256-sess": "sha256"}
"""Supported algorithms by lower-case name, and the hash that `hashlib` knows for each."""

SUPPORTED = "Digest with qop auth and algorithm MD5, MD5-sess, SHA-256 or SHA-256-sess"
MOST_SIGNATURES = 5
"""Most signatures for one request. A load balancer that changes nodes may reach the right one by chance."""

# ASCII only, because http.client decodes headers as Latin-1, where bytes of UTF-8 letters may look like blanks.
_PIECE = re.compile(
    r'(?P<comma>,)|(?P<name>[^\s,="]+)(?:\s*(?P<equals>=)\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]*)))?',
    re.ASCII,
)

_FOLD = re.compile(r"[\r\n]+[ \t]*")


@dataclass(frozen=True)
class Challenge:
    """One challenge: its scheme as sent, and its parameters.

    Parameters have lower-case names. Their values are without quotes and escapes, decoded as Latin-1.
    """

    scheme: str
    parameters: Mapping[str, str]

    @property
    def is_stale(self) -> bool:
        """Whether the server says that only the nonce was wrong, and so the key was right."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def algorithm(self) -> str:
        """The algorithm in lower case; MD5 when the challenge names none."""
        return self.parameters.get("algorithm", "MD5").lower()

    @property
    def qops(self) -> tuple[str, ...]:
        """Qualities of protection in lower case; empty for a challenge of RFC 2069."""
        return tuple(filter(None, (word.strip().lower() for word in self.parameters.get("qop", "").split(","))))

    @property
    def is_answerable(self) -> bool:
        """Whether this client can sign an answer to it."""
        return self._problem is None

    def __str__(self) -> str:
        """The scheme, and what this client does not support of a digest."""
        return " ".join(filter(None, (shorten(self.scheme, 40), self._problem)))

    @property
    def _problem(self) -> str | None:
        """What is not supported, after the scheme; "" for another scheme than Digest, None if it can be answered."""
        if self.scheme.lower() != "digest":
            return ""
        for required in ("realm", "nonce"):
            if required not in self.parameters:
                return f"without a {required}"
        if self.algorithm not in ALGORITHMS:
            return f"with algorithm {shorten(self.parameters['algorithm'], 40) or 'without a name'}"
        if self.qops and "auth" not in self.qops:
            return f"with qop {shorten(', '.join(self.qops), 40)}"
        return None


@dataclass(frozen=True)
class SignIn:
    """A 401: how its request was signed, and its challenges in the server's order.

    A signature is fresh if its nonce came with the 401 just before.
    """

    is_signed: bool = False
    is_fresh: bool = False
    challenges: tuple[Challenge, ...] = ()

    @property
    def answerable(self) -> Challenge | None:
        """The first challenge that this client can answer, because servers put the preferred one first."""
        return next((challenge for challenge in self.challenges if challenge.is_answerable), None)

    @property
    def is_stale(self) -> bool:
        """Whether the request was signed, and the server says that only the nonce was wrong."""
        return self.is_signed and self.answerable is not None and self.answerable.is_stale

    @property
    def proves_wrong_key(self) -> bool:
        """Whether only a wrong key pair can be the reason for the 401."""
        return self.is_fresh and not self.is_stale


def challenges_in(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Read all challenges of an answer from its WWW-Authenticate headers. A malformed one does not hide the others."""
    return tuple(challenge for header in headers for challenge in _challenges(header))


def _challenges(header: str) -> list[Challenge]:
    found: list[tuple[str, dict[str, str]]] = []
    may_begin = True
    for piece in _PIECE.finditer(_FOLD.sub(" ", header)):
        name = piece["name"]
        if piece["comma"]:
            may_begin = True
        elif piece["equals"] and found:
            value = piece["bare"] if piece["quoted"] is None else re.sub(r"\\(.)", r"\1", piece["quoted"])
            found[-1][1].setdefault(name.lower(), value)
            may_begin = False
        elif may_begin and not piece["equals"]:
            found.append((name, {}))
            # Text without a comma before it is a token of the scheme, as in "Negotiate YII=".
            may_begin = False
    return [Challenge(scheme, parameters) for scheme, parameters in found]
