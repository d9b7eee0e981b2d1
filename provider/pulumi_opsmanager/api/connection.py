"""Where a request may go, and how much of an answer is read.

Requests go to one server; redirects are not followed. A body has a limit of bytes and a deadline. The head of an answer
has only the limits of http.client and the wait for each of its bytes: no public interface leads further.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import requests

from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.errors import UnexpectedResponse

from .challenges import MOST_SIGNATURES
from .digest import Signer
from .route import Route
from .settings import Settings

BODY_BYTES = 64 * 1024 * 1024
"""A page of 100 verbose jobs is about 100 KiB; a far larger body does not come from this API."""


def open_session(settings: Settings, route: Route, read_body: Callable[[requests.Response], bytes]) -> requests.Session:
    """Open a session, which holds the connections and the digest; threads may share it."""
    session = _Session(Signer(settings.public_key, settings.private_key), read_body)
    session.proxies, session.verify = dict(route.proxies), route.roots
    session.trust_env = False
    # A small packed body can become gigabytes, and an archive is stored as it was sent.
    session.headers["Accept-Encoding"] = "identity"
    return session


def read_body(response: requests.Response, seconds: float, clock: Clock) -> bytes:
    """Read a body as it was sent, and give the connection back.

    Raises:
        UnexpectedResponse: It is larger than `BODY_BYTES`, or not complete after these seconds.
    """
    ends_at = clock.now() + timedelta(seconds=seconds)
    body, problem = bytearray(), None
    with response:
        # `read1` returns what has arrived. `read` waits for all bytes of a piece, and nobody looks at the clock.
        while problem is None and (piece := response.raw.read1(64 * 1024, decode_content=False)):
            body += piece
            if len(body) > BODY_BYTES:
                problem = f"is larger than {BODY_BYTES} bytes; check baseUrl"
            elif clock.now() > ends_at:
                problem = f"was not complete after {seconds:g} s; try again later, or raise timeoutSeconds"
    if problem is not None:
        raise UnexpectedResponse(f"{request_of(response)}: the answer {problem}", status=response.status_code)
    return bytes(body)


def request_of(response: requests.Response) -> str:
    """Name the request of an answer: method and URL without query."""
    return f"{response.request.method} {(response.request.url or '').partition('?')[0]}"


class _Session(requests.Session):
    def __init__(self, signer: Signer, read_body: Callable[[requests.Response], bytes]) -> None:
        super().__init__()
        self._signer = signer
        self._read_body = read_body

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, and answer the challenges of its 401s a bounded number of times."""
        self._signer.sign(request)
        response = super().send(request, **kwargs)
        refused: list[requests.Response] = []
        while len(refused) < MOST_SIGNATURES and (signed := self._signer.sign_again(response)) is not None:
            # The connection serves the next request only after this body was read.
            self._read_body(response)
            refused.append(response)
            # The cookie of a load balancer leads to the node that knows the nonce.
            signed.headers.pop("Cookie", None)
            signed.prepare_cookies(self.cookies)
            response = super().send(signed, **kwargs)
            response.history = refused.copy()
        return response

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002
        """Name no target: the library reads the body of a redirect without a bound, even if it does not follow it."""
        return None
