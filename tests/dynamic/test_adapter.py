from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import trustme
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import Unknown as PulumiUnknown

from pulumi_opsmanager.dynamic.adapter import Adapter, answering
from pulumi_opsmanager.dynamic.call import Call
from pulumi_opsmanager.dynamic.completion import LogCollectionCompletionProvider
from pulumi_opsmanager.dynamic.job import LogCollectionJobProvider
from pulumi_opsmanager.dynamic.values import from_engine, to_engine
from pulumi_opsmanager.errors import BadCredentials, Unavailable
from pulumi_opsmanager.schema.fields import UNKNOWN
from tests.support import PROJECT, job_request


def test_unknowns_are_translated_at_any_depth_and_reserved_keys_stay_outside() -> None:
    """The rules receive our sentinel, and no key of the engine."""
    unknown: Any = PulumiUnknown()  # type: ignore[no-untyped-call]
    bag = from_engine({"__provider": "x", "a": unknown, "b": [1, unknown], "c": {"d": unknown, "e": None}})
    assert bag == {"a": UNKNOWN, "b": [1, UNKNOWN], "c": {"d": UNKNOWN, "e": None}}
    back = to_engine(bag)
    assert isinstance(back["a"], PulumiUnknown)
    assert isinstance(back["b"][1], PulumiUnknown)
    assert isinstance(back["c"]["d"], PulumiUnknown)


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_exception_that_stops_the_process_is_answered(stop: type[BaseException]) -> None:
    """The host answers only `Exception`; after any other exception the engine would wait forever."""

    def method(_self: None, call: Call) -> None:
        assert call == Call()
        raise stop

    with pytest.raises(RuntimeError, match=f"stopped by {stop.__name__}"):
        answering(method)(None)


def test_error_has_the_phrases_of_the_method_that_raised_it() -> None:
    """`answering` passes the name of the method on."""

    def delete(_self: None, call: Call) -> None:
        assert call == Call()
        raise BadCredentials("no")

    with pytest.raises(BadCredentials, match=r"^no \(.*`--run-program`"):
        answering(delete)(None)


def test_errors_leave_without_their_causes() -> None:
    """The host would print a chained cause as well."""

    def method(_self: None, call: Call) -> None:
        assert call == Call()
        try:
            raise OSError("socket")  # noqa: TRY301  raised as the library below would
        except OSError as cause:
            raise Unavailable("no connection") from cause

    with pytest.raises(Unavailable) as left:
        answering(method)(None)
    assert left.value.__cause__ is None
    assert left.value.__suppress_context__


def configured(provider: type[Adapter], base_url: str, **others: str) -> Adapter:
    """A provider with a configuration, as the engine makes it."""
    given = {"baseUrl": base_url, "publicKey": "public", "privateKey": "private", "projectId": PROJECT} | others
    adapter = provider()
    adapter.configure(ConfigureRequest(Config({f"opsmanager:{key}": value for key, value in given.items()}, "test")))
    return adapter


@pytest.mark.usefixtures("no_engine")
def test_plain_http_is_warned_of_once_for_all_providers_of_a_process(capsys: pytest.CaptureFixture[str]) -> None:
    """The first call that needs the settings warns, for any resource. Other settings have their own warning."""
    job = configured(LogCollectionJobProvider, "http://om.example.net:8080")
    completion = configured(LogCollectionCompletionProvider, "http://om.example.net:8080")
    for _ in range(3):
        job.check({}, job_request())
        completion.check({}, {"jobIds": []})
    assert job._context(Call()).server is completion._context(Call()).server
    assert capsys.readouterr().err.count("\n") == 1
    configured(LogCollectionJobProvider, "http://west.example.net").check({}, job_request())
    assert capsys.readouterr().err.startswith(
        "base_url is plain HTTP: everybody on the way to west.example.net can read"
    )


@pytest.mark.usefixtures("no_engine")
def test_settings_are_checked_once_for_all_calls_of_a_provider(tmp_path: Path) -> None:
    """A thousand checks read the CA file once."""
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(ca_file)
    job = configured(LogCollectionJobProvider, "https://om.example.net", caFile=str(ca_file))
    assert job.check({}, job_request()).failures == []
    ca_file.unlink()
    assert job.check({}, job_request()).failures == []
    assert job._context(Call()).server is job._context(Call()).server


@pytest.mark.usefixtures("no_engine")
def test_plain_http_is_warned_of_without_a_check(capsys: pytest.CaptureFixture[str]) -> None:
    """`refresh` and `destroy` call no check, and still send a digest."""
    context = configured(LogCollectionJobProvider, "http://east.example.net")._context(Call())
    assert capsys.readouterr().err == ""
    assert context.server is not None
    assert capsys.readouterr().err.startswith(
        "base_url is plain HTTP: everybody on the way to east.example.net can read"
    )


@pytest.mark.usefixtures("no_engine")
def test_failure_is_one_line() -> None:
    """The host would print a traceback."""
    configured(LogCollectionJobProvider, "https://om.example.net")
    assert sys.tracebacklimit == 0


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize("base_url", ["https://om.example.net", "http://127.0.0.1:8080"])
def test_safe_settings_are_not_warned_of(capsys: pytest.CaptureFixture[str], base_url: str) -> None:
    """With TLS, or on this machine, nobody can listen."""
    configured(LogCollectionJobProvider, base_url).check({}, job_request())
    assert capsys.readouterr().err == ""
