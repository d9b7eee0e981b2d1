"""Find the Pulumi engine, or install or build it once per machine. Print the folder whose `bin` has the engine.

It tries `pulumi` on PATH, the user cache, the official installer (through the SDK), and a build from the Go modules
pinned beside this file, in this order. The build is for machines that can reach only package registries.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

if not __package__:  # as a script, from any folder
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.engine.making import Engine, NoEngineError, Say, build, go_of, make_once, run, version_of

VERSION = "3.259.0"
OLDEST = (3, 254)

_HERE = Path(__file__).resolve().parent
_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
_CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_LANGUAGE_HOST_PACKAGE = f"{_SDK_MODULE}/python/cmd/pulumi-language-python"
# The version that language-host/go.mod requires.
_LANGUAGE_HOST_VERSION = "3.79.0"
_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")

_INSTALL_SECONDS = 300
GO_VERSION = (1, 25, 11)


def find_engine(say: Say) -> Path:
    """Return the root of an engine. Install or build the engine first if it is missing.

    Args:
        say: Receives one line per step and, during a build, one line every 20 seconds.

    Raises:
        NoEngineError: What was tried, why each failed, and what to do.
    """
    return _on_path() or make_once(ENGINE, say)


def _on_path() -> Path | None:
    command = shutil.which("pulumi")
    if command is None or not _is_new_enough(Path(command)):
        return None
    folder = Path(command).resolve().parent
    # The SDK looks for the command below `bin`.
    return folder.parent if folder.name == "bin" else None


def _works(root: Path) -> bool:
    return _is_new_enough(root / "bin" / "pulumi")


def _is_new_enough(command: Path) -> bool:
    return version_of(command, PULUMI_SKIP_UPDATE_CHECK="true") >= OLDEST


def _install(root: Path, say: Say) -> None:
    code = (
        "import sys; from pulumi.automation import PulumiCommand; from semver import VersionInfo; "
        "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))"
    )
    run([sys.executable, "-c", code, str(root), VERSION], say, "installing", timeout_seconds=_INSTALL_SECONDS)


def _build(root: Path, say: Say) -> None:
    output = root / "bin"
    output.mkdir(parents=True)
    with go_of(GO_VERSION, root.parent, say) as go:
        for module, package, version in (
            (_HERE / "language-host", _LANGUAGE_HOST_PACKAGE, _LANGUAGE_HOST_VERSION),
            (_HERE / "cli", _CLI_PACKAGE, VERSION),
        ):
            name = package.rsplit("/", 1)[1]
            linked = f"-X {_SDK_MODULE}/go/common/version.Version=v{version}"
            doing = f"building {name} (about 4 minutes in all)"
            build(go, module, package, output / name, say, doing=doing, linked=linked, tags="grpcnotrace")
        sdk = Path(run([go, "list", "-m", "-f", "{{.Dir}}", _SDK_MODULE], say, "locating", folder=_HERE / "cli"))
    for script in _SCRIPTS:
        copy = output / Path(script).name
        shutil.copyfile(sdk / script, copy)
        copy.chmod(0o755)


ENGINE = Engine(
    title=f"Pulumi {VERSION}",
    folder=f"pulumi-{VERSION}",
    works=_works,
    ways={"official installer": _install, "build from Go modules": _build},
    missing="Pulumi engine",
    advice=(
        f"install Pulumi {OLDEST[0]}.{OLDEST[1]} or newer yourself, so that `pulumi` is on PATH",
        "let this machine reach the official installer",
        "let this machine reach the Go modules (Go itself comes from the Python package index if need be)",
    ),
)


def main() -> int:
    """Print the engine's root; progress goes to stderr."""
    try:
        print(find_engine(lambda line: print(line, file=sys.stderr, flush=True)))
    except NoEngineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
