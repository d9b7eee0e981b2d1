"""Change the rules one place at a time with mutmut, and compare the survivors with tools/mutants.txt.

mutmut expects the source in a folder `src`. So it runs in `.mutants`, which has links in that form. pyproject.toml
says which folders it changes, and which tests it runs. A mutant is identified by its function and its changed lines,
so a change elsewhere in the file does not affect it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST, PLACE, BIN = ROOT / "tools" / "mutants.txt", ROOT / ".mutants", Path(sys.executable).parent


def accepted() -> set[str]:
    """The mutants in the list. Each block of the list begins with the reason for its mutants."""
    found: set[str] = set()
    for block in LIST.read_text().strip().split("\n\n"):
        reason, *mutants = re.split(r"\n(?![-+#])", block)
        if not reason.startswith("# "):
            raise SystemExit(f"error: {LIST.relative_to(ROOT)}: {reason}: write the reason above it, after `# `")
        found.update(mutants)
    return found


def mutmut(*arguments: str, shown: bool = False) -> str:
    """Run a command of mutmut, and return its output."""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "MYPYPATH": "src"}
    command, out = [str(BIN / "mutmut"), *arguments], None if shown else subprocess.PIPE
    return subprocess.run(command, cwd=PLACE, env=environment, stdout=out, text=True, check=True).stdout or ""


def described(key: str) -> str:
    """A mutant in the form of the list: its function, and its changed lines without indentation."""
    changed = re.findall(r"^([-+])(?![-+]{2} ) *(.*)$", mutmut("show", key), re.MULTILINE)
    function = re.sub(r"^pulumi_opsmanager\.|(?<=\.)x[_ǁ]|__mutmut_\d+$", "", key).replace("ǁ", ".")
    return "\n".join([function, *(f"{sign} {line}" for sign, line in changed)])


def survives_import(key: str) -> bool:
    """Run the tests in a new process that imports the mutant. mutmut forks a process that imported the original."""
    environment = os.environ | {"MUTANT_UNDER_TEST": key, "PYTHONPATH": "src"}
    tests = ["pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/schema", "tests/lifecycle", "tests/dynamic"]
    command = [sys.executable, "-m", *tests]
    done = subprocess.run(command, cwd=PLACE / "mutants", env=environment, capture_output=True, check=False)
    return done.returncode not in (1, 2)


def main(names: list[str]) -> int:
    """Run all mutants, or those that match the patterns. Return 0 if exactly the listed mutants survive."""
    listed = accepted()
    PLACE.mkdir(exist_ok=True)
    for name, target in {"src": "provider", "tests": "tests", "pyproject.toml": "pyproject.toml"}.items():
        if not (PLACE / name).is_symlink():
            (PLACE / name).symlink_to(Path("..", target))
    # mutmut keeps the result of an unchanged function, even if its tests changed.
    shutil.rmtree(PLACE / "mutants", ignore_errors=True)
    mutmut("run", *names, shown=True)
    statuses = re.findall(r"^ +(\S+): (.+)$", mutmut("results"), re.MULTILINE)
    left_out = {"caught by type check"} | ({"not checked"} if names else set())
    alive = {described(key): (key, status) for key, status in statuses if status not in left_out}
    unlisted = {text: key for text, (key, status) in alive.items() if status != "timeout" and text not in listed}
    new = [text for text, key in unlisted.items() if survives_import(key)]
    stale = [] if names else sorted(listed - alive.keys())
    print("\n", *(f"new survivor: {text}\n" for text in new), *(f"not a survivor any more: {text}\n" for text in stale))
    print(f"{len(alive)} survivors, {len(new)} of them new; {len(stale)} lines of {LIST.name} to remove")
    return 1 if new or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
