"""Are the values of a program valid? Returns canonical values, and all broken rules with their property paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from pulumi_opsmanager.errors import Expired, InvalidInput, Subject, shorten

from .fields import UNKNOWN, Declaration, Field, Foreign, Values, fields_of


@dataclass(frozen=True)
class Failure:
    """One broken rule.

    Attributes:
        path: Property path in vendor names: `logTypes[2]`.
        rule: What the value must be, in plain words.
        kind: Class of the error for it.
    """

    path: str
    rule: str
    kind: type[InvalidInput | Expired] = InvalidInput

    @property
    def key(self) -> str:
        """Vendor name of the property: `logTypes`."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]

    def error(self) -> InvalidInput | Expired:
        """The error for this rule."""
        return self.kind(str(self), subject=Subject(property=to_snake(self.key), key=self.key))

    def __str__(self) -> str:
        # As a program writes it: `log_types[2]`. Keys inside maps come from the program, so they stay as they are.
        return f"{to_snake(self.key)}{self.path[len(self.key) :]} {self.rule}"


# Messages of pydantic name inputs and instances. These name the rule.
_RULES = {
    "missing": "is required",
    "extra_forbidden": "is not a property of this resource",
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
    "dict_type": "must be a map",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be true or false",
    "literal_error": "must be {expected}",
}

_OWN_TYPES = ("rule", "free_form")
"""Errors of the schema's own validators, whose messages are rules."""


def validate(declaration: type[Declaration], given: Values) -> tuple[dict[str, Any], list[Failure]]:
    """Check each field separately, so that one broken rule hides no other.

    Args:
        declaration: The model that declares the fields.
        given: Values by vendor name. `UNKNOWN` may replace a value or an element of a list.

    Returns: Canonical values with defaults and without absent values; and the failures, in the order of the fields.
    """
    fields = fields_of(declaration)
    values: dict[str, Any] = {}
    failures: list[Failure] = []
    for key, field in fields.items():
        if given.get(key) is None:
            if field.required:
                failures.append(Failure(key, _RULES["missing"]))
            elif field.default is not None:
                values[key] = field.default
            continue
        values[key], broken = _validated(field, given[key])
        failures += broken
    failures += [Failure(key, _RULES["extra_forbidden"]) for key in given if key not in fields]
    return values, failures


def _validated(field: Field, value: Any) -> tuple[Any, list[Failure]]:
    if value is UNKNOWN:
        return value, []
    if isinstance(value, list) and UNKNOWN in value:
        return _partly_validated(field, value)
    try:
        return field.type.validate_python(value), []
    except ValidationError as error:
        broken = [Failure(_path(field.key, detail), _rule(detail)) for detail in error.errors()]
        return value, list(dict.fromkeys(broken))


def _partly_validated(field: Field, items: list[Any]) -> tuple[Any, list[Failure]]:
    """Check the known elements. A later check gets the complete list."""
    checked = [(place, *_validated(field, [item])) for place, item in enumerate(items) if item is not UNKNOWN]
    failures = [
        Failure(failure.path.replace("[0]", f"[{place}]", 1), failure.rule)
        for place, _, broken in checked
        for failure in broken
    ]
    if failures or not field.is_set:
        return items, failures
    known = sorted({item for _, found, _ in checked for item in found})
    # Unknown elements come last, so that a preview shows which elements are new.
    return [*known, *(item for item in items if item is UNKNOWN)], []


def _path(key: str, detail: ErrorDetails) -> str:
    # Pydantic also puts the names of union members into the location. Only list positions belong to a property path.
    places = "".join(f"[{part}]" for part in detail["loc"] if isinstance(part, int))
    return f"{key}{places}{detail.get('ctx', {}).get('below', '')}"


def _rule(detail: ErrorDetails) -> str:
    words = _RULES.get(detail["type"])
    if words:
        rule = words.format(**detail.get("ctx", {}))
    else:
        rule = detail["msg"] if detail["type"] in _OWN_TYPES else "must be a value of another type"
    if detail["type"] == "free_form" or not rule.startswith("must be") or ", not " in rule:
        return rule
    must, colon, reason = rule.partition(": ")
    return f"{must}, not {_shown(detail['input'])}{colon}{reason}"


def _shown(value: Any) -> str:
    """A value as a program writes it, shortened."""
    if isinstance(value, Foreign):
        return str(value)
    # Pulumi turns all numbers into floats.
    text = shorten(f"{value:.16g}" if isinstance(value, float) else str(value), 60)
    return repr(text) if isinstance(value, str) else text
