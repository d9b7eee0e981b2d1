"""A stack of a YAML program, whose resources the plugin of this environment serves."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import indent
from typing import Final

from tests.engine.stack import Refused, Stack
from tests.support import ROOT

BIN: Final = Path(sys.executable).parent
"""The folder of the plugin's command."""

GOOD: Final = """\
resourceType: REPLICASET
resourceName: rs0
logTypes: [MONGODB, FTDC]
sizeRequestedPerFileBytes: 10000
redacted: true
"""

_HEAD = """\
name: under-test
runtime: yaml
"""

# The folder is relative to this file, or absolute as here.
_BY_PATH = f"""\
plugins:
  providers:
    - name: opsmanager
      path: {BIN}
"""


def resource(name: str, kind: str, properties: str, options: str = "") -> str:
    """A resource of a program, with its properties and options as lines of YAML."""
    text = f"{name}:\n  type: opsmanager:{kind}\n  properties:\n{indent(properties, '    ')}"
    return text + (f"  options:\n{indent(options, '    ')}" if options else "")


def job(name: str = "logs", changes: str = "") -> str:
    """A job. A changed property replaces the usual one."""
    changed = {line.partition(":")[0] for line in changes.splitlines()}
    kept = [line for line in GOOD.splitlines() if line.partition(":")[0] not in changed]
    return resource(name, "LogCollectionJob", "\n".join([*kept, *changes.splitlines(), ""]))


def write_program(folder: Path, *resources: str, more: str = "", is_on_path: bool = False) -> None:
    """Make the resources the YAML program of a folder.

    Args:
        folder: The folder of the project.
        resources: Texts as of `resource`.
        more: Other sections of the program.
        is_on_path: Whether the engine finds the plugin on PATH, and not by its path in the program.
    """
    body = "".join(indent(text, "  ") for text in resources)
    text = _HEAD + ("" if is_on_path else _BY_PATH) + more + (f"resources:\n{body}" if body else "")
    (folder / "Pulumi.yaml").write_text(text)


def write_example(folder: Path, name: str, *changes: tuple[str, str], is_on_path: bool = False) -> None:
    """Make an example the program of a folder.

    Args:
        folder: The folder of the project.
        name: Name of the example.
        changes: Texts to replace, each with its new text.
        is_on_path: As of `write_program`.
    """
    text = (ROOT / "examples" / "languages" / "yaml" / name / "Pulumi.yaml").read_text()
    # The stack belongs to this project.
    for old, new in ((text.partition("\n")[0], "name: under-test"), *changes):
        assert old in text, f"the example has no {old}"
        text = text.replace(old, new)
    (folder / "Pulumi.yaml").write_text(text + ("" if is_on_path else _BY_PATH))


__all__ = ["BIN", "GOOD", "Refused", "Stack", "job", "resource", "write_example", "write_program"]
