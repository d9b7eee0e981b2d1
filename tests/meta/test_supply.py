"""What is installed beside us: bounds, pins, and how what is known of them is told."""

from __future__ import annotations

import json
from importlib.metadata import requires
from types import SimpleNamespace
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import ROOT
from tools import audit, minimal

PINS = (ROOT / "constraints.txt").read_text().splitlines()
REQUIREMENTS = [Requirement(text) for text in requires("pulumi-opsmanager") or ()]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_dependency_has_both_bounds_and_a_pin_between(requirement: Requirement) -> None:
    """The lower one is run by `make minimal`, the pin by `make test`; the next major version is let in by hand."""
    assert {bound.operator for bound in requirement.specifier} == {">=", "<"}
    pins = [Requirement(line) for line in PINS if not line.startswith("#")]
    (pin,) = [pin for pin in pins if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert all(requirement.specifier.contains(exact.version) for exact in pin.specifier)


def test_lowest_versions_are_those_of_the_bounds() -> None:
    """Pins of other packages stay, with their conditions; what has no bound is refused."""
    pins = ["# Why", "Flask==3.1.3", "pydantic_core==2.50.4", 'tomli==2.5.0 ; python_version < "3.11"', ""]
    assert minimal.lowest(["pydantic<3,>=2.13", 'flask<4,>=3.1; extra == "emulator"'], pins) == [
        "pydantic==2.13",
        "flask==3.1",
        'tomli==2.5.0 ; python_version < "3.11"',
    ]
    with pytest.raises(ValueError, match="click<9 must have one lower bound"):
        minimal.lowest(["click<9"], [])


def pip_says(*, is_yanked: bool) -> dict[str, Any]:
    return {"install": [{"metadata": {"name": "requests", "version": "2.32.0"}, "is_yanked": is_yanked}]}


def pip_audit_says(**entry: Any) -> dict[str, Any]:
    return {"dependencies": [{"name": "requests"} | entry], "fixes": []}


VULNERABLE = {"version": "2.32.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.32.4"]}]}


@pytest.mark.parametrize(
    ("index", "advisories", "told"),
    [
        (pip_says(is_yanked=False), pip_audit_says(version="2.32.0", vulns=[]), ""),
        (pip_says(is_yanked=True), pip_audit_says(version="2.32.0", vulns=[]), "requests 2.32.0: withdrawn by its"),
        (pip_says(is_yanked=False), pip_audit_says(**VULNERABLE), "requests 2.32.0: PYSEC-1, mended in 2.32.4"),
        (
            pip_says(is_yanked=False),
            pip_audit_says(skip_reason="not found"),
            "error: 1 versions could not be looked up",
        ),
        (pip_says(is_yanked=False), None, "error: pip_audit gave no report: no route"),
    ],
    ids=["clean", "withdrawn", "vulnerable", "skipped", "unreachable"],
)
def test_audit_succeeds_only_when_everything_was_looked_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], index: Any, advisories: Any, told: str
) -> None:
    """A version that nobody could tell anything of is no success."""

    class Finished:
        stderr = "Traceback\nno route"

        def __init__(self, command: list[str], **_: Any) -> None:
            said = index if "pip" in command else advisories
            self.stdout = json.dumps(said) if said else ""

    monkeypatch.setattr(audit, "subprocess", SimpleNamespace(run=Finished))
    code: object
    try:
        code = audit.main()
    except SystemExit as stop:
        code = stop.code
    printed = capsys.readouterr()
    assert (not code) == (told == "")
    assert told in printed.out + printed.err + str(code)
