"""Change the rules one place at a time, and hold what no type and no test notices against docs/mutants.md.

mutmut makes the mutants and runs them; what it changes, and with which tests, stands in pyproject.toml. It takes the
source from a folder `src`, so it works in `.mutants`, where links lay the project out like that. Ends 0 when every
survivor has its reason on the page, and every mutant on the page survives.

A mutant is known by its function and its changed lines, so other changes of the file leave it the one it was.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "mutants.md"
PLACE = ROOT / ".mutants"
MUTATED = PLACE / "mutants" / "src" / "pulumi_opsmanager"

_TESTS = ("tests/schema", "tests/lifecycle", "tests/dynamic")

_LAYOUT = {"src": "provider", "tests": "tests", "pyproject.toml": "pyproject.toml"}

# The exit codes that mutmut stores beside those of pytest; all others are mutants that some test noticed.
_STATUSES = {None: "not run", 0: "survived", 5: "not reached", 33: "not reached", 37: "seen by types"} | dict.fromkeys(
    (36, -24, 24, 152, 255), "too slow"
)
_UNNOTICED = {"not run", "survived", "not reached"}

# Only there a whole function may be left to the tests that run an engine.
_ENGINE_ROOM = "dynamic."


@dataclass(frozen=True, order=True)
class Mutant:
    """A change of one function.

    Attributes:
        function: Room, module and name: `lifecycle.diff.may_retry`.
        lines: Changed lines without their indentation, each after `- ` or `+ `; none for all of a function.
    """

    function: str
    lines: tuple[str, ...] = ()


def mutant_of(function: str, before: str, after: str) -> Mutant:
    """The mutant that makes one source text of a function from another; its place in the file does not matter."""
    old, new = ([line.strip() for line in text.splitlines()] for text in (before, after))
    changed = (line for line in difflib.ndiff(old, new) if line[0] in "-+")
    return Mutant(function, tuple(changed))


def listed_in(page: str) -> dict[Mutant, str]:
    """The mutants of a page, each with its reason.

    Raises:
        ValueError: One has no reason, or a whole function is excused where no engine is needed.
    """
    known: dict[Mutant, str] = {}
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        functions = re.findall(r"`([\w.]+)`", section.partition("\n")[0])
        body = re.split(r"^## ", section.partition("\n")[2], flags=re.MULTILINE)[0]
        blocks = re.findall(r"^```diff\n(.*?)^```$", body, flags=re.MULTILINE | re.DOTALL)
        reason = re.sub(r"^```diff\n.*?^```$", "", body, flags=re.MULTILINE | re.DOTALL).strip()
        changes = [change for block in blocks for change in block.strip().split("\n\n")]
        if not reason:
            raise ValueError(f"{', '.join(functions)}: say why no test notices it")
        if not changes and not all(function.startswith(_ENGINE_ROOM) for function in functions):
            raise ValueError(f"{', '.join(functions)}: name the changes; a whole function is left out for engines only")
        for function in functions:
            known |= {Mutant(function, tuple(change.splitlines())): reason for change in changes}
            known |= {} if changes else {Mutant(function): reason}
    return known


def differences(
    unnoticed: Iterable[Mutant], noticed: Iterable[Mutant], known: Iterable[Mutant]
) -> tuple[list[Mutant], list[Mutant]]:
    """Survivors that are not known, and known ones that are noticed or no more; what was too slow tells neither."""
    survivors, listed, dead = set(unnoticed), set(known), set(noticed)
    whole = {mutant.function for mutant in listed if not mutant.lines}
    new = {mutant for mutant in survivors - listed if mutant.function not in whole}
    used = {mutant.function for mutant in survivors}
    stale = {mutant for mutant in listed if (mutant in dead if mutant.lines else mutant.function not in used)}
    return sorted(new), sorted(stale)


def entry(mutants: Iterable[Mutant]) -> Iterator[str]:
    """Mutants as the page has them, without a reason."""
    by_function: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        by_function.setdefault(mutant.function, []).append(mutant)
    for function, changes in by_function.items():
        yield f"### `{function}`\n\n```diff\n" + "\n\n".join("\n".join(change.lines) for change in changes) + "\n```\n"


def main(names: list[str]) -> int:
    """Run them all, or those that a pattern of mutmut names; compare and tell."""
    known = listed_in(PAGE.read_text())
    started = time.monotonic()
    _run(names)
    results = list(_results())
    found = [(mutant, status) for _, mutant, status in results]
    for room, statuses in sorted(_by_room(found).items()):
        told = ", ".join(f"{count} {status}" for status, count in sorted(statuses.items()))
        print(f"{room}: {statuses.total()} mutants: {told}")
    print(f"{time.monotonic() - started:.0f} s")
    unnoticed = [mutant for mutant, status in found if status in (_UNNOTICED - {"not run"} if names else _UNNOTICED)]
    made = {mutant for mutant, _ in found}
    dead = {mutant for mutant, status in found if status in ("noticed", "seen by types")} - set(unnoticed)
    new, stale = differences(unnoticed, dead | (known.keys() - made), known)
    keys = {mutant: key for key, mutant, status in results if status in _UNNOTICED}
    new = [mutant for mutant in new if not _is_noticed_from_the_start(keys[mutant], mutant.function)]
    for text in entry(new):
        print(text)
    for mutant in stale:
        print(f"not a survivor any more: {mutant.function}: {' '.join(mutant.lines)}")
    print(f"{len(new)} new survivors, {len(stale)} lines of docs/mutants.md to take off")
    return 1 if new or (stale and not names) else 0


def _run(names: list[str]) -> None:
    PLACE.mkdir(exist_ok=True)
    for name, target in _LAYOUT.items():
        link = PLACE / name
        if not link.is_symlink():
            link.symlink_to(Path("..", target), target_is_directory=(ROOT / target).is_dir())
    # It keeps verdicts of unchanged functions, also where the tests have changed.
    shutil.rmtree(PLACE / "mutants", ignore_errors=True)
    tools = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "MYPYPATH": "src"}
    subprocess.run([tools / "mutmut", "run", *names], cwd=PLACE, env=environment, check=True)


def _is_noticed_from_the_start(key: str, function: str) -> bool:
    """Run the tests, those of the function's room first, in a process that imports the mutant.

    mutmut forks one that has imported everything, so what a function did at the import was done by the original.
    """
    own = f"tests/{function.partition('.')[0]}"
    tests = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", own, *(set(_TESTS) - {own})]
    environment = os.environ | {"MUTANT_UNDER_TEST": key, "PYTHONPATH": "src"}
    place = PLACE / "mutants"
    return subprocess.run(tests, cwd=place, env=environment, capture_output=True, check=False).returncode in (1, 2)


def _results() -> Iterator[tuple[str, Mutant, str]]:
    for stored in sorted(MUTATED.rglob("*.meta")):
        source = stored.with_suffix("")
        lines = source.read_text().splitlines()
        spans = json.loads(source.with_name(f"{source.name}.spans").read_text())["spans"]
        texts = {name: "\n".join(lines[first - 1 : last]) for name, (first, last) in spans.items()}
        for key, code in json.loads(stored.read_text())["exit_code_by_key"].items():
            name = key.rpartition(".")[2]
            mangled = name.partition("__mutmut_")[0]
            original = f"{mangled}__mutmut_orig"
            function = mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
            module = ".".join(source.relative_to(MUTATED).with_suffix("").parts)
            plain = function.rpartition(".")[2]
            before, after = texts[original].replace(original, plain), texts[name].replace(name, plain)
            yield key, mutant_of(f"{module}.{function}", before, after), _STATUSES.get(code, "noticed")


def _by_room(found: Iterable[tuple[Mutant, str]]) -> dict[str, Counter[str]]:
    rooms: dict[str, Counter[str]] = {}
    for mutant, status in found:
        rooms.setdefault(mutant.function.partition(".")[0], Counter())[status] += 1
    return rooms


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as failed:
        # mutmut has said why.
        sys.exit(failed.returncode)
    except ValueError as unclear:
        sys.exit(f"error: docs/mutants.md: {unclear}")
