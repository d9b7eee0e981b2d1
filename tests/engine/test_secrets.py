"""Keys, digest responses and nonces appear only in requests. These tests search all other readable output."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pulumi_opsmanager.emulator import Emulator, FaultKind
from pulumi_opsmanager.errors import BadCredentials
from pulumi_opsmanager.lifecycle.server import Server
from tests.engine.stack import HEAD, Stack, jobs
from tests.support import FakeClock, client_for

NewStack = Callable[..., Stack]

# The vendor's keys have this form.
PRIVATE_KEY = "5f1d2c9a-7e34-4b8f-a1d0-93c6e2b7f480"
WRONG_KEY = "0c8e7d61-52fa-4be7-9d13-6a40b1f7c925"

# Python runs it at the start of each process that has its folder on PYTHONPATH: program, provider and command line.
LOGGING = """\
import http.client, logging, os
logging.basicConfig(level=logging.DEBUG, filename=os.environ["LOG_FILE"], format="%(name)s %(levelname)s %(message)s")
put = http.client.HTTPConnection.putheader
def leak(self, name, *values):
    logging.debug("%s: %s", name, values)
    print(name, values)
    put(self, name, *values)
if os.environ.get("LEAKS"):
    http.client.HTTPConnection.putheader = leak
"""

COLLECTION = (
    HEAD
    + """\
logs = om.LogCollection("night", targets=[om.ReplicaSet(name) for name in NAMES], archive_dir="logs",
    log_types=["FTDC"], size_requested_per_file_bytes=10_000, redacted=True, poll_interval_seconds=0.3)
pulumi.export("download_urls", logs.download_urls)
"""
)
LEAK = 'import os\npulumi.export("key", os.environ["OPSMANAGER_PRIVATE_KEY"])\n'

# One job uses the stack's key, the other a provider with a key of its own.
CONFIGURED = (
    HEAD
    + """\
import os
east = om.Provider("east", base_url=os.environ["OPSMANAGER_BASE_URL"], public_key="emulator",
    private_key=pulumi.Config().require_secret("key"), project_id="66f2a41b9d3c5e0012ab34cd")
om.LogCollectionJob("east", **GOOD, opts=pulumi.ResourceOptions(provider=east))
om.LogCollectionJob("home", **GOOD)
"""
)

# A word of each text shows that the search has read it.
STATE = ".pulumi/stacks/under-test/test.json"
WHAT_IS_READ = {
    "up": "RegisterResource",
    "up.json": "resourcePreEvent",
    "refresh": "Marshal",
    "redirected": "is not followed",
    "redirected.json": "is not followed",
    "doctor": "does not accept the key pair",
    "reprs": "Settings(base_url=",
    "exported.json": "LogCollectionJob::night/rs0",
    "list": "SUCCESS",
    "download": "verified",
    "again.tar.gz": "rs0-0",
    "import.json": "LogCollectionJob",
    "import-file": "import.json",
    "destroy": "night/rs0 deleted",
    "python.log": "logCollectionJobs answered 201",
}

CHANGE = "--yes --stack test --non-interactive"
VERBOSE = f"{CHANGE} --debug --logtostderr --logflow -v=9"


class Wire:
    """Wraps an emulator's application and records the challenges and the answers to them."""

    def __init__(self, server: Emulator) -> None:
        assert server._server is not None
        self._app, server._server.app = server._server.app, self
        self._spoken: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            self._spoken += [value for name, value in headers if name == "WWW-Authenticate"]
            return start_response(status, headers, *rest)

        self._spoken.append(environ.get("HTTP_AUTHORIZATION", ""))
        return self._app(environ, start)

    def values(self, *parts: str) -> set[str]:
        """The values of some parameters of the digest."""
        names = "|".join(parts)
        return {value for line in self._spoken for value in re.findall(rf'\b(?:{names})="([^"]+)"', line)}

    @property
    def digests(self) -> set[str]:
        """All texts that prove knowledge of a key."""
        return self.values("nonce", "cnonce", "response")


