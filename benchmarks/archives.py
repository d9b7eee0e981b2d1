"""Archives as a server sends them, and a server that sends nothing else: it must not be what is measured."""

from __future__ import annotations

import gzip
import os
import random
import socketserver
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from isal import igzip

_MIB = 1024 * 1024
_BLOCK_LINES = 40_000


def write_logs(file: Path, inside_mib: int) -> None:
    """A `.tar.gz` of mongod's log lines; packed as tightly as the JDK's deflater does, about seven to one."""
    draw = random.Random(7)
    blocks = [_lines(draw) for _ in range(8)]
    with igzip.open(file, "wb", compresslevel=3) as packed:  # type: ignore[no-untyped-call]
        _write_tar(packed, (draw.choice(blocks) for _ in range(inside_mib * _MIB // len(blocks[0]))))


def write_noise(file: Path, inside_mib: int) -> None:
    """The same of bytes that cannot be packed: as long inside as outside, like FTDC."""
    block = os.urandom(16 * _MIB)
    with gzip.open(file, "wb", compresslevel=0) as packed:
        _write_tar(packed, (block for _ in range(inside_mib // 16)))


def _write_tar(packed: object, blocks: Iterator[bytes]) -> None:
    for number, block in enumerate(blocks):
        member = tarfile.TarInfo(f"db{number}.example.net/27017/mongodb/mongodb.log")
        member.size = len(block)
        packed.write(member.tobuf() + block + bytes(-len(block) % 512))  # type: ignore[attr-defined]
    packed.write(bytes(1024))  # type: ignore[attr-defined]


def _lines(draw: random.Random) -> bytes:
    word = draw.getrandbits
    return b"".join(
        b'{"t":{"$date":"2026-03-02T09:%02d:%02d.%03dZ"},"s":"I","c":"COMMAND","id":51803,"ctx":"conn%d","msg":"Slow '
        b'query","attr":{"type":"command","ns":"shop.orders","command":{"find":"orders","filter":{"_id":"%016x"},'
        b'"lsid":{"id":{"$uuid":"%016x"}}},"keysExamined":%d,"docsExamined":%d,"durationMillis":%d}}\n'
        % (
            number // 1000 % 60,
            number // 17 % 60,
            number % 1000,
            word(12),
            word(64),
            word(64),
            word(10),
            word(10),
            word(14),
        )
        for number in range(_BLOCK_LINES)
    )


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder by a process of its own, and yield its base URL."""
    process = subprocess.Popen([sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


class _Files(BaseHTTPRequestHandler):
    """Any path's next-to-last part names the file: a job's id, as the client asks for its archive."""

    def do_GET(self) -> None:
        """Send a file as fast as the system can."""
        with Path(sys.argv[1], self.path.split("/")[-2]).open("rb") as file:
            self.send_response(200)
            self.send_header("Content-Type", "application/gzip")
            self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
            self.end_headers()
            self.wfile.flush()
            self.connection.sendfile(file)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Files) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
