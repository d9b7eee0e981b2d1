"""Each dependency has bounds, and a pin between them."""

from __future__ import annotations

from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support import ROOT

REQUIREMENTS = [Requirement(text) for text in requires("pulumi-opsmanager") or ()]
PINS = [Requirement(line) for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_dependency_has_both_bounds_and_a_pin_between(requirement: Requirement) -> None:
    """`make minimal` runs the lower bound, `make test` the pin. A next major version needs an edit."""
    assert {bound.operator for bound in requirement.specifier} == {">=", "<"}
    (pin,) = [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert all(requirement.specifier.contains(exact.version) for exact in pin.specifier)
