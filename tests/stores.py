"""Object stores of other authors: moto's S3 server and Azurite, each behind a gate, with one bucket for each test.

The library sends XML requests to Google Cloud Storage, which no fake of that store answers. Moto answers them, because
they have the form of S3 requests.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.gate import Gate, gate_to
from tools.engine import azurite, making

# That of the machine: tests of the command line have an empty home, into which npm would install Azurite again.
_CACHE = making.cache().parents[1]

SECRET = "s3cr3t/of+the-tests"
SIGNED = "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
"""A signature that moto accepts. Moto hides objects from requests without one."""
ACCOUNT = "devstoreaccount1"
# Azurite's documented key, which is always the same.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@dataclass(frozen=True)
class Store:
    """A bucket, and what is in it.

    Attributes:
        scheme: `s3`, `gs` or `az`.
        name: Name of the bucket.
        gate: Proxy between the product and the store.
        port: Port of the store itself.
    """

    scheme: str
    name: str
    gate: Gate
    port: int

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.name}"

    def objects(self) -> dict[str, bytes]:
        """The content of each object by its key."""
        if self.scheme == "az":
            keys = re.findall(r"<Name>(.*?)</Name>", self._asked("GET", "?restype=container&comp=list").decode())
        else:
            keys = re.findall(r"<Key>(.*?)</Key>", self._asked("GET", "?list-type=2").decode())
        return {key: self._asked("GET", f"/{quote(key)}") for key in keys}

    def open_uploads(self) -> list[str]:
        """The keys of multipart uploads that are not finished. Azure has none: its blocks expire."""
        listed = b"" if self.scheme == "az" else self._asked("GET", "?uploads")
        return re.findall(r"<Key>(.*?)</Key>", listed.decode())

    def put(self, key: str, content: bytes) -> None:
        """Write an object as another client."""
        self._asked("PUT", f"/{quote(key)}", content)

    def remove(self, key: str) -> None:
        """Remove an object as another client."""
        self._asked("DELETE", f"/{quote(key)}")

    def create(self) -> None:
        """Create the bucket."""
        self._asked("PUT", "?restype=container" if self.scheme == "az" else "")

    def _asked(self, method: str, path: str, body: bytes = b"") -> bytes:
        base = f"/{ACCOUNT}/{self.name}" if self.scheme == "az" else f"/{self.name}"
        headers = {"Content-Length": str(len(body))} if method == "PUT" else {}
        if body:
            headers["Content-Type"] = "application/octet-stream"
        if self.scheme == "az":
            headers |= {"x-ms-date": formatdate(usegmt=True), "x-ms-version": "2021-08-06"}
            if body:
                headers["x-ms-blob-type"] = "BlockBlob"
            headers["Authorization"] = f"SharedKey {ACCOUNT}:{_signature(method, base + path, headers)}"
        else:
            headers["Authorization"] = SIGNED
        url = f"http://127.0.0.1:{self.port}{base}{path}"
        request = urllib.request.Request(url, body or None, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            content: bytes = answer.read()
            return content


def _signature(method: str, path: str, headers: dict[str, str]) -> str:
    """Azure's signature of a request."""
    resource, _, query = path.partition("?")
    length = headers.get("Content-Length", "")
    standard = ["", "", "" if length == "0" else length, "", headers.get("Content-Type", ""), *[""] * 6]
    named = [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-ms-")]
    options = [option.replace("=", ":") for option in sorted(filter(None, query.split("&")))]
    text = "\n".join([method, *standard, *named, f"/{ACCOUNT}{resource}", *options])
    return base64.b64encode(hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()).decode()


@contextmanager
def _served(command: list[str], port: int) -> Iterator[int]:
    """Run a server until the block ends. The block begins when the server answers."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            assert server.poll() is None, f"{command[0]} has ended"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def moto_port() -> Iterator[int]:
    """The port of moto's server, which has S3."""
    port = _free_port()
    script = "import sys; from moto.server import main; main(sys.argv[1:])"
    with _served([sys.executable, "-c", script, "-H", "127.0.0.1", "-p", str(port)], port):
        yield port


@pytest.fixture(scope="session")
def azurite_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of Azurite, which is installed if it is missing."""
    port, folder = _free_port(), tmp_path_factory.mktemp("azurite")
    options = ["--blobPort", str(port), "--location", str(folder), "--skipApiVersionCheck", "--silent"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(_CACHE))
        command = azurite.find_command(print)
    with _served([*command, *options], port):
        yield port


@pytest.fixture
def scheme() -> str:
    """The default store of a test."""
    return "s3"


@pytest.fixture
def store(
    scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Store]:
    """A new bucket. The environment has its address and credentials."""
    port = request.getfixturevalue("azurite_port" if scheme == "az" else "moto_port")
    with gate_to(port, {} if scheme == "az" else {"Authorization": SIGNED}) as gate:
        found = Store(scheme, f"logs{uuid.uuid4().hex[:12]}", gate, port)
        found.create()
        for name, value in environment_of(found, tmp_path).items():
            monkeypatch.setenv(name, value)
        yield found


def environment_of(store: Store, folder: Path) -> dict[str, str]:
    """The environment variables that a person sets, with the address of the gate."""
    if store.scheme == "az":
        return {
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
            "AZURE_STORAGE_ENDPOINT": f"{store.gate.url}/{ACCOUNT}",
            "AZURE_ALLOW_HTTP": "true",
        }
    if store.scheme == "gs":
        file = folder / "service-account.json"
        account = {"client_email": "", "private_key": "", "private_key_id": "", "disable_oauth": True}
        file.write_text(json.dumps(account | {"gcs_base_url": store.gate.url}))
        return {"GOOGLE_SERVICE_ACCOUNT": str(file), "GOOGLE_ALLOW_HTTP": "true"}
    return {
        "AWS_ACCESS_KEY_ID": "AKIAOFTHETESTS",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT": store.gate.url,
        "AWS_ALLOW_HTTP": "true",
    }
