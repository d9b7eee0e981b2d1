"""Write the tables of the README from the schema and the settings: a fact about a field is written once."""

from __future__ import annotations

from pathlib import Path

from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.schema.fields import Declaration, Field, fields_of
from pulumi_opsmanager.schema.job import JobInputs, JobState

README = Path(__file__).resolve().parents[1] / "README.md"


def with_tables(text: str) -> str:
    """The README's text with every marked table made anew."""
    for name, table in (("inputs", _inputs()), ("outputs", _outputs()), ("settings", _settings())):
        before, opening, rest = text.partition(f"<!-- {name} -->\n")
        _, closing, after = rest.partition(f"<!-- /{name} -->")
        text = before + opening + table + closing + after
    return text


def _inputs() -> str:
    rows: list[tuple[str, ...]] = [
        (f"`{field.name}`", _default(field), field.on_change.value, field.description)
        for field in fields_of(JobInputs).values()
    ]
    return _table(("input", "default", "a change", "meaning"), rows)


def _outputs() -> str:
    declarations: tuple[type[Declaration], ...] = (JobState,)
    rows: list[tuple[str, ...]] = [
        (f"`{field.name}`", field.description) for declared in declarations for field in fields_of(declared).values()
    ]
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
    return "-" if field.default is None else f"`{field.default}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text()))
