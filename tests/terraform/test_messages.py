"""The message classes have the numbers of the published protocol."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_opsmanager.terraform.messages import METHODS, SERVICE, pb

SERVED = {
    "ApplyResourceChange",
    "ConfigureProvider",
    "GetProviderSchema",
    "ImportResourceState",
    "PlanResourceChange",
    "ReadDataSource",
    "ReadResource",
    "StopProvider",
    "UpgradeResourceState",
    "ValidateDataResourceConfig",
    "ValidateProviderConfig",
    "ValidateResourceConfig",
}

# Each row by hand: a tag is the field's number times 8, and 2 more for all that has a length.
BYTES = [
    (pb.DynamicValue(msgpack=b"\xc0"), b"\x0a\x01\xc0"),
    (pb.RawState(json=b"{}"), b"\x0a\x02{}"),
    (pb.Diagnostic(severity=pb.Diagnostic.ERROR, summary="s", detail="d"), b"\x08\x01\x12\x01s\x1a\x01d"),
    (pb.Diagnostic(severity=pb.Diagnostic.WARNING), b"\x08\x02"),
    (
        pb.Diagnostic(attribute=pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name="a")])),
        b'"\x05\x0a\x03\x0a\x01a',
    ),
    (pb.AttributePath.Step(element_key_string=""), b"\x12\x00"),
    (pb.AttributePath.Step(element_key_int=0), b"\x18\x00"),
    (pb.Schema(version=1, block=pb.Schema.Block(description_kind=pb.MARKDOWN)), b"\x08\x01\x12\x02\x28\x01"),
    (pb.Schema.Block(attributes=[pb.Schema.Attribute()], description="d"), b'\x12\x00"\x01d'),
    (pb.Schema.Attribute(name="n", type=b"t", description="d"), b"\x0a\x01n\x12\x01t\x1a\x01d"),
    (
        pb.Schema.Attribute(required=True, optional=True, computed=True, sensitive=True),
        b"\x20\x01\x28\x01\x30\x01\x38\x01",
    ),
    (pb.Schema.Attribute(description_kind=pb.MARKDOWN), b"\x40\x01"),
    (pb.Schema.Attribute(nested_type=pb.Schema.Object(nesting=pb.Schema.Object.LIST)), b"\x52\x02\x18\x02"),
    (pb.Schema.Object(attributes=[pb.Schema.Attribute()], nesting=pb.Schema.Object.MAP), b"\x0a\x00\x18\x04"),
    (pb.ServerCapabilities(get_provider_schema_optional=True), b"\x10\x01"),
    (
        pb.GetProviderSchema.Response(provider=pb.Schema(), server_capabilities=pb.ServerCapabilities()),
        b"\x0a\x00\x32\x00",
    ),
    (pb.GetProviderSchema.Response(resource_schemas={"r": pb.Schema(version=1)}), b"\x12\x07\x0a\x01r\x12\x02\x08\x01"),
    (pb.GetProviderSchema.Response(data_source_schemas={"d": pb.Schema()}), b"\x1a\x05\x0a\x01d\x12\x00"),
    (pb.ValidateProviderConfig.Request(config=pb.DynamicValue()), b"\x0a\x00"),
    (pb.ValidateProviderConfig.Response(diagnostics=[pb.Diagnostic()]), b"\x12\x00"),
    (pb.ConfigureProvider.Request(terraform_version="1", config=pb.DynamicValue()), b"\x0a\x011\x12\x00"),
    (pb.ConfigureProvider.Response(diagnostics=[pb.Diagnostic()]), b"\x0a\x00"),
    (pb.ValidateResourceConfig.Request(type_name="t", config=pb.DynamicValue()), b"\x0a\x01t\x12\x00"),
    (pb.ValidateResourceConfig.Response(diagnostics=[pb.Diagnostic()]), b"\x0a\x00"),
    (pb.ValidateDataResourceConfig.Request(type_name="t", config=pb.DynamicValue()), b"\x0a\x01t\x12\x00"),
    (pb.ValidateDataResourceConfig.Response(diagnostics=[pb.Diagnostic()]), b"\x0a\x00"),
    (pb.UpgradeResourceState.Request(type_name="t", version=1, raw_state=pb.RawState()), b"\x0a\x01t\x10\x01\x1a\x00"),
    (
        pb.UpgradeResourceState.Response(upgraded_state=pb.DynamicValue(), diagnostics=[pb.Diagnostic()]),
        b"\x0a\x00\x12\x00",
    ),
    (
        pb.ReadResource.Request(type_name="t", current_state=pb.DynamicValue(), private=b"p"),
        b"\x0a\x01t\x12\x00\x1a\x01p",
    ),
    (
        pb.ReadResource.Response(new_state=pb.DynamicValue(), diagnostics=[pb.Diagnostic()], private=b"p"),
        b"\x0a\x00\x12\x00\x1a\x01p",
    ),
    (
        pb.PlanResourceChange.Request(
            type_name="t",
            prior_state=pb.DynamicValue(),
            proposed_new_state=pb.DynamicValue(),
            config=pb.DynamicValue(),
            prior_private=b"p",
        ),
        b'\x0a\x01t\x12\x00\x1a\x00"\x00*\x01p',
    ),
    (
        pb.PlanResourceChange.Response(
            planned_state=pb.DynamicValue(),
            requires_replace=[pb.AttributePath()],
            planned_private=b"p",
            diagnostics=[pb.Diagnostic()],
        ),
        b'\x0a\x00\x12\x00\x1a\x01p"\x00',
    ),
    (
        pb.ApplyResourceChange.Request(
            type_name="t",
            prior_state=pb.DynamicValue(),
            planned_state=pb.DynamicValue(),
            config=pb.DynamicValue(),
            planned_private=b"p",
        ),
        b'\x0a\x01t\x12\x00\x1a\x00"\x00*\x01p',
    ),
    (
        pb.ApplyResourceChange.Response(new_state=pb.DynamicValue(), private=b"p", diagnostics=[pb.Diagnostic()]),
        b"\x0a\x00\x12\x01p\x1a\x00",
    ),
    (pb.ImportResourceState.Request(type_name="t", id="i"), b"\x0a\x01t\x12\x01i"),
    (
        pb.ImportedResource(type_name="t", state=pb.DynamicValue(), private=b"p"),
        b"\x0a\x01t\x12\x00\x1a\x01p",
    ),
    (
        pb.ImportResourceState.Response(imported_resources=[pb.ImportedResource()], diagnostics=[pb.Diagnostic()]),
        b"\x0a\x00\x12\x00",
    ),
    (pb.ReadDataSource.Request(type_name="t", config=pb.DynamicValue()), b"\x0a\x01t\x12\x00"),
    (pb.ReadDataSource.Response(state=pb.DynamicValue(), diagnostics=[pb.Diagnostic()]), b"\x0a\x00\x12\x00"),
    (pb.StopProvider.Response(Error="e"), b"\x0a\x01e"),
]


@pytest.mark.parametrize(("message", "sent"), BYTES, ids=lambda value: type(value).__name__)
def test_a_message_has_the_published_bytes(message: Any, sent: bytes) -> None:
    assert message.SerializeToString(deterministic=True) == sent
    assert type(message).FromString(sent) == message


def test_every_field_is_in_the_table_of_bytes() -> None:
    seen = {field.full_name for message, _ in BYTES for field in _set_in(message)}
    declared = {
        field.full_name
        for one in vars(pb).values()
        if hasattr(one, "DESCRIPTOR")
        for field in _declared(one.DESCRIPTOR)
    }
    assert declared - seen == set()


def test_a_step_of_a_path_is_of_one_kind() -> None:
    step = pb.AttributePath.Step(element_key_int=0)
    assert step.WhichOneof("selector") == "element_key_int"
    step.attribute_name = "a"
    assert step == pb.AttributePath.Step(attribute_name="a")


def test_fields_that_the_table_lacks_are_skipped() -> None:
    capabilities = b"\x1a\x02\x08\x01"  # ConfigureProvider.Request.client_capabilities
    assert pb.ConfigureProvider.Request.FromString(b"\x0a\x011" + capabilities).terraform_version == "1"


def test_every_served_method_has_its_request_and_response() -> None:
    assert SERVICE == "tfplugin6.Provider"
    assert set(METHODS) == SERVED
    for name, (request, response) in METHODS.items():
        assert (request.DESCRIPTOR.full_name, response.DESCRIPTOR.full_name) == (
            f"tfplugin6.{name}.Request",
            f"tfplugin6.{name}.Response",
        )


def _set_in(message: Any) -> list[Any]:
    """The fields that are set in a message, at every depth but inside of maps."""
    found = []
    for field, value in message.ListFields():
        found.append(field)
        if field.type != field.TYPE_MESSAGE or field.message_type.GetOptions().map_entry:
            continue
        for inner in value if field.is_repeated else [value]:
            found += _set_in(inner)
    return found


def _declared(message: Any) -> list[Any]:
    if message.GetOptions().map_entry:
        return []
    return [*message.fields, *(field for inner in message.nested_types for field in _declared(inner))]
