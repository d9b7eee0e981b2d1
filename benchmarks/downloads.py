"""What do a verified download and its memory cost? Against the commands and loops that people write."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests
from isal import igzip

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.download.fetch import fetch

from .archives import served, write_logs, write_noise
from .figure import Lab, Row, figure
from .stacks import seconds_of

_JOB = "69a5553c7e41b2000f5d8a01"
_PROJECT = "66f2a41b9d3c5e0012ab34cd"
_MIB = 1024 * 1024
_TIMES = 3

# The most memory of this process; unlike `getrusage`, not that of the process that started it.
_PEAK = """\
import sys
from pathlib import Path
import pulumi

def peak_mib():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024

before = peak_mib()
url, job_id, target = sys.argv[1:]
"""

_OURS = f"""\
{_PEAK}
from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.clock import wall_clock
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.download.fetch import fetch
client = Client(Settings(url, "k", "s"), wall_clock())
fetch(lambda: client.download_job("{_PROJECT}", job_id), Path(target), children=(), clock=wall_clock())
print(peak_mib() - before)
"""

_CONTENT = f"""\
{_PEAK}
import requests
Path(target).write_bytes(requests.get(f"{{url}}/{{job_id}}/download", timeout=60).content)
print(peak_mib() - before)
"""


@figure(
    axis="MiB inside",
    unit="s",
    target="at most 0.35 of curl, sha256sum and tar; at most 1.4 of inflating alone with isal",
    missed=(
        "SHA-256, the file and the tar's headers share two cores with inflating, and the two threads "
        "wait for each other's turns"
    ),
)
def verified_download(lab: Lab) -> Iterator[Row]:
    """Download an archive of logs and prove it whole; curl, sha256sum and `tar -tz` do the same one after another."""
    for inside_mib in (250, 1000):
        file = lab.folder / _JOB
        write_logs(file, inside_mib)
        target = lab.folder / "target"
        with served(lab.folder) as url:
            by_commands = _fastest(_by_commands, f"{url}/{_JOB}/download", target)
            inflating = _fastest(_inflate, file)
            ours = _fastest(_fetch, url, target)
            others = {
                "curl, sha256sum, tar": by_commands,
                "inflating alone": inflating,
                "requests, nothing verified": _fastest(_stream, f"{url}/{_JOB}/download", target),
            }
            yield Row(inside_mib, ours, others, limit=min(0.35 * by_commands, 1.4 * inflating))


@figure(axis="MiB packed", unit="MiB", target="below 60 MiB above the interpreter with pulumi imported, and flat")
def memory_of_a_download(lab: Lab) -> Iterator[Row]:
    """Peak memory while an archive is downloaded and proved; the alternative reads `.content`."""
    for packed_mib in (128, 512, 2048):
        write_noise(lab.folder / _JOB, packed_mib)
        with served(lab.folder) as url:
            ours = _grown_mib(_OURS, url, lab.folder / "target")
            others = {"requests, .content": _grown_mib(_CONTENT, url, lab.folder / "target")}
        yield Row(packed_mib, ours, others, limit=60)


def _fastest(work: Callable[..., object], *arguments: Any) -> float:
    # What a machine does beside only adds; the least disturbed run is the nearest to the cost.
    return min(seconds_of(functools.partial(work, *arguments)) for _ in range(_TIMES))


def _grown_mib(program: str, url: str, target: Path) -> float:
    arguments = [sys.executable, "-c", program, url, _JOB, str(target)]
    return float(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout)


def _fetch(url: str, target: Path) -> None:
    client = Client(Settings(url, "k", "s"), wall_clock())
    fetch(lambda: client.download_job(_PROJECT, _JOB), target, children=(), clock=wall_clock())


def _by_commands(url: str, target: Path) -> None:
    subprocess.run(["curl", "--silent", "--output", str(target), url], check=True)
    subprocess.run(["sha256sum", str(target)], check=True, capture_output=True)
    subprocess.run(["tar", "-tzf", str(target)], check=True, capture_output=True)


def _inflate(file: Path) -> None:
    with igzip.open(file, "rb") as packed:  # type: ignore[no-untyped-call]
        while packed.read(_MIB):
            pass


def _stream(url: str, target: Path) -> None:
    with requests.get(url, stream=True, timeout=60) as response, target.open("wb") as file:
        for piece in response.iter_content(_MIB):
            file.write(piece)
