"""Write the tables of README and reference from the schema and the settings: a fact about a field is written once.

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`; its name is `settings`, or a resource's with `inputs` or
`outputs`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pulumi_opsmanager as om
from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.schema.fields import Declaration, Field, fields_of

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "reference.md")
RESOURCES = (om.LogCollectionJob, om.LogCollectionCompletion, om.LogArchive, om.LogCollectionWindow)


def with_tables(text: str) -> str:
    """A page's text with every marked table made anew.

    Raises:
        KeyError: A table of that name is not known.
    """
    tables = _tables()
    return re.sub(
        r"<!-- ([\w ]+) -->\n.*?<!-- /\1 -->",
        lambda found: f"<!-- {found[1]} -->\n{tables[found[1]]}<!-- /{found[1]} -->",
        text,
        flags=re.DOTALL,
    )


def _tables() -> Mapping[str, str]:
    tables = {"settings": _settings()}
    for resource in RESOURCES:
        inputs, state = resource.declarations
        tables[f"{resource.__name__} inputs"] = _inputs(inputs)
        tables[f"{resource.__name__} outputs"] = _outputs(state)
    return tables


def _inputs(declaration: type[Declaration]) -> str:
    rows: list[tuple[str, ...]] = [
        (f"`{field.name}`", _default(field), field.on_change.value, field.description)
        for field in fields_of(declaration).values()
    ]
    return _table(("input", "default", "a change", "meaning"), rows)


def _outputs(declaration: type[Declaration]) -> str:
    rows: list[tuple[str, ...]] = [(f"`{field.name}`", field.description) for field in fields_of(declaration).values()]
    return _table(("output", "meaning"), rows)


def _settings() -> str:
    rows: list[tuple[str, ...]] = [
        (f"`opsmanager:{row.key}`", ", ".join(f"`{name}`" for name in row.variables) or "-", row.meaning)
        for row in SETTINGS
    ]
    return _table(("setting", "environment, in this order", "meaning"), rows)


def _default(field: Field) -> str:
    if field.required:
        return "required"
    value = f"{field.default:g}" if isinstance(field.default, float) else field.default
    return "-" if value is None else f"`{value}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_tables(page.read_text()))
