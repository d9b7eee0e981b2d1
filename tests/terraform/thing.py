"""Small providers of one resource type and one data source, `thing`: one keeps its promises, the others break one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import msgpack
from pydantic.alias_generators import to_snake

from pulumi_opsmanager.terraform.messages import METHODS, pb

UNKNOWN_CELL = msgpack.ExtType(0, b"\0")

_TYPES: Mapping[str, Any] = {
    "id": "string",
    "name": "string",
    "size": "number",
    "tags": ["set", "string"],
    "extra": "dynamic",
    "mode": "string",
    "serial": "number",
}


class Honest:
    """Keeps its promises. It has a method for each RPC. A change of `name` replaces, unless `size` changes too.

    Attributes:
        calls: The answered RPCs, in order.
    """

    def __init__(self, calls: list[str] | None = None) -> None:
        self.calls = [] if calls is None else calls

    def __getattr__(self, method: str) -> Callable[[Any], Any]:
        if method not in METHODS:
            raise AttributeError(method)
        _, answered = METHODS[method]
        fields: Callable[[Any, Any], dict[str, Any]] = getattr(type(self), f"_{to_snake(method)}", lambda *_: {})

        def answer(request: Any) -> Any:
            self.calls.append(method)
            return answered(**fields(self, request))

        return answer

    def sent(self, _step: str, value: Any) -> Any:
        """The answer in a step: the cells of a value, or a field of the answer."""
        return value

    def _get_provider_schema(self, _: Any) -> dict[str, Any]:
        schema = pb.Schema()
        for name, type_ in _TYPES.items():
            schema.block.attributes.add(
                name=name,
                type=json.dumps(type_).encode(),
                required=name == "name",
                optional=name in ("size", "tags", "extra", "mode"),
                computed=name in ("id", "mode", "serial"),
            )
        return {
            "provider": pb.Schema(block={}),
            "resource_schemas": {"thing": schema},
            "data_source_schemas": {"thing": schema},
        }

    def _upgrade_resource_state(self, request: Any) -> dict[str, Any]:
        cells = json.loads(request.raw_state.json, parse_float=str)
        if extra := cells["extra"]:
            cells["extra"] = [json.dumps(extra["type"]).encode(), extra["value"]]
        return {"upgraded_state": self._value("upgrade", cells)}

    def _read_resource(self, request: Any) -> dict[str, Any]:
        return {"new_state": self._value("read", _cells(request.current_state)), "private": request.private}

    def _plan_resource_change(self, request: Any) -> dict[str, Any]:
        prior, cells, config = _cells(request.prior_state), _cells(request.proposed_new_state), _cells(request.config)
        paths = []
        if prior is None:
            cells |= {"id": UNKNOWN_CELL, "serial": UNKNOWN_CELL, "mode": cells["mode"] or UNKNOWN_CELL}
        elif prior["size"] != config["size"]:
            cells["serial"] = UNKNOWN_CELL
        else:
            paths = ["name"]
        return {
            "planned_state": self._value("plan", cells),
            "requires_replace": [{"steps": [{"attribute_name": name}]} for name in self.sent("paths", paths)],
            "planned_private": request.prior_private,
        }

    def _apply_resource_change(self, request: Any) -> dict[str, Any]:
        cells = _cells(request.planned_state)
        made = {"id": "thing-1", "mode": "default", "serial": 7}
        if cells is not None:
            cells = {name: made[name] if cell == UNKNOWN_CELL else cell for name, cell in cells.items()}
        answer = {"new_state": self._value("apply", cells), "private": b"private"}
        return answer | {"diagnostics": self.sent("diagnostics", [])}

    def _import_resource_state(self, request: Any) -> dict[str, Any]:
        cells = dict.fromkeys(_TYPES) | {"id": request.id, "name": "a", "serial": 7, "mode": "default"}
        state = self._value("import", cells)
        return {"imported_resources": [{"type_name": "thing", "state": state, "private": b"private"}]}

    def _read_data_source(self, request: Any) -> dict[str, Any]:
        return {"state": self._value("data", _cells(request.config) | {"id": "thing-1", "serial": 7})}

    def _value(self, step: str, cells: Any) -> Any:
        return pb.DynamicValue(msgpack=msgpack.packb(self.sent(step, cells)))


class Lying(Honest):
    """Gives another answer in one step.

    Args:
        step: `plan`, `paths` (that require a replacement), `apply`, `diagnostics`, `read`, `upgrade`, `import`, `data`.
        change: Makes the other answer from the honest one.
    """

    def __init__(self, step: str, change: Callable[[Any], Any]) -> None:
        super().__init__()
        self._step, self._change = step, change

    def sent(self, step: str, value: Any) -> Any:
        return self._change(value) if step == self._step else value


def says(**cells: Any) -> Callable[[dict[str, Any] | None], dict[str, Any] | None]:
    """Change some cells of a value that is not null."""
    return lambda value: None if value is None else value | cells


def _cells(value: Any) -> Any:
    # What Terraform knows of an unknown value is not repeated.
    return msgpack.unpackb(value.msgpack, ext_hook=lambda *_: UNKNOWN_CELL, strict_map_key=False)
