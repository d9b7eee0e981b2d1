"""A fake of the part of Terraform's core that checks a provider's answers. It runs in the process of the test.

Core plans twice, in two processes. It compares the plan with the configuration, the second plan with the first plan,
and the result with the plan. If they contradict, the test fails with Terraform's message.

Source: behaviour of Terraform 1.11 and OpenTofu 1.12.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.terraform.cty import broken_promises, is_known
from tests.terraform.program import Declared, Failed, Program, Schema, require
from tests.terraform.walk import Diagnostic, Kept, Walk

Value = dict[str, Any] | None


class Action(Enum):
    """The action of a plan for a resource."""

    NO_OP = "no-op"
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "delete, then create"
    DELETE = "delete"


@dataclass(frozen=True)
class Change:
    """The planned change of one resource. Attributes: prior, planned; private, the private bytes of the plan."""

    type_name: str
    action: Action
    prior: Value
    planned: Value
    private: bytes


@dataclass(frozen=True)
class Plan:
    """A saved plan.

    Attributes:
        program: The declared resources.
        changes: Changes by address.
        base: The state before the plan.
        refreshed: The state after the reads of the plan.
        replaced: Addresses of resources to replace (`-replace`).
        diagnostics: The diagnostics of the provider.
    """

    program: Program
    changes: Mapping[str, Change]
    base: Mapping[str, Kept]
    refreshed: Mapping[str, Kept]
    replaced: Collection[str]
    diagnostics: list[Diagnostic]

    @property
    def failed(self) -> bool:
        """Whether the plan has errors, so that it cannot be applied."""
        return any(line.is_error for line in self.diagnostics)

    @property
    def actions(self) -> dict[str, Action]:
        """The actions by address. Empty means "No changes"."""
        return {at: change.action for at, change in self.changes.items() if change.action is not Action.NO_OP}


@dataclass
class Core:
    """Terraform with one provider, one state, and a new process for each walk.

    Attributes:
        make: Starts a provider.
        settings: The provider block.
        backwards: Whether to send sets in the other order.
        refined: Whether to send unknown values as values that will not be null.
        state: The stored resources by address.
        made: Number of created resources of each type, including replacements.
        said: All diagnostics of the provider so far.
    """

    make: Callable[[], Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    backwards: bool = False
    refined: bool = False
    state: dict[str, Kept] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    said: list[Diagnostic] = field(default_factory=list)

    def validate(self, program: Program) -> list[Diagnostic]:
        """Check a program, without values from outside of it."""
        walk = self._walk()
        try:
            walk.check_settings(self.settings)
            for declared in program.values():
                walk.check(declared.type_name, walk.configured(declared, None))
        except Failed:
            pass
        return walk.diagnostics

    def plan(self, program: Program, *, refresh: bool = True, replaced: Collection[str] = ()) -> Plan:
        """Read the stored resources, and plan each resource that is declared or stored."""
        walk, kept, changes = self._walk(), dict(self.state), dict[str, Change]()
        if walk.configure(self.settings):
            for address in [*program, *(self.state.keys() - program.keys())]:
                with walk.resource(address):
                    if address in kept:
                        kept |= {address: walk.upgraded(kept[address])}
                        found = walk.read(kept[address]) if refresh else kept[address]
                        kept = {at: one for at, one in {**kept, address: found}.items() if one is not None}
                    before = kept.get(address)
                    if address in program:
                        change = _planned(walk, program[address], before, is_forced=address in replaced)
                        changes[address] = change
                        walk.values[address] = change.planned
                    elif before is not None:
                        changes[address] = Change(before.type_name, Action.DELETE, before.value, None, before.private)
        return Plan(program, changes, dict(self.state), kept, replaced, walk.diagnostics)

    def apply(self, plan: Plan) -> list[Diagnostic]:
        """Plan again in a new process, and apply the plan."""
        require(not plan.failed, "a plan with errors cannot be applied")
        require(plan.base == self.state, "Saved plan is stale")
        self.state = dict(plan.refreshed)
        walk = self._walk(is_applying=True)
        if walk.configure(self.settings):
            # A resource that is no longer declared may refer to a declared one.
            for address, change in reversed(list(plan.changes.items())):
                if change.action is Action.DELETE:
                    with walk.resource(address):
                        self._delete(walk, address, change)
            for address, change in plan.changes.items():
                if change.action is not Action.DELETE:
                    with walk.resource(address):
                        self._carry_out(walk, plan, address, change)
        return walk.diagnostics

    def run(self, program: Program, **options: Any) -> list[Diagnostic]:
        """`terraform apply`. Returns the diagnostics of the plan if it failed, else those of the apply."""
        plan = self.plan(program, **options)
        return plan.diagnostics if plan.failed else self.apply(plan)

    def destroy(self, program: Program) -> list[Diagnostic]:
        """`terraform destroy`, which plans the program before it plans all deletes."""
        first = self.plan(program)
        if first.failed:
            return first.diagnostics
        self.state = dict(first.refreshed)
        return self.run({}, refresh=False)

    def import_(self, address: str, type_name: str, import_id: str) -> list[Diagnostic]:
        """`terraform import`."""
        require(address not in self.state, "Resource already managed by Terraform")
        walk = self._walk()
        if walk.configure(self.settings):
            with walk.resource(address):
                found = walk.read(walk.imported(type_name, import_id))
                require(found is not None, "Cannot import non-existent remote object")
                if found is not None:
                    self.state[address] = found
        return walk.diagnostics

    def data(self, type_name: str, **config: Any) -> tuple[Value, list[Diagnostic]]:
        """The value of a data source with a known configuration. None after an error."""
        walk, values = self._walk(), list[Value]()
        if walk.configure(self.settings):
            with walk.resource("data"):
                values.append(walk.data(Declared(type_name, config)))
        return values[0] if values else None, walk.diagnostics

    def _walk(self, *, is_applying: bool = False) -> Walk:
        return Walk(self.make(), self.said, is_applying, self.backwards, self.refined)

    def _carry_out(self, walk: Walk, plan: Plan, address: str, change: Change) -> None:
        if change.action is Action.REPLACE:
            self._delete(walk, address, change)
        walk.values[address] = change.prior
        if change.action is Action.NO_OP:
            return
        before = walk.upgraded(self.state[address]) if address in self.state else None
        declared = plan.program[address]
        final = _planned(walk, declared, before, is_forced=address in plan.replaced)
        _require_consistent(walk.schema(change.type_name), address, change, final)
        if final.action is Action.NO_OP:
            return
        config = walk.configured(declared, walk.values)
        kept, has_failed = walk.applied(final.type_name, before, final.planned, config, final.private)
        if kept is not None:
            self.state[address] = Kept(final.type_name, kept.value, kept.private, has_failed and before is None)
        if has_failed:
            raise Failed
        self.made[final.type_name] += before is None
        walk.values[address] = kept.value if kept else None

    def _delete(self, walk: Walk, address: str, change: Change) -> None:
        before = walk.upgraded(self.state[address])
        kept, has_failed = walk.applied(change.type_name, before, None, None, change.private)
        if has_failed:
            self.state[address] = kept or before
            raise Failed
        del self.state[address]


def _planned(walk: Walk, declared: Declared, before: Kept | None, *, is_forced: bool) -> Change:
    type_name, schema = declared.type_name, walk.schema(declared.type_name)
    config = walk.configured(declared, walk.values)
    walk.check(type_name, config)
    # A tainted resource is planned as a new one, and replaced.
    prior, private = (before.value, before.private) if before and not before.is_tainted else (None, b"")
    seen = config if prior is None else _ignoring(schema, declared.ignore_changes, prior, config)
    planned, private, paths = walk.planned(type_name, prior, seen, private)
    problems = list(_invalid(schema, prior, seen, planned))
    require(not problems, "Provider produced invalid plan: {}", problems)
    replaces = prior is not None and bool([path for path in paths if _differs(prior, planned, path)])
    if prior is None:
        action = Action.REPLACE if before else Action.CREATE
    elif prior == planned and not is_forced:
        action = Action.NO_OP
    else:
        action = Action.REPLACE if replaces or is_forced else Action.UPDATE
    if action is Action.REPLACE and prior is not None:
        planned, private, _ = walk.planned(type_name, None, config, private)
    return Change(type_name, action, before.value if before else None, planned, private)


def _ignoring(
    schema: Schema, ignored: Collection[str] | None, prior: dict[str, Any], config: dict[str, Any]
) -> dict[str, Any]:
    """The configuration with the prior values of `ignore_changes`. None means `all`."""
    if ignored is None:
        return {name: prior[name] if one.is_input else None for name, one in schema.attributes.items()}
    return {name: prior[name] if name in ignored else value for name, value in config.items()}


def _invalid(schema: Schema, prior: Value, config: dict[str, Any], planned: Value) -> Iterator[str]:
    if planned is None:
        yield "planned for absence but config wants existence"
        return
    for name, attribute in schema.attributes.items():
        is_open = attribute.is_computed and (config[name] is None or not attribute.is_input)
        was = prior[name] if prior else None
        is_prior = planned[name] == was and was is not None and config[name] is not None
        if not (planned[name] == config[name] or is_prior or is_open):
            yield f"{name}: planned value {planned[name]!r} does not match config value {config[name]!r}"
            yield f"nor prior value {was!r}"


def _differs(prior: dict[str, Any], planned: Value, path: list[Any]) -> bool:
    before, after = _at(prior, path), _at(planned, path)
    require(path and (before or after), 'indicated "requires replacement" for a non-existent attribute path {}', path)
    return before != after or not is_known(after)


def _at(value: Any, path: list[Any]) -> list[Any]:
    """The value at a path, in a list. The list is empty if the path does not exist."""
    try:
        for step in path:
            value = value[step]
    except (KeyError, IndexError, TypeError):
        return []
    return [value]


def _require_consistent(schema: Schema, address: str, first: Change, final: Change) -> None:
    words = "Provider produced inconsistent final plan: {}"
    is_same = first.action is final.action or (first.action, final.action) in (
        (Action.UPDATE, Action.NO_OP),
        # Its first half is done.
        (Action.REPLACE, Action.CREATE),
    )
    require(is_same, words, f"changed the planned action from {first.action} to {final.action}")
    problems = list(broken_promises(first.planned, final.planned, schema.type, address))
    require(not problems, words, problems)