class Records:
    """Runs commands in a stack's folder with all logs on, and keeps every text that they leave."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self._folder = folder
        self._printed: dict[str, bytes] = {}
        (folder / "sitecustomize.py").write_text(LOGGING)
        # The engine writes an event log only for its own developers.
        stack.environ(PYTHONPATH=str(folder), LOG_FILE=str(folder / "python.log"), PULUMI_DEBUG_COMMANDS="true")

    def run(self, name: str, command: str, *, fails: bool = False) -> None:
        """Run one command; `name` is the name of its output, and `name.json` of its events."""
        events = f" --event-log {name}.json" if command.startswith("pulumi ") and "--non-interactive" in command else ""
        finished = self.stack.shell(command + events)
        self._printed[name] = (finished.stdout + finished.stderr).encode()
        assert (finished.returncode != 0) is fails, self._printed[name].decode()

    def texts(self) -> dict[str, bytes]:
        """Output by command, files of the stack by path, other files by name."""
        texts = {name: unpacked(text) for name, text in self._printed.items()}
        for path in filter(Path.is_file, self._folder.rglob("*")):
            in_stack = path.is_relative_to(self.stack.folder)
            name = str(path.relative_to(self.stack.folder)) if in_stack else path.name
            texts[name] = str(path).encode() + unpacked(path.read_bytes())
        return texts


def unpacked(text: bytes) -> bytes:
    """A text and its decoded parts: a state has pickles in Base64, an archive is in gzip."""
    parts = [gzip.decompress(text) if text.startswith(b"\x1f\x8b") else text]
    for run in re.findall(rb"[A-Za-z0-9+/]{40,}", parts[0]):
        # A long word looks like Base64, but its length may be wrong.
        with suppress(binascii.Error):
            parts.append(base64.b64decode(run + b"=" * (-len(run) % 4)))
    return b"\n".join(parts)


def found(secrets: Iterable[str], texts: Mapping[str, bytes]) -> set[tuple[str, str]]:
    """Each secret with the name of a text that has it, plain or quoted for a URL."""
    forms = {form.encode(): secret for secret in secrets for form in (secret, quote(secret, safe=""))}
    return {(secret, name) for form, secret in forms.items() for name, text in texts.items() if form in text}


def not_there(words: Mapping[str, str], texts: Mapping[str, bytes]) -> dict[str, str]:
    """The words that are not in the text of that name."""
    return {name: word for name, word in words.items() if word.encode() not in texts.get(name, b"")}


@pytest.fixture
def server() -> Iterator[Emulator]:
    """An emulator with a key of the vendor's form."""
    with Emulator(private_key=PRIVATE_KEY) as running:
        yield running


def collection(*names: str) -> str:
    """A program that collects from some replica sets."""
    return COLLECTION.replace("NAMES", repr(names))


def run_everything(records: Records, server: Emulator) -> None:
    """Every operation and command that sends a key; an `up` fails on a redirect, and `doctor` on a wrong key."""
    stack = records.stack
    records.run("up", f"pulumi up --diff {VERBOSE}")
    records.run("refresh", f"pulumi refresh --skip-preview {VERBOSE}")
    server.age_nonces()
    server.fail("create", FaultKind.REDIRECT)
    stack.program(collection("rs0", "rs1"))
    records.run("redirected", f"pulumi up --skip-preview {VERBOSE}", fails=True)
    stack.environ(OPSMANAGER_PRIVATE_KEY=WRONG_KEY)
    records.run("doctor", "pulumi-opsmanager doctor --json", fails=True)
    stack.environ(OPSMANAGER_PRIVATE_KEY=PRIVATE_KEY)
    records.run("export", "pulumi stack export --show-secrets --file exported.json --stack test")
    records.run("list", "pulumi-opsmanager list")
    records.run("download", f"pulumi-opsmanager download {server.job_ids[0]} -o again.tar.gz")
    records.run("import-file", "pulumi-opsmanager import-file")
    records.run("destroy", f"pulumi destroy --skip-preview {VERBOSE}")


