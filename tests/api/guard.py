"""A server that checks digests with its own code, which shares no line with the client or the emulator."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import parse_http_list, parse_keqv_list

from tests.support import JOB, running

PUBLIC, PRIVATE = "public", "private-key"
REALM = "MMS Public API"
PLAIN = 'Digest realm="MMS Public API", domain="", nonce="NONCE", algorithm=MD5, qop="auth", stale=STALE'
ANSWERS = {"POST": (201, {"id": JOB}), "GET": (200, {"id": JOB, "status": "SUCCESS"})}


@dataclass
class Guard:
    """The challenge of a server, and its checks.

    Attributes:
        offers: WWW-Authenticate headers, with NONCE and STALE in the place of their values.
        realm: Bytes that are hashed.
        algorithm: Name of the algorithm in hashlib.
        is_session: Whether the algorithm has the -sess form.
        opaque: Value that the client must send back.
        key: Private key that is accepted.
        stale_times: Number of valid signatures to refuse as stale, as a node does that does not know the nonce.
        says_stale: Whether an unknown nonce is refused as stale, or without a reason.
        removes: Path prefix that a proxy removes.
        mismatch: Status for a digest of another path than the received one; None accepts any path.
        asked: "GET", "GET signed", …, in the order of arrival.
    """

    offers: tuple[str, ...] = (PLAIN,)
    realm: bytes = REALM.encode()
    algorithm: str = "md5"
    is_session: bool = False
    opaque: str | None = None
    key: str = PRIVATE
    stale_times: int = 0
    says_stale: bool = True
    removes: str = ""
    mismatch: int | None = None
    asked: list[str] = field(default_factory=list)
    used: set[tuple[str, str]] = field(default_factory=set)
    nonces: set[str] = field(default_factory=set)
    client_nonces: set[str] = field(default_factory=set)
    lock: Any = field(default_factory=threading.Lock)

    def judge(self, method: str, target: str, authorization: str | None) -> tuple[int, bool]:
        """Return the status, and whether a 401 says that the nonce is stale."""
        with self.lock:
            self.asked.append(f"{method} signed" if authorization else method)
            if authorization is None:
                return 401, False
            scheme, _, rest = authorization.partition(" ")
            given = parse_keqv_list(parse_http_list(rest))
            given = {name: value.replace("\\\\", "\\").replace('\\"', '"') for name, value in given.items()}
            if self.mismatch and given["uri"] != target.removeprefix(self.removes):
                return self.mismatch, False
            assert scheme == "Digest"
            assert given["username"] == PUBLIC
            assert given["realm"].encode("latin-1") == self.realm
            assert given.get("opaque") == self.opaque
            if given["response"] != self.right(method, given):
                return 401, False
            use = (given["nonce"], given.get("nc", "no count"))
            if given["nonce"] not in self.nonces or (use in self.used and "nc" in given):
                return 401, self.says_stale
            self.used.add(use)
            self.client_nonces.add(given.get("cnonce", ""))
            if self.stale_times > 0:
                self.stale_times -= 1
                return 401, True
            return ANSWERS.get(method, (200, {}))[0], False

    def right(self, method: str, given: dict[str, str]) -> str:
        """The response that the right key gives."""

        def hashed(*parts: str | bytes) -> str:
            joined = b":".join(part if isinstance(part, bytes) else part.encode("latin-1") for part in parts)
            return hashlib.new(self.algorithm, joined).hexdigest()

        secret = hashed(PUBLIC, self.realm, self.key)
        if self.is_session:
            secret = hashed(secret, given["nonce"], given["cnonce"])
        covered = [given[name] for name in ("nc", "cnonce", "qop")] if "qop" in given else []
        return hashed(secret, given["nonce"], *covered, hashed(method, given["uri"]))


@contextmanager
def guarded(guard: Guard) -> Iterator[str]:
    """Serve the guard; yields the base URL."""

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, is_stale = guard.judge(self.command, self.path, self.headers.get("Authorization"))
            body = json.dumps(ANSWERS.get(self.command, (200, {}))[1] if status < 300 else {}).encode()
            self.send_response(status)
            if status == 401:
                with guard.lock:
                    nonce = f"nonce{len(guard.nonces)}="
                    guard.nonces.add(nonce)
                for offer in guard.offers:
                    self.send_header("WWW-Authenticate", offer.replace("NONCE", nonce).replace("STALE", str(is_stale)))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    http.daemon_threads = True
    with running(http):
        yield f"http://127.0.0.1:{http.server_port}"
