"""The component `LogCollection` for every language: the class of `resources`, with parts that this plugin serves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import metadata
from typing import Any, ClassVar

import pulumi
from pulumi.provider import ConstructResult, Provider
from pydantic.alias_generators import to_camel, to_snake

from pulumi_opsmanager import resources
from pulumi_opsmanager.dynamic.exported_state import TYPES
from pulumi_opsmanager.lifecycle.kinds import ARCHIVE, COMPLETION, JOB, WINDOW

from .package import COLLECTION, collection, token_of
from .phrases import as_written


class _Served:
    """Base of the parts: the same plugin serves them, and a stack of a Python program keeps its parts."""

    _token: ClassVar[str]

    @classmethod
    def _served(cls, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
        alias = pulumi.Alias(type_=f"{TYPES}{cls._token.rpartition(':')[2]}")
        # The component and its parts may come from two processes of this version.
        own = pulumi.ResourceOptions(version=metadata.version("pulumi-opsmanager"), aliases=[alias])
        return pulumi.ResourceOptions.merge(opts, own)


class _Job(_Served, resources.LogCollectionJob, token=token_of(JOB)):
    """A job that this plugin serves."""


class _Completion(_Served, resources.LogCollectionCompletion, token=token_of(COMPLETION)):
    """A completion that this plugin serves."""


class _Archive(_Served, resources.LogArchive, token=token_of(ARCHIVE)):
    """An archive that this plugin serves."""


class _Window(_Served, resources.LogCollectionWindow, token=token_of(WINDOW)):
    """A window that this plugin serves."""


class _Collection(resources.LogCollection):
    """A collection of parts that this plugin serves."""

    _job, _completion, _archive, _window = _Job, _Completion, _Archive, _Window


class Component(Provider):
    """What the SDK asks when the engine constructs a component."""

    def construct(
        self, name: str, resource_type: str, inputs: Mapping[str, Any], options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Declare a collection. Inputs have their vendor names; outputs of other resources are Outputs.

        Raises:
            InputPropertyError: An input is missing, unknown or invalid. The error names its path and its rule.
        """
        if resource_type != COLLECTION:
            raise pulumi.RunError(f"{resource_type} is not a component of this package")
        known = collection()
        for key in known["requiredInputs"]:
            if inputs.get(key) is None:
                raise pulumi.InputPropertyError(key, "is required")
        for key in inputs.keys() - known["inputProperties"].keys():
            raise pulumi.InputPropertyError(key, "is not a property of this resource")
        given = {to_snake(key): value for key, value in inputs.items()}
        try:
            made = _Collection(name, **given | {"targets": _targets(given["targets"])}, opts=options)
        except pulumi.RunError as error:
            path, rule = path_and_rule(str(error).removeprefix(f"LogCollection {name!r}: "))
            raise pulumi.InputPropertyError(path, rule) from None
        results = made.results.apply(_by_vendor_name)
        state = {"downloadUrls": made.download_urls, "statuses": made.statuses, "archives": made.archives}
        return ConstructResult(made.urn, state | {"results": results})


def path_and_rule(refusal: str) -> tuple[str, str]:
    """The property path, and the rule that it breaks, in the words of a refused collection."""
    # A refused target is also written as in Python.
    found = re.match(r"(targets(?:\[\d+\])?|archive_dir)(?: \(\w+\(.*?\)\))?(?= |:)", refusal)
    path = found[1] if found else "last" if refusal.startswith("give last") else "targets"
    return as_written(path), as_written(refusal[found.end() :] if found else refusal).strip(" :")


def _targets(given: Any) -> Any:
    """The targets as the class takes them; what is not a list of maps stays as it is, and is refused."""
    target: Any = resources.Target
    if not isinstance(given, list):
        return given
    return [target(one.get("resourceType"), one.get("resourceName")) if isinstance(one, dict) else one for one in given]


def _by_vendor_name(results: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The results with the names that the schema gives to the missing parts."""

    def named(key: str, value: Any) -> Any:
        return [{to_camel(name): one for name, one in part.items()} for part in value] if key == "missing" else value

    return {name: {key: named(key, value) for key, value in result.items()} for name, result in results.items()}
