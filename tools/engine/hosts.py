"""Add a language host beside the Pulumi engine. Print the folder whose `bin` has both.

A released Pulumi has the hosts of all languages. An engine that was built from Go modules has only the host of Python,
and it receives the others from here, once per machine. The engine itself is not built again.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

if not __package__:  # as a script, from any folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.engine.find import ENGINE, find_engine
from tools.engine.making import Engine, NoEngineError, Say, build, cache, go_of, make_once

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Host:
    """A language host that the pinned Go modules can build.

    Attributes:
        language: Name of the language in messages.
        module: Folder of go.mod and go.sum, beside this file.
        package: Import path of the command.
        version: Version that go.mod requires.
        go: Lowest version of Go that builds it.
        duration: Usual time of a build.
    """

    language: str
    module: str
    package: str
    version: str
    go: tuple[int, ...]
    duration: str

    @property
    def command(self) -> str:
        """Name of the command, by which the engine finds it."""
        return self.package.rpartition("/")[2]


YAML = Host(
    "YAML",
    "yaml",
    "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
    "1.25.0",
    (1, 25, 11),
    "about 2 minutes",
)

# Later versions of this module have no host of Node.js. This one runs programs, but it cannot write code.
NODE = Host(
    "Node.js",
    "node-host",
    "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    "3.60.0",
    (1, 20),
    "about 1 minute",
)


def find_engine_with(host: Host, say: Say) -> Path:
    """Return the root of an engine that has a language host. Make what is missing first.

    Args:
        host: The language host.
        say: Receives one line per step and, during a build, one line every 20 seconds.

    Raises:
        NoEngineError: What was tried, why each failed, and what to do.
    """
    root = find_engine(say)
    if not _works(root / "bin" / host.command) and root.parent != cache():
        # The folder of an installed Pulumi is not ours to change.
        root = make_once(ENGINE, say)
    make_once(_beside(root, host), say)
    return root


def _works(command: Path) -> bool:
    # The command has no version to ask for: it serves until the engine ends it.
    return os.access(command, os.X_OK)


def _beside(root: Path, host: Host) -> Engine:
    def make(command: Path, say: Say) -> None:
        doing = f"building {host.command} ({host.duration})"
        with go_of(host.go, command.parent, say) as go:
            build(go, _HERE / host.module, host.package, command, say, doing=doing, tags="grpcnotrace")

    return Engine(
        title=f"{host.language} language host {host.version}",
        folder=str(root.joinpath("bin", host.command)),
        works=_works,
        ways={"build from Go modules": make},
        missing=f"{host.language} language host",
        advice=(
            "install a released Pulumi yourself, so that `pulumi` is on PATH: it has all language hosts",
            "let this machine reach the Go modules (Go itself comes from the Python package index if need be)",
        ),
    )


def main() -> int:
    """Print the root of an engine that runs YAML programs; progress goes to stderr."""
    try:
        print(find_engine_with(YAML, lambda line: print(line, file=sys.stderr, flush=True)))
    except NoEngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
