"""One walk of Terraform's core: a new process of the provider, and the calls that it gets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pulumi_opsmanager.terraform.messages import METHODS, pb
from tests.terraform.cty import Nonconforming, Type, broken_promises, is_known, pack, to_json, unpack
from tests.terraform.program import Attribute, BrokenPromise, Declared, Failed, Schema, configured, require


@dataclass(frozen=True)
class Diagnostic:
    """A diagnostic of the provider. Attributes: path, of attribute names and element keys."""

    is_error: bool
    summary: str
    detail: str
    path: tuple[str | int, ...]


@dataclass(frozen=True)
class Kept:
    """A resource in the state."""

    type_name: str
    value: dict[str, Any]
    private: bytes
    is_tainted: bool = False


@dataclass
class Walk:
    """A provider process, and the values that are known in its walk.

    Attributes:
        provider: Has a method for each RPC.
        said: List that receives all diagnostics, also those of other walks.
        is_applying: Whether `Later` is known.
        backwards: See `pack`.
        refined: See `pack`.
        diagnostics: The diagnostics of this walk.
        values: Values of resources by address, planned or applied.
    """

    provider: Any
    said: list[Diagnostic]
    is_applying: bool
    backwards: bool
    refined: bool
    diagnostics: list[Diagnostic] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        answer = self.call("GetProviderSchema")
        self._settings = _schema(answer.provider)
        self._resources = {name: _schema(one) for name, one in answer.resource_schemas.items()}
        self._data = {name: _schema(one) for name, one in answer.data_source_schemas.items()}

    def call(self, method: str, **fields: Any) -> Any:
        """Call the provider with encoded messages.

        Raises:
            Failed: The provider answers with an error.
        """
        answer = self._ask(method, **fields)
        self._require_success(answer)
        return answer

    @contextmanager
    def resource(self, address: str) -> Iterator[None]:
        """Continue with the other resources if this one fails, but not with those that refer to it."""
        try:
            yield
        except Failed:
            self.values.pop(address, None)
            require(any(line.is_error for line in self.diagnostics), "failed without an error")

    def schema(self, type_name: str) -> Schema:
        """The schema of a resource type."""
        return self._resources[type_name]

    def configured(self, declared: Declared, values: Mapping[str, Any] | None) -> dict[str, Any]:
        """The configuration of a resource. Without values, a reference is unknown."""
        return configured(self.schema(declared.type_name), declared.config, values, is_applying=self.is_applying)

    def check_settings(self, settings: Mapping[str, Any]) -> Any:
        """ValidateProviderConfig; returns the packed settings."""
        config = self._packed(configured(self._settings, settings, {}, is_applying=self.is_applying), self._settings)
        self.call("ValidateProviderConfig", config=config)
        return config

    def configure(self, settings: Mapping[str, Any]) -> bool:
        """Check the settings, and configure the provider with them. False after an error."""
        try:
            config = self.check_settings(settings)
            self.call("ConfigureProvider", terraform_version="1.11.4", config=config)
        except Failed:
            return False
        return True

    def check(self, type_name: str, config: dict[str, Any]) -> None:
        """ValidateResourceConfig."""
        packed = self._packed(config, self.schema(type_name))
        self.call("ValidateResourceConfig", type_name=type_name, config=packed)

    def upgraded(self, kept: Kept) -> Kept:
        """UpgradeResourceState, which must not change a state of the same version."""
        schema = self.schema(kept.type_name)
        raw = to_json(kept.value, schema.type)
        json.loads(raw)
        answer = self.call("UpgradeResourceState", type_name=kept.type_name, raw_state=pb.RawState(json=raw.encode()))
        value = self._taken(answer.upgraded_state, schema, "Invalid resource state upgrade")
        require(value == kept.value, "Invalid resource state upgrade: {} became {}", kept.value, value)
        return kept

    def read(self, kept: Kept) -> Kept | None:
        """ReadResource; None if the resource is gone."""
        schema = self.schema(kept.type_name)
        current = self._packed(kept.value, schema)
        answer = self.call("ReadResource", type_name=kept.type_name, current_state=current, private=kept.private)
        value = self._taken(answer.new_state, schema, "Provider produced invalid object")
        require(is_known(value), "Provider produced invalid object: {}", value)
        return None if value is None else Kept(kept.type_name, value, answer.private, kept.is_tainted)

    def planned(
        self, type_name: str, prior: dict[str, Any] | None, config: dict[str, Any], private: bytes
    ) -> tuple[dict[str, Any] | None, bytes, list[list[Any]]]:
        """PlanResourceChange: planned value, private bytes, and the paths that require a replacement."""
        schema = self.schema(type_name)
        was = prior or dict.fromkeys(schema.attributes)
        proposed = {
            name: was[name] if attribute.is_computed and config[name] is None else config[name]
            for name, attribute in schema.attributes.items()
        }
        answer = self.call(
            "PlanResourceChange",
            type_name=type_name,
            prior_state=self._packed(prior, schema),
            proposed_new_state=self._packed(proposed, schema),
            config=self._packed(config, schema),
            prior_private=private,
        )
        value = self._taken(answer.planned_state, schema, "Provider produced invalid plan")
        return value, answer.planned_private, [_path(path) for path in answer.requires_replace]

    def applied(
        self, type_name: str, before: Kept | None, planned: Any, config: dict[str, Any] | None, private: bytes
    ) -> tuple[Kept | None, bool]:
        """ApplyResourceChange: the stored value after it, and whether it failed."""
        schema = self.schema(type_name)
        require(is_known(config), "configuration still contains unknown values during apply")
        answer = self._ask(
            "ApplyResourceChange",
            type_name=type_name,
            prior_state=self._packed(before.value if before else None, schema),
            planned_state=self._packed(planned, schema),
            config=self._packed(config, schema),
            planned_private=private,
        )
        has_failed = any(line.severity == pb.Diagnostic.ERROR for line in answer.diagnostics)
        value = self._taken(answer.new_state, schema, "Provider produced invalid object")
        require(is_known(value), "Provider returned invalid result object after apply: {}", value)
        if not has_failed:
            words = "Provider produced inconsistent result after apply: {}"
            require((planned is None) == (value is None), words, value)
            require(not (problems := list(broken_promises(planned, value, schema.type, type_name))), words, problems)
        kept = before if has_failed else None
        return (kept if value is None else Kept(type_name, value, answer.private)), has_failed

    def imported(self, type_name: str, import_id: str) -> Kept:
        """ImportResourceState."""
        answer = self.call("ImportResourceState", type_name=type_name, id=import_id)
        require(len(answer.imported_resources) == 1, "imported {}", answer.imported_resources)
        (found,) = answer.imported_resources
        require(found.type_name == type_name, "imported {}", found.type_name)
        value = self._taken(found.state, self.schema(type_name), "Provider produced invalid object")
        require(value is not None and is_known(value), "Import returned null resource")
        return Kept(type_name, value or {}, found.private)

    def data(self, declared: Declared) -> dict[str, Any] | None:
        """ValidateDataResourceConfig and ReadDataSource."""
        schema = self._data[declared.type_name]
        config = self._packed(configured(schema, declared.config, {}, is_applying=True), schema)
        self.call("ValidateDataResourceConfig", type_name=declared.type_name, config=config)
        answer = self.call("ReadDataSource", type_name=declared.type_name, config=config)
        value = self._taken(answer.state, schema, "Provider produced invalid object")
        require(value is not None, "Provider produced null object")
        require(is_known(value), "Provider produced invalid object: {}", value)
        return value

    def _ask(self, method: str, **fields: Any) -> Any:
        asked, answered = METHODS[method]
        request = asked.FromString(asked(**fields).SerializeToString())
        answer = answered.FromString(getattr(self.provider, method)(request).SerializeToString())
        for line in getattr(answer, "diagnostics", ()):
            require(line.severity in (pb.Diagnostic.ERROR, pb.Diagnostic.WARNING), "no severity: {}", line)
            is_error = line.severity == pb.Diagnostic.ERROR
            said = Diagnostic(is_error, line.summary, line.detail, tuple(_path(line.attribute)))
            self.diagnostics.append(said)
            self.said.append(said)
        return answer

    def _require_success(self, answer: Any) -> None:
        if any(line.severity == pb.Diagnostic.ERROR for line in getattr(answer, "diagnostics", ())):
            raise Failed

    def _packed(self, value: Any, schema: Schema) -> Any:
        return pb.DynamicValue(msgpack=pack(value, schema.type, backwards=self.backwards, refined=self.refined))

    def _taken(self, answered: Any, schema: Schema, words: str) -> dict[str, Any] | None:
        try:
            value: dict[str, Any] | None = unpack(answered.msgpack, schema.type)
        except Nonconforming as error:
            raise BrokenPromise(f"{words}: {error}") from error
        return value


def _schema(schema: Any) -> Schema:
    return Schema({one.name: _attribute(one) for one in schema.block.attributes})


def _attribute(one: Any) -> Attribute:
    require(one.required or one.optional or one.computed, "{}: must be required, optional or computed", one.name)
    require(not (one.required and (one.optional or one.computed)), "{}: must be required or not", one.name)
    return Attribute(_type(one), one.required, one.required or one.optional, one.computed)


def _type(one: Any) -> Type:
    nested = one.nested_type
    if not nested.attributes:
        type_: Type = json.loads(one.type)
        return type_
    of: Type = ["object", {inner.name: _type(inner) for inner in nested.attributes}]
    name = pb.Schema.Object.NestingMode.Name(nested.nesting).lower()
    return of if name == "single" else [name, of]


def _path(path: Any) -> list[Any]:
    return [getattr(step, step.WhichOneof("selector")) for step in path.steps]
