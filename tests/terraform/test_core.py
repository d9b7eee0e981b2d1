"""The fake core calls a provider as Terraform does, and fails for each promise that a provider breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import msgpack
import pytest

from pulumi_opsmanager.schema.fields import UNKNOWN
from pulumi_opsmanager.terraform.messages import pb
from tests.terraform.core import Action, Core
from tests.terraform.cty import Typed, pack, to_json, unpack, value_of
from tests.terraform.program import BrokenPromise, Declared, Later, Ref
from tests.terraform.thing import UNKNOWN_CELL, Honest, Lying, says

_ERROR = [{"severity": pb.Diagnostic.ERROR, "summary": "refused"}]


def thing(*, ignore_changes: Any = (), **config: Any) -> dict[str, Declared]:
    """A program with one resource."""
    return {"thing.a": Declared("thing", {"name": "a"} | config, ignore_changes)}


def honest(**options: Any) -> Core:
    """A core with a provider that keeps its promises."""
    return Core(Honest, **options)


@pytest.mark.parametrize("options", [{}, {"backwards": True}, {"refined": True}], ids=str)
def test_honest_provider_passes(options: dict[str, Any]) -> None:
    core = honest(**options)
    program = thing(size=0.1, tags=["x", "y", "x"], extra=["t", 1, {"deep": Later(None)}], mode=Later("m"))
    assert core.validate(program) == []
    plan = core.plan(program)
    assert plan.actions == {"thing.a": Action.CREATE}
    assert core.apply(plan) == []
    assert core.plan(program).actions == {"thing.a": Action.UPDATE}
    assert core.run(program) == []
    known = thing(size=0.1, tags=["y", "x"], extra=["t", 1, {"deep": None}], mode="m")
    assert core.plan(known).actions == {}
    assert core.plan(known, refresh=False).actions == {}
    assert core.plan(known, replaced=["thing.a"]).actions == {"thing.a": Action.REPLACE}
    assert core.run(thing(size=2)) == []
    assert core.run(thing(name="b", size=2)) == []
    assert core.made == {"thing": 2}
    assert core.destroy(thing(name="b", size=2)) == []
    assert core.state == {}


def test_core_calls_a_provider_as_terraform_does() -> None:
    """Each walk is a new process. An apply plans again, except resources that stay or are deleted."""
    calls: list[str] = []
    core = Core(lambda: Honest(calls))
    start = ["GetProviderSchema", "ValidateProviderConfig", "ConfigureProvider"]
    upgrade, read = ["UpgradeResourceState"], ["UpgradeResourceState", "ReadResource"]
    plan, apply = ["ValidateResourceConfig", "PlanResourceChange"], ["ApplyResourceChange"]
    table: list[tuple[dict[str, Declared], list[str], list[str]]] = [
        (thing(), plan, [*plan, *apply]),
        (thing(), [*read, *plan], []),
        (thing(size=1), [*read, *plan], [*upgrade, *plan, *apply]),
        (thing(name="b", size=1), [*read, *plan, plan[1]], [*upgrade, *apply, *plan, *apply]),
        ({}, read, [*upgrade, *apply]),
        ({}, [], []),
    ]
    for program, planning, applying in table:
        planned = core.plan(program)
        assert calls == [*start, *planning]
        calls.clear()
        assert core.apply(planned) == []
        assert calls == [*start, *applying]
        calls.clear()


def test_references_are_known_when_their_resource_is() -> None:
    program = thing() | {
        "thing.b": Declared("thing", {"name": Ref("thing.a", "mode"), "extra": [Ref("thing.a", "id")]})
    }
    core = honest()
    assert core.run(program) == []
    assert core.state["thing.b"].value["name"] == "default"
    assert core.plan(program).actions == {}


@pytest.mark.parametrize(("ignored", "size"), [(["size"], 1), (None, 1), (["name"], 5)], ids=["size", "all", "another"])
def test_ignored_changes_are_planned_as_they_were(ignored: Any, size: int) -> None:
    core = honest()
    core.run(thing(size=1))
    core.run(thing(size=5, ignore_changes=ignored))
    assert core.state["thing.a"].value["size"] == size


@pytest.mark.parametrize(
    ("step", "lie", "program", "words"),
    [
        ("plan", says(name="A"), thing(), "invalid plan: .*'A' does not match config value 'a'"),
        ("plan", says(tags=["x"]), thing(), "invalid plan: .*tags"),
        ("plan", says(tags=["x"]), thing(tags=["x", "y"]), "invalid plan: .*tags"),
        ("plan", says(size=0.1), thing(size=0.1), "invalid plan: .*size"),
        ("plan", says(mode=UNKNOWN_CELL), thing(mode="m"), "invalid plan: .*mode"),
        ("plan", says(extra=[b'["tuple", ["string"]]', ["1"]]), thing(extra=[1]), "invalid plan: .*extra"),
        ("plan", lambda _: None, thing(), "planned for absence but config wants existence"),
        ("plan", says(size="x"), thing(), "invalid plan: 'x' is no number"),
        ("plan", says(more=1), thing(), "invalid plan: .* is no "),
        ("plan", says(mode=msgpack.ExtType(12, b"\x80")), thing(), "invalid plan: extension 12"),
        ("apply", says(mode="other"), thing(mode="m"), "inconsistent result after apply: .*was 'm', but now 'other'"),
        ("apply", says(size=None), thing(size=1), "inconsistent result after apply: .*but now None"),
        ("apply", says(tags=["x"]), thing(), "inconsistent result after apply: .*was None"),
        ("apply", says(tags=["x"]), thing(tags=["y"]), "inconsistent result after apply: .*does not correlate"),
        (
            "apply",
            says(extra=[b'"string"', "1"]),
            thing(extra=1),
            "inconsistent result after apply: .*wrong final value",
        ),
        (
            "apply",
            says(extra=[b'["list", "string"]', ["x", "y"]]),
            thing(extra=Typed(["list", "string"], ["x"])),
            "inconsistent result after apply: .*new element 1 has appeared",
        ),
        (
            "apply",
            says(extra=[b'["map", "string"]', {}]),
            thing(extra=Typed(["map", "string"], {"x": "y"})),
            "inconsistent result after apply: .*element 'x' has vanished",
        ),
        ("apply", says(serial=UNKNOWN_CELL), thing(), "invalid result object after apply"),
        ("apply", lambda _: None, thing(), "inconsistent result after apply: None"),
        ("apply", says(serial="x"), thing(), "Provider produced invalid object"),
    ],
)
def test_create_holds_a_provider_to_its_plan(
    step: str, lie: Callable[[Any], Any], program: dict[str, Declared], words: str
) -> None:
    with pytest.raises(BrokenPromise, match=words):
        Core(lambda: Lying(step, lie)).run(program)


@pytest.mark.parametrize(
    ("step", "lie", "words"),
    [
        ("upgrade", says(size=2), "Invalid resource state upgrade"),
        ("read", says(serial=UNKNOWN_CELL), "Provider produced invalid object"),
        ("paths", lambda _: ["other"], "non-existent attribute path"),
        ("plan", says(id="other", name="b"), "nor prior value 'a'"),
    ],
)
def test_plan_holds_a_provider_to_the_state(step: str, lie: Callable[[Any], Any], words: str) -> None:
    core = honest()
    core.run(thing(size=1))
    core.make = lambda: Lying(step, lie)
    with pytest.raises(BrokenPromise, match=words):
        core.plan(thing(size=1))


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (Lying("plan", says(mode="x")), Lying("plan", says(mode="y")), "was 'x', but now 'y'"),
        (Lying("plan", says(mode="x")), Honest(), "was known, but now unknown"),
        (
            Honest(),
            Lying("paths", lambda _: ["size"]),
            "changed the planned action from Action.UPDATE to Action.REPLACE",
        ),
    ],
)
def test_apply_holds_a_provider_to_the_first_plan(first: Honest, second: Honest, words: str) -> None:
    core = honest()
    if "action" in words:
        core.run(thing(size=1))
    core.make = lambda: first
    plan = core.plan(thing(size=2))
    core.make = lambda: second
    with pytest.raises(BrokenPromise, match=f"inconsistent final plan: .*{words}"):
        core.apply(plan)


def test_second_plan_of_an_update_may_change_nothing() -> None:
    """A value that becomes known may equal the stored value."""
    core = honest()
    core.run(thing(size=1))
    assert core.plan(thing(size=Later(1))).actions == {"thing.a": Action.UPDATE}
    assert core.run(thing(size=Later(1))) == []


def test_delete_has_to_answer_null() -> None:
    core = honest()
    core.run(thing())
    core.make = lambda: Lying("apply", lambda _: core.state["thing.a"].value | {"serial": 7})
    with pytest.raises(BrokenPromise, match="inconsistent result after apply"):
        core.run({})


def test_create_that_answers_an_error_and_a_state_is_tainted() -> None:
    """The next run creates it again."""
    core = Core(lambda: Lying("diagnostics", lambda _: _ERROR))
    assert [line.summary for line in core.run(thing())] == ["refused"]
    assert core.state["thing.a"].is_tainted
    core.make = Honest
    assert core.plan(thing()).actions == {"thing.a": Action.REPLACE}


@pytest.mark.parametrize("program", [thing(size=2), {}], ids=["update", "delete"])
def test_error_keeps_what_exists(program: dict[str, Declared]) -> None:
    core = honest()
    core.run(thing(size=1))
    core.make = lambda: Lying("diagnostics", lambda _: _ERROR)
    assert [line.is_error for line in core.run(program)] == [True]
    assert core.state["thing.a"].value["name"] == "a"
    assert not core.state["thing.a"].is_tainted


def test_what_refers_to_a_failed_resource_is_left_out() -> None:
    core = Core(lambda: Lying("diagnostics", lambda _: _ERROR))
    core.run(thing() | {"thing.b": Declared("thing", {"name": Ref("thing.a", "mode")})})
    assert list(core.state) == ["thing.a"]


def test_import_keeps_what_was_read() -> None:
    core = honest()
    assert core.import_("thing.a", "thing", "thing-9") == []
    assert core.plan(thing()).actions == {}
    assert core.state["thing.a"].private == b"private"


@pytest.mark.parametrize("lie", [lambda _: None, says(id=UNKNOWN_CELL)], ids=["null", "unknown"])
def test_import_and_data_have_to_answer_a_known_value(lie: Callable[[Any], Any]) -> None:
    with pytest.raises(BrokenPromise):
        Core(lambda: Lying("import", lie)).import_("thing.a", "thing", "thing-9")
    with pytest.raises(BrokenPromise):
        Core(lambda: Lying("data", lie)).data("thing", name="a")
    assert honest().data("thing", name="a")[1] == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"name": None}, "The argument 'name' is required"),
        ({"serial": 1}, "Value for unconfigurable attribute 'serial'"),
        ({"other": 1}, "Unsupported argument"),
    ],
)
def test_core_refuses_programs_that_terraform_refuses(config: dict[str, Any], words: str) -> None:
    with pytest.raises(BrokenPromise, match=words):
        honest().plan(thing(**config))


def test_stale_plan_is_refused() -> None:
    core = honest()
    plan = core.plan(thing())
    core.run(thing())
    with pytest.raises(BrokenPromise, match="Saved plan is stale"):
        core.apply(plan)


@pytest.mark.parametrize(
    ("given", "type_", "cell", "in_state"),
    [
        (30.0, "number", 30, "30"),
        (0.5, "number", 0.5, "0.5"),
        (0.1, "number", "0.1", "0.1"),
        ("1e40", "number", float(10**40) if Fraction(float(10**40)) == 10**40 else "1" + "0" * 40, "1" + "0" * 40),
        (2**63, "number", float(2**63), str(2**63)),
        (2**63 + 1, "number", str(2**63 + 1), str(2**63 + 1)),
        ("e\u0301", "string", "\u00e9", '"\\u00e9"'),
        (["b", "a", "b"], ["set", "string"], ["a", "b"], '["a", "b"]'),
        (["b", UNKNOWN], ["set", "string"], UNKNOWN_CELL, None),
        (["b", UNKNOWN], ["list", "string"], ["b", UNKNOWN_CELL], None),
        ([1, None], "dynamic", [b'["tuple", ["number", "dynamic"]]', [1, None]], None),
        ({"a": True}, "dynamic", [b'["object", {"a": "bool"}]', {"a": True}], None),
        (Typed(["list", "string"], UNKNOWN), "dynamic", [b'["list", "string"]', UNKNOWN_CELL], None),
        (UNKNOWN, "dynamic", UNKNOWN_CELL, None),
    ],
    ids=str,
)
def test_values_travel_as_terraform_sends_them(given: Any, type_: Any, cell: Any, in_state: str | None) -> None:
    value = value_of(given, type_)
    packed = pack(value, type_)
    assert msgpack.unpackb(packed) == cell
    assert unpack(packed, type_) == value == value_of(value, type_)
    if in_state is not None:
        assert to_json(value, type_) == in_state
        json.loads(in_state)


def test_unknown_travels_refined_and_sets_in_the_other_order() -> None:
    packed = pack(
        value_of([["a", "b"], UNKNOWN], ["list", ["set", "string"]]),
        ["list", ["set", "string"]],
        backwards=True,
        refined=True,
    )
    assert msgpack.unpackb(packed) == [["b", "a"], msgpack.ExtType(12, msgpack.packb({1: False}))]
