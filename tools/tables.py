"""Write the programs of examples, and tables from schema, settings and errors, into the pages.

Each table and program is written between `<!-- NAME -->` and `<!-- /NAME -->`. The name of a table is `settings`,
`errors`, `codes`, `statuses`, `provider block`, or the name of a resource with `inputs` or `outputs`. The name of a
program is the path of its file.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import pulumi_opsmanager as om
from pulumi_opsmanager import errors
from pulumi_opsmanager.api import refusals
from pulumi_opsmanager.api.settings import SETTINGS
from pulumi_opsmanager.resources.base import fields_of_outputs
from pulumi_opsmanager.resources.collection import PARTS
from pulumi_opsmanager.schema.fields import Declaration, Field, OnChange, fields_of
from pulumi_opsmanager.schema.manifest import Manifest, ManifestPart
from tools import terraform_pages
from tools.classes import RESOURCES

ROOT = Path(__file__).resolve().parents[1]
GUIDES = ("audit.md", "download.md", "incident.md", "languages.md", "servers.md", "take-over.md")
PAGES = (
    ROOT / "README.md",
    *(ROOT / "docs" / name for name in (*GUIDES, "configure.md", "errors.md", "reference.md")),
    ROOT / "docs" / "terraform" / "index.md",
)


def with_tables(text: str) -> str:
    """Return a page's text with the present form of each marked table and program.

    Raises:
        KeyError: No table and no example's program has that name.
    """
    texts = {**_tables(), **_programs()}
    return re.sub(
        r"<!-- ([\w ./-]+) -->\n.*?<!-- /\1 -->",
        lambda found: f"<!-- {found[1]} -->\n{texts[found[1]]}<!-- /{found[1]} -->",
        text,
        flags=re.DOTALL,
    )


def _programs() -> dict[str, str]:
    languages = {
        "*/__main__.py": "python",
        "terraform/*/*.tf": "terraform",
        "languages/yaml/*/Pulumi.yaml": "yaml",
        "languages/typescript/*/*.ts": "typescript",
        "languages/go/*/*.go": "go",
    }
    files = {file: language for pattern, language in languages.items() for file in ROOT.glob(f"examples/{pattern}")}
    return {
        file.relative_to(ROOT).as_posix(): f"```{language}\n{file.read_text()}```\n" for file, language in files.items()
    }


def _tables() -> Mapping[str, str]:
    tables = {
        "settings": _settings(),
        "errors": _errors(),
        "codes": _refusals("code", refusals._BY_CODE),  # noqa: SLF001  a table of this package
        "statuses": _refusals("status", refusals._BY_STATUS),  # noqa: SLF001
        "provider block": terraform_pages.provider_schema(),
    }
    for resource in RESOURCES:
        tables[f"{resource.__name__} inputs"] = _inputs(resource.declarations[0])
        tables[f"{resource.__name__} outputs"] = _outputs(fields_of_outputs(resource.declarations).values())
    tables["manifest"] = _model(Manifest)
    tables["manifest part"] = _model(ManifestPart)
    tables["LogCollection inputs"] = _described("input", _section(om.LogCollection.__init__, "Args"), but=PARTS)
    tables["LogCollection outputs"] = _described("output", _section(om.LogCollection, "Attributes"))
    tables["Provider inputs"] = _described("input", _section(om.Provider.__init__, "Args"))
    return tables


def _inputs(declaration: type[Declaration]) -> str:
    rows: list[tuple[str, ...]] = [
        (f"`{field.name}`{' (required)' if field.required else ''}", field.on_change.value, _meaning(field))
        for field in fields_of(declaration).values()
    ]
    return _table(("input", "a change", "meaning"), rows)


def _meaning(field: Field) -> str:
    """The description of a field, with the accepted text form before the default."""
    if not field.text_form:
        return field.description
    words, default, value = field.description.partition(" Default:")
    return f"{words} {field.text_form}{default}{value}"


def _model(model: type[BaseModel]) -> str:
    """The fields of a model: their names in JSON and their descriptions."""
    rows: list[tuple[str, ...]] = [
        (f"`{info.alias or name}`", str(info.description)) for name, info in model.model_fields.items()
    ]
    return _table(("name", "meaning"), rows)


def _outputs(fields: Iterable[Field]) -> str:
    rows: list[tuple[str, ...]] = [
        (f"`{field.name}`", field.description) for field in fields if field.on_change is OnChange.COMPUTED
    ]
    return _table(("output", "meaning"), rows)


def _section(documented: object, name: str) -> dict[str, str]:
    """The descriptions in a section of a docstring, by name."""
    lines = (inspect.getdoc(documented) or "").partition(f"{name}:\n")[2].partition("\n\n")[0]
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", lines, re.MULTILINE)
    return {argument: " ".join(words.split()) for argument, words in found}


def _described(head: str, words: Mapping[str, str], *, but: Iterable[type[Declaration]] = ()) -> str:
    """A table of documented names, without the fields of the declarations in `but`, which have other tables."""
    elsewhere = {"name", "opts"} | {field.name for declared in but for field in fields_of(declared).values()}
    rows: list[tuple[str, ...]] = [(f"`{name}`", text) for name, text in words.items() if name not in elsewhere]
    return _table((head, "meaning"), rows)


def _settings() -> str:
    rows: list[tuple[str, ...]] = [
        (f"`opsmanager:{row.key}`", ", ".join(f"`{name}`" for name in row.variables) or "-", row.meaning)
        for row in SETTINGS
    ]
    return _table(("setting", "environment, in this order", "meaning"), rows)


def _errors() -> str:
    root = errors.OpsManagerError
    classes = [found for name in errors.__all__ if inspect.isclass(found := getattr(errors, name))]
    leaves = [leaf for leaf in classes if issubclass(leaf, root) and leaf is not root]
    return "\n".join(map(_error, leaves))


def _error(leaf: type[errors.OpsManagerError]) -> str:
    """A section without a table, because four columns do not fit on a phone."""
    words = inspect.getdoc(leaf) or ""
    parts = "".join(f"- **{name}:** {_part(words, name)}\n" for name in ("Cause", "Remedy"))
    return f"### {leaf.__name__}\n\n{words.partition(chr(10))[0]}\n\n{parts}"


def _part(words: str, name: str) -> str:
    found = re.search(rf"^{name}: (.*(?:\n +.*)*)", words, re.MULTILINE)
    if found is None:
        raise ValueError(f"the docstring that begins with {words[:40]!r} has no {name}")
    return " ".join(found[1].split())


def _refusals(head: str, table: Mapping[Any, tuple[type[errors.OpsManagerError], str]]) -> str:
    rows: list[tuple[str, ...]] = [
        (f"`{answer}`", f"`{kind.__name__}`: {meaning.format(job='ID', project='PROJECT')}")
        for answer, (kind, meaning) in table.items()
    ]
    return _table((head, "error and what to do"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_tables(page.read_text()))
