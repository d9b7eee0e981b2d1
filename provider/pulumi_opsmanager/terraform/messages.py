"""The messages of Terraform's plugin protocol 6, as classes that are made from a table at import.

Code that protobuf generates works only with one generation of protobuf. Classes made at import work with every
installed version. The table has the RPCs that the provider serves and the fields that it uses. Protobuf skips the
other fields.

Source: names, numbers and types of protocol 6.10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import SimpleNamespace
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE: Final = "tfplugin6"
SERVICE: Final = f"{PACKAGE}.Provider"

# One line for each message: its fields, each with its number and type. `*` marks a repeated field, `%` a map from text,
# and `?` a member of the oneof `selector`, whose zero is sent too.
_MESSAGES = """
DynamicValue: msgpack 1 bytes
RawState: json 1 bytes
Diagnostic: severity 1 Diagnostic.Severity, summary 2 string, detail 3 string, attribute 4 AttributePath
AttributePath: steps 1 *AttributePath.Step
AttributePath.Step: attribute_name 1 ?string, element_key_string 2 ?string, element_key_int 3 ?int64
Schema: version 1 int64, block 2 Schema.Block
Schema.Block: attributes 2 *Schema.Attribute, description 4 string, description_kind 5 StringKind
Schema.Attribute: name 1 string, type 2 bytes, nested_type 10 Schema.Object, description 3 string, required 4 bool, \
optional 5 bool, computed 6 bool, sensitive 7 bool, description_kind 8 StringKind
Schema.Object: attributes 1 *Schema.Attribute, nesting 3 Schema.Object.NestingMode
ServerCapabilities: get_provider_schema_optional 2 bool
ImportedResource: type_name 1 string, state 2 DynamicValue, private 3 bytes
"""

# One line for each RPC: the fields of its request, then those of its response.
_RPCS = """
GetProviderSchema: -> provider 1 Schema, resource_schemas 2 %Schema, data_source_schemas 3 %Schema, \
server_capabilities 6 ServerCapabilities
ValidateProviderConfig: config 1 DynamicValue -> diagnostics 2 *Diagnostic
ConfigureProvider: terraform_version 1 string, config 2 DynamicValue -> diagnostics 1 *Diagnostic
ValidateResourceConfig: type_name 1 string, config 2 DynamicValue -> diagnostics 1 *Diagnostic
ValidateDataResourceConfig: type_name 1 string, config 2 DynamicValue -> diagnostics 1 *Diagnostic
UpgradeResourceState: type_name 1 string, version 2 int64, raw_state 3 RawState -> \
upgraded_state 1 DynamicValue, diagnostics 2 *Diagnostic
ReadResource: type_name 1 string, current_state 2 DynamicValue, private 3 bytes -> \
new_state 1 DynamicValue, diagnostics 2 *Diagnostic, private 3 bytes
PlanResourceChange: type_name 1 string, prior_state 2 DynamicValue, proposed_new_state 3 DynamicValue, \
config 4 DynamicValue, prior_private 5 bytes -> planned_state 1 DynamicValue, requires_replace 2 *AttributePath, \
planned_private 3 bytes, diagnostics 4 *Diagnostic
ApplyResourceChange: type_name 1 string, prior_state 2 DynamicValue, planned_state 3 DynamicValue, \
config 4 DynamicValue, planned_private 5 bytes -> new_state 1 DynamicValue, private 2 bytes, diagnostics 3 *Diagnostic
ImportResourceState: type_name 1 string, id 2 string -> \
imported_resources 1 *ImportedResource, diagnostics 2 *Diagnostic
ReadDataSource: type_name 1 string, config 2 DynamicValue -> state 1 DynamicValue, diagnostics 2 *Diagnostic
StopProvider: -> Error 1 string
"""

# Values in the order of their numbers, beginning with 0.
_ENUMS = {
    "StringKind": ("PLAIN", "MARKDOWN"),
    "Diagnostic.Severity": ("INVALID", "ERROR", "WARNING"),
    "Schema.Object.NestingMode": ("INVALID", "SINGLE", "LIST", "SET", "MAP"),
}

_SCALARS = {"string": 9, "bytes": 12, "bool": 8, "int64": 3}  # numbers of FieldDescriptorProto.Type
_MESSAGE, _ENUM = 11, 14
_OPTIONAL, _REPEATED = 1, 3  # numbers of FieldDescriptorProto.Label


def _table() -> Iterator[tuple[str, str]]:
    """Yield the name and fields of each message. A message comes before its nested messages."""
    for line in _MESSAGES.strip().splitlines():
        name, _, fields = line.partition(":")
        yield name, fields
    for line in _RPCS.strip().splitlines():
        name, _, fields = line.partition(":")
        request, _, response = fields.partition("->")
        yield from ((name, ""), (f"{name}.Request", request), (f"{name}.Response", response))


def _file() -> Any:
    """Make the descriptor of the protocol's file from the tables."""
    file = descriptor_pb2.FileDescriptorProto(name="tfplugin6.proto", package=PACKAGE, syntax="proto3")
    made: dict[str, Any] = {"": file}
    for name, fields in _table():
        parent, _, own = name.rpartition(".")
        made[name] = message = (made[parent].nested_type if parent else file.message_type).add(name=own)
        for field in fields.split(",") if fields.strip() else ():
            _add_field(message, name, *field.split())
    for name, values in _ENUMS.items():
        parent, _, own = name.rpartition(".")
        enum = made[parent].enum_type.add(name=own)
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)
    return file


def _add_field(message: Any, path: str, name: str, number: str, type_: str) -> None:
    """Declare one field of a message whose name in the package is `path`."""
    mark, kind = (type_[0], type_[1:]) if type_[0] in "*%?" else ("", type_)
    field = message.field.add(name=name, number=int(number), label=_REPEATED if mark and mark in "*%" else _OPTIONAL)
    if mark == "%":
        entry = message.nested_type.add(name="".join(part.title() for part in name.split("_")) + "Entry")
        entry.options.map_entry = True
        _add_field(entry, "", "key", "1", "string")
        _add_field(entry, "", "value", "2", kind)
        kind = f"{path}.{entry.name}"
    if mark == "?":
        if not message.oneof_decl:
            message.oneof_decl.add(name="selector")
        field.oneof_index = 0
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _ENUM if kind in _ENUMS else _MESSAGE
        field.type_name = f".{PACKAGE}.{kind}"


def _namespace() -> SimpleNamespace:
    """The package: its message classes and the values of its enum by name."""
    pool = descriptor_pool.DescriptorPool()  # its own: a process may load another copy of the protocol
    pool.AddSerializedFile(_file().SerializeToString())
    file = pool.FindFileByName("tfplugin6.proto")
    classes = {name: message_factory.GetMessageClass(one) for name, one in file.message_types_by_name.items()}
    return SimpleNamespace(**classes, **{value: number for number, value in enumerate(_ENUMS["StringKind"])})


pb: Any = _namespace()
"""Message classes by their names in the protocol: `pb.Schema.Block`, `pb.Diagnostic.ERROR`, `pb.MARKDOWN`."""

METHODS: Final[Mapping[str, tuple[type[Any], type[Any]]]] = {
    name: (message.Request, message.Response) for name, message in vars(pb).items() if hasattr(message, "Request")
}
"""The request and response classes of each RPC that the provider serves, by the RPC's name."""
