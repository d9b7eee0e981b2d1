"""From what a person wrote to canonical values, or to every rule that is broken, each with its property path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from pulumi_opsmanager.errors import shorten

from .fields import UNKNOWN, Bag, Declaration, Field, Foreign, fields_of


@dataclass(frozen=True)
class Failure:
    """One broken rule.

    Attributes:
        path: Property path in vendor names: `logTypes[2]`.
        rule: What the value must be, in plain words.
    """

    path: str
    rule: str

    def __str__(self) -> str:
        # As the program writes it: `log_types[2]`. Keys inside of maps are the program's already.
        name = re.match(r"\w*", self.path)[0]  # type: ignore[index]
        return f"{to_snake(name)}{self.path[len(name) :]} {self.rule}"


# Pydantic's own messages speak of inputs and instances; these say the rule.
_RULES = {
    "missing": "is required",
    "extra_forbidden": "is no property of this resource",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number",
    "int_from_float": "must be a whole number",
    "finite_number": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be text that UTF-8 can write",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "list_type": "must be a list",
}


def validate(declaration: type[Declaration], bag: Bag) -> tuple[dict[str, Any], list[Failure]]:
    """Judge every field by itself, so that one broken rule hides no other.

    Args:
        declaration: Whose fields.
        bag: Values by vendor name; `UNKNOWN` may stand for a value or inside a list.

    Returns: Canonical values with defaults filled in, absent ones left out; and the failures, in field order.
    """
    fields = fields_of(declaration)
    values: dict[str, Any] = {}
    failures: list[Failure] = []
    for key, field in fields.items():
        if bag.get(key) is None:
            if field.required:
                failures.append(Failure(key, _RULES["missing"]))
            elif field.default is not None:
                values[key] = field.default
            continue
        values[key], broken = _judge(field, bag[key])
        failures += broken
    failures += [Failure(key, _RULES["extra_forbidden"]) for key in bag if key not in fields]
    return values, failures


def _judge(field: Field, value: Any) -> tuple[Any, list[Failure]]:
    if value is UNKNOWN:
        return value, []
    if isinstance(value, list) and UNKNOWN in value:
        # The known elements are judged now, the complete list once it is known.
        judged = [(i, _judge(field, [item])) for i, item in enumerate(value) if item is not UNKNOWN]
        return value, [
            Failure(failure.path.replace("[0]", f"[{i}]", 1), failure.rule)
            for i, (_, broken) in judged
            for failure in broken
        ]
    try:
        return field.type.validate_python(value), []
    except ValidationError as error:
        broken = [Failure(_path(field.key, detail), _rule(detail)) for detail in error.errors()]
        return value, list(dict.fromkeys(broken))


def _path(key: str, detail: ErrorDetails) -> str:
    # Union members put their own names into the location; only list positions are part of a property path.
    places = "".join(f"[{part}]" for part in detail["loc"] if isinstance(part, int))
    return f"{key}{places}{detail.get('ctx', {}).get('below', '')}"


def _rule(detail: ErrorDetails) -> str:
    words = _RULES.get(detail["type"])
    rule = words.format(**detail.get("ctx", {})) if words else detail["msg"]
    if detail["type"] == "free_form" or not rule.startswith("must be") or ", not " in rule:
        return rule
    must, colon, reason = rule.partition(": ")
    return f"{must}, not {_shown(detail['input'])}{colon}{reason}"


def _shown(value: Any) -> str:
    """A value as a program writes it, cut short."""
    if isinstance(value, Foreign):
        return str(value)
    # The engine makes a float of every number.
    text = shorten(f"{value:.16g}" if isinstance(value, float) else str(value), 60)
    return repr(text) if isinstance(value, str) else text
