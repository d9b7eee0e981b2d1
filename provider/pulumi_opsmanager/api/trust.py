"""Why TLS failed before a request was sent, and what to do for each reason.

The numbers are OpenSSL's: `X509_V_ERR_*` in `x509_vfy.h`.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence

import requests
from urllib3.exceptions import SSLError

from .route import Route

_NEW_CERTIFICATE = "{holder} needs a new certificate; if it has one, correct this machine's clock"
REMEDIES: Mapping[str, str] = {
    "expired": _NEW_CERTIFICATE,
    "not yet valid": "correct the clock of this machine, or of the machine that issued the certificate of {holder}",
    "other name": "write the host name that the certificate names into {url}",
    "unknown CA": "give the CA that signed the certificate of {holder} as {ca}: it is not in {roots}",
    "breaks rules": (
        "Python 3.13 and newer refuse certificates that break RFC 5280: have the CA and the certificate of {holder} "
        "issued again, with key identifiers, key usage and critical basic constraints, or use Python 3.12"
    ),
    "too weak": "have the certificate of {holder} and its CA issued again, with a longer key and SHA-256",
    "wrong purpose": "have the certificate of {holder} issued again, for server authentication",
    "other": "check the certificate of {holder}",
    "no TLS": "check that the port in {url} speaks TLS, or write http:// there",
    "handshake": "enable TLS 1.2 or newer on {holder}; this client supports no client certificates",
    "client certificate": "have {holder} accept this client without a certificate, because it supports none",
    "roots": "correct {roots}, which must be a readable file of PEM certificates, or give the CA as {ca}",
}
"""What to do, by the reason why TLS did not begin."""

_BY_CODE: Mapping[int, str] = {
    9: "not yet valid",
    10: "expired",
    26: "wrong purpose",
    **dict.fromkeys((62, 64), "other name"),
    **dict.fromkeys((2, 18, 19, 20, 21), "unknown CA"),
    **dict.fromkeys((66, 67, 68), "too weak"),
    # VERIFY_X509_STRICT brings these; Python sets it from 3.13 on.
    **dict.fromkeys((24, 79, *range(80, 95)), "breaks rules"),
}

# Words in the text of an error that names no certificate; the first that fits counts.
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


def remedy_of(kind: str, route: Route, *, is_of_proxy: bool, ca: str = "ca_file", url: str = "base_url") -> str:
    """What to do about a TLS connection that was not made, by a key of `REMEDIES`.

    `ca` and `url` are what the reader calls the file of CAs and the server's URL.
    """
    holder = route.host
    if is_of_proxy and route.proxy is not None:
        holder, url = f"the proxy {route.proxy.name}", route.proxy.setting
    return REMEDIES[kind].format(holder=holder, url=url, ca=ca, roots=route.roots_name)


def distrust_of(chain: Sequence[BaseException], *, is_connecting: bool) -> str | None:
    """Why TLS did not begin, a key of `REMEDIES`; None when the error has another reason or came in mid-answer.

    `chain` has an error and those inside it, outermost first. `is_connecting` is True before the request was sent.
    """
    text = " ".join(map(str, chain))
    kind = next((kind for words, kind in _BY_WORDS.items() if words in text), None)
    is_tls = any(isinstance(link, (ssl.SSLError, SSLError, requests.exceptions.SSLError)) for link in chain)
    if not (is_tls and (is_connecting or kind == "client certificate")) and kind != "roots":
        return None
    if any(isinstance(link, ssl.SSLEOFError) for link in chain):
        return None
    verification = next((link for link in chain if isinstance(link, ssl.SSLCertVerificationError)), None)
    if verification is not None:
        return _BY_CODE.get(verification.verify_code, "other")
    # The file of roots is opened by the same call.
    is_file = any(isinstance(link, OSError) and link.errno and not isinstance(link, ssl.SSLError) for link in chain)
    return kind or ("roots" if is_file else "handshake")
