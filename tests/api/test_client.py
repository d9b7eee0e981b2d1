from __future__ import annotations

import os
import socket
import ssl
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.emulator import Behaviour, Emulator, FaultKind, after_reads
from pulumi_opsmanager.errors import (
    BadCredentials,
    Expired,
    InvalidInput,
    InvalidSettings,
    JobNotFound,
    NotAllowed,
    NotFinished,
    OpsManagerError,
    ReplyLost,
    Unavailable,
    UnexpectedResponse,
)
from tests.api.calls import CALLS
from tests.support import JOB, PROJECT, FakeClock, canned, client_for, job_request


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_all_endpoints_work_with_each_digest(clock: FakeClock, algorithm: str) -> None:
    """Create, read, extend, fail, retry, download, delete: all seven endpoints answer."""
    with Emulator(pace=after_reads(1), behaviour=Behaviour(algorithm=algorithm)) as server:
        client = client_for(server, clock)
        job_id = client.jobs(PROJECT).create(job_request())
        assert client.jobs(PROJECT).get(job_id).status == "IN_PROGRESS"
        assert [job.status for job in client.jobs(PROJECT).walk()] == ["SUCCESS"]
        expires_at = clock.now() + timedelta(days=90)
        client.jobs(PROJECT).extend(job_id, expires_at)
        assert client.jobs(PROJECT).get(job_id).expiration_date == expires_at
        server.set_status(job_id, "FAILURE")
        client.jobs(PROJECT).retry(job_id)
        assert client.jobs(PROJECT).get(job_id, verbose=True).child_jobs is not None
        with client.jobs(PROJECT).download(job_id) as pieces:
            assert b"".join(pieces).startswith(b"\x1f\x8b")
        client.jobs(PROJECT).delete(job_id)
        with pytest.raises(JobNotFound):
            client.jobs(PROJECT).get(job_id)


def test_one_challenge_serves_all_requests_of_a_thread(server: Emulator, client: Client) -> None:
    """The nonce is used again, so n requests need one challenge."""
    job_id = client.jobs(PROJECT).create(job_request())
    for _ in range(3):
        client.jobs(PROJECT).get(job_id)
    client.jobs(PROJECT).delete(job_id)
    assert len(server.requests) == 6


def test_request_with_a_stale_nonce_is_signed_again(server: Emulator, client: Client) -> None:
    """An expired nonce costs one challenge, and the call succeeds."""
    job_id = client.jobs(PROJECT).create(job_request())
    server.age_nonces()
    server.forget_requests()
    assert client.jobs(PROJECT).get(job_id).id == job_id
    assert [entry["status"] for entry in server.requests] == [401, 200]


def test_list_walks_all_pages_and_counts_each_job_once(server: Emulator, client: Client) -> None:
    """The walk reads pages of 100 to the end."""
    made = {client.jobs(PROJECT).create(job_request()) for _ in range(205)}
    server.forget_requests()
    listed = [job.id for job in client.jobs(PROJECT).walk()]
    assert len(listed) == 205
    assert set(listed) == made
    assert server.calls == ["GET 200"] * 3


def test_job_created_during_a_list_walk_does_not_change_the_result(client: Client) -> None:
    """A new job moves the others to later places of the list, so jobs are counted by their IDs."""
    made = [client.jobs(PROJECT).create(job_request()) for _ in range(150)]
    walk = client.jobs(PROJECT).walk()
    listed = [next(walk).id for _ in range(100)]
    client.jobs(PROJECT).create(job_request())
    listed += [job.id for job in walk]
    assert sorted(listed) == sorted(made)


def test_list_walk_ends_at_a_page_without_new_jobs(clock: FakeClock) -> None:
    """Pages that link to each other in a circle do not cause an endless walk."""
    page = b'{"results":[{"id":"%s","status":"SUCCESS"}],"links":[{"rel":"next","href":"http://elsewhere/"}]}'
    with canned(page % JOB.encode()) as url:
        client = Client(Settings(url, "public", "private"), clock)
        assert [job.id for job in client.jobs(PROJECT).walk()] == [JOB]


