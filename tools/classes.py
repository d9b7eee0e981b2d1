"""Write the fields of the schema into the resource classes: parameters, docstrings, outputs and dictionary keys.

`make generate` replaces only the lines between fixed neighbours, such as `*,` and `opts:` in a constructor. Everything
else in `resources` is written by hand.
"""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pulumi_opsmanager import resources
from pulumi_opsmanager.resources.base import fields_of_outputs
from pulumi_opsmanager.resources.collection import DECIDED, PARTS
from pulumi_opsmanager.schema.fields import Declaration, Field, OnChange, fields_of
from pulumi_opsmanager.schema.job import JobInputs

ROOT = Path(__file__).resolve().parents[1]
RESOURCES = (
    resources.LogArchive,
    resources.LogCollectionCompletion,
    resources.LogCollectionJob,
    resources.LogCollectionWindow,
)
COLLECTION = Path(inspect.getfile(resources.LogCollection))
MODULES = (*(Path(inspect.getfile(resource)) for resource in RESOURCES), COLLECTION)

# The types that a program may give for a type of the schema.
_ACCEPTED = {
    "ByteSize": "int | str",
    "Duration": "str",
    "FilePath": "str | PathLike[str]",
    "Flag": "bool",
    "IfMissing": "IfMissingWord",
    "Instant": "str | datetime",
    "LogTypes": "Collection[pulumi.Input[LogTypeWord | str]]",
    "ObjectId": "str",
    "ObjectIds": "Collection[pulumi.Input[str]]",
    "OnExpired": "OnExpiredWord",
    "OnFailure": "OnFailureWord",
    "RenewalDays": "int | str",
    "ResourceType": "ResourceTypeWord | str",
    "RetentionDays": "int | str",
    "Seconds": "float | str",
    "Text": "str",
    "Verify": "VerifyWord",
    "WholeNumber": "int",
    "list[FreeForm]": "Sequence[Any]",
}
# Indentation and quotes need the rest of a line.
_OUTPUT_WIDTH = 110
# Every job has a project: by default the configured one.
_NEVER_NONE = {"project_id"}


def generated(path: Path) -> str:
    """Return the source of a module of `resources` with the present fields of the schema.

    Raises:
        KeyError: `_ACCEPTED` lacks the type of an input.
        ValueError: The module lacks the neighbours of a place for fields.
    """
    text = path.read_text()
    for resource in RESOURCES:
        if inspect.getfile(resource) == str(path):
            text = _constructor(text, _inputs(resource.declarations[0]))
            outputs = "".join(map(_output, fields_of_outputs(resource.declarations).values()))
            text = _filled(text, "    declarations = .*?\n\n", "\n    def __init__", outputs)
    if path.name == "job.py":
        required, optional = (
            "".join(f"    {field.name}: {kind}\n" for field, kind in _inputs(JobInputs) if field.required is needed)
            for needed in (True, False)
        )
        text = _filled(text, r"class _RequiredJobArgs\(TypedDict\):\n", "\n\nclass ", required)
        text = _filled(text, r'class LogCollectionJobArgs\(.*?"""\n\n', "\n\nclass ", optional)
    if path == COLLECTION:
        handed_on = [(field, kind) for field, kind in _inputs(*PARTS) if field.name not in DECIDED]
        text = _constructor(text, handed_on, after="archive_dir")
    command = [f"{sys.prefix}/bin/ruff", "format", "-"]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True).stdout


def _filled(text: str, before: str, behind: str, new: str) -> str:
    filled, found = re.subn(f"({before}).*?(?={behind})", lambda old: old[1] + new, text, count=1, flags=re.DOTALL)
    if not found:
        raise ValueError(f"no place for fields between {before!r} and {behind!r}")
    return filled


def _constructor(text: str, inputs: list[tuple[Field, str]], *, after: str = "") -> str:
    """Return the source with the inputs as parameters of the constructor, after a parameter written by hand."""
    parameters = (f"{field.name}: {kind}{'' if field.required else ' = None'},\n" for field, kind in inputs)
    neighbour = f"{after}: [^\n]*" if after else r"\*,"
    text = _filled(text, f"def __init__.*?\n {{8}}{neighbour}\n", " {8}opts: ", "".join(parameters))
    neighbour = f"{after or 'name'}: [^\n]*\n(?: {{16}}[^\n]*\n)*"
    return _filled(text, f'def __init__.*?""".*?\n {{12}}{neighbour}', " {12}opts: ", "".join(map(_line, inputs)))


def _inputs(*declarations: type[Declaration]) -> list[tuple[Field, str]]:
    """The fields and their Python types; required fields come first. The first declaration describes a shared name."""
    found: dict[str, tuple[Field, str]] = {}
    for declared in declarations:
        for field in fields_of(declared).values():
            found.setdefault(field.name, (field, _accepted(declared, field)))
    return sorted(found.values(), key=lambda each: not each[0].required)


def _accepted(declared: type[Declaration], field: Field) -> str:
    """The Python type of an input, by the name of its type in the schema."""
    written = next(found[field.name] for found in map(inspect.get_annotations, declared.__mro__) if field.name in found)
    marks = next(node for node in ast.walk(ast.parse(written)) if isinstance(node, ast.Tuple))
    kind, _, _ = ast.unparse(marks.elts[0]).partition(" | ")
    return f"pulumi.Input[{_ACCEPTED[kind]}]{'' if field.required else ' | None'}"


def _line(given: tuple[Field, str]) -> str:
    """The entry of a parameter in a docstring."""
    words = f"{given[0].name}: {_in_short(given[0])}"
    text = textwrap.fill(words, 108, subsequent_indent=" " * 4, break_on_hyphens=False)
    return f"{textwrap.indent(text, ' ' * 12)}\n"


def _in_short(field: Field) -> str:
    """The short description: its first sentence, the accepted text form, and the default."""
    first, *others = re.split(r"(?<=\.) (?=[A-Z`])", field.description)
    form = [field.text_form] if field.text_form else []
    return " ".join([first, *form, *(sentence for sentence in others if sentence.startswith("Default:"))])


def _output(field: Field) -> str:
    kind = _python(field.annotation)
    kind = re.sub(r"^Optional\[(.*)\]$", r"\1", kind) if field.name in _NEVER_NONE else kind
    line = f"    {field.name}: pulumi.Output[{kind}]\n"
    if field.on_change is not OnChange.COMPUTED:
        return line
    # `docs/reference.md` has the full description.
    text = field.description if len(field.description) <= _OUTPUT_WIDTH else _in_short(field)
    return f'{line}    """{text}"""\n'


def _python(annotation: Any) -> str:
    """A type without the schema's annotations, as the SDK resolves it."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _python(parts[0])
    if origin in (Union, UnionType):
        return f"Optional[{_python(parts[0])}]"
    if origin is None:
        return "Any" if annotation is Any else str(annotation.__name__)
    return f"{origin.__name__}[{', '.join(map(_python, parts))}]"


if __name__ == "__main__":
    for module in MODULES:
        module.write_text(generated(module))
