"""The private bytes that Terraform stores beside the attributes."""

from __future__ import annotations

import json

from pulumi_opsmanager.terraform.storage import Private


def test_private_facts_of_a_newer_version_are_left_out() -> None:
    """So an older version can read and destroy resources of a newer one."""
    kept = {"inputs": {"expirationDate": None}, "of_another_version": 1}
    assert Private.of(json.dumps(kept).encode()) == Private(inputs={"expirationDate": None})
