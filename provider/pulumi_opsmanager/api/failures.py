"""Converts exceptions of the HTTP libraries to our errors. The first case that matches counts.

An error before the request was sent comes from the configuration or the network. After it, and before a status line
was read, the server may or may not have carried the request out.
"""

from __future__ import annotations

import re
import ssl
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import requests.exceptions as http
import urllib3.exceptions as net

from pulumi_opsmanager.errors import InvalidSettings, OpsManagerError, ReplyLost, Unavailable, shorten

from .exchange import WAIT, Failure, Kind, Leaf, Request
from .route import Proxy, Route
from .trust import distrust_of, remedy_of

_MALFORMED = (http.InvalidURL, http.InvalidSchema, http.MissingSchema, UnicodeError)
_CUT = (net.ProtocolError, net.InvalidHeader, net.SSLError, http.ConnectionError)


@dataclass(eq=False)
class Endless(ValueError):
    """A body exceeded a limit. It has the limit, the remedy and the HTTP status of the answer."""

    problem: str
    remedy: str
    status: int


class _Trouble:
    """An exception of the libraries, with the facts that the cases below need."""

    def __init__(self, error: Exception, request: Request, route: Route, status: int | None) -> None:
        self.error = error
        self.status = error.status if isinstance(error, Endless) else status
        self.request, self.route = request, route
        self.chain = tuple(_nested(error))
        frames = (frame for link in self.chain for frame, _ in traceback.walk_tb(link.__traceback__))
        # Found by the frame, because the libraries raise the same classes while they read an answer.
        self.is_unsent = self.status is None and any(frame.f_code.co_name == "connect" for frame in frames)
        # What failed after a status line says nothing about the way to the server.
        self.proxy = route.proxy if self.status is None else None
        self.trust = distrust_of(self.chain, is_connecting=self.is_unsent) if self.status is None else None

    @cached_property
    def cause(self) -> Exception:
        """The urllib3 error inside a requests error; the error itself where there is none."""
        inner: object = self.error
        while isinstance(inner, (http.RequestException, net.MaxRetryError)):
            inner = inner.reason if isinstance(inner, net.MaxRetryError) else next(iter(inner.args), None)
        if isinstance(inner, net.ProxyError) and not self.is_unsent:
            # urllib3 blames the proxy for all errors before its first answer, also after the request was sent.
            lost = inner.original_error
            inner = lost if isinstance(lost, net.HTTPError) else net.ProtocolError("Connection aborted.", lost)
        return inner if isinstance(inner, net.HTTPError) else self.error

    @property
    def is_malformed(self) -> bool:
        return self.status is None and (isinstance(self.cause, _MALFORMED) or self._has(net.LocationValueError))

    @property
    def is_garbled(self) -> bool:
        """Whether something arrived that is not HTTP, rather than nothing or a part."""
        inner = self.cause.args[-1] if isinstance(self.cause, net.ProtocolError) and self.cause.args else self.cause
        is_http = isinstance(inner, (HTTPException, net.InvalidHeader))
        return is_http and not isinstance(inner, (IncompleteRead, RemoteDisconnected))

    @property
    def is_of_proxy(self) -> bool:
        return self.proxy is not None and self._has(net.ProxyError)

    @property
    def tunnel(self) -> str:
        """Status and words of a proxy that refused a tunnel."""
        # An OSError, because the text of an HTTPException comes from the server.
        last = self.chain[-1] if isinstance(self.chain[-1], OSError) else ""
        refused = re.search(r"Tunnel connection failed: (\d+ ?.*)", str(last))
        return shorten(refused[1], 60) if refused and self.proxy else ""

    @property
    def reason(self) -> str:
        if isinstance(self.chain[-1], ssl.SSLEOFError):
            return "it was cut during the TLS handshake"
        cause = self.cause.original_error if isinstance(self.cause, net.ProxyError) else self.cause
        return reason_of(self.chain[-1] if self.trust or isinstance(cause, net.ProtocolError) else cause)

    @property
    def kind(self) -> Kind:
        cause = self.cause.original_error if isinstance(self.cause, net.ProxyError) else self.cause
        if isinstance(cause, net.ConnectTimeoutError):
            return Kind.UNSENT
        return Kind.LOST if isinstance(cause, (net.ReadTimeoutError, net.ProtocolError)) else Kind.FINAL

    def _has(self, kind: type[Exception]) -> bool:
        return any(isinstance(link, kind) for link in self.chain)

    def make(
        self, leaf: Leaf, finding: str, remedy: str, proxy: Proxy | None = None, status: int | None = None
    ) -> OpsManagerError:
        subject = replace(self.request.subject, proxy=proxy.name if proxy else None, trust=self.trust)
        return leaf(finding, remedy=remedy, subject=subject, status=status)


