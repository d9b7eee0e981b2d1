"""What the HTTP libraries raised, as one of our errors. Their classes end here.

An error before the request was sent is the configuration's or the network's. After it, and before a status line was
read, the server may or may not have carried the request out.
"""

from __future__ import annotations

import re
import ssl

import requests
from urllib3.exceptions import InvalidHeader, LocationValueError, ProtocolError, ProxyError, ReadTimeoutError, SSLError

from pulumi_opsmanager.errors import (
    InvalidSettings,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
    shorten,
)

from .causes import innermost, is_connecting, is_garbled, nested, reason_of
from .refusals import WAIT
from .route import Proxy, Route
from .trust import distrust_of

_MALFORMED = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    LocationValueError,
    UnicodeError,
)

# SSLError is among them: `distrust_of` has taken those of the handshake before.
_CUT = (ProtocolError, InvalidHeader, SSLError, requests.ConnectionError)


def translate(
    error: Exception, request: str, status: int | None, route: Route, timeout_seconds: float
) -> OpsManagerError:
    """Make one of ours of what the libraries raised.

    Args:
        error: An OSError, ValueError or HTTPError.
        request: Method and URL without query.
        status: That of the answer, if one had begun.
        route: How the server was to be reached.
        timeout_seconds: How long each byte was waited for.
    """
    cause = innermost(error) or error
    if status is None and (unsent := _unsent(error, cause, request, route)) is not None:
        return unsent
    if isinstance(cause, (ReadTimeoutError, requests.Timeout)):
        return ReplyLost(f"{request}: no answer within {timeout_seconds:g} s; {WAIT}, or raise timeoutSeconds")
    if isinstance(cause, _CUT):
        cut = f"the connection{route.through} was cut before the answer was complete; {WAIT}"
        words = f"the answer{route.through} is not proper HTTP; check baseUrl" if is_garbled(cause) else cut
        return ReplyLost(f"{request}: {words}", cut=True)
    problem = f"{request}: the answer is not proper HTTP ({type(cause).__name__}); check baseUrl"
    return UnexpectedResponse(problem, status=status) if status is not None else ReplyLost(problem)


def proxy_wants_password(proxy: Proxy, request: str) -> InvalidSettings:
    """The error for a 407, which no server sends."""
    verb = "does not accept the" if proxy.has_password else "asks for a"
    return InvalidSettings(
        f"{request}: the proxy {proxy.name} {verb} user name and password (407); "
        f"write http://USER:PASSWORD@HOST:PORT into {proxy.setting}, with special characters as %XX",
        status=407,
    )


def _unsent(error: Exception, cause: Exception, request: str, route: Route) -> OpsManagerError | None:
    """The error when the request was never sent; None when it may have been."""
    is_refused_url = isinstance(cause, _MALFORMED) or any(
        isinstance(link, LocationValueError) for link in nested(error)
    )
    if is_refused_url or (route.proxy is not None and route.proxy.is_malformed):
        return _malformed(request, route)
    if (distrust := distrust_of(error)) is not None:
        remedy = distrust.remedy(route, ca="caFile", url="baseUrl")
        to = route.proxy.name if distrust.is_of_proxy and route.proxy is not None else route.host + route.through
        return InvalidSettings(f"{request}: no trusted connection to {to} ({distrust.reason}); {remedy}")
    if not is_connecting(error):
        return None
    reason = _reason(cause)
    if route.proxy is not None:
        return _not_through(route.proxy, error, cause, reason, request, route)
    return Unavailable(
        f"{request}: no connection to {route.host} ({reason}); "
        "check baseUrl, and that the server runs and is reachable from here"
    )


def _malformed(request: str, route: Route) -> InvalidSettings:
    proxy = route.proxy
    if proxy is not None and proxy.is_malformed:
        return InvalidSettings(
            f"{request}: {proxy.setting} is no URL of a proxy; write http://HOST:PORT, and special characters of a "
            "user name or password as %XX"
        )
    if proxy is not None and proxy.is_socks:
        return InvalidSettings(
            f"{request}: the proxy {proxy.name} is a SOCKS proxy, which needs one more package: "
            "run pip install 'requests[socks]', or use an HTTP proxy"
        )
    return InvalidSettings(f"{route.host} cannot be asked: the URL in baseUrl is malformed")


def _not_through(
    proxy: Proxy, error: Exception, cause: Exception, reason: str, request: str, route: Route
) -> OpsManagerError:
    who = f"{request}: the proxy {proxy.name}"
    refused = re.search(r"Tunnel connection failed: (\d+ ?.*)", str(list(nested(error))[-1]))
    if refused and refused[1].startswith("407"):
        return proxy_wants_password(proxy, request)
    if refused:
        answer = shorten(refused[1], 60)
        return Unavailable(f"{who} does not connect to {route.host} ({answer}); {proxy.remedy}")
    if isinstance(cause, ProxyError) and "refused" in reason:
        return Unavailable(f"{who} refused the connection; {proxy.remedy}")
    if is_garbled(cause):
        return Unavailable(f"{who} does not answer like an HTTP proxy; {proxy.remedy}")
    return Unavailable(f"{who} gives no connection to {route.host} ({reason}); {proxy.remedy}")


def _reason(cause: BaseException) -> str:
    if isinstance(cause, ProxyError):
        cause = cause.original_error
    *_, last = nested(cause)
    if isinstance(last, ssl.SSLEOFError):
        return "it was cut during the TLS handshake"
    return reason_of(last if isinstance(cause, ProtocolError) else cause)
