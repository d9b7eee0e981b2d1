from __future__ import annotations

import json
import re
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
import trustme

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.deployments import read_clusters
from pulumi_opsmanager.api.route import find_route
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.cli.diagnosis import Outcome, Probe, diagnose
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind
from pulumi_opsmanager.errors import InvalidSettings, OpsManagerError, ReplyLost, Unavailable
from tests.api.raw import raw_server
from tests.cli.terminal import keys_of, run
from tests.support import PROJECT, FakeClock, canned, job_request

CHECKS = ["settings", "reachability", "TLS", "Ops Manager API", "credentials", "project and role"]

Environment = Mapping[str, str]


@contextmanager
def emulator(*, behaviour: Behaviour | None = None, **changes: str) -> Iterator[Environment]:
    """A server, and the environment of somebody who asks it with some keys changed."""
    with Emulator(behaviour=behaviour) as server:
        yield keys_of(server) | changes


@contextmanager
def other_server(
    body: bytes = b"",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    tls: ssl.SSLContext | None = None,
    changes: Mapping[str, str] | None = None,
) -> Iterator[Environment]:
    """A server that is no emulator."""
    with Emulator() as server:
        keys = keys_of(server)
    with canned(body, status=status, tls=tls, headers=headers) as url:
        yield {**keys, "OPSMANAGER_BASE_URL": url, **(changes or {})}


