"""Proxies, TLS and CA files between a client and its server: each fault has its own remedy."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pulumi_opsmanager.api.client import Client
from pulumi_opsmanager.api.settings import Settings
from pulumi_opsmanager.api.trust import REMEDIES, distrust_of
from pulumi_opsmanager.errors import InvalidSettings, OpsManagerError, ReplyLost, Unavailable
from tests.api.raw import raw_server
from tests.support import JOB, PROJECT, FakeClock, canned

SECRET = "hunter2"
SERVERS = ("https://om.invalid:8443", "http://om.invalid:8443")
JOB_BODY = b'{"id":"%s","status":"SUCCESS"}' % JOB.encode()


@pytest.fixture(autouse=True)
def no_roots_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default roots are those of certifi."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)


def client_of(url: str, ca_file: Path | None = None) -> Client:
    file = str(ca_file) if ca_file is not None else None
    return Client(Settings(url, "public", "private", ca_file=file, timeout_seconds=5), FakeClock())


@contextmanager
def proxy(answer: bytes) -> Iterator[str]:
    """A proxy that gives one answer to everything; yields host and port."""
    with raw_server(lambda: [answer]) as (url, _):
        yield url.removeprefix("http://")


def fails(url: str, ca_file: Path | None = None) -> OpsManagerError:
    """The error of a create. It says whether the create may have been carried out, and has no password."""
    with pytest.raises(OpsManagerError) as failed:
        client_of(url, ca_file).jobs(PROJECT).create({})
    assert SECRET not in str(failed.value)
    assert str(failed.value).isprintable()
    return failed.value


MALFORMED = "{variable} is not the URL of a proxy; write http://HOST:PORT"


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        ("http://127.0.0.1:9", Unavailable, "the proxy 127.0.0.1:9 ({variable}) refused the connection"),
        ("127.0.0.1:9", Unavailable, "the proxy 127.0.0.1:9 ({variable}) refused the connection"),
        ("localhost:9", Unavailable, "the proxy localhost:9 ({variable}) refused the connection"),
        ("//localhost:9", Unavailable, "the proxy localhost:9 ({variable}) refused the connection"),
        (f"user:{SECRET}@127.0.0.1:9", Unavailable, "the proxy 127.0.0.1:9 ({variable}) refused the connection"),
        (f"http://user:{SECRET}@127.0.0.1:9", Unavailable, "the proxy 127.0.0.1:9 ({variable}) refused"),
        ("socks5h://127.0.0.1:9", InvalidSettings, "127.0.0.1:9 ({variable}) is a SOCKS proxy, which needs"),
        (f"SOCKS5://u:{SECRET}@127.0.0.1:9", InvalidSettings, "run pip install 'requests[socks]'"),
        ("socks4a://127.0.0.1:9", InvalidSettings, "run pip install 'requests[socks]'"),
        ("http://", InvalidSettings, MALFORMED),
        ("ftp://127.0.0.1:9", InvalidSettings, MALFORMED),
        ("socks9://127.0.0.1:9", InvalidSettings, MALFORMED),
        (f"http://user:{SECRET}@127.0.0.1:port", InvalidSettings, MALFORMED),
        (f"http://user:{SECRET}#x@127.0.0.1:9", InvalidSettings, MALFORMED),
        ("http://127.0.0.1:99999", InvalidSettings, MALFORMED),
        ("http://a b:9", InvalidSettings, MALFORMED),
        ("http://[::1", InvalidSettings, MALFORMED),
        ("http://.example.net:9", InvalidSettings, MALFORMED),
    ],
)
def test_proxy_that_cannot_be_reached_is_named(
    monkeypatch: pytest.MonkeyPatch, server: str, value: str, kind: type[OpsManagerError], words: str
) -> None:
    """The error names the variable too. Nothing was sent, so nothing is in doubt."""
    variable = "HTTPS_PROXY" if server.startswith("https") else "http_proxy"
    monkeypatch.setenv(variable, value)
    error = fails(server)
    assert type(error) is kind
    assert words.format(variable=variable) in str(error)
    assert error.status is None
    assert variable in str(error.subject.proxy)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:7"}, "127.0.0.1:9 (HTTPS_PROXY)"),
        ({"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:7"}, "127.0.0.1:9 (https_proxy)"),
        ({"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}, "127.0.0.1:9 (https_proxy)"),
        ({"ALL_PROXY": "http://127.0.0.1:9"}, "127.0.0.1:9 (ALL_PROXY)"),
        ({"all_proxy": "127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:7"}, "127.0.0.1:9 (all_proxy)"),
        ({"ALL_PROXY": "http://127.0.0.1:7", "HTTPS_PROXY": "http://127.0.0.1:9"}, "127.0.0.1:9 (HTTPS_PROXY)"),
        ({"HTTPS_PROXY": "http://127.0.0.1:7", "https_proxy": ""}, None),
        ({"HTTP_PROXY": "http://127.0.0.1:9"}, None),
        ({"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}, None),
        ({"HTTPS_PROXY": "http://127.0.0.1:9", "no_proxy": "x, 127.0.0.0/8"}, None),
        ({"ALL_PROXY": "http://127.0.0.1:9", "NO_PROXY": "*"}, None),
    ],
)
def test_variable_that_names_the_proxy_is_the_one_that_counts(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], named: str | None
) -> None:
    """Lower case wins, a scheme's own variable wins over all_proxy, and NO_PROXY wins over both."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    words = f"the proxy {named} refused" if named else "no connection to 127.0.0.1:1 ("
    assert words in str(fails("https://127.0.0.1:1"))


