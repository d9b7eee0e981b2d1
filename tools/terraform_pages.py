"""Write the pages of the Terraform provider's resources and data sources from its schema and the tested examples.

The page of the provider is written by hand, and has its schema between two marks (`tools/tables.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pulumi_opsmanager.schema.fields import OnChange
from pulumi_opsmanager.terraform.attributes import PREFIX, RESOURCES, Attribute, Block, Resource
from pulumi_opsmanager.terraform.data_sources import DATA_SOURCES
from pulumi_opsmanager.terraform.session import PROVIDER
from pulumi_opsmanager.terraform.values import Type

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs" / "terraform"
EXAMPLES = ROOT / "examples" / "terraform"

_WRITTEN = "<!-- `make generate` writes this page from the schema and from examples/terraform. -->\n"
_WORDS = {"string": "String", "number": "Number", "bool": "Boolean", "dynamic": "Dynamic", "object": "Object"}
_REPLACES = "A change replaces the job."
_IMPORT = """\
The ID of an import is `PROJECT/JOB`, or `JOB` for a job of the provider's project. A command imports one job:

{command}
A block imports it in the next apply. With `terraform plan -generate-config-out=FILE`, Terraform writes the resource:

{block}
Read the plan before the first apply. It shows no change if the configuration describes the job as it is.
`retention_days` and `renew_when_days_left` are an update, because the server does not know them.

If another value differs whose change replaces the job, the plan shows `must be replaced`. **An apply then deletes the
imported job and its archive.**
"""


def pages() -> Mapping[Path, str]:
    """The text of each page by its path."""
    return {
        **{_path("resources", name): _resource_page(name, resource) for name, resource in RESOURCES.items()},
        **{_path("data-sources", name): _source_page(name, source) for name, source in DATA_SOURCES.items()},
    }


def provider_schema() -> str:
    """The attributes of the provider block."""
    return "".join(_lists(PROVIDER.attributes.values()))


def _path(folder: str, name: str) -> Path:
    return DOCS / folder / f"{name.removeprefix(PREFIX)}.md"


def _resource_page(name: str, resource: Resource) -> str:
    folder = EXAMPLES / "resources" / name
    imported = _IMPORT.format(command=_code(folder / "import.sh"), block=_code(folder / "import.tf"))
    more = f"\n## Import\n\n{imported}" if resource.kind.import_by_id else ""
    return _page(f"{name} (Resource)", resource, folder / "resource.tf") + more


def _source_page(name: str, source: Block) -> str:
    return _page(f"{name} (Data Source)", source, EXAMPLES / "data-sources" / name / "data-source.tf")


def _page(title: str, block: Block, example: Path) -> str:
    schema = "".join(_schema(block))
    return f"{_WRITTEN}# {title}\n\n{block.description}\n\n## Example Usage\n\n{_code(example)}\n## Schema\n\n{schema}"


def _code(file: Path) -> str:
    if not file.exists():
        return ""
    return f"```{'terraform' if file.suffix == '.tf' else 'sh'}\n{file.read_text()}```\n"


def _schema(block: Block) -> Iterator[str]:
    yield from _lists(block.attributes.values())
    for attribute in block.attributes.values():
        yield from _nested(attribute.name, attribute.type, attribute.elements)


def _lists(attributes: Iterable[Attribute]) -> Iterator[str]:
    """What a configuration must give, may give, and what only the provider gives."""
    groups: dict[str, list[str]] = {"Required": [], "Optional": [], "Read-Only": []}
    for attribute in attributes:
        group = "Required" if attribute.is_required else "Optional" if attribute.is_optional else "Read-Only"
        groups[group].append(_line(attribute))
    yield "\n".join(f"### {name}\n\n{''.join(lines)}" for name, lines in groups.items() if lines)


def _line(attribute: Attribute) -> str:
    field = attribute.input
    sentences = [attribute.description]
    if field is not None and field.on_change is OnChange.REPLACE and "a change" not in field.description:
        sentences.append(_REPLACES)
    return _item(attribute.name, attribute.name, attribute.type, " ".join(sentences), is_secret=attribute.is_secret)


def _item(path: str, name: str, type_: Type, words: str, *, is_secret: bool = False) -> str:
    notes = f"{_type_words(type_)}{', Sensitive' if is_secret else ''}"
    more = f" See [below](#{_anchor(path)})." if _objects(type_) else ""
    return f"- `{name}` ({notes}) {words}".rstrip() + f"{more}\n"


def _nested(path: str, type_: Type, elements: Iterable[Attribute] = ()) -> Iterator[str]:
    """The schema of the objects in a list, and of those in them."""
    if (objects := _objects(type_)) is None:
        return
    known = {element.name: element.description for element in elements}
    items = [_item(f"{path}.{name}", name, of, known.get(name, "")) for name, of in objects.items()]
    yield f"\n### Nested Schema for `{path}`\n\nRead-Only:\n\n{''.join(items)}"
    for name, of in objects.items():
        yield from _nested(f"{path}.{name}", of)


def _objects(type_: Type) -> Mapping[str, Any] | None:
    """The types of the attributes of an object, or of the objects in a list."""
    if isinstance(type_, str):
        return None
    found: Mapping[str, Any] | None = type_[1] if type_[0] == "object" else _objects(type_[1])
    return found


def _type_words(type_: Type) -> str:
    if isinstance(type_, str) or type_[0] == "object":
        return _WORDS[type_ if isinstance(type_, str) else type_[0]]
    return f"{type_[0].capitalize()} of {_type_words(type_[1])}"


def _anchor(path: str) -> str:
    return f"nested-schema-for-{path.replace('.', '')}"


if __name__ == "__main__":
    for page, text in pages().items():
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text)
