"""Look up each version in constraints.txt: was it withdrawn by its authors, and is a vulnerability of it known?

The package index tells the first, the advisories that PyPI publishes beside it the second. Ends 0 only when every
version was looked up and nothing was found: a mirror without advisories is no good news.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PINS = Path(__file__).resolve().parents[1] / "constraints.txt"

_INDEX = ["pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-"]
_ADVISORIES = ["pip_audit", "--disable-pip", "--no-deps", "--progress-spinner", "off", "--format", "json"]


def withdrawn(report: Mapping[str, Any]) -> list[str]:
    """What an installation report of pip says of versions that nobody should install any more."""
    taken = [(item["metadata"]["name"], item["metadata"]["version"]) for item in report["install"] if item["is_yanked"]]
    return [f"{name} {version}: withdrawn by its authors" for name, version in taken]


def vulnerable(report: Mapping[str, Any]) -> list[str]:
    """What a report of pip-audit says of known vulnerabilities."""
    return [
        f"{entry['name']} {entry['version']}: {advisory['id']}, mended in {', '.join(advisory['fix_versions']) or '-'}"
        for entry in report["dependencies"]
        for advisory in entry.get("vulns", ())
    ]


def unknown(report: Mapping[str, Any]) -> list[str]:
    """Why a report of pip-audit says nothing of some versions; pip-audit itself takes that for a success."""
    return [entry["skip_reason"] for entry in report["dependencies"] if "skip_reason" in entry]


def main() -> int:
    """Ask both, and tell everything that was found."""
    index, advisories = _report(_INDEX), _report(_ADVISORIES)
    taken_back, known, silent = withdrawn(index), vulnerable(advisories), unknown(advisories)
    for problem in taken_back + known:
        print(problem)
    print(f"withdrawn: {len(taken_back)} of {len(index['install'])} versions")
    print(f"known vulnerabilities: {len(known)}; {len(advisories['dependencies']) - len(silent)} versions looked up")
    if silent:
        print(
            f"error: {len(silent)} versions could not be looked up, the first: {silent[0]}; "
            "run this again where PyPI's own JSON API is reachable",
            file=sys.stderr,
        )
    return 1 if taken_back or known or silent else 0


def _report(command: list[str]) -> Mapping[str, Any]:
    # Both end with 1 where they found something, and print their report all the same.
    arguments = [sys.executable, "-m", *command, "--requirement", str(PINS)]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=False)
    try:
        report: Mapping[str, Any] = json.loads(finished.stdout)
    except ValueError:
        last = (finished.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise SystemExit(f"error: {command[0]} gave no report: {last}") from None
    return report


if __name__ == "__main__":
    sys.exit(main())
