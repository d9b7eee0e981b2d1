"""Find Terraform and OpenTofu, or build OpenTofu once per machine; print the paths of the commands.

It finds `terraform` and `tofu` on PATH, and OpenTofu in the user cache. If there is none, it builds OpenTofu from the
Go modules pinned beside this file. It never builds Terraform: its license forbids some uses, and its Go modules are
incomplete.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

if not __package__:  # as a script, from any folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.engine.making import Engine, NoEngineError, Say, build, cache, go_of, make_once, version_of

VERSION = "1.12.6"
OLDEST = {"terraform": (1, 5), "tofu": (1, 6)}

_MODULE = Path(__file__).resolve().parent / "opentofu"
_PACKAGE = "github.com/opentofu/opentofu/cmd/tofu"
# Without this variable the command reports a development version.
_LINKED = "-X github.com/opentofu/opentofu/version.dev=no"
_GO_VERSION = (1, 26, 6)


def find_binaries(say: Say) -> tuple[Path, ...]:
    """Return the commands of this machine, `terraform` before `tofu`; OpenTofu is built if there is none.

    Args:
        say: Receives one line per step and, during a build, one line every 20 seconds.

    Returns: One or two paths, each named `terraform` or `tofu`.

    Raises:
        NoEngineError: What was tried, why each failed, and what to do.
    """
    cached = cache() / _OPENTOFU.folder
    found = _on_path()
    if "tofu" not in found and _works(cached):
        found["tofu"] = cached / "tofu"
    return tuple(found.values()) or (_build_once(say),)


def _on_path() -> dict[str, Path]:
    """The paths of the commands on PATH that are new enough, by name."""
    commands = ((name, shutil.which(name)) for name in OLDEST)
    return {name: Path(command) for name, command in commands if command and _is_new_enough(Path(command))}


def _is_new_enough(command: Path) -> bool:
    # Otherwise Terraform asks HashiCorp for a newer version.
    return version_of(command, CHECKPOINT_DISABLE="1") >= OLDEST[command.name]


def _works(root: Path) -> bool:
    return _is_new_enough(root / "tofu")


def _build_once(say: Say) -> Path:
    return make_once(_OPENTOFU, say) / "tofu"


def _build(root: Path, say: Say) -> None:
    root.mkdir()
    doing = "building OpenTofu (about 6 minutes)"
    with go_of(_GO_VERSION, root.parent, say) as go:
        build(go, _MODULE, _PACKAGE, root / "tofu", say, doing=doing, linked=_LINKED)


_OPENTOFU = Engine(
    title=f"OpenTofu {VERSION}",
    folder=f"opentofu-{VERSION}",
    works=_works,
    ways={"build from Go modules": _build},
    missing="Terraform or OpenTofu",
    advice=(
        "install Terraform 1.5 or OpenTofu 1.6, or newer, yourself, so that `terraform` or `tofu` is on PATH",
        "let this machine reach the Go modules (Go itself comes from the Python package index if need be)",
    ),
)


def main() -> int:
    """Print one path per line; progress goes to stderr. `--build` builds OpenTofu even if Terraform is there."""

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    try:
        if "--build" in sys.argv[1:]:
            _build_once(say)
        print(*find_binaries(say), sep="\n")
    except NoEngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
