from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown as PulumiUnknown

from pulumi_opsmanager.dynamic.adapter import answering
from pulumi_opsmanager.dynamic.engine import Call, EngineReporter, running_call
from pulumi_opsmanager.dynamic.values import from_engine, to_engine
from pulumi_opsmanager.errors import Unavailable
from pulumi_opsmanager.schema.fields import UNKNOWN


def test_unknowns_are_translated_at_any_depth_and_reserved_keys_stay_outside() -> None:
    """Rules see our sentinel and no key of the engine's own."""
    unknown: Any = PulumiUnknown()  # type: ignore[no-untyped-call]
    bag = from_engine({"__provider": "x", "a": unknown, "b": [1, unknown], "c": {"d": unknown, "e": None}})
    assert bag == {"a": UNKNOWN, "b": [1, UNKNOWN], "c": {"d": UNKNOWN, "e": None}}
    back = to_engine(bag)
    assert isinstance(back["a"], PulumiUnknown)
    assert isinstance(back["b"][1], PulumiUnknown)
    assert isinstance(back["c"]["d"], PulumiUnknown)


@pytest.mark.parametrize("stop", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_whatever_stops_a_call_is_answered(stop: type[BaseException]) -> None:
    """The host answers exceptions only; on anything else the engine would wait for ever."""

    def method() -> None:
        raise stop

    with pytest.raises(RuntimeError, match=f"stopped by {stop.__name__}"):
        answering(method)()


def test_errors_leave_without_their_causes() -> None:
    """A chained cause would be printed as well."""

    def method() -> None:
        try:
            raise OSError("socket")  # noqa: TRY301  stands for the library below
        except OSError as cause:
            raise Unavailable("no connection") from cause

    with pytest.raises(Unavailable) as left:
        answering(method)()
    assert left.value.__cause__ is None
    assert left.value.__suppress_context__


def test_outside_the_provider_host_there_is_no_request() -> None:
    """Less is shown then; nothing fails."""
    assert running_call() == Call()
    assert Call().old_inputs() is None


def test_line_without_an_engine_goes_to_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reporter never raises."""
    monkeypatch.setattr("sys.argv", ["provider", "127.0.0.1:9"])
    EngineReporter(Call()).warn("the line")
    assert capsys.readouterr().err == "the line\n"