@contextmanager
def tls_server(
    name: str = "localhost", *, ends: datetime | None = None, is_trusted: bool = True, **changes: str
) -> Iterator[Environment]:
    """A server with a certificate, and somebody who gives its CA or does not."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=ends).configure_cert(context)
    with authority.cert_pem.tempfile() as file:
        trust = {"OPSMANAGER_CA_FILE": file} if is_trusted else {}
        with other_server(b'{"results":[]}', tls=context, changes=trust | changes) as environment:
            yield environment


@contextmanager
def taken_for_tls() -> Iterator[Environment]:
    """A server of plain HTTP, with a base URL of HTTPS."""
    with other_server() as environment:
        yield {**environment, "OPSMANAGER_BASE_URL": environment["OPSMANAGER_BASE_URL"].replace("http", "https")}


@contextmanager
def mute_server() -> Iterator[Environment]:
    """A server that cuts each connection without an answer."""
    with other_server() as environment, raw_server(lambda: [b""]) as (url, _):
        yield {**environment, "OPSMANAGER_BASE_URL": url}


@contextmanager
def proxied(server: AbstractContextManager[Environment]) -> Iterator[Environment]:
    """The server is the proxy before another server."""
    with server as environment:
        scheme, _, host = environment["OPSMANAGER_BASE_URL"].partition("://")
        named = {"OPSMANAGER_BASE_URL": f"{scheme}://om.invalid:8443", f"{scheme}_proxy": f"{scheme}://{host}"}
        yield {**environment, **named}


def asking(challenge: str | None) -> AbstractContextManager[Environment]:
    """A server that answers 401 to everything."""
    return other_server(status=401, headers={"WWW-Authenticate": challenge} if challenge else {})


STALE = 'Digest realm="MMS Public API", nonce="x", qop="auth", stale=true'


BROKEN: list[tuple[Callable[[], AbstractContextManager[Environment]], str, str, str]] = [
    (lambda: nullcontext({}), "settings", "missing: give --base-url", "doctor --help"),
    (lambda: emulator(OPSMANAGER_BASE_URL="nowhere"), "settings", "base_url must be a URL", "doctor --help"),
    (
        lambda: emulator(OPSMANAGER_BASE_URL="http://127.0.0.1:9"),
        "reachability",
        "no connection to 127.0.0.1:9 (Connection refused)",
        "--base-url (or OPSMANAGER_BASE_URL)",
    ),
    (lambda: emulator(OPSMANAGER_BASE_URL="http://.example.net"), "reachability", "is malformed", "HTTP_PROXY"),
    (lambda: emulator(OPSMANAGER_BASE_URL="https://.example.net"), "reachability", "is malformed", "HTTPS_PROXY"),
    (
        lambda: emulator(http_proxy="http://user:hunter2@127.0.0.1:9"),
        "reachability",
        "the proxy 127.0.0.1:9 (http_proxy) refused the connection",
        "correct http_proxy, or name the server in NO_PROXY",
    ),
    (
        lambda: emulator(OPSMANAGER_BASE_URL="https://om.invalid:8443", ALL_PROXY="socks5h://127.0.0.1:9"),
        "reachability",
        "the proxy 127.0.0.1:9 (ALL_PROXY) is a SOCKS proxy, which needs one more package",
        "run pip install 'requests[socks]'",
    ),
    (
        lambda: emulator(OPSMANAGER_BASE_URL="https://om.invalid:8443", HTTPS_PROXY="http://:9"),
        "reachability",
        "HTTPS_PROXY is not the URL of a proxy",
        "write http://HOST:PORT",
    ),
    (
        lambda: proxied(other_server(status=407)),
        "reachability",
        "(http_proxy) asks for a user name and password",
        "write http://USER:PASSWORD@HOST:PORT into http_proxy",
    ),
    (
        lambda: proxied(mute_server()),
        "reachability",
        "was cut before the answer was complete",
        "correct http_proxy, or name the server in NO_PROXY",
    ),
    (
        lambda: proxied(tls_server(is_trusted=False)),
        "reachability",
        "no trusted connection to the proxy localhost",
        "(https_proxy) as --ca-file (or OPSMANAGER_CA_FILE)",
    ),
    (
        lambda: tls_server(is_trusted=False, REQUESTS_CA_BUNDLE="/no/such/roots.pem"),
        "settings",
        "(there is no /no/such/roots.pem)",
        "correct /no/such/roots.pem (REQUESTS_CA_BUNDLE)",
    ),
    (
        lambda: tls_server("om.example.net"),
        "TLS",
        "Hostname mismatch",
        "write the host name that the certificate names into --base-url (or OPSMANAGER_BASE_URL)",
    ),
    (
        lambda: tls_server(ends=datetime.now(timezone.utc) - timedelta(days=1)),
        "TLS",
        "certificate has expired",
        "needs a new certificate",
    ),
    (
        taken_for_tls,
        "TLS",
        "wrong version number",
        "check that the port in --base-url (or OPSMANAGER_BASE_URL) speaks TLS",
    ),
    (
        lambda: asking('Basic realm="x"'),
        "Ops Manager API",
        "cannot answer the challenge Basic;",
        "load balancer or proxy",
    ),
    (lambda: asking(None), "Ops Manager API", "there is no challenge", "load balancer or proxy"),
    (lambda: asking(STALE), "Ops Manager API", "sticky sessions", "load balancer or proxy"),
    (
        lambda: tls_server(is_trusted=False),
        "TLS",
        "no trusted connection to localhost",
        "--ca-file (or OPSMANAGER_CA_FILE)",
    ),
    (
        lambda: other_server(b"<html>", headers={"Content-Type": "text/html"}),
        "Ops Manager API",
        "answered 200: JSON was expected, not text/html",
        "the server's address",
    ),
    (
        lambda: emulator(OPSMANAGER_PRIVATE_KEY="wrong"),
        "credentials",
        ": the server does not accept the key pair",
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
def test_first_failure_is_reported_with_its_remedy(
    server: Callable[[], AbstractContextManager[Environment]], check: str, finding: str, remedy: str
) -> None:
    """Earlier checks pass, later ones are not made. Any answer brings version and clock."""
    with server() as environment:
        done = run(None, "doctor", "--json", **environment)
    assert done.exit_code == 1
    verdicts: list[dict[str, Any]] = json.loads(done.stdout)
    at = CHECKS.index(check)
    is_answered = at > CHECKS.index("TLS")
    is_named = is_answered and check != "Ops Manager API"
    assert [(verdict["check"], verdict["outcome"]) for verdict in verdicts] == [
        *((name, "ok") for name in CHECKS[:at]),
        (check, "failed"),
        *((name, "not checked") for name in CHECKS[at + 1 :]),
        ("server version", "ok" if is_named else "not checked"),
        ("clock", "ok" if is_answered else "not checked"),
        ("deployments", "not checked"),
        ("processes", "not checked"),
    ]
    assert finding in verdicts[at]["finding"]
    assert remedy in verdicts[at]["remedy"]
    assert "hunter2" not in done.stdout


def test_working_server_passes_all_checks(server: Emulator) -> None:
    """Each check is one line. The command exits with 0 after three requests. The last lines show names for a job."""
    done = run(server, "doctor")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "check             outcome  finding",
        f"settings          ok       {server.url}, project {server.project_id}",
        f"reachability      ok       {server.url.removeprefix('http://')} answers",
        "TLS               ok       not needed: plain HTTP stays on this machine",
        "Ops Manager API   ok       answers as documented",
        "credentials       ok       the server accepts the key pair",
        "project and role  ok       the key can read the project's jobs",
        "server version    ok       8.0.9.500.20260101T0000Z",
        "clock             ok       the server's clock agrees with this machine's clock",
        "deployments       ok       REPLICASET rs0, CLUSTER shop, REPLICASET shop-shard-0, REPLICASET shop-shard-1",
        "processes         ok       "
        + ", ".join(
            f"PROCESS {host}.example.net:{port}"
            for name, port in (("rs0", 27017), ("shop-shard-0", 27018), ("shop-shard-1", 27018))
            for host in (f"{name}-{member}" for member in range(3))
        ),
    ]
    assert server.calls == ["GET 200"] * 3


def found_by(server: Emulator, check: str) -> dict[str, Any]:
    """One row of a diagnosis that succeeds."""
    done = run(server, "doctor", "--json")
    assert done.exit_code == 0
    (row,) = (verdict for verdict in json.loads(done.stdout) if verdict["check"] == check)
    return dict(row)


def test_each_listed_name_is_accepted_by_a_job(server: Emulator, client: Client) -> None:
    """Type and name are those of `resource_type` and `resource_name`, and the job collects from that process only."""
    listed = [found_by(server, check)["finding"] for check in ("deployments", "processes")]
    for words in ", ".join(listed).split(", "):
        kind, _, name = words.partition(" ")
        job_id = client.jobs(PROJECT).create(job_request(resourceType=kind, resourceName=name))
        hosts = {child.host_name for child in client.jobs(PROJECT).get(job_id, verbose=True).child_jobs or ()}
        assert (hosts == {name}) == (kind == "PROCESS")


@pytest.mark.parametrize(
    ("check", "fault", "finding"),
    [
        ("deployments", FaultKind.HTML, "it answered 200, but not as documented"),
        ("processes", FaultKind.MALFORMED_JSON, "it answered 200, but not as documented"),
        ("processes", FaultKind.REDIRECT, "it answered 302"),
        ("deployments", FaultKind.SERVER_ERROR, "it answered 500 UNEXPECTED_ERROR"),
        ("deployments", FaultKind.LOST_REPLY, "the connection was cut before the answer was complete"),
    ],
)
def test_names_that_the_server_does_not_list_fail_no_check(
    server: Emulator, check: str, fault: FaultKind, finding: str
) -> None:
    """The row says why, and where to look instead."""
    server.fail({"deployments": "clusters"}.get(check, check), fault, times=2)
    assert found_by(server, check) == {
        "check": check,
        "outcome": "not checked",
        "finding": f"the server does not list them: {finding}",
        "remedy": "look up resource_name in the project's automation configuration",
    }


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "USER_UNAUTHORIZED", "it answered 401 USER_UNAUTHORIZED"),
        (403, "ACCESS_FORBIDDEN", "it answered 403 ACCESS_FORBIDDEN"),
        (404, "RESOURCE_NOT_FOUND", "it answered 404 RESOURCE_NOT_FOUND"),
    ],
)
def test_refusal_of_a_list_is_named_by_its_code(status: int, code: str, words: str) -> None:
    """The remedies of a refused job are not about a list."""
    body = {"error": status, "errorCode": code, "reason": "x", "detail": "x", "parameters": []}
    with canned(json.dumps(body).encode(), status=status) as url:
        client = Client(Settings(url, "public", "private"), FakeClock())
        with pytest.raises(OpsManagerError) as refused:
            read_clusters(client, PROJECT)
    verdicts = diagnose(Probe(Settings(url, "public", "private"), clusters=refused.value))
    (row,) = (verdict for verdict in verdicts if verdict.check == "deployments")
    assert (row.outcome, row.finding) == (Outcome.NOT_CHECKED, f"the server does not list them: {words}")


@pytest.mark.parametrize(
    ("names", "outcome", "deployments", "processes"),
    [
        (0, "warning", "the project has no replica set and no sharded cluster", "automation manages no process"),
        (1, "ok", "REPLICASET r0", "PROCESS r0-2.example.net:27017"),
        (21, "ok", "REPLICASET r8 and 1 other", ".example.net:27017 and 43 others"),
        (101, "ok", " and at least 80 others", "and 283 others"),
    ],
)
def test_long_list_of_names_is_cut_with_a_count(names: int, outcome: str, deployments: str, processes: str) -> None:
    """Only the first page is read, so the count of a longer list is a lower bound."""
    with Emulator(behaviour=Behaviour(resources=frozenset(f"r{number}" for number in range(names)))) as server:
        found = found_by(server, "deployments")
        assert (found["outcome"], found["finding"].endswith(deployments)) == (outcome, True), found
        assert (found["remedy"] is None) == (outcome == "ok")
        assert found_by(server, "processes")["finding"].endswith(processes)
        assert server.calls == ["GET 200"] * 6


def test_server_without_a_time_window_is_named() -> None:
    """The server refuses a job with a window. Everything else works."""
    with Emulator(behaviour=Behaviour(dates="off")) as server:
        done = run(server, "doctor")
    assert done.exit_code == 0
    assert "8.0.8.500.20260101T0000Z; no time window for jobs: it needs Ops Manager 8.0.9 or 7.0.16" in done.stdout


@pytest.mark.parametrize(
    ("seconds", "line"),
    [
        (600, r"warning  the server's clock is 0:(09:59|10:0[01]) ahead of this machine's clock"),
        (-600, r"warning  the server's clock is 0:(09:59|10:0[01]) behind this machine's clock"),
        (30, r"ok       the server's clock is 0:00:(29|3[01]) ahead of this machine's clock"),
    ],
)
def test_large_clock_difference_is_a_warning(seconds: int, line: str) -> None:
    """The remedy is below the warning, and the command exits with 0."""
    off = timedelta(seconds=seconds)
    with Emulator(now=lambda: datetime.now(timezone.utc) + off) as server:
        done = run(server, "doctor")
    assert done.exit_code == 0
    # The date of an answer has whole seconds.
    assert re.search(rf"^clock             {line}$", done.stdout, re.MULTILINE)
    assert ("-> set both clocks by NTP" in done.stdout) == line.startswith("warning")


def test_plain_http_to_elsewhere_is_a_warning() -> None:
    """Everybody on the way can read the logs, but not the keys."""
    # The canned server plays a proxy, so that the host need not exist.
    with proxied(other_server(b'{"results":[]}')) as environment:
        done = run(None, "doctor", "--json", **environment)
    assert done.exit_code == 0
    outcomes = {verdict["check"]: verdict["outcome"] for verdict in json.loads(done.stdout)}
    assert outcomes["TLS"] == "warning"
    assert outcomes["project and role"] == "ok"


@pytest.mark.parametrize(
    ("variable", "suffix"),
    [("OPSMANAGER_CA_FILE", ""), ("REQUESTS_CA_BUNDLE", " (REQUESTS_CA_BUNDLE)"), ("CURL_CA_BUNDLE", None)],
)
def test_trusted_certificate_names_the_file_that_was_used(variable: str, suffix: str | None) -> None:
    """The finding names the variable too, unless it is ours."""
    with tls_server() as environment:
        changed = dict(environment)
        file = changed.pop("OPSMANAGER_CA_FILE")
        unset = {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""}
        done = run(None, "doctor", **changed, **(unset | {variable: file}))
    assert done.exit_code == 0
    named = f" ({variable})" if suffix is None else suffix
    assert re.search(rf"^TLS +ok +the certificate is trusted by {re.escape(file + named)}$", done.stdout, re.MULTILINE)


def test_default_roots_are_named_by_their_file() -> None:
    """A variable that requests ignores is not named."""
    verdicts = diagnose(
        Probe(
            Settings("https://om.example.net", "public", "private"),
            route=find_route(Settings("https://om.example.net", "public", "private")),
        )
    )
    tls = next(verdict for verdict in verdicts if verdict.check == "TLS")
    assert re.search(r"default roots \(/.*\.pem\)|_CA_BUNDLE\)$", tls.finding)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "120"}])
def test_failing_request_is_sent_at_most_twice(status: int, headers: Mapping[str, str]) -> None:
    """A person gets an answer within seconds, whatever wait the server asks for."""
    heard: list[Mapping[str, str]] = []
    began = time.monotonic()
    with Emulator() as server, canned(status=status, headers=headers, heard=heard) as url:
        done = run(server, "doctor", "--base-url", url)
    assert done.exit_code == 1
    assert f"Ops Manager API   failed       answered {status}" in done.stdout
    assert len(heard) in (1, 2)
    assert time.monotonic() - began < 10


def test_first_request_ends_within_15_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """The challenge and the signed request may each take the time of one request, whatever the environment allows."""
    asked: list[Settings] = []

    def refuse(settings: Settings, *_: object, **__: object) -> None:
        asked.append(settings)
        raise Unavailable("answered 503", status=503)

    monkeypatch.setattr("pulumi_opsmanager.cli.diagnosis.Client", refuse)
    with Emulator() as server:
        run(server, "doctor", OPSMANAGER_TIMEOUT_SECONDS="300")
    assert [settings.timeout_seconds * 2 < 15 for settings in asked] == [True]


@pytest.mark.parametrize(
    ("error", "check"),
    [
        (ReplyLost("no answer within 7 s"), "reachability"),
        (Unavailable("answered 503", status=503), "Ops Manager API"),
        (ReplyLost("answered 502", status=502), "Ops Manager API"),
        (InvalidSettings("the URL is malformed"), "reachability"),
    ],
)
def test_error_is_about_one_check(error: OpsManagerError, check: str) -> None:
    """An answer is about the API. No answer, or no request, is about reachability."""
    verdicts = diagnose(Probe(Settings("https://om.example.net", "public", "private"), error))
    assert [verdict.check for verdict in verdicts if verdict.outcome is Outcome.FAILED] == [check]


def test_no_key_is_shown(server: Emulator) -> None:
    """The table and the JSON contain no key."""
    for arguments in ([], ["--json"]):
        done = run(server, "doctor", *arguments, OPSMANAGER_PUBLIC_KEY="hunter1", OPSMANAGER_PRIVATE_KEY="hunter2")
        assert "hunter" not in done.stdout + done.stderr
