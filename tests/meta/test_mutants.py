"""How a mutant is known again, and what docs/mutants.md may say. The mutants themselves are run by `make mutants`."""

from __future__ import annotations

import pytest

from tests.support import ROOT
from tools import mutants
from tools.mutants import Mutant

PAGE = """# Title

## Room

### `lifecycle.diff.may_retry` `lifecycle.diff.needs_look`

```diff
- a < b
+ a <= b

- c(1)
+ c()
```

Both are the same for whole numbers.

## Engine

### `dynamic.engine.Call.urn`

Only an engine sends it.
"""
FIRST = Mutant("lifecycle.diff.may_retry", ("- a < b", "+ a <= b"))
SECOND = Mutant("lifecycle.diff.may_retry", ("- c(1)", "+ c()"))
WHOLE = Mutant("dynamic.engine.Call.urn")
IN_WHOLE = Mutant(WHOLE.function, ("- x", "+ y"))


def test_mutant_is_the_one_it_was_wherever_its_lines_are() -> None:
    """Only the changed lines count, without their indentation."""
    here = mutants.mutant_of("f", "def f():\n    return a < b", "def f():\n    return a <= b")
    there = mutants.mutant_of(
        "f", "def f():\n    if x:\n        return a < b", "def f():\n    if x:\n        return a <= b"
    )
    assert here == there == Mutant("f", ("- return a < b", "+ return a <= b"))


def test_page_lists_changes_with_their_reason() -> None:
    """A section may be of several functions, and of several changes of one reason."""
    known = mutants.listed_in(PAGE)
    assert len(known) == 5
    assert known[FIRST] == known[SECOND] == "Both are the same for whole numbers."
    assert known[WHOLE] == "Only an engine sends it."


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("### `lifecycle.diff.f`\n\n```diff\n- a\n+ b\n```\n", "lifecycle.diff.f: say why no test notices it"),
        ("### `lifecycle.diff.f`\n\nIt is hard to test.\n", "lifecycle.diff.f: name the changes"),
    ],
)
def test_excuse_without_a_reason_or_for_too_much_is_refused(section: str, words: str) -> None:
    """Whole functions are left out only where an engine is needed."""
    with pytest.raises(ValueError, match=words):
        mutants.listed_in(section)


@pytest.mark.parametrize(
    ("unnoticed", "noticed", "new", "stale"),
    [
        ([FIRST, SECOND, IN_WHOLE], [], [], []),
        ([FIRST, SECOND, IN_WHOLE, Mutant("f", ("- x", "+ y"))], [], [Mutant("f", ("- x", "+ y"))], []),
        ([FIRST, IN_WHOLE], [SECOND], [], [SECOND]),
        # One that was too slow is neither.
        ([FIRST, IN_WHOLE], [], [], []),
        ([FIRST, SECOND], [IN_WHOLE], [], [WHOLE]),
    ],
    ids=["as listed", "new", "noticed", "too slow", "whole function noticed"],
)
def test_run_and_page_have_to_agree(
    unnoticed: list[Mutant], noticed: list[Mutant], new: list[Mutant], stale: list[Mutant]
) -> None:
    """A survivor that is not listed, and a listed one that is noticed, are told."""
    assert mutants.differences(unnoticed, noticed, [FIRST, SECOND, WHOLE]) == (new, stale)


def test_new_survivors_are_told_as_the_page_has_them() -> None:
    """What is printed can be put on the page; only the reason is missing."""
    text = "".join(mutants.entry([FIRST, SECOND]))
    assert set(mutants.listed_in(f"{text}\nReason.")) == {FIRST, SECOND}


def test_listed_mutants_change_lines_that_exist() -> None:
    """What the page says of a function is of its present text."""
    for mutant in mutants.listed_in((ROOT / "docs" / "mutants.md").read_text()):
        room, module, *names = mutant.function.split(".")
        text = (ROOT / "provider" / "pulumi_opsmanager" / room / f"{module}.py").read_text()
        lines = {line.strip() for line in text.splitlines()}
        assert all(f" {name}" in text for name in names), mutant
        assert {line[2:] for line in mutant.lines if line.startswith("- ")} <= lines, mutant
