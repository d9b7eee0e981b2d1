"""What went wrong below the transport: the nested errors of the HTTP libraries, told apart and put into words."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
)


def innermost(error: Exception) -> Exception | None:
    """The urllib3 error inside a requests error: what `Retry` can tell apart."""
    inner: object = error
    while isinstance(inner, (requests.RequestException, MaxRetryError)):
        inner = inner.reason if isinstance(inner, MaxRetryError) else next(iter(inner.args), None)
    if isinstance(inner, ProxyError) and not is_connecting(inner):
        # urllib3 blames the proxy for all that goes wrong before its first answer, also after the request was sent.
        lost = inner.original_error
        inner = lost if isinstance(lost, HTTPError) else ProtocolError("Connection aborted.", lost)
    return inner if isinstance(inner, HTTPError) else None


def nested(error: BaseException) -> Iterator[BaseException]:
    """The error and those inside it, outermost first: the libraries keep them in four places."""
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        yield error
        kept = (getattr(error, "reason", None), getattr(error, "original_error", None), *error.args, error.__cause__)
        error = next((inner for inner in kept if isinstance(inner, BaseException)), error)


def is_connecting(error: BaseException) -> bool:
    """Whether it failed before the request was sent; the libraries raise the same classes then as in mid-answer."""
    frames = (frame for link in nested(error) for frame, _ in traceback.walk_tb(link.__traceback__))
    return any(frame.f_code.co_name == "connect" for frame in frames)


def is_garbled(cause: Exception) -> bool:
    """Whether something was answered that is no HTTP, rather than nothing or a part."""
    inner = cause.args[-1] if isinstance(cause, ProtocolError) and cause.args else cause
    is_http = isinstance(inner, (HTTPException, InvalidHeader))
    return is_http and not isinstance(inner, (IncompleteRead, RemoteDisconnected))


def reason_of(error: BaseException) -> str:
    """The last words of a nested network error, without the object addresses that urllib3 prints."""
    if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
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
