"""Measure a verified upload into a bucket, beside a stream into the same bucket that nobody verifies."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import obstore
import requests
from obstore.store import S3Store

from pulumi_opsmanager.download.bucket import PART_BYTES, Bucket
from pulumi_opsmanager.download.object_place import ObjectPlace

from .archives import MIB, log_lines, served, write_archive
from .downloads import download_to
from .figure import Lab, Row, figure
from .memory import grown_mib
from .stacks import seconds_of

_BUCKET = "logs"
_STREAMED = "curl into obstore, not verified"
_ONE_BY_ONE = "the same, one part at a time"

# An S3 server that others wrote, in a process of its own.
_MOTO = """\
from threading import Event
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
Event().wait()
"""

# What moto takes for a signature.
_SIGNED = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"


@figure(axis="MiB of logs", unit="seconds", limit="none")
def verified_upload(lab: Lab) -> Iterator[Row]:
    """Move an archive of logs from Ops Manager into a bucket of a local S3 server. Only ours verifies it."""
    for mib in (500, 1000):
        write_archive(lab, log_lines(), mib, 3)
        with served(lab) as url, _s3():
            works = {
                "ours": functools.partial(_by_us, url),
                _STREAMED: functools.partial(_by_stream, url),
                _ONE_BY_ONE: functools.partial(_by_stream, url, parts_at_once=1),
            }
            yield Row(mib, seconds_of(works, times=3))


@figure(axis="MiB of archive", unit="MiB", limit="80, in addition to a process with the same imports")
def memory_of_an_upload(lab: Lab) -> Iterator[Row]:
    """Measure peak memory during an upload into a bucket. The memory of curl is not counted."""
    for mib in (128, 1024):
        write_archive(lab, os.urandom(16 * MIB), mib, 0)
        with served(lab) as url, _s3():
            yield Row(mib, {"ours": grown_mib(_by_us, url), _STREAMED: grown_mib(_by_stream, url)}, 80)


def _by_us(url: str) -> None:
    download_to(url, ObjectPlace(Bucket("s3", _BUCKET, "verified.tar.gz")))


def _by_stream(url: str, parts_at_once: int = 12) -> None:
    """Stream as a pipe of two commands would, with parts of our size. The library sends twelve at once by default."""
    with subprocess.Popen(["curl", "--silent", "--fail", url], stdout=subprocess.PIPE) as curl:
        assert curl.stdout is not None
        pieces = iter(functools.partial(curl.stdout.read, MIB), b"")
        options: Any = {"use_multipart": True, "chunk_size": PART_BYTES, "max_concurrency": parts_at_once}
        obstore.put(S3Store(_BUCKET), "streamed.tar.gz", pieces, **options)
    assert curl.returncode == 0


@contextmanager
def _s3() -> Iterator[None]:
    """Run a new S3 server with a bucket. The environment leads to it."""
    command = [sys.executable, "-c", _MOTO]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            requests.put(f"{url}/{_BUCKET}", headers={"Authorization": _SIGNED}, timeout=60).raise_for_status()
            access = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
            with patch.dict(os.environ, access | {"AWS_ENDPOINT": url, "AWS_ALLOW_HTTP": "true"}):
                yield
        finally:
            server.kill()
