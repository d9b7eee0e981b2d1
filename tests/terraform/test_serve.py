"""The provider's process, over real pipes, sockets and signals."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import grpc
import pytest

from pulumi_opsmanager.errors import needs_extra
from pulumi_opsmanager.terraform.messages import pb
from pulumi_opsmanager.terraform.serve import COOKIE, serving
from tests.terraform.plugin import ENVIRONMENT, MAIN, PATIENCE, STUB, Plugin, StubProvider, rpc, started

INSTALLED = metadata.version("pulumi-opsmanager")
TLS = {"PLUGIN_CLIENT_CERT": "a certificate"}


@pytest.mark.parametrize("arguments", [MAIN, [*MAIN, "--launched-as", INSTALLED], STUB])
@pytest.mark.parametrize("environment", [TLS, {}], ids=["tls", "plain"])
def test_the_handshake_line_says_where_the_provider_listens(
    arguments: list[str], environment: dict[str, str], tmp_path: Path
) -> None:
    with started(arguments, PLUGIN_UNIX_SOCKET_DIR=str(tmp_path), **environment) as plugin:
        core, protocol, network, path, kind, certificate = plugin.handshake
        assert (core, protocol, network, kind) == ("1", "6", "unix", "grpc")
        assert Path(path).parents[1] == tmp_path
        assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700
        assert bool(certificate) == bool(environment)
        with plugin.channel() as channel:
            schema = rpc(channel, "GetProviderSchema")(pb.GetProviderSchema.Request(), timeout=PATIENCE)
            assert isinstance(schema, pb.GetProviderSchema.Response)
        plugin.end()
        assert plugin.process.returncode == 0
        assert list(tmp_path.iterdir()) == []


def test_another_certificate_is_made_for_each_start() -> None:
    with started(STUB, **TLS) as one, started(STUB, **TLS) as other:
        assert one.handshake[5] != other.handshake[5]
        stranger = Plugin(one.process, [*one.handshake[:5], other.handshake[5]])
        with stranger.channel() as channel, pytest.raises(grpc.RpcError) as refused:
            rpc(channel, "StopProvider")(pb.StopProvider.Request(), timeout=PATIENCE)
        assert refused.value.code() == grpc.StatusCode.UNAVAILABLE
        one.end()
        other.end()


def refused(arguments: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A start that must fail."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_a_start_without_terraform_says_what_the_program_is() -> None:
    ended = refused(MAIN, {COOKIE[0]: ""})
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Terraform starts it" in ended.stderr
    assert "pulumi-opsmanager terraform install" in ended.stderr


WITHOUT = "import sys; sys.modules['cryptography'] = None; from pulumi_opsmanager.terraform import serve; serve.main()"


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (
            [*MAIN, "--launched-as", "0.0.1"],
            {},
            ["0.0.1", INSTALLED, "`pulumi-opsmanager terraform install`", "`terraform init -upgrade`"],
        ),
        (MAIN, {"PLUGIN_UNIX_SOCKET_DIR": "/nowhere/at/all"}, ["cannot start", "/nowhere/at/all"]),
        (["-I", "-c", WITHOUT], TLS, ["cryptography", f"{sys.executable} {needs_extra('terraform')}"]),
    ],
)
def test_a_refused_start_says_why_in_the_line_that_terraform_shows(
    arguments: list[str], environment: dict[str, str], words: list[str]
) -> None:
    ended = refused(arguments, ENVIRONMENT | environment)
    shown, *more = ended.stdout.splitlines()
    assert [word for word in words if word not in shown] == []
    assert more == []
    assert shown in ended.stderr.splitlines()
    assert "|" not in shown, "Terraform would read it as a handshake"


def test_what_a_library_prints_becomes_a_line_of_the_log() -> None:
    with started(STUB) as plugin:
        with plugin.channel() as channel:
            rpc(channel, "ValidateProviderConfig")(pb.ValidateProviderConfig.Request(), timeout=PATIENCE)
        assert "printed by a library" in plugin.end().splitlines()


@pytest.mark.parametrize("call", [None, "ReadResource", "ReadDataSource"])
def test_the_process_ends_when_terraform_is_gone(call: str | None) -> None:
    with started(STUB) as plugin, plugin.channel() as channel:
        _call(channel, call)
        assert plugin.process.stdout
        assert plugin.process.stderr
        plugin.process.stderr.close()
        plugin.process.stdout.close()
        assert plugin.process.wait(PATIENCE) == 0
        assert not plugin.socket.parent.exists()


@pytest.mark.parametrize("call", ["ReadResource", "ReadDataSource"])
def test_a_call_that_waits_does_not_keep_the_process(call: str) -> None:
    with started(STUB) as plugin, plugin.channel() as channel:
        _call(channel, call)
        plugin.end()
        assert plugin.process.returncode == 0
        assert not plugin.socket.parent.exists()


def test_a_closed_terminal_ends_the_process_and_leaves_no_folder() -> None:
    with started(STUB) as plugin:
        plugin.process.send_signal(signal.SIGHUP)
        assert plugin.process.wait(PATIENCE) == 128 + signal.SIGHUP
        assert not plugin.socket.parent.exists()


@pytest.mark.parametrize(
    ("arguments", "number"),
    [(MAIN, signal.SIGINT), (MAIN, signal.SIGTERM), ([*STUB, "nohup"], signal.SIGHUP)],
)
def test_signals_to_terraform_and_a_closed_terminal_under_nohup_end_nothing(
    arguments: list[str], number: signal.Signals
) -> None:
    with started(arguments, **TLS) as plugin:
        plugin.process.send_signal(number)
        with plugin.channel() as channel:
            rpc(channel, "StopProvider")(pb.StopProvider.Request(), timeout=PATIENCE)
        plugin.end()
        assert plugin.process.returncode == 0


def _call(channel: grpc.Channel, name: str | None) -> None:
    """Begin a call that waits, and return when the provider has received it."""
    if name:
        rpc(channel, name).future(getattr(pb, name).Request())
    rpc(channel, "ValidateProviderConfig")(pb.ValidateProviderConfig.Request(), timeout=PATIENCE)


def test_a_stop_does_not_queue_behind_waits(tmp_path: Path) -> None:
    provider = StubProvider()
    with serving(provider, tmp_path) as socket, grpc.insecure_channel(f"unix:{socket}") as channel:
        waits = [rpc(channel, "ReadResource").future(pb.ReadResource.Request(), timeout=PATIENCE) for _ in range(100)]
        rpc(channel, "StopProvider")(pb.StopProvider.Request(), timeout=PATIENCE)
        assert {wait.result(PATIENCE).private for wait in waits} == {b"stopped"}


def test_a_provider_that_is_served_here_is_stopped_at_the_end(tmp_path: Path) -> None:
    provider = StubProvider()
    with serving(provider, tmp_path):
        assert not provider.stopped.is_set()
    assert provider.stopped.is_set()


def test_a_request_may_have_many_megabytes(tmp_path: Path) -> None:
    request = pb.ValidateResourceConfig.Request(config=pb.DynamicValue(msgpack=bytes(20 << 20)))
    with serving(StubProvider(), tmp_path) as socket, grpc.insecure_channel(f"unix:{socket}") as channel:
        assert not rpc(channel, "ValidateResourceConfig")(request, timeout=PATIENCE).diagnostics