ASKS = b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>a page that is longer than a record of TLS</html>"


@pytest.mark.parametrize(
    ("server", "user", "answer", "kind", "words"),
    [
        (0, "", ASKS, InvalidSettings, "({variable}) asks for a user name and password; write"),
        (1, "", ASKS, InvalidSettings, "({variable}) asks for a user name and password; write"),
        (0, f"u:{SECRET}@", ASKS, InvalidSettings, "({variable}) does not accept the user name and password"),
        (1, f"u:{SECRET}@", ASKS, InvalidSettings, "({variable}) does not accept the user name and password"),
        (0, "", b"HTTP/1.1 403 No \x1b[2J\r\n\r\n", Unavailable, "does not connect to om.invalid:8443 (403 No"),
        (0, "", b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Unavailable, "does not connect to om.invalid:8443 (502 Bad"),
        (0, "", b"<html>no proxy</html>\r\n\r\n", Unavailable, "({variable}) does not answer like an HTTP proxy"),
        (0, "", b"", Unavailable, "({variable}) gives no connection to om.invalid:8443 (Remote end closed"),
        (0, "", PAGE, Unavailable, "no connection to om.invalid:8443 (it was cut during the TLS handshake)"),
    ],
)
def test_proxy_that_does_not_connect_is_named(
    monkeypatch: pytest.MonkeyPatch, server: int, user: str, answer: bytes, kind: type[OpsManagerError], words: str
) -> None:
    """A refused tunnel carried no request."""
    variable = ("HTTPS_PROXY", "HTTP_PROXY")[server]
    with proxy(answer) as address:
        monkeypatch.setenv(variable, f"http://{user}{address}")
        error = fails(SERVERS[server])
    assert type(error) is kind
    assert words.format(variable=variable) in str(error)
    assert address in str(error)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>no proxy</html>\r\n\r\n", "the answer through the proxy {address} (HTTP_PROXY) is not proper HTTP"),
        (b"Tunnel connection failed: 407\r\n\r\n", "the answer through the proxy {address} (HTTP_PROXY) is not proper"),
        (b"", "the connection through the proxy {address} (HTTP_PROXY) was cut before the answer was complete"),
    ],
)
def test_proxy_without_an_answer_leaves_a_plain_request_in_doubt(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, words: str
) -> None:
    """Without a tunnel the proxy has the request, and may have passed it on."""
    with proxy(answer) as address:
        monkeypatch.setenv("HTTP_PROXY", f"http://user:{SECRET}@{address}")
        error = fails(SERVERS[1])
    assert type(error) is ReplyLost
    assert words.format(address=address) in str(error)


def test_untrusted_certificate_of_a_proxy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The remedy names the proxy, because the certificate is the proxy's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    with canned(tls=context) as url:
        monkeypatch.setenv("https_proxy", url)
        error = fails("https://om.invalid:8443", tmp_path / "other.pem")
    assert type(error) is InvalidSettings
    assert f"signed the certificate of the proxy {url.removeprefix('https://')} (https_proxy) as ca_file" in str(error)


Issue = Callable[[Path, ssl.SSLContext], Path | None]
NOW = datetime.now(timezone.utc)


def issued(name: str = "localhost", *, begins: datetime | None = None, ends: datetime | None = None) -> Issue:
    """A certificate of a CA that the client knows."""

    def issue(folder: Path, context: ssl.SSLContext) -> Path:
        authority = trustme.CA()
        authority.issue_cert(name, not_before=begins, not_after=ends).configure_cert(context)
        authority.cert_pem.write_to_path(folder / "ca.pem")
        return folder / "ca.pem"

    return issue


def of_unknown(folder: Path, context: ssl.SSLContext) -> Path:
    issued()(folder, context)
    trustme.CA().cert_pem.write_to_path(folder / "ca.pem")
    return folder / "ca.pem"


def of_unknown_without_file(folder: Path, context: ssl.SSLContext) -> None:
    issued()(folder, context)