@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour(success_body="{}", delete_status=204)])
def test_success_may_be_empty_or_json(clock: FakeClock, behaviour: Behaviour) -> None:
    """The vendor's pages show no body; `{}` and 204 are accepted too."""
    with Emulator(behaviour=behaviour) as server:
        client = client_for(server, clock)
        client.jobs(PROJECT).delete(client.jobs(PROJECT).create(job_request()))
        assert server.job_ids == []


@pytest.mark.parametrize("route", ["extend", "delete", "get", "list"])
def test_html_page_with_status_200_is_an_error(server: Emulator, client: Client, route: str) -> None:
    """A sign-in page with status 200 means that this is not the API."""
    job_id = client.jobs(PROJECT).create(job_request())
    server.fail(route, FaultKind.HTML)
    with pytest.raises(UnexpectedResponse, match="check base_url"):
        CALLS[route](client, job_id)


@pytest.mark.parametrize(
    ("behaviour", "body", "kind", "words"),
    [
        (Behaviour(denies="USER_UNAUTHORIZED"), {}, NotAllowed, "Project Automation Admin, Project Backup Admin or"),
        (Behaviour(denies="IP_ADDRESS_NOT_ON_ACCESS_LIST"), {}, NotAllowed, "API access list"),
        (Behaviour(resources=frozenset({"rs1"})), {}, InvalidInput, "RESOURCE_NOT_FOUND_FOR_JOB.*doctor` lists"),
        (Behaviour(), {"logTypes": ["SYSLOG"]}, InvalidInput, "INVALID_ENUM_VALUE"),
        (
            Behaviour(dates="off"),
            {"logCollectionFromDate": 1, "logCollectionToDate": 2},
            InvalidInput,
            r"INVALID_ATTRIBUTE .*: this server version has no time window \(it needs Ops Manager 8.0.9 or 7.0.16\)",
        ),
        (
            Behaviour(),
            {"logCollectionFromDate": "soon", "logCollectionToDate": 2},
            InvalidInput,
            "INVALID_ATTRIBUTE .*: change the value that the server names",
        ),
    ],
)
def test_refused_create_names_the_code_and_the_remedy(
    clock: FakeClock, behaviour: Behaviour, body: dict[str, object], kind: type[OpsManagerError], words: str
) -> None:
    """Each refusal raises the error of the person who can act."""
    with Emulator(behaviour=behaviour) as server, pytest.raises(kind, match=words):
        client_for(server, clock).jobs(PROJECT).create(job_request(**body))


@pytest.mark.parametrize("status", [403, 400])
def test_refusal_for_the_state_of_a_job_is_known_by_its_code(clock: FakeClock, status: int) -> None:
    """The vendor's pages disagree on the status of this refusal."""
    with Emulator(pace=after_reads(9), behaviour=Behaviour(state_error_status=status)) as server:
        client = client_for(server, clock)
        job_id = client.jobs(PROJECT).create(job_request())
        with pytest.raises(NotFinished, match="wait until the job has finished"), client.jobs(PROJECT).download(job_id):
            pass
        server.set_status(job_id, "EXPIRED")
        with pytest.raises(Expired, match="has expired"):
            client.jobs(PROJECT).extend(job_id, clock.now() + timedelta(days=1))
        with pytest.raises(InvalidInput, match="only a job with the status FAILURE"):
            client.jobs(PROJECT).retry(job_id)


def test_wrong_key_and_unknown_project_have_different_errors(server: Emulator, clock: FakeClock) -> None:
    """A 401 without a code is a wrong key; a 401 with a code is an unknown project."""
    with pytest.raises(BadCredentials, match="does not accept the key pair"):
        client_for(server, clock, private_key="wrong").jobs(PROJECT).create(job_request())
    with pytest.raises(NotAllowed, match="NOT_IN_GROUP.*check the project id"):
        client_for(server, clock).jobs("a" * 24).create(job_request())


