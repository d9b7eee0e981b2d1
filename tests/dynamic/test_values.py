from __future__ import annotations

from typing import Any

import pytest
from pulumi.output import Unknown as PulumiUnknown

from pulumi_opsmanager.dynamic.engine import EngineReporter, old_inputs, running_request
from pulumi_opsmanager.dynamic.values import from_engine, to_engine
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


def test_outside_the_provider_host_there_is_no_request() -> None:
    """Less is shown then; nothing fails."""
    assert running_request() is None
    assert old_inputs(None) is None


def test_line_without_an_engine_goes_to_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reporter never raises."""
    monkeypatch.setattr("sys.argv", ["provider", "127.0.0.1:9"])
    EngineReporter(None).warn("the line")
    assert capsys.readouterr().err == "the line\n"
