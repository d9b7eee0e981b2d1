"""What do a verified download and its memory cost? Compared with shell commands and simple loops."""

from __future__ import annotations

import functools
import io
import os
import random
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import requests
from isal import igzip

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.download.fetch import fetch

from .figure import Lab, Row, figure
from .job import PROJECT
from .stacks import seconds_of

_MIB = 1024 * 1024
_JOB = "69a5553c7e41b2000f5d8a01"
_PATH = f"api/public/v1.0/groups/{PROJECT}/logCollectionJobs/{_JOB}/download"


@figure(axis="MiB of logs", unit="seconds", limit="0.35 of the commands, and 1.4 of inflating alone")
def verified_download(lab: Lab) -> Iterator[Row]:
    """Download an archive of logs and verify it. The commands do the same one after another."""
    works = {
        "ours": _by_us,
        "curl, sha256sum, tar -t": _by_commands,
        "inflating alone": _by_inflating,
        "requests, not verified": _by_pieces,
    }
    for mib in (100, 500):
        _write_archive(lab, _log_lines(), mib, 3)
        with _served(lab) as url:
            target = lab.folder / "target"
            taken = seconds_of({who: functools.partial(work, url, target) for who, work in works.items()}, times=2)
        _, commands, inflating, _ = taken.values()
        yield Row(mib, taken, min(0.35 * commands, 1.4 * inflating))


@figure(axis="MiB of archive", unit="MiB", limit="60, in addition to a process with the same imports")
def memory_of_a_download(lab: Lab) -> Iterator[Row]:
    """Peak memory while an archive is downloaded and verified. The alternative reads `.content`."""
    for mib in (32, 128, 512):
        _write_archive(lab, os.urandom(16 * _MIB), mib, 0)
        grown = {}
        with _served(lab) as url:
            for who, work in {"ours": _by_us, "requests, .content": _by_content}.items():
                with ProcessPoolExecutor(1, get_context("spawn")) as process:
                    grown[who] = process.submit(_grown_mib, work, url, lab.folder / "target").result()
        yield Row(mib, grown, 60)


def _by_us(url: str, target: Path) -> None:
    client = Client(Settings(url.partition("/api")[0], "k", "s"), wall_clock())
    fetch(lambda: client.jobs(PROJECT).download(_JOB), target, children=(), clock=wall_clock())


def _by_commands(url: str, target: Path) -> None:
    script = 'curl --silent --output "$1" "$0" && sha256sum "$1" && tar -tzf "$1"'
    subprocess.run(["sh", "-c", script, url, str(target)], check=True, capture_output=True)


def _by_inflating(_url: str, target: Path) -> None:
    """Inflate the file of the download before this one."""
    with igzip.open(target, "rb") as packed:  # type: ignore[no-untyped-call]
        while packed.read(_MIB):
            pass


def _by_pieces(url: str, target: Path) -> None:
    with requests.get(url, stream=True, timeout=60) as response, target.open("wb") as file:
        for piece in response.iter_content(_MIB):
            file.write(piece)


def _by_content(url: str, target: Path) -> None:
    target.write_bytes(requests.get(url, timeout=60).content)


def _grown_mib(work: Callable[[str, Path], None], url: str, target: Path) -> float:
    before = _status_mib("VmRSS")
    work(url, target)
    return _status_mib("VmHWM") - before


def _status_mib(field: str) -> float:
    # The peak of `getrusage` includes the process that started this one.
    return int(Path("/proc/self/status").read_text().partition(f"{field}:")[2].split()[0]) / 1024


@contextmanager
def _served(lab: Lab) -> Iterator[str]:
    """Serve the archive from another process, which is faster than the emulator; yields its URL."""
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(lab.folder), "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().partition("(")[2].partition(")")[0] + _PATH
    finally:
        server.kill()
        server.wait()


def _write_archive(lab: Lab, block: bytes, mib: int, level: int) -> None:
    file = lab.folder / _PATH
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz", compresslevel=level) as tar:
        for number in range(mib * _MIB // len(block)):
            member = tarfile.TarInfo(f"db{number}.example.net/27017/mongodb/mongodb.log")
            member.size = len(block)
            tar.addfile(member, io.BytesIO(block))


def _log_lines() -> bytes:
    """Lines of mongod that gzip shrinks to a seventh, as the server does."""
    draw = random.Random(7)
    return b"".join(
        b'{"t":{"$date":"2026-03-02T09:%02d:%02d.%03dZ"},"s":"I","c":"COMMAND","id":51803,"ctx":"conn%d","msg":"Slow '
        b'query","attr":{"type":"command","ns":"shop.orders","command":{"find":"orders","filter":{"_id":"%016x"},'
        b'"lsid":{"id":{"$uuid":"%016x"}}},"keysExamined":%d,"docsExamined":%d,"durationMillis":%d}}\n'
        % (n // 1000 % 60, n // 17 % 60, n % 1000, *map(draw.getrandbits, (12, 64, 64, 10, 10, 14)))
        for n in range(20_000)
    )
