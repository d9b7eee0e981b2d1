"""The calls about the plugin and its settings."""

from __future__ import annotations

import json
from importlib import metadata
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb

from pulumi_opsmanager.emulator import Emulator
from tests.plugin.host import JOB, WINDOW, Plugin, engine, is_secret, plain, secret, settings_of, struct, urn
from tests.support import job_request

PROVIDER = "urn:pulumi:dev::project::pulumi:providers:opsmanager::default"


def check_config(host: Plugin, **settings: Any) -> Any:
    return host.call("CheckConfig", pb.CheckRequest(urn=PROVIDER, news=struct(settings)))


def test_plugin_accepts_secrets_and_previews(bare: Plugin) -> None:
    """The engine asks for both before it constructs a component."""
    shaken = bare.call("Handshake", pb.ProviderHandshakeRequest(engine_address=bare.engine.address))
    configured = bare.call("Configure", pb.ConfigureRequest(args=struct({})))
    assert shaken.accept_secrets
    assert configured.acceptSecrets
    assert configured.supportsPreview


def test_plugin_has_the_version_of_the_distribution(bare: Plugin) -> None:
    version = metadata.version("pulumi-opsmanager")
    assert bare.call("GetPluginInfo", empty_pb2.Empty()).version == version
    schema = json.loads(bare.call("GetSchema", pb.GetSchemaRequest()).schema)
    assert schema["version"] == version


def test_settings_are_checked_once_on_the_row_of_the_provider(bare: Plugin, server: Emulator) -> None:
    """One failure names all of them, by their configuration keys."""
    (failure,) = check_config(bare, publicKey="public", caFile="/nowhere").failures
    assert failure.property == ""
    assert "caFile '/nowhere' cannot be read" in failure.reason
    assert "baseUrl, privateKey are missing" in failure.reason
    assert list(check_config(bare, **settings_of(server)).failures) == []


def test_unknown_settings_are_no_failure(bare: Plugin) -> None:
    assert list(check_config(bare, baseUrl=rpc.UNKNOWN).failures) == []


def test_settings_may_come_from_the_environment(
    bare: Plugin, server: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They leave no trace in the checked settings, which the state has."""
    for name, value in (("BASE_URL", server.url), ("PUBLIC_KEY", "public"), ("PRIVATE_KEY", "private")):
        monkeypatch.setenv(f"OPSMANAGER_{name}", value)
    answer = check_config(bare, version="0.1.0")
    assert (list(answer.failures), plain(answer.inputs)) == ([], {"version": "0.1.0"})


def test_private_key_leaves_the_check_as_a_secret(host: Plugin) -> None:
    """The engine sends it without its mark."""
    answer = check_config(host, baseUrl="http://localhost", publicKey="public", privateKey="private")
    assert is_secret(plain(answer.inputs)["privateKey"])
    assert host.engine.warnings == []


def test_misspelled_setting_is_named(host: Plugin, server: Emulator) -> None:
    check_config(host, **settings_of(server), baseURL="x", version="0.1.0")
    assert [(severity, at) for severity, at, _ in host.engine.lines] == [("warning", PROVIDER)]
    assert host.engine.warnings[0].startswith(
        "opsmanager:baseURL is not a setting and is ignored: write opsmanager:base"
    )


def test_other_settings_replace_nothing(bare: Plugin) -> None:
    old, new = {"baseUrl": "https://a", "publicKey": "a"}, {"baseUrl": "https://b", "publicKey": "a"}
    answer = bare.call("DiffConfig", pb.DiffRequest(urn=PROVIDER, old_inputs=struct(old), news=struct(new)))
    assert (answer.changes, list(answer.diffs), list(answer.replaces)) == (pb.DiffResponse.DIFF_SOME, ["baseUrl"], [])
    answer = bare.call("DiffConfig", pb.DiffRequest(urn=PROVIDER, old_inputs=struct(old), news=struct(old)))
    assert answer.changes == pb.DiffResponse.DIFF_NONE


def test_plain_http_is_a_warning_once_per_run(bare: Plugin) -> None:
    bare.configure({"baseUrl": "http://om.example.net", "publicKey": "public", "privateKey": secret("private")})
    bare.check(JOB, job_request())
    bare.check(JOB, job_request())
    (warning,) = bare.engine.warnings
    assert warning.startswith("baseUrl is plain HTTP: everybody on the way to om.example.net can read the logs")


def test_missing_settings_fail_what_needs_them(bare: Plugin) -> None:
    """Destroy and refresh have no check of the settings. A window needs none."""
    bare.configure({})
    (failure,) = bare.check(JOB, job_request())[1]
    assert "baseUrl, publicKey, privateKey are missing" in failure
    with pytest.raises(grpc.RpcError) as raised:
        bare.delete(JOB, "a" * 24, job_request(status="SUCCESS", projectId="a" * 24))
    assert raised.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "baseUrl, publicKey, privateKey are missing" in raised.value.details()
    assert "`--run-program` takes the present configuration" in raised.value.details()
    assert bare.checked(WINDOW, {"last": "2H"}) == {"last": "2h"}


def test_job_needs_a_project(bare: Plugin, server: Emulator) -> None:
    """The configured one, its own, or that of the existing job."""
    bare.configure({key: value for key, value in settings_of(server).items() if key != "projectId"})
    (failure,) = bare.check(JOB, job_request())[1]
    assert "projectId is missing" in failure
    for news, olds in ((job_request(projectId="b" * 24), {}), (job_request(), {"projectId": "b" * 24})):
        assert bare.checked(JOB, news, olds=olds)["projectId"] == "b" * 24


def test_unknown_settings_of_a_call_say_so(bare: Plugin) -> None:
    bare.configure({"baseUrl": rpc.UNKNOWN})
    (failure,) = bare.check(JOB, job_request())[1]
    assert failure == "the settings of Ops Manager are not known yet; the next run knows them"


def test_type_of_another_package_is_refused(host: Plugin) -> None:
    with pytest.raises(grpc.RpcError, match="opsmanager:index:Nothing is not a resource of this package"):
        host.check("Nothing", {})


def test_attached_engine_receives_the_lines(bare: Plugin) -> None:
    """A developer has started the plugin, and the engine attaches to it."""
    with engine() as other:
        bare.call("Attach", plugin_pb2.PluginAttach(address=other.address))
        bare.call("Configure", pb.ConfigureRequest(args=struct({"baseUrl": "http://om.example.net"} | KEYS)))
        assert len(other.warnings) == 1
    assert bare.engine.warnings == []


KEYS = {"publicKey": "public", "privateKey": "private"}


def test_type_of_a_child_is_the_last_of_its_urn(host: Plugin) -> None:
    at = urn(JOB).replace("opsmanager:index:LogC", "opsmanager:index:LogCollection$opsmanager:index:LogC")
    answer = host.call("Check", pb.CheckRequest(urn=at, news=struct(job_request())))
    assert list(answer.failures) == []
