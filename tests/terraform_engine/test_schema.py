from __future__ import annotations

import re

from pulumi_opsmanager.lifecycle.kinds import KINDS
from tests.terraform_engine.configuration import ADDRESSES, HEAD, Configuration


def test_each_kind_is_a_resource(reattached: Configuration) -> None:
    """Terraform and OpenTofu accept the schema, and it has one resource for each kind of the rules."""
    reattached.write(HEAD)
    reattached.validate()
    schemas = reattached.json_of("providers", "schema", "-json")["provider_schemas"]
    (address,) = schemas.keys() & set(ADDRESSES)
    names = {"opsmanager" + re.sub("([A-Z])", r"_\1", kind.name).lower() for kind in KINDS}
    assert schemas[address]["resource_schemas"].keys() == names
