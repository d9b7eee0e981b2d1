"""A client that is not ours: the standard library's, with its own digest."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

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
