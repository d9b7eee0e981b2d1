"""Which jobs does a stack own already? Read from what `pulumi stack export` writes; nothing is decrypted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pulumi_opsmanager.errors import InvalidInput

_TYPE_END = ":LogCollectionJob"


def owned_job_ids(export: Path) -> frozenset[str]:
    """The ids of the jobs in an exported state; those that it only reads are not its own.

    Raises:
        InvalidInput: It is no export of a stack.
    """
    try:
        resources: list[dict[str, Any]] = json.loads(export.read_text())["deployment"].get("resources") or []
        return frozenset(
            str(stored["id"])
            for stored in resources
            if str(stored["type"]).endswith(_TYPE_END) and not stored.get("external")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{export} is not what `pulumi stack export --file {export}` writes") from error
