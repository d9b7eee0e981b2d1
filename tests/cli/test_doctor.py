from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import trustme

from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.cli.diagnosis import Outcome, Probe, diagnose
from pulumi_opsmanager.emulator import Behaviour, Emulator
from pulumi_opsmanager.errors import InvalidSettings, OpsManagerError, ReplyLost, Unavailable
from tests.cli.terminal import keys_of, run
from tests.support import FakeClock, canned

CHECKS = ["settings", "reachability", "TLS", "Ops Manager API", "credentials", "project and role"]

Environment = Mapping[str, str]


@contextmanager
def emulator(*, behaviour: Behaviour | None = None, **changes: str) -> Iterator[Environment]:
    """A server, and the environment of somebody who asks it with some keys changed."""
    with Emulator(behaviour=behaviour) as server:
        yield keys_of(server) | changes


@contextmanager
def other_server(body: bytes = b"", *, tls: bool = False, content_type: str = "") -> Iterator[Environment]:
    """A server that is no emulator; with TLS its certificate is signed by nobody known."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("localhost").configure_cert(context)
    with Emulator() as server:
        keys = keys_of(server)
    with canned(body, tls=context, headers={"Content-Type": content_type}) as url:
        yield keys | {"OPSMANAGER_BASE_URL": url}


BROKEN: list[tuple[Callable[[], AbstractContextManager[Environment]], str, str, str]] = [
    (lambda: nullcontext({}), "settings", "missing: give --base-url", "doctor --help"),
    (lambda: emulator(OPSMANAGER_BASE_URL="nowhere"), "settings", "baseUrl must be a URL", "doctor --help"),
    (
        lambda: emulator(OPSMANAGER_BASE_URL="http://127.0.0.1:9"),
        "reachability",
        "no connection to 127.0.0.1:9 (Connection refused)",
        "--base-url (or OPSMANAGER_BASE_URL)",
    ),
    (lambda: emulator(OPSMANAGER_BASE_URL="http://.example.net"), "reachability", "is malformed", "--base-url"),
    (lambda: emulator(OPSMANAGER_BASE_URL="https://.example.net"), "reachability", "is malformed", "HTTPS_PROXY"),
    (
        lambda: other_server(tls=True),
        "TLS",
        "no trusted connection to localhost",
        "--ca-file (or OPSMANAGER_CA_FILE)",
    ),
    (
        lambda: other_server(b"<html>", content_type="text/html"),
        "Ops Manager API",
        "answered 200 with text/html where JSON was expected",
        "the server's own address",
    ),
    (
        lambda: emulator(OPSMANAGER_PRIVATE_KEY="wrong"),
        "credentials",
        "answered 401: the server does not accept the key pair",
        "OPSMANAGER_PRIVATE_KEY in the environment",
    ),
    (
        lambda: emulator(OPSMANAGER_PROJECT_ID="f" * 24),
        "project and role",
        "NOT_IN_GROUP",
        "--project-id (or OPSMANAGER_PROJECT_ID)",
    ),
    (
        lambda: emulator(behaviour=Behaviour(denies="USER_UNAUTHORIZED")),
        "project and role",
        "needs one of the roles Project Automation Admin",
        "ask an administrator",
    ),
]


@pytest.mark.parametrize(
    ("server", "check", "finding", "remedy"), BROKEN, ids=[f"{row[1]}: {row[2]}" for row in BROKEN]
)
def test_first_failure_is_told_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
    server: Callable[[], AbstractContextManager[Environment]],
    check: str,
    finding: str,
    remedy: str,
) -> None:
    """Earlier checks pass, later ones are not made. Any answer brings version and clock."""
    # Its repeats take no time. It has microseconds, as the wall clock has.
    clock = FakeClock(datetime.now(timezone.utc))
    monkeypatch.setattr("pulumi_opsmanager.api.clock.wall_clock", lambda: clock)
    with server() as environment:
        told = run(None, "doctor", "--json", **environment)
    assert told.exit_code == 1
    verdicts: list[dict[str, Any]] = json.loads(told.stdout)
    at = CHECKS.index(check)
    is_answered = at > CHECKS.index("TLS")
    is_named = is_answered and check != "Ops Manager API"
    assert [(verdict["check"], verdict["outcome"]) for verdict in verdicts] == [
        *((name, "ok") for name in CHECKS[:at]),
        (check, "failed"),
        *((name, "not checked") for name in CHECKS[at + 1 :]),
        ("server version", "ok" if is_named else "not checked"),
        ("clock", "ok" if is_answered else "not checked"),
    ]
    assert finding in verdicts[at]["finding"]
    assert remedy in verdicts[at]["remedy"]


def test_all_is_right(server: Emulator) -> None:
    """One line a check, exit code 0, one request."""
    told = run(server, "doctor")
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "check             outcome  finding",
        f"settings          ok       {server.url}, project {server.project_id}",
        f"reachability      ok       {server.url.removeprefix('http://')} answers",
        "TLS               ok       not needed: plain HTTP stays on this machine",
        "Ops Manager API   ok       answers in its own form",
        "credentials       ok       the key pair is known",
        "project and role  ok       the key may see the project's jobs",
        "server version    ok       8.0.0.500.20260101T0000Z",
        "clock             ok       the server's agrees with this machine's",
    ]
    assert server.calls == ["GET 200"]


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (600, r"warning  the server's is 0:(09:59|10:0[01]) ahead of this machine's"),
        (-600, r"warning  the server's is 0:(09:59|10:0[01]) behind this machine's"),
        (30, r"ok       the server's is 0:00:(29|3[01]) ahead of this machine's"),
    ],
)
def test_clock_far_off_is_a_warning(seconds: int, line: str) -> None:
    """It is told with its remedy below it, and fails nothing."""
    off = timedelta(seconds=seconds)
    with Emulator(now=lambda: datetime.now(timezone.utc) + off) as server:
        told = run(server, "doctor")
    assert told.exit_code == 0
    # The date of an answer has whole seconds.
    assert re.search(rf"^clock             {line}$", told.stdout, re.MULTILINE)
    assert ("-> set both by NTP" in told.stdout) == line.startswith("warning")


def test_plain_http_to_elsewhere_is_a_warning() -> None:
    """Keys are not readable then, logs are."""
    with other_server(b'{"results":[]}') as environment:
        # The canned server plays a proxy, so that the host need not exist.
        proxy = environment["OPSMANAGER_BASE_URL"]
        named = dict(environment) | {"OPSMANAGER_BASE_URL": "http://om.example.net:8080", "http_proxy": proxy}
        told = run(None, "doctor", "--json", **named)
    assert told.exit_code == 0
    outcomes = {verdict["check"]: verdict["outcome"] for verdict in json.loads(told.stdout)}
    assert outcomes["TLS"] == "warning"
    assert outcomes["project and role"] == "ok"


def test_trusted_certificate_names_its_root(server: Emulator, tmp_path: Path) -> None:
    """A CA of one's own is found to be the right one."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with canned(b'{"results":[]}', tls=context) as url:
        told = run(server, "doctor", "--base-url", url, "--ca-file", str(tmp_path / "ca.pem"))
    assert told.exit_code == 0
    assert f"TLS               ok           the certificate is trusted by {tmp_path / 'ca.pem'}" in told.stdout


@pytest.mark.parametrize(
    ("error", "check"),
    [
        (ReplyLost("no answer within 10 s"), "reachability"),
        (Unavailable("answered 503", status=503), "Ops Manager API"),
        (ReplyLost("answered 502", status=502), "Ops Manager API"),
        (InvalidSettings("REQUESTS_CA_BUNDLE is not there"), "TLS"),
    ],
)
def test_error_is_about_one_check(error: OpsManagerError, check: str) -> None:
    """'Not now' comes from the server, silence does not; good settings may still name no CA to trust."""
    verdicts = diagnose(Probe(Settings("https://om.example.net", "public", "private"), error))
    assert [verdict.check for verdict in verdicts if verdict.outcome is Outcome.FAILED] == [check]


def test_no_key_is_shown(server: Emulator) -> None:
    """Neither form of the answer holds one."""
    for arguments in ([], ["--json"]):
        told = run(server, "doctor", *arguments, OPSMANAGER_PUBLIC_KEY="hunter1", OPSMANAGER_PRIVATE_KEY="hunter2")
        assert "hunter" not in told.stdout + told.stderr