def failure_of(error: Exception, request: Request, route: Route, status: int | None, timeout_seconds: float) -> Failure:
    """Convert an exception of the libraries to a failure. The HTTP status is None if no answer had begun."""
    trouble = _Trouble(error, request, route, status)
    ours = _of_settings(trouble) or _of_network(trouble) or _of_answer(trouble, timeout_seconds)
    if isinstance(ours, ReplyLost):
        ours.cut = isinstance(trouble.cause, _CUT)
    return Failure(trouble.kind if isinstance(ours, Unavailable) else Kind.FINAL, ours, error)


def _of_settings(t: _Trouble) -> OpsManagerError | None:
    proxy = t.proxy
    if proxy and proxy.is_malformed:
        remedy = "write http://HOST:PORT, and special characters of a user name or password as %XX"
        return t.make(InvalidSettings, f"{proxy.setting} is not the URL of a proxy", remedy, proxy)
    if proxy and proxy.is_socks and t.is_malformed:
        finding = f"the proxy {proxy.name} is a SOCKS proxy, which needs one more package"
        return t.make(InvalidSettings, finding, "run pip install 'requests[socks]', or use an HTTP proxy", proxy)
    if t.is_malformed:
        return t.make(InvalidSettings, f"base_url is malformed: {t.route.host}", "correct base_url")
    if t.trust is not None:
        failed = proxy if t.is_of_proxy else None
        peer = f"the proxy {failed.name}" if failed else f"{t.route.host}{t.route.through}"
        remedy = remedy_of(t.trust, t.route, is_of_proxy=failed is not None)
        return t.make(InvalidSettings, f"no trusted connection to {peer} ({t.reason})", remedy, failed)
    if proxy and t.tunnel.startswith("407"):
        complaint = f"{'does not accept the' if '@' in proxy.url else 'asks for a'} user name and password"
        remedy = f"write http://USER:PASSWORD@HOST:PORT into {proxy.setting}, with special characters as %XX"
        return t.make(InvalidSettings, f"answered 407: the proxy {proxy.name} {complaint}", remedy, proxy, 407)
    return None


def _of_network(t: _Trouble) -> OpsManagerError | None:
    if not t.is_unsent:
        return None
    if t.proxy is None:
        remedy = "check base_url, and that the server runs and is reachable from here"
        return t.make(Unavailable, f"no connection to {t.route.host} ({t.reason})", remedy)
    if t.tunnel:
        problem = f"does not connect to {t.route.host} ({t.tunnel})"
    elif t.is_of_proxy and "refused" in t.reason:
        problem = "refused the connection"
    elif t.is_garbled:
        problem = "does not answer like an HTTP proxy"
    else:
        problem = f"gives no connection to {t.route.host} ({t.reason})"
    return t.make(Unavailable, f"the proxy {t.proxy.name} {problem}", t.proxy.remedy, t.proxy)


def _of_answer(t: _Trouble, timeout_seconds: float) -> OpsManagerError:
    if isinstance(t.cause, (net.ReadTimeoutError, http.Timeout)):
        return t.make(ReplyLost, f"no answer within {timeout_seconds:g} s", f"{WAIT}, or raise timeout_seconds")
    if isinstance(t.cause, _CUT) and t.is_garbled:
        return t.make(ReplyLost, f"the answer{t.route.through} is not proper HTTP", "check base_url")
    if isinstance(t.cause, _CUT):
        return t.make(ReplyLost, f"the connection{t.route.through} was cut before the answer was complete", WAIT)
    problem, remedy = f"is not proper HTTP ({type(t.cause).__name__})", "check base_url"
    if isinstance(t.error, Endless):
        problem, remedy = t.error.problem, t.error.remedy
    answered = "" if t.status is None else f"answered {t.status}: "
    leaf = t.request.unreadable(t.status)
    return t.make(leaf, f"{answered}the answer {problem}", remedy, status=t.status)


def _nested(error: BaseException) -> Iterator[BaseException]:
    # The libraries keep the inner error in four places.
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        yield error
        kept = (getattr(error, "reason", None), getattr(error, "original_error", None), *error.args, error.__cause__)
        error = next((inner for inner in kept if isinstance(inner, BaseException)), error)


def reason_of(error: BaseException) -> str:
    """The last words of a nested network error, without the object addresses that urllib3 prints."""
    if isinstance(error, net.ConnectTimeoutError) and not isinstance(error, net.NewConnectionError):
        return "timed out"
    text = str(error)
    if by_tls := re.search(r"\[(?:SSL|X509)[^]]*\] ([^(]+)", text):
        return by_tls[1].strip()
    if by_file := re.search(r"invalid path: (.+)", text):
        return f"there is no {by_file[1]}"
    words = re.sub(r"^\[[^]]*\] ", "", text.rsplit(": ", 1)[-1].strip(" '\""))
    # A bracket that closes nothing belongs to what stood before.
    while words.endswith(")") and words.count(")") > words.count("("):
        words = words[:-1].rstrip("'\"")
    return words[:160]
