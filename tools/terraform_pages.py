"""Write the pages of the Terraform provider's resources and data sources from its schema and the tested examples.

The page of the provider is written by hand, and has its schema between two marks (`tools/tables.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

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
The ID of an import is `PROJECT/JOB`. For a job of the provider's project, `JOB` is enough. A command imports one job:

{command}
An `import` block imports the job in the next apply. `terraform plan -generate-config-out=FILE` writes the resource for
it:

{block}
Read the plan before the first apply. If the configuration describes the job as it is, the plan shows no change.
`retention_days` and `renew_when_days_left` show as an update, because the server does not store them.

The plan shows `must be replaced` if another value differs and its change replaces the job. **An apply then deletes the
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
        yield from _nested(attribute.name, attribute)


def _lists(attributes: Iterable[Attribute]) -> Iterator[str]:
    """What a configuration must give, may give, and what only the provider gives."""
    groups: dict[str, list[str]] = {"Required": [], "Optional": [], "Read-Only": []}
    for attribute in attributes:
        group = "Required" if attribute.is_required else "Optional" if attribute.is_optional else "Read-Only"
        groups[group].append(_line(attribute))
    yield "\n".join(f"### {name}\n\n{''.join(lines)}" for name, lines in groups.items() if lines)


def _line(attribute: Attribute) -> str:
    field = attribute.input
    replaces = field is not None and field.on_change is OnChange.REPLACE and "a change" not in field.description
    return _item(attribute.name, attribute, f" {_REPLACES}" if replaces else "")


def _item(path: str, attribute: Attribute, more: str = "") -> str:
    notes = f"{_type_words(attribute.type)}{', Sensitive' if attribute.is_secret else ''}"
    link = f" See [below](#{_anchor(path)})." if attribute.elements else ""
    return f"- `{attribute.name}` ({notes}) {attribute.description}{more}{link}\n"


def _nested(path: str, attribute: Attribute) -> Iterator[str]:
    """The schema of the objects in a list, and of those in them."""
    if not attribute.elements:
        return
    elements = {f"{path}.{element.name}": element for element in attribute.elements}
    yield f"\n### Nested Schema for `{path}`\n\nRead-Only:\n\n{''.join(map(_item, elements, elements.values()))}"
    for below, element in elements.items():
        yield from _nested(below, element)


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
