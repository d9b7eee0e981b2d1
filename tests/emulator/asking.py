"""Clients that are not ours: the standard library's with its own digest, and a socket with a header made by hand."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

from pulumi_opsmanager.emulator import Emulator
from tests.support import PROJECT, job_request

JOBS = f"/api/public/v1.0/groups/{PROJECT}/logCollectionJobs"


class Asked:
    """One answer: status, headers, body."""

    def __init__(self, status: int, headers: Message, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def opener_for(server: Emulator) -> urllib.request.OpenerDirector:
    """A client that knows the keys."""
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, server.url, server.public_key, server.private_key)
    return urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))


def ask(server: Emulator, method: str, path: str, body: Any = None, *, with_keys: bool = True) -> Asked:
    """Ask, and read all of the answer."""
    opener = opener_for(server) if with_keys else urllib.request.build_opener()
    payload = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310  the emulator's own address
        server.url + path, data=payload, method=method, headers={"Content-Type": "application/json"}
    )
    try:
        with opener.open(request, timeout=5) as response:
            return Asked(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Asked(error.code, error.headers, error.read())


def made(server: Emulator, **changes: Any) -> str:
    answer = ask(server, "POST", JOBS, job_request(**changes))
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def nonce_of(server: Emulator) -> str:
    """A fresh nonce."""
    challenge = ask(server, "GET", JOBS, with_keys=False).headers["WWW-Authenticate"]
    return str(re.findall(r'nonce="(.*?)"', challenge)[0])


def signed(server: Emulator, method: str, target: str, **changes: str) -> str:
    """An `Authorization` header that is right, but for the changes, which are signed too."""
    given = {
        "username": server.public_key,
        "realm": "MMS Public API",
        "nonce": changes.get("nonce") or nonce_of(server),
        "uri": target,
        "qop": "auth",
        "nc": "00000001",
        "cnonce": "0a4f113b",
    } | changes

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    user = md5(given["username"], given["realm"], server.private_key)
    response = md5(user, given["nonce"], given["nc"], given["cnonce"], given["qop"], md5(method, given["uri"]))
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in ({"response": response} | given).items())


@contextmanager
def kept(server: Emulator) -> Iterator[http.client.HTTPConnection]:
    """One connection for several requests; it does not connect again."""
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)) as connection:
        connection.connect()
        connection.auto_open = 0
        yield connection


def exchange(server: Emulator, sent: bytes) -> bytes:
    """Everything that comes for these bytes until the server closes the connection."""
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))