def without_key_identifiers(folder: Path, context: ssl.SSLContext) -> Path:
    """As older tools issue certificates."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("Old CA", "localhost")]
    made = []
    for number, is_ca in enumerate([True, False]):
        begun = x509.CertificateBuilder(
            issuer_name=names[0],
            subject_name=names[number],
            public_key=keys[number].public_key(),
            serial_number=number + 1,
            not_valid_before=NOW - timedelta(days=1),
            not_valid_after=NOW + timedelta(days=1),
        )
        usage = x509.KeyUsage(
            digital_signature=not is_ca,
            key_cert_sign=is_ca,
            crl_sign=is_ca,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        certificate = (
            begun.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(usage, critical=True)
            .sign(keys[0], hashes.SHA256())
        )
        made.append(certificate.public_bytes(serialization.Encoding.PEM))
    private = keys[1].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(made[0])
    (folder / "both.pem").write_bytes(private + made[1])
    context.load_cert_chain(folder / "both.pem")
    return folder / "ca.pem"


def asking_for_a_certificate(folder: Path, context: ssl.SSLContext) -> Path:
    """TLS 1.2 requests it within the handshake."""
    issued()(folder, context)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(folder / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return folder / "ca.pem"


YEAR = timedelta(days=365)


@pytest.mark.parametrize(
    ("issue", "words"),
    [
        (issued(begins=NOW - 2 * YEAR, ends=NOW - YEAR), "localhost:{port} needs a new certificate"),
        (issued(begins=NOW + YEAR, ends=NOW + 2 * YEAR), "correct the clock of this machine, or of"),
        (issued("om.example.net"), "write the host name that the certificate names into base_url"),
        (issued("127.0.0.1"), "write the host name that the certificate names into base_url"),
        (of_unknown, "give the CA that signed the certificate of localhost:{port} as ca_file: it is not in {file}"),
        (of_unknown_without_file, "as ca_file: it is not in the default roots (/"),
        (without_key_identifiers, "Python 3.13 and newer refuse certificates that break RFC 5280: have the CA and"),
        (asking_for_a_certificate, "this client supports no client certificates"),
    ],
)
def test_certificate_that_is_refused_has_its_own_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, issue: Issue, words: str
) -> None:
    """Nothing was sent. The remedy leaves out steps that were already done."""
    strict_by_default(monkeypatch)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = issue(tmp_path, context)
    with canned(JOB_BODY, tls=context) as url:
        error = fails(url, file)
    assert type(error) is InvalidSettings
    assert words.format(port=url.rpartition(":")[2], file=file) in str(error)
    assert error.subject.trust in REMEDIES
    assert error.subject.proxy is None


def strict_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify as Python 3.13 does, on every version."""
    make = urllib3.util.create_urllib3_context

    def strict(*arguments: Any, **named: Any) -> ssl.SSLContext:
        context = make(*arguments, **named)
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    monkeypatch.setattr("urllib3.connection.create_urllib3_context", strict)


def test_client_certificate_requested_after_the_handshake_is_not_supported() -> None:
    """TLS 1.3 requests it after the handshake. This alert always means that the request was refused."""
    alert = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)")
    chain = [requests.exceptions.SSLError(), urllib3.exceptions.SSLError(), alert]
    assert distrust_of(chain, is_connecting=False) == "client certificate"


@pytest.mark.parametrize(
    ("environment", "configured", "used"),
    [
        ({}, None, "the default roots (/"),
        ({"SSL_CERT_FILE": "other.pem"}, None, "the default roots (/"),
        ({"REQUESTS_CA_BUNDLE": "ca.pem", "CURL_CA_BUNDLE": "other.pem"}, None, "ca.pem (REQUESTS_CA_BUNDLE)"),
        ({"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": "ca.pem"}, None, "ca.pem (CURL_CA_BUNDLE)"),
        ({"REQUESTS_CA_BUNDLE": "other.pem"}, "ca.pem", "ca.pem"),
    ],
)
def test_ca_file_that_is_used_decides_about_trust(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], configured: str | None, used: str
) -> None:
    """A request with these certificates succeeds, or its error names their source."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued()(tmp_path, context)
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    for name, value in environment.items():
        monkeypatch.setenv(name, value and str(tmp_path / value))
    with canned(JOB_BODY, tls=context) as url:
        client = client_of(url, tmp_path / configured if configured else None)
        if used.startswith("the default"):
            with pytest.raises(InvalidSettings, match="it is not in the default roots"):
                client.jobs(PROJECT).get(JOB)
        else:
            assert client.jobs(PROJECT).get(JOB).id == JOB
    assert client.route.roots_name.removeprefix(f"{tmp_path}/").startswith(used)


@pytest.mark.parametrize(("content", "reason"), [(None, "there is no /"), ("", "no certificate"), ("x", "")])
def test_unusable_ca_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None, reason: str
) -> None:
    """The error names the variable too."""
    file = tmp_path / "roots.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with canned() as url:
        error = fails(url.replace("http:", "https:"))
    assert type(error) is InvalidSettings
    assert reason in str(error)
    assert f"correct {file} (REQUESTS_CA_BUNDLE), which must be a readable file" in str(error)


@pytest.mark.parametrize("server", ["http", "https"])
def test_request_that_hangs_in_the_handshake_was_not_sent(server: str) -> None:
    """A silent port is a lost answer for plain HTTP, and a failed connection for TLS."""

    def silence() -> Iterator[bytes]:
        time.sleep(0.5)
        yield b""

    with raw_server(silence) as (url, _):
        client = Client(Settings(url.replace("http", server, 1), "public", "private", timeout_seconds=0.2), FakeClock())
        with pytest.raises(ReplyLost if server == "http" else Unavailable) as failed:
            client.jobs(PROJECT).create({})
    assert isinstance(failed.value, ReplyLost) is (server == "http")