def test_closed_port_names_host_and_port(clock: FakeClock) -> None:
    """The error names the address and what to check."""
    client = Client(Settings("http://127.0.0.1:9", "public", "private"), clock)
    with pytest.raises(Unavailable, match=r"no connection to 127.0.0.1:9 \(Connection refused\); check base_url"):
        client.jobs(PROJECT).get(JOB)
    assert len(clock.slept) == 3


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    """TLS of a server on localhost. A client trusts it with `ca.pem`, and not with `other.pem` or `empty.pem`."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    (tmp_path / "empty.pem").write_text("")
    return context


def test_ca_file_replaces_the_default_roots(clock: FakeClock, tmp_path: Path, tls: ssl.SSLContext) -> None:
    """A private CA is trusted only if it is configured. Downloads use it too."""
    with canned(b'{"id":"%s","status":"SUCCESS"}' % JOB.encode(), tls=tls) as url:
        trusting = Client(Settings(url, "public", "private", ca_file=str(tmp_path / "ca.pem")), clock)
        assert trusting.jobs(PROJECT).get(JOB).id == JOB
        with trusting.jobs(PROJECT).download(JOB) as pieces:
            assert b"".join(pieces)
        with pytest.raises(InvalidSettings, match="no trusted connection to localhost:.* as ca_file"):
            Client(Settings(url, "public", "private"), clock).jobs(PROJECT).get(JOB)
    assert clock.slept == []


@pytest.mark.parametrize(("configured", "bundle"), [("ca.pem", "other.pem"), (None, "ca.pem")])
def test_requests_ca_bundle_applies_without_a_ca_file(
    clock: FakeClock,
    tmp_path: Path,
    tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    configured: str | None,
    bundle: str,
) -> None:
    """REQUESTS_CA_BUNDLE replaces the default roots, but not a configured file."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / bundle))
    with canned(b'{"id":"%s","status":"SUCCESS"}' % JOB.encode(), tls=tls) as url:
        settings = Settings(url, "public", "private", ca_file=configured and str(tmp_path / configured))
        assert Client(settings, clock).jobs(PROJECT).get(JOB).id == JOB


@pytest.mark.parametrize(
    ("bundle", "words"),
    [
        ("gone.pem", r"no trusted connection to localhost:.* \(there is no /.*gone\.pem\)"),
        ("empty.pem", "as ca_file"),
        ("ca.pem", "check that the port in base_url speaks TLS"),
    ],
)
@pytest.mark.usefixtures("tls")
def test_tls_failure_before_the_request_is_a_settings_error(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle: str, words: str
) -> None:
    """The bundle is unusable or the port speaks no TLS. Nothing was sent, so nothing is in doubt."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / bundle))
    with canned() as url, pytest.raises(InvalidSettings, match=words):
        Client(Settings(url.replace("http:", "https:"), "public", "private"), clock).jobs(PROJECT).create({})
    assert clock.slept == []


def test_tls_failure_after_the_request_is_a_lost_reply(clock: FakeClock, tmp_path: Path, tls: ssl.SSLContext) -> None:
    """The server may have created the job."""

    def answer_with_garbage(listening: socket.socket) -> None:
        connection = tls.wrap_socket(listening.accept()[0], server_side=True)
        with connection:
            connection.recv(65536)
            os.write(connection.fileno(), b"no TLS record at all" * 5)

    with socket.create_server(("localhost", 0)) as listening:
        thread = threading.Thread(target=answer_with_garbage, args=(listening,), daemon=True)
        thread.start()
        url = f"https://localhost:{listening.getsockname()[1]}"
        client = Client(Settings(url, "public", "private", ca_file=str(tmp_path / "ca.pem")), clock)
        with pytest.raises(ReplyLost) as lost:
            client.jobs(PROJECT).create({})
        thread.join()
    assert lost.value.cut


def test_answer_about_another_job_is_refused(clock: FakeClock) -> None:
    """A confused cache or proxy must not change the state of the wrong job."""
    with (
        canned(b'{"id":"%s","status":"SUCCESS"}' % JOB.encode()) as url,
        pytest.raises(UnexpectedResponse, match="another"),
    ):
        Client(Settings(url, "public", "private"), clock).jobs(PROJECT).get("f" * 24)
