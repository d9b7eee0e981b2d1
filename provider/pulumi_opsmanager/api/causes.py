"""What went wrong below the transport: the nested errors of the HTTP libraries, told apart and put into words."""

from __future__ import annotations

import re
import traceback
from http.client import HTTPException, IncompleteRead, RemoteDisconnected

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    MaxRetryError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)


def innermost(error: Exception) -> Exception | None:
    """The urllib3 error inside a requests error: what `Retry` can tell apart."""
    inner: object = error
    while isinstance(inner, (requests.RequestException, MaxRetryError)):
        inner = inner.reason if isinstance(inner, MaxRetryError) else next(iter(inner.args), None)
    return inner if isinstance(inner, HTTPError) else None


def is_untrusted(cause: Exception) -> bool:
    """Whether TLS failed before a request was sent; the libraries raise the same classes then as in mid-answer."""
    if not isinstance(cause, (SSLError, requests.exceptions.SSLError)):
        # The library looks for the file of roots itself, before it connects.
        return isinstance(cause, OSError) and not isinstance(cause, requests.RequestException)
    inner = next((argument for argument in cause.args if isinstance(argument, OSError)), None)
    frames = traceback.walk_tb(inner.__traceback__) if inner is not None else ()
    # urllib3's, for a file of roots that cannot be taken as well as for the handshake.
    return any(frame.f_code.co_name == "ssl_wrap_socket" for frame, _ in frames)


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
    if by_tls := re.search(r"\[SSL[^]]*\] ([^(]+)", text):
        return by_tls[1].strip()
    if by_file := re.search(r"invalid path: (.+)", text):
        return f"there is no {by_file[1]}"
    words = re.sub(r"^\[[^]]*\] ", "", text.rsplit(": ", 1)[-1].strip(" '\""))
    # A bracket that closes nothing belongs to what stood before.
    while words.endswith(")") and words.count(")") > words.count("("):
        words = words[:-1].rstrip("'\"")
    return words[:160]
