"""Shared by tests of several rooms: a fake clock, clients of emulators, and a server of fixed answers."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import Clock
from pulumi_opsmanager.emulator import Emulator
from pulumi_opsmanager.lifecycle.context import Context
from pulumi_opsmanager.lifecycle.reporter import Reporter
from pulumi_opsmanager.lifecycle.run import Run
from pulumi_opsmanager.lifecycle.server import Server
from pulumi_opsmanager.schema.job import JobInputs
from pulumi_opsmanager.schema.models import read_model

ROOT = Path(__file__).parents[1]
PROJECT = "66f2a41b9d3c5e0012ab34cd"
JOB = "69a5553c7e41b2000f5d8a01"


class FakeClock(Clock):
    """A clock that moves only by sleeping, and records each sleep."""

    slept: list[float]

    def __init__(self, start: datetime | None = None) -> None:
        present = start or datetime.now(timezone.utc).replace(microsecond=0)
        slept: list[float] = []
        super().__init__(now=lambda: present + timedelta(seconds=sum(slept)), sleep=slept.append)
        # The base class is frozen.
        object.__setattr__(self, "slept", slept)


@dataclass
class Heard:
    """A reporter that records its lines."""

    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    far: list[str] = field(default_factory=list)

    def info(self, line: str) -> None:
        self.lines.append(line)

    def warn(self, line: str) -> None:
        self.warnings.append(line)

    def progress(self, line: str) -> None:
        self.far.append(line)


def sha256_of(file: Path) -> str:
    """SHA-256 of a file (hex)."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def days_ahead(days: int) -> str:
    """A midnight in the future, in the form of a program."""
    return (datetime.now(timezone.utc) + timedelta(days=days)).strftime("%Y-%m-%dT00:00:00Z")


def settings_for(server: Emulator, **changes: Any) -> Settings:
    """Settings for the emulator."""
    settings = Settings(server.url, server.public_key, server.private_key, server.project_id, timeout_seconds=5)
    return replace(settings, **changes)


def client_for(server: Emulator, clock: Clock, **changes: Any) -> Client:
    """A client for the emulator."""
    return Client(settings_for(server, **changes), clock)


def context_of(client: Client, clock: Clock, reporter: Reporter | None = None, owner: str = "") -> Context:
    """The context of an operation in a new process."""
    server = Server.of(client, clock)
    return Context(lambda: server, clock, Run(), reporter or Heard(), owner)


def offline(now: datetime | None = None) -> Context:
    """A context without a server, with a clock that is fixed at a time."""
    clock = FakeClock(now)
    return context_of(Client(Settings("http://127.0.0.1:9", "public", "private"), clock), clock)


def job_request(**changes: Any) -> dict[str, Any]:
    """A create request in wire form."""
    return {
        "resourceType": "REPLICASET",
        "resourceName": "rs0",
        "logTypes": ["FTDC", "MONGODB"],
        "sizeRequestedPerFileBytes": 131072,
        "redacted": False,
    } | changes


def job_values(**changes: Any) -> dict[str, Any]:
    """Checked inputs of the same job by vendor name. A change to None removes the key."""
    values = job_request() | {"projectId": PROJECT, "maxRetries": 1} | changes
    return {key: value for key, value in values.items() if value is not None}


def job_inputs(**changes: Any) -> JobInputs:
    """The same inputs as a model."""
    return read_model(JobInputs, job_values(**changes))


@contextmanager
def running(http: ThreadingHTTPServer) -> Iterator[None]:
    """Serve in a thread until the block ends."""
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@contextmanager
def canned(
    body: bytes = b"",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    tls: Any = None,
    heard: list[Mapping[str, str]] | None = None,
    bodies: list[bytes] | None = None,
    ports: list[int] | None = None,
) -> Iterator[str]:
    """A server that gives one answer to every request; yields its base URL.

    `heard` collects the headers of the requests, `bodies` their bodies, `ports` their source ports.
    """

    class Answer(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if bodies is not None:
                bodies.append(sent)
            if heard is not None:
                heard.append(dict(self.headers))
            if ports is not None:
                ports.append(self.client_address[1])
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | dict(headers or {})).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    with running(http):
        yield f"{'https' if tls else 'http'}://localhost:{http.server_port}"
