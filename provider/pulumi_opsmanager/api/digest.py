"""Signs requests by HTTP digest. No other module knows the scheme."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import requests
from requests.auth import HTTPDigestAuth
from requests.utils import parse_dict_header

from pulumi_opsmanager.errors import UnexpectedResponse


class Digest(HTTPDigestAuth):
    """The digest of requests, for servers that may be broken or hostile."""

    def __init__(self, public_key: str, private_key: str, read_body: Callable[[requests.Response], bytes]) -> None:
        super().__init__(public_key, private_key)
        self._read_body = read_body

    def handle_401(self, r: requests.Response, **kwargs: Any) -> requests.Response:
        """Answer the challenge of a 401 by sending the request once more.

        Raises:
            UnexpectedResponse: Nobody can answer the challenge, or its body is too large or too slow.
        """
        challenge = r.headers.get("WWW-Authenticate", "")
        # The library answers a challenge in any 4xx. That would repeat a POST that the server refused.
        if r.status_code != 401 or "digest" not in challenge.lower():
            return r
        # The library reads this body without a bound. After this line it finds none.
        self._read_body(r)
        offered = parse_dict_header(re.sub("(?i)digest ", "", challenge, count=1))  # type: ignore[no-untyped-call]
        # The library stores any challenge, and fails on an unusable one at each later request.
        if None in (offered.get("realm"), offered.get("nonce")):
            raise UnexpectedResponse(
                f"{r.request.method} {r.url} answered 401 with a challenge that cannot be answered; check baseUrl",
                status=401,
            )
        answered: requests.Response = super().handle_401(r, **kwargs)  # type: ignore[no-untyped-call]
        return answered