def reprs(server: Emulator) -> str:
    """The texts of all objects that hold a key, and an error with its causes."""
    client = client_for(server, FakeClock(), private_key=WRONG_KEY)
    with pytest.raises(BadCredentials) as refused:
        client.jobs(server.project_id).get("f" * 24)
    shown = [client.settings, client, client._connection, Server.of(client, FakeClock()), refused.value]
    return "\n".join([*map(repr, shown), *map(str, shown), *traceback.format_exception(refused.value)])


def test_secrets_appear_only_in_requests(new_stack: NewStack, server: Emulator, tmp_path: Path) -> None:
    """No output, log, event, error, state or `repr` has a secret. The same search finds a leak."""
    wire = Wire(server)
    records = Records(new_stack(collection("rs0")), tmp_path)
    run_everything(records, server)
    texts = records.texts() | {"reprs": reprs(server).encode()}
    password = hashlib.md5(f"{server.public_key}:MMS Public API:{PRIVATE_KEY}".encode()).hexdigest()
    digests = wire.digests
    assert min(len(wire.values(part)) for part in ("cnonce", "response")) > 10
    assert found({PRIVATE_KEY, WRONG_KEY, password} | digests, texts) == set()
    assert not_there(WHAT_IS_READ, texts) == {}

    # A provider that prints and logs, and a program that exports its key.
    records.stack.environ(LEAKS="yes")
    records.stack.program(collection("rs0") + LEAK)
    records.run("leak", f"pulumi up --skip-preview {VERBOSE}")
    texts = records.texts()
    leaked = {secret: {name for one, name in found({secret}, texts)} for secret in wire.values("response") - digests}
    assert leaked
    assert all(names == {"leak", "leak.json", "python.log"} for names in leaked.values())
    assert {"leak", "leak.json", STATE} <= {name for _, name in found({PRIVATE_KEY}, texts)}


def test_keys_of_the_configuration_are_never_shown(new_stack: NewStack, server: Emulator, tmp_path: Path) -> None:
    """A key of a stack or a provider is in no preview, event, error or log. It is encrypted in the state."""
    wire = Wire(server)
    stack = new_stack(CONFIGURED, OPSMANAGER_PRIVATE_KEY=None)
    for key in ("opsmanager:privateKey", "under-test:key"):
        stack.configure(key, PRIVATE_KEY, secret=True)
    records = Records(stack, tmp_path)
    server.fail("create", FaultKind.REDIRECT)
    records.run("redirected", f"pulumi up --diff {CHANGE}", fails=True)
    records.run("up", f"pulumi up --skip-preview {CHANGE}")
    records.run("export", "pulumi stack export --file exported.json --stack test")
    records.run("destroy", f"pulumi destroy --skip-preview {CHANGE}")
    texts = records.texts()
    assert len(wire.digests) > 10
    assert found({PRIVATE_KEY} | wire.digests, texts) == set()
    assert not_there({"redirected": "[secret]", "up.json": "privateKey", "exported.json": "ciphertext"}, texts) == {}
    assert server.job_ids == []


def test_plain_http_is_warned_of_once(new_stack: NewStack, server: Emulator) -> None:
    """The preview of several jobs warns once, on the row of a resource."""
    stack = new_stack(jobs([f"resource_name='rs{i}'" for i in range(5)]))
    stack.environ(OPSMANAGER_BASE_URL="http://om.example.net:8080")
    finished = stack.shell("pulumi preview --stack test --non-interactive")
    words = "warning: base_url is plain HTTP: everybody on the way to om.example.net:8080 can read the logs and change"
    rows = finished.stdout.partition("Diagnostics:")[2]
    assert finished.returncode == 0
    assert rows.count(words) == 1
    assert re.search(rf"LogCollectionJob \(job-\d\):\n *{words}", rows)
    assert server.requests == []
