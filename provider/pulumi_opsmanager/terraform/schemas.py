"""The schema of the provider block, the resources and the data sources, as messages of the protocol."""

from __future__ import annotations

import json
from typing import Any

from .attributes import RESOURCES, Attribute, Block
from .data_sources import DATA_SOURCES
from .messages import pb
from .session import PROVIDER


def provider_schema() -> Any:
    """The answer to GetProviderSchema. The capability in it lets Terraform request the schema once per command."""
    return pb.GetProviderSchema.Response(
        provider=_schema(PROVIDER),
        resource_schemas={name: _schema(resource) for name, resource in RESOURCES.items()},
        data_source_schemas={name: _schema(source) for name, source in DATA_SOURCES.items()},
        server_capabilities=pb.ServerCapabilities(get_provider_schema_optional=True),
    )


def _schema(block: Block) -> Any:
    attributes = [_attribute(attribute) for attribute in block.attributes.values()]
    described = {"description": block.description, "description_kind": pb.MARKDOWN}
    return pb.Schema(block=pb.Schema.Block(attributes=attributes, **described))


def _attribute(attribute: Attribute) -> Any:
    found = pb.Schema.Attribute(
        name=attribute.name,
        description=attribute.description,
        description_kind=pb.MARKDOWN,
        required=attribute.is_required,
        optional=attribute.is_optional,
        computed=attribute.is_computed and not attribute.is_required,
        sensitive=attribute.is_secret,
    )
    if attribute.elements:
        elements = [_attribute(element) for element in attribute.elements]
        found.nested_type.CopyFrom(pb.Schema.Object(attributes=elements, nesting=pb.Schema.Object.LIST))
    else:
        found.type = json.dumps(attribute.type, separators=(",", ":")).encode()
    return found
