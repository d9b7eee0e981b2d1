"""Measure time and memory of a verified download, beside shell commands and simple loops."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import requests
from isal import igzip

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.clock import wall_clock
from pulumi_opsmanager.download.fetch import fetch
from pulumi_opsmanager.download.file_place import FilePlace
from pulumi_opsmanager.download.place import Place

from .archives import JOB, MIB, log_lines, served, write_archive
from .figure import Lab, Row, figure
from .job import PROJECT
from .memory import grown_mib
from .stacks import seconds_of


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
        write_archive(lab, log_lines(), mib, 3)
        with served(lab) as url:
            target = lab.folder / "target"
            taken = seconds_of({who: functools.partial(work, url, target) for who, work in works.items()}, times=2)
        _, commands, inflating, _ = taken.values()
        yield Row(mib, taken, min(0.35 * commands, 1.4 * inflating))


@figure(axis="MiB of archive", unit="MiB", limit="60, in addition to a process with the same imports")
def memory_of_a_download(lab: Lab) -> Iterator[Row]:
    """Measure peak memory during a verified download. The alternative reads `.content`."""
    for mib in (32, 128, 512):
        write_archive(lab, os.urandom(16 * MIB), mib, 0)
        grown = {}
        with served(lab) as url:
            for who, work in {"ours": _by_us, "requests, .content": _by_content}.items():
                grown[who] = grown_mib(work, url, lab.folder / "target")
        yield Row(mib, grown, 60)


def download_to(url: str, target: Place) -> None:
    """Store the verified archive in a place, as the package does."""
    client = Client(Settings(url.partition("/api")[0], "k", "s"), wall_clock())
    fetch(lambda: client.jobs(PROJECT).download(JOB), target, children=(), clock=wall_clock())


def _by_us(url: str, target: Path) -> None:
    download_to(url, FilePlace(target))


def _by_commands(url: str, target: Path) -> None:
    script = 'curl --silent --output "$1" "$0" && sha256sum "$1" && tar -tzf "$1"'
    subprocess.run(["sh", "-c", script, url, str(target)], check=True, capture_output=True)


def _by_inflating(_url: str, target: Path) -> None:
    """Inflate the file of the download before this one."""
    with igzip.open(target, "rb") as packed:  # type: ignore[no-untyped-call]
        while packed.read(MIB):
            pass


def _by_pieces(url: str, target: Path) -> None:
    with requests.get(url, stream=True, timeout=60) as response, target.open("wb") as file:
        for piece in response.iter_content(MIB):
            file.write(piece)


def _by_content(url: str, target: Path) -> None:
    target.write_bytes(requests.get(url, timeout=60).content)
