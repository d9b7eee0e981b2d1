"""Why TLS failed before a request was sent, and what to do about each reason.

The numbers are OpenSSL's: `X509_V_ERR_*` in `x509_vfy.h`.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import requests
from urllib3.exceptions import ProxyError, SSLError

from .causes import is_connecting, nested, reason_of
from .route import Route

_NEW_CERTIFICATE = "{holder} needs a new certificate; if it has one, correct this machine's clock"
_REMEDIES: Mapping[str, str] = {
    "expired": _NEW_CERTIFICATE,
    "not yet valid": "correct this machine's clock, or that of the machine that issued the certificate of {holder}",
    "other name": "write the host name that the certificate names into {url}",
    "unknown CA": "give the CA that signed the certificate of {holder} as {ca}: it is not in {roots}",
    "breaks rules": (
        "Python 3.13 and newer refuse certificates that break RFC 5280: have the CA and the certificate of {holder} "
        "issued again, with key identifiers, key usage and critical basic constraints, or run on Python 3.12"
    ),
    "too weak": "have the certificate of {holder} and its CA issued again, with a longer key and SHA-256",
    "wrong purpose": "have the certificate of {holder} issued again, for server authentication",
    "other": "check the certificate of {holder}",
    "no TLS": "check that {url}'s port speaks TLS, or write http:// there",
    "handshake": (
        "have TLS 1.2 or newer enabled on {holder}; client certificates, if it asks for one, are not supported"
    ),
    "client certificate": "have {holder} accept clients without a certificate: client certificates are not supported",
    "roots": "correct {roots}, which must be a readable file of PEM certificates, or give the CA as {ca}",
}

_BY_CODE: Mapping[int, str] = {
    9: "not yet valid",
    10: "expired",
    26: "wrong purpose",
    **dict.fromkeys((62, 64), "other name"),
    **dict.fromkeys((2, 18, 19, 20, 21), "unknown CA"),
    **dict.fromkeys((66, 67, 68), "too weak"),
    # Those that VERIFY_X509_STRICT brings, which Python sets from 3.13 on.
    **dict.fromkeys((24, 79, *range(80, 95)), "breaks rules"),
}

# Words in the text of an error that is about no certificate, the first that fit.
_BY_WORDS: Mapping[str, str] = {
    "CERTIFICATE_REQUIRED": "client certificate",
    "WRONG_VERSION_NUMBER": "no TLS",
    "HTTP_REQUEST": "no TLS",
    "RECORD_LAYER_FAILURE": "no TLS",
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": "no TLS",
    "CERTIFICATE_OR_CRL_FOUND": "roots",
    "PEM lib": "roots",
    "invalid path": "roots",
    "doesn't match": "other name",
}


@dataclass(frozen=True)
class Distrust:
    """Why no TLS connection was made.

    Attributes:
        kind: Key of the table of remedies.
        reason: In the words of the TLS library.
        is_of_proxy: It is about the connection to a proxy, not to the server.
    """

    kind: str
    reason: str
    is_of_proxy: bool

    @property
    def was_connected(self) -> bool:
        """Whether the server accepted the connection; False when the file of roots or the proxy is at fault."""
        return self.kind != "roots" and not self.is_of_proxy

    def remedy(self, route: Route, *, ca: str, url: str) -> str:
        """What to do.

        Args:
            route: How the server was to be reached.
            ca: How the file of CAs is given.
            url: How the server's URL is given.
        """
        holder, place = route.host, url
        if self.is_of_proxy and route.proxy is not None:
            holder, place = f"the proxy {route.proxy.name}", route.proxy.setting
        return _REMEDIES[self.kind].format(holder=holder, url=place, ca=ca, roots=route.roots_name)


def distrust_of(error: BaseException) -> Distrust | None:
    """Why TLS did not begin; None when the error is about something else, or came in the middle of an answer."""
    chain = list(nested(error))
    text = " ".join(map(str, chain))
    kind = next((kind for words, kind in _BY_WORDS.items() if words in text), None)
    is_tls = any(isinstance(link, (ssl.SSLError, SSLError, requests.exceptions.SSLError)) for link in chain)
    if not (is_tls and (is_connecting(error) or kind == "client certificate")) and kind != "roots":
        return None
    if any(isinstance(link, ssl.SSLEOFError) for link in chain):
        return None
    verification = next((link for link in chain if isinstance(link, ssl.SSLCertVerificationError)), None)
    if verification is not None:
        kind = _BY_CODE.get(verification.verify_code, "other")
    elif kind is None:
        # The file of roots is opened by the same call.
        is_file = any(isinstance(link, OSError) and link.errno and not isinstance(link, ssl.SSLError) for link in chain)
        kind = "roots" if is_file else "handshake"
    return Distrust(kind, reason_of(chain[-1]), any(isinstance(link, ProxyError) for link in chain))
